//! The closed list of differences that are on purpose, each with its reason. docs/relx-parity.md has them in
//! "Defects of relx".

use super::compare::{Case, Difference, NOT_NORMAL};

/// A difference that is no mistake of erlrel's.
pub(super) struct Explained {
    pub(super) name: &'static str,
    /// Whether it explains this difference.
    pub(super) explains: fn(&Case<'_>, &Difference) -> bool,
}

/// What erlrel does otherwise.
pub(super) const EXPLAINED: [Explained; 5] = [
    // erlrel's start script asks a running node through OTP's own erl_call; a release is not upgraded in place.
    Explained {
        name: "nodetool and the upgrade script are left out",
        explains: |_, difference| {
            matches!(difference.path.as_str(), "bin/nodetool" | "bin/install_upgrade.escript")
                && difference.what == "only relx has it"
        },
    },
    // The same settings; the hints that relx writes as comments are in erlrel's documentation.
    Explained {
        name: "default sys.config and vm.args have no comments",
        explains: |_, difference| {
            let default =
                [("/sys.config", "%% Thanks to", "[]."), ("/vm.args", "## Name of the node", "-sname ")];
            let is = |(end, relx, erlrel): (&str, &str, &str)| {
                difference.path.ends_with(end)
                    && difference.what.starts_with(&format!("relx: `{relx}"))
                    && difference.what.contains(&format!("erlrel: `{erlrel}"))
            };
            default.into_iter().any(is)
        },
    },
    // relx prints the version as Latin-1 into a file that is read as UTF-8.
    Explained {
        name: "relx cannot read its own .rel file of a version beyond ASCII",
        explains: |case, difference| {
            difference.form == "answer" && case.erlrel_built && case.log.contains("Cannot read \"")
        },
    },
    // `./a` and `a//`, as an overlay names them.
    Explained {
        name: "relx packs paths that are not in normal form",
        explains: |_, difference| difference.what == NOT_NORMAL,
    },
    // It cannot even say so: the message itself has no format.
    Explained {
        name: "relx crashes at the name of an application beyond ASCII",
        explains: |case, difference| {
            difference.form == "answer" && case.erlrel_built && case.project.has("name beyond ASCII")
        },
    },
];

/// The name of what explains a difference.
pub(super) fn explain(case: &Case<'_>, difference: &Difference) -> Option<&'static str> {
    EXPLAINED.iter().find(|explained| (explained.explains)(case, difference)).map(|explained| explained.name)
}
