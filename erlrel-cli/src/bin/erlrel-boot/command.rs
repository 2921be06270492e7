//! The words on the command line.

use std::ffi::OsString;

use crate::error::BootError;

/// What this program is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    Foreground,
    Console,
    ConsoleClean,
    ConsoleBoot,
    Daemon,
    DaemonBoot,
    /// `daemon` by its old name.
    Start,
    DaemonAttach,
    /// `daemon_attach` by its old name.
    Attach,
    Escript,
    /// With the word that was used.
    RemoteConsole(String),
    Ping,
    Rpc,
    Eval,
    Healthcheck,
    Pid,
    Stop,
    /// With the function of `init`: `restart` or `reboot`.
    Restart(String),
    Status,
    Versions,
    /// With the word that was used: `unpack`, `install`, …
    Upgrade(String),
    Version,
    Help,
    /// What may be a command of the release's own.
    Other(String),
}

impl Command {
    /// Reads the command from the words that the program was called with.
    pub(crate) fn parse(words: &[OsString]) -> Result<Self, BootError> {
        let word = words.get(1).ok_or(BootError::NoCommand)?.to_string_lossy().into_owned();
        Ok(match word.as_str() {
            "foreground" => Self::Foreground,
            "console" => Self::Console,
            "console_clean" => Self::ConsoleClean,
            "console_boot" => Self::ConsoleBoot,
            "daemon" => Self::Daemon,
            "daemon_boot" => Self::DaemonBoot,
            "start" => Self::Start,
            "daemon_attach" => Self::DaemonAttach,
            "attach" => Self::Attach,
            "escript" => Self::Escript,
            "remote_console" | "remote" | "remsh" => Self::RemoteConsole(word),
            "ping" => Self::Ping,
            "rpc" => Self::Rpc,
            "eval" => Self::Eval,
            "healthcheck" => Self::Healthcheck,
            "pid" => Self::Pid,
            "stop" => Self::Stop,
            "status" => Self::Status,
            "versions" => Self::Versions,
            "unpack" | "install" | "upgrade" | "downgrade" | "uninstall" => Self::Upgrade(word),
            "restart" | "reboot" => Self::Restart(word),
            "version" | "--version" => Self::Version,
            "help" | "--help" | "-h" => Self::Help,
            _ => Self::Other(word),
        })
    }
}

/// Commands of relx's start script that are not here.
const RELX: &[&str] = &[
    "attach",
    "console_boot",
    "console_clean",
    "daemon",
    "daemon_attach",
    "daemon_boot",
    "escript",
    "start",
];

/// The text of `help`.
pub(crate) fn usage(program: &str) -> String {
    format!(
        "\
Usage: {program} COMMAND [ARGUMENT]…

  foreground      run the release; the container's usual command
  console         run the release with an Erlang shell on this terminal
  remote_console  open an Erlang shell on the running node (also: remote, remsh)
  ping            say `pong` if the node answers, else exit with code 1
  healthcheck     say `healthy` if all permanent applications run, else exit with code 1; --wait waits
  rpc M [F [A]]   apply the function M:F to the list A of arguments on the node, and show the result
  eval EXPRS      evaluate Erlang expressions, ended by a full stop, on the node, and show the value
  pid             show the process id of the node
  stop            end the node, and wait until it is gone
  restart         start the node's applications anew, in the same process
  reboot          end the node and let heart start it again
  status          exit with code 0 if the node answers
  versions        list the versions of the release that the node knows
  unpack VSN      make a version known from its tarball
  install VSN     unpack a version if need be, and switch the node to it (also: upgrade, downgrade)
  uninstall VSN   remove a version that is not in use
  version         show the name and the version of the release
  help            show this text

Arguments after foreground and console are passed to the VM.

Environment: RELX_OUT_FILE_PATH is the directory for the rendered vm.args and sys.config; VMARGS_PATH and
RELX_CONFIG_PATH name other files; RELX_REPLACE_OS_VARS=1 substitutes variables in files that do not end in
.src as well; RELX_COOKIE, RELX_RPC_TIMEOUT (seconds), ERL_DIST_PORT and CODE_LOADING_MODE mean what they mean
in a relx release. ERLREL_STRICT_ENV=1 refuses variables that have neither a value nor a default;
ERLREL_CPU_QUOTA=ignore leaves the schedulers to the VM."
    )
}

#[cfg(test)]
mod tests {
    use super::Command;
    use std::ffi::OsString;

    fn parse(words: &[&str]) -> Result<Command, String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        Command::parse(&words).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_and_aliases() {
        assert_eq!(parse(&["hello", "foreground", "-x"]), Ok(Command::Foreground));
        assert_eq!(parse(&["hello", "console"]), Ok(Command::Console));
        for word in ["remote_console", "remote", "remsh"] {
            assert_eq!(parse(&["hello", word]), Ok(Command::RemoteConsole(word.into())));
        }
        assert_eq!(parse(&["hello", "ping"]), Ok(Command::Ping));
        assert_eq!(parse(&["hello", "--help"]), Ok(Command::Help));
    }

    #[test]
    fn everything_else_is_an_error_or_the_release_s_own() {
        assert_eq!(parse(&["hello"]), Err("no command given".into()));
        assert_eq!(parse(&["hello", ""]), Ok(Command::Other("".into())));
        assert_eq!(parse(&["hello", "Foreground"]), Ok(Command::Other("Foreground".into())));
    }
}
