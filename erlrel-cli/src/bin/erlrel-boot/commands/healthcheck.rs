//! `healthcheck`: whether the release does what it was started for.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use erlrel_core::term::{Term, consult};
use thiserror::Error;

use crate::commands::CommandError;
use crate::commands::ask::ask;
use crate::dist::{Answer, Call};
use crate::error::BootError;
use crate::node::{NodeError, patience};
use crate::release::{Release, ReleaseError};
use crate::report;
use crate::site::Site;

/// Says `healthy` when the node has started and every permanent application of the release runs, else
/// `unhealthy` and why.
///
/// What is transient or temporary may have done its work; what is only loaded never runs. With `--wait` it asks
/// until the answer is `healthy`, for as long as RELX_RPC_TIMEOUT allows.
pub(crate) fn healthcheck(site: &Site, words: &[OsString]) -> Result<ExitCode, BootError> {
    let wanted = permanent_applications(&site.release)?;
    let patience = patience(&site.environment)?;
    let health = match words {
        [] => check(site, patience, &wanted),
        [word] if word == "--wait" => wait(site, patience, &wanted),
        [word, ..] => return Err(HealthError::Word(word.clone()).into()),
    };
    report::result(if health.is_ok() { "healthy" } else { "unhealthy" });
    health.map(|()| ExitCode::SUCCESS)
}

/// Why a release is not healthy, or cannot be checked.
#[derive(Debug, Error)]
pub(crate) enum HealthError {
    #[error("`healthcheck` takes nothing but --wait, and not {0:?}")]
    Word(OsString),
    #[error("the node is {0}")]
    Status(String),
    #[error("the node has started without {0}")]
    Missing(String),
}

impl HealthError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Word(_) => "healthcheck [--wait]".into(),
            Self::Status(_) | Self::Missing(_) => {
                "`healthcheck --wait` waits until all of it runs; the log says what it is doing".into()
            }
        }
    }
}

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks until all is well or the time for answers is over; then the last reason counts.
fn wait(site: &Site, patience: Duration, wanted: &[String]) -> Result<(), BootError> {
    let begin = Instant::now();
    loop {
        let left = patience.saturating_sub(begin.elapsed());
        let health = check(site, left.max(PAUSE), wanted);
        match health {
            Err(error) if may_pass(&error) && left > PAUSE => thread::sleep(PAUSE),
            _ => return health,
        }
    }
}

/// Whether waiting may help.
fn may_pass(error: &BootError) -> bool {
    // The cookie may be one that the node is about to make.
    let early = matches!(error, BootError::Health(_) | BootError::Node(NodeError::NoCookie { .. }));
    early || error.is_about_reaching_the_node()
}

/// One question, so that all answers are of the same moment: the status, what runs, and what is included in others,
/// which start it themselves or not.
const QUESTION: &str = "\
    {element(1, init:get_status()),
     [Name || {Name, _, _} <- application:which_applications()],
     lists:append([element(2, application:get_key(Name, included_applications))
                   || {Name, _, _} <- application:loaded_applications()])}.\n";

fn check(site: &Site, left: Duration, wanted: &[String]) -> Result<(), BootError> {
    let node = site.node()?.with_left(left);
    let call = Call::new("erl_eval", "eval_str", [Term::string(QUESTION)]);
    let answer = ask(site, &node, &call)?;
    let Some((status, present)) = status_and_present(&answer) else {
        let answer = answer.to_string();
        return Err(CommandError::Answer { what: "the question what runs", answer }.into());
    };
    if status != "started" {
        return Err(HealthError::Status(status).into());
    }
    let missing: Vec<_> = wanted.iter().filter(|name| !present.contains(name)).cloned().collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(HealthError::Missing(missing.join(", ")).into()),
    }
}

/// What the node is doing, and the applications that run or need not.
fn status_and_present(answer: &Answer) -> Option<(String, Vec<String>)> {
    let facts = answer.tagged("ok")?.as_tuple()?;
    let [status, running, included] = &facts[..] else { return None };
    let present = [running.as_list()?, included.as_list()?].concat();
    let present: Option<Vec<_>> = present.iter().map(Answer::as_atom).collect();
    Some((status.as_atom()?, present?))
}

/// The applications of the release that have to run, by its `.rel` file.
fn permanent_applications(release: &Release) -> Result<Vec<String>, ReleaseError> {
    let path = release.rel_file();
    let text = fs::read(&path).map_err(|source| ReleaseError::Read { path: path.clone(), source })?;
    permanent(&path, &text).ok_or(ReleaseError::Rel { path })
}

/// `{release, {Name, Vsn}, {erts, Vsn}, [{App, Vsn} | {App, Vsn, Type} | …]}`; `permanent` is the default type.
fn permanent(path: &Path, text: &[u8]) -> Option<Vec<String>> {
    let document = consult(path, text).ok()?;
    let [_, _, _, applications] = document.terms.first()?.as_tuple()? else { return None };
    let mut names = Vec::new();
    for application in applications.as_list()? {
        let [name, _, more @ ..] = application.as_tuple()? else { return None };
        if more.first().and_then(Term::as_atom).unwrap_or("permanent") == "permanent" {
            names.push(name.as_atom()?.to_owned());
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::{permanent, status_and_present};
    use crate::dist::Answer;
    use erlrel_core::term::consult;
    use std::path::Path;

    #[test]
    fn permanent_applications_have_to_run() {
        let rel = r#"{release, {"shop", "1.0"}, {erts, "13.1"}, [{kernel, "8"}, {a, "1", permanent},
            {b, "1", temporary}, {c, "1", load}, {d, "1", none}, {e, "1", [x]}, {f, "1", permanent, [x]}]}."#;
        let found = permanent(Path::new("shop.rel"), rel.as_bytes()).unwrap();
        assert_eq!(found, ["kernel", "a", "e", "f"]);
        for wrong in ["", "x.", "{release, a, b, c}.", "{release, a, b, [c]}.", "{release, a, b, [{c}]}."] {
            assert_eq!(permanent(Path::new("shop.rel"), wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn an_answer_says_what_runs_and_what_need_not() {
        let found = |text: &str| {
            let document = consult(Path::new("answer"), text.as_bytes()).unwrap();
            status_and_present(&Answer::of(&document.terms[0]))
        };
        let present = ["a", "b", "c"].map(String::from).to_vec();
        assert_eq!(found("{ok, {started, [a, b], [c]}}."), Some(("started".into(), present)));
        for wrong in ["x.", "{ok, {}}.", "{ok, {started, [1], []}}.", "{error, {started, [], []}}."] {
            assert_eq!(found(wrong), None, "{wrong}");
        }
    }
}
