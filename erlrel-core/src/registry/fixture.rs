//! For tests: a server that answers as a test says, and a clock that does not wait.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::{Clock, Pause, Registry, RegistryOptions, RemoteRepository};
use crate::image::Reference;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Heard {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Method and target.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// An answer as a test wants it.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut: Option<usize>,
}

pub(super) fn reply(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

impl Reply {
    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(super) fn is_success(&self) -> bool {
        self.status < 300
    }

    /// The connection ends after so many bytes of the body.
    pub(super) fn cut(mut self, at: usize) -> Self {
        self.cut = Some(at);
        self
    }
}

type Answer = dyn Fn(&Heard) -> Reply + Send + Sync;

/// A server on a port of this machine, until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn start(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (heard, ended) = (Arc::<Mutex<Vec<Heard>>>::default(), Arc::new(AtomicBool::new(false)));
        let (log, stop, answer): (_, _, Arc<Answer>) = (heard.clone(), ended.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (log, answer) = (log.clone(), answer.clone());
                std::thread::spawn(move || serve(&stream, &log, &*answer));
            }
        });
        Self { address, heard, ended }
    }

    /// All requests so far.
    pub(super) fn heard(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().expect("no panic")
    }

    /// Method and target of all requests, a line each.
    pub(super) fn lines(&self) -> String {
        let lines: Vec<String> = self.heard().iter().map(Heard::line).collect();
        lines.join("\n").replace(&self.address.to_string(), "SERVER")
    }

    /// The repository `a/b` there, spoken to without TLS.
    pub(super) fn repository(&self, options: RegistryOptions) -> RemoteRepository {
        let mut options = options;
        options.plain_http.insert(self.address.to_string());
        self.named("a/b", &Registry::new(options))
    }

    pub(super) fn named(&self, path: &str, registry: &Registry) -> RemoteRepository {
        let name = Reference::parse(&format!("{}/{path}", self.address)).expect("a name");
        registry.repository(&name.repository())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, log: &Mutex<Vec<Heard>>, answer: &Answer) {
    let mut reader = BufReader::new(stream);
    while let Ok(Some(heard)) = hear(&mut reader) {
        log.lock().expect("no panic").push(heard.clone());
        if !say(stream, &heard, answer(&heard)).unwrap_or(false) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

/// A request; `None` if there is no more, or none of HTTP.
fn hear(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Heard>> {
    let mut first = String::new();
    if reader.fill_buf()?.first() == Some(&22) || reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace().map(str::to_string);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let mut heard = Heard { method, target, ..Heard::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        heard.headers.insert(name.to_ascii_lowercase(), value.trim().into());
    }
    if heard.header("expect") == "100-continue" {
        reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length = heard.header("content-length").parse().unwrap_or(0);
    reader.take(length).read_to_end(&mut heard.body)?;
    Ok(Some(heard))
}

/// False if the connection is not to be used again.
fn say(mut stream: &TcpStream, heard: &Heard, reply: Reply) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {} x\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !reply.headers.iter().any(|(name, _)| name == "content-length") {
        head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if heard.method != "HEAD" {
        stream.write_all(&reply.body[..reply.cut.unwrap_or(reply.body.len())])?;
    }
    Ok(reply.cut.is_none())
}

/// A clock that does not wait, and remembers how long it should have.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    pub(super) now: u64,
    /// True for a host that does not want to wait.
    pub(super) stopped: bool,
    pub(super) pauses: Mutex<Vec<Pause>>,
}

impl Clock for Recorded {
    fn now(&self) -> Option<u64> {
        Some(self.now)
    }

    fn wait(&self, pause: &Pause) -> bool {
        self.pauses.lock().expect("no panic").push(pause.clone());
        !self.stopped
    }

    fn random(&self) -> u32 {
        0
    }
}

impl Recorded {
    pub(super) fn waits(&self) -> Vec<Duration> {
        self.pauses.lock().expect("no panic").iter().map(|pause| pause.duration).collect()
    }
}

/// Options that wait for nothing.
pub(super) fn options() -> RegistryOptions {
    RegistryOptions {
        clock: Arc::new(Recorded::default()),
        timeout: Duration::from_secs(5),
        ..RegistryOptions::default()
    }
}

/// The same for somebody: `me` with the password `word` at this host.
pub(super) fn known_at(host: &str) -> RegistryOptions {
    let config = format!(r#"{{"auths":{{"{host}":{{"username":"me","password":"word"}}}}}}"#);
    let environment = [("DOCKER_AUTH_CONFIG".to_string(), config)].into_iter().collect();
    RegistryOptions { environment, ..options() }
}

/// The same for somebody with an identity token at this host.
pub(super) fn identified_at(host: &str) -> RegistryOptions {
    let config = format!(r#"{{"auths":{{"{host}":{{"identitytoken":"id+token"}}}}}}"#);
    let environment = [("DOCKER_AUTH_CONFIG".to_string(), config)].into_iter().collect();
    RegistryOptions { environment, ..options() }
}
