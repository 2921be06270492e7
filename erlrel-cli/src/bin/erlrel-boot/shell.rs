//! The shell that an image may have, and words as it reads them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Where it is: `system(3)`, `run_erl` and erlexec know no other place.
pub(crate) const SHELL: &str = "/bin/sh";

/// One word, with nothing in it replaced.
pub(crate) fn quoted(word: &OsStr) -> OsString {
    let inside = word.as_bytes().iter().flat_map(|byte| match byte {
        b'\'' => b"'\\''".as_slice(),
        byte => std::slice::from_ref(byte),
    });
    OsString::from_vec(b"'".iter().chain(inside).chain(b"'").copied().collect())
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use std::ffi::OsStr;

    #[test]
    fn a_quoted_word_is_itself_for_a_shell() {
        let words = ["", "it's", "a \"b\" $c `d` \\", "''", "two\nlines", "-n"];
        for word in words {
            let mut script = std::ffi::OsString::from("printf %s ");
            script.push(quoted(OsStr::new(word)));
            let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
            assert_eq!(output.stdout, word.as_bytes());
        }
    }
}
