//! The subcommands, one file each.

pub(crate) mod cache;
pub(crate) mod diff;
pub(crate) mod image;
pub(crate) mod key;
pub(crate) mod plan;
pub(crate) mod rebase;
pub(crate) mod release;
pub(crate) mod tar;
