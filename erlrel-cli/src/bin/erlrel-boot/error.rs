//! Everything that can go wrong before the VM runs.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What was attempted, on which file or variable; [`BootError::hint`] says what to do next.
#[derive(Debug, Error)]
pub(crate) enum BootError {
    #[error("no command given")]
    NoCommand,
    #[error("unknown command {0:?}")]
    UnknownCommand(String),
    #[error("the command `{0}` is not available in this program yet")]
    CommandUnavailable(String),
    #[error("cannot tell which file this program was started from")]
    OwnPath(#[source] io::Error),
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} does not hold an ERTS version and a release version: {text:?}")]
    StartErlData { path: PathBuf, text: String },
    #[error("no release found: there is no .rel file in {dir}")]
    NoRelease { dir: PathBuf },
    #[error("cannot tell the name of the release: {dir} holds {names}, none of them is {program}.rel")]
    SeveralReleases { dir: PathBuf, names: String, program: String },
    #[error("no Erlang VM: the release has no directory {expected}, and {searched}")]
    NoErts { expected: PathBuf, searched: String },
    #[error("{path}, named by {variable}, does not exist")]
    NoConfigFile { variable: &'static str, path: PathBuf },
    #[error("cannot write {path}, which {origin}: the directory {dir} {problem}")]
    Write { path: PathBuf, origin: String, dir: PathBuf, problem: String },
    #[error("{path} gives the node two names (-sname or -name)")]
    TwoNames { path: PathBuf },
    #[error("{path} gives the node no name (-sname or -name), so that it cannot be reached")]
    NoName { path: PathBuf },
    #[error("cannot read {path}, which {main} includes by -args_file")]
    ArgsFile { path: PathBuf, main: PathBuf, source: io::Error },
    #[error("{path} includes itself by -args_file (found while reading {main})")]
    CircularArgsFile { path: PathBuf, main: PathBuf },
    #[error("no cookie to reach the node {node:?} with")]
    NoCookie { node: OsString },
    #[error("ERL_DIST_PORT is {0:?}, which is no port number")]
    DistPort(OsString),
    #[error("{variable} is {value:?}, which is no number of {unit}")]
    Timeout { variable: &'static str, value: OsString, unit: &'static str },
    #[error("the node {node:?} uses the distribution protocol {protocol:?}, which erl_call does not speak")]
    Protocol { node: OsString, protocol: OsString },
    #[error("`{0}` needs a terminal, but standard input is none")]
    NoTerminal(String),
    #[error("cannot start {program}")]
    Start { program: PathBuf, source: io::Error },
    #[error("cannot prepare to receive signals")]
    Signals(#[source] io::Error),
}

impl BootError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoCommand | Self::UnknownCommand(_) | Self::CommandUnavailable(_) => {
                "the commands are foreground, console, remote_console, ping, version and help".into()
            }
            Self::OwnPath(_) => "mount /proc, or call the program by its full path".into(),
            Self::Read { .. } | Self::ArgsFile { .. } => {
                "check that the file exists and that the user of this process may read it".into()
            }
            Self::StartErlData { .. } => "its only line is, for example, `13.1.5 0.1.0`".into(),
            Self::NoRelease { .. } => "this program belongs into the directory bin of a release".into(),
            Self::SeveralReleases { .. } => "name the program after its release, or remove the others".into(),
            Self::NoErts { .. } => {
                "build the release with {include_erts, true}, or put an Erlang installation on PATH".into()
            }
            Self::NoConfigFile { variable, .. } => format!("correct or unset {variable}"),
            Self::Write { dir, .. } => format!(
                "give a read-only container a writable directory with `--tmpfs {}`, or let \
                 RELX_OUT_FILE_PATH name a writable one",
                if dir.starts_with("/tmp") { dir.display().to_string() } else { "/tmp".into() }
            ),
            Self::TwoNames { .. } => "keep one of -sname and -name".into(),
            Self::NoName { .. } => "add for example `-sname hello`".into(),
            Self::CircularArgsFile { .. } => "remove one of the -args_file lines".into(),
            Self::NoCookie { .. } => {
                "set RELX_COOKIE, or -setcookie in vm.args, or let HOME name the home directory of the node"
                    .into()
            }
            Self::DistPort(_) => "set it to a number from 1 to 65535, or unset it".into(),
            Self::Timeout { variable, .. } => format!("set {variable} to a whole number, or unset it"),
            Self::Protocol { .. } => {
                "this command reaches nodes over inet_tcp only; other protocols are not available yet".into()
            }
            Self::NoTerminal(command) => {
                format!("run it with a terminal, for example `docker exec -it CONTAINER … {command}`")
            }
            Self::Start { .. } => "check that the file exists and may be executed on this machine".into(),
            Self::Signals(_) => "give the container a larger limit of open files (`--ulimit nofile`)".into(),
        }
    }

    /// The exit code: those of relx's script where it has its own.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::TwoNames { .. } => 2,
            Self::ArgsFile { .. } => 3,
            Self::CircularArgsFile { .. } => 5,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BootError;
    use crate::report;

    #[test]
    fn a_directory_that_cannot_be_written() {
        let error = BootError::Write {
            path: "/tmp/vm.args".into(),
            origin: "is rendered from /opt/hello/releases/1.0/vm.args.src".into(),
            dir: "/tmp".into(),
            problem: "does not exist".into(),
        };
        assert_eq!(
            report::sentences(&error),
            "erlrel-boot: error: cannot write /tmp/vm.args, which is rendered from \
             /opt/hello/releases/1.0/vm.args.src: the directory /tmp does not exist\n\
             erlrel-boot: hint: give a read-only container a writable directory with `--tmpfs /tmp`, or let \
             RELX_OUT_FILE_PATH name a writable one\n"
        );
    }

    #[test]
    fn a_cause_is_told() {
        let source = std::io::Error::from_raw_os_error(13);
        let error = BootError::Read { path: "/opt/hello/releases/start_erl.data".into(), source };
        assert_eq!(
            report::sentences(&error),
            "erlrel-boot: error: cannot read /opt/hello/releases/start_erl.data: Permission denied (os error 13)\n\
             erlrel-boot: hint: check that the file exists and that the user of this process may read it\n"
        );
    }
}
