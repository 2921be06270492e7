//! The text of `help`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::commands::extension;
use crate::environment::Environment;
use crate::error::BootError;
use crate::hooks;
use crate::release::Release;
use crate::report;
use crate::site::Site;
use crate::vm::init::Init;

/// `help [TOPIC]`: all commands, or more about one; an extension speaks for itself.
///
/// # Errors
/// Those of an extension.
pub(crate) fn help(
    program: &OsStr,
    topic: Option<&OsStr>,
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    let name = Path::new(program).file_name().unwrap_or_default().to_string_lossy();
    let release = Release::find(program).ok();
    let extensions = release.as_ref().map(hooks::extensions).transpose()?.unwrap_or_default();
    let topic = topic.map(OsStr::to_string_lossy).unwrap_or_default();
    if let Some(release) = release.filter(|_| extensions.iter().any(|name| *name == topic)) {
        let site = Site::open(release, Environment::of_process())?;
        return extension::run(&site, &topic, &["help".into()], init);
    }
    report::result(text(&name, &topic, &extensions).trim_end());
    Ok(ExitCode::SUCCESS)
}

fn text(program: &str, topic: &str, extensions: &[String]) -> String {
    match (details(program, topic), line(topic)) {
        (Some(details), _) => details,
        (None, Some(line)) => format!("Usage: {program}\n{line}\n"),
        (None, None) => usage(program, extensions),
    }
}

/// All commands, the most usual ones first.
const COMMANDS: &str = "  foreground [ARG]...        run the release; the container's usual command
  console [ARG]...           run the release with an Erlang shell on this terminal
  console_clean [ARG]...     run an Erlang shell with the release's code, and start none of its applications
  console_boot FILE [ARG]... run an Erlang shell from the boot file FILE.boot
  daemon [ARG]...            run the release in the background; start is an old name of it
  daemon_boot FILE [ARG]...  run the boot file FILE.boot in the background
  daemon_attach              use the shell of a release that runs in the background; attach is an old name of it
  remote_console             open an Erlang shell on the running node; remote and remsh are other names of it
  rpc M [F [ARGS]]           apply a function on the running node
  eval EXPRESSIONS           evaluate Erlang expressions on the running node
  ping                       say pong if the node answers, else exit with code 1
  healthcheck [--wait]       say healthy if all permanent applications run, else exit with code 1
  pid                        show the process id of the node
  status                     run the status hooks; exit with code 0 if the node answers
  stop                       end the node, and wait until it is gone
  restart                    start the node's applications anew, in the same process
  reboot                     end the node and let heart start it again
  versions                   list the versions of the release that the node knows
  unpack VSN                 make a version known from its tarball
  install VSN                unpack a version if need be, and switch the node to it
  upgrade VSN                the same
  downgrade VSN              the same
  uninstall VSN              remove a version that is not in use
  escript FILE [ARG]...      run an escript of the release
  version                    show the name and the version of the release
  help [TOPIC]               show this text, or more about a command
";

/// What holds for all of them.
const COMMON: &str = "\
Arguments after foreground and console are passed to the VM. --relx-disable-hooks leaves out all hooks.

Environment: RELX_OUT_FILE_PATH is the directory for the rendered vm.args and sys.config; VMARGS_PATH and
RELX_CONFIG_PATH name other files; RELX_REPLACE_OS_VARS=1 substitutes variables in files that do not end in
.src as well; RELX_COOKIE, RELX_RPC_TIMEOUT (seconds), ERL_DIST_PORT, CODE_LOADING_MODE, PIPE_DIR and RUNNER_LOG_DIR
mean what they mean in a relx release. ERLREL_STRICT_ENV=1 refuses variables that have neither a value nor a default;
ERLREL_CPU_QUOTA=ignore leaves the schedulers to the VM.
";

fn usage(program: &str, extensions: &[String]) -> String {
    let mut text = format!("Usage: {program} COMMAND [ARGUMENT]..., where COMMAND is one of\n{COMMANDS}");
    if !extensions.is_empty() {
        let _ = writeln!(text, "and the release's own: {}", extensions.join(" "));
    }
    text + "\n" + COMMON
}

/// The command's line of the general text.
fn line(command: &str) -> Option<&'static str> {
    COMMANDS.lines().find(|line| !command.is_empty() && line.split_whitespace().next() == Some(command))
}

/// What needs more than a line.
fn details(program: &str, topic: &str) -> Option<String> {
    let text = match topic {
        "rpc" => "\
rpc M [F [ARGS]]
Applies the function M:F to ARGS, an Erlang list, on the running node, and shows the result.
F is start and ARGS is [] unless given.
"
        .into(),
        "eval" => "\
eval EXPRESSIONS
Evaluates Erlang expressions, separated by commas and ended by a full stop, on the running node.
"
        .into(),
        "daemon" | "daemon_boot" => format!(
            "{topic}{} [ARG]...
Runs the release in the background and waits until it answers. It needs a shell and ERTS's run_erl, whose pipes are
in PIPE_DIR (/tmp/erl_pipes/NODE) and whose log is in RUNNER_LOG_DIR (log in the release). It cannot be what a container
runs, which would end at once: foreground can.
",
            if topic == "daemon" { "" } else { " FILE" }
        ),
        "unpack" | "install" | "upgrade" | "downgrade" => format!(
            "{topic} VSN [--no-permanent]
Takes the tarball of the version from the first of
  releases/NAME-VSN.tar.gz
  releases/VSN/NAME-VSN.tar.gz
  releases/VSN/NAME.tar.gz
unpack only makes it known to the node. The others switch the node to it while it runs, and let it be the version that
starts the next time, unless --no-permanent says otherwise.
"
        ),
        _ => return None,
    };
    Some(format!("Usage: {program} {text}"))
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, text};
    use crate::command::Command;

    fn names() -> impl Iterator<Item = &'static str> {
        COMMANDS.lines().filter_map(|line| line.split_whitespace().next())
    }

    #[test]
    fn every_command_of_the_text_is_one_and_has_a_topic() {
        for name in names() {
            let parsed = Command::parse(&["hello".into(), name.into()]).unwrap();
            assert!(!matches!(parsed, Command::Other(_)), "{name}");
            let topic = text("hello", name, &[]);
            assert!(topic.starts_with("Usage: hello") && topic.contains(name), "{topic}");
            assert!(topic.lines().count() < 10, "{topic}");
        }
    }

    #[test]
    fn an_unknown_topic_gets_all_commands() {
        let all = text("hello", "", &["foo".into(), "bar".into()]);
        assert_eq!(text("hello", "no such", &["foo".into(), "bar".into()]), all);
        assert!(all.contains("\nand the release's own: foo bar\n"), "{all}");
        assert!(!text("hello", "", &[]).contains("the release's own"));
        assert!(names().all(|name| all.contains(&format!("\n  {name} "))));
    }
}
