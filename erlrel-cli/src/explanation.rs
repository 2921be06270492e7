//! Why an image is what it is, for people and for machines.

use erlrel_core::destination::Receipt;
use erlrel_core::explain::{Explanation, How, LayerExplanation, Moved, Why};
use serde_json::{Value, json};

use crate::commands::diff;
use crate::compile::Compiled;
use crate::report::{Report, bytes};

/// So many paths of a layer are named.
const MANY: usize = 3;

/// Says it on stderr, since it is about the work and not its result.
pub(crate) fn tell(explanation: &Explanation, compiled: &Compiled, receipts: &[Receipt], report: &Report) {
    let width = explanation.layers.iter().map(|layer| layer.name.chars().count()).max().unwrap_or_default();
    let row = |name: &str, size: &str, said: String| {
        report.told(format!("{name:<width$} {size:>9}  {said}").trim_end());
    };
    if !compiled.whys.is_empty() {
        let whys: Vec<String> = compiled.whys.iter().map(ToString::to_string).collect();
        row("compilation", "", some("done", &whys));
    }
    for layer in &explanation.layers {
        let first = explanation.last.is_none();
        row(&layer.name, &bytes(layer.size), if first { "new".into() } else { why(&layer.why) });
    }
    if !explanation.config.is_empty() {
        let names: Vec<String> = explanation.config.iter().map(|change| change.what.clone()).collect();
        row("configuration", "", some("changed", &names));
    }
    let (count, size) = explanation.upload;
    match explanation.last {
        Some(_) => row("upload", &bytes(size), format!("{}, to where the last image is", blobs(count))),
        None => {
            row("upload", &bytes(size), format!("{}; no image of this was made here before", blobs(count)))
        }
    }
    for receipt in receipts.iter().filter(|receipt| !receipt.blobs.is_empty()) {
        let sent = receipt.blobs.iter().filter(|blob| blob.sent() > 0).count();
        row("sent", &bytes(receipt.bytes), format!("{}, to {}", blobs(sent), receipt.references.join(" ")));
    }
}

fn blobs(count: usize) -> String {
    if count == 1 { "1 blob".into() } else { format!("{count} blobs") }
}

fn why(why: &Why) -> String {
    match why {
        Why::Reused => "reused".into(),
        Why::New => "new: the last image has no such layer".into(),
        Why::Files(moved) => {
            let all: Vec<String> =
                moved.iter().map(|moved| format!("{} {}", moved.path, how(moved.how))).collect();
            some("rebuilt", &all)
        }
        Why::Times => "rebuilt: its files have another time (SOURCE_DATE_EPOCH)".into(),
        Why::Compression => "rebuilt: the same files, packed otherwise".into(),
        Why::Base => "of another base image".into(),
        Why::Unknown => "rebuilt; which files are others is not known any more".into(),
    }
}

/// `rebuilt: a, b, c and 5 more`.
fn some(what: &str, all: &[String]) -> String {
    let shown: Vec<&str> = all.iter().take(MANY).map(String::as_str).collect();
    let more = if all.len() > MANY { format!(" and {} more", all.len() - MANY) } else { String::new() };
    format!("{what}: {}{more}", shown.join(", "))
}

fn how(how: How) -> &'static str {
    match how {
        How::Added => "added",
        How::Removed => "removed",
        How::Content => "changed",
        How::Mode => "has another mode",
    }
}

/// All of it.
pub(crate) fn json(explanation: &Explanation) -> Value {
    let (count, size) = explanation.upload;
    json!({
        "last": explanation.last.map(|digest| digest.to_string()),
        "layers": explanation.layers.iter().map(layer).collect::<Vec<_>>(),
        "configuration": explanation.config.iter().map(diff::json::config).collect::<Vec<_>>(),
        "upload": { "blobs": count, "bytes": size },
    })
}

fn layer(layer: &LayerExplanation) -> Value {
    let (state, why, files) = match &layer.why {
        Why::Reused => ("reused", None, None),
        Why::New => ("new", None, None),
        Why::Files(moved) => ("rebuilt", Some("files"), Some(moved.iter().map(file).collect::<Vec<_>>())),
        Why::Times => ("rebuilt", Some("times"), None),
        Why::Compression => ("rebuilt", Some("compression"), None),
        Why::Base => ("rebuilt", Some("base"), None),
        Why::Unknown => ("rebuilt", Some("unknown"), None),
    };
    json!({
        "name": layer.name,
        "digest": layer.digest.to_string(),
        "size": layer.size,
        "state": state,
        "why": why,
        "files": files,
    })
}

fn file(moved: &Moved) -> Value {
    let how = match moved.how {
        How::Added => "added",
        How::Removed => "removed",
        How::Content => "content",
        How::Mode => "mode",
    };
    json!({ "path": moved.path, "how": how })
}
