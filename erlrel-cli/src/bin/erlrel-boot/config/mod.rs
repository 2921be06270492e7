//! The configuration of a release: `vm.args` and `sys.config`, where they are, and what they say.

mod error;
pub(crate) mod file;
mod render;
pub(crate) mod strict;
pub(crate) mod sys_config;
pub(crate) mod template;
pub(crate) mod vm_args;

pub(crate) use error::ConfigError;
