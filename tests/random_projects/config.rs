//! Generated projects: applications, `rebar.config` with profiles, and the files that its options name.

use super::app::{self, App, MISTAKES, Place};
use super::installation;
use super::options::OPTIONS;
use super::overlay;
use super::project::{Content, File, Project, atom, atoms};
use crate::support::random::Random;

/// What the parts of a configuration are made from.
pub(super) struct Maker<'a> {
    pub(super) random: &'a mut Random,
    pub(super) apps: &'a [App],
    pub(super) project: &'a mut Project,
}

/// The project of this seed.
pub(super) fn generate(seed: u64) -> Project {
    let random = &mut Random(seed);
    let mut project = Project::default();
    let mut apps = app::graph(random);
    if random.chance(7) {
        let mistake = random.pick(&MISTAKES);
        project.spoiled = Some(app::spoil(random, &mut apps, mistake));
        project.traits.insert(mistake.into());
    }
    if apps.iter().any(|app| !app.name.is_ascii()) {
        project.traits.insert("name beyond ASCII".into());
    }
    let mut maker = Maker { random, apps: &apps, project: &mut project };
    maker.configuration();
    for app in &apps {
        project.files.extend(app.files());
    }
    project.apps = apps;
    project
}

impl Maker<'_> {
    fn configuration(&mut self) {
        self.configuration_files();
        self.project.files.extend(overlay::sources());
        let active = self.random.pick(&["prod", "p", "p", "p,prod", "q,p", "prod,q", ""]);
        self.project.profiles = active.split(',').filter(|name| !name.is_empty()).map(String::from).collect();
        let mut base = self.releases();
        base.extend(self.options(100));
        if self.apps.iter().any(|app| app.place == Place::LibDir) && self.random.chance(98) {
            base.push("{lib_dirs, [\"extra\"]}".into());
        }
        self.shuffle(&mut base);
        let mut profiles = Vec::new();
        for name in ["p", "prod", "q"] {
            if self.random.chance(60) {
                let mut list = self.options(35);
                if self.random.chance(5) {
                    list.extend(self.releases());
                }
                profiles.push(format!("{{{name}, [{{relx, [{}]}}]}}", list.join(",\n    ")));
            }
        }
        self.select();
        let checkouts: Vec<&App> = self.apps.iter().filter(|app| app.place == Place::Checkout).collect();
        let deps: Vec<&str> = checkouts.iter().map(|app| app.name.as_str()).collect();
        let text = format!(
            "{{deps, {}}}.\n{{validate_app_modules, false}}.\n{{relx, [{}]}}.\n{{profiles, [{}]}}.\n",
            atoms(&deps),
            base.join(",\n  "),
            profiles.join(",\n  ")
        );
        self.project.files.push(File::text("rebar.config", text));
    }

    /// Releases stay in front now and then, as people write them.
    fn shuffle(&mut self, options: &mut [String]) {
        if self.random.chance(70) {
            self.random.shuffle(options);
        }
    }

    /// Files that relx finds without being told, or that options name.
    fn configuration_files(&mut self) {
        for (path, text, percent) in [
            ("config/sys.config", "[{shop, [{a, 1}]}].\n", 20),
            ("config/sys.config.src", "[{shop, [{a, \"${A}\"}]}].\n", 10),
            ("config/vm.args", "-name a@b\n", 20),
            ("config/vm.args.src", "-name ${NAME}\n", 10),
            ("other/app.config", "%% żółw\n[{kernel, []}, \"more\"].\n", 100),
            ("other/app.config.src", "[${A}].\n", 100),
            ("other/vm.args", "-sname x\n+K true\n", 100),
            ("other/vm.args.src", "-sname ${X:-y}\n", 100),
            ("other/broken.config", "[{a, ].\n", 100),
            ("other/vars.config", "{colour, \"red\"}.\n{size, 3}.\n{nested, [{a, \"b\"}]}.\n", 100),
            ("sub/config/sys.config", "[{shop, [{sub, 1}]}].\n", 30),
            ("sub/config/vm.args.src", "-name ${SUB}\n", 20),
            ("VERSION", "3.2.1\n", 100),
        ] {
            if self.random.chance(percent) {
                self.project.files.push(File::text(path, text));
            }
        }
        for name in ["otp", "otp2"] {
            self.project.files.push(File::of(format!("erl/{name}"), Content::Installation(name)));
        }
        if self.random.chance(50) {
            self.project
                .files
                .iter_mut()
                .filter(|file| file.path == "other/vm.args")
                .for_each(|file| file.executable = true);
        }
    }

    fn options(&mut self, share: usize) -> Vec<String> {
        let mut list = Vec::new();
        for (name, often, value) in OPTIONS {
            if self.random.below(100_000) < often * share {
                list.push(value(self));
                self.project.traits.insert((*name).into());
            }
        }
        list
    }

    fn releases(&mut self) -> Vec<String> {
        let names = ["shop", "myrel", "'My-Rel'", "r2", "żółw_rel", "\"text\""];
        let name = if self.random.chance(97) { names[0] } else { self.random.pick(&names) };
        let count = if self.random.chance(80) {
            1
        } else {
            if self.random.chance(4) { 0 } else { self.random.pick(&[2, 2, 3]) }
        };
        let mut list: Vec<String> = Vec::new();
        for number in 0..count {
            let name = if number > 0 && self.random.chance(5) { "other" } else { name };
            if !name.is_ascii() {
                self.project.traits.insert("name beyond ASCII".into());
            }
            let release = self.release(name);
            list.push(release);
        }
        if count > 1 {
            self.project.traits.insert("several releases".into());
        }
        if self.random.chance(6) {
            list.push(self.extended(name));
        }
        list
    }

    /// A release that extends one of another name, or of none.
    fn extended(&mut self, name: &str) -> String {
        self.project.traits.insert("extends another name".into());
        self.project.traits.insert("several releases".into());
        let (goals, more) = (self.goals(), self.goals());
        let base = self.random.pick(&[
            "base",
            "base",
            "base",
            "{base, \"1.0\"}",
            "{base, \"1.0\"}",
            "{base, \"1.0\"}",
            "{base, \"7\"}",
        ]);
        let options = self.random.pick(&["", "", ", [{include_src, true}]"]);
        if !options.is_empty() {
            self.project.own_options.push("include_src");
        }
        let name = name.trim_matches(['"', '\'']);
        self.project.releases.push((name.into(), "1.0".into()));
        self.project.releases.push(("base".into(), "1.0".into()));
        let name = atom(name);
        format!(
            "{{release, {{base, \"1.0\"}}, {goals}}},\n  {{release, {{{name}, \"1.0\", {{extend, {base}}}}}, {more}{options}}}"
        )
    }

    /// What the command line asks for.
    fn select(&mut self) {
        let several = self.project.has("several releases");
        let often = match several {
            true if self.project.has("extends another name") => 92,
            true => 70,
            false => 8,
        };
        if self.project.releases.is_empty() || !self.random.chance(often) {
            return;
        }
        let releases = self.project.releases.clone();
        let (name, vsn) = self.random.pick(&releases);
        let vsn = match self.random.below(20) {
            0 => Some("9.9.9".into()),
            1..12 => Some(vsn),
            _ => None,
        };
        self.project.traits.insert("selection".into());
        let name = if self.random.chance(3) { "absent".into() } else { name };
        self.project.selection = Some((name, vsn));
    }

    fn release(&mut self, name: &str) -> String {
        let (vsn, goals) = (self.version(), self.goals());
        if name.starts_with('"') {
            self.project.traits.insert("malformed release".into());
        }
        if vsn.contains(' ') && vsn.starts_with('"') {
            self.project.traits.insert("version with a blank".into());
        }
        if vsn.starts_with("<<") {
            self.project.traits.insert("a version or a directory as a binary".into());
        }
        if let Some(text) = vsn.strip_prefix('"').and_then(|vsn| vsn.strip_suffix('"')) {
            self.project.releases.push((name.trim_matches(['"', '\'']).into(), text.into()));
        }
        let name = &atom_or_text(name);
        if self.random.chance(75) {
            return format!("{{release, {{{name}, {vsn}}}, {goals}}}");
        }
        if self.random.chance(8) {
            self.project.traits.insert("malformed release".into());
            return self.random.pick(&[
                format!("{{release, {{{name}}}, {goals}}}"),
                format!("{{release, {name}, {goals}}}"),
                format!("{{release, {{{name}, {vsn}}}, {{erts, \"1.0\"}}, {goals}}}"),
                format!("{{release, {{{name}, {vsn}, {{extend, base}}}}, {goals}}}"),
            ]);
        }
        if self.random.chance(20) {
            let base = format!("{{release, {{{name}, \"0.0.1\"}}, {goals}}}");
            let goals = self.goals();
            return format!(
                "{base},\n  {{release, {{{name}, \"0.0.2\", {{extend, {{{name}, \"0.0.1\"}}}}}}, {goals}}}"
            );
        }
        self.project.traits.insert("release forms".into());
        let erts = if self.random.chance(20) {
            format!("{{erts, \"{}\"}}, ", erts_version())
        } else {
            String::new()
        };
        let (option, value) = self.random.pick(&OWN_OPTIONS);
        let own = if erts.is_empty() || self.random.chance(50) {
            self.project.own_options.push(option);
            format!(", [{{{option}, {value}}}]")
        } else {
            String::new()
        };
        format!("{{release, {{{name}, {vsn}}}, {erts}{goals}{own}}}")
    }

    fn version(&mut self) -> String {
        let texts = [
            "\"0.1.0\"",
            "\"1.0\"",
            "\"10.2.0\"",
            "\"2.0.0-rc.1\"",
            "\"1.0.0+b.1\"",
            "\"61334db\"",
            "\"v1\"",
            "\"ü1\"",
            "\"1 0\"",
            "<<\"1.1\">>",
        ];
        if self.random.chance(70) {
            return texts[0].into();
        }
        if self.random.chance(50) {
            return self.random.pick(&texts).into();
        }
        if self.random.chance(50) {
            return self.random.pick(&["semver", "git", "\"git\"", "{semver, x}"]).into();
        }
        self.random
            .pick(&[
                "{file, \"VERSION\"}",
                "{file, \"absent\"}",
                "{git, short}",
                "{git, long}",
                "{cmd, \"printf 4.5\"}",
                "{cmd, \"false\"}",
            ])
            .into()
    }

    fn goals(&mut self) -> String {
        let mut names: Vec<String> = self.apps.iter().map(|app| app.name.clone()).collect();
        names = self.random.some(&names, 70);
        if names.is_empty() {
            names.extend(self.apps.last().map(|app| app.name.clone()));
        }
        names.extend(self.random.some(&installation::NAMES.map(String::from), 15));
        if self.random.chance(30) {
            names.insert(0, "kernel".into());
            names.insert(1, "stdlib".into());
        }
        if self.random.chance(60) {
            self.random.shuffle(&mut names);
        }
        if self.random.chance(2) {
            let goal = self.random.pick(&["ghost", "kernel", "stdlib"]);
            names.push(goal.into());
        }
        let goals: Vec<String> = names.iter().map(|name| self.goal(name)).collect();
        if self.random.chance(1) { "[]".into() } else { format!("[{}]", goals.join(", ")) }
    }

    fn goal(&mut self, name: &str) -> String {
        let app = self.apps.iter().find(|app| app.name == name);
        let vsn = format!("\"{}\"", app.map_or("9.9", |app| &app.vsn));
        let included = app.map_or(Vec::new(), |app| self.random.some(&app.included, 70));
        let included = atoms(&included);
        let name = atom(name);
        let kind = self.random.pick(&["permanent", "transient", "temporary", "load", "none"]);
        if self.random.chance(75) {
            return name;
        }
        if app.is_none() && matches!(name.as_str(), "kernel" | "stdlib") && self.random.chance(90) {
            return name;
        }
        if app.is_none() {
            return if self.random.chance(98) {
                format!("{{{name}, {kind}}}")
            } else {
                self.project.traits.insert("goal of another version".into());
                format!("{{{name}, {vsn}}}")
            };
        }
        if self.random.chance(3) {
            self.project.traits.insert("goal of another version".into());
            return self.random.pick(&[
                format!("\"{name}\""),
                format!("{{{name}}}"),
                format!("{{{name}, sometimes}}"),
                format!("{{{name}, load, []}}"),
                format!("{{{name}, 1}}"),
                format!("{{{name}, \"9.9.9\"}}"),
                format!("{{{name}, {vsn}, load, load}}"),
                format!("{{{name}, [ghost]}}"),
            ]);
        }
        let rare = self.random.chance(30);
        self.random.pick(&[
            format!("{{{name}, {kind}}}"),
            format!("{{{name}, {vsn}}}"),
            format!("{{{name}, {vsn}, {kind}}}"),
            format!("{{{name}, {included}}}"),
            format!("{{{name}, {vsn}, {included}}}"),
            format!("{{{name}, {vsn}, permanent, {included}}}"),
            format!("{{{name}, {vsn}, permanent, {included}}}"),
            format!("{{{name}, {vsn}, {}, {included}}}", if rare { kind } else { "permanent" }),
        ])
    }
}

/// Options that a release may have for itself.
const OWN_OPTIONS: [(&str, &str); 10] = [
    ("include_erts", "true"),
    ("include_erts", "false"),
    ("include_src", "true"),
    ("include_src", "false"),
    ("system_libs", "false"),
    ("generate_start_script", "false"),
    ("sys_config", "false"),
    ("vm_args", "\"other/vm.args\""),
    ("debug_info", "strip"),
    ("extended_start_script", "true"),
];

fn atom_or_text(name: &str) -> String {
    if name.starts_with(['"', '\'']) { name.into() } else { atom(name) }
}

/// As the small installation has it, which is the machine's own.
fn erts_version() -> String {
    let start = std::fs::read_to_string(crate::support::erlang::root().join("releases/start_erl.data"));
    start.expect("an installation").split_whitespace().next().unwrap_or_default().into()
}

/// A directory that holds nothing.
pub(super) fn empty(path: &str) -> File {
    File::of(path, Content::Directory)
}
