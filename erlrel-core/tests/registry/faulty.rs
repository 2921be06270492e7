//! A registry in memory, with the ways and faults of real ones: three servers on this machine, of which only the
//! registry itself and the one that gives tokens may see credentials. It writes down every request.

mod auth;
mod http;
mod quirks;
mod routes;
mod store;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

pub(crate) use auth::{BASIC, IDENTITY_BASIC, IDENTITY_TOKEN, PASSWORD, USER};
use auth::{Tokens, refused};
use http::{Connection, Delivery, Request, Response};
pub(crate) use quirks::*;
pub(crate) use store::Manifest;
use store::Store;

use crate::fixture::REPOSITORY;

/// No client needs so many requests here; what comes after is refused, so that a loop ends.
const MANY: usize = 3_000;

/// A running registry; it ends with this value.
#[derive(Debug)]
pub(crate) struct Faulty {
    site: Arc<Site>,
}

/// One of the three servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Registry,
    /// Where blobs may lie.
    Storage,
    /// Who gives tokens.
    Tokens,
}

const HOSTS: [Host; 3] = [Host::Registry, Host::Storage, Host::Tokens];

/// A request as it is written down.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub(crate) host: Host,
    pub(crate) step: Step,
    pub(crate) head: Request,
    /// How many bytes of a body came.
    pub(crate) body: usize,
}

impl Logged {
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.head.header("Authorization")
    }
}

#[derive(Debug)]
struct Site {
    quirks: Quirks,
    addresses: Vec<SocketAddr>,
    stopping: AtomicBool,
    store: Mutex<Store>,
    tokens: Mutex<Tokens>,
    log: Mutex<Vec<Logged>>,
    /// How often each fault is still to come.
    faults: Mutex<Vec<usize>>,
}

impl Faulty {
    /// Starts a registry with these ways.
    pub(crate) fn start(quirks: Quirks) -> Self {
        let listeners = HOSTS.map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
        let addresses = listeners.iter().map(|listener| listener.local_addr().expect("an address"));
        let site = Arc::new(Site {
            addresses: addresses.collect(),
            faults: Mutex::new(quirks.faults.iter().map(|fault| fault.times).collect()),
            quirks,
            stopping: AtomicBool::new(false),
            store: Mutex::default(),
            tokens: Mutex::default(),
            log: Mutex::default(),
        });
        for (host, listener) in HOSTS.into_iter().zip(listeners) {
            let site = site.clone();
            std::thread::spawn(move || listen(&site, host, &listener));
        }
        Self { site }
    }

    /// The registry's host and port.
    pub(crate) fn host(&self) -> String {
        self.site.address(Host::Registry)
    }

    /// Host and port of one of the servers.
    pub(crate) fn address(&self, host: Host) -> String {
        self.site.address(host)
    }

    /// All requests so far, of all servers.
    pub(crate) fn requests(&self) -> Vec<Logged> {
        self.site.log.lock().expect("nobody panicked").clone()
    }

    /// How many requests there were of a kind.
    pub(crate) fn count(&self, step: Step) -> usize {
        self.requests().iter().filter(|request| request.step == step).count()
    }

    /// Looks into what is stored, or changes it.
    pub(crate) fn store<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        self.site.store(look)
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.site.stopping.store(true, Ordering::SeqCst);
        for address in &self.site.addresses {
            // Wakes the one that waits for a connection.
            drop(TcpStream::connect(address));
        }
    }
}

fn listen(site: &Arc<Site>, host: Host, listener: &TcpListener) {
    for stream in listener.incoming() {
        if site.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let site = site.clone();
        std::thread::spawn(move || {
            let mut connection = Connection::new(stream);
            // A client that goes away is none of the server's troubles.
            while matches!(site.exchange(host, &mut connection), Ok(true)) {}
            connection.cut();
        });
    }
}

impl Site {
    fn address(&self, host: Host) -> String {
        let at = HOSTS.iter().position(|other| *other == host).expect("one of them");
        self.addresses[at].to_string()
    }

    fn store<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        look(&mut self.store.lock().expect("nobody panicked"))
    }

    /// One request and its answer; true if another may follow on the connection.
    fn exchange(&self, host: Host, connection: &mut Connection) -> io::Result<bool> {
        let Some(request) = connection.request() else { return Ok(false) };
        let step = routes::step(&request);
        let number = self.note(Logged { host, step, head: request.clone(), body: 0 });
        let fault = self.take_fault(host, step);
        let uploading = matches!(step, Step::Patch | Step::Put | Step::ManifestPut);
        match fault {
            Some(What::HangsUp) => return Ok(false),
            Some(What::Silent) => return connection.await_end().map(|()| false),
            Some(What::Early(status)) => {
                connection.answer(&request, &self.early(status))?;
                return Ok(false);
            }
            Some(What::CutAt(at)) if uploading => {
                let body = connection.body(&request, at)?;
                self.half_uploaded(&request, body);
                return Ok(false);
            }
            _ => {}
        }
        let body = connection.body(&request, usize::MAX)?;
        self.log.lock().expect("nobody panicked")[number].body = body.len();
        let response = self.respond(host, &request, body, fault, number);
        connection.answer(&request, &response)
    }

    fn note(&self, request: Logged) -> usize {
        let mut log = self.log.lock().expect("nobody panicked");
        log.push(request);
        log.len() - 1
    }

    /// The fault that this request meets. Where blobs are elsewhere, it is there that something goes wrong.
    fn take_fault(&self, host: Host, step: Step) -> Option<What> {
        if host == Host::Registry && step == Step::BlobGet && self.quirks.redirect == Redirect::OtherHost {
            return None;
        }
        let mut left = self.faults.lock().expect("nobody panicked");
        let mut faults = self.quirks.faults.iter().zip(left.iter_mut());
        let (fault, left) = faults.find(|(fault, left)| fault.on == step && **left > 0)?;
        *left -= 1;
        Some(fault.what.clone())
    }

    /// An answer that does not wait for the content. Whoever says 401 says what it wants, as RFC 9110, 15.5.2 demands.
    fn early(&self, status: u16) -> Response {
        let response = refused(status, "EARLY", "not now");
        if status != 401 {
            return response;
        }
        let push = [(REPOSITORY.to_string(), "push".to_string())];
        response.with("WWW-Authenticate", self.bearer(&push))
    }

    fn respond(
        &self,
        host: Host,
        request: &Request,
        body: Vec<u8>,
        fault: Option<What>,
        number: usize,
    ) -> Response {
        let mut response = match (&fault, host) {
            _ if number > MANY => refused(400, "TOOMANY", "the client does not come to an end"),
            (Some(What::Busy(status, after)), _) => busy(*status, after.as_deref()),
            (Some(What::Page(status)), _) => page(*status),
            (Some(What::Leads(place)), _) => Response::new(307).with("Location", place),
            (_, Host::Registry) => self.registry(request, body),
            (_, Host::Storage) => self.storage(request, body),
            (_, Host::Tokens) => self.token(request, &body),
        };
        response.delivery = match fault {
            Some(What::CutAt(at)) => Delivery::CutAt(at),
            Some(What::StallsAt(at)) => Delivery::StallsAt(at),
            Some(What::Slowly(pause)) => Delivery::Slowly(pause),
            _ if self.quirks.chunked => Delivery::Chunked,
            _ => Delivery::Whole,
        };
        response
    }
}

fn busy(status: u16, after: Option<&str>) -> Response {
    let response = refused(status, "TOOMANYREQUESTS", "slow down");
    after.into_iter().fold(response, |response, after| response.with("Retry-After", after))
}

fn page(status: u16) -> Response {
    let text =
        format!("<html>\r\n<head><title>{status} Bad Gateway</title></head>\r\n<body>nginx</body></html>");
    Response::new(status).body("text/html", text)
}
