//! Everything that was found out before a command is carried out.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::{env, fs, path};

use crate::config::file::{ConfigFile, Kind, OUT_DIR, SYS_CONFIG, VM_ARGS};
use crate::config::template::Template;
use crate::config::vm_args::VmArgs;
use crate::config::{ConfigError, strict, sys_config};
use crate::environment::Environment;
use crate::error::BootError;
use crate::erts::Erts;
use crate::node::name::NodeName;
use crate::node::{Node, NodeError, patience};
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
        let seconds = patience(&environment)?.as_millis().div_ceil(1000);
        environment.export("RELX_RPC_TIMEOUT", seconds.to_string());
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

    /// `vm.args`, rendered in memory, when the release has one.
    pub(crate) fn vm_args(&self) -> Result<Option<(ConfigFile, Vec<u8>)>, ConfigError> {
        self.config(VM_ARGS)
    }

    /// Puts both files where the VM would read them, as far as they are complete.
    pub(crate) fn publish(&self) -> Result<(), ConfigError> {
        let name = self.node_name()?;
        for template in self.drafts()?.into_iter().flatten() {
            let template = template.of_node(name.as_ref().map(|name| name.name.as_os_str()));
            template.file.publish(&template.rendered.text)?;
        }
        Ok(())
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

    /// The flags in the text of `vm.args` and in the files that it includes, relative to the release.
    pub(crate) fn flags(&self, file: &ConfigFile, text: &[u8]) -> Result<VmArgs, ConfigError> {
        VmArgs::parse(text, file.source(), &|path| fs::read(self.release.root.join(path)))
    }

    /// Its full name, if it has one.
    pub(crate) fn node_name(&self) -> Result<Option<NodeName>, ConfigError> {
        let Some((file, text)) = self.vm_args()? else { return Ok(None) };
        Ok(self.flags(&file, &text)?.name.map(|name| name.on_host(&host())))
    }

    /// The node that a release started here is, for a program that wants to talk to it.
    pub(crate) fn node(&self) -> Result<Node, BootError> {
        let Some((file, text)) = self.vm_args()? else {
            return Err(NodeError::NoName { path: self.release.dir().join(VM_ARGS.file) }.into());
        };
        let flags = self.flags(&file, &text)?;
        Ok(Node::described(&flags, file.source(), &host(), &self.erts, &self.environment)?)
    }

    /// `vm.args` and `sys.config`, each when the release has it, rendered in memory; no variable is missing that must
    /// not be.
    pub(crate) fn templates(&self) -> Result<[Option<Template>; 2], ConfigError> {
        let [vm_args, sys_config] = self.drafts()?;
        let both: Vec<&Template> = vm_args.iter().chain(&sys_config).collect();
        strict::check(&both, &self.environment)?;
        Ok([vm_args, sys_config])
    }

    /// The same while a hook may still set variables.
    pub(crate) fn drafts(&self) -> Result<[Option<Template>; 2], ConfigError> {
        Ok([self.template(VM_ARGS)?, self.template(SYS_CONFIG)?])
    }

    /// Whether the VM will take this `sys.config`.
    pub(crate) fn check(&self, sys_config: Option<&Template>) -> Result<(), ConfigError> {
        sys_config.map_or(Ok(()), |template| sys_config::check(template, &self.release.root, &self.erts))
    }

    fn template(&self, kind: Kind) -> Result<Option<Template>, ConfigError> {
        let file = ConfigFile::locate(kind, &self.release, &self.environment)?;
        file.map(|file| Template::read(file, &self.environment)).transpose()
    }

    fn config(&self, kind: Kind) -> Result<Option<(ConfigFile, Vec<u8>)>, ConfigError> {
        let Some(file) = ConfigFile::locate(kind, &self.release, &self.environment)? else {
            return Ok(None);
        };
        let text = file.text(&self.environment)?;
        Ok(Some((file, text)))
    }
}

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
