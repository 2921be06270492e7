//! A VM that asks the node, for what this program does not speak: distribution over TLS, modules in place of epmd.
//!
//! Cookie and question go through its environment, which only this user can read, and not through its command line.

use std::process::{Command, Output as Finished, Stdio};

use crate::dist::{Answer, Call, Output};
use crate::error::BootError;
use crate::node::Node;
use crate::site::Site;
use crate::vm::VmError;
use crate::vm::plan::Plan;

/// Exit codes of the VM for what it did not get; all others are its own.
const UNREACHABLE: i32 = 103;
const LATE: i32 = 104;

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
    let finished = command(&plan, node, call).output();
    let finished = finished.map_err(|source| VmError::Start { program: plan.program.clone(), source })?;
    let (shown, answer) = parts(node, &finished)?;
    if let Output::Here(show) = output {
        show(&String::from_utf8_lossy(shown));
    }
    Answer::decode(answer).map_err(|_| no_answer(node, &finished).into())
}

fn command(plan: &Plan, node: &Node, call: &Call) -> Command {
    let question: String = call.encoded().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = plan.command();
    command
        .env("ERL_CRASH_DUMP_SECONDS", "0")
        .env("ERLREL_NODE", &node.name.name)
        .env("ERLREL_COOKIE", &node.cookie.value)
        .env("ERLREL_TIME", node.patience.as_millis().to_string())
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
