//! Finds the release that this program belongs to.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use thiserror::Error;

/// A release on disk: `bin/<name>`, `releases/<vsn>/…`.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) root: PathBuf,
    pub(crate) name: String,
    pub(crate) vsn: String,
    /// The ERTS version that the release was made for.
    pub(crate) erts_vsn: String,
    /// The file of this program.
    pub(crate) program: PathBuf,
}

impl Release {
    /// The release whose `bin` directory holds the running program.
    pub(crate) fn find(argv0: &OsStr) -> Result<Self, ReleaseError> {
        let program = env::current_exe().or_else(|_| Path::new(argv0).canonicalize());
        Self::of_program(program.map_err(ReleaseError::OwnPath)?)
    }

    fn of_program(program: PathBuf) -> Result<Self, ReleaseError> {
        let root = program.parent().and_then(Path::parent).unwrap_or(Path::new("/")).to_owned();
        let (erts_vsn, vsn) = versions(&root.join("releases/start_erl.data"))?;
        let dir = root.join("releases").join(&vsn);
        let stem = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut names = rel_files(&dir)?;
        if names.is_empty() {
            // As after an upgrade: see [`Self::rel_file`].
            names = rel_files(&root.join("releases"))?;
        }
        let name = name(&stem, names, &dir)?;
        Ok(Self { root, name, vsn, erts_vsn, program })
    }

    /// `releases/<vsn>/<name>.rel`, or the one beside the versions: the release handler leaves none in the directory of
    /// a version that it has unpacked.
    pub(crate) fn rel_file(&self) -> PathBuf {
        let file = format!("{}.rel", self.name);
        let own = self.dir().join(&file);
        if own.is_file() { own } else { self.root.join("releases").join(file) }
    }

    /// `releases/<vsn>`.
    pub(crate) fn dir(&self) -> PathBuf {
        self.root.join("releases").join(&self.vsn)
    }
}

fn versions(path: &Path) -> Result<(String, String), ReleaseError> {
    let text =
        fs::read_to_string(path).map_err(|source| ReleaseError::Read { path: path.to_owned(), source })?;
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        [erts_vsn, vsn] => Ok((erts_vsn.into(), vsn.into())),
        _ => Err(ReleaseError::StartErlData { path: path.to_owned(), text: text.trim().into() }),
    }
}

/// The names of the `.rel` files of a directory, sorted.
fn rel_files(dir: &Path) -> Result<Vec<String>, ReleaseError> {
    let unreadable = |source| ReleaseError::Read { path: dir.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.file_name();
        names.extend(file.to_str().and_then(|file| file.strip_suffix(".rel")).map(String::from));
    }
    names.sort();
    Ok(names)
}

/// The release is named as the program is, or it is the only one.
fn name(program: &str, mut names: Vec<String>, dir: &Path) -> Result<String, ReleaseError> {
    if names.iter().any(|name| name == program) {
        return Ok(program.into());
    }
    match names.len() {
        0 => Err(ReleaseError::NoRelease { dir: dir.into() }),
        1 => Ok(names.remove(0)),
        _ => Err(ReleaseError::SeveralReleases {
            dir: dir.into(),
            names: names.iter().map(|name| format!("{name}.rel")).collect::<Vec<_>>().join(", "),
            program: program.into(),
        }),
    }
}

/// Why the release, or its runtime system, is not found.
#[derive(Debug, Error)]
pub(crate) enum ReleaseError {
    #[error("cannot tell which file this program was started from")]
    OwnPath(#[source] io::Error),
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} does not hold an ERTS version and a release version: {text:?}")]
    StartErlData { path: PathBuf, text: String },
    #[error("{path} is no description of a release")]
    Rel { path: PathBuf },
    #[error("no release found: there is no .rel file in {dir}")]
    NoRelease { dir: PathBuf },
    #[error("cannot tell the name of the release: {dir} holds {names}, none of them is {program}.rel")]
    SeveralReleases { dir: PathBuf, names: String, program: String },
    #[error("no Erlang VM: the release has no directory {expected}, and {searched}")]
    NoErts { expected: PathBuf, searched: String },
}

impl ReleaseError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        let text = match self {
            Self::OwnPath(_) => "mount /proc, or call the program by its full path",
            Self::Read { .. } => "check that the file exists and that the user of this process may read it",
            Self::StartErlData { .. } => "its only line is, for example, `13.1.5 0.1.0`",
            Self::Rel { .. } => {
                "it holds a term {release, {Name, Vsn}, {erts, Vsn}, [{Application, Vsn}, …]}"
            }
            Self::NoRelease { .. } => "this program belongs into the directory bin of a release",
            Self::SeveralReleases { .. } => "name the program after its release, or remove the others",
            Self::NoErts { .. } => {
                "build the release with {include_erts, true}, or put an Erlang installation on PATH"
            }
        };
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::{Release, ReleaseError, name};
    use std::fs;
    use std::path::Path;

    fn release(start_erl_data: &str, rels: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("releases/1.0")).unwrap();
        fs::write(root.path().join("releases/start_erl.data"), start_erl_data).unwrap();
        for rel in rels {
            fs::write(root.path().join("releases/1.0").join(rel), "").unwrap();
        }
        root
    }

    #[test]
    fn the_root_is_the_parent_of_bin() {
        let root = release("13.1.5 1.0\n", &["hello.rel", "start.boot"]);
        let found = Release::of_program(root.path().join("bin/hello-1.0")).unwrap();
        assert_eq!((found.name.as_str(), found.vsn.as_str()), ("hello", "1.0"));
        assert_eq!(found.erts_vsn, "13.1.5");
        assert_eq!(found.dir(), root.path().join("releases/1.0"));
    }

    #[test]
    fn a_version_that_was_unpacked_into_the_release_has_its_rel_file_beside_the_versions() {
        let root = release("13.1.5 1.0\n", &[]);
        assert!(Release::of_program(root.path().join("bin/hello")).is_err());
        fs::write(root.path().join("releases/hello.rel"), "").unwrap();
        let found = Release::of_program(root.path().join("bin/hello")).unwrap();
        assert_eq!(found.rel_file(), root.path().join("releases/hello.rel"));
        fs::write(root.path().join("releases/1.0/hello.rel"), "").unwrap();
        assert_eq!(found.rel_file(), root.path().join("releases/1.0/hello.rel"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let malformed = release("13.1.5\n", &[]);
        let error = Release::of_program(malformed.path().join("bin/a")).unwrap_err();
        assert!(matches!(&error, ReleaseError::StartErlData { text, .. } if text == "13.1.5"), "{error}");
        let missing = Release::of_program("/nowhere/bin/a".into()).unwrap_err();
        assert_eq!(missing.to_string(), "cannot read /nowhere/releases/start_erl.data");
    }

    #[test]
    fn names() {
        let named = |program: &str, names: &[&str]| {
            name(program, names.iter().map(ToString::to_string).collect(), Path::new("/r"))
        };
        assert_eq!(named("b", &["a", "b"]).unwrap(), "b");
        assert_eq!(named("x", &["a"]).unwrap(), "a");
        assert_eq!(named("x", &[]).unwrap_err().to_string(), "no release found: there is no .rel file in /r");
        assert_eq!(
            named("x", &["a", "b"]).unwrap_err().to_string(),
            "cannot tell the name of the release: /r holds a.rel, b.rel, none of them is x.rel"
        );
    }
}
