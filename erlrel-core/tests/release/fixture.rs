//! A rebar3 project and an Erlang installation in a temporary directory.

use std::error::Error as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use erlrel_core::project::{self, LoadOptions};
use erlrel_core::release::{self, Form, Release};
use erlrel_core::term::{AtomEncoding, Term, encode};
use erlrel_core::{Error, OtpRoot, Project, tree};

/// What is to stand in rebar.config if a test is not about it.
pub(crate) const CONFIG: &str = r#"{relx, [{release, {shop, "1.0"}, [shop, sasl]}, {mode, prod}]}."#;

pub(crate) struct Fixture {
    dir: tempfile::TempDir,
    profiles: Vec<String>,
    /// The project's directory.
    name: &'static str,
}

impl Fixture {
    /// kernel, stdlib and sasl are installed; the project has one application, `shop`, with two modules.
    pub(crate) fn new(config: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let fixture = Self { dir, profiles: Vec::new(), name: "project" };
        fixture.otp();
        fixture.file("project/rebar.config", config);
        fixture.file("project/src/shop.app.src", "");
        fixture.app(
            "_build/default/lib/shop",
            "shop",
            "1.0",
            "{applications, [kernel, stdlib]}",
            &["shop", "shop_app"],
        );
        fixture
    }

    /// The same with active profiles; compiled applications are looked for in their directory.
    pub(crate) fn with_profile(mut self, profile: &str) -> Self {
        let root = self.root().join("_build");
        std::fs::rename(root.join("default"), root.join(profile)).expect("renamed");
        self.profiles = vec![profile.into()];
        self
    }

    /// The same in a directory of another name.
    pub(crate) fn with_root(mut self, name: &'static str) -> Self {
        std::fs::rename(self.root(), self.dir.path().join(name)).expect("renamed");
        self.name = name;
        self
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join(self.name)
    }

    /// Writes a file below the fixture, or below the project if the path does not say which.
    pub(crate) fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        let below = if path.starts_with("otp/") { self.dir.path().into() } else { self.root() };
        let path = below.join(path.trim_start_matches("project/"));
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        std::fs::write(path, content).expect("written");
    }

    /// A compiled application; `keys` are further keys of its `.app` file, which may repeat `applications`.
    pub(crate) fn app(&self, dir: &str, name: &str, vsn: &str, keys: &str, modules: &[&str]) {
        let text = format!(
            "{{application, {name}, [{keys}, {{description, \"\"}}, {{vsn, \"{vsn}\"}}, {{modules, [{}]}},
             {{registered, []}}, {{applications, [kernel, stdlib]}}]}}.",
            modules.join(", ")
        );
        self.file(&format!("{dir}/ebin/{name}.app"), text);
        for module in modules {
            self.file(&format!("{dir}/ebin/{module}.beam"), beam());
        }
    }

    fn otp(&self) {
        self.app("otp/lib/kernel-8.5", "kernel", "8.5", "{applications, []}", &["kernel", "error_handler"]);
        self.app("otp/lib/stdlib-4.2", "stdlib", "4.2", "{applications, [kernel]}", &["lists"]);
        self.app("otp/lib/sasl-4.2", "sasl", "4.2", "{id, []}", &["sasl"]);
        self.file("otp/lib/sasl-4.2/ebin/sasl.appup", "");
        self.file("otp/lib/sasl-4.2/include/sasl.hrl", "");
        self.file("otp/releases/start_erl.data", "13.1.5 25");
        for program in ["dyn_erl", "erl", "erlexec", "epmd", "dialyzer", "yielding_c_fun"] {
            self.file(&format!("otp/erts-13.1.5/bin/{program}"), program);
        }
        let emulator = self.dir.path().join("otp/erts-13.1.5/bin/beam.smp");
        symlink(std::env::current_exe().expect("this program"), emulator).expect("linked");
        let script = Term::tuple([
            Term::atom("script"),
            Term::list([]),
            Term::list([
                Term::pair("preLoaded", Term::atoms(["erlang", "init"])),
                Term::pair("primLoad", Term::atoms(["error_handler", "lists"])),
            ]),
        ]);
        self.file("otp/bin/start_clean.boot", encode(&script, AtomEncoding::Latin1));
    }

    pub(crate) fn project(&self) -> Result<Project, Error> {
        let options = LoadOptions { profiles: self.profiles.clone(), ..LoadOptions::default() };
        Ok(project::load(&self.root(), &options)?)
    }

    pub(crate) fn load(&self) -> Result<Release, Error> {
        let project = self.project()?;
        let otp = OtpRoot::load(&self.dir.path().join("otp"))?;
        let spec = release::spec(&project, &release::Selection::default(), &release::Overrides::default())?;
        Ok(release::resolve(project, otp, spec)?)
    }

    pub(crate) fn tree(&self, form: Form) -> Result<tree::Tree, Error> {
        Ok(release::assemble(&self.load()?, form)?)
    }

    /// The listing of the release, with the fixture's own path taken out.
    pub(crate) fn listing(&self, form: Form) -> String {
        self.clean(&tree::listing(&self.tree(form).unwrap_or_else(|error| panic!("{error}"))))
    }

    /// Only the paths that contain `part`.
    pub(crate) fn paths(&self, form: Form, part: &str) -> Vec<String> {
        let listing = self.listing(form);
        let path = |line: &str| {
            line.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).map(|(_, path)| path.to_string())
        };
        listing.lines().filter_map(path).filter(|path| path.contains(part)).collect()
    }

    /// What is said about a release that cannot be made: the error and what lies behind it.
    pub(crate) fn error(&self) -> String {
        let Err(error) = self.tree(Form::Tarball) else { panic!("this release cannot be made") };
        let cause = error.source().map(|cause| format!("\n  caused by: {cause}")).unwrap_or_default();
        let hint = error.hint().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        self.clean(&format!("{error}{cause}{hint}"))
    }

    fn clean(&self, text: &str) -> String {
        text.replace(&self.dir.path().display().to_string(), "DIR")
    }
}

/// The smallest module that can be stripped.
fn beam() -> Vec<u8> {
    let chunks: Vec<u8> =
        ["Code", "ExpT", "ImpT", "StrT"].iter().flat_map(|id| [id.as_bytes(), &[0; 4]].concat()).collect();
    let size = (chunks.len() as u32 + 4).to_be_bytes();
    [b"FOR1".as_slice(), &size, b"BEAM", &chunks].concat()
}

/// The content of a file of a tree as text.
pub(crate) fn text(tree: &tree::Tree, path: &str) -> String {
    let entry = tree.get(path).unwrap_or_else(|| panic!("no {path}"));
    let tree::Node::File(content) = &entry.node else { panic!("{path} is no file") };
    String::from_utf8_lossy(&content.read().expect("readable")).into_owned()
}
