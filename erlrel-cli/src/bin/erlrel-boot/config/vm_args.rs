//! What `vm.args` says about the node: its name, cookie and way of distribution.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::config::ConfigError;
use crate::erts::Erts;
use crate::node::name::{Names, NodeName};

/// The flags of `vm.args`, and of the files that it includes by `-args_file`, that concern the distribution.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct VmArgs {
    pub(crate) name: Option<NodeName>,
    /// That of the node itself.
    pub(crate) cookie: Option<OsString>,
    /// What follows each `-setcookie`.
    cookies: Vec<Vec<OsString>>,
    pub(crate) proto_dist: Option<OsString>,
    pub(crate) start_epmd: Option<OsString>,
    pub(crate) epmd_module: Option<OsString>,
    /// The port where the node listens, and those that ask `erl_epmd` for it connect to.
    pub(crate) epmd_port: Option<OsString>,
    /// `-ssl_dist_optfile` and `-ssl_dist_opt` with what follows them.
    pub(crate) tls: Vec<OsString>,
    /// The Erlang tuple of `-kernel inet_dist_use_interface`.
    pub(crate) interface: Option<OsString>,
    /// The flags of the emulator, which begin with a plus.
    pub(crate) emulator: Vec<OsString>,
}

impl VmArgs {
    /// Reads the flags out of `text`, the content of the file `path`.
    ///
    /// `open` gives the content of an included file; a file that does not exist is passed over here, as the VM
    /// itself will say so.
    pub(crate) fn parse(
        text: &[u8],
        path: &Path,
        open: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<Self, ConfigError> {
        let mut found = Self::default();
        Reader { main: path, open, including: vec![path.to_owned()] }.read(text, &mut found)?;
        found.cookie = found.own_cookie();
        Ok(found)
    }

    /// The same for a VM before OTP 24.1, which knows no cookies of other nodes: two flags are one too many.
    pub(crate) fn on(mut self, erts: &Erts) -> Self {
        if !erts.at_least(12, 1) && self.cookies.len() != 1 {
            self.cookie = None;
        }
        self
    }

    /// Whether there is a `-setcookie` that is not for another node, and the VM takes none.
    pub(crate) fn has_ignored_cookies(&self) -> bool {
        self.cookie.is_none() && self.cookies.iter().any(|words| words.len() != 2)
    }

    /// By the rules of kernel's `auth`: two words are another node and its cookie, more are ignored, and the node's own
    /// is taken if it is the only one.
    fn own_cookie(&self) -> Option<OsString> {
        let own: Vec<_> = self.cookies.iter().filter(|words| words.len() < 2).collect();
        match own.as_slice() {
            [words] => words.first().cloned(),
            _ => None,
        }
    }

    /// The distribution flags that another VM needs to reach the node.
    pub(crate) fn client_flags(&self) -> Vec<OsString> {
        let single = [
            ("-proto_dist", &self.proto_dist),
            ("-start_epmd", &self.start_epmd),
            ("-epmd_module", &self.epmd_module),
            ("-erl_epmd_port", &self.epmd_port),
        ];
        let mut flags = Vec::new();
        for (flag, value) in single {
            flags.extend(value.iter().flat_map(|value| [flag.into(), value.clone()]));
        }
        if let Some(interface) = &self.interface {
            flags.extend(["-kernel".into(), "inet_dist_use_interface".into(), interface.clone()]);
        }
        flags.extend(self.tls.iter().cloned());
        flags
    }
}

/// Walks through a file and those it includes.
struct Reader<'a> {
    main: &'a Path,
    open: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    including: Vec<PathBuf>,
}

impl Reader<'_> {
    fn read(&mut self, text: &[u8], found: &mut VmArgs) -> Result<(), ConfigError> {
        if text.contains(&0) {
            let path = self.including.last().map_or(self.main, PathBuf::as_path);
            return Err(ConfigError::Nul { path: path.into() });
        }
        let mut words = words(text).into_iter().take_while(|word| word != "-extra").peekable();
        while let Some(word) = words.next() {
            if word == "-ssl_dist_optfile" || word == "-ssl_dist_opt" {
                found.tls.push(word);
                let is_value = |next: &OsString| !next.as_bytes().starts_with(b"-");
                found.tls.extend(std::iter::from_fn(|| words.next_if(is_value)));
                continue;
            }
            if word == "-setcookie" {
                let is_value =
                    |next: &OsString| !next.as_bytes().starts_with(b"-") && !is_emulator_flag(next);
                found.cookies.push(std::iter::from_fn(|| words.next_if(is_value)).collect());
                continue;
            }
            if is_emulator_flag(&word) {
                found.emulator.push(word);
                continue;
            }
            let Some(target) = Target::of(&word) else { continue };
            let Some(value) = words.next_if(|next| target.takes(next.as_os_str())) else { continue };
            match target {
                Target::Include => self.include(Path::new(&value), found)?,
                Target::Name(length) => self.name(NodeName { length, name: value }, found)?,
                Target::Flag(flag) => drop(flag(found).get_or_insert(value)),
            }
        }
        Ok(())
    }

    fn include(&mut self, path: &Path, found: &mut VmArgs) -> Result<(), ConfigError> {
        if self.including.iter().any(|open| open == path) {
            return Err(ConfigError::CircularArgsFile { path: path.into(), main: self.main.into() });
        }
        let text = match (self.open)(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => {
                return Err(ConfigError::ArgsFile { path: path.into(), main: self.main.into(), source });
            }
        };
        self.including.push(path.into());
        self.read(&text, found)?;
        self.including.pop();
        Ok(())
    }

    fn name(&self, name: NodeName, found: &mut VmArgs) -> Result<(), ConfigError> {
        match found.name.replace(name) {
            None => Ok(()),
            Some(_) => Err(ConfigError::TwoNames { path: self.main.into() }),
        }
    }
}

fn is_emulator_flag(word: &OsStr) -> bool {
    word.as_bytes().starts_with(b"+")
}

/// A flag that is of interest, and where its value goes.
enum Target {
    Include,
    Name(Names),
    Flag(fn(&mut VmArgs) -> &mut Option<OsString>),
}

impl Target {
    fn of(word: &OsStr) -> Option<Self> {
        Some(match word.as_bytes() {
            b"-args_file" => Self::Include,
            b"-sname" => Self::Name(Names::Short),
            b"-name" => Self::Name(Names::Long),
            b"-proto_dist" => Self::Flag(|found| &mut found.proto_dist),
            b"-start_epmd" => Self::Flag(|found| &mut found.start_epmd),
            b"-epmd_module" => Self::Flag(|found| &mut found.epmd_module),
            b"-erl_epmd_port" => Self::Flag(|found| &mut found.epmd_port),
            // A key of `-kernel`, not a flag.
            b"inet_dist_use_interface" => Self::Flag(|found| &mut found.interface),
            _ => return None,
        })
    }

    /// A word with a dash is no value but the next flag; only erlexec's own `-args_file` takes anything.
    fn takes(&self, value: &OsStr) -> bool {
        matches!(self, Self::Include) || !value.as_bytes().starts_with(b"-")
    }
}

/// The words of an arguments file, split as erlexec splits them: at white space, with comments (`#` to the end
/// of the line), a backslash before any character, and single or double quotes.
pub(crate) fn words(text: &[u8]) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => words.extend(word.take()),
            b'#' => {
                words.extend(word.take());
                bytes.by_ref().find(|byte| *byte == b'\n');
            }
            b'\\' => word.get_or_insert_default().extend(bytes.next()),
            b'"' | b'\'' => {
                let quoted = bytes.by_ref().take_while(|next| *next != byte);
                word.get_or_insert_default().extend(quoted);
            }
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words.into_iter().map(OsString::from_vec).collect()
}

#[cfg(test)]
#[path = "vm_args_tests.rs"]
mod tests;
