//! What a module calls and what it offers: its import and export tables, its attributes.

use std::collections::BTreeSet;
use std::fmt;

use super::chunks::{BeamError, Chunk, chunks, find, uncompressed};
use super::compact::Compact;

/// A function of a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// The module.
    pub module: String,
    /// The function's name.
    pub name: String,
    /// How many arguments it has.
    pub arity: u32,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.module, self.name, self.arity)
    }
}

/// The functions that a module calls in other modules.
///
/// # Errors
/// When `bytes` are not a whole BEAM file or it has no import table.
pub fn imports(bytes: &[u8]) -> Result<Vec<Function>, BeamError> {
    let container = uncompressed(bytes)?;
    let chunks = chunks(&container)?;
    let atoms = Atoms::of(&chunks);
    let function = |[module, name, arity]: [u32; 3]| {
        Some(Function { module: atoms.get(module)?, name: atoms.get(name)?, arity })
    };
    Ok(table(&chunks, b"ImpT")?.into_iter().filter_map(function).collect())
}

/// Name and arity of the functions that other modules can call.
///
/// # Errors
/// When `bytes` are not a whole BEAM file or it has no export table.
pub fn exports(bytes: &[u8]) -> Result<BTreeSet<(String, u32)>, BeamError> {
    let container = uncompressed(bytes)?;
    let chunks = chunks(&container)?;
    let atoms = Atoms::of(&chunks);
    let function = |[name, arity, _]: [u32; 3]| Some((atoms.get(name)?, arity));
    Ok(table(&chunks, b"ExpT")?.into_iter().filter_map(function).collect())
}

/// The module's attributes, a list in the external term format; `None` where it has none.
///
/// # Errors
/// When `bytes` are not a whole BEAM file.
pub fn attributes(bytes: &[u8]) -> Result<Option<Vec<u8>>, BeamError> {
    let container = uncompressed(bytes)?;
    Ok(find(&chunks(&container)?, b"Attr").map(<[u8]>::to_vec))
}

/// A table of entries of three numbers, with their count in front.
pub(super) fn table(chunks: &[Chunk<'_>], name: &[u8; 4]) -> Result<Vec<[u32; 3]>, BeamError> {
    let missing = || BeamError::MissingChunk { chunk: String::from_utf8_lossy(name).into_owned() };
    let data = find(chunks, name).ok_or_else(missing)?;
    let words: Vec<u32> =
        data.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
    let entries = words.get(1..).unwrap_or_default().chunks_exact(3);
    Ok(entries.map(|entry| [entry[0], entry[1], entry[2]]).collect())
}

/// The atoms of a module, which its tables refer to by number, beginning with 1.
pub(super) struct Atoms(Vec<String>);

impl Atoms {
    /// Those of a module.
    pub(super) fn of(chunks: &[Chunk<'_>]) -> Self {
        Self(find(chunks, b"AtU8").or_else(|| find(chunks, b"Atom")).map(atoms).unwrap_or_default())
    }

    /// The atom of this number.
    pub(super) fn get(&self, number: u32) -> Option<String> {
        self.0.get((number as usize).wrapping_sub(1)).cloned()
    }
}

/// So many atoms a virtual machine has room for, unless told otherwise.
const MOST_ATOMS: u32 = 1 << 20;

/// In bytes: 255 characters.
const LONGEST_ATOM: usize = 255 * 4;

/// The atoms of an `AtU8` or `Atom` chunk in index order, beginning with index 1.
///
/// Up to OTP 27 each atom has a length of one byte; since OTP 28 the count is negative and lengths are
/// compact terms (4-bit literals below 16, else 11 bits). A damaged table ends the list early, and so does one that has more,
/// or longer ones, than Erlang can have.
fn atoms(data: &[u8]) -> Vec<String> {
    let Some((count, mut rest)) = data.split_first_chunk::<4>() else { return Vec::new() };
    let count = i32::from_be_bytes(*count);
    let mut atoms = Vec::new();
    for _ in 0..count.unsigned_abs().min(MOST_ATOMS) {
        let length = atom_length(rest, count < 0).filter(|(length, _)| *length <= LONGEST_ATOM);
        let Some((length, tail)) = length else { break };
        let Some((text, tail)) = tail.split_at_checked(length) else { break };
        atoms.push(String::from_utf8_lossy(text).into_owned());
        rest = tail;
    }
    atoms
}

fn atom_length(bytes: &[u8], compact: bool) -> Option<(usize, &[u8])> {
    if compact {
        let (length, rest) = Compact::read(bytes)?;
        return Some((usize::try_from(length.value).ok()?, rest));
    }
    let (&length, rest) = bytes.split_first()?;
    Some((length.into(), rest))
}
