//! rebar3 and the Erlang that runs it and compiles.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::areas::{Area, Depth};
use crate::environment::Environment;
use crate::otp;

/// Applications of Erlang that take part in compilations.
const COMPILERS: [&str; 6] = ["asn1", "compiler", "parsetools", "snmp", "stdlib", "syntax_tools"];

/// The programs, and of the Erlang installation what says which one it is and what compiles.
pub(super) fn areas(environment: &Environment) -> Vec<Area> {
    let programs = ["rebar3", "escript", "erl", "git"].map(|name| on_path(name, environment));
    let programs = programs.into_iter().flatten().map(Area::of);
    programs.chain(root(environment).iter().flat_map(|root| of_erlang(root))).collect()
}

fn of_erlang(root: &Path) -> Vec<Area> {
    let lib = root.join("lib");
    let is_compiler = |dir: &PathBuf| {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        COMPILERS.contains(&name.split('-').next().unwrap_or_default())
    };
    let dirs = crate::fs::list(&lib).unwrap_or_default().into_iter().filter(is_compiler);
    let compilers = dirs.map(|dir| Area::of(dir.join("ebin")));
    [Area::to(root.into(), Depth::Names), Area::of(root.join("releases")), Area::to(lib, Depth::Names)]
        .into_iter()
        .chain(compilers)
        .collect()
}

/// Why it cannot be known which rebar3 or which Erlang will compile, as where a version manager decides that when it is started.
pub(super) fn doubt(environment: &Environment) -> Option<String> {
    let rebar3 = on_path("rebar3", environment)?;
    if !is_escript(&rebar3) {
        return Some(format!("`{}` is no escript and may start any rebar3", rebar3.display()));
    }
    let erl = on_path("erl", environment)?;
    let is_unknown = root(environment).is_none();
    is_unknown.then(|| format!("`{}` does not say where its Erlang is installed", erl.display()))
}

/// Whether rebar3 can be started, as far as that can be seen.
pub(super) fn has_rebar3(environment: &Environment) -> bool {
    let has_escript = || on_path("escript", environment).is_some();
    on_path("rebar3", environment).is_some_and(|rebar3| !is_escript(&rebar3) || has_escript())
}

/// Where Erlang is installed.
pub(super) fn root(environment: &Environment) -> Option<PathBuf> {
    otp::root_on_path(environment).ok()
}

fn is_escript(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(256).read_to_end(&mut start));
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    read.is_ok() && line.starts_with(b"#!") && String::from_utf8_lossy(line).contains("escript")
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

/// As the operating system finds it.
fn on_path(program: &str, environment: &Environment) -> Option<PathBuf> {
    let path = environment.get("PATH")?;
    path.split(':').map(|dir| Path::new(dir).join(program)).find(|path| is_program(path))
}
