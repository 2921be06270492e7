//! A VM that asks the node, for what this program does not speak: distribution over TLS, modules in place of epmd.
//!
//! Cookie and question go through its environment, which only this user can read, and not through its command line.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Output as Finished, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::dist::{Answer, Call, Output};
use crate::error::BootError;
use crate::node::Node;
use crate::site::Site;
use crate::vm::VmError;
use crate::vm::plan::Plan;

/// Exit codes of the VM for what it did not get; all others are its own.
const UNREACHABLE: i32 = 103;
const LATE: i32 = 104;

/// What the VM has besides, to start and to end; then it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// What the VM does: it ends by itself when the time is over.
const PROGRAM: &str = r#"
Get = fun(Name) -> os:getenv("ERLREL_" ++ Name, "") end,
Node = list_to_atom(Get("NODE")),
Time = list_to_integer(Get("TIME")),
Exit = fun(Code) -> erlang:halt(Code) end,
spawn(fun() -> timer:sleep(Time), Exit(104) end),
Bytes = fun Bytes([A, B | Rest]) -> [list_to_integer([A, B], 16) | Bytes(Rest)]; Bytes([]) -> [] end,
{Module, Function, Arguments} = binary_to_term(list_to_binary(Bytes(Get("CALL")))),
erlang:set_cookie(list_to_atom(Get("COOKIE"))),
net_kernel:hidden_connect_node(Node) =:= true orelse Exit(103),
Result = rpc:call(Node, Module, Function, Arguments),
io:put_chars([0, [io_lib:format("~2.16.0b", [Byte]) || <<Byte>> <= term_to_binary(Result)]]),
Exit(0).
"#;

/// Applies a function on the node through a VM of the release.
///
/// # Errors
/// The release has no `start_clean.boot`, its VM does not start, or gives no answer.
pub(crate) fn ask(site: &Site, node: &Node, call: &Call, output: Output<'_>) -> Result<Answer, BootError> {
    let boot = site.release.dir().join("start_clean.boot");
    if !boot.is_file() {
        return Err(VmError::NoStartClean { node: node.name.name.clone(), path: boot }.into());
    }
    let plan = Plan::question(site, node, PROGRAM);
    let finished = finished(command(&plan, node, call), node.left.saturating_add(GRACE));
    let finished = match finished {
        Err(source) if source.kind() == io::ErrorKind::TimedOut => {
            return Err(VmError::Late { node: node.name.name.clone(), patience: node.patience }.into());
        }
        other => other.map_err(|source| VmError::Start { program: plan.program.clone(), source })?,
    };
    let (shown, answer) = parts(node, &finished)?;
    if let Output::Here(show) = output {
        show(&String::from_utf8_lossy(shown));
    }
    Answer::decode(answer).map_err(|_| no_answer(node, &finished).into())
}

/// Runs it to its end.
///
/// # Errors
/// It does not start, or is killed because the time is over: [`io::ErrorKind::TimedOut`].
fn finished(mut command: Command, patience: Duration) -> io::Result<Finished> {
    let end = Instant::now() + patience;
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let ended = collected(&mut child, end);
    if ended.is_err() {
        // What has ended meanwhile cannot be killed.
        let _ = child.kill();
        let _ = child.wait();
    }
    ended
}

fn collected(child: &mut Child, end: Instant) -> io::Result<Finished> {
    let (out, err) = (reader(child.stdout.take())?, reader(child.stderr.take())?);
    let (stdout, stderr) = (before(end, &out)?, before(end, &err)?);
    Ok(Finished { status: status(child, end)?, stdout, stderr })
}

/// Both outputs have to be read at the same time.
fn reader(stream: Option<impl Read + Send + 'static>) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (read, all) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        let end = stream.map_or(Ok(0), |mut stream| stream.read_to_end(&mut bytes));
        // Perhaps nobody waits any more.
        let _ = read.send(end.map(|_| bytes));
    })?;
    Ok(all)
}

fn before(end: Instant, all: &Receiver<io::Result<Vec<u8>>>) -> io::Result<Vec<u8>> {
    match all.recv_timeout(end.saturating_duration_since(Instant::now())) {
        Ok(bytes) => bytes,
        Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn status(child: &mut Child, end: Instant) -> io::Result<ExitStatus> {
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(status),
            None if Instant::now() >= end => return Err(io::ErrorKind::TimedOut.into()),
            None => thread::sleep(PAUSE),
        }
    }
}

fn command(plan: &Plan, node: &Node, call: &Call) -> Command {
    let question: String = call.encoded().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = plan.command();
    command
        .env("ERL_CRASH_DUMP_SECONDS", "0")
        .env("ERLREL_NODE", &node.name.name)
        .env("ERLREL_COOKIE", &node.cookie.value)
        .env("ERLREL_TIME", node.left.as_millis().to_string())
        .env("ERLREL_CALL", question)
        .stdin(Stdio::null());
    command
}

/// What the function printed, and the answer.
fn parts<'a>(node: &Node, finished: &'a Finished) -> Result<(&'a [u8], Vec<u8>), VmError> {
    match finished.status.code() {
        Some(0) => {}
        Some(UNREACHABLE) => {
            return Err(VmError::Unreachable { node: node.name.name.clone(), said: said(finished) });
        }
        Some(LATE) => {
            return Err(VmError::Late { node: node.name.name.clone(), patience: node.patience });
        }
        _ => return Err(no_answer(node, finished)),
    }
    let at = finished.stdout.iter().rposition(|byte| *byte == 0);
    let (shown, answer) = at.and_then(|at| finished.stdout.split_at_checked(at)).unwrap_or_default();
    let digits = answer.get(1..).unwrap_or_default().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>().map(|bytes| (shown, bytes)).ok_or_else(|| no_answer(node, finished))
}

fn no_answer(node: &Node, finished: &Finished) -> VmError {
    VmError::NoAnswer { node: node.name.name.clone(), status: finished.status, said: said(finished) }
}

/// The VM's own complaint, on one line.
fn said(finished: &Finished) -> String {
    let text = String::from_utf8_lossy(&finished.stderr);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::finished;
    use std::io::ErrorKind;
    use std::process::Command;
    use std::time::Duration;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_it_prints_and_how_it_ends() {
        let ended = finished(shell("echo out; echo err >&2; exit 7"), Duration::from_secs(60)).unwrap();
        let all = (&ended.stdout[..], &ended.stderr[..], ended.status.code());
        assert_eq!(all, (&b"out\n"[..], &b"err\n"[..], Some(7)));
    }

    #[test]
    fn one_that_does_not_end_is_killed() {
        for script in ["exec sleep 600", "exec sleep 600 >&- 2>&-"] {
            let late = finished(shell(script), Duration::from_millis(100)).unwrap_err();
            assert_eq!(late.kind(), ErrorKind::TimedOut, "{script}");
        }
    }
}
