//! From bytes to tokens, through erl_tokenize; what it takes, and Erlang does not, is refused here.

use std::path::Path;
use std::sync::Arc;

use erl_tokenize::{Keyword, Symbol, Token, TokenKind};

use super::source::{Source, SourceError, Span};

/// The text of a file, in the encoding that it declares.
///
/// # Errors
/// For bytes that are not of this encoding, and for a byte order mark.
pub(super) fn source(path: &Path, bytes: &[u8]) -> Result<Arc<Source>, SourceError> {
    let source = Arc::new(Source { path: path.to_path_buf(), text: decode(path, bytes)? });
    if source.text.starts_with(MARK) {
        return Err(source.error(Span { start: 0, end: MARK.len_utf8() }, HAS_MARK));
    }
    Ok(source)
}

/// Invisible, and no character that Erlang takes.
const MARK: char = '\u{feff}';

const HAS_MARK: &str =
    "the file begins with a byte order mark, with which Erlang cannot read it: save it as UTF-8 without one";

fn decode(path: &Path, bytes: &[u8]) -> Result<String, SourceError> {
    if declares_latin1(bytes) {
        return Ok(bytes.iter().map(|byte| char::from(*byte)).collect());
    }
    String::from_utf8(bytes.to_vec()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(bytes).into_owned();
        let message =
            "the file is not UTF-8 here; convert it, or declare `%% coding: latin-1` in its first line";
        Arc::new(Source { path: path.into(), text }).error(Span { start: at, end: at }, message)
    })
}

fn declares_latin1(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').take(2).any(|line| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        line.trim_start().starts_with('%')
            && line.split_once("coding").is_some_and(|(_, rest)| {
                rest.trim_start_matches([':', '=', ' ', '\t']).starts_with("latin-1")
            })
    })
}

/// The tokens, with `maybe` and `else` as atoms, and the places of these.
///
/// # Errors
/// For what is no token, and for binaries and dots where no term has them.
pub(super) fn tokens(source: &Arc<Source>) -> Result<(Vec<Token>, Vec<Span>), SourceError> {
    let scan = |text: &str| erl_tokenize::scan_tokens(text).map_err(|error| lexical_error(source, error));
    let tokens = scan(&source.text)?;
    let is_reserved =
        |token: &&Token| matches!(token.kind(), TokenKind::Keyword(Keyword::Maybe | Keyword::Else));
    check_binaries(source, &tokens)?;
    check_dots(source, &tokens)?;
    let reserved: Vec<Span> = tokens.iter().filter(is_reserved).copied().map(token_span).collect();
    if reserved.is_empty() {
        return Ok((tokens, reserved));
    }
    // A token only knows its kind and place, so that of another word of the same length stands for it.
    let mut text = source.text.clone();
    for span in &reserved {
        text.replace_range(span.start..span.end, &"a".repeat(span.end - span.start));
    }
    Ok((scan(&text)?, reserved))
}

/// The place of a token.
pub(super) fn token_span(token: Token) -> Span {
    Span { start: token.start().offset(), end: token.end().offset() }
}

fn lexical_error(source: &Arc<Source>, error: erl_tokenize::Error) -> SourceError {
    let at = error.position.offset();
    source.error(Span { start: at, end: at }, error.kind.message())
}

/// erl_parse bounds the nesting of everything but binaries, in which a term nests no binary anyway.
fn check_binaries(source: &Arc<Source>, tokens: &[Token]) -> Result<(), SourceError> {
    let mut open = false;
    for token in tokens {
        match token.kind() {
            TokenKind::Symbol(Symbol::DoubleLeftAngle) if open => {
                let message = "a binary inside a binary is not an Erlang term";
                return Err(source.limit(token_span(*token), message));
            }
            TokenKind::Symbol(Symbol::DoubleLeftAngle) => open = true,
            TokenKind::Symbol(Symbol::DoubleRightAngle) => open = false,
            _ => {}
        }
    }
    Ok(())
}

/// A dot ends a term where a blank, a line's end or a comment is behind it, and stands nowhere else.
fn check_dots(source: &Arc<Source>, tokens: &[Token]) -> Result<(), SourceError> {
    let dots = tokens.iter().filter(|token| token.kind() == TokenKind::Symbol(Symbol::Dot));
    for span in dots.copied().map(token_span) {
        let behind = source.text[span.end..].chars().next();
        if behind.is_some_and(|c| !(c == '%' || c <= ' ' || ('\u{80}'..='\u{a0}').contains(&c))) {
            return Err(
                source.error(span, "a dot here must end a term, with a blank or a line's end behind it")
            );
        }
    }
    Ok(())
}
