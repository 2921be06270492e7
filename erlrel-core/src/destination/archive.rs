//! An image as one archive file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use crate::cache::Cache;
use crate::fs::write_aside_unsynced;
use crate::image::{Image, ImageError, Reference, archive};

/// Writes the archive, unless it is there already; says how many bytes were written.
///
/// That it is there is known from the cache, as long as the file has not changed, or else seen by reading it. Without a
/// cache it is written each time, which does not take longer. It is not made durable: to make it again takes no longer than that,
/// and what reads it knows each blob by its digest.
pub(super) fn write(
    image: &Image,
    names: &[Reference],
    file: &Path,
    cache: Option<&Cache>,
) -> Result<u64, ImageError> {
    if let (Some(cache), Ok(real)) = (cache, file.canonicalize()) {
        let words: Vec<String> = names.iter().map(Reference::to_string).collect();
        let content = format!("archive of {} as {}", image.digest(), words.join(" "));
        if cache.has(&real, &content, || holds(&real, image, names)) {
            return Ok(0);
        }
    }
    write_aside_unsynced(file, |out| archive::write(image, names, out, file))
}

/// True if a file is what would be written.
fn holds(file: &Path, image: &Image, names: &[Reference]) -> bool {
    let size = archive::size(image, names).ok();
    let has_size = file.metadata().is_ok_and(|there| there.is_file() && Some(there.len()) == size);
    let there = if has_size { File::open(file).ok() } else { None };
    there.is_some_and(|there| {
        let mut same = Same { there, part: Vec::new() };
        archive::write(image, names, &mut same, file).is_ok()
    })
}

/// A writer that fails where another content is written than the file has.
struct Same {
    there: File,
    part: Vec<u8>,
}

impl Write for Same {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.resize(bytes.len(), 0);
        self.there.read_exact(&mut self.part)?;
        if self.part == bytes { Ok(bytes.len()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixture::image;

    fn names(text: &str) -> Vec<Reference> {
        vec![Reference::parse(text).expect("a name")]
    }

    #[test]
    fn an_archive_that_is_there_is_not_written_again_and_any_other_file_is() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::open(&dir.path().join("cache")).expect("opened");
        let (file, image, one) = (dir.path().join("a.tar"), image(), names("app:1"));
        let write = |names: &[Reference]| write(&image, names, &file, Some(&cache)).expect("written");
        let size = archive::size(&image, &one).expect("a size");
        assert_eq!(write(&one), size);
        let expected = std::fs::read(&file).expect("read");
        assert_eq!((write(&one), expected.len() as u64), (0, size));
        let mut flipped = expected.clone();
        flipped[expected.len() / 2] ^= 1;
        for other in [flipped.as_slice(), &expected[..600], b"", &[expected.as_slice(), b"x"].concat()] {
            std::fs::write(&file, other).expect("written");
            assert_eq!(write(&one), size, "{} bytes", other.len());
            assert_eq!(std::fs::read(&file).expect("read"), expected);
        }
        assert_eq!(write(&names("app:2")), size, "the name is in it");
    }
}
