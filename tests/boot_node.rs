//! `erlrel-boot` and the node of its release, over the distribution: this machine's OTP and other suites', all ways
//! to find a node, and every way in which it does not answer.

mod answers;
mod failures;
mod memory;
mod printing;
mod protocols;
mod running;
mod versions;

pub(crate) use running::toolchains;
