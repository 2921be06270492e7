//! What can go wrong between a release and its image.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::bound_modules;
use super::secrets::Secret;
use super::tags::TagError;
use crate::docker::DockerError;
use crate::image::ImageError;
use crate::image::native::{NativeError, NativeWarning};
use crate::registry::RegistryError;
use crate::release::{ReleaseError, Warning};
use crate::shared_cache::SharedCacheError;
use crate::term::SourceError;
use crate::tree::TreeError;

/// An image that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// A text that names no base image.
    #[error("`{text}` is no base image: {why}; write one of {}", super::base::FORMS)]
    UnknownBase {
        /// The text as it was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A base image that its registry does not have.
    #[error("the registry has no image `{name}`")]
    NoSuchBase {
        /// Its full name.
        name: String,
    },
    /// A shared cache that does not take what a base holds.
    #[error(transparent)]
    SharedCache(#[from] SharedCacheError),
    /// The registry does not give the base image.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The Docker daemon does not give the base image.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// A release without a runtime system on an image without one.
    #[error("the release `{release}` does not include ERTS, so nothing in the image could run it")]
    NoErts {
        /// The release.
        release: String,
    },
    /// A release without a runtime system on a base image without one.
    #[error(
        "the release `{release}` does not include ERTS, and the base image `{}` has no `erl` on its PATH ({search_path})",
        base.display()
    )]
    NoErlang {
        /// The release.
        release: String,
        /// Where the base image is.
        base: PathBuf,
        /// Where `erl` was looked for in it.
        search_path: String,
    },
    /// A release without Erlang's own applications in an image that has none where they would be looked for.
    #[error(
        "the release `{release}` leaves out Erlang's own applications (`{{system_libs, false}}`), and the image would have none"
    )]
    NoSystemLibs {
        /// The release.
        release: String,
    },
    /// An overlay at the place of the start program.
    #[error("an overlay writes `{path}`, where the image has its start program")]
    ProgramTaken {
        /// The path in the release.
        path: String,
    },
    /// A base whose libraries are older than those that the release was built with.
    #[error(
        "`{library}` of the base image lacks the version `{version}`, which `{needed_by}` needs: it would not start"
    )]
    BaseTooOld {
        /// The library in the base.
        library: String,
        /// The symbol version.
        version: String,
        /// The file that needs it.
        needed_by: String,
    },
    /// A start script that nothing in the image can run.
    #[error("the start script `{script}` is run by `{interpreter}`, which is not in the image")]
    NoInterpreter {
        /// The script in the release.
        script: String,
        /// What runs it.
        interpreter: String,
    },
    /// A health check without a command, for a start program that can give none.
    #[error("the health check has no command, and the start script of `{release}` has none that would do")]
    NoHealthCommand {
        /// The release.
        release: String,
    },
    /// A file of variables that cannot be read.
    #[error("cannot take the variables from `{}`: {why}", path.display())]
    EnvFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, without the text that stands there.
        why: String,
    },
    /// Files in the release that look like secrets.
    #[error("the image would contain what looks like {}:{}", if found.len() == 1 { "a secret" } else { "secrets" }, listed(found))]
    Secrets {
        /// The files, and what they look like.
        found: Vec<Secret>,
    },
    /// A name with placeholders that cannot become a name.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The start program is not where it should be.
    #[error("the start program for the image is missing: there is no `{}`", path.display())]
    NoBootProgram {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A mistake under `erlrel` in rebar.config.
    #[error(transparent)]
    Config(#[from] SourceError),
    /// The release cannot be assembled.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// What the release needs of a system is not there.
    #[error(transparent)]
    Native(#[from] NativeError),
    /// The image cannot be read, packed or put together.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Two things at one path.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// So many are shown; who has more has copied a whole folder.
const SHOWN: usize = 20;

/// A line for each.
fn listed(found: &[Secret]) -> String {
    let lines = found.iter().take(SHOWN).map(|Secret { path, what }| format!("\n  {path}: {what}"));
    let rest = found.len().saturating_sub(SHOWN);
    lines.chain((rest > 0).then(|| format!("\n  and {rest} more"))).collect()
}

/// What the user should know about an image that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContainerWarning {
    /// A shared cache that could not be asked what a base holds.
    CacheNotRead {
        /// What went wrong.
        why: String,
    },
    /// About the release in it.
    Release(Warning),
    /// About the system in it.
    Native(NativeWarning),
    /// The cookie of a release that mix has made is not in it.
    CookieLeftOut,
    /// A variable that the image was to have with the value that it has here, and that has none.
    UnsetVariable {
        /// Its name.
        name: String,
    },
    /// A dependency that is not in the image, and that rebar3 will fetch there.
    DependencyLeftOut {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// A path that may be in the image although it looks like a secret, and where nothing does.
    NoSecret {
        /// The path as it was written.
        path: String,
    },
    /// Modules that hold the path of the directory that they were compiled in.
    BoundModules {
        /// The directory.
        directory: String,
        /// Their names, by application.
        modules: BTreeMap<String, Vec<String>>,
    },
    /// A name of the image says a commit, and tracked files have changed since.
    NotTheCommit {
        /// The commit's first digits.
        commit: String,
    },
}

impl std::fmt::Display for ContainerWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CacheNotRead { why } => write!(f, "{why}; the base image's layers are read instead"),
            Self::Release(warning) => warning.fmt(f),
            Self::Native(warning) => warning.fmt(f),
            Self::CookieLeftOut => f.write_str(
                "`releases/COOKIE` is left out of the image: each container makes a cookie of its own; set \
                 RELEASE_COOKIE where several are to connect",
            ),
            Self::UnsetVariable { name } => {
                write!(f, "the variable `{name}` has no value here, so the image does not have it")
            }
            Self::DependencyLeftOut { name, why } => {
                write!(f, "the dependency `{name}` is not in the image, where rebar3 will fetch it: {why}")
            }
            Self::NoSecret { path } => {
                write!(f, "`{path}` is allowed to look like a secret, and nothing there does: leave it out")
            }
            Self::BoundModules { directory, modules } => write!(
                f,
                "compiled in another directory than `{directory}`, the image would be another one, since modules hold that path: {}; \
                 remove `_build` and let erlrel have them compiled, without --no-deterministic",
                bound_modules::listed(modules)
            ),
            Self::NotTheCommit { commit } => {
                write!(
                    f,
                    "the image is named after the commit {commit}, and tracked files have changed since"
                )
            }
        }
    }
}
