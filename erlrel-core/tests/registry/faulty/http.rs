//! HTTP/1.1 as a server speaks it (RFC 9112), with the faults that a network has.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// The head of a request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What stands behind the `?`, as it was sent.
    pub(crate) query: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a parameter of the query.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        form(&self.query, name)
    }

    /// The first value of a parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).into_iter().next()
    }
}

/// All values of a name in `name=value&name=value`, decoded.
pub(crate) fn form(text: &str, name: &str) -> Vec<String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value)).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = hex.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        rest = if byte.is_some() { &tail[2..] } else { tail };
        bytes.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is answered.
#[derive(Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delivery: Delivery,
}

impl Response {
    /// An answer without a body.
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The same with a header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same with a body.
    pub(crate) fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("Content-Type", media_type)
    }
}

/// How a body reaches the client.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Delivery {
    /// At once, with its length.
    #[default]
    Whole,
    /// In chunks.
    Chunked,
    /// In six pieces with so much time before each.
    Slowly(Duration),
    /// So many bytes, and the end of the connection.
    CutAt(usize),
    /// So many bytes, and no more until the client gives up.
    StallsAt(usize),
}

/// A connection as the server has it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Head and body are written one after the other; without this the second waits for the client.
        stream.set_nodelay(true).expect("a connection");
        Self { stream: BufReader::new(stream) }
    }

    /// The head of the next request; `None` when there is none, or it is not HTTP.
    pub(crate) fn request(&mut self) -> Option<Request> {
        if !self.stream.fill_buf().ok()?.first()?.is_ascii_uppercase() {
            return None; // a client that tries TLS
        }
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head).ok()? == 0 {
                return None;
            }
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        parsed.parse(&head).ok()?;
        let (path, query) = parsed.path?.split_once('?').unwrap_or((parsed.path?, ""));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = parsed.headers.iter().map(|header| (header.name.to_string(), text(header.value)));
        let method = parsed.method?.to_string();
        Some(Request { method, path: path.into(), query: query.into(), headers: headers.collect() })
    }

    /// The body of a request, or its first `at_most` bytes.
    pub(crate) fn body(&mut self, request: &Request, at_most: usize) -> io::Result<Vec<u8>> {
        if request.header("Expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            self.stream.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let mut body = Vec::new();
        if request.header("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            while body.len() < at_most && self.chunk(&mut body)? > 0 {}
            body.truncate(at_most);
            return Ok(body);
        }
        let length = request.header("Content-Length").and_then(|value| value.parse().ok()).unwrap_or(0);
        body.resize(at_most.min(length), 0);
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    fn chunk(&mut self, body: &mut Vec<u8>) -> io::Result<usize> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let start = body.len();
        body.resize(start + length, 0);
        self.stream.read_exact(&mut body[start..])?;
        self.stream.read_exact(&mut [0; 2])?;
        Ok(length)
    }

    /// Answers; true if the connection can take another request.
    pub(crate) fn answer(&mut self, request: &Request, response: &Response) -> io::Result<bool> {
        let out = self.stream.get_mut();
        out.write_all(head(response).as_bytes())?;
        if request.method == "HEAD" || response.status == 204 {
            return Ok(!matches!(response.delivery, Delivery::CutAt(_)));
        }
        let body = &response.body[..];
        match response.delivery {
            Delivery::Whole => out.write_all(body)?,
            Delivery::Chunked => chunks(out, body)?,
            Delivery::Slowly(pause) => slowly(out, body, pause)?,
            Delivery::CutAt(at) => {
                out.write_all(body.get(..at).unwrap_or(body))?;
                return Ok(false);
            }
            Delivery::StallsAt(at) => {
                out.write_all(body.get(..at).unwrap_or(body))?;
                self.await_end()?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Until the client closes.
    pub(crate) fn await_end(&mut self) -> io::Result<()> {
        io::copy(&mut self.stream, &mut io::sink()).map(|_| ())
    }

    /// Ends the connection.
    pub(crate) fn cut(&self) {
        // It may be closed already, which is as good.
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
    }
}

fn head(response: &Response) -> String {
    let mut head = format!("HTTP/1.1 {} Answer\r\n", response.status);
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &match response.delivery {
        _ if response.status == 204 => String::new(),
        Delivery::Chunked => "Transfer-Encoding: chunked\r\n".into(),
        _ => format!("Content-Length: {}\r\n", response.body.len()),
    };
    head + "\r\n"
}

fn chunks(out: &mut TcpStream, body: &[u8]) -> io::Result<()> {
    for chunk in body.chunks(1000) {
        write!(out, "{:x}\r\n", chunk.len())?;
        out.write_all(chunk)?;
        out.write_all(b"\r\n")?;
    }
    out.write_all(b"0\r\n\r\n")
}

fn slowly(out: &mut TcpStream, body: &[u8], pause: Duration) -> io::Result<()> {
    for piece in body.chunks(body.len() / 6 + 1) {
        std::thread::sleep(pause);
        out.write_all(piece)?;
    }
    Ok(())
}
