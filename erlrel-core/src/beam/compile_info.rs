//! The chunk `CInf`, which `module_info(compile)` shows: the compiler's version, its options, the path of the source.
//!
//! The version stands first, and is all that is left if the compiler is asked for `deterministic` output. (OTP, `beam_asm`.)

/// An atom in each of the four encodings that there are: tag, size, text.
const VERSION: [&[u8]; 4] =
    [b"\x64\0\x07version", b"\x77\x07version", b"\x73\x07version", b"\x76\0\x07version"];

/// How a list begins in the external term format, before its length, and a pair.
const LIST: &[u8] = &[131, 108];
const PAIR: &[u8] = &[104, 2];
const STRING: u8 = 107;
const NIL: u8 = 106;

/// The chunk with nothing in it but the version; `None` if it has none where it should be.
pub(super) fn version_only(data: &[u8]) -> Option<Vec<u8>> {
    let rest = data.strip_prefix(LIST)?.get(4..)?.strip_prefix(PAIR)?;
    let atom = VERSION.into_iter().find(|atom| rest.starts_with(atom))?;
    let (size, text) = rest[atom.len()..].strip_prefix(&[STRING])?.split_first_chunk::<2>()?;
    let text = text.get(..usize::from(u16::from_be_bytes(*size)))?;
    Some([LIST, &1u32.to_be_bytes(), PAIR, atom, &[STRING], size, text, &[NIL]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_paths_go_and_the_version_stays() {
        // OTP 25: `[{version,"8.2.3"},{source,"/x"}]` and `[{version,"8.2.3"}]`.
        let whole = b"\x83\x6c\0\0\0\x02\x68\x02\x64\0\x07version\x6b\0\x058.2.3\x68\x02\x64\0\x06source\x6b\0\x02/x\x6a";
        let version = b"\x83\x6c\0\0\0\x01\x68\x02\x64\0\x07version\x6b\0\x058.2.3\x6a";
        assert_eq!(version_only(whole).as_deref(), Some(&version[..]));
        assert_eq!(version_only(version).as_deref(), Some(&version[..]));
    }

    #[test]
    fn what_begins_otherwise_has_no_version() {
        let whole = b"\x83\x6c\0\0\0\x01\x68\x02\x77\x07version\x6b\0\x058.2.3\x6a";
        assert_eq!(version_only(whole).as_deref(), Some(&whole[..]), "OTP 26");
        for end in 0..whole.len() - 1 {
            assert_eq!(version_only(&whole[..end]), None);
        }
        assert_eq!(version_only(b"\x83\x6a"), None);
    }
}
