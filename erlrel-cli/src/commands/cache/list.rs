//! `erlrel cache list`: what is in the cache.

use std::path::Path;
use std::time::SystemTime;

use erlrel_core::cache::{Cache, Entry, Kind};
use serde_json::{Value, json};

use super::existing;
use crate::args::CacheListArgs;
use crate::cache::directory;
use crate::error::CliError;
use crate::report::{Report, bytes};

#[expect(clippy::disallowed_methods, reason = "for people, the list says how long ago something was used")]
pub(crate) fn run(args: &CacheListArgs, report: &Report) -> Result<(), CliError> {
    let dir = directory(&args.place)?;
    let entries = existing(&dir)?.as_ref().map(Cache::entries).transpose()?.unwrap_or_default();
    if args.json {
        report.result(format!("{:#}", as_json(&dir, &entries)))
    } else {
        report.result(as_text(&entries, SystemTime::now()))
    }
}

fn total(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| entry.size).sum()
}

fn as_text(entries: &[Entry], now: SystemTime) -> String {
    let row = |entry: &Entry| {
        let age = now.duration_since(entry.used).unwrap_or_default().as_secs();
        format!("{:>9}  {:>8}  {:<13} {}\n", bytes(entry.size), ago(age), kind(entry.kind), entry.name)
    };
    let rows: String = entries.iter().map(row).collect();
    format!("{rows}{} in {} entries", bytes(total(entries)), entries.len())
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Blob => "blob",
        Kind::Layer => "packed layer",
        Kind::Listing => "listing",
        Kind::Digests => "file digests",
        Kind::Seen => "seen file",
        Kind::Notes => "file notes",
        Kind::Contents => "layer content",
        Kind::Build => "last image",
        _ => "other",
    }
}

/// Since then: `5 min`, `3 h`, `12 d`.
fn ago(seconds: u64) -> String {
    match seconds {
        0..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

fn as_json(dir: &Path, entries: &[Entry]) -> Value {
    let row = |entry: &Entry| {
        let used = entry.used.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        json!({ "kind": kind(entry.kind), "name": entry.name, "size": entry.size, "used": used })
    };
    json!({
        "dir": dir,
        "size": total(entries),
        "entries": entries.iter().map(row).collect::<Vec<_>>(),
    })
}
