//! What an answer costs the program that asks.

use std::process::Command;

use super::running::{Release, said};

/// Bytes that five million empty lists are sent in: one for each.
const SENT: usize = 5_000_000;
const LISTS: &str = "lists:duplicate(5000000, []).";

/// `bin/shop`, to which the system gives no more than `bytes` of memory.
fn limited(release: &Release, bytes: usize, arguments: &[&str]) -> Command {
    let inside = release.command(&[]);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("ulimit -d {} && exec \"$0\" \"$@\"", bytes / 1024)]);
    command.arg(inside.get_program()).args(arguments).env_clear();
    command.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

#[test]
fn a_large_answer_takes_no_more_memory_than_four_times_its_bytes() {
    let release = Release::running();
    let out = said(&mut limited(&release, 4 * SENT, &["eval", LISTS])).done();
    assert!(out.starts_with("[[], []") && out.ends_with(", []]\n"));
    assert_eq!(out.len(), SENT * "[], ".len() + "\n".len());
}

/// The text that the node makes of it has three characters for each list, each of which is sent as two bytes.
#[test]
fn a_large_answer_that_the_node_prints_takes_little_more_memory_than_its_text() {
    let release = Release::running();
    let mut command = limited(&release, 4 * 6 * SENT, &["eval", LISTS]);
    let out = said(command.env("USE_NODETOOL", "1")).done();
    assert!(out.starts_with("[[],[]") && out.ends_with(",[]]\n"));
    assert_eq!(out.matches("[]").count(), SENT);
}

#[test]
fn an_answer_of_more_than_256_mib_is_refused() {
    let release = Release::running();
    let said = release.run(&["eval", "binary:copy(<<0>>, 257 bsl 20)."]);
    let (out, err) = super::running::failed(said, 1);
    assert_eq!(out, "");
    assert!(err.contains(&format!("the node {} sent more than 256 MiB at once", release.node)), "{err}");
}
