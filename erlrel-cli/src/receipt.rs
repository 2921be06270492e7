//! An image and where it was written, for people and for machines.

use std::path::Path;

use erlrel_core::container::ContainerWarning;
use erlrel_core::destination::{Pushed, PushedBlob, Receipt};
use erlrel_core::image::{Image, Reference};
use serde_json::{Value, json};

use crate::compile::Compiled;
use crate::error::CliError;
use crate::report::{Report, bytes};

/// The result of a command that has made an image.
pub(crate) struct Made<'a> {
    pub(crate) image: &'a Image,
    pub(crate) names: &'a [Reference],
    pub(crate) receipts: &'a [Receipt],
    /// Of modules that hold the path of the project's directory.
    pub(crate) bound: Option<&'a ContainerWarning>,
    /// Whether rebar3 was started for it, where that was a question.
    pub(crate) compiled: Option<Compiled>,
    /// What became of the dependencies in caches, if any is named.
    pub(crate) dependency_cache: Option<Value>,
    /// Why the image is what it is, if the user wants to know.
    pub(crate) explanation: Option<Value>,
}

/// Prints the result.
pub(crate) fn print(made: &Made<'_>, json: bool, report: &Report) -> Result<(), CliError> {
    if json {
        let mut result = json_result(made.image, made.names, made.receipts);
        if let Some(ContainerWarning::BoundModules { modules, .. }) = made.bound {
            result["bound_modules"] = json!(modules);
        }
        if let Some(compiled) = &made.compiled {
            result["compiled"] = compiled.ran.into();
            result["compile_reason"] = compiled.whys.first().map(ToString::to_string).into();
        }
        if let Some(dependency_cache) = &made.dependency_cache {
            result["dependency_cache"] = dependency_cache.clone();
        }
        if let Some(explanation) = &made.explanation {
            result["explain"] = explanation.clone();
        }
        report.result(format!("{result:#}"))
    } else {
        text_result(made.image, made.receipts, report)
    }
}

fn text_result(image: &Image, receipts: &[Receipt], report: &Report) -> Result<(), CliError> {
    report.result(image.digest())?;
    for receipt in receipts {
        let size = bytes(image.size());
        let sent =
            if receipt.blobs.is_empty() { String::new() } else { format!(", {} sent", bytes(receipt.bytes)) };
        let (destination, names) = (relative(&receipt.destination), receipt.references.join(" "));
        report.result(format!("{destination} ({size}{sent}) {names}"))?;
    }
    Ok(())
}

/// A destination below the current folder is shown without it.
fn relative(destination: &str) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let prefix = format!("{}/", current.display());
    match destination.split_once(':') {
        Some((kind, path)) if Path::new(path).is_absolute() => {
            format!("{kind}:{}", path.strip_prefix(&prefix).unwrap_or(path))
        }
        _ => destination.into(),
    }
}

fn json_blob(blob: &PushedBlob) -> Value {
    let how = match blob.how {
        Pushed::Existing => "existing",
        Pushed::Mounted => "mounted",
        Pushed::Uploaded => "uploaded",
    };
    json!({
        "repository": blob.repository.to_string(),
        "digest": blob.digest.to_string(),
        "size": blob.size,
        "how": how,
    })
}

fn json_result(image: &Image, names: &[Reference], receipts: &[Receipt]) -> Value {
    let layers = image.layers().iter().map(|layer| {
        json!({
            "group": layer.name(),
            "digest": layer.digest().to_string(),
            "diff_id": layer.diff_id().to_string(),
            "size": layer.size(),
            "unpacked_size": layer.unpacked_size(),
            "entries": layer.entries(),
            "media_type": layer.media_type(),
        })
    });
    let destinations = receipts.iter().map(|receipt| {
        json!({
            "destination": receipt.destination,
            "references": receipt.references,
            "digest": receipt.digest.to_string(),
            "bytes": receipt.bytes,
            "blobs": receipt.blobs.iter().map(json_blob).collect::<Vec<_>>(),
        })
    });
    json!({
        "digest": image.digest().to_string(),
        "image_id": image.id().to_string(),
        "platform": image.platform().to_string(),
        "size": image.size(),
        "names": names.iter().map(Reference::familiar).collect::<Vec<_>>(),
        "layers": layers.collect::<Vec<_>>(),
        "destinations": destinations.collect::<Vec<_>>(),
    })
}
