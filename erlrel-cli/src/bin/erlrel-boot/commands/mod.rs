//! The commands that ask a running node, one a file.

pub(crate) mod ask;
pub(crate) mod healthcheck;
pub(crate) mod ping;
pub(crate) mod process;
pub(crate) mod remote_console;
pub(crate) mod rpc;
pub(crate) mod upgrade;
