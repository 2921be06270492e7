//! `versions`, `unpack`, `install`, `upgrade`, `downgrade` and `uninstall`: the node's release handler does them.

mod steps;

use std::ffi::OsString;
use std::fmt::Display;
use std::io;
use std::ops::ControlFlow::{self, Break, Continue};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{fs, thread};

use erlrel_core::term::Term;
use rustix::fs::{Access, access};

use crate::commands::CommandError;
use crate::commands::ask::{ask, require};
use crate::commands::healthcheck::HealthError;
use crate::commands::upgrade::steps::{Action, Request, Step, steps};
use crate::dist::{Answer, Call, Text};
use crate::environment::Environment;
use crate::error::BootError;
use crate::hooks::{self, Invocation, Phase};
use crate::node::Node;
use crate::report;
use crate::site::Site;
use crate::vm::init::Init;

/// How long one step has unless RELX_RPC_TIMEOUT says otherwise: it may load a lot of code.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks whether a node that starts has started.
const PAUSE: Duration = Duration::from_millis(100);

/// What `release_handler` knows of: versions and their states, the newest first.
type Versions = Vec<(String, String)>;

/// Lists the versions that the node knows.
pub(crate) fn versions(site: &Site) -> Result<ExitCode, BootError> {
    let handler = Handler::of(site)?;
    handler.list(&handler.versions()?);
    Ok(ExitCode::SUCCESS)
}

/// Carries out `command` with its arguments: a version, and perhaps `--no-permanent`. Says what relx says, with its
/// exit codes: 2 for a package that is missing or a version in use, 3 and 4 for the node's refusals. `words` is how
/// this program was called; hooks run if there is a node.
pub(crate) fn change(
    site: &Site,
    command: &str,
    words: &[OsString],
    init: Option<Init>,
) -> Result<ExitCode, BootError> {
    let arguments = hooks::without_marks(words).split_off(2);
    let Some(vsn) = version(&arguments) else {
        report::result("Missing version argument");
        report::result(format_args!("Usage: {} {command} {{version}}", site.release.name));
        return Ok(ExitCode::FAILURE);
    };
    let permanent = !arguments.iter().any(|word| word == "--no-permanent");
    let request = Request { action: Action::named(command), permanent, vsn };
    let handler = Handler::of(site)?;
    let called = Invocation { site, words, init };
    hooks::around(Phase::PreInstallUpgrade, called, |_| carry_out(&handler, &request))
}

fn carry_out(handler: &Handler<'_>, request: &Request) -> Result<ExitCode, BootError> {
    let versions = handler.versions()?;
    for step in steps(request, &versions) {
        if let Break(code) = handler.take(&request.vsn, step)? {
            return Ok(code.into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The last word that is no option, up to its first slash.
fn version(words: &[OsString]) -> Option<String> {
    let word = words.iter().rfind(|word| *word != "--no-permanent")?.to_string_lossy();
    let word = word.strip_prefix('/').unwrap_or(&word);
    let vsn = word.split('/').next().unwrap_or_default();
    (!vsn.is_empty()).then(|| vsn.to_owned())
}

/// The release handler of a node.
struct Handler<'a> {
    site: &'a Site,
    node: Node,
}

/// Whether to go on, or the exit code.
type Outcome = ControlFlow<u8>;

impl<'a> Handler<'a> {
    /// Of the running node, when it has started.
    fn of(site: &'a Site) -> Result<Self, BootError> {
        let node = site.node()?;
        let node = match is_time_given(&site.environment) {
            true => node,
            false => node.with_patience(PATIENCE),
        };
        let handler = Self { site, node };
        let status = Call::new("init", "get_status", []);
        let end = Instant::now() + handler.node.patience;
        while is_starting(&require(site, &handler.node, &status)?) {
            if Instant::now() >= end {
                return Err(HealthError::Status("starting".into()).into());
            }
            thread::sleep(PAUSE);
        }
        match handler.call("erlang", "whereis", [Term::atom("release_handler")])?.is_atom("undefined") {
            true => Err(CommandError::NoReleaseHandler.into()),
            false => Ok(handler),
        }
    }

    fn call(
        &self,
        module: &str,
        function: &str,
        arguments: impl IntoIterator<Item = Term>,
    ) -> Result<Answer, BootError> {
        ask(self.site, &self.node, &Call::new(module, function, arguments))
    }

    fn versions(&self) -> Result<Versions, BootError> {
        let answer = self.call("release_handler", "which_releases", [])?;
        let unexpected =
            || CommandError::Answer { what: "release_handler:which_releases/0", answer: answer.to_string() };
        let releases = answer.as_list().ok_or_else(unexpected)?;
        Ok(releases.iter().map(entry).collect::<Option<Versions>>().ok_or_else(unexpected)?)
    }

    fn list(&self, versions: &Versions) {
        report::result("Installed versions:");
        for (vsn, state) in versions {
            report::result(format_args!("* {vsn}\t{state}"));
        }
    }

    fn take(&self, vsn: &str, step: Step) -> Result<Outcome, BootError> {
        match step {
            Step::Say(text) => report::result(text),
            Step::Refuse(text) => return fail(2, text),
            Step::Unpack => return self.unpack(vsn),
            Step::Switch => return self.switch(vsn),
            Step::Keep => return self.keep(vsn),
            Step::Remove => return self.remove(vsn),
        }
        Ok(Continue(()))
    }

    fn unpack(&self, vsn: &str) -> Result<Outcome, BootError> {
        let Some(package) = self.package(vsn) else {
            report::result("Unpack failed: release_package_not_found");
            self.list(&self.versions()?);
            return Ok(Break(2));
        };
        self.writable()?;
        self.link(&package, vsn)?;
        report::result(format_args!("Release {vsn} not found, attempting to unpack releases/{package}"));
        let name = format!("{vsn}/{}", self.site.release.name);
        let answer = self.call("release_handler", "unpack_release", [Term::string(name)])?;
        match answer.tagged("ok") {
            Some(unpacked) => {
                report::result(format_args!("Unpacked successfully: {unpacked}"));
                Ok(Continue(()))
            }
            None => {
                report::result(format_args!("Unpack failed: {}", self.reason(&answer)?));
                self.list(&self.versions()?);
                Ok(Break(2))
            }
        }
    }

    /// The tarball, below `releases`.
    fn package(&self, vsn: &str) -> Option<String> {
        let name = &self.site.release.name;
        let places =
            [format!("{name}-{vsn}.tar.gz"), format!("{vsn}/{name}-{vsn}.tar.gz"), linked(name, vsn)];
        places.into_iter().find(|place| self.releases().join(place).is_file())
    }

    /// The release handler takes the last of the three places only.
    fn link(&self, package: &str, vsn: &str) -> Result<(), CommandError> {
        let place = linked(&self.site.release.name, vsn);
        if package == place {
            return Ok(());
        }
        let (from, to) = (self.releases().join(package), self.releases().join(place));
        let linked = fs::create_dir_all(self.releases().join(vsn))
            .and_then(|()| remove_if_there(&to))
            .and_then(|()| symlink(from, &to));
        linked.map_err(|source| CommandError::FixedRelease { path: to, source })
    }

    fn switch(&self, vsn: &str) -> Result<Outcome, BootError> {
        self.writable()?;
        let answer = self.call("release_handler", "check_install_release", [Term::string(vsn)])?;
        if is_error(&answer) {
            return self.refused(3, "check_install_release", &answer);
        }
        let options = Term::list([Term::tuple([Term::atom("update_paths"), Term::atom("true")])]);
        let answer = self.call("release_handler", "install_release", [Term::string(vsn), options])?;
        match (answer.as_tuple().as_deref(), reason(&answer).as_tuple().as_deref()) {
            (Some([ok, _, _]), _) if ok.is_atom("ok") => {
                report::result(format_args!("Installed Release: {vsn}"));
                Ok(Continue(()))
            }
            (_, Some([what, _])) if what.is_atom("no_such_release") => {
                self.list(&self.versions()?);
                fail(2, format_args!("ERROR: Unable to revert to '{vsn}' - not installed."))
            }
            (_, Some([what, module])) if what.is_atom("old_processes") => fail(
                3,
                format_args!(
                    "ERROR: unable to install '{vsn}' - old processes still running code from module {module}"
                ),
            ),
            _ => self.refused(4, "install_release", &answer),
        }
    }

    /// This program serves every version, so that none has to be put in its place.
    fn keep(&self, vsn: &str) -> Result<Outcome, BootError> {
        self.writable()?;
        let answer = self.call("release_handler", "make_permanent", [Term::string(vsn)])?;
        if !answer.is_atom("ok") {
            return self.refused(4, "make_permanent", &answer);
        }
        report::result(format_args!("Made release permanent: \"{vsn}\""));
        Ok(Continue(()))
    }

    fn remove(&self, vsn: &str) -> Result<Outcome, BootError> {
        self.writable()?;
        let answer = self.call("release_handler", "remove_release", [Term::string(vsn)])?;
        if !answer.is_atom("ok") {
            return self.refused(3, "remove_release", &answer);
        }
        report::result(format_args!("Uninstalled Release: {vsn}"));
        Ok(Continue(()))
    }

    fn refused(&self, code: u8, function: &str, answer: &Answer) -> Result<Outcome, BootError> {
        let reason = self.reason(answer)?;
        fail(code, format_args!("ERROR: release_handler:{function} failed: {reason}"))
    }

    /// What an error says, or the whole answer, as Erlang prints it.
    fn reason(&self, answer: &Answer) -> Result<String, BootError> {
        let reason = reason(answer);
        let text = ask(self.site, &self.node, &Call::format("~tp", &reason))?;
        Ok(Text::of(text).map_or_else(|| reason.to_string(), |text| text.to_string()))
    }

    fn releases(&self) -> std::path::PathBuf {
        self.site.release.root.join("releases")
    }

    /// Better said before than found out by the release handler half way.
    fn writable(&self) -> Result<(), CommandError> {
        let path = self.releases();
        access(&path, Access::WRITE_OK)
            .map_err(|source| CommandError::FixedRelease { path, source: source.into() })
    }
}

/// What is exported to programs does not count.
fn is_time_given(environment: &Environment) -> bool {
    ["RELX_RPC_TIMEOUT", "NODETOOL_TIMEOUT"].iter().any(|name| environment.is_inherited(name))
}

fn fail(code: u8, text: impl Display) -> Result<Outcome, BootError> {
    report::result(text);
    Ok(Break(code))
}

fn linked(name: &str, vsn: &str) -> String {
    format!("{vsn}/{name}.tar.gz")
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_starting(status: &Answer) -> bool {
    status.tagged("starting").is_some()
}

fn is_error(answer: &Answer) -> bool {
    answer.tagged("error").or_else(|| answer.tagged("badrpc")).is_some()
}

/// What an error says, or the whole answer.
fn reason(answer: &Answer) -> Answer {
    answer.tagged("error").unwrap_or_else(|| answer.clone())
}

/// Version and state of `{Name, Vsn, Applications, State}`.
fn entry(release: &Answer) -> Option<(String, String)> {
    let [_, vsn, _, state] = release.as_tuple()?.try_into().ok()?;
    Some((Text::of(vsn)?.to_string(), state.as_atom()?))
}

#[cfg(test)]
mod tests {
    use super::{is_time_given, version};
    use crate::environment::Environment;
    use std::ffi::OsString;

    #[test]
    fn a_step_has_five_minutes_unless_a_variable_says_otherwise() {
        let mut environment = Environment::from([("RELX_RPC_TIMEOUT", "")]);
        environment.export("RELX_RPC_TIMEOUT", "60");
        assert!(!is_time_given(&environment));
        for name in ["RELX_RPC_TIMEOUT", "NODETOOL_TIMEOUT"] {
            assert!(is_time_given(&Environment::from([(name, "5")])));
        }
    }

    #[test]
    fn the_version_is_the_last_word_up_to_a_slash() {
        let of = |words: &[&str]| version(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of(&["1.0"]), Some("1.0".into()));
        assert_eq!(of(&["--no-permanent", "/1.0/shop"]), Some("1.0".into()));
        assert_eq!(of(&["1.0", "--no-permanent"]), Some("1.0".into()));
        assert_eq!((of(&[]), of(&["--no-permanent"]), of(&["/"])), (None, None, None));
    }
}
