//! Texts that tell a secret.

/// What the text of a file of this name holds.
pub(super) fn secret(name: &str, text: &[u8]) -> Option<&'static str> {
    if has_private_key(text) {
        return Some("a private key");
    }
    let text = || String::from_utf8_lossy(text);
    match name {
        ".npmrc" | ".yarnrc" | ".yarnrc.yml" if has_npm_token(&text()) => Some("tokens of npm"),
        "auth.json" | "config.json" if has_registry_password(&text()) => {
            Some("passwords of container registries")
        }
        "rebar.config"
        | "rebar.config.script"
        | "rebar.lock"
        | "mix.exs"
        | "mix.lock"
        | ".gitmodules"
        | ".gitconfig"
            if has_password_in_address(&text()) =>
        {
            Some("an address with a password in it")
        }
        _ => None,
    }
}

/// The beginning and the end of the first line of a key: RFC 7468, OpenSSH and OpenPGP all have `PRIVATE KEY` in between.
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----";

/// A text that only speaks of keys, such as a program that reads them, has no key behind that line.
fn has_private_key(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = find(rest, BEGIN) {
        rest = &rest[at + BEGIN.len()..];
        let label = find(rest, END).map(|end| (&rest[..end], &rest[end + END.len()..]));
        if let Some((label, behind)) = label
            && label.len() < 40
            && find(label, b"PRIVATE KEY").is_some()
            && is_followed_by_a_key(behind)
        {
            return true;
        }
    }
    false
}

/// How many characters of base64 are no accident.
const SOME: usize = 24;

/// Headers of encrypted keys, and of OpenPGP's.
const HEADERS: [&[u8]; 4] = [b"Proc-Type:", b"Version:", b"Comment:", b"Charset:"];

/// The key may be quoted, in a JSON file or in a program: with `\n` for the ends of lines, or line by line.
fn is_followed_by_a_key(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        rest = match rest {
            [b'\\', b'n' | b'r', after @ ..] => after,
            [b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'+' | b',' | b'\\' | b'>' | b'#', after @ ..] => {
                after
            }
            _ => break,
        };
    }
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    HEADERS.iter().any(|header| rest.starts_with(header))
        || rest.iter().take_while(|byte| is_base64(byte)).count() >= SOME
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// What npm and yarn call their secrets.
const NPM_KEYS: [&str; 5] = ["_authToken", "_auth", "_password", "npmAuthToken", "npmAuthIdent"];

/// A token that is written out; `${NAME}` is one that is not.
fn has_npm_token(text: &str) -> bool {
    let is_secret = |line: &str, key| {
        let behind = line.split_once(key).map(|(_, behind)| behind.trim_start());
        let value = behind.and_then(|behind| behind.strip_prefix(['=', ':']));
        let value = value.map(|value| value.trim_matches([' ', '"', '\'']));
        value.is_some_and(|value| !value.is_empty() && !value.starts_with("${"))
    };
    text.lines().any(|line| NPM_KEYS.iter().any(|key| is_secret(line, *key)))
}

/// The file of Docker or podman, wherever it lies.
fn has_registry_password(text: &str) -> bool {
    text.contains("\"auths\"") && ["\"auth\"", "\"identitytoken\""].iter().any(|key| text.contains(key))
}

/// `https://user:password@host/…`.
fn has_password_in_address(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let authority =
            text[at + 3..].split(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '>')).next();
        let user = authority.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
        let password = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !password.is_empty() && !password.starts_with("${"))
    })
}
