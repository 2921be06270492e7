//! The closed list of differences that are on purpose, each with its reason. docs/relx-parity.md has them in
//! "Defects of relx".

use super::compare::{Case, Difference};

/// A difference that is no mistake of erlrel's.
pub(super) struct Explained {
    pub(super) name: &'static str,
    /// Whether it explains this difference.
    pub(super) explains: fn(&Case<'_>, &Difference) -> bool,
}

/// What erlrel does otherwise.
pub(super) const EXPLAINED: [Explained; 1] = [
    // erlrel's start script asks a running node through OTP's own erl_call; a release is not upgraded in place.
    Explained {
        name: "nodetool and the upgrade script are left out",
        explains: |_, difference| {
            matches!(difference.path.as_str(), "bin/nodetool" | "bin/install_upgrade.escript")
                && difference.what == "only relx has it"
        },
    },
];

/// The name of what explains a difference.
pub(super) fn explain(case: &Case<'_>, difference: &Difference) -> Option<&'static str> {
    EXPLAINED.iter().find(|explained| (explained.explains)(case, difference)).map(|explained| explained.name)
}
