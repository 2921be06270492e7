//! Which program is started, with which arguments: decided here, done elsewhere.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Command;

use crate::node::Node;
use crate::node::name::{Names, NodeName};
use crate::site::Site;

/// A program that is ready to be started.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<OsString>,
    /// The variables to set on top of the inherited ones.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    pub(crate) directory: PathBuf,
}

/// What makes one start of the release differ from another.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) interactive: bool,
    /// How code is loaded unless CODE_LOADING_MODE says so.
    pub(crate) mode: &'static str,
    pub(crate) boot_file: PathBuf,
    pub(crate) sys_config: Option<PathBuf>,
    pub(crate) vm_args: Option<PathBuf>,
    /// The full name of the node, when it has one.
    pub(crate) node: Option<NodeName>,
    pub(crate) port_flags: Vec<OsString>,
    /// Those for the CPU quota of the container.
    pub(crate) cpu_flags: Vec<OsString>,
    /// More variables for the VM.
    pub(crate) variables: Vec<(&'static str, OsString)>,
    /// How this program was called: program, command, arguments.
    pub(crate) words: &'a [OsString],
}

/// How a VM comes to know the cookie.
#[derive(Debug, PartialEq)]
pub(crate) enum CookieBy {
    /// From `.erlang.cookie` in the home directory that it has anyway.
    OwnHome,
    /// From `.erlang.cookie` in a home directory made for it.
    Home(PathBuf),
    /// From its command line, where others may see it.
    Flag(OsString),
}

impl Plan {
    /// The VM that runs the release.
    pub(crate) fn start(site: &Site, start: Start<'_>) -> Self {
        let mut args = Args::default();
        if !start.interactive {
            args.words(["-noinput", "+Bd"]);
        }
        args.words(start.cpu_flags);
        args.pair("-boot", start.boot_file);
        args.pair("-mode", site.environment.get("CODE_LOADING_MODE").unwrap_or(OsStr::new(start.mode)));
        args.words(["-boot_var", "SYSTEM_LIB_DIR"]).word(site.erts.system_lib_dir());
        args.flag("-config", start.sys_config).flag("-args_file", start.vm_args);
        args.words(start.port_flags).word("--").words(start.words.iter().skip(1));
        let mut plan = Self::erlexec(site, args);
        let program = start.words.first().map(OsString::as_os_str).unwrap_or_default();
        plan.environment.insert("PROGNAME".into(), progname(program));
        let more = start.variables.into_iter().map(|(name, value)| (name.into(), value));
        plan.environment.extend(more);
        if let Some(node) = start.node {
            plan.environment.insert("NAME".into(), node.name);
        }
        plan
    }

    /// A VM with a shell on a running node. `client` tells one client from another where the VM cannot ask the
    /// node for a name.
    pub(crate) fn remote_console(
        site: &Site,
        node: &Node,
        ticktime: Option<u64>,
        cookie: CookieBy,
        client: &str,
    ) -> Self {
        let mut args = Args::default();
        args.pair(node.name.length.flag(), client_name(site, &node.name, client));
        args.pair("-remsh", &node.name.name).pair("-boot", site.release.dir().join("start_clean"));
        args.pair("-mode", "interactive");
        args.words(["-boot_var", "SYSTEM_LIB_DIR"]).word(site.erts.system_lib_dir());
        if let CookieBy::Flag(value) = &cookie {
            args.pair("-setcookie", value);
        }
        args.word("-hidden");
        if let Some(seconds) = ticktime {
            args.words(["-kernel", "net_ticktime"]).word(seconds.to_string());
        }
        args.pair("-dist_listen", "false").words(&node.client_flags);
        let mut plan = Self::erlexec(site, args);
        if let CookieBy::Home(home) = cookie {
            plan.environment.insert("HOME".into(), home.into());
        }
        plan
    }

    /// A VM that runs a program in order to ask the node something; the cookie comes later, as no one may see it.
    pub(crate) fn question(site: &Site, node: &Node, program: &str) -> Self {
        let mut name = OsString::from("undefined@");
        name.push(node.name.host());
        let mut args = Args::default();
        args.pair(node.name.length.flag(), name).pair("-boot", site.release.dir().join("start_clean"));
        args.pair("-mode", "interactive");
        args.words(["-boot_var", "SYSTEM_LIB_DIR"]).word(site.erts.system_lib_dir());
        args.words(&node.client_flags);
        args.words(["-noinput", "-hidden", "-dist_listen", "false", "-kernel", "logger_level", "critical"]);
        // Without it the VM would make a cookie file of its own.
        args.pair("-setcookie", "nocookie").pair("-eval", program);
        Self::erlexec(site, args)
    }

    /// The daemon that tells the ports of nodes.
    pub(crate) fn epmd(site: &Site) -> Self {
        let mut args = Args::default();
        args.word("-daemon");
        Self::new(site, site.erts.bin().join("epmd"), args)
    }

    /// The command that carries the plan out.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(&self.environment).current_dir(&self.directory);
        command
    }

    fn erlexec(site: &Site, args: Args) -> Self {
        Self::new(site, site.erts.bin().join("erlexec"), args)
    }

    fn new(site: &Site, program: PathBuf, args: Args) -> Self {
        let environment = site.environment.exports().clone();
        Self { program, args: args.0, environment, directory: site.release.root.clone() }
    }
}

/// The name for a client VM: newer ones let the node choose.
fn client_name(site: &Site, node: &NodeName, client: &str) -> OsString {
    let node_chooses = match node.length {
        Names::Short => site.erts.at_least(11, 0),
        Names::Long => site.erts.at_least(11, 1),
    };
    let mut name = OsString::new();
    match node_chooses {
        true => {
            name.push("undefined@");
            name.push(node.host());
        }
        false => {
            name.push(format!("remsh{client}-"));
            name.push(&node.name);
        }
    }
    name
}

/// The program as it was called, without what stands before the first slash and the slash.
fn progname(program: &OsStr) -> OsString {
    let bytes = program.as_bytes();
    let start = bytes.iter().position(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    OsString::from_vec(bytes[start..].into())
}

/// A command line in the making.
#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    fn word(&mut self, word: impl AsRef<OsStr>) -> &mut Self {
        self.0.push(word.as_ref().into());
        self
    }

    fn words<W: AsRef<OsStr>>(&mut self, words: impl IntoIterator<Item = W>) -> &mut Self {
        self.0.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    fn pair(&mut self, flag: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.word(flag).word(value)
    }

    fn flag(&mut self, flag: &str, value: Option<impl AsRef<OsStr>>) -> &mut Self {
        match value {
            Some(value) => self.pair(flag, value),
            None => self,
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
