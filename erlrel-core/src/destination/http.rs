//! As much HTTP/1.1 as one request with a streamed body needs (RFC 9112).

use std::io::{self, Read, Write};

/// The longest answer that is read.
const MAX_ANSWER: usize = 1 << 20;

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

/// An answer.
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
pub(super) fn read_answer(mut from: impl Read) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let n = from.read(&mut buffer)?;
        bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
        if let Some(answer) = parse(&bytes, n == 0).map_err(invalid)? {
            return Ok(answer);
        }
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if bytes.len() > MAX_ANSWER {
            return Err(invalid("the answer is too long"));
        }
    }
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// The answer that `bytes` begin with; `None` if it is not complete yet.
fn parse(bytes: &[u8], closed: bool) -> Result<Option<Answer>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let status = response.parse(bytes).map_err(|error| format!("the answer is not HTTP: {error}"))?;
    let httparse::Status::Complete(length) = status else { return Ok(None) };
    let rest = bytes.get(length..).unwrap_or_default();
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let body = if header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        unchunk(rest)?
    } else if let Some(length) = header("content-length").and_then(|value| value.trim().parse::<usize>().ok())
    {
        rest.get(..length).map(<[u8]>::to_vec)
    } else {
        closed.then(|| rest.to_vec())
    };
    Ok(body.map(|body| Answer { status: response.code.unwrap_or_default(), body }))
}

/// The content of a chunked body; `None` if its last chunk is not there yet.
fn unchunk(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut body = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(bytes).map_err(|_| "the answer has a bad chunk size")?;
        let httparse::Status::Complete((at, size)) = size else { return Ok(None) };
        if size == 0 {
            return Ok(Some(body));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let rest = bytes.get(at..).unwrap_or_default();
        let (Some(chunk), Some(next)) = (rest.get(..size), rest.get(size.saturating_add(2)..)) else {
            return Ok(None);
        };
        body.extend_from_slice(chunk);
        bytes = next;
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
