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
pub(super) const EXPLAINED: [Explained; 18] = [
    // erlrel's start script asks a running node through OTP's own erl_call, and has the node upgrade itself.
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
        name: "relx crashes at names beyond ASCII",
        explains: |case, difference| {
            difference.form == "answer" && case.erlrel_built && case.project.has("name beyond ASCII")
        },
    },
    Explained {
        name: "relx takes values of a wrong type",
        explains: |case, _| only_erlrel_refuses(case, &["` must be ", "expected `{release,"]),
    },
    Explained {
        name: "relx does not check the version of a goal that another application pulled in",
        explains: |case, _| only_erlrel_refuses(case, &[": the release asks for `"]),
    },
    // Up to relx 4.10 the included applications take the place of the optional ones.
    Explained {
        name: "relx loses optional applications when it excludes any",
        explains: |case, difference| {
            let ends = [".app", ".boot", ".script"];
            let is_description = ends.iter().any(|end| difference.path.ends_with(end));
            case.project.has("exclude_apps")
                && (is_description || only_relx_refuses(case, &["Undefined applications: ["]))
        },
    },
    Explained {
        name: "relx crashes if there is nothing to strip",
        explains: |case, _| only_relx_refuses(case, &["{rlx_assemble,'-do/2-lc$^0/1-0-',1"]),
    },
    Explained {
        name: "relx's tarball does not heed the options of one release only",
        explains: |case, difference| {
            let lone = ["only relx has it", "only erlrel has it"].contains(&difference.what.as_str());
            case.project.has("release with options") && difference.form == "tar" && lone
        },
    },
    // The list is sorted by name, where `mode` comes after `debug_info`; erlrel says so.
    Explained {
        name: "relx undoes debug_info by a mode that is written before it",
        explains: |case, difference| {
            difference.path.ends_with(".beam") && case.messages.contains("relx would not heed this")
        },
    },
    Explained {
        name: "rebar3 crashes at variables on the spot as the first overlay_vars",
        explains: |case, _| only_relx_refuses(case, &["{rlx_overlay,read_overlay_vars,"]),
    },
    Explained {
        name: "relx follows `..` in destinations",
        explains: |case, _| only_erlrel_refuses(case, &["` is not inside the release"]),
    },
    Explained {
        name: "relx swallows what it cannot copy inside of a directory",
        explains: |case, _| only_erlrel_refuses(case, &["` is a file in the release, not a directory"]),
    },
    // It writes the type twice into the .rel file.
    Explained {
        name: "relx crashes at a goal with a type and a list of included applications",
        explains: |case, _| only_relx_refuses(case, &["{rlx_release,none_type_apps,"]),
    },
    // Its pattern for versions has points that are not escaped.
    Explained {
        name: "relx takes any character for the point in a version",
        explains: |case, difference| case.project.has("version with a blank") && difference.form != "answer",
    },
    // It prints the edited file as Latin-1 and reads it as UTF-8, then takes another one that it finds, or none.
    Explained {
        name: "relx cannot read an .app file beyond ASCII that it has edited",
        explains: |case, difference| {
            let ends = [".app", ".boot", ".script", ".beam"];
            let is_description = ends.iter().any(|end| difference.path.ends_with(end));
            case.project.has("exclusion")
                && case.project.has("application beyond ASCII")
                && (is_description || only_relx_refuses(case, &[".app\""]))
        },
    },
    Explained {
        name: "relx does not look at an application that is excluded",
        explains: |case, _| {
            let damaged = [".app:1:1: the key `", "` must be "];
            case.project.has("exclude_apps") && only_erlrel_refuses(case, &damaged)
        },
    },
];

/// The name of what explains a difference.
pub(super) fn explain(case: &Case<'_>, difference: &Difference) -> Option<&'static str> {
    EXPLAINED.iter().find(|explained| (explained.explains)(case, difference)).map(|explained| explained.name)
}

fn only_erlrel_refuses(case: &Case<'_>, with: &[&str]) -> bool {
    case.relx_built && !case.erlrel_built && with.iter().any(|text| case.messages.contains(text))
}

fn only_relx_refuses(case: &Case<'_>, with: &[&str]) -> bool {
    !case.relx_built && case.erlrel_built && with.iter().any(|text| case.log.contains(text))
}
