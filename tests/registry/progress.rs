//! What somebody at a terminal sees of a push, and a log does not.

use crate::support::registry::Registry;
use crate::support::terminal::Terminal;
use crate::support::{erlrel, sample};

#[test]
fn a_terminal_shows_what_is_on_its_way() {
    let registry = Registry::plain();
    let push = || {
        let name = format!("{}/acme/hello:1", registry.host());
        let mut command = erlrel();
        command.args(["image", "--no-compile", "--to", "registry", "--tag", &name]).arg(&sample::hello().dir);
        command
    };
    let mut terminal = Terminal::start(push());
    terminal.shows("sent sha256:");
    terminal.shows("written to registry");
    terminal.shows(&format!("{}/acme/hello:1", registry.host()));
    let logged = push().output().expect("erlrel starts");
    assert_eq!(String::from_utf8_lossy(&logged.stderr), "");
}
