//! Records: small texts with a checksum over them, their kind and their name.

use super::Cache;
use super::collect::Kind;
use crate::digest::Digest;

/// Raised whenever records or what they stand for change their meaning: those of other formats count as damaged.
const FORMAT: &str = "erlrel cache 1";

impl Cache {
    /// The text of a record; `None` if there is none, or it is damaged.
    pub(super) fn record(&self, kind: Kind, name: &str) -> Option<String> {
        let text = String::from_utf8(self.directory.read(kind, name)?).ok()?;
        let (sum, body) = text.split_once('\n')?;
        (sum == checksum(kind, name, body)).then(|| body.into())
    }

    /// Replaces a record.
    pub(super) fn put_record(&self, kind: Kind, name: &str, body: &str) {
        let text = format!("{}\n{body}", checksum(kind, name, body));
        self.directory.write(kind, name, text.as_bytes());
    }
}

fn checksum(kind: Kind, name: &str, body: &str) -> String {
    Digest::of(format!("{FORMAT}\n{}/{name}\n{body}", kind.directory()).as_bytes()).to_string()
}
