//! A port mapper that runs, and how it is called.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::port::free_port;
use crate::support::said::{Said, said};
use crate::support::tool;

/// Whose port mapper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Maker {
    Otp,
    Erlrel,
}

pub(super) const MAKERS: [Maker; 2] = [Maker::Otp, Maker::Erlrel];

impl Maker {
    pub(super) fn command(self) -> Command {
        let mut command = match self {
            Self::Otp => tool("epmd", "erlang-base"),
            Self::Erlrel => Command::new(env!("CARGO_BIN_EXE_erlrel-boot")),
        };
        for variable in ["ERL_EPMD_PORT", "ERL_EPMD_ADDRESS", "ERL_EPMD_RELAXED_COMMAND_CHECK"] {
            command.env_remove(variable);
        }
        command.arg0("epmd");
        command
    }

    /// A shell script that calls it by `"$0"`. By the words alone the shell would not call it epmd: that is a link in this
    /// directory.
    pub(super) fn in_script(self, script: &str, directory: &Path) -> Command {
        let by_name = self.command();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        match self {
            Self::Otp => command.arg(by_name.get_program()),
            Self::Erlrel => {
                let link = directory.join("epmd");
                std::os::unix::fs::symlink(by_name.get_program(), &link).expect("a new directory");
                command.arg(link)
            }
        };
        for (variable, _) in by_name.get_envs() {
            command.env_remove(variable);
        }
        command
    }

    /// What it says when it is called so for this port.
    pub(super) fn say(self, port: u16, words: &[&str]) -> Said {
        said(self.command().args(["-port", &port.to_string()]).args(words))
    }

    pub(super) fn serving(self, words: &[&str]) -> Mapper {
        Self::serving_by(self.command(), words)
    }

    /// The one that this command starts with these words.
    pub(super) fn serving_by(mut command: Command, words: &[&str]) -> Mapper {
        let port = free_port();
        command.args(["-port", &port.to_string()]).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mapper = Mapper { port, child: command.spawn().expect("started") };
        mapper.await_it();
        mapper
    }
}

/// It ends with the test.
#[derive(Debug)]
pub(super) struct Mapper {
    pub(super) port: u16,
    child: Child,
}

impl Mapper {
    fn await_it(&self) {
        let answers = || TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok();
        for _ in 0..1_000 {
            if answers() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not listen on {}", self.port);
    }

    pub(super) fn connect(&self) -> TcpStream {
        self.connect_to(Ipv4Addr::LOCALHOST.into())
    }

    pub(super) fn connect_to(&self, address: IpAddr) -> TcpStream {
        let connection = TcpStream::connect((address, self.port)).expect("connected");
        // Longer than any test waits; what would hang forever fails so.
        connection.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        connection
    }

    /// The answer to these bytes, all of it.
    pub(super) fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        answer_on(self.connect(), bytes)
    }

    /// Makes a node known; it lives as long as what is returned. With that comes the answer, of so many bytes.
    pub(super) fn register(&self, bytes: &[u8], length: usize) -> (TcpStream, Vec<u8>) {
        let mut connection = self.connect();
        connection.write_all(bytes).expect("sent");
        let mut answer = vec![0; length];
        connection.read_exact(&mut answer).expect("an answer");
        (connection, answer)
    }

    /// The nodes as the list of names has them.
    pub(super) fn names(&self) -> String {
        let answer = self.answer(&request(b'n', b""));
        assert_eq!(answer[..4], u32::from(self.port).to_be_bytes());
        String::from_utf8_lossy(&answer[4..]).into_owned()
    }

    /// Waits until the list of names is this one: that a node has gone comes to be known a moment later. One that has
    /// ended has no list.
    pub(super) fn comes_to_have(&self, names: &str) {
        let now = |_| {
            let found = self.names() == names;
            if !found {
                std::thread::sleep(Duration::from_millis(10));
            }
            found
        };
        assert!((0..6_000).any(now), "{names} expected: {}", self.names());
    }

    /// The exit code, once it has ended by itself.
    pub(super) fn wait(mut self) -> Option<i32> {
        self.child.wait().expect("ended").code()
    }
}

impl Drop for Mapper {
    fn drop(&mut self) {
        // It may have ended, and is nobody else's child.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port mapper in the background at this port, if there is one. It ends with the test.
#[derive(Debug)]
pub(super) struct Daemon(pub(super) u16);

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended.
        let _ = Maker::Erlrel.command().args(["-port", &self.0.to_string(), "-kill"]).output();
    }
}

pub(super) fn answer_on(mut connection: TcpStream, bytes: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    // It may hang up before all has been sent, or without having read all.
    let _ = connection.write_all(bytes).and_then(|()| connection.shutdown(Shutdown::Write));
    let _ = connection.read_to_end(&mut answer);
    answer
}

/// A request as it is sent.
pub(super) fn request(letter: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len() + 1).expect("short");
    [&length.to_be_bytes()[..], &[letter], rest].concat()
}

/// A node that wants to be known, which speaks the distribution up to this version.
pub(super) fn node(name: &[u8], port: u16, highest: u16, extra: &[u8]) -> Vec<u8> {
    let number = |number: usize| u16::try_from(number).expect("short").to_be_bytes();
    let rest = [
        &port.to_be_bytes()[..],
        &[77, 0],
        &highest.to_be_bytes(),
        &5_u16.to_be_bytes(),
        &number(name.len()),
        name,
        &number(extra.len()),
        extra,
    ];
    request(b'x', &rest.concat())
}
