//! ELF files: what a program or shared library is made for, and what it needs to start.
//!
//! Only what the dynamic loader itself reads is read: the header, the program headers, and the dynamic
//! segment. Section headers are ignored, so stripped files and files without sections work (elf(5)).
//! The `object` crate stays inside this module.

mod architecture;
mod dynamic;
mod segments;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Seek};

use object::Endianness;
use object::elf::{ELFCLASS32, ELFCLASS64, ET_DYN, ET_EXEC, FileHeader32, FileHeader64};
use object::read::elf::FileHeader;
use object::read::{ReadCache, ReadRef};

use dynamic::Dynamic;
use segments::Segments;

/// What the dynamic loader reads of an ELF file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elf {
    /// The architecture in the words of the OCI image specification (`amd64`, `arm64`, `arm`, `386`,
    /// `riscv64`, `ppc64le`, `s390x`, …); `machine <e_machine>` for one that has no such word.
    pub architecture: String,
    /// True for a program or a shared library; false for what nothing ever loads: object files, core
    /// dumps, kernel modules, eBPF.
    pub loadable: bool,
    /// `PT_INTERP`: the absolute path of the program interpreter; `None` for libraries and static programs.
    pub interpreter: Option<String>,
    /// `DT_SONAME`: the name under which other files ask for this library.
    pub soname: Option<String>,
    /// `DT_NEEDED`, in order: names of shared libraries, or paths if they contain a `/`.
    pub needed: Vec<String>,
    /// The parts of `DT_RPATH`, unexpanded; it counts only if there is no `DT_RUNPATH` (ld.so(8)).
    pub rpath: Vec<String>,
    /// The parts of `DT_RUNPATH`, unexpanded; `None` without one, which is not the same as an empty one.
    pub runpath: Option<Vec<String>>,
    /// `DT_VERNEED`: for each needed library the symbol versions without which the loader gives up
    /// (`libc.so.6` → `GLIBC_2.34`, …); weak ones are left out.
    pub needed_versions: BTreeMap<String, BTreeSet<String>>,
    /// `DT_VERDEF`: the symbol versions that this library defines, without the one that is its own name.
    pub provided_versions: BTreeSet<String>,
}

/// True if a file that begins with these bytes is an ELF file; four bytes are enough.
pub fn is_elf(start: &[u8]) -> bool {
    start.starts_with(&object::elf::ELFMAG)
}

/// So many bytes at the beginning of an ELF file tell what it is made for.
pub(crate) const HEADER: u64 = 64;

/// The architecture that a file is made for, by its first [`HEADER`] bytes.
///
/// # Errors
/// As [`parse`].
pub(crate) fn architecture(start: &[u8]) -> Result<String, ElfError> {
    fn name<H: FileHeader<Endian = Endianness>>(start: &[u8]) -> Result<String, ElfError> {
        let damaged = |_| ElfError::Damaged { what: "the header" };
        let header = H::parse(start).map_err(damaged)?;
        Ok(architecture::name(header, header.endian().map_err(damaged)?))
    }
    match start.get(4) {
        _ if !is_elf(start) => Err(ElfError::NotElf),
        Some(&class) if class == ELFCLASS32.0 => name::<FileHeader32<Endianness>>(start),
        Some(&class) if class == ELFCLASS64.0 => name::<FileHeader64<Endianness>>(start),
        _ => Err(ElfError::Damaged { what: "the class" }),
    }
}

/// Reads the whole content of an ELF file.
///
/// Any byte order and class is read on any machine; no input makes it panic.
///
/// # Errors
/// [`ElfError::NotElf`] without the magic number, [`ElfError::Damaged`] when a part that the loader needs
/// lies outside of the file or contradicts itself.
pub fn parse(bytes: &[u8]) -> Result<Elf, ElfError> {
    read(Cursor::new(bytes))
}

/// Reads of an ELF file what the loader needs, which is a small part of it.
///
/// # Errors
/// As [`parse`]; a part that cannot be read counts as damaged.
pub(crate) fn read(file: impl Read + Seek) -> Result<Elf, ElfError> {
    let file = ReadCache::new(file);
    if !file.read_bytes_at(0, object::elf::ELFMAG.len() as u64).is_ok_and(is_elf) {
        return Err(ElfError::NotElf);
    }
    match file.read_bytes_at(4, 1) {
        Ok([class]) if *class == ELFCLASS32.0 => parse_class::<FileHeader32<Endianness>, _>(&file),
        Ok([class]) if *class == ELFCLASS64.0 => parse_class::<FileHeader64<Endianness>, _>(&file),
        _ => Err(ElfError::Damaged { what: "the class" }),
    }
}

fn parse_class<'data, H, R>(file: R) -> Result<Elf, ElfError>
where
    H: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let damaged = |what| move |_| ElfError::Damaged { what };
    let header = H::parse(file).map_err(damaged("the header"))?;
    let endian = header.endian().map_err(damaged("the byte order"))?;
    let kind = header.e_type(endian);
    let elf = Elf {
        architecture: architecture::name(header, endian),
        loadable: kind == ET_EXEC || kind == ET_DYN,
        ..Elf::default()
    };
    if !elf.loadable {
        return Ok(elf);
    }
    let headers = header.program_headers(endian, file).map_err(damaged("the program headers"))?;
    let segments = Segments::<H, R> { file, endian, headers };
    let dynamic = Dynamic::read(&segments)?;
    Ok(Elf {
        interpreter: segments.interpreter()?,
        soname: dynamic.soname()?,
        needed: dynamic.needed()?,
        rpath: dynamic.rpath()?.unwrap_or_default(),
        runpath: dynamic.runpath()?,
        needed_versions: dynamic.needed_versions()?,
        provided_versions: dynamic.provided_versions()?,
        ..elf
    })
}

/// A file that is no ELF file, or not a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// The magic number is missing.
    #[error("not an ELF file")]
    NotElf,
    /// A part is missing or contradicts another.
    #[error("the ELF file is damaged: {what} cannot be read")]
    Damaged {
        /// The part.
        what: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(path: &str) -> Vec<u8> {
        std::fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// This test program is a dynamically linked one.
    fn this_program() -> Elf {
        parse(&read("/proc/self/exe")).expect("a program")
    }

    #[test]
    fn a_program_tells_its_loader_libraries_and_versions() {
        let elf = this_program();
        assert_eq!(elf.architecture, if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" });
        assert!(elf.loadable);
        assert!(elf.interpreter.is_some_and(|path| path.starts_with("/lib")));
        assert_eq!((elf.soname, elf.runpath, elf.rpath), (None, None, vec![]));
        assert!(elf.needed.contains(&"libc.so.6".to_string()), "{:?}", elf.needed);
        assert!(elf.needed_versions["libc.so.6"].contains("GLIBC_2.34"), "{:?}", elf.needed_versions);
        assert_eq!(elf.provided_versions, BTreeSet::new());
    }

    #[test]
    fn a_library_tells_its_name_and_what_it_provides() {
        let path = this_program().interpreter.expect("a loader");
        let loader = parse(&read(&path)).expect("a library");
        let soname = loader.soname.expect("a name");
        assert!(path.ends_with(&soname), "{soname}");
        assert!(loader.provided_versions.contains("GLIBC_PRIVATE"), "{:?}", loader.provided_versions);
        assert!(!loader.provided_versions.contains(&soname));
        assert_eq!(loader.needed, Vec::<String>::new());
    }

    #[test]
    fn bytes_at_an_odd_address_are_read_all_the_same() {
        let mut shifted = vec![0];
        shifted.extend(read("/bin/true"));
        assert_eq!(parse(&shifted[1..]), parse(&read("/bin/true")));
    }

    #[test]
    fn other_files_are_not_elf_files() {
        assert!(!is_elf(b"#!/bin/sh") && !is_elf(b"\x7fEL") && is_elf(b"\x7fELF"));
        assert_eq!(parse(b"FOR1"), Err(ElfError::NotElf));
        let error = parse(b"\x7fELF\x02\x01\x01").expect_err("too short");
        assert_eq!(error.to_string(), "the ELF file is damaged: the header cannot be read");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn arbitrary_bytes_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            class in 0..4_u8,
            order in 0..4_u8,
        ) {
            let _ = parse(&bytes);
            let _ = parse(&[b"\x7fELF".as_slice(), &[class, order, 1], &bytes].concat());
        }

        #[test]
        fn a_truncated_file_never_panics(keep in 0.0..1.0_f64) {
            let whole = read("/bin/true");
            let _ = parse(&whole[..(whole.len() as f64 * keep) as usize]);
        }

        #[test]
        fn a_damaged_file_never_panics(changes in prop::collection::vec((0..6000_usize, any::<u8>()), 1..40)) {
            let mut bytes = read("/bin/true");
            for (at, byte) in changes {
                // The dynamic segment lies at the end of the file.
                let at = if at < 3000 { at } else { bytes.len() - at };
                bytes[at] = byte;
            }
            let _ = parse(&bytes);
        }
    }
}
