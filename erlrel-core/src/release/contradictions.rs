//! Options that contradict each other, of which relx silently lets one count.
//!
//! Once a profile has options, relx sorts all of them by their names, so the order in which they are applied is
//! not the one in which they are written. What is seen here is what is written: the list of the base, those of
//! the profiles, that of the release. That a later list changes what an earlier one says is what lists are for;
//! a contradiction is what a list says in vain because of itself or of an earlier one.

use super::config_files::FileOption;
use super::relx_config::{Fold, OPTIONS};
use super::spec::SpecWarning;
use super::undefined::Scope;
use crate::term::Term;

/// Options of which each value adds to those before it; of all others the last one counts.
const ADDED: [&str; 4] = ["lib_dirs", "overlay", "overlay_vars", "overlay_vars_values"];

/// Adds a warning for each contradiction in the lists, and has `debug_info` count as it is written.
pub(super) fn check(fold: &mut Fold, lists: &[Vec<Term>]) {
    let written = Written { lists };
    written.twice(fold);
    written.debug_info_as_written(fold);
    written.stripped_links(fold);
    for key in ["dev_mode", "debug_info", "include_erts", "include_src"] {
        written.undone_by_mode(fold, key);
    }
    written.script_additions(fold);
    written.files_turned_off(fold);
    written.check_turned_off(fold);
}

/// The lists of options as they are written, each overriding those before it.
struct Written<'a> {
    lists: &'a [Vec<Term>],
}

/// An option, and where it stands.
#[derive(Clone, Copy)]
struct Entry<'a> {
    list: usize,
    index: usize,
    option: &'a Term,
    value: &'a Term,
}

impl<'a> Written<'a> {
    fn entries(&self, key: &'a str) -> impl Iterator<Item = Entry<'a>> {
        self.lists.iter().enumerate().flat_map(move |(list, options)| {
            options.iter().enumerate().filter_map(move |(index, option)| {
                let (name, value) = option.as_pair()?;
                (name == key).then_some(Entry { list, index, option, value })
            })
        })
    }

    fn last(&self, key: &'a str) -> Option<Entry<'a>> {
        self.entries(key).last()
    }

    /// What sets several options at once: `mode`, and `{dev_mode, true}`, which is one.
    fn modes(&self) -> Vec<Entry<'a>> {
        let dev = self.entries("dev_mode").filter(|entry| entry.value.is_atom("true"));
        let mut modes: Vec<Entry<'a>> = self.entries("mode").chain(dev).collect();
        modes.sort_by_key(|entry| (entry.list, entry.index));
        modes
    }

    /// The same option with several values in one list.
    fn twice(&self, fold: &mut Fold) {
        for key in OPTIONS.into_iter().filter(|key| !ADDED.contains(key)) {
            let entries: Vec<Entry<'_>> = self.entries(key).collect();
            for entry in &entries {
                let last = entries.iter().rfind(|other| other.list == entry.list);
                if last.is_some_and(|last| last.value != entry.value) {
                    let message = format!(
                        "`{key}` stands in this list again with another value, and the last one counts"
                    );
                    fold.contradiction(entry.option, message);
                }
            }
        }
    }

    /// An explicit `debug_info` counts where it is written: after what the base says, in front of what comes
    /// behind it. relx sorts merged options by their names, where `dev_mode` and `mode` come later and undo it.
    fn debug_info_as_written(&self, fold: &mut Fold) {
        let Some(entry) = self.last("debug_info") else { return };
        let is_behind = |mode: &Entry<'_>| (mode.list, mode.index) > (entry.list, entry.index);
        let strip = entry.value.is_atom("strip");
        if self.modes().iter().any(is_behind) || strip == fold.strip || fold.linked {
            return;
        }
        fold.strip = strip;
        let message = "relx would not heed this: it sorts the merged options of base and profiles by their names, and \
                       a `dev_mode` or `mode` then comes later and undoes it; erlrel does what is written here";
        fold.warnings.push(SpecWarning::DebugInfo(fold.source.error(entry.option.span(), message)));
    }

    fn stripped_links(&self, fold: &mut Fold) {
        let Some(entry) = self.last("debug_info").filter(|entry| entry.value.is_atom("strip")) else {
            return;
        };
        let is_later = |mode: &Entry<'_>| mode.list > entry.list;
        if fold.linked && !self.modes().iter().any(is_later) {
            let message =
                "nothing is stripped in mode `dev`, where the release consists of links to what was compiled";
            fold.contradiction(entry.option, message);
        }
    }

    /// An option that a mode of the same or an earlier list sets to something else.
    fn undone_by_mode(&self, fold: &mut Fold, key: &'static str) {
        let Some(entry) = self.last(key).filter(|entry| !has_effect(fold, key, entry.value)) else { return };
        let is_itself = |mode: &&Entry<'_>| mode.list == entry.list && mode.index == entry.index;
        let modes = self.modes();
        let Some(mode) = modes.iter().rfind(|mode| !is_itself(mode)).filter(|mode| mode.list <= entry.list)
        else {
            return;
        };
        let message = format!("`{}` undoes this: {}", mode.option, remedy(mode.option, key, entry));
        fold.contradiction(entry.option, message);
    }

    /// Hooks and extensions of a start script that has none, or that is not there.
    fn script_additions(&self, fold: &mut Fold) {
        let script = &fold.start_script;
        let (off, reason) = if !script.is_generated() {
            ("generate_start_script", "leaves out the start script")
        } else if !script.is_extended() {
            ("extended_start_script", "asks for the short start script")
        } else {
            return;
        };
        let Some(off) = self.last(off) else { return };
        for key in ["extended_start_script_hooks", "extended_start_script_extensions"] {
            let additions =
                self.last(key).filter(|entry| entry.value.as_list().is_some_and(|list| !list.is_empty()));
            if let Some(entry) = additions.filter(|entry| entry.list >= off.list) {
                let message = format!("nothing uses this, as `{}` {reason}", off.option);
                fold.contradiction(entry.option, message);
            }
        }
    }

    /// `false` for a file whose form for rendering is set.
    fn files_turned_off(&self, fold: &mut Fold) {
        for (plain, source) in [("sys_config", "sys_config_src"), ("vm_args", "vm_args_src")] {
            let choice = if plain == "sys_config" { &fold.sys_config } else { &fold.vm_args };
            let (Some(FileOption::No(_)), Some(FileOption::Path(..))) = (&choice.plain, &choice.source)
            else {
                continue;
            };
            let (Some(off), Some(set)) = (self.last(plain), self.last(source)) else { continue };
            if off.list >= set.list {
                let message = format!("this turns nothing off, as `{source}` is set too, and counts");
                fold.contradiction(off.option, message);
            }
        }
    }

    /// `exref` is another check of the same.
    fn check_turned_off(&self, fold: &mut Fold) {
        let (own, others) = (fold.undefined_functions.project, &fold.undefined_functions.others);
        let is_on = match others {
            Scope::None => false,
            Scope::All => true,
            Scope::Some(names) => !names.is_empty(),
        };
        let (Some(off), Some(set)) = (self.last("check_for_undefined_functions"), self.last("exref")) else {
            return;
        };
        if !own && is_on && off.list >= set.list {
            let message = format!(
                "`{}` asks for the same check, which is done for its applications all the same",
                set.option
            );
            fold.contradiction(off.option, message);
        }
    }
}

impl Fold {
    fn contradiction(&mut self, option: &Term, message: impl Into<String>) {
        let error = self.source.error(option.span(), message);
        self.warnings.push(SpecWarning::Contradiction(error));
    }
}

/// Whether the release is as the option says.
fn has_effect(fold: &Fold, key: &str, value: &Term) -> bool {
    match key {
        "dev_mode" => value.as_bool() == Some(fold.linked),
        // Links are never stripped, whatever is written.
        "debug_info" => fold.linked || fold.strip_option(value).ok() == Some(fold.strip),
        "include_erts" => fold.include_erts_option(value).ok().as_ref() == Some(&fold.include_erts),
        _ => value.as_bool() == fold.include_src,
    }
}

/// What to write, so that relx does it too.
fn remedy(mode: &Term, key: &str, entry: Entry<'_>) -> String {
    let name = mode.as_pair().and_then(|(_, value)| value.as_atom()).unwrap_or_default();
    match (name, key) {
        (_, "dev_mode") => "leave out one of the two".into(),
        ("true", _) => format!("write it behind `{mode}`"),
        ("dev", _) => format!("write `{{dev_mode, true}}`, and this behind it, instead of `{mode}`"),
        ("prod", "include_erts") if entry.value.is_atom("false") => {
            "`{mode, minimal}` is `prod` without ERTS".into()
        }
        ("minimal", "include_erts") if entry.value.is_atom("true") => {
            "`{mode, prod}` is `minimal` with ERTS".into()
        }
        _ => format!("write the options that it stands for instead: {}", options(name, key, entry)),
    }
}

/// The options of `prod` and `minimal`, one of them changed.
fn options(mode: &str, key: &str, entry: Entry<'_>) -> String {
    let erts = if mode == "prod" { "true" } else { "false" };
    let options = [("include_erts", erts), ("include_src", "false"), ("debug_info", "strip")];
    let options = options.map(|(name, value)| {
        if name == key { format!("`{}`", entry.option) } else { format!("`{{{name},{value}}}`") }
    });
    options.join(", ")
}
