//! What is to be done with a version, by the state that it is in.

/// What is wanted.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) vsn: String,
    /// Whether the node starts with the version from then on.
    pub(super) permanent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    Unpack,
    /// Also upgrade and downgrade.
    Install,
    Uninstall,
}

/// What is done, in this order, until something fails.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Say(String),
    /// Ends it with exit code 2.
    Refuse(String),
    Unpack,
    Switch,
    Keep,
    Remove,
}

impl Action {
    /// That of a command.
    pub(super) fn named(command: &str) -> Self {
        match command {
            "unpack" => Self::Unpack,
            "uninstall" => Self::Uninstall,
            _ => Self::Install,
        }
    }
}

/// The steps for a version; `versions` has the state of each that the node knows.
pub(super) fn steps(request: &Request, versions: &[(String, String)]) -> Vec<Step> {
    let state_of = |vsn: &str| versions.iter().find(|(known, _)| known == vsn).map(|(_, state)| &**state);
    let state = state_of(&request.vsn);
    match request.action {
        Action::Unpack => unpack(&request.vsn, state),
        Action::Install => install(request, state, versions),
        Action::Uninstall => uninstall(&request.vsn, state),
    }
}

fn unpack(vsn: &str, state: Option<&str>) -> Vec<Step> {
    let Some(state) = state else { return vec![Step::Unpack] };
    vec![Step::Say(match state {
        "unpacked" => format!("Release {vsn} is already unpacked."),
        "current" => format!("Release {vsn} is already installed and current."),
        "permanent" => format!("Release {vsn} is already installed and set permanent."),
        other => format!("Release {vsn} is marked {other}."),
    })]
}

fn install(request: &Request, state: Option<&str>, versions: &[(String, String)]) -> Vec<Step> {
    let vsn = &request.vsn;
    let Some(state) = state else { return switch(request, Step::Unpack) };
    match state {
        "unpacked" => {
            switch(request, Step::Say(format!("Release {vsn} is already unpacked, now installing.")))
        }
        "current" if request.permanent => vec![
            Step::Say(format!("Release {vsn} is already installed and current, making permanent.")),
            Step::Keep,
        ],
        "current" => vec![Step::Say(format!("Release {vsn} is already installed and current."))],
        "permanent" => match running(versions) {
            Some(now) if now != vsn => {
                switch(request, Step::Say(format!("Release {now} is the currently running version.")))
            }
            _ => vec![Step::Say(format!("Release {vsn} is already installed, running and set permanent."))],
        },
        other => switch(request, Step::Say(format!("Release {vsn} is marked {other}, switching to it."))),
    }
}

fn switch(request: &Request, first: Step) -> Vec<Step> {
    let mut steps = vec![first, Step::Switch];
    steps.extend(request.permanent.then_some(Step::Keep));
    steps
}

fn uninstall(vsn: &str, state: Option<&str>) -> Vec<Step> {
    match state {
        None => vec![Step::Say(format!("Release {vsn} is already uninstalled."))],
        Some("current") => {
            vec![Step::Refuse(format!("Uninstall failed: Release {vsn} is marked current."))]
        }
        Some("permanent") => vec![Step::Refuse(format!("Uninstall failed: Release {vsn} is running."))],
        Some("unpacked") => {
            vec![Step::Say(format!("Release {vsn} is marked unpacked, uninstalling it")), Step::Remove]
        }
        Some(state) => {
            vec![Step::Say(format!("Release {vsn} is marked {state}, uninstalling it.")), Step::Remove]
        }
    }
}

/// The version that runs: the current one, else the permanent one.
fn running(versions: &[(String, String)]) -> Option<&String> {
    let of = |wanted: &str| versions.iter().find(|(_, state)| state == wanted).map(|(vsn, _)| vsn);
    of("current").or_else(|| of("permanent"))
}

#[cfg(test)]
mod tests {
    use super::{Action, Request, Step, steps};

    fn kinds(command: &str, permanent: bool, state: Option<&str>) -> Vec<Step> {
        let request = Request { action: Action::named(command), vsn: "2".into(), permanent };
        let mut versions = vec![("1".to_owned(), "permanent".to_owned())];
        versions.extend(state.map(|state| ("2".to_owned(), state.to_owned())));
        let said = |step: &Step| !matches!(step, Step::Say(_));
        steps(&request, &versions).into_iter().filter(said).collect()
    }

    #[test]
    fn a_version_is_unpacked_once() {
        assert_eq!(kinds("unpack", true, None), [Step::Unpack]);
        for state in ["unpacked", "current", "permanent", "old"] {
            assert_eq!(kinds("unpack", true, Some(state)), []);
        }
    }

    #[test]
    fn an_installation_does_what_is_left_to_do() {
        for command in ["install", "upgrade", "downgrade"] {
            assert_eq!(kinds(command, true, None), [Step::Unpack, Step::Switch, Step::Keep]);
            assert_eq!(kinds(command, false, None), [Step::Unpack, Step::Switch]);
            assert_eq!(kinds(command, true, Some("unpacked")), [Step::Switch, Step::Keep]);
            assert_eq!(kinds(command, true, Some("old")), [Step::Switch, Step::Keep]);
            assert_eq!(kinds(command, true, Some("current")), [Step::Keep]);
            assert_eq!(kinds(command, false, Some("current")), []);
        }
    }

    #[test]
    fn a_permanent_version_that_does_not_run_is_switched_to() {
        let request = Request { action: Action::Install, vsn: "1".into(), permanent: true };
        let of = |vsn: &str, state: &str| (vsn.to_owned(), state.to_owned());
        let running = steps(&request, &[of("1", "permanent")]);
        assert_eq!(running, [Step::Say("Release 1 is already installed, running and set permanent.".into())]);
        let other = steps(&request, &[of("2", "current"), of("1", "permanent")]);
        let says = Step::Say("Release 2 is the currently running version.".into());
        assert_eq!(other, [says, Step::Switch, Step::Keep]);
    }

    #[test]
    fn a_version_in_use_stays() {
        for state in ["current", "permanent"] {
            assert!(matches!(kinds("uninstall", true, Some(state))[..], [Step::Refuse(_)]));
        }
        for state in ["old", "unpacked"] {
            assert_eq!(kinds("uninstall", true, Some(state)), [Step::Remove]);
        }
        assert_eq!(kinds("uninstall", true, None), []);
    }
}
