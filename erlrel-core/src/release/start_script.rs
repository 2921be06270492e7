//! The POSIX start script of tarballs and release directories. Images have a program instead.

use super::ReleaseError;
use super::spec::ReleaseSpec;
use crate::tree::{Entry, Group, Tree, TreePath};

/// The same text for every release: it finds name and versions in the release's own files.
const SCRIPT: &str = include_str!("start_script.sh");

/// Adds `bin/NAME` and `bin/NAME-VSN`.
pub(super) fn add(tree: &mut Tree, spec: &ReleaseSpec) -> Result<(), ReleaseError> {
    for path in [format!("bin/{}", spec.name), format!("bin/{}-{}", spec.name, spec.vsn)] {
        tree.insert(TreePath::new(path)?, Entry::file(SCRIPT, 0o755, Group::Release))?;
    }
    Ok(())
}
