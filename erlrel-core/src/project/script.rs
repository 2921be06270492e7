//! Configuration files, and the scripts beside them: `FILE.script` computes what `FILE` would say.
//!
//! rebar3 evaluates `rebar.config.script` and `rebar.lock.script` with `CONFIG` bound to the terms of the file
//! and `SCRIPT` to the script's name; erlrel has the project's own Erlang do the same. The result is kept
//! below the base directory for as long as nothing changes that it can depend on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::commands::{self, Evaluation};
use super::{LoadOptions, ProjectError};
use crate::digest::Digest;
use crate::fs::{self, FsError};
use crate::term::{self, Dependence, Document, Source, SourceError, Span};

/// Reads a project's configuration files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    /// The project, where scripts are evaluated.
    pub(super) root: &'a Path,
    pub(super) options: &'a LoadOptions,
    /// Where results are kept.
    pub(super) base_dir: &'a Path,
}

impl Reader<'_> {
    /// The terms of a file, or of the script beside it; `None` if there is neither. `file` is relative to the
    /// project.
    ///
    /// # Errors
    /// A mistake in the file at its place; a script that fails, at its line; no Erlang to evaluate it with.
    pub(super) fn read(&self, file: &str) -> Result<Option<Document>, ProjectError> {
        let path = self.root.join(file);
        let bytes = fs::read_optional(&path)?;
        let consulted = bytes.as_deref().map(|bytes| term::consult(Path::new(file), bytes)).transpose()?;
        let script = script_of(file);
        match fs::read_optional(&self.root.join(&script))? {
            None => Ok(consulted),
            Some(text) => self.evaluate(&Script { file, name: &script, text, config: bytes }).map(Some),
        }
    }

    fn evaluate(&self, script: &Script<'_>) -> Result<Document, ProjectError> {
        let erl = self.erl().ok_or_else(|| self.no_erl(script))?;
        let kept = self.base_dir.join("erlrel/scripts").join(script.name.replace('/', "_"));
        let key = self.key(script, &erl);
        if let Some(result) = key.and_then(|key| recall(&kept, key)) {
            return Ok(term::consult(&script.result_path(), &result)?);
        }
        let result = self.run(script, &erl)?;
        let document = term::consult(&script.result_path(), result.as_bytes())?;
        if let Some(key) = key {
            keep(&kept, key, &result);
        }
        Ok(document)
    }

    /// A name for everything that the result depends on; `None` if that is unknown.
    fn key(&self, script: &Script<'_>, erl: &Path) -> Option<Digest> {
        let text = str::from_utf8(&script.text).ok()?;
        let Dependence::Variables(variables) = term::dependence(text) else { return None };
        let mut parts = vec![commands::EVALUATION.as_bytes().to_vec(), script.name.into()];
        // That there is no file is something else than an empty one.
        parts.push(vec![u8::from(script.config.is_some())]);
        parts.extend([script.text.clone(), script.config.clone().unwrap_or_default(), identity(erl)?]);
        let environment = self.options.environment.iter();
        let read = environment.filter(|(name, _)| variables.contains(*name));
        parts.extend(read.map(|(name, value)| format!("{name}={value}").into_bytes()));
        // With the lengths, so that no two lists of parts give the same bytes.
        let framed = parts.iter().flat_map(|part| [(part.len() as u64).to_be_bytes().to_vec(), part.clone()]);
        Some(Digest::of(&framed.flatten().collect::<Vec<u8>>()))
    }

    fn run(&self, script: &Script<'_>, erl: &Path) -> Result<String, ProjectError> {
        let text = String::from_utf8_lossy(&script.text);
        let evaluation = Evaluation {
            erl,
            dir: self.root,
            environment: &self.options.environment,
            file: script.file,
            script: script.name,
            // Scripts ask for rebar3's modules to tell it from its predecessor.
            rebar3: term::mentions(&text, "rebar").then(|| self.on_path("rebar3")).flatten(),
        };
        let output = commands::evaluate(&evaluation)?;
        output.result.map_err(|failure| match failure {
            Some((line, message)) => ProjectError::ScriptFailed {
                error: script.error(line, &message),
                printed: printed(&output.printed),
            },
            None => ProjectError::ScriptEnded {
                script: script.name.into(),
                status: output.status,
                printed: printed(&output.printed),
            },
        })
    }

    /// The `erl` of the installation that was named, else of `PATH`.
    fn erl(&self) -> Option<PathBuf> {
        match &self.options.otp {
            Some(root) => Some(root.join("bin/erl")).filter(|erl| erl.is_file()),
            None => self.on_path("erl"),
        }
    }

    fn on_path(&self, program: &str) -> Option<PathBuf> {
        let path = self.options.environment.get("PATH")?;
        path.split(':').map(|dir| Path::new(dir).join(program)).find(|path| path.is_file())
    }

    fn no_erl(&self, script: &Script<'_>) -> ProjectError {
        let place = match &self.options.otp {
            Some(root) => format!("`{}`", root.join("bin").display()),
            None => "PATH".into(),
        };
        ProjectError::NoErlForScript { script: script.name.into(), place }
    }
}

/// A script and the file it stands beside.
struct Script<'a> {
    file: &'a str,
    name: &'a str,
    text: Vec<u8>,
    config: Option<Vec<u8>>,
}

impl Script<'_> {
    /// What an error about the result is shown under.
    fn result_path(&self) -> PathBuf {
        format!("{} (its result)", self.name).into()
    }

    fn error(&self, line: usize, message: &str) -> SourceError {
        let text = String::from_utf8_lossy(&self.text).into_owned();
        let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let line = text[start..].lines().next().unwrap_or_default();
        let span =
            Span { start: start + line.len() - line.trim_start().len(), end: start + line.trim_end().len() };
        Arc::new(Source { path: self.name.into(), text }).error(span, message)
    }
}

fn printed(text: &str) -> String {
    match text.trim() {
        "" => String::new(),
        text => format!("\nit printed:\n{text}"),
    }
}

fn script_of(file: &str) -> String {
    format!("{file}.script")
}

/// What tells one Erlang from another: its place and its versions. `None` for a wrapper, which may start
/// another one tomorrow.
fn identity(erl: &Path) -> Option<Vec<u8>> {
    let erl = std::fs::canonicalize(erl).ok()?;
    let releases = erl.parent()?.parent()?.join("releases");
    let start = fs::read(&releases.join("start_erl.data")).ok()?;
    let release = String::from_utf8_lossy(&start).split_whitespace().nth(1)?.to_string();
    let version = fs::read_optional(&releases.join(release).join("OTP_VERSION")).ok()?;
    Some([erl.display().to_string().into_bytes(), start, version.unwrap_or_default()].concat())
}

fn heading(key: Digest) -> String {
    format!("%% erlrel {}\n", key.hex())
}

/// An unreadable memory is none.
fn recall(path: &Path, key: Digest) -> Option<Vec<u8>> {
    let kept = fs::read_optional(path).ok()??;
    kept.strip_prefix(heading(key).as_bytes()).map(<[u8]>::to_vec)
}

/// That nothing can be kept, as in a project that is read-only, costs time and no more.
fn keep(path: &Path, key: Digest, result: &str) {
    let _: Result<(), FsError> = fs::write_aside(path, |writer| {
        let text = heading(key) + result;
        std::io::Write::write_all(writer, text.as_bytes()).map_err(FsError::while_doing("write", path))
    });
}
