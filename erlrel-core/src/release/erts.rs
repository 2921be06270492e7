//! The runtime system's programs in a release.

use super::ReleaseError;
use super::assemble::{Form, file_entry};
use crate::fs;
use crate::otp::OtpRoot;
use crate::tree::{Content, Group, Tree, TreePath};

/// Tools for building, which relx leaves out of tarballs.
const BUILD_TOOLS: [&str; 4] = ["ct_run", "dialyzer", "erlc", "typer"];

/// Adds `erts-VSN/bin`. `erl` is the relocatable `dyn_erl` where the installation has one, since the
/// script of that name has the installation's path written into it.
///
/// # Errors
/// When a program cannot be read.
pub(super) fn add(tree: &mut Tree, otp: &OtpRoot, form: Form) -> Result<(), ReleaseError> {
    let bin = otp.erts_dir().join("bin");
    for path in fs::list(&bin)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let left_out = name == "yielding_c_fun" || (form != Form::Directory && BUILD_TOOLS.contains(&name));
        if left_out || !path.is_file() {
            continue;
        }
        let relocatable = bin.join("dyn_erl");
        let source = if name == "erl" && relocatable.is_file() { relocatable } else { path.clone() };
        let entry = file_entry(&source, Content::File(source.clone()), Group::Erts)?;
        tree.insert(TreePath::new(format!("erts-{}/bin/{name}", otp.erts_vsn))?, entry)?;
    }
    Ok(())
}
