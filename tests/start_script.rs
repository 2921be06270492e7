//! The start script of tarballs and directories: a release that is unpacked, started for real, and asked, by dash and
//! by busybox's ash with busybox's own tools. What relx's shelltests show is shown here too.

mod configuration;
mod daemon;
mod extensions;
mod hooks;
pub(crate) mod installation;
mod minimal;
mod names;
pub(crate) mod project;
mod questions;
mod rendering;
mod start;
mod text;
mod upgrade;
