//! The commands that ask a running node, one a file.

pub(crate) mod remote_console;
