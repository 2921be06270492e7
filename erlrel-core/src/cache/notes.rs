//! What was found of files, known without looking as long as they have not changed.
//!
//! The same holds as for the digests of files: nothing is noted of a file that was just changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::Cache;
use super::collect::Kind;
use crate::digest::Digest;
use crate::fs::{Fields, Look, Notes, Stat};

/// What was found of a file at the time it looked like that.
#[derive(Debug, Clone)]
struct Note {
    stat: Stat,
    text: String,
    /// Whether a change since then can be seen.
    is_settled: bool,
}

impl Notes for Cache {
    fn of(&self, topic: &str, files: &[PathBuf], look: &Look<'_>) -> Vec<Option<String>> {
        let mut folders: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            folders.entry(file.parent().unwrap_or(Path::new(""))).or_default().push(at);
        }
        let found = folders.par_iter().flat_map_iter(|(folder, places)| {
            let files: Vec<&Path> = places.iter().filter_map(|at| Some(files.get(*at)?.as_path())).collect();
            let texts = self.notes_of_folder(topic, folder, &files, look);
            places.iter().copied().zip(texts).collect::<Vec<_>>()
        });
        let mut found: Vec<(usize, Option<String>)> = found.collect();
        found.sort_unstable_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, text)| text).collect()
    }
}

impl Cache {
    /// Files of one directory, whose notes of one topic are one record.
    fn notes_of_folder(
        &self,
        topic: &str,
        folder: &Path,
        files: &[&Path],
        look: &Look<'_>,
    ) -> Vec<Option<String>> {
        let name = Digest::of(format!("{}\n{topic}\n{}", self.maker, folder.display()).as_bytes()).hex();
        let record = self.record(Kind::Notes, &name);
        let mut recorded = record.as_deref().map(parse).unwrap_or_default();
        let note = |file: &&Path| {
            let stat = Stat::at(file)?;
            let known = key(file).and_then(|key| recorded.get(key)).filter(|note| note.stat == stat);
            known.cloned().map_or_else(|| self.look(file, stat, look), Some)
        };
        let found: Vec<Option<Note>> = files.par_iter().map(note).collect();
        let is_new = |(key, note): &(&str, &Note)| {
            note.is_settled && recorded.get(*key).is_none_or(|there| there.stat != note.stat)
        };
        let pairs = files.iter().zip(&found).filter_map(|(file, note)| Some((key(file)?, note.as_ref()?)));
        let new: Vec<(&str, &Note)> = pairs.filter(is_new).collect();
        if !new.is_empty() {
            recorded.extend(new.into_iter().map(|(key, note)| (key.to_string(), note.clone())));
            self.put_record(Kind::Notes, &name, &print(&recorded));
        }
        found.into_iter().map(|note| note.map(|note| note.text)).collect()
    }

    fn look(&self, file: &Path, stat: Stat, look: &Look<'_>) -> Option<Note> {
        let text = look(file)?;
        let is_same = Stat::at(file).as_ref() == Some(&stat);
        let is_settled = is_same && stat.is_settled_at(self.directory.opened()) && !text.contains('\n');
        Some(Note { stat, text, is_settled })
    }
}

/// The name of a file in its directory. One that is not UTF-8 is looked at each time.
fn key(file: &Path) -> Option<&str> {
    file.file_name()?.to_str()
}

/// One line of a record has the name and what [`Stat`] has, then a tab, which is in no JSON, and the text.
fn parse(body: &str) -> BTreeMap<String, Note> {
    let line = |line: &str| {
        let (head, text) = line.split_once('\t')?;
        let (name, fields): (String, Fields) = serde_json::from_str(head).ok()?;
        Some((name, Note { stat: Stat::from(fields), text: text.into(), is_settled: true }))
    };
    body.lines().filter_map(line).collect()
}

fn print(notes: &BTreeMap<String, Note>) -> String {
    let line = |(name, note): (&String, &Note)| {
        let head = serde_json::to_string(&(name, note.stat.fields())).ok()?;
        Some(format!("{head}\t{}\n", note.text))
    };
    notes.iter().filter_map(line).collect()
}
