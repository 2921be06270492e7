//! The record of the last good compilation with some arguments, beside what it has made: whoever removes that removes the
//! record, and whoever could write a wrong record could as well write wrong BEAM files.
//!
//! A checksum over all of it, then in JSON: what is not about single paths; a line for each input; an empty line; a line
//! for each product.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::areas::{Area, Depth};
use super::snapshot::{Content, Fact, Snapshot};
use super::variables::Variables;
use crate::digest::Digest;
use crate::fs::{self, Draft, Fields, Stat};
use crate::project::Project;

/// Raised whenever records change their meaning.
const FORMAT: &str = "erlrel compilation 3";

/// What was so after a compilation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Why nothing else is known.
    pub(super) doubts: Vec<String>,
    pub(super) variables: Variables,
    /// Where inputs are besides the usual places.
    pub(super) extra: Vec<Area>,
    pub(super) inputs: Snapshot,
    pub(super) products: Snapshot,
}

/// Where the record is of a project and some arguments.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    project: PathBuf,
    /// What it is about: a record of something else is none.
    subject: Value,
    #[cfg(test)]
    pub(super) later: std::time::Duration,
}

impl Place {
    pub(super) fn of(project: &Project, arguments: &[String]) -> Self {
        let digest = Digest::of(json!(arguments).to_string().as_bytes()).hex();
        let name = format!("{}-{}", project.profile_name(), &digest[..16]);
        Self {
            file: project.base_dir.join("erlrel/compilations").join(name),
            project: project.root.clone(),
            subject: json!([FORMAT, env!("CARGO_PKG_VERSION"), project.root, arguments]),
            #[cfg(test)]
            later: std::time::Duration::ZERO,
        }
    }

    /// The present, by the clock of the project's file system; `None` where nothing can be written.
    pub(super) fn time(&self) -> Option<SystemTime> {
        let time = fs::unnamed_file(&self.project).ok()?.metadata().ok()?.modified().ok()?;
        #[cfg(test)]
        let time = time + self.later;
        Some(time)
    }

    /// The record, if there is one of this very project that is not damaged.
    pub(super) fn read(&self) -> Option<Record> {
        let text = String::from_utf8(fs::read_optional(&self.file).ok()??).ok()?;
        let (sum, body) = text.split_once('\n')?;
        if sum != Digest::of(body.as_bytes()).to_string() {
            return None;
        }
        let (head, lines) = body.split_once('\n')?;
        let head: Value = serde_json::from_str(head).ok()?;
        let (inputs, products) = lines.split_once("\n\n")?;
        let mut record = parse_head(&head).filter(|_| head["subject"] == self.subject)?;
        record.inputs = self.parse(inputs)?;
        record.products = self.parse(products)?;
        Some(record)
    }

    /// Replaces the record. Paths and reasons that are no UTF-8 cannot be put down, and then there is none.
    pub(super) fn write(&self, record: &Record) {
        if self.try_write(record).is_none() {
            self.remove();
        }
    }

    fn try_write(&self, record: &Record) -> Option<()> {
        let body = format!(
            "{}\n{}\n\n{}",
            self.head(record)?,
            self.print(&record.inputs)?,
            self.print(&record.products)?
        );
        let dir = self.file.parent()?;
        fs::create_dir_all(dir).ok()?;
        let draft = Draft::new_in(dir).ok()?;
        draft.file().write_all(format!("{}\n{body}", Digest::of(body.as_bytes())).as_bytes()).ok()?;
        draft.put(&self.file).ok().map(drop)
    }

    /// Leaves none.
    pub(super) fn remove(&self) {
        let _ = std::fs::remove_file(&self.file);
    }

    fn head(&self, record: &Record) -> Option<Value> {
        let Record { doubts, variables: Variables { names, decisive, other }, extra, .. } = record;
        let extra: Option<Vec<Value>> =
            extra.iter().map(|area| Some(json!([depth_name(area.depth), area.root.to_str()?]))).collect();
        Some(json!({
            "subject": self.subject, "doubts": doubts, "extra": extra?,
            "names": names, "decisive": decisive, "other": other,
        }))
    }

    /// Paths in the project are written without it.
    fn print(&self, snapshot: &Snapshot) -> Option<String> {
        let line = |(path, fact): (&PathBuf, &Fact)| {
            let path = path.strip_prefix(&self.project).unwrap_or(path).to_str()?;
            Some(match fact {
                Fact::Directory => json!(["d", path]).to_string(),
                Fact::Other => json!(["o", path]).to_string(),
                Fact::Unknown => json!(["u", path]).to_string(),
                Fact::Link(target) => json!(["l", path, target.to_str()?]).to_string(),
                Fact::File(content) => {
                    let Content { mode, stat, digest, is_settled } = content;
                    serde_json::to_string(&("f", path, mode, stat.fields(), digest.hex(), is_settled)).ok()?
                }
            })
        };
        Some(snapshot.0.iter().map(line).collect::<Option<Vec<String>>>()?.join("\n"))
    }

    fn parse(&self, text: &str) -> Option<Snapshot> {
        let fact = |line: &str| {
            let (path, fact) = parse_fact(line)?;
            // An absolute path stays what it is.
            Some((if path.is_empty() { self.project.clone() } else { self.project.join(path) }, fact))
        };
        Some(Snapshot(text.lines().map(fact).collect::<Option<_>>()?))
    }
}

/// What follows the letter of a file: path, mode, what [`Stat`] has, digest, whether it is settled.
type FileLine = (String, String, u32, Fields, String, bool);

fn parse_fact(line: &str) -> Option<(String, Fact)> {
    if line.starts_with("[\"f\"") {
        let (_, path, mode, stat, digest, is_settled): FileLine = serde_json::from_str(line).ok()?;
        let stat = Stat::from(stat);
        let digest = Digest::parse(&format!("sha256:{digest}"))?;
        return Some((path, Fact::File(Content { mode, stat, digest, is_settled })));
    }
    let words: Vec<String> = serde_json::from_str(line).ok()?;
    let fact = match (words.first()?.as_str(), words.get(2)) {
        ("d", None) => Fact::Directory,
        ("o", None) => Fact::Other,
        ("u", None) => Fact::Unknown,
        ("l", Some(target)) => Fact::Link(target.into()),
        _ => return None,
    };
    Some((words.get(1)?.clone(), fact))
}

fn parse_head(head: &Value) -> Option<Record> {
    let texts = |key: &str| {
        let list = head[key].as_array()?.iter();
        list.map(|text| text.as_str().map(String::from)).collect::<Option<Vec<String>>>()
    };
    let area = |pair: &Value| Some(Area::to(Path::new(pair[1].as_str()?).into(), depth(pair[0].as_str()?)?));
    let variables = Variables {
        names: texts("names")?.into_iter().collect(),
        decisive: head["decisive"].as_str()?.into(),
        other: head["other"].as_str()?.into(),
    };
    let extra = head["extra"].as_array()?.iter().map(area).collect::<Option<_>>()?;
    Some(Record { doubts: texts("doubts")?, variables, extra, ..Record::default() })
}

const DEPTHS: [(&str, Depth); 4] =
    [("whole", Depth::Whole), ("sources", Depth::Sources), ("git", Depth::Git), ("names", Depth::Names)];

fn depth_name(depth: Depth) -> &'static str {
    DEPTHS.iter().find(|(_, this)| *this == depth).map_or("", |(name, _)| name)
}

fn depth(name: &str) -> Option<Depth> {
    DEPTHS.iter().find(|(this, _)| *this == name).map(|(_, depth)| *depth)
}
