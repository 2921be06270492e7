//! The closed list of differences that are on purpose, each with its cause and bound to it: it explains what this
//! cause does, in a project that has it, and nothing else. docs/relx-parity.md has them in "Defects of relx".

use std::path::Path;

use super::compare::{CHOICE, Case, Difference, FORETOLD, NOT_NORMAL, OTHER_MODE};
use super::installation;
use super::project::atom;
use super::rebar3::{Rebar3, Same};
use crate::support::release::Node;

/// A difference that is no mistake of erlrel's.
pub(super) struct Explained {
    pub(super) name: &'static str,
    pub(super) share: Share,
    /// Whether it explains this difference.
    explains: fn(&mut Judge<'_, '_>, &Difference) -> bool,
}

/// How often a difference is met. The test fails if it is not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Share {
    /// In 300 projects from the first seed on.
    Common,
    /// In 3,000 projects, as what it needs comes together so seldom.
    Rare,
}

/// A project that was made by both, and what is needed to look into its files.
pub(super) struct Judge<'a, 'b> {
    pub(super) case: &'b Case<'a>,
    pub(super) rebar3: &'b mut Rebar3,
    pub(super) scratch: &'b Path,
}

/// What erlrel does otherwise.
pub(super) const EXPLAINED: [Explained; 27] = [
    // erlrel's start script asks a running node through OTP's own erl_call, and has the node upgrade itself.
    Explained {
        name: "nodetool and the upgrade script are left out",
        share: Share::Common,
        explains: |_, difference| {
            matches!(difference.path.as_str(), "bin/nodetool" | "bin/install_upgrade.escript")
                && difference.is_lone_of_relx()
        },
    },
    // Releases are for Linux; a warning says so.
    Explained {
        name: "scripts for Windows are left out",
        share: Share::Common,
        explains: |judge, difference| {
            let ends = [".ps1", ".cmd"];
            judge.case.messages.contains("writes no start script for")
                && difference.path.strip_prefix("bin/").is_some_and(|name| !name.contains('/'))
                && ends.iter().any(|end| difference.path.ends_with(end))
                && difference.is_lone_of_relx()
        },
    },
    // The same settings; the hints that relx writes as comments are in erlrel's documentation.
    Explained {
        name: "default sys.config and vm.args have no comments",
        share: Share::Common,
        explains: |_, difference| {
            let defaults = [("/sys.config", "%% Thanks to"), ("/vm.args", "## Name of the node")];
            difference.texts().is_some_and(|(relx, erlrel)| {
                let is_default =
                    |(end, start): &(&str, &str)| difference.path.ends_with(end) && relx.starts_with(start);
                defaults.iter().any(is_default) && settings(&relx) == settings(&erlrel)
            })
        },
    },
    // relx prints the version as Latin-1 into a file that is read as UTF-8.
    Explained {
        name: "relx cannot read its own .rel file of a version beyond ASCII",
        share: Share::Common,
        explains: |judge, _| {
            let project = judge.case.project;
            let mut versions = project.apps.iter().map(|app| &app.vsn);
            let has = versions.any(|vsn| !vsn.is_ascii())
                || project.releases.iter().any(|(_, vsn)| !vsn.is_ascii());
            has && judge.only_relx_refuses(&["Cannot read \""])
        },
    },
    // `./a` and `a//`, as an overlay names them.
    Explained {
        name: "relx packs paths that are not in normal form",
        share: Share::Common,
        explains: |judge, difference| judge.case.project.has("overlay") && difference.what == NOT_NORMAL,
    },
    // It cannot even say so: the message itself has no format.
    Explained {
        name: "relx crashes at names beyond ASCII",
        share: Share::Common,
        explains: |judge, _| judge.only_relx_refuses(&["{"]) && judge.crashed_at_a_name(),
    },
    Explained {
        name: "relx takes values of a wrong type",
        share: Share::Common,
        explains: |judge, _| {
            let case = judge.case;
            let is_shown = case
                .project
                .wrong
                .iter()
                .any(|wrong| case.messages.contains(wrong) && case.messages.contains("error: "));
            is_shown && judge.only_erlrel_refuses(&[" must be ", "expected ", "there is no such phase"])
        },
    },
    Explained {
        name: "relx ignores releases of another form",
        share: Share::Common,
        explains: |judge, _| {
            judge.case.project.has("malformed release")
                && judge.only_erlrel_refuses(&["expected `{release,", "a release's name must be an atom"])
        },
    },
    Explained {
        name: "relx does not check the version of a goal that another application pulled in",
        share: Share::Rare,
        explains: |judge, _| {
            judge.case.project.has("goal of another version")
                && judge.only_erlrel_refuses(&[": the release asks for `"])
        },
    },
    // Up to relx 4.10 the included applications take the place of the optional ones.
    Explained {
        name: "relx loses optional applications when it excludes any",
        share: Share::Common,
        explains: loses_optional,
    },
    Explained {
        name: "relx crashes if there is nothing to strip",
        share: Share::Rare,
        explains: |judge, _| {
            !judge.case.tarball.keys().any(|path| path.ends_with(".beam"))
                && judge.only_relx_refuses(&["{rlx_assemble,'-do/2-lc$^0/1-0-',1"])
        },
    },
    Explained {
        name: "relx's tarball does not heed the options of one release only",
        share: Share::Common,
        explains: |judge, difference| {
            let path = &difference.path;
            let part = path.split('/').nth(2).unwrap_or_default();
            let is_of = |option: &&str| match *option {
                "include_erts" => path.starts_with("erts-"),
                "include_src" => path.starts_with("lib/") && matches!(part, "src" | "include"),
                "system_libs" => path.starts_with("lib/") && !judge.case.project.has_app_at(path),
                _ => false,
            };
            let is_lone = difference.theirs.is_none() != difference.ours.is_none();
            difference.form == "tar" && is_lone && judge.case.project.own_options.iter().any(is_of)
        },
    },
    // The list is sorted by name, where `mode` comes after `debug_info`; erlrel says so.
    Explained {
        name: "relx undoes debug_info by a mode that is written before it",
        share: Share::Common,
        explains: |judge, difference| {
            difference.path.ends_with(".beam")
                && judge.case.messages.contains("relx would not heed this")
                && judge.is_same(&Same::Stripped, difference)
        },
    },
    Explained {
        name: "rebar3 crashes at variables on the spot as the first overlay_vars",
        share: Share::Common,
        explains: |judge, _| {
            judge.case.project.has("overlay_vars on the spot")
                && judge.only_relx_refuses(&["{rlx_overlay,read_overlay_vars,"])
        },
    },
    Explained {
        name: "relx follows `..` in destinations",
        share: Share::Common,
        explains: |judge, _| {
            judge.case.project.has("a destination with `..`")
                && judge.only_erlrel_refuses(&["` is not inside the release"])
        },
    },
    Explained {
        name: "relx swallows what it cannot copy inside of a directory",
        share: Share::Rare,
        explains: |judge, _| {
            judge.case.project.has("overlay")
                && judge.only_erlrel_refuses(&["` is a file in the release, not a directory"])
        },
    },
    // It writes the type twice into the .rel file.
    Explained {
        name: "relx crashes at a goal with a type and a list of included applications",
        share: Share::Common,
        explains: |judge, _| {
            let kinds = ["permanent", "transient", "temporary", "load", "none"];
            let without_version = kinds.map(|kind| format!(",{kind},["));
            let log = &judge.case.log;
            judge.only_relx_refuses(&["{rlx_release,none_type_apps,"])
                || judge.only_relx_refuses(&["{bad_goal,{"])
                    && without_version.iter().any(|goal| log.contains(goal.as_str()))
        },
    },
    // Its pattern for versions has points that are not escaped.
    Explained {
        name: "relx takes any character for the point in a version",
        share: Share::Rare,
        explains: |judge, difference| {
            difference.path == CHOICE && judge.case.project.has("version with a blank")
        },
    },
    // Of pre-releases it compares some parts, as texts.
    Explained {
        name: "relx does not look at the build of a version",
        share: Share::Rare,
        explains: |_, difference| difference.path == CHOICE && difference.what.ends_with(FORETOLD),
    },
    // Its paths are binaries then, which OTP does not take.
    Explained {
        name: "relx crashes at binaries for a version or a directory",
        share: Share::Common,
        explains: |judge, _| {
            judge.case.project.has("a version or a directory as a binary") && judge.crashed_at_a_binary()
        },
    },
    // The links lead nowhere, and so the boot files name the other Erlang's own directory.
    Explained {
        name: "relx takes a relative system_libs as it is for the target of links",
        share: Share::Rare,
        explains: links_to_nowhere,
    },
    // So it changes the project's own file.
    Explained {
        name: "relx writes an overlay through its link to a configuration file",
        share: Share::Rare,
        explains: |judge, difference| {
            let path = &difference.path;
            let is_configuration = ["/vm.args", "/sys.config", "/vm.args.src", "/sys.config.src"];
            judge.case.project.has("links")
                && judge.case.project.has("overlay")
                && difference.form == "directory"
                && is_configuration.iter().any(|end| path.ends_with(end))
                && difference.is_what_the_link_leads_to()
        },
    },
    // It prints the edited file as Latin-1 and reads it as UTF-8.
    Explained {
        name: "relx writes an .app file beyond ASCII that it has edited as Latin-1",
        share: Share::Common,
        explains: |judge, difference| judge.is_same_as_latin_1(difference),
    },
    // It then takes another application of this name that it finds, or none.
    Explained {
        name: "relx cannot read an .app file beyond ASCII that it has edited",
        share: Share::Common,
        explains: cannot_read,
    },
    // A binary is encoded once more when the tarball is written.
    Explained {
        name: "relx's tarball lacks what an overlay names beyond ASCII in a binary",
        share: Share::Rare,
        explains: |judge, _| {
            judge.case.project.has("a destination as a binary beyond ASCII")
                && judge.only_relx_refuses(&["Tarball generation errors:\nCannot add file"])
        },
    },
    // Nothing of a release depends on its sources being there.
    Explained {
        name: "relx fails for want of sources if warnings are errors",
        share: Share::Rare,
        explains: |judge, _| {
            let warnings = judge.case.log.split_once("Warnings being treated as errors:\n");
            let is_source = |line: &str| line.is_empty() || line.contains(": Source code not found: ");
            warnings.is_some_and(|(_, lines)| lines.lines().all(is_source))
                && judge.only_relx_refuses(&["Source code not found"])
        },
    },
    Explained {
        name: "relx does not look at an application that is excluded",
        share: Share::Rare,
        explains: |judge, _| {
            let project = judge.case.project;
            project.spoiled.as_ref().is_some_and(|app| {
                project.excluded.contains(app)
                    && judge.case.messages.contains(&format!("/{app}.app:"))
                    && judge.only_erlrel_refuses(&[".app:1:1: the key `", "` must be "])
            })
        },
    },
];

/// The name of what explains a difference.
pub(super) fn explain(judge: &mut Judge<'_, '_>, difference: &Difference) -> Option<&'static str> {
    let explained = EXPLAINED.iter().find(|explained| (explained.explains)(judge, difference));
    explained.map(|explained| explained.name)
}

/// relx empties the list, or puts the included applications into it, of each application that it copies; so it
/// misses what is optional, or what it was told to exclude.
fn loses_optional(judge: &mut Judge<'_, '_>, difference: &Difference) -> bool {
    let project = judge.case.project;
    if project.excluded.is_empty() {
        return false;
    }
    let undefined =
        judge.case.log.split_once("Undefined applications: [").and_then(|(_, rest)| rest.split_once(']'));
    let undefined: Option<String> = undefined.map(|(names, _)| names.split_whitespace().collect());
    let may_be_missed = |name: &str| {
        let optional = project.apps.iter().flat_map(|app| &app.optional);
        let mut names = optional.chain(&project.excluded);
        names.any(|other| atom(other) == name) || installation::OPTIONAL.contains(&name)
    };
    let ends = [".app", ".boot", ".script"];
    ends.iter().any(|end| difference.path.ends_with(end))
        && judge.is_same(&Same::TermsButOptional(project.excluded.clone()), difference)
        || undefined.is_some_and(|names| names.split(',').all(may_be_missed))
            && judge.only_relx_refuses(&["Undefined applications: ["])
}

/// Of the application whose description cannot be read, the tarball has another one's files, the boot files have
/// another one's description and modules. All that erlrel packs of it is what relx's own directory has.
fn cannot_read(judge: &mut Judge<'_, '_>, difference: &Difference) -> bool {
    let case = judge.case;
    let path = &difference.path;
    let is_boot = [".boot", ".script"].iter().any(|end| path.ends_with(end));
    if is_boot && !case.damaged.is_empty() {
        return judge.is_same(&Same::TermsButOf(case.damaged.clone()), difference);
    }
    let is_of = |app: &String| path.starts_with(&format!("lib/{app}/ebin/"));
    if difference.form == "tar" && case.damaged.iter().any(is_of) {
        let theirs = case.directory.get(path).cloned();
        if difference.ours.is_none() {
            return theirs.is_none();
        }
        let directory =
            Difference { theirs, ours: difference.ours.clone(), ..Difference::answer(path, String::new()) };
        return if path.ends_with(".beam") {
            judge.is_same(&Same::Beams, &directory)
        } else {
            judge.is_same_as_latin_1(&directory)
        };
    }
    let not_found = |app: &String| {
        let name = app.split_once('-').map_or(app.as_str(), |(name, _)| name);
        format!("{name}: File not found: \"{name}.app\"")
    };
    let not_found: Vec<String> = case.damaged.iter().map(not_found).collect();
    judge.only_relx_refuses(&not_found.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Links to applications, and the boot files of a release that has them.
fn links_to_nowhere(judge: &mut Judge<'_, '_>, difference: &Difference) -> bool {
    let project = judge.case.project;
    if !(project.has("links") && project.has("system_libs path")) {
        return false;
    }
    if let (Some(Node::Link(relx)), Some(Node::Link(erlrel))) = (&difference.theirs, &difference.ours) {
        return difference.path.starts_with("lib/")
            && !relx.starts_with('/')
            && Path::new(erlrel).is_dir()
            && erlrel.ends_with(&format!("/project/{relx}"));
    }
    let is_boot = [".boot", ".script"].iter().any(|end| difference.path.ends_with(end));
    is_boot && judge.is_same(&Same::TermsButSystemLibs, difference)
        || judge.only_relx_refuses(&["No valid version (\"5.0\") of .app file found"])
}

impl Judge<'_, '_> {
    fn only_erlrel_refuses(&self, with: &[&str]) -> bool {
        let case = self.case;
        case.relx_built && !case.erlrel_built && with.iter().any(|text| case.messages.contains(text))
    }

    fn only_relx_refuses(&self, with: &[&str]) -> bool {
        let case = self.case;
        !case.relx_built && case.erlrel_built && with.iter().any(|text| case.log.contains(text))
    }

    /// rebar3 ends with a crash in which a name stands as a list of characters or of bytes, or it does not find an
    /// application whose name it writes in escapes.
    fn crashed_at_a_name(&self) -> bool {
        let project = self.case.project;
        let log: String = self.case.log.split_whitespace().collect();
        let apps = project.apps.iter().map(|app| &app.name);
        let mut names =
            apps.chain(project.releases.iter().map(|(name, _)| name)).filter(|name| !name.is_ascii());
        let list = |codes: Vec<u32>| codes.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        names.any(|name| {
            let escaped: String = name.chars().map(escape).collect();
            let written = [
                list(name.chars().map(u32::from).collect()),
                list(name.bytes().map(u32::from).collect()),
                format!("Applicationneededforreleasenotfound:'{escaped}'"),
            ];
            written.iter().any(|text| log.contains(text.as_str()))
        })
    }

    /// rebar3 ends with a crash of one of the functions that a path goes to, with a binary as an argument.
    fn crashed_at_a_binary(&self) -> bool {
        let log: String = self.case.log.split_whitespace().collect();
        let calls = ["[{path,[<<\"", "[{filelib,wildcard,[\"", "[{erlang,'++',[<<\""];
        calls.iter().any(|call| log.contains(call)) && self.only_relx_refuses(&["<<\""])
    }

    fn is_same(&mut self, how: &Same, difference: &Difference) -> bool {
        let Some((relx, erlrel)) = difference.contents() else { return false };
        self.rebar3.same(how, [relx, erlrel], self.scratch)
    }

    /// Whether what relx has written are the same terms in another encoding.
    fn is_same_as_latin_1(&mut self, difference: &Difference) -> bool {
        let Some((relx, erlrel)) = difference.contents() else { return false };
        let is_damaged = difference.path.ends_with(".app") && std::str::from_utf8(relx).is_err();
        let text: String = relx.iter().map(|byte| char::from(*byte)).collect();
        let excluded = &self.case.project.excluded;
        let how = if excluded.is_empty() { Same::Terms } else { Same::TermsButOptional(excluded.clone()) };
        is_damaged && self.rebar3.same(&how, [text.as_bytes(), erlrel], self.scratch)
    }
}

impl Difference {
    /// relx has a link, and erlrel a file with what the link leads to.
    fn is_what_the_link_leads_to(&self) -> bool {
        match (&self.theirs, &self.ours) {
            (Some(Node::Link(target)), Some(Node::File { bytes, .. })) => {
                std::fs::read(target).is_ok_and(|written| written == *bytes)
            }
            _ => false,
        }
    }

    fn is_lone_of_relx(&self) -> bool {
        self.theirs.is_some() && self.ours.is_none()
    }

    /// Of two files of the same mode: no content explains another one.
    fn contents(&self) -> Option<(&[u8], &[u8])> {
        if self.what.starts_with(OTHER_MODE) {
            return None;
        }
        match (&self.theirs, &self.ours) {
            (Some(Node::File { bytes: relx, .. }), Some(Node::File { bytes: erlrel, .. })) => {
                Some((relx, erlrel))
            }
            _ => None,
        }
    }

    fn texts(&self) -> Option<(String, String)> {
        let (relx, erlrel) = self.contents()?;
        Some((String::from_utf8(relx.to_vec()).ok()?, String::from_utf8(erlrel.to_vec()).ok()?))
    }
}

/// As Erlang prints it in Latin-1.
fn escape(character: char) -> String {
    match u32::from(character) {
        code @ 256.. => format!("\\x{{{code:X}}}"),
        _ => character.to_string(),
    }
}

/// A configuration without comments, blanks and line ends.
fn settings(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '%']));
    lines.flat_map(|line| line.split_whitespace()).collect()
}
