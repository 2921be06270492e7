//! Patterns of file names, as `filelib:wildcard/2` of Erlang reads them.

use std::path::{Component, Path, PathBuf};

use crate::fs::{self, FsError};

/// A pattern that cannot be used, or a directory that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WildcardError {
    #[error("the pattern is empty")]
    Empty,
    #[error("the pattern has a `{{` without its `}}`")]
    Unclosed,
    #[error("the pattern has braces inside of braces, which Erlang cannot read either")]
    Nested,
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// The paths that match `pattern`, sorted; none is no error.
///
/// In each part of the pattern `?` is one character, `*` any number of them, `[abc]` and `[a-z]` one of a
/// set, `{a,b}` an alternative, and a backslash takes the meaning from the next character. `**` as a part
/// is any number of directories. Names that begin with a dot are no exception.
///
/// # Errors
/// For an empty pattern, a brace that is not closed or is inside of others, and a directory that cannot be read.
pub(super) fn wildcard(pattern: &str, root: &Path) -> Result<Vec<PathBuf>, WildcardError> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    if pattern.is_empty() {
        return Err(WildcardError::Empty);
    }
    let parts = parts.into_iter().map(compile).collect::<Result<Vec<_>, _>>()?;
    let mut base = if pattern.starts_with('/') { PathBuf::from("/") } else { root.to_path_buf() };
    let literals = parts.iter().take_while(|part| literal(part).is_some()).count();
    parts[..literals].iter().filter_map(literal).for_each(|name| base.push(name));
    if literals == parts.len() {
        let exists = base.symlink_metadata().is_ok();
        return Ok(if exists { vec![base] } else { Vec::new() });
    }
    let mut found = Vec::new();
    search(&base, &parts[literals..], &mut found)?;
    found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    found.dedup();
    Ok(found)
}

/// What one or more characters of a name have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Char(char),
    AnyChar,
    Star,
    OneOf(Ranges),
    Alternatives(Vec<Vec<Piece>>),
}

/// Each with its first and its last character.
type Ranges = Vec<(char, char)>;

/// One part of a pattern, between slashes.
type Part = Vec<Piece>;

fn literal(part: &Part) -> Option<String> {
    part.iter().map(|piece| if let Piece::Char(c) = piece { Some(*c) } else { None }).collect()
}

fn search(base: &Path, parts: &[Part], found: &mut Vec<PathBuf>) -> Result<(), WildcardError> {
    let Some((part, rest)) = parts.split_first() else {
        found.push(base.into());
        return Ok(());
    };
    if *part == [Piece::Star, Piece::Star] {
        return search_below(base, rest, found, &mut Vec::new());
    }
    if literal(part).as_deref() == Some("..") {
        return if base.is_dir() { search(&base.join(".."), rest, found) } else { Ok(()) };
    }
    for path in entries(base)? {
        if name_matches(part, &path) {
            search(&path, rest, found)?;
        }
    }
    Ok(())
}

/// Everything below a directory, at any depth, whose name matches the part behind `**`. A link that leads
/// back is not followed again.
fn search_below(
    dir: &Path,
    parts: &[Part],
    found: &mut Vec<PathBuf>,
    above: &mut Vec<PathBuf>,
) -> Result<(), WildcardError> {
    let real = dir.canonicalize().unwrap_or_else(|_| dir.into());
    if above.contains(&real) {
        return Ok(());
    }
    above.push(real);
    for path in entries(dir)? {
        match parts.split_first() {
            None => found.push(path.clone()),
            Some((part, rest)) if name_matches(part, &path) => search(&path, rest, found)?,
            Some(_) => {}
        }
        search_below(&path, parts, found, above)?;
    }
    above.pop();
    Ok(())
}

/// What is in a directory; nothing is in a file.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, FsError> {
    if dir.is_dir() { fs::list(dir) } else { Ok(Vec::new()) }
}

fn name_matches(part: &Part, path: &Path) -> bool {
    let Some(Component::Normal(name)) = path.components().next_back() else { return false };
    let name: Vec<char> = name.to_string_lossy().chars().collect();
    matches(part, &name)
}

fn matches(part: &Part, name: &[char]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    after(part, name, reached).last() == Some(&true)
}

/// How much of the name these pieces can have matched, given how much those before them can have: all ways at once,
/// so that no pattern takes longer than its length times that of the name.
fn after(pieces: &[Piece], name: &[char], before: Vec<bool>) -> Vec<bool> {
    pieces.iter().fold(before, |reached, piece| match piece {
        Piece::Star => {
            let from = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            (0..reached.len()).map(|length| length >= from).collect()
        }
        Piece::Alternatives(alternatives) => {
            let each = alternatives.iter().map(|pieces| after(pieces, name, reached.clone()));
            each.reduce(either).unwrap_or_default()
        }
        _ => {
            let next = reached.iter().zip(name).map(|(reached, c)| *reached && is_one(piece, *c));
            std::iter::once(false).chain(next).collect()
        }
    })
}

fn either(one: Vec<bool>, other: Vec<bool>) -> Vec<bool> {
    one.into_iter().zip(other).map(|(one, other)| one || other).collect()
}

fn is_one(piece: &Piece, c: char) -> bool {
    match piece {
        Piece::Char(wanted) => *wanted == c,
        Piece::OneOf(ranges) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)),
        _ => true,
    }
}

fn compile(part: &str) -> Result<Part, WildcardError> {
    let tokens = tokens(part);
    let mut pieces = Pieces { tokens: &tokens };
    pieces.part(false).map(|(part, _)| part)
}

/// A character, and whether a backslash took its meaning.
type Token = (char, bool);

/// A backslash at the end of a part is nothing.
fn tokens(part: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = part.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            tokens.extend(chars.next().map(|c| (c, true)));
        } else {
            tokens.push((c, false));
        }
    }
    tokens
}

/// The tokens that are still to be read.
struct Pieces<'a> {
    tokens: &'a [Token],
}

impl Pieces<'_> {
    /// The pieces up to the end, or inside of braces to a comma or the closing brace, and which of them it was.
    fn part(&mut self, in_braces: bool) -> Result<(Part, Option<char>), WildcardError> {
        let mut part = Part::new();
        while let Some((&(c, escaped), rest)) = self.tokens.split_first() {
            self.tokens = rest;
            part.push(match c {
                _ if escaped => Piece::Char(c),
                ',' | '}' if in_braces => return Ok((part, Some(c))),
                '?' => Piece::AnyChar,
                '*' => Piece::Star,
                '[' => self.set().map_or(Piece::Char(c), Piece::OneOf),
                '{' if in_braces => return Err(WildcardError::Nested),
                '{' => Piece::Alternatives(self.alternatives()?),
                _ => Piece::Char(c),
            });
        }
        if in_braces { Err(WildcardError::Unclosed) } else { Ok((part, None)) }
    }

    fn set(&mut self) -> Option<Ranges> {
        let (ranges, rest) = set(self.tokens)?;
        self.tokens = rest;
        Some(ranges)
    }

    /// What stands behind a `{`.
    fn alternatives(&mut self) -> Result<Vec<Part>, WildcardError> {
        let mut alternatives = Vec::new();
        loop {
            let (part, end) = self.part(true)?;
            alternatives.push(part);
            if end == Some('}') {
                return Ok(alternatives);
            }
        }
    }
}

/// What stands behind a `[`; `None` if there is no `]`. One at the beginning belongs to the set.
fn set(tokens: &[Token]) -> Option<(Ranges, &[Token])> {
    let mut ranges = Vec::new();
    let mut rest = tokens;
    if let [(']', false), behind @ ..] = rest {
        ranges.push((']', ']'));
        rest = behind;
    }
    loop {
        rest = match rest {
            [] => return None,
            [(from, false), ('-', false), (to, false), behind @ ..] if from <= to => {
                ranges.push((*from, *to));
                behind
            }
            [(']', false), behind @ ..] => return Some((ranges, behind)),
            [(c, _), behind @ ..] => {
                ranges.push((*c, *c));
                behind
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(pattern: &str, name: &str) -> bool {
        matches(&compile(pattern).expect(pattern), &name.chars().collect::<Vec<_>>())
    }

    #[test]
    fn names_match_whole_patterns() {
        let examples = [
            ("*.{beam,app}", "x.beam", true),
            ("*.{beam,app}", "x.beams", false),
            ("{a*,b}{c,d*}e", "abcde", true),
            ("{a*,b}{c,d*}e", "bde", true),
            ("{a*,b}{c,d*}e", "be", false),
            ("{,x}*[0-9]", "7", true),
            ("{}?", "\u{fc}", true),
            ("*a*b", "b", false),
            ("a**", "a", true),
        ];
        for (pattern, name, expected) in examples {
            assert_eq!(matched(pattern, name), expected, "{pattern} {name}");
        }
    }

    /// Trying one way after another would take years.
    #[test]
    fn patterns_with_many_choices_are_matched_at_once() {
        let name = "a".repeat(250);
        assert!(!matched(&("*a".repeat(60) + "*b"), &name));
        assert!(matched(&("*a".repeat(60) + "*{b,a}"), &name));
        assert!(!matched(&("{a,aa}".repeat(60) + "b"), &name));
        assert!(matched(&"{*a,a*,aaaa}".repeat(60), &name));
    }
}
