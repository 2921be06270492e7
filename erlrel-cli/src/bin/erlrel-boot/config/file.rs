//! Where `vm.args` and `sys.config` come from, and where their rendered form goes.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{io, path};

use rustix::fs::Access;

use crate::config::ConfigError;
use crate::config::render::{self, Rendered};
use crate::environment::Environment;
use crate::private_file;
use crate::regular_file;
use crate::release::Release;

/// One of the two configuration files of a release.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// The variable that names another file.
    pub(crate) variable: &'static str,
    pub(crate) file: &'static str,
}

/// The arguments of the VM.
pub(crate) const VM_ARGS: Kind = Kind { variable: "VMARGS_PATH", file: "vm.args" };
/// The configuration of the applications.
pub(crate) const SYS_CONFIG: Kind = Kind { variable: "RELX_CONFIG_PATH", file: "sys.config" };

/// What is to be done for a configuration file; nothing is done yet.
#[derive(Debug, PartialEq)]
pub(crate) struct ConfigFile {
    source: PathBuf,
    /// Whether variables are substituted in it.
    rendered: bool,
    /// Where its text is written to for the VM, when not used where it is.
    output: Option<PathBuf>,
    /// Where the source is kept, as `output` takes its place.
    original: Option<PathBuf>,
    /// Whether the name of the node is a part of that of the output.
    multi_node: bool,
}

impl ConfigFile {
    /// Decides, by relx's rules; `None` when the release has no such file.
    pub(crate) fn locate(
        kind: Kind,
        release: &Release,
        environment: &Environment,
    ) -> Result<Option<Self>, ConfigError> {
        let named = environment.get(kind.variable);
        let path = match named {
            Some(path) => path::absolute(path).unwrap_or_else(|_| path.into()),
            None => Some(release.root.join(kind.file))
                .filter(|path| path.is_file())
                .unwrap_or_else(|| release.dir().join(kind.file)),
        };
        let found = decide(&path, environment, &Path::is_file);
        match named {
            Some(_) if found.is_none() => {
                Err(ConfigError::NoFile { variable: kind.variable, problem: no_file(&path), path })
            }
            _ => Ok(found),
        }
    }

    /// The file that is read.
    pub(crate) fn source(&self) -> &Path {
        &self.source
    }

    /// The file that the VM reads.
    pub(crate) fn published(&self) -> &Path {
        self.output.as_deref().unwrap_or(&self.source)
    }

    /// Reads the text; writes nothing.
    pub(crate) fn read(&self) -> Result<Vec<u8>, ConfigError> {
        regular_file::read(&self.source)
            .map_err(|source| ConfigError::Read { path: self.source.clone(), source })
    }

    /// Substitutes the variables in what was read, if this is to be done. The last line of a rendered text ends as all
    /// others do, as that of relx's does.
    ///
    /// HOSTNAME, without value and without default, is the name that the kernel knows: an engine sets the variable
    /// for the container, but not for every process that is started in it later, which shall find the same node.
    pub(crate) fn render(&self, template: &[u8], environment: &Environment) -> Rendered {
        if !self.rendered {
            return Rendered::plain(template.into());
        }
        let kernel = rustix::system::uname();
        let host = |name: &[u8]| (name == b"HOSTNAME").then_some(kernel.nodename().to_bytes());
        with_last_line_ended(render::render(template, |name, default| {
            environment.bytes(name).or(default).or_else(|| host(name))
        }))
    }

    /// The same for the node of this full name, which RELX_MULTI_NODE puts before the ending: `sys.NODE.config`.
    pub(crate) fn of_node(mut self, node: Option<&OsStr>) -> Self {
        if let (true, Some(output), Some(node)) = (self.multi_node, &self.output, node) {
            self.output = Some(named_after(output, node));
        }
        self
    }

    /// Puts `text` where the VM can read it, and says where that is.
    pub(crate) fn publish(self, text: &[u8]) -> Result<PathBuf, ConfigError> {
        let Some(output) = &self.output else { return Ok(self.source) };
        let write = |path: &Path, content: &[u8]| {
            let origin = match self.rendered {
                true => format!("is rendered from {}", self.source.display()),
                false => format!("is a copy of {}", self.source.display()),
            };
            private_file::write(path, content).map_err(|error| not_written(path, origin, &error))
        };
        if let Some(original) = &self.original {
            write(original, &self.read()?)?;
        }
        write(output, text)?;
        Ok(output.clone())
    }
}

/// `path` is where the plain file is, or would be.
fn decide(path: &Path, environment: &Environment, is_file: &dyn Fn(&Path) -> bool) -> Option<ConfigFile> {
    let (template, original) = (with_suffix(path, ".src"), with_suffix(path, ".orig"));
    let output = output(path, environment);
    let multi_node = environment.get("RELX_MULTI_NODE").is_some();
    let file = |source: PathBuf, rendered, output: Option<PathBuf>| {
        Some(ConfigFile { source, rendered, output, original: None, multi_node })
    };
    if is_file(&template) {
        return file(template, true, Some(output));
    }
    let replace = environment.get("RELX_REPLACE_OS_VARS").is_some();
    if is_file(&original) {
        return file(original, replace, Some(output));
    }
    if !is_file(path) {
        return None;
    }
    if !replace {
        return file(path.into(), false, None);
    }
    let original = (output == path && !multi_node).then_some(original);
    Some(ConfigFile { source: path.into(), rendered: true, output: Some(output), original, multi_node })
}

/// Why something is not taken for the file that a variable names.
fn no_file(path: &Path) -> String {
    match path.metadata() {
        Ok(_) => "is no regular file".into(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => "does not exist".into(),
        Err(error) => format!("cannot be looked at: {error}"),
    }
}

/// The rendered file stands in RELX_OUT_FILE_PATH, else beside the plain one.
fn output(path: &Path, environment: &Environment) -> PathBuf {
    match out_dir(environment) {
        Some(dir) => dir.join(path.file_name().unwrap_or_default()),
        None => path.into(),
    }
}

/// The variable that names the directory for files that are made when the program starts.
pub(crate) const OUT_DIR: &str = "RELX_OUT_FILE_PATH";

/// That directory, when one is given.
pub(crate) fn out_dir(environment: &Environment) -> Option<PathBuf> {
    let dir = environment.get(OUT_DIR)?;
    Some(path::absolute(dir).unwrap_or_else(|_| dir.into()))
}

fn named_after(path: &Path, node: &OsStr) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    let ending = path.extension();
    for part in [Some(node), ending].into_iter().flatten() {
        name.push(".");
        name.push(part);
    }
    path.with_file_name(name)
}

fn with_last_line_ended(mut rendered: Rendered) -> Rendered {
    if rendered.text.last().is_some_and(|last| *last != b'\n') {
        rendered.text.push(b'\n');
    }
    rendered
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(OsStr::new(suffix));
    name.into()
}

fn not_written(path: &Path, origin: String, error: &io::Error) -> ConfigError {
    let dir = path.parent().unwrap_or(Path::new("/")).to_owned();
    let path = path.to_owned();
    if let Some(obstacle) = obstacle(&path, &dir, error) {
        return ConfigError::InTheWay { path, origin, obstacle };
    }
    let problem = match (error.kind(), dir.metadata()) {
        (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, _) => {
            return ConfigError::Full { path, origin, dir };
        }
        (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => "does not exist".into(),
        (_, Ok(found)) if !found.is_dir() => "is no directory".into(),
        (io::ErrorKind::ReadOnlyFilesystem, _) => "is on a read-only file system".into(),
        (io::ErrorKind::PermissionDenied, _) => {
            format!("may not be written to by the user {}", rustix::process::geteuid().as_raw())
        }
        _ => format!("cannot be written to: {error}"),
    };
    ConfigError::Write { path, origin, dir, problem }
}

/// What stands where the file is to be, if it cannot be replaced; nothing if the directory is to blame.
fn obstacle(path: &Path, dir: &Path, error: &io::Error) -> Option<String> {
    let there = path.symlink_metadata().ok()?;
    if there.is_dir() {
        return Some("there is a directory of this name".into());
    }
    let user = rustix::process::geteuid().as_raw();
    match error.kind() {
        io::ErrorKind::ResourceBusy => Some("the file there is mounted by itself".into()),
        io::ErrorKind::PermissionDenied => {
            let (dir, writable) = (dir.metadata().ok()?, rustix::fs::access(dir, Access::WRITE_OK).is_ok());
            // In a sticky directory only the owner of a file, or of the directory, may replace it.
            let kept = writable && dir.mode() & STICKY != 0 && ![there.uid(), dir.uid()].contains(&user);
            kept.then(|| {
                format!("the file there belongs to the user {}, and this is the user {user}", there.uid())
            })
        }
        _ => None,
    }
}

const STICKY: u32 = 0o1000;

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
