//! The memory of a loaded file: virtual addresses resolved to bytes.

use object::Endianness;
use object::elf::{PT_INTERP, PT_LOAD};
use object::pod::Pod;
use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader};

use super::ElfError;

/// A file and its program headers.
pub(super) struct Segments<'data, H: FileHeader<Endian = Endianness>> {
    pub(super) bytes: &'data [u8],
    pub(super) endian: Endianness,
    pub(super) headers: &'data [H::ProgramHeader],
}

impl<'data, H: FileHeader<Endian = Endianness>> Segments<'data, H> {
    /// The path in `PT_INTERP`.
    pub(super) fn interpreter(&self) -> Result<Option<String>, ElfError> {
        let damaged = |_| ElfError::Damaged { what: "the program interpreter" };
        let Some(header) = self.headers.iter().find(|header| header.p_type(self.endian) == PT_INTERP) else {
            return Ok(None);
        };
        let path = header.interpreter(self.endian, self.bytes).map_err(damaged)?;
        Ok(path.filter(|path| !path.is_empty()).map(text))
    }

    /// The entries of `PT_DYNAMIC`; none in a static program.
    pub(super) fn dynamic_entries(&self) -> Result<&'data [H::Dyn], ElfError> {
        for header in self.headers {
            let entries = header.dynamic(self.endian, self.bytes);
            if let Some(entries) = entries.map_err(|_| ElfError::Damaged { what: "the dynamic segment" })? {
                return Ok(entries);
            }
        }
        Ok(&[])
    }

    /// The bytes of a loaded segment from a virtual address to the segment's end.
    pub(super) fn memory(&self, address: u64) -> Option<&'data [u8]> {
        let loaded = self.headers.iter().filter(|header| header.p_type(self.endian) == PT_LOAD);
        loaded.filter_map(|header| self.rest_of(header, address)).next()
    }

    fn rest_of(&self, header: &H::ProgramHeader, address: u64) -> Option<&'data [u8]> {
        let skip = address.checked_sub(header.p_vaddr(self.endian).into())?;
        let data = header.data(self.endian, self.bytes).ok()?;
        data.get(usize::try_from(skip).ok()?..).filter(|rest| !rest.is_empty())
    }

    /// The structure at a virtual address.
    pub(super) fn structure<T: Pod>(&self, address: u64) -> Option<&'data T> {
        self.memory(address)?.read_at(0).ok()
    }
}

/// A name from the file; a name that is not UTF-8 is shown as well as it can be.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
