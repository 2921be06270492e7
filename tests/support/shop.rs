//! A small hand-made project that looks compiled, for tests that spoil it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use super::{erlang, erlrel, fails, run, tool};

/// One application without modules; `{mode, prod}`.
pub(crate) struct Shop {
    temp: tempfile::TempDir,
}

/// The release's options besides `release` and `mode` stand in the place of `OPTIONS`, on line 3.
const CONFIG: &str = "{deps, []}.
{relx, [{release, {shop, \"1.0\"}, [shop, sasl]}, {mode, prod}
        OPTIONS]}.
";

const APP: &str = "{application, shop, [
  {description, \"A shop\"}, {vsn, \"1.0\"}, {modules, []}, {registered, []},
  {applications, [kernel, stdlib]}]}.
";

impl Shop {
    pub(crate) fn new() -> Self {
        // Other users shall be able to read it, wherever the repository lies.
        let shop = Self { temp: tempfile::tempdir().expect("a temporary directory") };
        std::fs::set_permissions(shop.temp.path(), std::fs::Permissions::from_mode(0o755)).expect("a mode");
        shop.write("rebar.config", CONFIG.replace("OPTIONS", ""));
        shop.write("src/shop.app.src", APP);
        shop.write("_build/prod/lib/shop/ebin/shop.app", APP);
        shop
    }

    /// With more relx options, on line 3.
    pub(crate) fn with_options(options: &str) -> Self {
        let shop = Self::new();
        shop.write("rebar.config", CONFIG.replace("OPTIONS", &format!(", {options}")));
        shop
    }

    /// With a file of this content.
    pub(crate) fn with(path: &str, content: impl AsRef<[u8]>) -> Self {
        let shop = Self::new();
        shop.write(path, content);
        shop
    }

    /// With the `.app` file changed.
    pub(crate) fn with_app(from: &str, to: &str) -> Self {
        assert!(APP.contains(from), "{from}");
        Self::with("_build/prod/lib/shop/ebin/shop.app", APP.replace(from, to))
    }

    pub(crate) fn dir(&self) -> &Path {
        self.temp.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, content).expect("written");
    }

    /// `erlrel ARGUMENT…` in the project's folder, the arguments separated by blanks.
    pub(crate) fn erlrel(&self, arguments: &str) -> Command {
        let mut command = erlrel();
        command.args(arguments.split_whitespace()).current_dir(self.dir());
        command
    }

    /// Compiles a C library into the application's `priv`.
    pub(crate) fn compile_library(&self, name: &str, more: &[&str]) -> PathBuf {
        let library = self.path("_build/prod/lib/shop/priv").join(name);
        self.write("empty.c", "void shop_function(void) {}\n");
        std::fs::create_dir_all(library.parent().expect("a folder")).expect("created");
        run(tool("gcc", "gcc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(self.path("empty.c"))
            .args(more));
        library
    }

    /// All paths of the project, sorted.
    pub(crate) fn listing(&self) -> Vec<PathBuf> {
        listing(self.dir())
    }

    /// What a command that must fail says; it must not change anything in the project.
    pub(crate) fn error(&self, command: &mut Command) -> String {
        let before = self.listing();
        let message = fails(command, 1);
        assert_eq!(self.listing(), before, "nothing is left behind");
        self.plain(&message)
    }

    /// With the names of directories that differ between machines replaced.
    pub(crate) fn plain(&self, text: &str) -> String {
        let otp = erlang::root().display().to_string();
        let text = text.replace(&self.dir().display().to_string(), "SHOP").replace(&otp, "OTP");
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

/// All paths below a directory, sorted.
pub(crate) fn listing(dir: &Path) -> Vec<PathBuf> {
    WalkDir::new(dir)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.expect("an entry").into_path())
        .collect()
}
