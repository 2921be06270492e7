//! The dynamic loader's cache, `/etc/ld.so.cache`: where each shared library of the system lies (ld.so(8)).

use std::collections::BTreeMap;

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER_SIZE: usize = 48;
const ENTRY_SIZE: usize = 24;

/// Library name → paths, in the cache's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LdCache {
    paths: BTreeMap<String, Vec<String>>,
}

impl LdCache {
    /// Reads the format of glibc ≥ 2.2, also where the format of older versions precedes it. Anything else
    /// is an empty cache, as it is for the loader.
    ///
    /// Entries for certain processors only (`glibc-hwcaps`) are left out: the image may run on another.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let start = bytes.windows(MAGIC.len()).position(|window| window == MAGIC);
        let table = start.and_then(|start| bytes.get(start..)).and_then(Table::parse);
        let mut cache = Self::default();
        for (name, path) in table.iter().flat_map(Table::entries) {
            cache.paths.entry(name).or_default().push(path);
        }
        cache
    }

    /// The paths of a library: one for each architecture that the machine has it for.
    pub(super) fn paths(&self, library: &str) -> &[String] {
        self.paths.get(library).map(Vec::as_slice).unwrap_or_default()
    }
}

/// `struct cache_file_new` of glibc's dl-cache.h; offsets of strings count from its beginning.
struct Table<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    entries: &'a [u8],
}

impl<'a> Table<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = bytes.get(28)? & 3 == 3;
        let mut table = Self { bytes, big_endian, entries: &[] };
        let size = usize::try_from(table.number(20)?).ok()?.checked_mul(ENTRY_SIZE)?;
        table.entries = bytes.get(HEADER_SIZE..)?.get(..size)?;
        Some(table)
    }

    fn entries(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let count = self.entries.len() / ENTRY_SIZE;
        (0..count).filter_map(|index| self.entry(HEADER_SIZE + index * ENTRY_SIZE))
    }

    /// `struct file_entry_new`: flags, key, value, osversion (4 bytes each), hwcap (8 bytes).
    fn entry(&self, at: usize) -> Option<(String, String)> {
        let for_any_processor = self.number(at + 16)? == 0 && self.number(at + 20)? == 0;
        for_any_processor.then_some(())?;
        Some((self.string(self.number(at + 4)?)?, self.string(self.number(at + 8)?)?))
    }

    fn number(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
    }

    fn string(&self, at: u32) -> Option<String> {
        let bytes = self.bytes.get(usize::try_from(at).ok()?..)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        String::from_utf8(bytes.get(..end)?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A cache with these entries: name, path, hwcap.
    fn cache(entries: &[(&str, &str, u64)], big_endian: bool) -> Vec<u8> {
        let four = |value: usize| {
            let value = value as u32;
            if big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
        };
        let mut strings = Vec::new();
        let mut table = Vec::new();
        let base = HEADER_SIZE + entries.len() * ENTRY_SIZE;
        for (name, path, hwcap) in entries {
            table.extend(four(3));
            for text in [name, path] {
                table.extend(four(base + strings.len()));
                strings.extend([text.as_bytes(), b"\0"].concat());
            }
            table.extend(four(0));
            table.extend(if big_endian { hwcap.to_be_bytes() } else { hwcap.to_le_bytes() });
        }
        let mut bytes = [MAGIC, &four(entries.len()), &four(strings.len())].concat();
        bytes.push(if big_endian { 3 } else { 2 });
        bytes.resize(HEADER_SIZE, 0);
        [bytes, table, strings].concat()
    }

    #[test]
    fn a_cache_of_either_byte_order_is_read_without_processor_specific_entries() {
        let entries = [
            ("libz.so.1", "/usr/lib/glibc-hwcaps/x86-64-v3/libz.so.1", 1 << 62),
            ("libz.so.1", "/lib/x86_64-linux-gnu/libz.so.1", 0),
            ("libz.so.1", "/lib/i386-linux-gnu/libz.so.1", 0),
        ];
        for big_endian in [false, true] {
            let read = LdCache::parse(&cache(&entries, big_endian));
            let expected = ["/lib/x86_64-linux-gnu/libz.so.1", "/lib/i386-linux-gnu/libz.so.1"];
            assert_eq!(read.paths("libz.so.1"), expected);
            assert_eq!(read.paths("libx.so.1"), [""; 0]);
        }
    }

    #[test]
    fn the_older_format_may_come_first() {
        let old = [b"ld.so-1.7.0\0".as_slice(), &[0; 4]].concat();
        let both = [old, cache(&[("liba.so", "/lib/liba.so", 0)], false)].concat();
        assert_eq!(LdCache::parse(&both).paths("liba.so"), ["/lib/liba.so"]);
    }

    #[test]
    fn this_machines_cache_knows_the_c_library() {
        let bytes = std::fs::read("/etc/ld.so.cache").expect("a cache");
        assert!(!LdCache::parse(&bytes).paths("libc.so.6").is_empty());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = LdCache::parse(&bytes);
            let _ = LdCache::parse(&[MAGIC, &bytes].concat());
        }

        #[test]
        fn a_truncated_cache_never_panics(keep in 0..200_usize) {
            let bytes = cache(&[("liba.so", "/lib/liba.so", 0), ("libb.so", "/lib/libb.so", 0)], false);
            let _ = LdCache::parse(&bytes[..keep.min(bytes.len())]);
        }
    }
}
