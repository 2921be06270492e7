//! Paths of directories in modules.

use super::chunks::{chunks, find, literals};

/// Whether a module that is not compressed holds the path of a directory, or of something in it, in any of its chunks: the
/// compiler has put it into a literal.
///
/// `/app`, which may well be the beginning of something else, counts only where it begins the path of a file of source code.
pub fn names_directory(module: &[u8], directory: &str) -> bool {
    let Ok(all) = chunks(module) else { return false };
    let literals = find(&all, b"LitT").and_then(literals);
    let parts: Vec<&[u8]> = all.iter().map(|(_, data)| *data).chain(literals.as_deref()).collect();
    let latin1: Option<Vec<u8>> = directory.chars().map(|c| u8::try_from(c).ok()).collect();
    let spellings = [Some(directory.as_bytes().to_vec()), latin1];
    spellings.iter().flatten().any(|path| parts.iter().any(|part| has_path(part, path)))
}

/// How the names of files of source code end.
const SOURCES: [&[u8]; 6] = [b".erl", b".hrl", b".yrl", b".xrl", b".ex", b".exs"];

fn has_path(bytes: &[u8], directory: &[u8]) -> bool {
    let Some(first) = directory.first() else { return false };
    let is_long = directory.iter().filter(|byte| **byte == b'/').count() > 1;
    let begins = |(at, byte): (usize, &u8)| {
        if byte != first || !bytes[at..].starts_with(directory) {
            return false;
        }
        let rest = &bytes[at + directory.len()..];
        let path = &rest[..rest.iter().take_while(|byte| is_of_path(**byte)).count()];
        match path.first() {
            Some(b'/') => {
                is_long || SOURCES.iter().any(|end| path.windows(end.len()).any(|part| part == *end))
            }
            // In a term the size of a text stands before it.
            _ => is_long && bytes[..at].ends_with(&(directory.len() as u16).to_be_bytes()),
        }
    };
    bytes.iter().enumerate().any(begins)
}

fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_-.+@~".contains(&byte) || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::super::chunks::container_of;
    use super::*;
    use crate::deflate;

    fn names(chunk: &[u8; 4], data: &[u8], directory: &str) -> bool {
        names_directory(&container_of(&[(*b"AtU8", b"x"), (*chunk, data)]), directory)
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let size = (text.len() as u32).to_be_bytes();
        [&size[..], &deflate::compress_zlib(text).expect("packed")].concat()
    }

    #[test]
    fn a_path_is_found_in_any_chunk_and_in_compressed_literals() {
        let text = b"k\0\x17/home/me/shop/src/x.erlj";
        assert!(names(b"StrT", text, "/home/me/shop"));
        assert!(names(b"LitT", &packed(text), "/home/me/shop"));
        assert!(names(b"LitT", &[b"\0\0\0\0", &text[..]].concat(), "/home/me/shop"), "OTP 28");
        assert!(!names(b"LitT", &packed(text), "/home/me/sho"));
        assert!(!names(b"LitT", &packed(text), "/home/you/shop"));
        assert!(
            names(b"LitT", &packed(b"m\0\0\0\x0d/home/me/shopj"), "/home/me/shop"),
            "the directory itself"
        );
        assert!(!names(b"LitT", &packed(b"m\0\0\0\x11/home/me/shopping"), "/home/me/shop"));
        assert!(names(b"StrT", b"/home/j\xe4/x.erl", "/home/j\u{e4}"), "a list of characters");
        assert!(names(b"StrT", "/home/j\u{e4}/x.erl".as_bytes(), "/home/j\u{e4}"), "a binary");
    }

    #[test]
    fn a_short_path_counts_only_before_a_source_file() {
        assert!(names(b"StrT", b"k\0\x0e/app/src/x.erlj", "/app"));
        assert!(!names(b"StrT", b"https://example.com/app/login", "/app"));
        assert!(!names(b"StrT", b"k\0\x04/app", "/app"));
    }

    #[test]
    fn damaged_modules_name_nothing() {
        assert!(!names_directory(b"/home/me/shop/x.erl", "/home/me/shop"));
        assert!(!names(b"LitT", b"\0\0\0\x09nothing", "/home/me/shop"));
        assert!(!names(b"StrT", b"/home/me/shop/x.erl", ""));
    }
}
