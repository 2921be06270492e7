//! An Erlang installation, read from its files: no virtual machine is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::application::{Application, ApplicationError};
use crate::elf;
use crate::environment::Environment;
use crate::fs::{self, FsError};
use crate::platform::Platform;
use crate::term::{self, AtomEncoding, EtfError, Term};
use crate::vsn::Vsn;

/// An Erlang/OTP installation.
#[derive(Debug, Clone)]
pub struct OtpRoot {
    /// Its directory, which has `lib/`, `bin/`, `releases/` and `erts-<vsn>/`.
    pub root: PathBuf,
    /// The release number, such as `25`.
    pub release: String,
    /// The exact version from `OTP_VERSION`, such as `25.2.3`; the release number where there is none.
    pub version: String,
    /// The version of the runtime system, such as `13.1.5`.
    pub erts_vsn: String,
    /// What its programs run on.
    pub platform: Platform,
    /// Preloaded and mandatory modules, which every boot file begins with.
    pub boot: BootConstants,
    apps: BTreeMap<String, PathBuf>,
}

/// The lists that `systools` has built in, as an installation's own boot file shows them.
#[derive(Debug, Clone)]
pub struct BootConstants {
    /// Modules inside the emulator, sorted.
    pub preloaded: Vec<String>,
    /// Modules that the kernel needs before anything else, in the order in which they are loaded.
    pub mandatory: Vec<String>,
}

impl OtpRoot {
    /// Finds the installation of the `erl` on `PATH`, through links and by what the script says of its
    /// root directory.
    ///
    /// # Errors
    /// When there is no `erl`, or its script does not lead to an installation.
    pub fn from_path(environment: &Environment) -> Result<Self, OtpError> {
        Self::load(&root_on_path(environment)?)
    }

    /// Reads the installation in `root`.
    ///
    /// # Errors
    /// When it is none, or a file of it is unreadable.
    pub fn load(root: &Path) -> Result<Self, OtpError> {
        let root = &std::path::absolute(root).map_err(FsError::while_doing("find", root))?;
        let not_otp =
            |missing: &str| OtpError::NotAnInstallation { root: root.into(), missing: missing.into() };
        let start = fs::read_optional(&root.join("releases/start_erl.data"))?;
        let start =
            String::from_utf8_lossy(&start.ok_or_else(|| not_otp("releases/start_erl.data"))?).into_owned();
        let mut words = start.split_whitespace().map(String::from);
        let (Some(erts_vsn), Some(release)) = (words.next(), words.next()) else {
            return Err(not_otp("releases/start_erl.data"));
        };
        let version = fs::read_optional(&root.join("releases").join(&release).join("OTP_VERSION"))?;
        let version =
            version.map_or_else(|| release.clone(), |v| String::from_utf8_lossy(&v).trim().to_string());
        let emulator = root.join(format!("erts-{erts_vsn}/bin/beam.smp"));
        let platform =
            platform(&emulator).ok_or_else(|| not_otp(&format!("erts-{erts_vsn}/bin/beam.smp")))?;
        let apps = installed(&root.join("lib"))?;
        Ok(Self {
            boot: boot_constants(root, &release)?,
            root: root.into(),
            release,
            version,
            erts_vsn,
            platform,
            apps,
        })
    }

    /// The directory of ERTS.
    pub fn erts_dir(&self) -> PathBuf {
        self.root.join(format!("erts-{}", self.erts_vsn))
    }

    /// Reads an application; of several installed versions the newest.
    ///
    /// # Errors
    /// When its `.app` file is unreadable.
    pub fn application(&self, name: &str) -> Result<Option<Application>, ApplicationError> {
        self.apps.get(name).map_or(Ok(None), |dir| Application::read(dir, name))
    }

    /// The names of all installed applications, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.apps.keys().map(String::as_str)
    }

    /// Name and directory of all installed applications, sorted; of several versions the newest.
    pub fn directories(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.apps.iter().map(|(name, dir)| (name.as_str(), dir.as_path()))
    }

    /// How this release writes atoms in binaries.
    pub fn atom_encoding(&self) -> AtomEncoding {
        if self.major() >= 26 { AtomEncoding::Utf8 } else { AtomEncoding::Latin1 }
    }

    /// The release as a number; 0 if it is none.
    pub fn major(&self) -> u32 {
        Vsn::new(&*self.release).major().unwrap_or_default()
    }
}

/// The root directory of the installation of the `erl` on `PATH`.
///
/// # Errors
/// As of [`OtpRoot::from_path`].
pub(crate) fn root_on_path(environment: &Environment) -> Result<PathBuf, OtpError> {
    let path = environment.get("PATH").unwrap_or_default();
    let candidates = path.split(':').map(|dir| Path::new(dir).join("erl"));
    let erl = candidates.into_iter().find(|erl| erl.is_file()).ok_or(OtpError::NoErl)?;
    let script = std::fs::canonicalize(&erl).map_err(FsError::while_doing("read", &erl))?;
    let text = fs::read(&script)?;
    root_of(&script, &String::from_utf8_lossy(&text)).ok_or(OtpError::UnknownScript { erl })
}

/// The root directory: two levels above the script if that looks like an installation, else what the
/// script's `ROOTDIR=` says (as in Debian's, which lies in `bin/` of the installation or is linked there).
fn root_of(script: &Path, text: &str) -> Option<PathBuf> {
    let above = script.parent().and_then(Path::parent).map(Path::to_path_buf);
    let assigned = text.lines().filter_map(|line| line.trim().strip_prefix("ROOTDIR="));
    let assigned = assigned.map(|value| PathBuf::from(value.trim_matches('"')));
    above.into_iter().chain(assigned).find(|root| root.join("releases/start_erl.data").is_file())
}

fn platform(emulator: &Path) -> Option<Platform> {
    let start = fs::read_start(emulator, elf::HEADER, |_| false).ok()?;
    elf::architecture(&start).ok().map(Platform::linux)
}

/// `lib/<name>-<vsn>` or `lib/<name>`; of several versions the newest.
fn installed(lib: &Path) -> Result<BTreeMap<String, PathBuf>, FsError> {
    let mut newest: BTreeMap<String, (Option<Vsn>, PathBuf)> = BTreeMap::new();
    for dir in fs::list(lib)? {
        let Some(base) = dir.file_name().and_then(|name| name.to_str()) else { continue };
        let (name, vsn) = match base.split_once('-') {
            Some((name, vsn)) => (name.to_string(), Some(Vsn::new(vsn))),
            None => (base.to_string(), None),
        };
        if newest.get(&name).is_none_or(|(known, _)| *known < vsn) {
            newest.insert(name, (vsn, dir));
        }
    }
    Ok(newest.into_iter().map(|(name, (_, dir))| (name, dir)).collect())
}

fn boot_constants(root: &Path, release: &str) -> Result<BootConstants, OtpError> {
    let paths =
        [root.join("bin/start_clean.boot"), root.join("releases").join(release).join("start_clean.boot")];
    let path = paths.iter().find(|path| path.is_file()).unwrap_or(&paths[0]);
    let script =
        term::decode(&fs::read(path)?).map_err(|source| OtpError::Boot { path: path.clone(), source })?;
    let instructions = match script.as_tuple() {
        Some([_, _, instructions]) => instructions.as_list().unwrap_or_default(),
        _ => Vec::new(),
    };
    let list = |key: &str| -> Vec<String> {
        let modules = term::lookup(&instructions, key).and_then(Term::as_list).unwrap_or_default();
        modules.iter().filter_map(|module| module.as_atom().map(String::from)).collect()
    };
    Ok(BootConstants { preloaded: list("preLoaded"), mandatory: list("primLoad") })
}

/// An Erlang installation that cannot be found or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtpError {
    /// No `erl` on `PATH`.
    #[error("no Erlang found: there is no `erl` on PATH")]
    NoErl,
    /// The `erl` on `PATH` is a wrapper, as version managers have them.
    #[error("`{}` does not say where its Erlang is installed", erl.display())]
    UnknownScript {
        /// The script.
        erl: PathBuf,
    },
    /// A directory that is no installation.
    #[error("`{}` is no Erlang installation: it has no `{missing}`", root.display())]
    NotAnInstallation {
        /// The directory.
        root: PathBuf,
        /// The file that every installation has.
        missing: String,
    },
    /// A damaged boot file.
    #[error("cannot read the boot file `{}`", path.display())]
    Boot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: EtfError,
    },
    /// A file that cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found_from_the_script() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().join("otp");
        std::fs::create_dir_all(root.join("releases")).expect("created");
        std::fs::write(root.join("releases/start_erl.data"), "13.1.5 25").expect("written");
        assert_eq!(root_of(&root.join("bin/erl"), ""), Some(root.clone()));
        let text = format!("    ROOTDIR=\"{}\"\n", root.display());
        assert_eq!(root_of(Path::new("/usr/bin/erl"), &text), Some(root));
        assert_eq!(root_of(Path::new("/shims/bin/erl"), "exec something"), None);
    }

    #[test]
    fn of_several_versions_the_newest_is_taken() {
        let lib = tempfile::tempdir().expect("a temporary directory");
        for dir in ["stdlib-4.2", "stdlib-4.10", "kernel-8.5.3"] {
            std::fs::create_dir(lib.path().join(dir)).expect("created");
        }
        let apps = installed(lib.path()).expect("listed");
        assert_eq!(apps["stdlib"], lib.path().join("stdlib-4.10"));
    }
}
