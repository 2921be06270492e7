//! Tar files as maps, for comparing.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The regular files of a gzip-compressed tar file by path; of equal paths the last, as in unpacking.
pub(crate) fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    read(flate2::read::GzDecoder::new(file))
}

/// The regular files of a tar file by path.
pub(crate) fn read(tar: impl Read) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(tar);
    let mut files = BTreeMap::new();
    for entry in archive.entries().expect("a tar file") {
        let mut entry = entry.expect("an entry");
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("content");
        let path = entry.path().expect("a path").display().to_string();
        files.insert(path, bytes);
    }
    files
}

/// The content of a gzip file, or the bytes themselves if they are none.
pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes.to_vec();
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain).expect("gzip");
    plain
}
