//! The dynamic segment: names of libraries, search paths, symbol versions.

use std::collections::{BTreeMap, BTreeSet};

use object::Endianness;
use object::elf::{
    DT_NEEDED, DT_NULL, DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB, DT_VERDEF, DT_VERDEFNUM,
    DT_VERNEED, DT_VERNEEDNUM, DynamicTag, VER_FLG_BASE, VER_FLG_WEAK, Verdaux, Verdef, Vernaux, Verneed,
};
use object::read::ReadRef;
use object::read::elf::{Dyn, FileHeader};

use super::ElfError;
use super::segments::{Segments, text};

/// The entries before `DT_NULL`, and the string table that they point into.
pub(super) struct Dynamic<'a, 'data, H: FileHeader<Endian = Endianness>, R> {
    segments: &'a Segments<'data, H, R>,
    entries: Vec<(DynamicTag, u64)>,
    strings: &'data [u8],
}

impl<'a, 'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> Dynamic<'a, 'data, H, R> {
    pub(super) fn read(segments: &'a Segments<'data, H, R>) -> Result<Self, ElfError> {
        let entries = segments.dynamic_entries()?;
        let entries = entries.iter().map(|entry| (entry.tag(segments.endian), entry.val(segments.endian)));
        let entries = entries.take_while(|(tag, _)| *tag != DT_NULL).collect();
        let mut dynamic = Self { segments, entries, strings: &[] };
        dynamic.strings = dynamic.string_table().unwrap_or_default();
        Ok(dynamic)
    }

    fn string_table(&self) -> Option<&'data [u8]> {
        self.segments.memory(self.value(DT_STRTAB)?, self.value(DT_STRSZ)?)
    }

    pub(super) fn soname(&self) -> Result<Option<String>, ElfError> {
        self.value(DT_SONAME).map(|at| self.string(at)).transpose()
    }

    pub(super) fn needed(&self) -> Result<Vec<String>, ElfError> {
        let needed = self.entries.iter().filter(|(tag, _)| *tag == DT_NEEDED);
        needed.map(|(_, at)| self.string(*at)).collect()
    }

    pub(super) fn rpath(&self) -> Result<Option<Vec<String>>, ElfError> {
        self.search_path(DT_RPATH)
    }

    pub(super) fn runpath(&self) -> Result<Option<Vec<String>>, ElfError> {
        self.search_path(DT_RUNPATH)
    }

    /// An empty part of a search path means the current directory, which means nothing in an image.
    fn search_path(&self, tag: DynamicTag) -> Result<Option<Vec<String>>, ElfError> {
        let path = self.value(tag).map(|at| self.string(at)).transpose()?;
        Ok(path.map(|path| path.split(':').filter(|part| !part.is_empty()).map(Into::into).collect()))
    }

    pub(super) fn needed_versions(&self) -> Result<BTreeMap<String, BTreeSet<String>>, ElfError> {
        let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let (Some(mut at), Some(count)) = (self.value(DT_VERNEED), self.value(DT_VERNEEDNUM)) else {
            return Ok(versions);
        };
        for _ in 0..checked(count, NEEDED_VERSIONS)? {
            let need: &Verneed<Endianness> = self.structure(at, NEEDED_VERSIONS)?;
            let library = self.string(need.vn_file.get(self.endian()).into())?;
            let first = offset(at, need.vn_aux.get(self.endian()), NEEDED_VERSIONS)?;
            versions.entry(library).or_default().extend(self.versions_of(need, first)?);
            match need.vn_next.get(self.endian()) {
                0 => break,
                next => at = offset(at, next, NEEDED_VERSIONS)?,
            }
        }
        Ok(versions)
    }

    fn versions_of(&self, need: &Verneed<Endianness>, mut at: u64) -> Result<Vec<String>, ElfError> {
        let mut names = Vec::new();
        for _ in 0..need.vn_cnt.get(self.endian()) {
            let version: &Vernaux<Endianness> = self.structure(at, NEEDED_VERSIONS)?;
            if !version.vna_flags.get(self.endian()).contains(VER_FLG_WEAK) {
                names.push(self.string(version.vna_name.get(self.endian()).into())?);
            }
            match version.vna_next.get(self.endian()) {
                0 => break,
                next => at = offset(at, next, NEEDED_VERSIONS)?,
            }
        }
        Ok(names)
    }

    pub(super) fn provided_versions(&self) -> Result<BTreeSet<String>, ElfError> {
        let mut versions = BTreeSet::new();
        let (Some(mut at), Some(count)) = (self.value(DT_VERDEF), self.value(DT_VERDEFNUM)) else {
            return Ok(versions);
        };
        for _ in 0..checked(count, PROVIDED_VERSIONS)? {
            let defined: &Verdef<Endianness> = self.structure(at, PROVIDED_VERSIONS)?;
            if !defined.vd_flags.get(self.endian()).contains(VER_FLG_BASE) {
                let first = offset(at, defined.vd_aux.get(self.endian()), PROVIDED_VERSIONS)?;
                let name: &Verdaux<Endianness> = self.structure(first, PROVIDED_VERSIONS)?;
                versions.insert(self.string(name.vda_name.get(self.endian()).into())?);
            }
            match defined.vd_next.get(self.endian()) {
                0 => break,
                next => at = offset(at, next, PROVIDED_VERSIONS)?,
            }
        }
        Ok(versions)
    }

    fn structure<T: object::pod::Pod>(&self, at: u64, what: &'static str) -> Result<&'data T, ElfError> {
        self.segments.structure(at).ok_or(ElfError::Damaged { what })
    }

    fn endian(&self) -> Endianness {
        self.segments.endian
    }

    fn value(&self, tag: DynamicTag) -> Option<u64> {
        self.entries.iter().find(|(there, _)| *there == tag).map(|(_, value)| *value)
    }

    fn string(&self, at: u64) -> Result<String, ElfError> {
        let damaged = ElfError::Damaged { what: "a name in the dynamic string table" };
        let bytes = usize::try_from(at).ok().and_then(|at| self.strings.get(at..)).ok_or(damaged)?;
        let end = bytes.iter().position(|byte| *byte == 0).ok_or(damaged)?;
        bytes.get(..end).map(text).ok_or(damaged)
    }
}

const NEEDED_VERSIONS: &str = "the needed symbol versions";
const PROVIDED_VERSIONS: &str = "the provided symbol versions";

/// Versions are numbered with two bytes.
fn checked(count: u64, what: &'static str) -> Result<u16, ElfError> {
    u16::try_from(count).map_err(|_| ElfError::Damaged { what })
}

fn offset(at: u64, by: u32, what: &'static str) -> Result<u64, ElfError> {
    at.checked_add(by.into()).ok_or(ElfError::Damaged { what })
}
