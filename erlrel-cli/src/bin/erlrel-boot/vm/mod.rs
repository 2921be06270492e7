//! The virtual machine: with which arguments it is started, and its life.

pub(crate) mod epmd;
mod error;
pub(crate) mod init;
pub(crate) mod launch;
pub(crate) mod plan;
pub(crate) mod question;
pub(crate) mod start;

pub(crate) use error::VmError;
