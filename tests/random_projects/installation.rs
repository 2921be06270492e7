//! A small Erlang installation, so that a release of it is made in milliseconds: a few modules instead of
//! hundreds, and a runtime system of small files. The virtual machines that run rebar3 think that it is theirs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{erlang, run, tool};

const ERLANG: [(&str, &str); 2] =
    [("worker.erl", include_str!("worker.erl")), ("prepare.erl", include_str!("prepare.erl"))];

/// Modules of kernel and stdlib which boot files load early, and others.
const BASICS: [(&str, &[&str]); 3] = [
    ("kernel", &["kernel", "heart", "erl_signal_handler", "error_handler"]),
    ("stdlib", &["random", "gen", "log_mf_h"]),
    ("sasl", &["sasl", "alarm_handler"]),
];

/// The optional applications of those below.
pub(super) const OPTIONAL: [&str; 2] = ["mnesia", "absent"];

/// Applications beside the basic ones: name, version, and the keys after `vsn` and `description`.
const MORE: [(&str, &str, &str); 5] = [
    (
        "mnesia",
        "4.21.3",
        "{modules, [otp_b, otp_a]}, {registered, [mnesia_sup]}, {applications, [kernel, stdlib]},
      {start_phases, [{go, []}]}, {mod, {otp_a, []}}, {env, [{dir, \"/tmp\"}]}",
    ),
    (
        "snmp",
        "5.13",
        "{modules, [otp_c]}, {registered, []}, {applications, [kernel, stdlib, mnesia, absent]},
      {optional_applications, [mnesia, absent]}",
    ),
    (
        "os_mon",
        "2.8",
        "{modules, []}, {registered, []}, {applications, [sasl, stdlib, kernel]}, {maxT, 100}, {id, \"CNA\"}",
    ),
    (
        "xmerl",
        "1.3.30",
        "{modules, [otp_d]}, {registered, []}, {applications, [kernel, stdlib]}, {included_applications, [wx]}",
    ),
    ("wx", "2.2.1", "{modules, []}, {registered, [wx]}, {applications, [stdlib, kernel]}"),
];

/// The names of all applications but kernel and stdlib.
pub(super) const NAMES: [&str; 6] = ["sasl", "mnesia", "snmp", "os_mon", "xmerl", "wx"];

/// Files of ERTS that are only there to be copied or left out.
const PROGRAMS: [&str; 8] =
    ["erl", "epmd", "erl_call", "erlc", "typer", "dialyzer", "ct_run", "yielding_c_fun"];

/// Modules for generated applications. Their names must need all that names can need.
pub(super) fn modules() -> Vec<String> {
    let odd = ["Upper", "with-dash", "with space", "größe", "a.b"].map(String::from);
    (0..60).map(|number| format!("m{number}")).chain(odd).collect()
}

/// Where everything lies that the virtual machines need.
pub(super) struct Installation {
    dir: PathBuf,
}

impl Installation {
    /// Makes it in an empty directory.
    pub(super) fn new(dir: &Path) -> Self {
        let installation = Self { dir: dir.into() };
        ["beams", "rebar3"].iter().for_each(|made| drop(installation.made(made)));
        for (file, text) in ERLANG {
            std::fs::write(dir.join(file), text).expect("written");
        }
        let mut names = modules();
        names.extend(["otp_a", "otp_b", "otp_c", "otp_d"].map(String::from));
        let names: Vec<String> = names.iter().map(|name| format!("'{name}'.\n")).collect();
        std::fs::write(dir.join("modules"), names.concat()).expect("written");
        run(tool("erlc", "erlang-base").arg("-o").arg(dir).arg(dir.join("prepare.erl")));
        run(tool("erl", "erlang-base")
            .args(["-noinput", "+fnu", "-pa"])
            .arg(dir)
            .args(["-s", "prepare", "main", "-extra"])
            .arg(dir)
            .arg(tool("rebar3", "rebar3").get_program()));
        installation.install();
        installation
    }

    /// What stands for the installation's root directory. `otp2`, beside it, has another ERTS and only some
    /// applications, one of them in another version.
    pub(super) fn root(&self) -> PathBuf {
        self.dir.join("otp")
    }

    /// The compiled module of this name.
    pub(super) fn beam(&self, name: &str) -> PathBuf {
        self.dir.join(format!("beams/{name}.beam"))
    }

    /// Its own files: compiled Erlang, the boot file.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The directories of rebar3's own applications.
    pub(super) fn rebar3_paths(&self) -> Vec<PathBuf> {
        let apps = std::fs::read_dir(self.dir.join("rebar3")).expect("unpacked");
        apps.map(|app| app.expect("listed").path().join("ebin")).collect()
    }

    fn made(&self, path: &str) -> PathBuf {
        let dir = self.dir.join(path);
        std::fs::create_dir_all(&dir).expect("created");
        dir
    }

    fn install(&self) {
        let real = erlang::root();
        for (path, files) in [("otp/bin", &["start_clean.boot"][..]), ("otp/releases", &["start_erl.data"])] {
            let from = real.join(path.trim_start_matches("otp/"));
            let to = self.made(path);
            files.iter().for_each(|file| {
                std::fs::copy(from.join(file), to.join(file)).expect("copied");
            });
        }
        self.runtime_system(real, "otp", &only(real, "erts-"));
        self.runtime_system(real, "otp2", "erts-99.1");
        for (name, modules) in BASICS {
            ["otp", "otp2"].iter().for_each(|root| self.basic(root, real, name, modules));
        }
        for (name, vsn, keys) in MORE {
            self.other("otp", name, vsn, keys);
            match name {
                "mnesia" => self.other("otp2", name, "5.0", keys),
                "os_mon" => {}
                _ => self.other("otp2", name, vsn, keys),
            }
        }
    }

    /// `dyn_erl` is a program like the emulator, and small.
    fn runtime_system(&self, real: &Path, root: &str, erts: &str) {
        let bin = self.made(&format!("{root}/{erts}/bin"));
        let program = real.join(only(real, "erts-")).join("bin/dyn_erl");
        for copy in ["beam.smp", "dyn_erl"] {
            std::fs::copy(&program, bin.join(copy)).expect("copied");
        }
        for name in PROGRAMS {
            std::fs::write(bin.join(name), name).expect("written");
            std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        std::fs::write(bin.join("plain.txt"), "no program").expect("written");
    }

    fn basic(&self, root: &str, real: &Path, name: &str, modules: &[&str]) {
        let dir = only(&real.join("lib"), &format!("{name}-"));
        let vsn = dir.trim_start_matches(&format!("{name}-"));
        let ebin = self.made(&format!("{root}/lib/{dir}/ebin"));
        for module in modules {
            let beam = format!("{module}.beam");
            let from = ["kernel", "stdlib", name]
                .map(|app| real.join("lib").join(only(&real.join("lib"), &format!("{app}-"))));
            let from = from.iter().map(|app| app.join("ebin").join(&beam)).find(|path| path.is_file());
            std::fs::copy(from.expect("a module of OTP"), ebin.join(&beam)).expect("copied");
        }
        let applications = match name {
            "kernel" => "",
            "stdlib" => "kernel",
            _ => "kernel, stdlib",
        };
        let text = format!(
            "{{application, {name}, [{{description, \"{name}\"}}, {{vsn, \"{vsn}\"}}, {{modules, [{}]}}, {{registered, []}}, \
             {{applications, [{applications}]}}, {{env, []}}, {{mod, {{{}, []}}}}]}}.\n",
            modules.join(", "),
            modules[0],
        );
        std::fs::write(ebin.join(format!("{name}.app")), text).expect("written");
        std::fs::write(ebin.join(format!("{name}.appup")), "{\"1\", [], []}.\n").expect("written");
    }

    fn other(&self, root: &str, name: &str, vsn: &str, keys: &str) {
        let dir = format!("{root}/lib/{name}-{vsn}");
        let ebin = self.made(&format!("{dir}/ebin"));
        for module in ["otp_a", "otp_b", "otp_c", "otp_d"].iter().filter(|module| keys.contains(*module)) {
            std::fs::copy(self.beam(module), ebin.join(format!("{module}.beam"))).expect("copied");
        }
        let text =
            format!("{{application, {name}, [{{description, \"{name}\"}}, {{vsn, \"{vsn}\"}}, {keys}]}}.\n");
        std::fs::write(ebin.join(format!("{name}.app")), text).expect("written");
        for (path, content) in [
            ("priv/lib/x.so", "so"),
            ("include/x.hrl", "-define(X, 1).\n"),
            ("src/x.erl", "%\n"),
            ("c_src/x.c", "\n"),
            ("doc/x.md", ""),
        ] {
            let parent = Path::new(path).parent().expect("a folder").display().to_string();
            let file = self.made(&format!("{dir}/{parent}")).join(path.rsplit('/').next().unwrap_or(path));
            std::fs::write(file, content).expect("written");
        }
    }
}

/// The first name in a directory that begins so.
fn only(dir: &Path, prefix: &str) -> String {
    let names = std::fs::read_dir(dir).expect("listed").map(|entry| entry.expect("listed").file_name());
    let mut names: Vec<String> =
        names.filter_map(|name| name.into_string().ok()).filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names.into_iter().next().unwrap_or_else(|| panic!("{} has no {prefix}", dir.display()))
}
