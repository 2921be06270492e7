//! The one place where zstd (RFC 8878) is written and read.
//!
//! A layer's digest is one of compressed bytes, so all that decides them is fixed here but for the level: the size of the
//! jobs that are compressed at once, the window, the checksum.

use std::fmt;
use std::io::{self, Read, Write};

use zstd::stream::{read, write};
use zstd::zstd_safe::{CParameter, version_number};

/// The levels that there are.
pub(crate) const LEVELS: std::ops::RangeInclusive<u8> = 1..=22;

/// zstd's own default.
pub(crate) const DEFAULT_LEVEL: u8 = 3;

/// With jobs of one size the bytes are the same for any number of threads (zstd.h, `ZSTD_c_jobSize`). Each job begins with
/// some of what lies before it; on high levels that is more than this, so they have the larger ones that zstd chooses.
const JOB: u32 = 2 << 20;

/// The first level with jobs of zstd's own size.
const HIGH: u8 = 13;

/// 8 MiB, which every reader is asked to have memory for (RFC 8878, 3.1.1.1.2); the highest levels would take more.
const MAX_WINDOW_LOG: u32 = 23;

/// The first level whose window is larger than that.
const ULTRA: u8 = 20;

/// A writer of one frame, whose bytes depend on nothing but those written to it and the level.
pub(crate) struct Writer<W: Write>(write::Encoder<'static, W>);

impl<W: Write> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<W: Write> Writer<W> {
    /// Compresses at one of the [`LEVELS`], with as many threads as this process uses for one piece of work.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn new(inner: W, level: u8) -> io::Result<Self> {
        let mut encoder = write::Encoder::new(inner, level.into())?;
        encoder.include_checksum(true)?;
        if level >= ULTRA {
            encoder.window_log(MAX_WINDOW_LOG)?;
        }
        encoder.multithread(u32::try_from(rayon::current_num_threads()).unwrap_or(1).max(1))?;
        if level < HIGH {
            encoder.set_parameter(CParameter::JobSize(JOB))?;
        }
        Ok(Self(encoder))
    }

    /// Ends the frame; gives the writer inside.
    ///
    /// # Errors
    /// When the writer inside fails.
    pub(crate) fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    /// What is not compressed yet stays: the bytes must not depend on when somebody asks for this.
    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}

/// A reader of the content of any number of frames.
///
/// # Errors
/// When there is no memory for it.
pub(crate) fn reader<R: Read + Send + 'static>(inner: R) -> io::Result<impl Read + Send> {
    read::Decoder::new(inner)
}

/// True if `bytes` begin as a frame does.
pub(crate) fn is_zstd(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

/// The version of the compressor, which decides the bytes too.
pub(crate) fn version() -> u32 {
    version_number()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use std::io::Cursor;

    fn sample(size: usize) -> Vec<u8> {
        let byte = |n: usize| if n % 7 < 3 { (n * n / 7 % 251) as u8 } else { b"erlang:apply/3 "[n % 15] };
        (0..size).map(byte).collect()
    }

    fn pack(content: &[u8], level: u8, (threads, piece): (usize, usize)) -> Vec<u8> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let mut writer = Writer::new(Vec::new(), level).expect("memory");
            for piece in content.chunks(piece) {
                writer.write_all(piece).expect("memory");
                writer.flush().expect("memory");
            }
            writer.finish().expect("memory")
        })
    }

    fn unpack(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        reader(Cursor::new(bytes))?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn the_bytes_depend_neither_on_threads_nor_on_pieces_and_are_golden() {
        for size in [0, 1000, 5 * JOB as usize + 12345] {
            let content = sample(size);
            let one = pack(&content, DEFAULT_LEVEL, (1, size.max(1)));
            assert_eq!(unpack(one.clone()).expect("zstd"), content);
            for (threads, piece) in [(1, 1000), (2, 3_000_000), (5, 131_073)] {
                let other = pack(&content, DEFAULT_LEVEL, (threads, piece));
                assert!(other == one, "{size} bytes: {threads} threads, pieces of {piece}");
            }
        }
        let digest = Digest::of(&pack(&sample(3 << 20), DEFAULT_LEVEL, (2, 1 << 20)));
        insta::assert_snapshot!(digest, @"sha256:0753360dbd1c3b024c381107639c77025e0e079a2bdbf8d741bb9a7e15ca4f32");
    }

    #[test]
    fn every_level_can_be_read_by_those_that_have_eight_mebibytes() {
        let content = sample(100_000);
        for level in LEVELS {
            let packed = pack(&content, level, (1, content.len()));
            let mut reader = read::Decoder::new(Cursor::new(packed)).expect("memory");
            reader.window_log_max(MAX_WINDOW_LOG).expect("a window");
            let mut out = Vec::new();
            reader.read_to_end(&mut out).expect("zstd");
            assert!(out == content, "level {level}");
        }
    }

    #[test]
    fn several_frames_are_one_content_and_damage_is_an_error() {
        let packed = pack(b"hello", 1, (1, 5));
        assert!(is_zstd(&packed));
        assert_eq!(unpack([packed.clone(), packed.clone()].concat()).expect("zstd"), b"hellohello");
        for at in [4, packed.len() - 1] {
            let mut damaged = packed.clone();
            damaged[at] ^= 1;
            unpack(damaged).expect_err("damaged");
        }
        unpack(packed[..packed.len() - 1].to_vec()).expect_err("too short");
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("opened");
        let mut writer = Writer::new(&full, DEFAULT_LEVEL).expect("memory");
        writer.write_all(&sample(1000)).expect("it is in memory");
        writer.finish().expect_err("no space");
    }
}
