//! The one module that starts processes: `rebar3`, `git`, `erl` for configuration scripts, and the user's
//! `{cmd, …}` for a version.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::environment::Environment;
use crate::observer::{Event, Observer};

/// A command that could not be run to a good end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The program is not installed, or not executable.
    #[error("cannot start `{program}` to {purpose}: {source}")]
    NotStarted {
        /// The program.
        program: String,
        /// What it is needed for.
        purpose: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The program ended with a failure; its output was reported while it ran.
    #[error("`{command}` failed in `{}` ({status})", dir.display())]
    Failed {
        /// The command with its arguments.
        command: String,
        /// Where it ran.
        dir: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// The observer asked to stop.
    #[error("stopped on request")]
    Stopped,
}

/// What a dependency may bring to run while it is compiled need not see it.
const PASSWORD: &str = "ERLREL_REGISTRY_PASSWORD";

/// Compiles the project: `rebar3 as <profiles> compile`. Its output goes to the observer line by line.
///
/// `environment` is that of [`Project::compilation_environment`](super::Project::compilation_environment).
///
/// # Errors
/// When `rebar3` is not installed, or the compilation fails.
pub fn rebar3_compile(
    root: &Path,
    profiles: &[String],
    environment: &Environment,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    let mut arguments = Vec::new();
    if !profiles.is_empty() {
        arguments.extend(["as".to_string(), profiles.join(",")]);
    }
    arguments.push("compile".into());
    rebar3(root, &arguments, environment, observer)
}

/// Runs `rebar3` with arguments that make it compile something. Its output goes to the observer line by line.
///
/// It has the variables of this process, but for those that `environment` has with another value.
///
/// # Errors
/// When `rebar3` is not installed, or fails.
pub fn rebar3(
    root: &Path,
    arguments: &[String],
    environment: &Environment,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    observer.event(&Event::CompileStarted { arguments });
    let mut command = command("rebar3", root);
    command.args(arguments).envs(environment.iter()).env_remove(PASSWORD);
    let shown = format!("rebar3 {}", arguments.join(" "));
    run(command, shown, "compile the project", observer)
}

fn run(
    mut command: Command,
    shown: String,
    purpose: &'static str,
    observer: &dyn Observer,
) -> Result<(), CommandError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let dir = command.get_current_dir().unwrap_or(Path::new("")).to_path_buf();
    let not_started = |source| CommandError::NotStarted { program: program.clone(), purpose, source };
    let (reader, writer) = io::pipe().map_err(not_started)?;
    command.stdout(writer.try_clone().map_err(not_started)?).stderr(writer);
    let mut child = command.spawn().map_err(not_started)?;
    drop(command); // It holds the pipe's writing end, without whose closing the reader would never end.
    for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
        observer.event(&Event::CommandOutput { line: &String::from_utf8_lossy(&line) });
        if observer.stop_requested() {
            child.kill().and_then(|()| child.wait()).map_err(not_started)?;
            return Err(CommandError::Stopped);
        }
    }
    let status = child.wait().map_err(not_started)?;
    if status.success() { Ok(()) } else { Err(CommandError::Failed { command: shown, dir, status }) }
}

/// The Erlang program that evaluates a script.
pub(super) const EVALUATION: &str = include_str!("evaluate_script.erl");

/// A configuration script to be evaluated.
#[derive(Debug)]
pub(super) struct Evaluation<'a> {
    pub(super) erl: &'a Path,
    /// The current directory of the script.
    pub(super) dir: &'a Path,
    /// All that the script sees of the environment.
    pub(super) environment: &'a Environment,
    /// The file whose terms are bound to `CONFIG`.
    pub(super) file: &'a str,
    pub(super) script: &'a str,
    /// The rebar3 whose modules are to be there.
    pub(super) rebar3: Option<PathBuf>,
}

/// What became of a script.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// The text of the terms, each ended by a dot; or the line and the reason of a failure, if there was more
    /// than a sudden end.
    pub(super) result: Result<String, Option<(usize, String)>>,
    /// What it printed.
    pub(super) printed: String,
    pub(super) status: ExitStatus,
}

/// Evaluates a script as `file:script/2` does.
///
/// # Errors
/// When Erlang cannot be started.
pub(super) fn evaluate(evaluation: &Evaluation<'_>) -> Result<Evaluated, CommandError> {
    let erl = evaluation.erl.display().to_string();
    let output = command(&erl, evaluation.dir)
        .args([
            "+S",
            "1",
            "+pc",
            "unicode",
            "-boot",
            "no_dot_erlang",
            "-noinput",
            "-eval",
            EVALUATION,
            "-extra",
        ])
        .args([evaluation.file, evaluation.script])
        .args(&evaluation.rebar3)
        .env_clear()
        .envs(evaluation.environment.iter())
        .output();
    let purpose = "evaluate a configuration script";
    let output = output.map_err(|source| CommandError::NotStarted { program: erl, purpose, source })?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    Ok(Evaluated {
        result: answer(&stdout),
        printed: String::from_utf8_lossy(&output.stderr).into_owned(),
        status: output.status,
    })
}

/// What stands behind the program's own marks; before them may be what the script printed.
fn answer(stdout: &str) -> Result<String, Option<(usize, String)>> {
    let (before, _) = stdout.rsplit_once("\n%% erlrel: end\n").ok_or(None)?;
    let (_, answer) = before.rsplit_once("\n%% erlrel: ").ok_or(None)?;
    let (kind, text) = answer.split_once('\n').ok_or(None)?;
    match kind.strip_prefix("error ") {
        Some(line) => Err(Some((line.parse().unwrap_or(1), text.into()))),
        None => Ok(text.into()),
    }
}

/// What `git` prints for these arguments, without the line end; `None` if it fails or is not installed.
pub fn git(dir: &Path, arguments: &[&str]) -> Option<String> {
    let output = command("git", dir).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_string())
}

/// The output of a shell command: stdout and stderr, as relx takes it.
///
/// # Errors
/// When it fails.
pub fn shell(dir: &Path, script: &str) -> Result<String, CommandError> {
    let purpose = "run a shell command";
    let not_started = |source| CommandError::NotStarted { program: "sh".into(), purpose, source };
    let output = command("sh", dir).args(["-c", script]).output().map_err(not_started)?;
    if !output.status.success() {
        return Err(CommandError::Failed { command: script.into(), dir: dir.into(), status: output.status });
    }
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[expect(clippy::disallowed_methods, reason = "the one place where processes start")]
fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).stdin(Stdio::null());
    command.env_remove(PASSWORD);
    command
}
