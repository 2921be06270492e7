//! Goals: the applications that a release is asked to contain, and how each is started.

use std::fmt;
use std::sync::Arc;

use crate::term::{Place, Source, SourceError, Term};

/// How an application of a release is started (OTP's `rel(4)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartType {
    /// Started; when it ends, the node ends. The default.
    #[default]
    Permanent,
    /// Started; the node ends when it ends abnormally.
    Transient,
    /// Started; nothing happens when it ends.
    Temporary,
    /// Loaded, not started.
    Load,
    /// Only its modules are there.
    None,
}

impl StartType {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "permanent" => Self::Permanent,
            "transient" => Self::Transient,
            "temporary" => Self::Temporary,
            "load" => Self::Load,
            "none" => Self::None,
            _ => return None,
        })
    }
}

impl fmt::Display for StartType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::Temporary => "temporary",
            Self::Load => "load",
            Self::None => "none",
        })
    }
}

/// One element of a release's list of applications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// The application.
    pub name: String,
    /// The exact version it must have; default any.
    pub vsn: Option<String>,
    /// How it is started; `None` where the goal does not say.
    pub start: Option<StartType>,
    /// Which of its included applications are included; default all.
    pub included: Option<Vec<String>>,
    /// Where the configuration names it.
    pub place: Place,
}

/// Reads a goal in any of relx's forms: `App`, `{App, Type}`, `{App, Vsn}`, `{App, [Included]}`,
/// `{App, Vsn, Type}`, `{App, Vsn, [Included]}`, `{App, Vsn, Type, [Included]}`.
///
/// # Errors
/// For any other form, at its place.
pub(super) fn parse(source: &Arc<Source>, term: &Term) -> Result<Goal, SourceError> {
    let wrong = || {
        source.error(
            term.span(),
            "expected an application: `App`, or `{App, …}` with a version string, a start type \
             (permanent, transient, temporary, load, none) or a list of included applications",
        )
    };
    let parts = term.as_tuple().unwrap_or(std::slice::from_ref(term));
    let (name, rest) = parts.split_first().ok_or_else(wrong)?;
    let mut goal = Goal {
        name: name.as_atom().ok_or_else(wrong)?.into(),
        vsn: None,
        start: None,
        included: None,
        place: Place::new(source, term.span()),
    };
    if rest.len() > 3 || (term.as_tuple().is_some() && rest.is_empty()) {
        return Err(wrong());
    }
    for part in rest {
        goal.take(part).ok_or_else(wrong)?;
    }
    Ok(goal)
}

impl Goal {
    /// Parts come in the order version, start type, included; each at most once.
    fn take(&mut self, part: &Term) -> Option<()> {
        if let Some(start) = part.as_atom() {
            let unset = self.start.is_none() && self.included.is_none();
            self.start = Some(StartType::parse(start).filter(|_| unset)?);
        } else if let Some(names) = atom_list(part) {
            self.included.is_none().then_some(())?;
            self.included = Some(names);
        } else {
            (self.vsn.is_none() && self.start.is_none() && self.included.is_none()).then_some(())?;
            self.vsn = Some(part.as_string()?);
        }
        Some(())
    }
}

fn atom_list(term: &Term) -> Option<Vec<String>> {
    term.as_list()?.iter().map(|element| element.as_atom().map(String::from)).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::term::consult;

    fn goal(text: &str) -> Result<Goal, String> {
        let document = consult(Path::new("rebar.config"), format!("{text}.").as_bytes()).expect("a term");
        parse(&document.source, &document.terms[0]).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_of_a_goal_is_read() {
        let show = |text: &str| {
            let goal = goal(text).expect("a goal");
            format!("{} {:?} {:?} {:?}", goal.name, goal.vsn, goal.start, goal.included)
        };
        assert_eq!(show("a"), "a None None None");
        assert_eq!(show("{a, load}"), "a None Some(Load) None");
        assert_eq!(show("{a, \"1\"}"), "a Some(\"1\") None None");
        assert_eq!(show("{a, []}"), "a None None Some([])");
        assert_eq!(show("{a, \"1\", none}"), "a Some(\"1\") Some(None) None");
        assert_eq!(show("{a, \"1\", [b]}"), "a Some(\"1\") None Some([\"b\"])");
        assert_eq!(show("{a, \"1\", transient, [b]}"), "a Some(\"1\") Some(Transient) Some([\"b\"])");
    }

    #[test]
    fn other_forms_are_shown_at_their_place() {
        for text in ["\"a\"", "{a}", "{}", "{a, sometimes}", "{a, load, load}", "{a, load, \"1\"}", "{a, 1}"]
        {
            assert!(
                goal(text).expect_err("no goal").starts_with("rebar.config:1:1: expected an application"),
                "{text}"
            );
        }
    }
}
