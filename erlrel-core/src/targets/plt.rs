//! Dialyzer's PLT of a project, moved to another directory.
//!
//! It names every BEAM file that it knows by its absolute path, with a digest (OTP, `dialyzer_cplt`). It is a compressed
//! term; strings in it begin with their length, and nothing around them does, so that they can be replaced as they stand.

use std::path::PathBuf;

use super::app::real;
use super::base::BaseErlang;
use super::{TargetError, TargetOptions};
use crate::deflate;
use crate::fs;
use crate::otp::OtpRoot;
use crate::project::Project;
use crate::term::{self, Term};
use crate::tree::{Entry, Group, Tree, TreePath};

/// How compressed terms begin, and plain ones.
const COMPRESSED: [u8; 2] = [131, 80];

/// The tag of a string of up to 65,535 characters.
const STRING: u8 = 107;

/// Adds the PLT that rebar3 has made, with the paths that everything has in the image.
///
/// # Errors
/// When it is not there, lies outside of the project, or is none.
pub(super) fn add(
    tree: &mut Tree,
    project: &Project,
    options: &TargetOptions<'_>,
    base: &BaseErlang,
) -> Result<(), TargetError> {
    let (otp, home) = (options.otp, options.home());
    let path = place(project, otp);
    let shown = path.display().to_string();
    let bytes = fs::read_optional(&path)?.ok_or_else(|| TargetError::NoPlt { path: shown.clone() })?;
    let root = real(&project.root);
    let otp_root = otp.root.display().to_string();
    let moves =
        [(format!("{root}/"), format!("{home}/")), (format!("{otp_root}/"), format!("{}/", base.root))];
    let moved = moved(&bytes, &moves).ok_or_else(|| TargetError::BadPlt { path: shown.clone() })?;
    let own = match path.strip_prefix(project.profile_dir()) {
        Ok(name) => format!("_build/{}/{}", project.profile_name(), name.display()),
        Err(_) => {
            let below = path.strip_prefix(&project.root);
            below.map_err(|_| TargetError::PltElsewhere { path: shown })?.display().to_string()
        }
    };
    tree.replace(TreePath::new(own)?, Entry::file(moved, 0o644, Group::Release));
    Ok(())
}

/// Where rebar3 keeps the PLT of a project (rebar3, `rebar_prv_dialyzer`).
fn place(project: &Project, otp: &OtpRoot) -> PathBuf {
    let options = project.config.list("dialyzer");
    let text = |key: &str| term::lookup(&options, key).and_then(Term::as_text);
    let name = format!("{}_{}_plt", text("plt_prefix").unwrap_or("rebar3".into()), otp.version);
    match text("plt_location").filter(|place| place != "local") {
        Some(dir) => project.root.join(dir).join(name),
        None => project.profile_dir().join(name),
    }
}

/// The PLT with every string that begins with one of the paths changed; `None` if this is no compressed term.
fn moved(bytes: &[u8], moves: &[(String, String)]) -> Option<Vec<u8>> {
    let (size, packed) = bytes.strip_prefix(&COMPRESSED)?.split_first_chunk::<4>()?;
    let plain = deflate::decompress_zlib(packed, u32::from_be_bytes(*size) as usize).ok()?;
    let plain = replaced(&plain, moves);
    let size = u32::try_from(plain.len()).ok()?.to_be_bytes();
    Some([&COMPRESSED[..], &size, &deflate::compress_zlib(&plain).ok()?].concat())
}

fn replaced(plain: &[u8], moves: &[(String, String)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(plain.len());
    let mut at = 0;
    while at < plain.len() {
        match string_at(plain, at, moves) {
            Some((text, end)) => {
                out.push(STRING);
                out.extend(u16::try_from(text.len()).unwrap_or_default().to_be_bytes());
                out.extend(text);
                at = end;
            }
            None => {
                out.push(plain[at]);
                at += 1;
            }
        }
    }
    out
}

/// The new text of a string that is to be changed, and where the old one ends.
fn string_at(plain: &[u8], at: usize, moves: &[(String, String)]) -> Option<(Vec<u8>, usize)> {
    let (head, rest) = plain.get(at..)?.split_first_chunk::<3>()?;
    let [STRING, high, low] = *head else { return None };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let text = rest.get(..length)?;
    let moved = moves.iter().find_map(|(from, to)| {
        let rest = text.strip_prefix(from.as_bytes())?;
        Some([to.as_bytes(), rest].concat())
    });
    moved.filter(|text| text.len() <= usize::from(u16::MAX)).map(|text| (text, at + 3 + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn term(text: &str) -> Term {
        let text = format!("{text}.");
        term::consult(std::path::Path::new("plt"), text.as_bytes()).expect("a term").terms.remove(0)
    }

    fn plt(text: &str) -> Vec<u8> {
        let plain = term::encode(&term(text), term::AtomEncoding::Utf8);
        let packed = deflate::compress_zlib(&plain[1..]).expect("memory");
        let size = u32::try_from(plain.len() - 1).expect("small").to_be_bytes();
        [&COMPRESSED[..], &size, &packed].concat()
    }

    fn read(bytes: &[u8]) -> Term {
        let size = u32::from_be_bytes(bytes[2..6].try_into().expect("four bytes")) as usize;
        let plain = deflate::decompress_zlib(&bytes[6..], size).expect("compressed");
        term::decode(&[&[131], plain.as_slice()].concat()).expect("a term")
    }

    #[test]
    fn every_path_becomes_one_of_the_image_and_nothing_else_changes() {
        let moves = [("/home/me/shop/", "/app/"), ("/usr/lib/erlang/", "/usr/local/lib/erlang/")];
        let moves = moves.map(|(from, to)| (from.to_string(), to.to_string()));
        let before = r#"{file_plt, "5.0", [{"/home/me/shop/_build/default/lib/a/ebin/a.beam", <<1, 2>>},
            {"/usr/lib/erlang/lib/stdlib-4.2/ebin/lists.beam", <<1, 2>>}],
            [["/home/me/shop/x"]], "/home/me/shopping", "see /home/me/shop/", {a, 107, 0, 1.5}}"#;
        let after = r#"{file_plt, "5.0", [{"/app/_build/default/lib/a/ebin/a.beam", <<1, 2>>},
            {"/usr/local/lib/erlang/lib/stdlib-4.2/ebin/lists.beam", <<1, 2>>}],
            [["/app/x"]], "/home/me/shopping", "see /home/me/shop/", {a, 107, 0, 1.5}}"#;
        assert_eq!(read(&moved(&plt(before), &moves).expect("a PLT")), term(after));
    }

    #[test]
    fn what_is_no_plt_is_refused() {
        let whole = plt("{file_plt, [\"/a/b\"]}");
        assert_eq!(moved(&whole[..whole.len() / 2], &[]), None);
        assert_eq!(moved(b"\x83h\x00", &[]), None);
        assert_eq!(moved(b"", &[]), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let moves = [("/a".to_string(), "/b".to_string())];
            let _ = moved(&bytes, &moves);
            let _ = replaced(&bytes, &moves);
        }
    }
}
