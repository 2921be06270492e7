//! Everything that was found out before a command is carried out.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{env, path};

use crate::config::ConfigError;
use crate::config::file::{ConfigFile, Kind, OUT_DIR, SYS_CONFIG, VM_ARGS};
use crate::config::template::Template;
use crate::config::vm_args::VmArgs;
use crate::environment::Environment;
use crate::error::BootError;
use crate::erts::Erts;
use crate::node::cookie::trimmed;
use crate::node::{Node, NodeError, patience_given};
use crate::regular_file;
use crate::release::Release;
use crate::report;

/// The release, its runtime system, and the environment for the programs that are started.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) release: Release,
    pub(crate) erts: Erts,
    pub(crate) environment: Environment,
}

impl Site {
    /// Finds the runtime system and exports the variables of relx's contract.
    pub(crate) fn open(release: Release, mut environment: Environment) -> Result<Self, BootError> {
        // It counts whole seconds.
        let seconds = patience_given(&environment)?.as_millis().div_ceil(1000);
        environment.export("RELX_RPC_TIMEOUT", seconds.to_string());
        if let Some(cookie) = environment.get(COOKIE).filter(|value| trimmed(value) != *value) {
            let cookie = trimmed(cookie).to_owned();
            environment.export(COOKIE, cookie);
        }
        let erts = Erts::find(&release, &environment)?;
        if erts.vsn != release.erts_vsn {
            report::warning(format_args!(
                "the release was made for ERTS {}; it runs on ERTS {} in {}",
                release.erts_vsn,
                erts.vsn,
                erts.dir.display()
            ));
        }
        Ok(Self::new(release, erts, environment))
    }

    /// The same for a runtime system that is known.
    pub(crate) fn new(release: Release, erts: Erts, mut environment: Environment) -> Self {
        for (name, value) in exports(&release, &erts, &environment) {
            environment.export(name, value);
        }
        Self { release, erts, environment }
    }

    /// The boot file of the release, without `.boot`.
    pub(crate) fn boot_file(&self) -> PathBuf {
        let dir = self.release.dir();
        match dir.join(format!("{}.boot", self.release.name)).is_file() {
            true => dir.join(&self.release.name),
            false => dir.join("start"),
        }
    }

    /// The environment for a program that calls this one again, from the directory of the release: paths that begin
    /// here are absolute in it.
    pub(crate) fn environment_of_caller(&self) -> BTreeMap<OsString, OsString> {
        let mut variables = self.environment.exports().clone();
        for variable in [VM_ARGS.variable, SYS_CONFIG.variable, OUT_DIR] {
            let path = self.environment.get(variable).and_then(|path| path::absolute(path).ok());
            variables.extend(path.map(|path| (variable.into(), path.into())));
        }
        variables
    }

    /// The node that a release started here is, for a program that wants to talk to it.
    pub(crate) fn node(&self) -> Result<Node, BootError> {
        let Some(vm_args) = self.template(VM_ARGS)? else {
            return Err(NodeError::NoName { path: self.release.dir().join(VM_ARGS.file) }.into());
        };
        let flags = self.flags(&vm_args)?;
        Ok(Node::described(&flags, vm_args.file.source(), &host(), &self.erts, &self.environment)?)
    }

    /// The flags in `vm.args` and in the files that it includes, relative to the release.
    pub(crate) fn flags(&self, vm_args: &Template) -> Result<VmArgs, ConfigError> {
        let open = |path: &Path| regular_file::read(&self.release.root.join(path));
        Ok(VmArgs::parse(&vm_args.rendered.text, vm_args.file.source(), &open)?.on(&self.erts))
    }

    /// A configuration file, rendered in memory, when the release has it.
    pub(crate) fn template(&self, kind: Kind) -> Result<Option<Template>, ConfigError> {
        let file = ConfigFile::locate(kind, &self.release, &self.environment)?;
        file.map(|file| Template::read(file, &self.environment)).transpose()
    }
}

/// Templates and hooks get it as commands read it, without white space at its ends.
const COOKIE: &str = "RELX_COOKIE";

/// The name of this machine or container.
pub(crate) fn host() -> OsString {
    OsStr::from_bytes(rustix::system::uname().nodename().to_bytes()).into()
}

fn exports(release: &Release, erts: &Erts, environment: &Environment) -> Vec<(&'static str, OsString)> {
    let mut exports: Vec<(&str, OsString)> = vec![
        ("ROOTDIR", release.root.clone().into()),
        ("BINDIR", erts.bin().into()),
        ("EMU", "beam".into()),
        ("PROGNAME", "erl".into()),
        ("RELEASE_ROOT_DIR", release.root.clone().into()),
        ("REL_NAME", release.name.clone().into()),
        ("REL_VSN", release.vsn.clone().into()),
        ("RELEASE_NAME", release.name.clone().into()),
        ("RELEASE_VSN", release.vsn.clone().into()),
        ("RELEASE_PROG", release.program.clone().into()),
        ("LD_LIBRARY_PATH", library_path(erts, environment.get("LD_LIBRARY_PATH"))),
    ];
    if environment.get("RUN_ERL_DISABLE_FLOWCNTRL").is_none() {
        exports.push(("RUN_ERL_DISABLE_FLOWCNTRL", "true".into()));
    }
    if environment.get("ESCRIPT_NAME").is_none() {
        exports.push(("ESCRIPT_NAME", release.program.clone().into()));
    }
    if environment.get("TERM").is_none_or(|term| term == "dumb") {
        exports.push(("TERM", "screen".into()));
    }
    exports
}

/// An empty part would stand for the current directory: it is not let in. What this program is started by may have
/// got the path from this program.
fn library_path(erts: &Erts, inherited: Option<&OsStr>) -> OsString {
    let own = erts.dir.join("lib").into_os_string();
    let Some(inherited) = inherited else { return own };
    if env::split_paths(inherited).next().is_some_and(|first| first == own) {
        return inherited.into();
    }
    [own.as_os_str(), inherited].join(OsStr::new(":"))
}
