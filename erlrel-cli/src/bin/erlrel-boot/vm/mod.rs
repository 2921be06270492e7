//! The virtual machine: with which arguments it is started, and its life.

mod cgroup;
mod cookie;
mod cpu;
mod ending;
pub(crate) mod epmd;
mod error;
pub(crate) mod init;
pub(crate) mod launch;
mod memory;
pub(crate) mod plan;
pub(crate) mod question;
mod signals;
pub(crate) mod start;
mod terminal;
mod watch;

pub(crate) use error::VmError;
