//! The hooks that relx brings along.

use std::time::{Duration, Instant};
use std::{fs, thread};

use erlrel_core::term::Term;

use crate::commands::ask::{ask, require};
use crate::commands::life::ask_pid;
use crate::dist::Call;
use crate::environment::Environment;
use crate::error::BootError;
use crate::hooks::HookError;
use crate::hooks::additions::Hook;
use crate::node::Node;
use crate::report;
use crate::site::Site;

/// Time between two questions.
const AGAIN: Duration = Duration::from_millis(100);

/// Does what the hook says; one for the shell is none of these.
///
/// # Errors
/// When the node does not answer for as long as an answer may take, or a file cannot be written.
pub(super) fn run(site: &Site, hook: &Hook) -> Result<(), BootError> {
    match hook {
        Hook::Custom { .. } => Ok(()),
        Hook::Pid(file) => write_pid(site, file.as_deref()),
        Hook::WaitForVmStart => wait_for_vm(site, &site.node()?).map(drop),
        Hook::WaitForProcess(name) => wait_for_process(site, name),
        Hook::Status => {
            let node = site.node()?;
            let running = Call::new("application", "which_applications", []);
            report::result(require(site, &node, &running)?);
            Ok(())
        }
    }
}

fn write_pid(site: &Site, file: Option<&str>) -> Result<(), BootError> {
    let pid = wait_for_vm(site, &site.node()?)?;
    let file = file.unwrap_or("/var/run/$REL_NAME.pid");
    let path = site.release.root.join(expanded(file, &site.environment));
    fs::write(&path, pid + "\n").map_err(|source| HookError::Pid { path, source }.into())
}

/// Gives the node as long as an answer may take; gives its process id.
fn wait_for_vm(site: &Site, node: &Node) -> Result<String, BootError> {
    let end = Instant::now() + node.patience;
    loop {
        match ask_pid(site, node) {
            Err(error) if error.is_about_reaching_the_node() && Instant::now() < end => thread::sleep(AGAIN),
            other => return other,
        }
    }
}

/// As long as the node answers.
fn wait_for_process(site: &Site, name: &str) -> Result<(), BootError> {
    let node = site.node()?;
    wait_for_vm(site, &node)?;
    let whereis = Call::new("erlang", "whereis", [Term::atom(name)]);
    while ask(site, &node, &whereis)?.is_atom("undefined") {
        thread::sleep(AGAIN);
    }
    Ok(())
}

/// With `$NAME` and `${NAME}` replaced, as the shell does it: relx lets it read this text.
fn expanded(text: &str, environment: &Environment) -> String {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let value = |name: &str| environment.get(name).unwrap_or_default().to_string_lossy().into_owned();
    let mut parts = text.split('$');
    let mut expanded: String = parts.next().unwrap_or_default().into();
    for part in parts {
        let braced = part.strip_prefix('{').and_then(|part| part.split_once('}'));
        let (name, rest) =
            braced.unwrap_or_else(|| part.split_at(part.find(|c| !is_name(c)).unwrap_or(part.len())));
        match name {
            "" => expanded.push('$'),
            name => expanded.push_str(&value(name)),
        }
        expanded.push_str(rest);
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::expanded;
    use crate::environment::Environment;

    #[test]
    fn variables_in_a_path_are_replaced() {
        let environment = Environment::from([("REL_NAME", "hello"), ("D", "/run")]);
        let cases = [
            ("$REL_NAME.pid", "hello.pid"),
            ("${D}/$REL_NAME/${UNSET}x", "/run/hello/x"),
            ("/a$", "/a$"),
            ("$D$D", "/run/run"),
            ("${D", "${D"),
            ("plain", "plain"),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(text, &environment), expected, "{text}");
        }
    }
}
