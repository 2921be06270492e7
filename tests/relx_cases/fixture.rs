//! The applications of relx's own tests, and projects that make releases of them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::oracle::{self, Order};
use super::release::{self, Release};
use crate::support::toolchain::Toolchain;
use crate::support::{erlrel, fails, run, temp_dir, tool};

/// An application as relx's tests make it: one module, one file in `priv`.
#[derive(Debug, Clone, Copy)]
pub(super) struct App {
    pub(super) name: &'static str,
    pub(super) vsn: &'static str,
    /// Besides kernel and stdlib.
    applications: &'static [&'static str],
    included: &'static [&'static str],
    optional: &'static [&'static str],
}

const fn app(name: &'static str, applications: &'static [&'static str]) -> App {
    App { name, vsn: "0.0.1", applications, included: &[], optional: &[] }
}

const APPS: [App; 11] = [
    app("goal_app_1", &["non_goal_1"]),
    app("lib_dep_1", &[]),
    app("goal_app_2", &["goal_app_1", "non_goal_2"]),
    App { included: &["lib_dep_1"], ..app("non_goal_1", &[]) },
    app("non_goal_2", &[]),
    app("non_goal_3", &["non_goal_2"]),
    app("non_goal_6", &["non_existant_goal"]),
    App { optional: &["non_goal_3"], ..app("goal_app_3", &["goal_app_1", "non_goal_2"]) },
    App { optional: &["non_existant_goal"], ..app("goal_app_4", &["goal_app_1", "non_goal_2"]) },
    App { optional: &["non_existant_goal"], ..app("goal_app_5", &["non_goal_6"]) },
    app("goal_app_6", &["non_existant_goal", "goal_app_5"]),
];

impl App {
    /// The one of this name, in another version.
    pub(super) fn in_version(name: &str, vsn: &'static str) -> Self {
        let app = *APPS.iter().find(|app| app.name == name).expect("one of the applications");
        Self { vsn, ..app }
    }

    /// The only module's name.
    fn module(&self) -> String {
        format!("a_real_beam{}", self.name)
    }

    fn text(&self) -> String {
        let Self { name, vsn, .. } = self;
        let (included, optional) = (self.included.join(", "), self.optional.join(", "));
        let applications = [&["stdlib", "kernel"], self.applications].concat().join(", ");
        format!(
            "{{application, {name}, [{{description, \"\"}}, {{vsn, \"{vsn}\"}}, {{modules, [{}]}},
                {{included_applications, [{included}]}}, {{optional_applications, [{optional}]}}, {{registered, []}},
                {{applications, [{applications}]}}]}}.\n",
            self.module()
        )
    }
}

/// A folder with rebar.config and compiled applications.
pub(super) struct Project {
    temp: tempfile::TempDir,
}

impl Project {
    /// With all applications in rebar3's build directory, and these options of relx.
    pub(super) fn new(options: &str) -> Self {
        let project = Self::without_apps(options);
        for app in &APPS {
            project.app("_build/default/lib", app.name, app);
        }
        project
    }

    /// With all applications in a directory of `lib_dirs`, as relx's own tests have them.
    pub(super) fn with_lib_dir(dir: &str, options: &str) -> Self {
        let project = Self::without_apps(options);
        for app in &APPS {
            project.app(dir, &format!("{}-{}", app.name, app.vsn), app);
        }
        project
    }

    /// With no application yet.
    pub(super) fn without_apps(options: &str) -> Self {
        let project = Self { temp: temp_dir() };
        std::fs::create_dir_all(project.path("_build/default/lib")).expect("created");
        project.configure(options);
        project
    }

    /// Writes rebar.config anew.
    pub(super) fn configure(&self, options: &str) {
        self.write("rebar.config", &format!("{{relx, [{options}]}}.\n"));
    }

    /// Adds an application to a directory.
    pub(super) fn app(&self, dir: &str, folder: &str, app: &App) {
        let (dir, module) = (format!("{dir}/{folder}"), app.module());
        self.write(&format!("{dir}/ebin/{}.app", app.name), &app.text());
        self.write(&format!("{dir}/src/{module}.erl"), &source(app));
        self.write(&format!("{dir}/priv/subdir/foo.txt"), "just some file contents");
        let beam = format!("{module}.beam");
        std::fs::copy(beams().join(&beam), self.path(&dir).join("ebin").join(&beam)).expect("copied");
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    /// The release directory `NAME` that erlrel makes, once it has been compared with the one that relx makes.
    pub(super) fn release(&self, name: &str) -> Release {
        self.release_without(name, &[])
    }

    /// As [`Self::release`]; these paths relx has and erlrel has not.
    pub(super) fn release_without(&self, name: &str, missing: &[&str]) -> Release {
        let release = self.release_alone(name);
        // Both find what they made before.
        let output_dir = self.path("relx");
        self.relx("release", name, &output_dir).expect("relx builds it");
        let relx = Release::directory(&output_dir.join(name), String::new());
        release::assert_same(&release, &relx, missing);
        release
    }

    /// As [`Self::release`], with another OTP and its relx. That relx has its own names for the paths of its OTP.
    pub(super) fn release_of(&self, toolchain: &Toolchain, name: &str) -> Release {
        let mut command = self.erlrel("release", name);
        run(command.arg("--otp").arg(toolchain.otp()));
        let mut release = Release::directory(&self.path("_build/default/rel").join(name), String::new());
        let output_dir = self.new_dir();
        self.relx_of(toolchain, "release", name, &output_dir).expect("relx builds it");
        let relx = Release::directory(&output_dir.join(name), String::new());
        if let Toolchain::Tree(root) = toolchain {
            release.link_from(root);
        }
        release::assert_same(&release, &relx, &[]);
        release
    }

    /// The release directory that erlrel makes, without a comparison.
    pub(super) fn release_alone(&self, name: &str) -> Release {
        let warnings = self.run("release", name);
        Release::directory(&self.path("_build/default/rel").join(name), warnings)
    }

    /// The tarball `NAME-VSN.tar.gz` that erlrel makes, once it has been compared with the one that relx makes.
    pub(super) fn tar(&self, name: &str, vsn: &str) -> Release {
        self.tar_without(name, vsn, &[])
    }

    /// As [`Self::tar`], where rebar3 may have made releases already; these paths relx has and erlrel has not.
    pub(super) fn tar_without(&self, name: &str, vsn: &str, missing: &[&str]) -> Release {
        let output_dir = self.path("_build/default/rel");
        let release = self.tar_alone(name, vsn);
        self.relx("tar", name, &output_dir).expect("relx builds it");
        let relx = Release::tarball(&self.tarball(name, vsn), String::new());
        release::assert_same(&release, &relx, missing);
        release
    }

    /// The tarball that erlrel makes, without a comparison.
    pub(super) fn tar_alone(&self, name: &str, vsn: &str) -> Release {
        let warnings = self.run("tar", name);
        Release::tarball(&self.tarball(name, vsn), warnings)
    }

    fn tarball(&self, name: &str, vsn: &str) -> PathBuf {
        self.path(&format!("_build/default/rel/{name}/{name}-{vsn}.tar.gz"))
    }

    /// The messages of erlrel and of relx, which must both refuse.
    pub(super) fn errors(&self, name: &str) -> (String, String) {
        let message = fails(&mut self.erlrel("release", name), 1);
        assert!(!self.path("_build/default/rel").exists(), "nothing is left behind");
        let theirs = self.relx("release", name, &self.new_dir()).expect_err("relx refuses");
        (message.replace(&self.temp.path().display().to_string(), "PROJECT"), theirs)
    }

    fn erlrel(&self, task: &str, name: &str) -> Command {
        let mut command = erlrel();
        command.args([task, "--no-compile", "--profile", "default", "--release", name]);
        command.current_dir(self.temp.path());
        command
    }

    /// Runs erlrel; what it says on stderr.
    fn run(&self, task: &str, name: &str) -> String {
        let output = self.erlrel(task, name).output().expect("it starts");
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success(), "{stderr}");
        stderr
    }

    fn relx(&self, task: &str, name: &str, output_dir: &Path) -> Result<(), String> {
        self.relx_of(&Toolchain::Machine, task, name, output_dir)
    }

    fn relx_of(
        &self,
        toolchain: &Toolchain,
        task: &str,
        name: &str,
        output_dir: &Path,
    ) -> Result<(), String> {
        oracle::build(Order { toolchain, task, project: self.temp.path(), output_dir, name })
    }

    /// One in which nothing has been made yet.
    fn new_dir(&self) -> PathBuf {
        tempfile::tempdir_in(self.temp.path()).expect("created").keep()
    }

    /// `rebar3 ARGUMENT…` in the project.
    pub(super) fn rebar3(&self, arguments: &[&str]) -> Command {
        let mut command = tool("rebar3", "rebar3");
        command.args(arguments).current_dir(self.temp.path()).env_remove("REBAR_PROFILE");
        command
    }
}

fn source(app: &App) -> String {
    format!("-module({}).\n", app.module())
}

/// The compiled modules, made once for each run of the tests.
fn beams() -> &'static Path {
    static BEAMS: OnceLock<PathBuf> = OnceLock::new();
    BEAMS.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("relx_cases_beams");
        std::fs::create_dir_all(&dir).expect("created");
        let mut erlc = tool("erlc", "erlang-base");
        erlc.arg("+debug_info").arg("-o").arg(&dir);
        for app in &APPS {
            let path = dir.join(format!("{}.erl", app.module()));
            std::fs::write(&path, source(app)).expect("written");
            erlc.arg(path);
        }
        run(&mut erlc);
        dir
    })
}
