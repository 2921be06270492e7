//! gzip in blocks, several of which are compressed at once.
//!
//! The content is cut into blocks of one size, whatever the number of threads. Each is compressed for itself, with what
//! comes before it as dictionary, and ends at a byte (an empty stored block, RFC 1951, 3.2.4). So the blocks are one
//! deflate stream when they are put one behind the other, in one gzip member (RFC 1952), which all readers take; of
//! several members some read the first only.

use std::io::{self, Write};

use flate2::{Compress, Crc, FlushCompress};
use rayon::prelude::*;

use super::LEVEL;

/// Large enough that cutting costs next to nothing, small enough that all cores have one.
const BLOCK: usize = 256 << 10;

/// So far back a deflate stream can refer.
const WINDOW: usize = 32 << 10;

/// No name, no time, "unknown" as the system: no trace of the machine that compressed.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// A last block without content, which ends a deflate stream.
const END: [u8; 2] = [3, 0];

/// A gzip writer whose output depends on nothing but the bytes written to it. It holds two blocks for each thread.
#[derive(Debug)]
pub struct GzipWriter<W> {
    inner: W,
    /// What is still to be written of the header.
    header: &'static [u8],
    /// The end of what was compressed, as dictionary, and behind it what was not yet.
    buffer: Vec<u8>,
    /// How much of the buffer is dictionary.
    compressed: usize,
    /// How much is compressed at once: whole blocks.
    batch: usize,
    crc: Crc,
}

impl<W: Write> GzipWriter<W> {
    pub(super) fn new(inner: W) -> Self {
        let batch = 2 * rayon::current_num_threads() * BLOCK;
        Self { inner, header: &HEADER, buffer: Vec::new(), compressed: 0, batch, crc: Crc::new() }
    }

    /// Ends the file; gives the writer inside.
    ///
    /// # Errors
    /// When the writer inside fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.compress()?;
        self.inner.write_all(&END)?;
        self.inner.write_all(&self.crc.sum().to_le_bytes())?;
        self.inner.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.inner)
    }

    fn compress(&mut self) -> io::Result<()> {
        self.inner.write_all(std::mem::take(&mut self.header))?;
        let starts: Vec<usize> = (self.compressed..self.buffer.len()).step_by(BLOCK).collect();
        let compress = |start: &usize| {
            let (before, from) = self.buffer.split_at(*start);
            let block = from.get(..BLOCK).unwrap_or(from);
            let mut crc = Crc::new();
            crc.update(block);
            Ok((deflate(before.get(start.saturating_sub(WINDOW)..).unwrap_or_default(), block)?, crc))
        };
        let blocks: Vec<(Vec<u8>, Crc)> = starts.par_iter().map(compress).collect::<io::Result<_>>()?;
        for (bytes, crc) in blocks {
            self.inner.write_all(&bytes)?;
            self.crc.combine(&crc);
        }
        self.buffer.drain(..self.buffer.len().saturating_sub(WINDOW));
        self.compressed = self.buffer.len();
        Ok(())
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.compressed + self.batch - self.buffer.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.buffer.extend_from_slice(taken);
        if taken.len() == room {
            self.compress()?;
        }
        Ok(taken.len())
    }

    /// What is not a whole block stays: the bytes must not depend on when somebody asks for this.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A part of a deflate stream that goes on behind `before`.
fn deflate(before: &[u8], block: &[u8]) -> io::Result<Vec<u8>> {
    let mut compress = Compress::new(LEVEL, false);
    if !before.is_empty() {
        compress.set_dictionary(before)?;
    }
    let mut out = Vec::with_capacity(block.len() / 2 + 64);
    let mut rest = block;
    loop {
        let before = compress.total_in();
        compress.compress_vec(rest, &mut out, FlushCompress::Sync)?;
        let read = usize::try_from(compress.total_in() - before).map_err(io::Error::other)?;
        rest = rest.get(read..).unwrap_or_default();
        // All is out when there is room left (zlib.h, `deflate`).
        if rest.is_empty() && out.len() < out.capacity() {
            return Ok(out);
        }
        out.reserve(block.len() / 4 + 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::{decompress, writer};
    use crate::digest::Digest;
    use proptest::prelude::*;

    /// Text that repeats itself over blocks, and numbers that do not.
    fn sample(size: usize) -> Vec<u8> {
        let byte = |n: usize| if n % 7 < 3 { (n * n / 7 % 251) as u8 } else { b"erlang:apply/3 "[n % 15] };
        (0..size).map(byte).collect()
    }

    fn pack(content: &[u8], threads: usize, piece: usize) -> Vec<u8> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let mut writer = writer(Vec::new());
            for piece in content.chunks(piece) {
                writer.write_all(piece).expect("memory");
                writer.flush().expect("memory");
            }
            writer.finish().expect("memory")
        })
    }

    #[test]
    fn the_bytes_depend_neither_on_threads_nor_on_pieces_and_are_golden() {
        let content = sample(5 * BLOCK + 12345);
        let one = pack(&content, 1, content.len());
        assert_eq!(decompress(&one).expect("gzip"), content);
        for (threads, piece) in [(1, 1000), (2, 3 * BLOCK), (5, BLOCK + 1)] {
            assert!(pack(&content, threads, piece) == one, "{threads} threads, pieces of {piece} bytes");
        }
        insta::assert_snapshot!(Digest::of(&one), @"sha256:d5a1c2b3ff61e77a3b5a330f3799e691e3438deace282c705ee41596e7bf6cf7");
    }

    #[test]
    fn a_file_of_blocks_is_one_member_and_hardly_larger_than_one_of_a_piece() {
        let mut content = std::fs::read("/proc/self/exe").expect("this program");
        content.truncate(6 * BLOCK);
        let packed = pack(&content, 2, BLOCK);
        let mut out = Vec::new();
        let mut first_member = flate2::bufread::GzDecoder::new(packed.as_slice());
        io::Read::read_to_end(&mut first_member, &mut out).expect("gzip");
        assert_eq!((out.len(), first_member.into_inner().len()), (content.len(), 0));
        let whole = crate::deflate::compress(&content).expect("memory").len();
        assert!(packed.len() < whole + whole / 100, "{} instead of {whole} bytes", packed.len());
    }

    #[test]
    fn sizes_around_the_end_of_a_block_are_read_back() {
        for size in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK] {
            let content = sample(size);
            assert!(decompress(&pack(&content, 1, size.max(1))).expect("gzip") == content, "{size} bytes");
        }
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("opened");
        let mut writer = writer(&full);
        writer.write_all(&sample(1000)).expect("it is in memory");
        writer.finish().expect_err("no space");
    }

    proptest! {
        #[test]
        fn a_block_of_any_bytes_is_read_back(
            before in prop::collection::vec(any::<u8>(), 0..2000),
            block in prop::collection::vec(any::<u8>(), 0..2000),
        ) {
            let first = deflate(&[], &before).expect("memory");
            let second = deflate(&before, &block).expect("memory");
            let stream = [first.as_slice(), &second, &END].concat();
            let mut out = Vec::new();
            io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(stream.as_slice()), &mut out).expect("deflate");
            prop_assert_eq!(out, [before, block].concat());
        }
    }
}
