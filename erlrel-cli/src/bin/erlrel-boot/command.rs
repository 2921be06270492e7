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
