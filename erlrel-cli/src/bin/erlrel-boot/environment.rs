//! The environment as a value: what the process was given, and what it hands on.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The variables that the process inherited and those that it exports to the programs it starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    inherited: BTreeMap<OsString, OsString>,
    exports: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        Self { inherited: std::env::vars_os().collect(), exports: BTreeMap::new() }
    }

    /// The value of a variable; an empty one counts as not set.
    pub(crate) fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        let name = name.as_ref();
        let value = self.exports.get(name).or_else(|| self.inherited.get(name))?;
        (!value.is_empty()).then_some(value)
    }

    /// The same for a name and a value that are just bytes.
    pub(crate) fn bytes(&self, name: &[u8]) -> Option<&[u8]> {
        self.get(OsStr::from_bytes(name)).map(OsStr::as_bytes)
    }

    /// Whether whoever started this program has set a variable; it may be exported without that.
    pub(crate) fn is_inherited(&self, name: &str) -> bool {
        self.inherited.get(OsStr::new(name)).is_some_and(|value| !value.is_empty())
    }

    /// Sets a variable for this program's own look-ups and for the programs it starts.
    pub(crate) fn export(&mut self, name: &str, value: impl Into<OsString>) {
        self.exports.insert(name.into(), value.into());
    }

    /// What a started program gets on top of the inherited variables.
    pub(crate) fn exports(&self) -> &BTreeMap<OsString, OsString> {
        &self.exports
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let inherited = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { inherited, exports: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn an_empty_variable_is_not_set() {
        let environment = Environment::from([("EMPTY", ""), ("FULL", "x")]);
        assert_eq!(environment.get("EMPTY"), None);
        assert_eq!(environment.get("FULL"), Some("x".as_ref()));
        assert_eq!(environment.bytes(b"FULL"), Some(b"x".as_slice()));
        assert_eq!(environment.get("a=b\0c"), None);
    }

    #[test]
    fn an_export_wins_over_what_was_inherited() {
        let mut environment = Environment::from([("EMU", "other")]);
        environment.export("EMU", "beam");
        assert_eq!(environment.get("EMU"), Some("beam".as_ref()));
        assert_eq!(environment.exports().len(), 1);
    }
}
