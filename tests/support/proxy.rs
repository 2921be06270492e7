//! A proxy before a server, which passes everything on as it is and counts what clients send.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A running proxy.
#[derive(Debug)]
pub(crate) struct Proxy {
    host: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// `GET`, `HEAD` and so on.
    pub(crate) method: String,
    /// Without what stands behind the `?`.
    pub(crate) path: String,
    /// Counted before it is passed on, so that it is complete when the server answers.
    body: Arc<AtomicU64>,
}

impl Sent {
    /// The length of the body, out of its chunks.
    pub(crate) fn body(&self) -> u64 {
        self.body.load(Ordering::SeqCst)
    }
}

impl Proxy {
    /// Starts a proxy before the server on this address.
    pub(crate) fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let host = listener.local_addr().expect("an address").to_string();
        let sent = Arc::<Mutex<Vec<Sent>>>::default();
        let (server, log) = (server.to_string(), sent.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, log) = (server.clone(), log.clone());
                // Whoever goes away first, the other one sees it.
                std::thread::spawn(move || pass(client, &server, &log));
            }
        });
        Self { host, sent }
    }

    /// Host and port of the proxy.
    pub(crate) fn host(&self) -> String {
        self.host.clone()
    }

    /// All requests so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().expect("nobody panicked").clone()
    }

    /// All requests since the last time that this was asked.
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().expect("nobody panicked"))
    }
}

fn pass(client: TcpStream, server: &str, log: &Mutex<Vec<Sent>>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let ended = requests(&mut BufReader::new(client), &server, log);
    let _ = server.shutdown(Shutdown::Both);
    ended
}

/// Passes requests on until the client closes.
fn requests(
    client: &mut BufReader<TcpStream>,
    mut server: &TcpStream,
    log: &Mutex<Vec<Sent>>,
) -> io::Result<()> {
    // A client that tries TLS sees the end of the connection.
    while client.fill_buf()?.first().is_some_and(u8::is_ascii_uppercase) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if client.read_until(b'\n', &mut head)? == 0 {
                return Ok(());
            }
        }
        let (sent, length) = parse(&head).ok_or_else(|| io::Error::other("no HTTP"))?;
        log.lock().expect("nobody panicked").push(sent.clone());
        server.write_all(&head)?;
        match length {
            Some(length) => pass_on(client, length, server, &sent)?,
            None => chunks(client, server, &sent)?,
        }
    }
    Ok(())
}

fn pass_on(
    client: &mut BufReader<TcpStream>,
    length: u64,
    mut server: &TcpStream,
    sent: &Sent,
) -> io::Result<()> {
    let mut rest = client.take(length);
    loop {
        let bytes = rest.fill_buf()?;
        let count = bytes.len();
        if count == 0 {
            return Ok(());
        }
        sent.body.fetch_add(count as u64, Ordering::SeqCst);
        server.write_all(bytes)?;
        rest.consume(count);
    }
}

/// What is asked, and the length of the body; `None` if it comes in chunks.
fn parse(head: &[u8]) -> Option<(Sent, Option<u64>)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(head).ok()?;
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let chunked = header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let length = header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let path = request.path?.split('?').next()?.to_string();
    let method = request.method?.to_string();
    Some((Sent { method, path, body: Arc::default() }, (!chunked).then_some(length)))
}

fn chunks(client: &mut BufReader<TcpStream>, mut server: &TcpStream, sent: &Sent) -> io::Result<()> {
    loop {
        let mut line = String::new();
        client.read_line(&mut line)?;
        server.write_all(line.as_bytes())?;
        let length = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        pass_on(client, length, server, sent)?;
        io::copy(&mut client.take(2), &mut server)?;
        if length == 0 {
            return Ok(());
        }
    }
}

/// How many bytes of bodies went to each path, those of uploads under `uploads`; without paths that got none.
pub(crate) fn bytes_by_path(sent: &[Sent]) -> BTreeMap<String, u64> {
    let mut bytes = BTreeMap::new();
    for request in sent.iter().filter(|request| request.body() > 0) {
        let path = request.path.split_once("/blobs/uploads/").map_or(request.path.as_str(), |_| "uploads");
        *bytes.entry(path.to_string()).or_default() += request.body();
    }
    bytes
}
