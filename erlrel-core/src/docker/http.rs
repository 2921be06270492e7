//! As much HTTP/1.1 as one request with a streamed body, or one with a streamed answer, needs (RFC 9112).

use std::io::{self, BufRead, BufReader, Read, Write};

/// The longest answer that is read whole.
const MAX_ANSWER: u64 = 1 << 20;

/// The longest head of an answer.
const MAX_HEAD: u64 = 1 << 16;

/// The longest line before a chunk.
const MAX_LINE: u64 = 1 << 10;

/// A writer of a body in chunks (RFC 9112, 7.1): each write becomes one.
#[derive(Debug)]
pub(super) struct ChunkedWriter<W> {
    inner: W,
    written: u64,
}

impl<W: Write> ChunkedWriter<W> {
    /// Wraps `inner`, to which the head of the request has been written.
    pub(super) fn new(inner: W) -> Self {
        Self { inner, written: 0 }
    }

    /// Ends the body; says how many bytes it had.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.inner.write_all(b"0\r\n\r\n")?;
        self.inner.flush()?;
        Ok(self.written)
    }
}

impl<W: Write> Write for ChunkedWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if !buf.is_empty() {
            write!(self.inner, "{:x}\r\n", buf.len())?;
            self.inner.write_all(buf)?;
            self.inner.write_all(b"\r\n")?;
            self.written += buf.len() as u64;
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// An answer that was read whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status code.
    pub(super) status: u16,
    /// The body, out of its chunks.
    pub(super) body: Vec<u8>,
}

/// Reads an answer to its end, which is where its length or its last chunk says, or where the peer closes.
///
/// # Errors
/// When reading fails, the answer is too long, or it is not HTTP.
pub(super) fn read_answer(from: impl Read) -> io::Result<Answer> {
    let (status, body) = open_answer(from)?;
    read_body(status, body)
}

/// Reads the rest of an answer.
///
/// # Errors
/// When reading fails, or it is too long.
pub(super) fn read_body(status: u16, body: impl Read) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    body.take(MAX_ANSWER + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_ANSWER {
        return Err(invalid("the answer is too long"));
    }
    Ok(Answer { status, body: bytes })
}

/// Reads the head of an answer: its status, and its body that is still to be read.
///
/// # Errors
/// When reading fails or it is not HTTP.
pub(super) fn open_answer<R: Read>(from: R) -> io::Result<(u16, Body<R>)> {
    let mut from = BufReader::with_capacity(1 << 16, from);
    let head = read_head(&mut from)?;
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(&head).map_err(|error| invalid(format!("the answer is not HTTP: {error}")))?;
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).map(str::trim)
    };
    let chunked = header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let length = header("content-length").and_then(|value| value.parse().ok());
    let left = match length {
        _ if chunked => Left::Chunks(0),
        Some(length) => Left::Bytes(length),
        None => Left::UntilClosed,
    };
    Ok((response.code.unwrap_or_default(), Body { from, left }))
}

/// Everything up to the empty line.
fn read_head(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut from = from.take(MAX_HEAD);
    while !head.ends_with(b"\r\n\r\n") {
        if from.read_until(b'\n', &mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// A body; reading it fails when the peer closes before its end.
#[derive(Debug)]
pub(super) struct Body<R> {
    from: BufReader<R>,
    left: Left,
}

/// What is still to come.
#[derive(Debug)]
enum Left {
    Bytes(u64),
    /// So many bytes of this chunk, then more chunks.
    Chunks(u64),
    UntilClosed,
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Left::Chunks(0) = self.left {
            self.left = match self.chunk_size()? {
                0 => Left::Bytes(0),
                size => Left::Chunks(size),
            };
        }
        let left = match &mut self.left {
            Left::UntilClosed => return self.from.read(buf),
            Left::Bytes(left) | Left::Chunks(left) => left,
        };
        let wanted = usize::try_from(*left).unwrap_or(usize::MAX).min(buf.len());
        if wanted == 0 {
            return Ok(0);
        }
        let n = self.from.read(buf.get_mut(..wanted).unwrap_or_default())?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        *left -= n as u64;
        if let Left::Chunks(0) = self.left {
            self.line()?;
        }
        Ok(n)
    }
}

impl<R: Read> Body<R> {
    fn chunk_size(&mut self) -> io::Result<u64> {
        match httparse::parse_chunk_size(&self.line()?) {
            Ok(httparse::Status::Complete((_, size))) => Ok(size),
            _ => Err(invalid("the answer has a bad chunk size")),
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        (&mut self.from).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.ends_with(b"\n") { Ok(line) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(text: &str) -> String {
        let answer = read_answer(text.as_bytes()).expect("an answer");
        format!("{} {}", answer.status, String::from_utf8(answer.body).expect("text"))
    }

    #[test]
    fn a_body_ends_where_it_says() {
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello"), "200 he");
        assert_eq!(body("HTTP/1.1 500 Oh\r\n\r\nhello"), "500 hello");
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
        assert_eq!(body(chunked), "200 hello");
    }

    #[test]
    fn what_is_written_in_chunks_is_read_from_chunks() {
        let mut writer =
            ChunkedWriter::new(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec());
        writer.write_all(b"hello ").expect("memory");
        writer.write_all(&[b'x'; 300]).expect("memory");
        let bytes = {
            let ChunkedWriter { mut inner, .. } = writer;
            inner.extend_from_slice(b"0\r\n\r\n");
            inner
        };
        assert_eq!(read_answer(bytes.as_slice()).expect("an answer").body.len(), 306);
    }

    #[test]
    fn half_an_answer_is_none() {
        for text in
            ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "garbage\r\n\r\n"]
        {
            read_answer(text.as_bytes()).expect_err(text);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_answer(bytes.as_slice());
            let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            chunked.extend(bytes);
            let _ = read_answer(chunked.as_slice());
        }
    }
}
