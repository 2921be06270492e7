//! Finds the Erlang runtime system: the release's own, or that of an Erlang installation on PATH.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::environment::Environment;
use crate::release::{Release, ReleaseError};

/// An `erts-<vsn>` directory.
#[derive(Clone, Debug)]
pub(crate) struct Erts {
    pub(crate) dir: PathBuf,
    pub(crate) vsn: String,
}

impl Erts {
    /// The ERTS that the release brings along, else the one of the `erl` on PATH: the same version if it has
    /// it, else its newest.
    pub(crate) fn find(release: &Release, environment: &Environment) -> Result<Self, ReleaseError> {
        let own = release.root.join(format!("erts-{}", release.erts_vsn));
        if own.is_dir() {
            return Ok(Self { dir: own, vsn: release.erts_vsn.clone() });
        }
        let no_erts = |searched| ReleaseError::NoErts { expected: own.clone(), searched };
        let erl = on_path("erl", environment.get("PATH"))
            .ok_or_else(|| no_erts("no program `erl` is on PATH".into()))?;
        otp_roots(&erl)
            .iter()
            .find_map(|root| Self::in_root(root, &release.erts_vsn))
            .ok_or_else(|| no_erts(format!("{} belongs to no Erlang installation", erl.display())))
    }

    /// The programs of the runtime: erlexec, epmd, …
    pub(crate) fn bin(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// Where the applications of the installation are: `$SYSTEM_LIB_DIR` in a boot file.
    pub(crate) fn system_lib_dir(&self) -> PathBuf {
        self.dir.parent().unwrap_or(&self.dir).join("lib")
    }

    /// Whether this ERTS is of the version `major.minor`, or newer.
    pub(crate) fn at_least(&self, major: u64, minor: u64) -> bool {
        numbers(&self.vsn) >= vec![major, minor]
    }

    fn in_root(root: &Path, wanted: &str) -> Option<Self> {
        let entries = fs::read_dir(root).ok()?.flatten();
        let found = entries.filter_map(|entry| {
            let name = entry.file_name();
            let vsn = name.to_str()?.strip_prefix("erts-")?;
            entry.path().join("bin/erlexec").exists().then(|| Self { dir: entry.path(), vsn: vsn.into() })
        });
        found.max_by_key(|erts| (erts.vsn == wanted, numbers(&erts.vsn)))
    }
}

fn numbers(vsn: &str) -> Vec<u64> {
    vsn.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// The first file of that name in the directories of PATH, with symbolic links resolved.
fn on_path(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let mut files = env::split_paths(path?).map(|dir| dir.join(name));
    files.find(|file| file.is_file())?.canonicalize().ok()
}

/// Where the installation of `erl` may be: it is `ROOT/bin/erl` or `ROOT/erts-VSN/bin/erl`, or a script that
/// says `ROOTDIR=ROOT`.
fn otp_roots(erl: &Path) -> Vec<PathBuf> {
    let script = fs::read(erl).unwrap_or_default();
    let said = String::from_utf8_lossy(&script).lines().find_map(root_in_line);
    said.into_iter().chain(erl.ancestors().skip(2).take(2).map(Path::to_owned)).collect()
}

fn root_in_line(line: &str) -> Option<PathBuf> {
    let root = line.trim().strip_prefix("ROOTDIR=")?.trim_matches(['"', '\'']);
    root.starts_with('/').then(|| root.into())
}

#[cfg(test)]
mod tests {
    use super::{Erts, root_in_line};
    use crate::environment::Environment;
    use crate::release::Release;
    use std::fs;
    use std::path::Path;

    fn release(root: &Path) -> Release {
        Release {
            root: root.into(),
            name: "hello".into(),
            vsn: "1.0".into(),
            erts_vsn: "13.1.5".into(),
            program: root.join("bin/hello"),
        }
    }

    fn installation(versions: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for vsn in versions {
            fs::create_dir_all(root.path().join(format!("erts-{vsn}/bin"))).unwrap();
            fs::write(root.path().join(format!("erts-{vsn}/bin/erlexec")), "").unwrap();
        }
        fs::create_dir_all(root.path().join("bin")).unwrap();
        fs::write(root.path().join("bin/erl"), "#!/bin/sh\nROOTDIR=\"$x\"\n").unwrap();
        root
    }

    fn found(versions: &[&str]) -> Option<String> {
        let otp = installation(versions);
        let path = otp.path().join("bin");
        let environment = Environment::from([("PATH", path.to_str().unwrap())]);
        let empty = tempfile::tempdir().unwrap();
        Erts::find(&release(empty.path()), &environment).ok().map(|erts| erts.vsn)
    }

    #[test]
    fn the_release_comes_first() {
        let root = installation(&["13.1.5"]);
        let erts = Erts::find(&release(root.path()), &Environment::default()).unwrap();
        assert_eq!(erts.bin(), root.path().join("erts-13.1.5/bin"));
        assert_eq!(erts.system_lib_dir(), root.path().join("lib"));
    }

    #[test]
    fn then_the_installation_on_path() {
        assert_eq!(found(&["13.1.5", "15.0"]).as_deref(), Some("13.1.5"));
        assert_eq!(found(&["9.3", "15.0"]).as_deref(), Some("15.0"));
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn without_any_the_error_says_what_was_searched() {
        let error = Erts::find(&release(Path::new("/r")), &Environment::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no Erlang VM: the release has no directory /r/erts-13.1.5, and no program `erl` is on PATH"
        );
    }

    #[test]
    fn versions_are_compared_by_number() {
        let at_least = |vsn: &str| Erts { dir: "/e".into(), vsn: vsn.into() }.at_least(11, 1);
        assert!(at_least("11.1") && at_least("11.1.8") && at_least("13.0") && at_least("11.10"));
        assert!(!at_least("11.0.4") && !at_least("9.3") && !at_least("11"));
    }

    #[test]
    fn the_root_that_a_script_names() {
        assert_eq!(
            root_in_line("ROOTDIR=\"/usr/lib/erlang\"").as_deref(),
            Some(Path::new("/usr/lib/erlang"))
        );
        assert_eq!(root_in_line("ROOTDIR=$prog"), None);
    }
}
