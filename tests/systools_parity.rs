//! Boot files against OTP's own `systools:make_script`, for generated applications.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use erlrel_core::OtpRoot;
use erlrel_core::application::Application;
use erlrel_core::project::Origin;
use erlrel_core::release::{ReleaseApp, StartType, boot_files};

use crate::support::random::Random;
use crate::support::toolchain::Toolchain;
use crate::support::{erlang, temp_dir};

const CASES: u64 = 240;

/// What a case does that it should not: each kind in turn in every other case.
const MISTAKES: [&str; 14] = [
    "missing application",
    "circle",
    "registered name twice",
    "module twice",
    "included twice",
    "module of stdlib",
    "included that is absent",
    "included that the application does not have",
    "key missing",
    "key of the wrong type",
    "circle through an included application",
    "optional application that is absent",
    "name twice in one list",
    "included twice by a goal",
];

/// The values of `env` that are hard to encode.
pub(crate) const ODD_TERMS: [&str; 30] = [
    "[]",
    "{}",
    "a",
    "'quoted atom'",
    "'żółw'",
    "'ä'",
    "0",
    "255",
    "256",
    "-1",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "123456789012345678901234567890",
    "-98765432109876543210",
    "1.5e300",
    "-0.0",
    "$a",
    "16#ff",
    "1_000",
    "\"text\"",
    "\"żółw \\x{1F600}\\n\\^C\"",
    "\"a\" \"b\"",
    "[1, 2, 255]",
    "[1, 256, a]",
    "[a | b]",
    "<<\"bin\", 1, 2>>",
    "#{a => [b]}",
    "[{b, [{c, \"d\"}, {e, {f, g, h}}]}]",
];

/// A generated application, and how the release names it.
#[derive(Debug, Clone, Default)]
struct App {
    name: String,
    vsn: String,
    modules: Vec<String>,
    registered: Vec<String>,
    uses: Vec<String>,
    optional: Vec<String>,
    included: Vec<String>,
    more: Vec<String>,
    start: Option<StartType>,
    included_in_rel: Option<Vec<String>>,
    left_out: Option<&'static str>,
}

impl App {
    fn file(&self, optional_applications: bool) -> String {
        let mut keys = vec![
            ("description", "\"Grüße\"".to_string()),
            ("vsn", format!("{:?}", self.vsn)),
            ("modules", atoms(&self.modules)),
            ("registered", atoms(&self.registered)),
            ("applications", atoms(&self.uses)),
            ("included_applications", atoms(&self.included)),
        ];
        if optional_applications {
            keys.push(("optional_applications", atoms(&self.optional)));
        }
        let kept = keys.iter().filter(|(key, _)| Some(*key) != self.left_out);
        let keys = kept.map(|(key, value)| format!("{{{key}, {value}}}")).chain(self.more.iter().cloned());
        format!("{{application, {}, [{}]}}.\n", self.name, keys.collect::<Vec<_>>().join(",\n  "))
    }

    fn rel_entry(&self, start: Option<StartType>) -> String {
        let mut entry = format!("{{{}, {:?}", self.name, self.vsn);
        if let Some(start) = start {
            write!(entry, ", {start}").expect("a string takes everything");
        }
        if let Some(included) = &self.included_in_rel {
            write!(entry, ", {}", atoms(included)).expect("a string takes everything");
        }
        entry + "}"
    }
}

fn atoms(names: &[String]) -> String {
    format!("[{}]", names.join(", "))
}

/// A value of the wrong type for each key of an `.app` file.
pub(crate) const WRONG_KEYS: [&str; 12] = [
    "{vsn, 1}",
    "{modules, [\"a\"]}",
    "{registered, x}",
    "{applications, [1]}",
    "{description, x}",
    "{mod, x}",
    "{included_applications, x}",
    "{maxT, x}",
    "{maxP, -1}",
    "{env, x}",
    "{start_phases, x}",
    "{id, x}",
];

/// A random graph without mistakes: applications use and include earlier ones only, in a random order in
/// the release; each is included once at most.
fn graph(random: &mut Random) -> Vec<App> {
    let mut apps: Vec<App> = Vec::new();
    let mut free: Vec<String> = Vec::new();
    for number in 0..3 + random.below(6) {
        let name = format!("app{number}");
        let earlier: Vec<String> = apps.iter().map(|app| app.name.clone()).collect();
        let included = random.some(&free, 25);
        free.retain(|name| !included.contains(name));
        let mut uses = random.some(&earlier, 35);
        uses.retain(|name| !included.contains(name));
        uses.extend(["kernel".into(), "stdlib".into()]);
        random.shuffle(&mut uses);
        let mut modules: Vec<String> =
            (0..random.below(5)).map(|module| format!("{name}_m{module}")).collect();
        modules.extend(random.chance(20).then(|| format!("'Ä {name}'")));
        random.shuffle(&mut modules);
        apps.push(App {
            vsn: ["1.0", "2.3.4-rc1", "0", "61334db"][random.below(4)].into(),
            registered: random.some(&[format!("{name}_sup"), format!("{name}_srv")], 50),
            optional: random.some(&uses, 20),
            start: start(random),
            included_in_rel: random.chance(15).then(|| random.some(&included, 50)),
            more: more_keys(random, &name),
            name: name.clone(),
            modules,
            uses,
            included,
            ..App::default()
        });
        free.push(name);
    }
    random.shuffle(&mut apps);
    apps
}

fn start(random: &mut Random) -> Option<StartType> {
    let types =
        [StartType::Permanent, StartType::Transient, StartType::Temporary, StartType::Load, StartType::None];
    random.chance(40).then(|| types[random.below(types.len())])
}

fn more_keys(random: &mut Random, name: &str) -> Vec<String> {
    let env: Vec<String> = (0..random.below(5))
        .map(|key| format!("{{key{key}, {}}}", ODD_TERMS[random.below(ODD_TERMS.len())]))
        .collect();
    let keys = [
        format!("{{env, [{}]}}", env.join(", ")),
        format!("{{mod, {{{name}_app, [{{a, \"b\"}}]}}}}"),
        "{start_phases, [{first, []}, {second, [x]}]}".into(),
        "{id, \"CXC 138 10\"}".into(),
        "{maxT, 5000}".into(),
        "{maxP, 10}".into(),
        "{mod, []}".into(),
        "{start_phases, undefined}".into(),
        "{some_key_of_a_tool, 1}".into(),
    ];
    random.some(&keys, 35)
}

/// Puts one mistake into a graph.
fn spoil(apps: &mut [App], mistake: &str, random: &mut Random) {
    let (first, second) = (random.below(apps.len()), random.below(apps.len() - 1));
    let second = if second >= first { second + 1 } else { second };
    let name = |index: usize, apps: &[App]| apps[index].name.clone();
    match mistake {
        "missing application" => apps[first].uses.push("ghost".into()),
        "circle" => {
            let (one, two) = (name(first, apps), name(second, apps));
            apps[first].uses.push(two);
            apps[second].uses.push(one);
        }
        "registered name twice" => {
            [first, second].map(|app| apps[app].registered.push("taken".into())).into_iter().collect()
        }
        "module twice" => {
            [first, second].map(|app| apps[app].modules.push("taken".into())).into_iter().collect()
        }
        "included twice" => {
            let third =
                (0..apps.len()).find(|app| ![first, second].contains(app)).expect("three applications");
            includes_nothing(&mut apps[third]);
            let third = name(third, apps);
            for including in [first, second] {
                apps[including].included_in_rel = None;
                apps[including].included.push(third.clone());
            }
        }
        "module of stdlib" => apps[first].modules.push("lists".into()),
        "included that is absent" => apps[first].included.push("ghost".into()),
        "included that the application does not have" => {
            let other = name(second, apps);
            apps[first].included_in_rel.get_or_insert_default().push(other);
        }
        "included twice by a goal" => {
            let other = name(second, apps);
            includes_nothing(&mut apps[second]);
            apps[first].included.push(other.clone());
            apps[first].included_in_rel = Some(vec![other.clone(), other]);
        }
        "key missing" => {
            let keys = ["description", "vsn", "modules", "registered", "applications"];
            apps[first].left_out = Some(keys[random.below(keys.len())]);
        }
        "key of the wrong type" => {
            apps[first].more.insert(0, WRONG_KEYS[random.below(WRONG_KEYS.len())].into());
        }
        "circle through an included application" => {
            let (one, two) = (name(first, apps), name(second, apps));
            apps[first].included.push(two);
            includes_nothing(&mut apps[second]);
            apps[second].uses.push(one);
        }
        "optional application that is absent" => {
            apps[first].uses.push("ghost".into());
            apps[first].optional.push("ghost".into());
        }
        "name twice in one list" => {
            let app = &mut apps[first];
            let lists =
                [&mut app.uses, &mut app.optional, &mut app.modules, &mut app.registered, &mut app.included];
            let filled: Vec<_> = lists.into_iter().filter(|list| !list.is_empty()).collect();
            let which = random.below(filled.len());
            let list = filled.into_iter().nth(which).expect("applications are never none");
            list.push(list[0].clone());
        }
        other => panic!("{other}"),
    }
}

/// `systools` does not end if applications include each other.
fn includes_nothing(app: &mut App) {
    app.included.clear();
    app.included_in_rel = None;
}

/// Writes the applications of a case and its three `.rel` files below `dir`.
fn write_case(dir: &Path, apps: &[App], basics: &[Application], otp: &OtpRoot) {
    for app in apps {
        let ebin = ebin(dir, app);
        std::fs::create_dir_all(&ebin).expect("created");
        std::fs::write(ebin.join(format!("{}.app", app.name)), app.file(otp.major() >= 24)).expect("written");
    }
    let basics: Vec<String> = basics.iter().map(|app| format!("{{{}, {:?}}}", app.name, app.vsn)).collect();
    let all = |entry: fn(&App) -> String| -> Vec<String> {
        basics.iter().cloned().chain(apps.iter().map(entry)).collect()
    };
    for (file, name, vsn, entries) in [
        ("start", "shop", "1.2", all(|app| app.rel_entry(app.start))),
        ("start_clean", "start_clean", "1.0", all(|app| format!("{{{}, {:?}, none}}", app.name, app.vsn))),
        ("no_dot_erlang", "no_dot_erlang", "1.0", basics.clone()),
    ] {
        let erts = &otp.erts_vsn;
        let text =
            format!("{{release, {{{name:?}, {vsn:?}}}, {{erts, {erts:?}}}, [{}]}}.\n", entries.join(", "));
        std::fs::write(dir.join(format!("{file}.rel")), text).expect("written");
    }
}

fn ebin(dir: &Path, app: &App) -> PathBuf {
    dir.join("lib").join(format!("{}-{}", app.name, app.vsn)).join("ebin")
}

/// Runs the toolchain's `systools` on the cases 0, 1, … below `root`, in one virtual machine: for each
/// whether it made all three boot files, or what it said.
fn systools(toolchain: &Toolchain, root: &Path) -> Vec<String> {
    let answers = erlang::evaluate_with(
        toolchain,
        r#"[Root, Cases] = init:get_plain_arguments(),
           Make = fun(Dir, {Name, Flags}) ->
               Path = [Dir | filelib:wildcard(Dir ++ "/lib/*/ebin")],
               Options = [{path, Path}, {outdir, Dir}, silent, no_warn_sasl, no_module_tests | Flags],
               case systools:make_script(Name, Options) of
                   {ok, _, _} -> [];
                   Refused -> [{Name, Refused}]
               end
           end,
           lists:foreach(fun(Case) ->
               Dir = filename:join(Root, integer_to_list(Case)),
               Names = [{"start", []}, {"start_clean", []}, {"no_dot_erlang", [no_dot_erlang]}],
               case lists:flatmap(fun(Name) -> Make(Dir, Name) end, Names) of
                   [] -> io:format("made~n");
                   [{Name, Why} | _] -> io:format("refused ~s: ~0tp~n", [Name, Why])
               end
           end, lists:seq(0, list_to_integer(Cases) - 1)),
           halt()."#,
        &[root.as_os_str(), CASES.to_string().as_ref()],
    );
    answers.lines().map(String::from).collect()
}

/// erlrel's boot files by name, or its error.
fn ours(
    dir: &Path,
    apps: &[App],
    basics: &[Application],
    otp: &OtpRoot,
) -> Result<[(&'static str, Vec<u8>); 3], String> {
    let mut release: Vec<ReleaseApp> =
        basics.iter().map(|app| ReleaseApp::new(app.clone(), Origin::Otp)).collect();
    for app in apps {
        let read = Application::read(ebin(dir, app).parent().expect("the application"), &app.name);
        let read = read.map_err(|error| error.to_string())?.expect("it was written");
        let included = app.included_in_rel.clone();
        release.push(ReleaseApp { start: app.start, included, ..ReleaseApp::new(read, Origin::Project) });
    }
    let boot = boot_files("shop", "1.2", &release, otp).map_err(|error| error.to_string())?;
    Ok([("start", boot.start), ("start_clean", boot.start_clean), ("no_dot_erlang", boot.no_dot_erlang)])
}

#[test]
fn generated_applications_get_the_boot_files_of_systools_or_are_refused_by_both() {
    assert_same_as_systools(&Toolchain::Machine);
}

/// Every generated case gets the boot files of this toolchain's `systools`, or is refused by both.
pub(crate) fn assert_same_as_systools(toolchain: &Toolchain) {
    let otp = OtpRoot::load(&toolchain.otp()).expect("an installation");
    let basics = ["kernel", "stdlib"].map(|name| otp.application(name).expect("read").expect("installed"));
    let temp = temp_dir();
    let dir = |case: u64| temp.path().join(case.to_string());
    let cases: Vec<(String, Vec<App>)> = (0..CASES)
        .map(|case| {
            let mut random = Random(case);
            let mut apps = graph(&mut random);
            let mistake = (case % 2 == 1).then(|| MISTAKES[(case / 2) as usize % MISTAKES.len()]);
            if let Some(mistake) = mistake {
                spoil(&mut apps, mistake, &mut random);
            }
            write_case(&dir(case), &apps, &basics, &otp);
            (format!("case {case}, {}", mistake.unwrap_or("no mistake")), apps)
        })
        .collect();
    let mut made = 0;
    let answers = systools(toolchain, temp.path());
    assert_eq!(answers.len(), cases.len(), "{answers:?}");
    let mut differences = Vec::new();
    for ((number, (case, apps)), answer) in cases.iter().enumerate().zip(&answers) {
        let dir = dir(number as u64);
        match (ours(&dir, apps, &basics, &otp), answer == "made") {
            (Ok(files), true) => {
                made += 1;
                for (name, bytes) in files {
                    let theirs = std::fs::read(dir.join(format!("{name}.boot"))).expect("systools wrote it");
                    if bytes != theirs {
                        differences.push(format!("{case}: {name}.boot differs for {apps:#?}"));
                    }
                }
            }
            (Err(_), false) => {}
            (ours, _) => differences
                .push(format!("{case}: {answer}, but erlrel: {:?} for {apps:#?}", ours.map(|_| "made"))),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let refused = cases.len() - made;
    assert!(made >= 100 && refused >= 90, "{made} made, {refused} refused");
}
