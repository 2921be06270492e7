//! Questions to a port mapper that runs on this machine, with the words of OTP's, which programs read.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;

use crate::epmd::options::Question;
use crate::epmd::protocol::request;
use crate::report;

/// Asks, says what the answer is, and gives the exit code.
pub(super) fn ask(question: &Question, port: u16) -> ExitCode {
    let is_loud = *question != Question::Started;
    let Ok(mut connection) = connect(port) else {
        if is_loud {
            report::note("epmd: Cannot connect to local epmd");
        }
        return ExitCode::FAILURE;
    };
    if connection.write_all(&request_of(question)).is_err() {
        report::result("epmd: Can't write to epmd");
        return ExitCode::FAILURE;
    }
    match question {
        Question::Names | Question::Dump | Question::Started => list(connection, is_loud),
        Question::Kill => conclude(&mut connection, 2, |answer| match answer {
            b"OK" => ("Killed".into(), ExitCode::SUCCESS),
            _ => ("Killing not allowed - living nodes in database.".into(), ExitCode::FAILURE),
        }),
        Question::Stop(_) => conclude(&mut connection, 7, |answer| {
            (String::from_utf8_lossy(answer).into_owned(), ExitCode::SUCCESS)
        }),
    }
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let addresses: [SocketAddr; 2] = [(Ipv6Addr::LOCALHOST, port).into(), (Ipv4Addr::LOCALHOST, port).into()];
    TcpStream::connect(&addresses[..])
}

fn request_of(question: &Question) -> Vec<u8> {
    match question {
        Question::Names | Question::Started => request(b'n', b""),
        Question::Dump => request(b'd', b""),
        Question::Kill => request(b'k', b""),
        Question::Stop(name) => request(b's', name),
    }
}

fn list(mut connection: TcpStream, is_loud: bool) -> ExitCode {
    let mut port = [0; 4];
    let answers = connection.read_exact(&mut port).is_ok();
    if !is_loud {
        return if answers { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if !answers {
        report::result("epmd: no response from local epmd");
        return ExitCode::FAILURE;
    }
    let port = u32::from_be_bytes(port);
    report::result(format_args!("epmd: up and running on port {port} with data:"));
    let mut lines = Vec::new();
    // What has come before an error is an answer too.
    let _ = connection.read_to_end(&mut lines);
    report::output_bytes(&lines);
    ExitCode::SUCCESS
}

/// Says what an answer of this length means.
fn conclude(
    connection: &mut TcpStream,
    length: usize,
    meaning: impl FnOnce(&[u8]) -> (String, ExitCode),
) -> ExitCode {
    let mut answer = vec![0; length];
    let (text, code) = match connection.read_exact(&mut answer) {
        Ok(()) => meaning(&answer),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            ("epmd: local epmd responded with <>".into(), ExitCode::FAILURE)
        }
        Err(_) => ("epmd: failed to read answer from local epmd".into(), ExitCode::FAILURE),
    };
    report::result(text);
    code
}
