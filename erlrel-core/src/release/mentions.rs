//! Applications and modules that options name, and which of them a release does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Warning;
use crate::term::{Place, Source, Term};

/// A name in an option.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    app: String,
    /// One of the application's modules, if that is what is named.
    module: Option<String>,
    place: Place,
}

impl Mention {
    pub(super) fn new(app: &str, module: Option<&str>, source: &Arc<Source>, term: &Term) -> Self {
        Self { app: app.into(), module: module.map(String::from), place: Place::new(source, term.span()) }
    }
}

/// The names that there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The applications in the release.
    pub(super) apps: BTreeSet<String>,
    /// Those that something in it needs, or could use.
    pub(super) needed: BTreeSet<String>,
    /// The modules in its applications, before any is left out.
    pub(super) modules: BTreeSet<(String, String)>,
}

/// A warning for each name that stands for nothing: the option does nothing then.
pub(super) fn absent(mentions: &BTreeMap<&'static str, Vec<Mention>>, names: &Names) -> Vec<Warning> {
    let messages = mentions.iter().flat_map(|(option, mentions)| {
        mentions.iter().filter_map(|mention| Some(mention.place.error(message(option, mention, names)?)))
    });
    messages.map(Warning::NoSuchName).collect()
}

fn message(option: &str, Mention { app, module, .. }: &Mention, names: &Names) -> Option<String> {
    let missing = match module {
        _ if option == "exclude_apps" => {
            let nobody = format!("nothing in the release needs `{app}`, so there is nothing to exclude");
            return (!names.needed.contains(app)).then_some(nobody);
        }
        None if !names.apps.contains(app) => format!("the release has no application `{app}`"),
        // The missing application is told of already.
        Some(module)
            if names.apps.contains(app) && !names.modules.contains(&(app.clone(), module.clone())) =>
        {
            format!("the application `{app}` has no module `{module}`")
        }
        _ => return None,
    };
    let done = if option == "exref" { "check" } else { "exclude" };
    Some(format!("{missing}, so there is nothing to {done}"))
}
