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
    /// Always the last piece: what follows the braces is part of each alternative.
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

fn matches(pieces: &[Piece], name: &[char]) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return name.is_empty() };
    match piece {
        Piece::Star => (0..=name.len()).any(|skipped| matches(rest, &name[skipped..])),
        Piece::Alternatives(alternatives) => alternatives.iter().any(|pieces| matches(pieces, name)),
        _ => name.split_first().is_some_and(|(c, name)| is_one(piece, *c) && matches(rest, name)),
    }
}

fn is_one(piece: &Piece, c: char) -> bool {
    match piece {
        Piece::Char(wanted) => *wanted == c,
        Piece::OneOf(ranges) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)),
        _ => true,
    }
}

fn compile(part: &str) -> Result<Part, WildcardError> {
    whole(&tokens(part))
}

fn whole(tokens: &[Token]) -> Result<Part, WildcardError> {
    match pieces(tokens, false)? {
        Compiled::Whole(part) | Compiled::Up(part, ..) => Ok(part),
    }
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

enum Compiled<'a> {
    /// Up to the end.
    Whole(Part),
    /// Up to a comma or a closing brace, and what follows it.
    Up(Part, char, &'a [Token]),
}

fn pieces(mut tokens: &[Token], in_braces: bool) -> Result<Compiled<'_>, WildcardError> {
    let mut part = Part::new();
    while let Some((&(c, escaped), rest)) = tokens.split_first() {
        tokens = rest;
        match c {
            _ if escaped => part.push(Piece::Char(c)),
            ',' | '}' if in_braces => return Ok(Compiled::Up(part, c, rest)),
            '?' => part.push(Piece::AnyChar),
            '*' => part.push(Piece::Star),
            '[' => match set(rest) {
                Some((ranges, rest)) => {
                    part.push(Piece::OneOf(ranges));
                    tokens = rest;
                }
                None => part.push(Piece::Char(c)),
            },
            '{' if in_braces => return Err(WildcardError::Nested),
            '{' => {
                part.push(Piece::Alternatives(alternatives(rest)?));
                return Ok(Compiled::Whole(part));
            }
            _ => part.push(Piece::Char(c)),
        }
    }
    if in_braces { Err(WildcardError::Unclosed) } else { Ok(Compiled::Whole(part)) }
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

/// What stands behind a `{`, to the end of the part.
fn alternatives(mut tokens: &[Token]) -> Result<Vec<Part>, WildcardError> {
    let mut alternatives = Vec::new();
    while let Compiled::Up(part, end, rest) = pieces(tokens, true)? {
        alternatives.push(part);
        tokens = rest;
        if end == '}' {
            break;
        }
    }
    let rest = whole(tokens)?;
    Ok(alternatives.into_iter().map(|part| [part, rest.clone()].concat()).collect())
}
