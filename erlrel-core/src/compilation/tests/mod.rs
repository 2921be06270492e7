//! A project with a toolchain that is none, and a compilation that writes digests in place of BEAM files: what is tested is
//! the decision.

mod doubts;
mod edits;
mod generated;
mod links;
mod places;

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::record::Place;
use super::{Check, Options, Why, by_real_path, check_at};
use crate::digest::Digest;
use crate::environment::Environment;
use crate::project::{self, LoadOptions, Project};
use crate::term::{AtomEncoding, Term, encode};

const HOUR: Duration = Duration::from_secs(3600);

const CONFIG: &str = "{erl_opts, [debug_info]}.\n{deps, [dep]}.\n{relx, [{release, {r, \"1\"}, [a]}]}.\n";

/// A project with two applications, a dependency, and a link in `_checkouts`.
struct Fixture {
    temp: tempfile::TempDir,
    arguments: Vec<String>,
    more: Vec<(String, String)>,
    /// By which path the project is loaded.
    root: &'static str,
    /// How much later than now everything is looked at.
    later: Duration,
}

impl Fixture {
    fn new() -> Self {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let arguments = ["as", "prod", "compile"].map(String::from).into();
        let fixture = Self { temp, arguments, more: Vec::new(), root: "project", later: Duration::ZERO };
        for (path, text) in [
            ("bin/rebar3", "#!/usr/bin/env escript\n"),
            ("bin/git", "git"),
            ("otp/bin/erl", "#!/bin/sh\n"),
            ("otp/bin/escript", "escript"),
            ("otp/releases/start_erl.data", "13.1.5 25"),
            ("otp/releases/25/OTP_VERSION", "25.2.3"),
            ("otp/lib/compiler-8.2.3/ebin/compile.beam", "compile"),
            ("otp/lib/kernel-8.5.3/include/logger.hrl", "-compile({parse_transform, of_erlang})."),
            ("home/.config/rebar3/rebar.config", "{plugins, [rebar3_hex]}."),
            ("checkout/src/c.app.src", "{application, c, [{vsn, \"1\"}]}."),
            ("checkout/src/c.erl", "-module(c)."),
            ("project/rebar.config", CONFIG),
            ("project/rebar.lock", "[]."),
            ("project/config/sys.config", "[]."),
            ("project/.git/HEAD", "ref: refs/heads/main"),
            ("project/.git/refs/heads/main", "1111"),
            ("project/_build/default/lib/dep/src/dep.erl", "-module(dep)."),
            ("project/_build/default/lib/dep/ebin/dep.beam", "dep"),
        ] {
            fixture.write(path, text);
        }
        for app in ["a", "b"] {
            let dir = format!("project/apps/{app}");
            let vsn = if app == "a" { "git" } else { "\"1\"" };
            fixture.write(
                &format!("{dir}/src/{app}.app.src"),
                &format!("{{application, {app}, [{{vsn, {vsn}}}]}}."),
            );
            fixture.write(&format!("{dir}/src/{app}.erl"), &format!("-module({app})."));
            fixture.write(&format!("{dir}/src/{app}_sup.erl"), &format!("-module({app}_sup)."));
            fixture.write(&format!("{dir}/include/{app}.hrl"), "-define(X, 1).");
            fixture.write(&format!("{dir}/priv/data"), "data");
        }
        std::fs::create_dir(fixture.path("project/_checkouts")).expect("created");
        fixture.link("../../checkout", "project/_checkouts/c");
        fixture
    }

    /// The same, where everything is old enough to be known by its times.
    fn settled() -> Self {
        Self { later: HOUR, ..Self::new() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("created");
        std::fs::write(&path, text).expect("written");
        if path.parent().is_some_and(|dir| dir.ends_with("bin")) {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("set");
        }
    }

    /// Gives a file a newer time than all others.
    fn make_newer(&self, path: &str) {
        let path = self.path(path);
        let time = path.metadata().expect("there").modified().expect("a time");
        crate::fs::edits::set_time(&path, time + HOUR);
    }

    fn link(&self, target: &str, path: &str) {
        std::os::unix::fs::symlink(target, self.path(path)).expect("linked");
    }

    fn environment(&self) -> Environment {
        let path = format!("{}:{}", self.path("bin").display(), self.path("otp/bin").display());
        let usual = [("PATH", path), ("HOME", self.path("home").display().to_string())];
        let usual = usual.into_iter().map(|(name, value)| (name.to_string(), value));
        usual.chain(self.more.iter().cloned()).collect()
    }

    fn project(&self) -> Project {
        let options =
            LoadOptions { profiles: vec!["prod".into()], environment: self.environment(), otp: None };
        project::load(&self.path(self.root), &options).expect("a project")
    }

    /// Does something with a check.
    fn check<T>(&self, work: impl FnOnce(Check<'_>) -> T) -> T {
        let (project, environment) = (by_real_path(&self.project()), self.environment());
        let options = Options { arguments: &self.arguments, environment: &environment, written: &[] };
        let mut place = Place::of(&project, &self.arguments);
        place.later = self.later;
        work(check_at(place, project, options))
    }

    /// Why rebar3 must be started, with paths relative to the project.
    fn whys(&self) -> Vec<String> {
        let project = format!("{}/", self.path("project").display());
        let all = format!("{}/", self.temp.path().display());
        let text = |why: &Why| why.to_string().replace(&project, "").replace(&all, "../");
        self.check(|check| check.whys().iter().map(text).collect())
    }

    /// Compiles what there is, and has it recorded.
    fn compile(&self) {
        self.compile_meanwhile(|| {});
    }

    fn compile_meanwhile(&self, work: impl FnOnce()) {
        self.check(|check| {
            let compilation = check.begin().expect("ready");
            self.rebar3();
            work();
            compilation.record();
        });
    }

    /// What rebar3 would leave in `_build`.
    fn rebar3(&self) {
        let mut sources = Vec::new();
        self.generate();
        for app in ["project/apps/a", "project/apps/b", "project/_checkouts/c"] {
            let name = app.rsplit('/').next().expect("a name");
            let ebin = format!("project/_build/prod/lib/{name}/ebin");
            let _ = std::fs::remove_dir_all(self.path(&ebin));
            for file in files(&self.path(&format!("{app}/src"))) {
                let module = file.file_stem().expect("a name").to_string_lossy().into_owned();
                let text = std::fs::read(&file).unwrap_or_default();
                self.write(&format!("{ebin}/{module}.beam"), &Digest::of(&text).hex());
                sources.push(file);
            }
        }
        let others =
            ["otp/lib/kernel-8.5.3/include/logger.hrl", "project/_build/default/lib/dep/src/dep.erl"];
        sources.extend(others.map(|path| self.path(path)));
        let vertex =
            |path: &PathBuf| Term::tuple([Term::string(path.display().to_string()), Term::integer(0)]);
        let none = || Term::list([]);
        let vertices = Term::list(sources.iter().map(vertex));
        let graph = Term::tuple([Term::atom("dag"), Term::integer(4), none(), vertices, none(), none()]);
        let path = self.path("project/_build/prod/lib/.rebar3/rebar_compiler_erl/source_project_apps.dag");
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("created");
        std::fs::write(path, encode(&graph, AtomEncoding::Utf8)).expect("written");
    }

    /// A parser is made if its grammar is newer.
    fn generate(&self) {
        let (grammar, parser) =
            (self.path("project/apps/a/src/p.yrl"), self.path("project/apps/a/src/p.erl"));
        let second = |path: &Path| path.metadata().map_or(0, |metadata| metadata.mtime());
        if second(&grammar) > second(&parser) {
            let text = std::fs::read_to_string(grammar).expect("a grammar");
            // Before its own functions a parser has what the grammar says.
            let text = format!("-module(p).\n{}yeccpars2(S) -> S.\n{text}", "%% header\n".repeat(100));
            std::fs::write(parser, text).expect("written");
        }
    }

    fn wait_for_tick(&self) {
        crate::fs::edits::wait_for_tick(self.temp.path());
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = crate::fs::list(dir).expect("listed");
    files.retain(|path| path.is_file());
    files
}
