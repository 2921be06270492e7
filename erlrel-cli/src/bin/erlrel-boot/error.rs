//! Everything that can go wrong before the VM runs.

use thiserror::Error;

use crate::commands::CommandError;
use crate::commands::healthcheck::HealthError;
use crate::config::ConfigError;
use crate::daemon::DaemonError;
use crate::dist::DistError;
use crate::hooks::HookError;
use crate::node::NodeError;
use crate::release::ReleaseError;
use crate::vm::VmError;

/// An error of one of the stages; [`BootError::hint`] says what to do next.
#[derive(Debug, Error)]
pub(crate) enum BootError {
    #[error("no command given")]
    NoCommand,
    #[error("unknown command {0:?}")]
    UnknownCommand(String),
    #[error(transparent)]
    Release(#[from] ReleaseError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    #[error(transparent)]
    Vm(#[from] VmError),
    #[error(transparent)]
    Dist(#[from] DistError),
    #[error(transparent)]
    Health(#[from] HealthError),
    #[error(transparent)]
    Command(#[from] CommandError),
}

impl BootError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NoCommand | Self::UnknownCommand(_) => "the command `help` lists all others".into(),
            Self::Release(error) => error.hint(),
            Self::Config(error) => error.hint(),
            Self::Node(error) => error.hint(),
            Self::Hook(error) => error.hint(),
            Self::Daemon(error) => error.hint(),
            Self::Vm(error) => error.hint(),
            Self::Dist(error) => error.hint().into(),
            Self::Health(error) => error.hint(),
            Self::Command(error) => error.hint(),
        }
    }

    /// Whether there is no node to ask; not that it did not answer the question itself.
    pub(crate) fn is_about_reaching_the_node(&self) -> bool {
        match self {
            Self::Dist(error) => error.is_about_reaching_the_node(),
            Self::Vm(error) => matches!(error, VmError::Unreachable { .. }),
            _ => false,
        }
    }

    /// The exit code of the program.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Config(error) => error.code(),
            Self::Node(error) => error.code(),
            Self::Command(error) => error.code(),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::ConfigError;
    use crate::release::ReleaseError;
    use crate::report;

    #[test]
    fn a_directory_that_cannot_be_written() {
        let error = ConfigError::Write {
            path: "/tmp/vm.args".into(),
            origin: "is rendered from /opt/hello/releases/1.0/vm.args.src".into(),
            dir: "/tmp".into(),
            problem: "does not exist".into(),
        };
        assert_eq!(
            report::sentences(&error.into()),
            "erlrel-boot: error: cannot write /tmp/vm.args, which is rendered from \
             /opt/hello/releases/1.0/vm.args.src: the directory /tmp does not exist\n\
             erlrel-boot: hint: give a read-only container a writable directory with `--tmpfs /tmp` (in \
             Kubernetes: an emptyDir volume mounted there), or let RELX_OUT_FILE_PATH name a writable one\n"
        );
    }

    #[test]
    fn a_cause_is_told() {
        let source = std::io::Error::from_raw_os_error(13);
        let error = ReleaseError::Read { path: "/opt/hello/releases/start_erl.data".into(), source };
        assert_eq!(
            report::sentences(&error.into()),
            "erlrel-boot: error: cannot read /opt/hello/releases/start_erl.data: Permission denied (os error 13)\n\
             erlrel-boot: hint: check that the file exists and that the user of this process may read it\n"
        );
    }
}
