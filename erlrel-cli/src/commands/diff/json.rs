//! The differences for machines, whole.

use erlrel_core::diff::{
    Change, ConfigChange, FileChange, FileFacts, FunctionChange, LayerChange, LayerFacts, ModuleChange,
    PartChange, PartKind,
};
use erlrel_core::image::{BaseImage, Layer};
use serde_json::{Value, json};

use super::Compared;

/// All differences.
pub(super) fn whole(compared: &Compared) -> Value {
    let Compared { old, new, diff, .. } = compared;
    json!({
        "differ": !diff.is_empty(),
        "old": image(old),
        "new": image(new),
        "fetch": diff.pull,
        "layers": diff.layers.iter().map(layer).collect::<Vec<_>>(),
        "configuration": diff.config.iter().map(config).collect::<Vec<_>>(),
        "parts": diff.parts.iter().map(part).collect::<Vec<_>>(),
        "files": diff.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn image(image: &BaseImage) -> Value {
    json!({
        "image": image.path(),
        "digest": image.digest().to_string(),
        "platform": image.platform().to_string(),
        "size": image.layers().iter().map(Layer::size).sum::<u64>(),
        "layers": image.layers().len(),
    })
}

/// `added`, `removed`, `changed`, `kept`.
pub(crate) fn change(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
        Change::Kept => "kept",
    }
}

fn layer(layer: &LayerChange) -> Value {
    let facts = |facts: &LayerFacts| {
        json!({
            "digest": facts.digest.to_string(),
            "diff_id": facts.diff_id.to_string(),
            "size": facts.size,
        })
    };
    json!({
        "name": layer.name,
        "change": change(layer.change),
        "old": layer.old.as_ref().map(facts),
        "new": layer.new.as_ref().map(facts),
    })
}

/// A fact of an image's configuration.
pub(crate) fn config(config: &ConfigChange) -> Value {
    json!({ "what": config.what, "change": change(config.change()), "old": config.old, "new": config.new })
}

fn part(part: &PartChange) -> Value {
    let kind = match part.kind {
        PartKind::Application => "application",
        PartKind::Erts => "erts",
        PartKind::Release => "release",
    };
    json!({
        "kind": kind,
        "name": part.name,
        "change": change(part.change),
        "old_version": part.old_vsn,
        "new_version": part.new_vsn,
        "modules": part.modules.iter().map(module).collect::<Vec<_>>(),
        "files": part.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn module(module: &ModuleChange) -> Value {
    json!({
        "name": module.name,
        "change": change(module.change),
        "old_size": module.old_size,
        "new_size": module.new_size,
        "functions": module.functions.iter().map(function).collect::<Vec<_>>(),
        "other": module.other,
    })
}

fn function(function: &FunctionChange) -> Value {
    json!({
        "name": function.name,
        "arity": function.arity,
        "change": change(function.change),
        "exported": function.is_exported,
    })
}

fn file(file: &FileChange) -> Value {
    let facts = |facts: &FileFacts| {
        json!({
            "kind": facts.kind,
            "mode": format!("{:04o}", facts.mode),
            "size": facts.size,
            "target": facts.target,
        })
    };
    json!({
        "path": file.path,
        "change": change(file.change),
        "why": file.why(),
        "old": file.old.as_ref().map(facts),
        "new": file.new.as_ref().map(facts),
    })
}
