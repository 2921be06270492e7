//! Releases: from a project's configuration to the tree of everything that a release contains.
//!
//! [`spec()`] reads what is asked for, [`resolve()`] finds the applications, [`assemble()`] decides every
//! path. All three end in plain data; nothing is written here.
//! [`warnings()`] and [`warnings_of_form`] say what the user should know about it.

mod assemble;
mod boot_script;
mod broken_links;
mod calls;
mod config_files;
mod contradictions;
mod definition;
mod directory;
mod error;
mod erts;
mod files;
mod goal;
mod lib_dirs;
mod mentions;
mod order;
mod overlay;
mod overrides;
mod prebuilt;
mod relx_config;
mod relx_tarball;
mod resolve;
mod runtime_files;
mod spec;
mod start_script;
mod sys_config;
mod undefined;
mod version;
mod warnings;
mod wildcard;

pub use assemble::{Form, assemble};
pub use boot_script::{BootFiles, boot_files};
pub(crate) use calls::{Calls, calls};
pub use definition::Selection;
pub use directory::is_replaced_as_one;
pub use error::ReleaseError;
pub use goal::{Goal, StartType};
pub use overlay::OverlayAction;
pub use overlay::overlay_vars::OverlayVars;
pub use overrides::Overrides;
pub(crate) use prebuilt::is_shipped;
pub use prebuilt::{Maker, Prebuilt, PrebuiltApp, PrebuiltError, read_prebuilt};
pub use resolve::{Erts, Release, ReleaseApp, resolve};
pub use spec::{ConfigFile, IncludeErts, Mode, ReleaseSpec, SpecWarning, SystemLibs, spec};
pub(crate) use start_script::shell_files;
pub use start_script::{Extension, Phase, ScriptAdditions, ScriptHook, StartScript};
pub use undefined::{Scope, UndefinedFunctions};
pub use warnings::{Absence, Warning, warnings, warnings_noted, warnings_of_form};
