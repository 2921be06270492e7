//! The application whose releases are installed and started, and what makes a project of it.

use std::path::Path;

use super::{run, tool};

const APP: &str = r#"{application, depot, [{description, "Is started"}, {vsn, "VSN"}, {modules, []},
 {registered, []}, {applications, [kernel, stdlib]}, {mod, {depot, []}}]}."#;

/// Its process runs no code of its own module, which may be purged twice.
const MODULE: &str = r#"-module(depot).
-behaviour(application).
-export([start/2, stop/1, init/1, vsn/0]).
start(_Type, _Arguments) -> supervisor:start_link({local, depot_sup}, depot, []).
stop(_State) -> ok.
init([]) -> {ok, {#{}, []}}.
vsn() -> "VSN".
"#;

/// Writes its sources.
pub(crate) fn application(dir: &Path, vsn: &str) {
    write(&dir.join("src/depot.app.src"), APP.replace("VSN", vsn));
    write(&dir.join("src/depot.erl"), MODULE.replace("VSN", vsn));
}

/// Writes a file, with the directories above it.
pub(crate) fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("created");
    std::fs::write(path, text).expect("written");
}

/// Runs rebar3 for the profile of a release that is installed elsewhere.
pub(crate) fn rebar3(dir: &Path, arguments: &[&str]) {
    run(tool("rebar3", "rebar3").args(["as", "prod"]).args(arguments).current_dir(dir));
}
