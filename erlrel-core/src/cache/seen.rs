//! Files that were found to have a certain content, and need not be read again for that as long as they have not changed.
//!
//! The same holds as for the digests of files: a file that was just changed is not remembered.

use std::path::Path;

use super::Cache;
use super::collect::Kind;
use crate::digest::Digest;
use crate::fs::{Fields, Stat};

/// A record: the file, its content, and what [`Stat`] has.
type Line = (String, String, Fields);

impl Cache {
    /// True if a file has a content, which is given by a name that stands for nothing else: because it was found to have it
    /// and has not changed since, or because `check` finds that now.
    pub(crate) fn has(&self, path: &Path, content: &str, check: impl FnOnce() -> bool) -> bool {
        self.has_by(path, content, || Stat::at(path), check)
    }

    /// The same for a file of which somebody else says what the system says.
    pub(super) fn has_by(
        &self,
        path: &Path,
        content: &str,
        stat: impl Fn() -> Option<Stat>,
        check: impl FnOnce() -> bool,
    ) -> bool {
        let (Some(text), Some(before)) = (path.to_str(), stat()) else { return check() };
        let name = Digest::of(format!("{}\n{text}", self.maker).as_bytes()).hex();
        let recorded = self.record(Kind::Seen, &name).and_then(|body| parse(&body));
        let is_known = |(_, there, fields): Line| there == content && Stat::from(fields) == before;
        if recorded.is_some_and(is_known) {
            return true;
        }
        let holds = check();
        if holds && before.is_settled_at(self.directory.opened()) && stat().as_ref() == Some(&before) {
            let line: Line = (text.into(), content.into(), before.fields());
            let body = serde_json::to_string(&line).unwrap_or_default();
            self.put_record(Kind::Seen, &name, &body);
        }
        holds
    }
}

fn parse(body: &str) -> Option<Line> {
    serde_json::from_str(body).ok()
}

/// True if the file that such a record is about is no longer there.
pub(super) fn is_of_nothing(body: &str) -> bool {
    parse(body).is_none_or(|(path, ..)| !Path::new(&path).exists())
}
