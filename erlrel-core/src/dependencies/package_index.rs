//! rebar3's index of Hex packages: a table of `ets` in a file (OTP, `ets:tab2file/2`, which writes a log of
//! `disk_log`). rebar3 looks up every locked package in it and asks the registry for those that it has not, even if
//! the package itself lies in `_build`.

use std::collections::BTreeSet;

/// How a log begins that was closed, and that was not.
const CLOSED: &[u8] = &[1, 2, 3, 4, 99, 88, 77, 11];
const OPEN: &[u8] = &[1, 2, 3, 4, 6, 7, 8, 9];

/// What stands behind the length of an item.
const ITEM: &[u8] = b"bWLA";

/// How terms begin in Erlang's external format, and how long an item may be that has no checksum.
const TERM: u8 = 131;
const LONGEST: usize = 65_528;

/// The entries of an index, each as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PackageIndex {
    /// `{Version, package_index_version}`: rebar3 begins anew when it is another one.
    version: Vec<u8>,
    packages: BTreeSet<Vec<u8>>,
}

impl PackageIndex {
    /// Reads an index; `None` if it is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(CLOSED).or_else(|| bytes.strip_prefix(OPEN))?;
        let mut index = Self::default();
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let after = after.strip_prefix(ITEM)?;
            let (item, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            rest = after;
            if name(item).is_some() && item.len() < LONGEST {
                index.packages.insert(item.to_vec());
            } else if is_version(item) {
                index.version = item.to_vec();
            }
        }
        (!index.version.is_empty()).then_some(index)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Without the packages for which `keep`, given name and entry, does not say so.
    #[must_use]
    pub(super) fn only(mut self, keep: impl Fn(&str, &[u8]) -> bool) -> Self {
        self.packages.retain(|item| name(item).is_some_and(|name| keep(name, item)));
        self
    }

    /// With all that `other` has, if both are of one version; else `self` as it is.
    #[must_use]
    pub(super) fn with(mut self, other: &Self) -> Self {
        if self.version == other.version {
            self.packages.extend(other.packages.iter().cloned());
        }
        self
    }

    /// The index as a file. Entries are in the order of their bytes, which is as good as any to the table.
    pub(super) fn encode(&self) -> Vec<u8> {
        let header = header();
        let items = [&header, &self.version].into_iter().chain(&self.packages);
        let encode = |item: &Vec<u8>| [&(item.len() as u32).to_be_bytes(), ITEM, item].concat();
        CLOSED.iter().copied().chain(items.flat_map(encode)).collect()
    }
}

/// The options of the table, without those of the machine that wrote it (its name, the process, memory).
fn header() -> Vec<u8> {
    let atom = |name: &str| [&[119, name.len() as u8], name.as_bytes()].concat();
    let number = |value: u8| vec![97, value];
    let options = [
        ("name", atom("package_index")),
        ("type", atom("ordered_set")),
        ("protection", atom("public")),
        ("named_table", atom("true")),
        ("keypos", number(2)),
        ("size", number(0)),
        ("compressed", atom("false")),
        ("read_concurrency", atom("false")),
    ];
    let mut header = vec![TERM, 104, options.len() as u8];
    header.extend(options.into_iter().flat_map(|(name, value)| [vec![104, 2], atom(name), value].concat()));
    header
}

/// The name in `{package, {Name, Version, Repository}, …}`.
fn name(item: &[u8]) -> Option<&str> {
    let [TERM, 104, _, rest @ ..] = item else { return None };
    let rest = after_atom(rest, b"package")?.strip_prefix(&[104, 3, 109])?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    std::str::from_utf8(rest.get(..u32::from_be_bytes(*length) as usize)?).ok()
}

fn is_version(item: &[u8]) -> bool {
    let [TERM, 104, 2, 97, _, rest @ ..] = item else { return false };
    after_atom(rest, b"package_index_version") == Some(&[])
}

/// What follows an atom, in any of the forms that Erlang has written it in.
fn after_atom<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = match bytes {
        [119, _, rest @ ..] | [100 | 118, _, _, rest @ ..] => rest,
        _ => return None,
    };
    rest.strip_prefix(name)
}

/// An index of packages by name and digest.
#[cfg(test)]
pub(super) fn fixture(version: u8, packages: &[(&str, &str)]) -> PackageIndex {
    let binary = |text: &str| [&[109], &(text.len() as u32).to_be_bytes()[..], text.as_bytes()].concat();
    // `{package, {<<"NAME">>, 1, 2}, <<"HASH">>}`, with the atom in the form of Erlang before 26.
    let package = |(name, hash): &(&str, &str)| {
        let key = [vec![104, 3], binary(name), vec![97, 1, 97, 2]].concat();
        [vec![TERM, 104, 3, 100, 0, 7], b"package".to_vec(), key, binary(hash)].concat()
    };
    let version = [&[TERM, 104, 2, 97, version, 119, 21], &b"package_index_version"[..]].concat();
    PackageIndex { version, packages: packages.iter().map(package).collect() }
}

#[cfg(test)]
mod tests {
    use super::fixture as index;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_index_is_read_back_as_it_was_written() {
        let index = index(7, &[("a", "AA"), ("b", "BB")]);
        assert_eq!(PackageIndex::parse(&index.encode()), Some(index.clone()));
        let open = [OPEN, &index.encode()[8..]].concat();
        assert_eq!(PackageIndex::parse(&open), Some(index.clone()), "rebar3 still has it open");
        let only = index.only(|name, item| name == "b" && item.ends_with(b"BB"));
        assert_eq!(only, super::fixture(7, &[("b", "BB")]));
    }

    #[test]
    fn indexes_of_one_version_are_joined_and_others_are_not() {
        let ours = || index(7, &[("a", "AA")]);
        assert_eq!(ours().with(&index(7, &[("b", "BB")])), index(7, &[("a", "AA"), ("b", "BB")]));
        assert_eq!(ours().with(&index(6, &[("b", "BB")])), ours());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..100usize) {
            let _ = PackageIndex::parse(&bytes);
            let _ = PackageIndex::parse(&[CLOSED, &bytes].concat());
            let whole = index(7, &[("a", "AA")]).encode();
            let _ = PackageIndex::parse(&whole[..cut.min(whole.len())]);
        }
    }
}
