//! Tiny projects that the real rebar3 builds, and that erlrel must make the same release of.

use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use super::{erlang, erlrel, run, temp_dir, tool};

/// A project in a folder of its own, with a home of its own.
pub(crate) struct Tiny {
    temp: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What one of the two made: paths with the targets of links, and the `.rel` file.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    paths: Vec<String>,
    rel: PathBuf,
}

impl Tiny {
    /// One application, `tiny`, and this rebar.config.
    pub(crate) fn new(config: &str) -> Self {
        let tiny = Self::empty(config);
        tiny.app(".", "tiny");
        tiny
    }

    /// No application yet.
    pub(crate) fn empty(config: &str) -> Self {
        let tiny = Self { temp: temp_dir(), variables: Vec::new() };
        tiny.write("rebar.config", config);
        tiny
    }

    /// With an environment variable for both.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.temp.path().join("project")
    }

    /// Beside the project.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.dir().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, content).expect("written");
    }

    /// An application in `dir`, below the project or anywhere.
    pub(crate) fn app(&self, dir: impl AsRef<Path>, name: &str) {
        self.app_with_vsn(dir, name, "1.0");
    }

    pub(crate) fn app_with_vsn(&self, dir: impl AsRef<Path>, name: &str, vsn: &str) {
        let path = self.dir().join(dir).join("src");
        std::fs::create_dir_all(&path).expect("created");
        let text =
            format!("{{application, {name}, [{{vsn, \"{vsn}\"}}, {{applications, [kernel, stdlib]}}]}}.\n");
        std::fs::write(path.join(format!("{name}.app.src")), text).expect("written");
        std::fs::write(path.join(format!("{name}.erl")), format!("-module({name}).\n")).expect("written");
    }

    /// A git repository with one application, as a source for `deps`.
    pub(crate) fn repository(&self, name: &str, vsn: &str) -> String {
        let dir = self.beside(name);
        self.app_with_vsn(&dir, name, vsn);
        committed(&dir)
    }

    fn prepared(&self, mut command: Command, arguments: &str) -> Command {
        let home = self.beside("home");
        std::fs::create_dir_all(&home).expect("created");
        for variable in ["REBAR_PROFILE", "REBAR_BASE_DIR", "REBAR_CONFIG", "REBAR_GLOBAL_CONFIG_DIR"] {
            command.env_remove(variable);
        }
        command.args(arguments.split_whitespace()).current_dir(self.dir()).env("HOME", home);
        // The repository of erlrel, which this lies in, may change meanwhile.
        command.env("GIT_CEILING_DIRECTORIES", self.temp.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// `rebar3 ARGUMENT…`, the arguments separated by blanks.
    pub(crate) fn rebar3(&self, arguments: &str) -> Command {
        self.prepared(tool("rebar3", "rebar3"), arguments)
    }

    /// `erlrel ARGUMENT…`
    pub(crate) fn erlrel(&self, arguments: &str) -> Command {
        self.prepared(erlrel(), arguments)
    }

    /// Has rebar3 make the release of the profiles (separated by commas), and erlrel after it, which must put
    /// it into the same directory with the same paths and the same `.rel`. Gives the text of this file.
    pub(crate) fn same_release(&self, profiles: &str) -> String {
        let as_profiles = if profiles.is_empty() { String::new() } else { format!("as {profiles} ") };
        run(&mut self.rebar3(&format!("{as_profiles}release")));
        let profile = if profiles.is_empty() { "default" } else { profiles };
        let aside = self.beside("erlrel");
        let arguments = format!("release --quiet --no-compile --profile {profile} --out {}", aside.display());
        run(&mut self.erlrel(&arguments));
        let rebar3_dir = self.release_dir();
        let (ours, theirs) = (made(&aside), made(&rebar3_dir));
        assert_eq!(ours.paths, theirs.paths);
        erlang::assert_equal_terms(&[(ours.rel.clone(), theirs.rel)], self.temp.path());
        // Where erlrel would have put it.
        std::fs::remove_dir_all(&rebar3_dir).expect("removed");
        let printed = run(&mut self.erlrel(&format!("release --quiet --no-compile --profile {profile}")));
        assert_eq!(Path::new(printed.trim()), rebar3_dir);
        let text = std::fs::read_to_string(&ours.rel).expect("a file");
        std::fs::remove_dir_all(&aside).expect("removed");
        std::fs::remove_dir_all(&rebar3_dir).expect("removed");
        text
    }

    /// The one release `tiny` that lies anywhere beside or below the project.
    fn release_dir(&self) -> PathBuf {
        let is_release = |path: &PathBuf| path.ends_with("rel/tiny") && path.join("releases").is_dir();
        let all =
            WalkDir::new(self.temp.path()).into_iter().map(|entry| entry.expect("an entry").into_path());
        let found: Vec<PathBuf> = all.filter(is_release).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }
}

fn made(dir: &Path) -> Made {
    let is_left_out = |path: &str| ["bin/nodetool", "bin/install_upgrade.escript"].contains(&path);
    let entries = WalkDir::new(dir).min_depth(1).sort_by_file_name().into_iter();
    let mut paths = Vec::new();
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let path = entry.path().strip_prefix(dir).expect("below it").display().to_string();
        let target = entry.path().read_link().map(|to| format!(" -> {}", to.display())).unwrap_or_default();
        if !is_left_out(&path) {
            paths.push(path + &target);
        }
    }
    let rel = paths.iter().find(|path| path.starts_with("releases/") && path.ends_with(".rel"));
    Made { rel: dir.join(rel.expect("a .rel file")), paths }
}

/// Makes a git repository of a directory, and gives it as a source for `deps`.
pub(crate) fn committed(dir: &Path) -> String {
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "."],
        &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message=t"],
    ] {
        run(tool("git", "git").arg("-C").arg(dir).args(arguments));
    }
    format!("{{git, \"file://{}\", {{branch, \"main\"}}}}", dir.display())
}
