//! The release in the background.

use super::installed::Starter;
use super::live::{Answer, Twins};

/// What is asked of the node that a command has started.
const QUESTIONS: [&[&str]; 6] = [
    &["rpc", "init", "get_plain_arguments"],
    &["rpc", "init", "get_argument", "[boot]"],
    &["rpc", "init", "get_argument", "[mode]"],
    &["eval", "os:getenv(\"HEART_COMMAND\")."],
    &["eval", "os:getenv(\"RUN_ERL_DISABLE_FLOWCNTRL\")."],
    &["rpc", "file", "get_cwd"],
];

/// Starts it, asks, and ends it.
fn answers(starter: Starter, words: &[&str]) -> (Answer, Vec<Answer>, Answer) {
    let node = Twins::dead("");
    let started = node.answer(starter, (&[], words));
    let answers = QUESTIONS.iter().map(|question| node.answer(starter, (&[], question)));
    let answers = answers.map(|(text, code)| (with_single_quotes(text), code)).collect();
    (started, answers, node.answer(starter, (&[], &["stop"])))
}

/// Of HEART_COMMAND: both kinds quote such words as well.
fn with_single_quotes(text: String) -> String {
    let words = ["PLACE/depot/bin/depot", "daemon", "daemon_boot"];
    words.iter().fold(text, |text, word| text.replace(&format!("\"{word}\""), &format!("'{word}'")))
}

#[test]
fn a_daemon_is_started_as_by_relx_s_script() {
    for words in [&["daemon", "a b", "c"][..], &["daemon_boot", "releases/0.1.0/start", "a b"]] {
        let [relx, boot] = [Starter::Relx, Starter::Boot].map(|starter| answers(starter, words));
        assert_eq!(boot, relx, "erlrel-boot has the left, relx's script the right, for {words:?}");
        assert_eq!(boot.0, (String::new(), Some(0)), "{words:?}");
    }
}

/// relx hands on one empty argument where there is none.
#[test]
fn a_daemon_without_arguments_has_none() {
    let [relx, boot] = [Starter::Relx, Starter::Boot].map(|starter| answers(starter, &["daemon"]).1);
    assert_eq!((relx[0].0.as_str(), boot[0].0.as_str()), ("[\"console\", []]\n", "[\"console\"]\n"));
    assert_eq!(relx[1..3], boot[1..3]);
}

/// Its advice is no output.
#[test]
fn start_is_daemon() {
    let [relx, boot] = [Starter::Relx, Starter::Boot].map(|starter| answers(starter, &["start", "a"]));
    assert!(relx.0.0.starts_with("'start' has been deprecated, replaced by 'daemon'"), "{relx:?}");
    assert_eq!(boot.0, (String::new(), Some(0)));
    assert_eq!((boot.1, boot.2), (relx.1, relx.2), "erlrel-boot has the left, relx's script the right");
}
