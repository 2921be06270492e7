//! The memory of a loaded file: virtual addresses resolved to bytes.

use object::Endianness;
use object::elf::{PT_INTERP, PT_LOAD};
use object::pod::Pod;
use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader};

use super::ElfError;

/// A file and its program headers.
pub(super) struct Segments<'data, H: FileHeader<Endian = Endianness>, R> {
    pub(super) file: R,
    pub(super) endian: Endianness,
    pub(super) headers: &'data [H::ProgramHeader],
}

/// Where the bytes of a loaded segment lie in the file, from some address to the segment's end.
pub(super) struct Place {
    offset: u64,
    size: u64,
}

impl<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>> Segments<'data, H, R> {
    /// The path in `PT_INTERP`.
    pub(super) fn interpreter(&self) -> Result<Option<String>, ElfError> {
        let damaged = |_| ElfError::Damaged { what: "the program interpreter" };
        let Some(header) = self.headers.iter().find(|header| header.p_type(self.endian) == PT_INTERP) else {
            return Ok(None);
        };
        let path = header.interpreter(self.endian, self.file).map_err(damaged)?;
        Ok(path.filter(|path| !path.is_empty()).map(text))
    }

    /// The entries of `PT_DYNAMIC`; none in a static program.
    pub(super) fn dynamic_entries(&self) -> Result<&'data [H::Dyn], ElfError> {
        for header in self.headers {
            let entries = header.dynamic(self.endian, self.file);
            if let Some(entries) = entries.map_err(|_| ElfError::Damaged { what: "the dynamic segment" })? {
                return Ok(entries);
            }
        }
        Ok(&[])
    }

    /// The first bytes of a loaded segment from a virtual address on; `None` if it has less.
    pub(super) fn memory(&self, address: u64, size: u64) -> Option<&'data [u8]> {
        let place = self.place(address).filter(|place| size <= place.size)?;
        self.file.read_bytes_at(place.offset, size).ok()
    }

    /// The structure at a virtual address.
    pub(super) fn structure<T: Pod>(&self, address: u64) -> Option<&'data T> {
        let place = self.place(address).filter(|place| size_of::<T>() as u64 <= place.size)?;
        self.file.read_at(place.offset).ok()
    }

    fn place(&self, address: u64) -> Option<Place> {
        let loaded = self.headers.iter().filter(|header| header.p_type(self.endian) == PT_LOAD);
        loaded.filter_map(|header| self.rest_of(header, address)).next()
    }

    fn rest_of(&self, header: &H::ProgramHeader, address: u64) -> Option<Place> {
        let skip = address.checked_sub(header.p_vaddr(self.endian).into())?;
        let (offset, size) = header.file_range(self.endian);
        let is_whole = offset.checked_add(size)? <= self.file.len().ok()?;
        let place = Place { offset: offset.checked_add(skip)?, size: size.checked_sub(skip)? };
        (is_whole && place.size > 0).then_some(place)
    }
}

/// A name from the file; a name that is not UTF-8 is shown as well as it can be.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
