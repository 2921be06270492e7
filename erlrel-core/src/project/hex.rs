//! Version requirements of Hex packages, which are semantic versions.

use semver::{Comparator, Op, Prerelease, Version};

/// A Hex requirement such as `~> 1.2` or `>= 1.0.0 and < 2.0.0 or == 3.1.0` (Elixir's `Version` syntax).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Any of these must match; within one, all must.
    alternatives: Vec<Vec<Comparator>>,
}

impl Requirement {
    /// Reads a requirement; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let alternatives = text.split(" or ").map(conjunction).collect::<Option<Vec<_>>>()?;
        Some(Self { alternatives })
    }

    /// Whether a version satisfies the requirement; pre-releases only where the requirement names one.
    pub fn matches(&self, version: &str) -> bool {
        let Ok(version) = Version::parse(version) else { return false };
        self.alternatives.iter().any(|all| semver::VersionReq { comparators: all.clone() }.matches(&version))
    }
}

fn conjunction(text: &str) -> Option<Vec<Comparator>> {
    text.split(" and ").map(comparators).collect::<Option<Vec<_>>>().map(|parts| parts.concat())
}

fn comparators(text: &str) -> Option<Vec<Comparator>> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = text.split_at(at);
    let parts = version.split(['-', '+']).next().unwrap_or_default().split('.').count();
    let lower = lenient(version)?;
    Some(match operator.trim() {
        "" | "==" => vec![comparator(Op::Exact, &lower)],
        ">" => vec![comparator(Op::Greater, &lower)],
        ">=" => vec![comparator(Op::GreaterEq, &lower)],
        "<" => vec![comparator(Op::Less, &lower)],
        "<=" => vec![comparator(Op::LessEq, &lower)],
        "~>" => vec![comparator(Op::GreaterEq, &lower), comparator(Op::Less, &ceiling(&lower, parts)?)],
        _ => return None,
    })
}

/// `~> 1.2` allows all of 1, `~> 1.2.3` all of 1.2.
fn ceiling(lower: &Version, parts: usize) -> Option<Version> {
    if parts > 2 {
        Some(Version::new(lower.major, lower.minor.checked_add(1)?, 0))
    } else {
        Some(Version::new(lower.major.checked_add(1)?, 0, 0))
    }
}

fn comparator(op: Op, version: &Version) -> Comparator {
    let Version { major, minor, patch, pre, .. } = version.clone();
    Comparator { op, major, minor: Some(minor), patch: Some(patch), pre }
}

/// A version whose minor or patch number may be missing.
pub(crate) fn lenient(text: &str) -> Option<Version> {
    let split = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(split);
    let mut parts = numbers.split('.').map(|part| part.parse::<u64>());
    let mut next = || parts.next().unwrap_or(Ok(0)).ok();
    let mut version = Version::new(next()?, next()?, next()?);
    if parts.next().is_some() {
        return None;
    }
    if !rest.is_empty() {
        let suffixed = Version::parse(&format!("0.0.0{rest}")).ok()?;
        version.pre = suffixed.pre;
        version.build = suffixed.build;
    } else {
        version.pre = Prerelease::EMPTY;
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_match_as_hex_says() {
        let matches =
            |requirement: &str, version: &str| Requirement::parse(requirement).map(|r| r.matches(version));
        assert_eq!(matches("~> 1.2", "1.9.0"), Some(true));
        assert_eq!(matches("~> 1.2", "2.0.0"), Some(false));
        assert_eq!(matches("~> 1.2.3", "1.2.9"), Some(true));
        assert_eq!(matches("~> 1.2.3", "1.3.0"), Some(false));
        assert_eq!(matches(">= 1.0.0 and < 2.0.0 or == 3.1.0", "3.1.0"), Some(true));
        assert_eq!(matches("1.2.3", "1.2.4"), Some(false));
        assert_eq!(matches("whatever", "1.2.4"), None);
        assert_eq!(matches("~> 18446744073709551615.0", "1.2.4"), None);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_requirements_never_panic(text in "(~>|>=|<|==| and | or |[0-9.\\-+a-z ]){0,12}", version in "[0-9.a-z-]{0,12}") {
            let _ = Requirement::parse(&text).map(|requirement| requirement.matches(&version));
        }
    }
}
