//! The differences for people: what there is to fetch, then the layers, then what is in them.

use erlrel_core::diff::{
    Change, ConfigChange, FileChange, FileFacts, FunctionChange, LayerChange, ModuleChange, PartChange,
    PartKind,
};
use erlrel_core::image::{BaseImage, Layer};

use super::Compared;
use crate::report::{bytes, printable};

/// So many of a kind are shown; `--json` has all.
const MANY: usize = 20;
/// So many functions of a module are.
const MANY_FUNCTIONS: usize = 8;

/// All that a page has room for.
pub(super) fn summary(compared: &Compared) -> String {
    let Compared { names: [old_name, new_name], old, new, diff } = compared;
    let mut lines = vec![image("old", old_name, old), image("new", new_name, new)];
    if diff.is_empty() {
        lines.push(same(old, new));
        return lines.join("\n");
    }
    let fetched = diff.layers.iter().filter(|layer| layer.new.is_some() && !layer.is_same_blob()).count();
    let layers = if fetched == 1 { "layer" } else { "layers" };
    lines.push(format!("fetch  {} in {fetched} {layers}, for who has the old image", bytes(diff.pull)));
    section(&mut lines, "layers", diff.layers.iter().filter_map(layer).collect());
    section(&mut lines, "configuration", limited(&diff.config, MANY, config));
    section(&mut lines, "applications", parts(&diff.parts));
    section(&mut lines, "other files", limited(&diff.files, MANY, |change| vec![file(change)]));
    lines.join("\n")
}

fn image(which: &str, name: &str, image: &BaseImage) -> String {
    let size = image.layers().iter().map(Layer::size).sum();
    let count = image.layers().len();
    let name = printable(name);
    format!("{which}    {name}, {} in {count} layers, {}", bytes(size), image.digest())
}

fn same(old: &BaseImage, new: &BaseImage) -> String {
    if old.digest() == new.digest() {
        "They are the same image.".into()
    } else {
        "They have the same files and the same configuration.".into()
    }
}

fn section(lines: &mut Vec<String>, title: &str, content: Vec<String>) {
    if !content.is_empty() {
        lines.extend([String::new(), title.into()]);
        lines.extend(content.iter().map(|line| printable(line)));
    }
}

/// The lines of the first, and how many others there are.
fn limited<T>(all: &[T], many: usize, show: impl Fn(&T) -> Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(many).flat_map(show).collect();
    if all.len() > many {
        lines.push(format!("  … and {} more: --json shows all", all.len() - many));
    }
    lines
}

fn sign(change: Change) -> &'static str {
    match change {
        Change::Added => "+",
        Change::Removed => "-",
        Change::Changed => "~",
        Change::Kept => "=",
    }
}

fn layer(layer: &LayerChange) -> Option<String> {
    let size = |facts: &Option<erlrel_core::diff::LayerFacts>| facts.as_ref().map(|facts| facts.size);
    let sizes = sizes(size(&layer.old), size(&layer.new));
    let packed =
        if layer.change == Change::Kept && !layer.is_same_blob() { ", compressed otherwise" } else { "" };
    Some(format!("  {} {:<28} {sizes}{packed}", sign(layer.change), layer.name))
}

/// `1.2 kB → 1.3 kB`, or the one that there is.
fn sizes(old: Option<u64>, new: Option<u64>) -> String {
    arrow(old.map(bytes), new.map(bytes))
}

fn arrow(old: Option<String>, new: Option<String>) -> String {
    match (old, new) {
        (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
        (old, new) => new.or(old).unwrap_or_default(),
    }
}

fn config(change: &ConfigChange) -> Vec<String> {
    let values = arrow(change.old.clone(), change.new.clone());
    vec![format!("  {} {}  {values}", sign(change.change()), change.what).trim_end().into()]
}

fn parts(parts: &[PartChange]) -> Vec<String> {
    parts.iter().flat_map(part).collect()
}

fn part(part: &PartChange) -> Vec<String> {
    let name = match part.kind {
        PartKind::Application => part.name.as_str(),
        PartKind::Erts => "ERTS",
        PartKind::Release => "release",
    };
    let versions = arrow(part.old_vsn.clone(), part.new_vsn.clone());
    let mut lines = vec![format!("  {} {name} {versions}", sign(part.change)).trim_end().to_string()];
    lines.extend(limited(&part.modules, MANY, |change| vec![format!("  {}", module(change))]));
    lines.extend(limited(&part.files, MANY, |change| vec![format!("  {}", file(change))]));
    lines
}

fn module(module: &ModuleChange) -> String {
    let sizes = sizes(module.old_size, module.new_size);
    let functions: Vec<String> = module.functions.iter().take(MANY_FUNCTIONS).map(function).collect();
    let mut said = functions.join(", ");
    if module.functions.len() > MANY_FUNCTIONS {
        said += &format!(", … and {} more", module.functions.len() - MANY_FUNCTIONS);
    }
    let other: Vec<&str> = module.other.iter().map(String::as_str).collect();
    let said: Vec<String> = [said, other.join(", ")].into_iter().filter(|text| !text.is_empty()).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
    format!("  {} module {} ({sizes}){said}", sign(module.change), module.name)
}

fn function(function: &FunctionChange) -> String {
    let local = if function.is_exported { "" } else { " (local)" };
    format!("{}{}/{}{local}", sign(function.change), function.name, function.arity)
}

fn file(change: &FileChange) -> String {
    let shown = |facts: &Option<FileFacts>| facts.as_ref().map(|facts| facts_of(facts, change.why()));
    let facts = match (&change.old, &change.new) {
        // There is nothing but a whiteout, of what stands in layers that were not read.
        (None, None) if change.change == Change::Added => "taken away in the old image".into(),
        (None, None) => "taken away in the new image".into(),
        _ => arrow(shown(&change.old), shown(&change.new)),
    };
    format!("  {} {} ({facts})", sign(change.change), change.path)
}

fn facts_of(facts: &FileFacts, why: &str) -> String {
    match (facts.kind, why, &facts.target) {
        (_, "mode", _) => format!("mode {:04o}", facts.mode),
        (_, _, Some(target)) => format!("link to {target}"),
        ("file", ..) => bytes(facts.size),
        (kind, ..) => kind.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_whiteout_hides_nothing_is_claimed() {
        let said = |change| file(&FileChange { path: "opt/x".into(), change, old: None, new: None });
        assert_eq!(said(Change::Removed), "  - opt/x (taken away in the new image)");
        assert_eq!(said(Change::Added), "  + opt/x (taken away in the old image)");
    }
}
