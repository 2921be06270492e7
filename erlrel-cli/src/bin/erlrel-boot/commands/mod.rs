//! The commands that do not start the release, one a file.

pub(crate) mod ask;
mod error;
pub(crate) mod escript;
pub(crate) mod extension;
pub(crate) mod healthcheck;
pub(crate) mod life;
pub(crate) mod ping;
pub(crate) mod remote_console;
pub(crate) mod rpc;
pub(crate) mod upgrade;

pub(crate) use error::CommandError;
