//! The outline of a module: its functions, each with a digest of its code, so that two builds of it can be compared.
//!
//! The code of a function refers to the module's tables by index, and to places by labels that are counted through the
//! module, so an edit of one function moves the bytes of all behind it. Here every such number is replaced by what it
//! stands for, and line numbers are left out: the digest moves only with what the function does.

use std::collections::{BTreeMap, BTreeSet};

use super::chunks::{self, BeamError, Chunk, chunks, find, uncompressed_up_to};
use super::function_text;
use super::functions::{Atoms, table};
use super::instructions::{
    DEBUG_LINE, EXECUTABLE_LINE, FUNC_INFO, Instruction, LABEL, LINE, Operand, instructions,
};
use crate::digest::Digest;

/// The largest module that has an outline, in bytes before compression: the file may come from anywhere.
pub const LARGEST_OUTLINED: usize = 16 << 20;

/// More functions than any module has, and more literals.
const MOST_FUNCTIONS: usize = 1 << 16;
const MOST_LITERALS: u32 = 1 << 20;

/// What a module has to offer and is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its functions by name and arity; only those that it exports if [`is_cut`](Self::is_cut) is false. Funs and
    /// comprehensions count as a part of the function that they stand in.
    pub functions: BTreeMap<(String, u32), FunctionOutline>,
    /// Whether the code could be cut into functions. It cannot if it has instructions of a later Erlang.
    pub is_cut: bool,
    /// The digest of each chunk, by name.
    pub chunks: BTreeMap<String, Digest>,
}

/// A function of an [`Outline`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionOutline {
    /// Whether other modules can call it.
    pub is_exported: bool,
    /// The digest of what it does; `None` if the code could not be cut.
    pub code: Option<Digest>,
}

/// Takes a module apart.
///
/// # Errors
/// When `bytes` are not a whole BEAM file, have no export table, or are larger than 16 MiB, or have more than 65536 exported
/// functions.
pub fn outline(bytes: &[u8]) -> Result<Outline, BeamError> {
    let container = uncompressed_up_to(bytes, LARGEST_OUTLINED)?;
    let chunks = chunks(&container)?;
    let atoms = Atoms::of(&chunks);
    let exports = table(&chunks, b"ExpT")?;
    if exports.len() > MOST_FUNCTIONS {
        return Err(BeamError::TooLarge { what: "exported functions", most: MOST_FUNCTIONS });
    }
    let exports = exports.into_iter().filter_map(|[name, arity, _]| Some((atoms.get(name)?, arity)));
    let exported = FunctionOutline { is_exported: true, code: None };
    let mut functions: BTreeMap<_, _> = exports.map(|name| (name, exported.clone())).collect();
    let code = Code::of(&chunks, &atoms).and_then(|code| code.digests());
    let is_cut = code.is_some();
    for (name, digest) in code.into_iter().flatten() {
        let local = FunctionOutline { is_exported: false, code: None };
        functions.entry(name).or_insert(local).code = Some(digest);
    }
    let name = |id: &[u8; 4]| String::from_utf8_lossy(id).into_owned();
    Ok(Outline {
        functions,
        is_cut,
        chunks: chunks.iter().map(|(id, data)| (name(id), Digest::of(data))).collect(),
    })
}

/// A name and an arity.
pub(super) type Name = (String, u32);

/// A function as it stands in the code.
pub(super) struct Function {
    pub(super) name: Name,
    pub(super) instructions: Vec<Instruction>,
}

/// The code of a module, with all that it refers to.
pub(super) struct Code<'a> {
    pub(super) atoms: &'a Atoms,
    pub(super) functions: Vec<Function>,
    pub(super) labels: Labels,
    pub(super) imports: Vec<[u32; 3]>,
    pub(super) funs: Vec<Fun>,
    pub(super) strings: &'a [u8],
    /// The digests of the literals.
    pub(super) literals: Vec<Digest>,
}

/// A fun: the function that has its code, and how many variables it takes along.
pub(super) struct Fun {
    pub(super) name: u32,
    pub(super) arity: u32,
    pub(super) free: u32,
}

impl<'a> Code<'a> {
    fn of(chunks: &[Chunk<'a>], atoms: &'a Atoms) -> Option<Self> {
        let data = find(chunks, b"Code")?;
        let header = usize::try_from(u32::from_be_bytes(*data.first_chunk()?)).ok()?;
        let instructions = instructions(data.get(4..)?.get(header..)?)?;
        let (functions, labels) = cut(instructions, atoms)?;
        let imports = find(chunks, b"ImpT").map_or(Some(Vec::new()), |_| table(chunks, b"ImpT").ok())?;
        Some(Self {
            atoms,
            functions,
            labels,
            imports,
            funs: funs(find(chunks, b"FunT").unwrap_or_default()),
            strings: find(chunks, b"StrT").unwrap_or_default(),
            literals: find(chunks, b"LitT").map_or(Some(Vec::new()), literals)?,
        })
    }

    /// The digest of each function that somebody has written. What the compiler has made of its funs counts with it.
    fn digests(&self) -> Option<BTreeMap<Name, Digest>> {
        let names: BTreeSet<&Name> = self.functions.iter().map(|function| &function.name).collect();
        let mut room = function_text::LONGEST;
        let mut parts: BTreeMap<Name, BTreeMap<&Name, Digest>> = BTreeMap::new();
        for function in &self.functions {
            let written = written(&function.name).filter(|name| names.contains(&name));
            let owner = written.unwrap_or_else(|| function.name.clone());
            let digest = function_text::digest(self, function, &mut room)?;
            parts.entry(owner).or_default().insert(&function.name, digest);
        }
        let whole = |parts: BTreeMap<&Name, Digest>| {
            let line = |((name, arity), digest): (&Name, Digest)| format!("{name}/{arity} {digest}\n");
            Digest::of(parts.into_iter().map(line).collect::<String>().as_bytes())
        };
        Some(parts.into_iter().map(|(name, parts)| (name, whole(parts))).collect())
    }

    /// `name/arity`, of a function whose name is this atom.
    pub(super) fn name(&self, name: u32, arity: u32) -> Option<String> {
        Some(format!("{}/{arity}", self.atoms.get(name)?))
    }
}

/// The function that each label is in, and which of its labels it is.
pub(super) type Labels = BTreeMap<u64, (usize, usize)>;

/// Cuts the code where functions begin. A function's own labels begin with the one before its `func_info`. `None` if there are
/// too many, or one is not complete.
fn cut(instructions: Vec<Instruction>, atoms: &Atoms) -> Option<(Vec<Function>, Labels)> {
    let mut functions: Vec<Function> = Vec::new();
    let mut labels = Labels::new();
    let (mut last_label, mut count) = (None, 0);
    for instruction in instructions {
        match (instruction.number, instruction.operands.as_slice()) {
            (LABEL, [Operand::Unsigned(label)]) => {
                labels.insert(*label, (functions.len().saturating_sub(1), count));
                last_label = Some(*label);
                count += 1;
            }
            (FUNC_INFO, [_, Operand::Atom(name), Operand::Unsigned(arity)]) => {
                let name = atoms.get(u32::try_from(*name).ok()?)?;
                labels.insert(last_label?, (functions.len(), 0));
                count = 1;
                if functions.len() == MOST_FUNCTIONS {
                    return None;
                }
                functions
                    .push(Function { name: (name, u32::try_from(*arity).ok()?), instructions: Vec::new() });
            }
            _ => {}
        }
        // A line, and the label in front of the first function, belong to nobody.
        if let Some(function) = functions.last_mut() {
            function.instructions.push(instruction);
        }
    }
    functions.iter_mut().for_each(|function| drop_end(&mut function.instructions));
    Some((functions, labels))
}

/// Takes away what stands in front of the next function.
fn drop_end(instructions: &mut Vec<Instruction>) {
    let is_front =
        |instruction: &Instruction| instruction.number == LABEL || is_about_lines(instruction.number);
    let end = instructions.iter().rposition(|instruction| !is_front(instruction)).map_or(0, |at| at + 1);
    instructions.truncate(end);
}

/// `line`, `executable_line` and `debug_line`.
pub(super) fn is_about_lines(number: u8) -> bool {
    matches!(number, LINE | EXECUTABLE_LINE | DEBUG_LINE)
}

/// The function that the compiler has made another one for: `-f/1-fun-0-` stands in `f/1`.
fn written((name, _): &Name) -> Option<Name> {
    let name = name.strip_prefix('-')?;
    name.match_indices('/').find_map(|(slash, _)| {
        let (digits, _) = name.get(slash + 1..)?.split_once('-')?;
        let arity = digits.parse().ok()?;
        Some((name.get(..slash)?.to_string(), arity))
    })
}

fn words(data: &[u8]) -> Vec<u32> {
    data.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect()
}

/// An entry has name, arity, label, index, number of free variables, and a number that identifies the version.
fn funs(data: &[u8]) -> Vec<Fun> {
    let words = words(data);
    let entries = words.get(1..).unwrap_or_default().chunks_exact(6);
    entries.map(|entry| Fun { name: entry[0], arity: entry[1], free: entry[4] }).collect()
}

/// The digests of all literals; `None` if the table is damaged, or has more than 2^20 of them.
fn literals(data: &[u8]) -> Option<Vec<Digest>> {
    let table = chunks::literals(data)?;
    let (count, mut rest) = table.split_first_chunk::<4>()?;
    let count = Some(u32::from_be_bytes(*count)).filter(|count| *count <= MOST_LITERALS)?;
    let mut digests = Vec::new();
    for _ in 0..count {
        let (size, behind) = rest.split_first_chunk::<4>()?;
        let (literal, behind) = behind.split_at_checked(u32::from_be_bytes(*size) as usize)?;
        digests.push(Digest::of(literal));
        rest = behind;
    }
    Some(digests)
}
