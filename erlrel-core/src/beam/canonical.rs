//! The canonical form: stripped, and without anything that depends on where, when or by whom it was compiled.

use super::chunks::{BeamError, chunks, container_of, find, uncompressed};
use super::compile_info::version_only;
use super::functions::Atoms;
use super::lines;
use super::sources::Sources;
use super::strip::needed;

/// The module as [`strip`](super::strip()) leaves it, with files of source code named from their application's directory on,
/// and with the compiler's version. The module's MD5 stays the same, since it counts neither (OTP, `beam_lib:md5/1`).
///
/// Without literals that depend on the directory, the bytes are those of any other directory, with or without the compiler's
/// option `deterministic`.
///
/// # Errors
/// When `bytes` are not a whole BEAM file.
pub fn canonical(bytes: &[u8], sources: &Sources) -> Result<Vec<u8>, BeamError> {
    let container = uncompressed(bytes)?;
    let all = chunks(&container)?;
    let own = format!("{}.erl", Atoms::of(&all).get(1).unwrap_or_default());
    let lines = find(&all, b"Line").and_then(|data| lines::renamed(data, &own, |name| sources.name(name)));
    let info = find(&all, b"CInf").and_then(version_only);
    let mut kept = needed(&all)?;
    if let (Some(lines), Some((_, data))) = (&lines, kept.iter_mut().find(|(name, _)| name == b"Line")) {
        *data = lines;
    }
    kept.extend(info.as_deref().map(|info| (*b"CInf", info)));
    Ok(container_of(&kept))
}
