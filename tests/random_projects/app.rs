//! Generated applications: a graph, and the files of each.

use super::installation;
use super::project::{Content, File, atom, atoms};
use crate::support::random::Random;
use crate::systools_parity::{ODD_TERMS, WRONG_KEYS};

/// Where an application lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `apps/NAME`, compiled before.
    Built,
    /// `apps/NAME` with sources.
    Source,
    /// `_checkouts/NAME`, a dependency.
    Checkout,
    /// `extra/NAME`, found through `lib_dirs` only.
    LibDir,
}

#[derive(Debug, Clone)]
pub(super) struct App {
    pub(super) name: String,
    pub(super) vsn: String,
    pub(super) place: Place,
    pub(super) modules: Vec<String>,
    /// Compiled modules that the application does not list.
    pub(super) unlisted: Vec<String>,
    /// Listed modules that do not exist.
    pub(super) absent: Vec<String>,
    pub(super) registered: Vec<String>,
    pub(super) uses: Vec<String>,
    pub(super) optional: Vec<String>,
    pub(super) included: Vec<String>,
    pub(super) more: Vec<String>,
    pub(super) left_out: Option<&'static str>,
    /// As Erlang reads it.
    description: String,
    files: Vec<File>,
}

const NAMES: [&str; 12] = [
    "shop",
    "cart",
    "tax_eu",
    "stock",
    "mail@er",
    "Upper",
    "with space",
    "żółw",
    "z",
    "a1",
    "very_long_name_of_an_application_that_nobody_would_type_twice",
    "b.c",
];

const VERSIONS: [&str; 12] = [
    "0.1.0",
    "1.0",
    "2",
    "0.10.3-rc.1+build.7",
    "61334db",
    "8a3f0e0c4d3c0f7a3e8d5b1c2a6f9e7d4c3b2a10",
    "v1.2",
    "1.0.0+build.3.refabc1234",
    "1_0",
    "2024.01.31",
    "0.0.0",
    "1.0-ü",
];

/// Applications without mistakes: each uses and includes earlier ones only, each is included once at most.
pub(super) fn graph(random: &mut Random) -> Vec<App> {
    let mut names: Vec<String> = NAMES.map(String::from).to_vec();
    if random.chance(85) {
        names.retain(|name| *name == atom(name));
    }
    random.shuffle(&mut names);
    let mut free_modules = installation::modules();
    if random.chance(70) {
        free_modules.retain(|name| *name == atom(name));
    }
    random.shuffle(&mut free_modules);
    let mut apps: Vec<App> = Vec::new();
    let mut free: Vec<String> = Vec::new();
    let count = 1 + random.below(5);
    for name in names.into_iter().take(count) {
        let mut app = app(random, &name, &apps, &mut free, &mut free_modules);
        // rebar3 takes a dependency that needs an application of the project for a circle.
        let is_own = |other: &App| other.place != Place::Checkout && app.needs(&other.name);
        if app.place == Place::Checkout && apps.iter().any(is_own) {
            app.place = Place::Built;
        }
        free.push(name);
        apps.push(app);
    }
    apps
}

fn app(
    random: &mut Random,
    name: &str,
    apps: &[App],
    free: &mut Vec<String>,
    modules: &mut Vec<String>,
) -> App {
    let earlier: Vec<String> = apps.iter().map(|app| app.name.clone()).collect();
    let included = random.some(free, 15);
    free.retain(|name| !included.contains(name));
    let mut uses = random.some(&earlier, 40);
    uses.retain(|name| !included.contains(name));
    uses.extend(random.some(&installation::NAMES.map(String::from), 12));
    uses.extend(["kernel".into(), "stdlib".into()]);
    if random.chance(30) {
        random.shuffle(&mut uses);
    }
    let mut optional = random.some(&uses, 15);
    if random.chance(6) {
        uses.push("nowhere".into());
        optional.push("nowhere".into());
    }
    let (count, unlisted) = (random.below(4), random.below(3) / 2);
    App {
        place: random.pick(&[
            Place::Built,
            Place::Built,
            Place::Built,
            Place::Source,
            Place::Source,
            Place::Checkout,
            Place::LibDir,
        ]),
        vsn: match random.below(10) {
            0..6 => VERSIONS[0].into(),
            6..9 => random.pick(&VERSIONS[..VERSIONS.len() - 1]).into(),
            _ => random.pick(&VERSIONS).into(),
        },
        modules: modules.split_off(modules.len() - count),
        unlisted: modules.split_off(modules.len() - unlisted),
        registered: random.some(&[format!("{name}_sup"), format!("{name}_srv")], 30),
        more: more_keys(random, name),
        files: files(random, name),
        description: description(random),
        name: name.into(),
        absent: Vec::new(),
        left_out: None,
        uses,
        optional,
        included,
    }
}

fn description(random: &mut Random) -> String {
    let long = format!("\"{}\"", "A long description. ".repeat(200));
    let odd = [
        "\"Grüße, żółw\"",
        "\"Grüße\"",
        "\"\"",
        "\"two\\nlines \\\"quoted\\\" \\x{1F600}\"",
        "\"a\" \"b\"",
        &long,
    ];
    if random.chance(50) { "\"Goods\"".into() } else { random.pick(&odd).into() }
}

fn more_keys(random: &mut Random, name: &str) -> Vec<String> {
    let env: Vec<String> = (0..random.below(4))
        .map(|key| format!("{{key{key}, {}}}", ODD_TERMS[random.below(ODD_TERMS.len())]))
        .collect();
    let keys = [
        format!("{{env, [{}]}}", env.join(", ")),
        format!("{{mod, {{{}, [{{a, \"b\"}}]}}}}", atom(&format!("{name}_app"))),
        "{start_phases, [{first, []}, {second, [x]}]}".into(),
        "{id, \"CXC 138 10\"}".into(),
        "{maxT, 5000}".into(),
        "{maxP, 10}".into(),
        "{mod, []}".into(),
        "{start_phases, undefined}".into(),
        "{licenses, [\"MIT\"]}".into(),
        "{runtime_dependencies, [\"kernel-3.0\"]}".into(),
    ];
    random.some(&keys, 20)
}

/// Files beside the compiled modules; some belong into a release.
fn files(random: &mut Random, name: &str) -> Vec<File> {
    let text = |path: &str| File::text(path, format!("{path} of {name}\n"));
    let executable = |path: &str| File { executable: true, ..text(path) };
    let all = [
        text("priv/data.txt"),
        text("priv/.hidden"),
        executable("priv/bin/run.sh"),
        text("priv/deep/er/and/deeper.bin"),
        File::of("priv/empty", Content::Directory),
        File::of("priv/link", Content::Link("data.txt".into())),
        File::of("priv/linked", Content::Link("deep".into())),
        text("priv/with space and ü.txt"),
        text("priv/fake.beam"),
        text("include/shop.hrl"),
        text("include/sub/more.hrl"),
        text("src/extra.txt"),
        executable("src/sub/tool"),
        text("c_src/x.c"),
        text("lib/x.ex"),
        text("doc/readme.md"),
        text("README.md"),
        File::text("ebin/notes.txt", "notes\n"),
        File::text(format!("ebin/{name}.appup"), "{\"2\", [], []}.\n"),
    ];
    let mut chosen = random.some(&all, 15);
    let has = |path: &str, chosen: &[File]| chosen.iter().any(|file| file.path == path);
    for (link, target) in [("priv/link", 0), ("priv/linked", 3)] {
        if has(link, &chosen) && !has(&all[target].path, &chosen) {
            chosen.push(all[target].clone());
        }
    }
    chosen
}

impl App {
    fn needs(&self, name: &String) -> bool {
        [&self.uses, &self.included, &self.optional].into_iter().any(|list| list.contains(name))
    }

    /// The directory in the project.
    pub(super) fn dir(&self) -> String {
        let parent = match self.place {
            Place::Built | Place::Source => "apps",
            Place::Checkout => "_checkouts",
            Place::LibDir => "extra",
        };
        format!("{parent}/{}", self.name)
    }

    pub(super) fn files(&self) -> Vec<File> {
        let dir = self.dir();
        let mut files: Vec<File> = self
            .files
            .iter()
            .map(|file| File { path: format!("{dir}/{}", file.path), ..file.clone() })
            .collect();
        if self.place == Place::Source {
            files.push(File::text(format!("{dir}/src/{}.app.src", self.name), self.app_file(&[])));
            for module in &self.modules {
                let text = format!("-module({}).\n-export([a/0]).\na() -> {module:?}.\n", atom(module));
                files.push(File::text(format!("{dir}/src/{module}.erl"), text));
            }
            return files;
        }
        let listed: Vec<&String> = self.modules.iter().chain(&self.absent).collect();
        files.push(File::text(format!("{dir}/ebin/{}.app", self.name), self.app_file(&listed)));
        for module in self.modules.iter().chain(&self.unlisted) {
            files.push(File::of(format!("{dir}/ebin/{module}.beam"), Content::Module(module.clone())));
        }
        files
    }

    fn app_file(&self, modules: &[&String]) -> String {
        let keys = [
            ("description", self.description.clone()),
            ("vsn", format!("\"{}\"", self.vsn)),
            ("modules", atoms(modules)),
            ("registered", atoms(&self.registered)),
            ("applications", atoms(&self.uses)),
            ("included_applications", atoms(&self.included)),
            ("optional_applications", atoms(&self.optional)),
        ];
        let keys = keys.iter().filter(|(key, value)| {
            Some(*key) != self.left_out
                && (value != "[]" || !matches!(*key, "included_applications" | "optional_applications"))
        });
        let keys = keys.map(|(key, value)| format!("{{{key}, {value}}}"));
        let keys: Vec<String> = self.more.iter().cloned().chain(keys).collect();
        format!("{{application, {}, [{}]}}.\n", atom(&self.name), keys.join(",\n  "))
    }
}

/// What a graph does that it should not.
pub(super) const MISTAKES: [&str; 11] = [
    "missing application",
    "circle",
    "registered name twice",
    "module twice",
    "module of stdlib",
    "included that is absent",
    "included twice",
    "key missing",
    "key of the wrong type",
    "module file missing",
    "circle through an included application",
];

/// Puts one mistake into a graph; the name of the application that has it.
pub(super) fn spoil(random: &mut Random, apps: &mut [App], mistake: &str) -> String {
    let first = random.below(apps.len());
    let second = (first + 1) % apps.len();
    let other = apps[second].name.clone();
    let own = apps[first].name.clone();
    match mistake {
        "missing application" => apps[first].uses.push("ghost".into()),
        "circle" => {
            apps[first].uses.push(other);
            apps[second].uses.push(own);
        }
        "registered name twice" => {
            [first, second].iter().for_each(|app| apps[*app].registered.push("taken".into()))
        }
        "module twice" => [first, second].iter().for_each(|app| apps[*app].modules.push("m0".into())),
        "module of stdlib" => apps[first].absent.push("random".into()),
        "included that is absent" => apps[first].included.push("ghost".into()),
        "included twice" => [first, second].iter().for_each(|app| apps[*app].included.push("wx".into())),
        "key missing" => {
            apps[first].left_out =
                Some(random.pick(&["description", "vsn", "modules", "registered", "applications"]));
        }
        "key of the wrong type" => apps[first].more.insert(0, random.pick(&WRONG_KEYS).into()),
        "module file missing" => apps[first].absent.push("not_there".into()),
        "circle through an included application" if first != second => {
            apps[first].included.push(other);
            apps[second].included.clear();
            apps[second].uses.push(own);
        }
        _ => {}
    }
    apps[first].name.clone()
}
