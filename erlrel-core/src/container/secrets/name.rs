//! Names that tell a secret.

/// Files that are named so wherever they lie.
const FILES: [(&str, &str); 18] = [
    (".erlang.cookie", "an Erlang cookie"),
    ("hex.config", "the keys of a Hex user"),
    (".netrc", "a file of passwords (netrc)"),
    ("_netrc", "a file of passwords (netrc)"),
    ("netrc", "a file of passwords (netrc)"),
    ("git-credentials", "git's passwords"),
    (".git-credentials", "git's passwords"),
    (".pgpass", "passwords of PostgreSQL"),
    (".dockercfg", "passwords of container registries"),
    (".pypirc", "passwords of package indexes"),
    ("id_rsa", "a private key of SSH"),
    ("id_dsa", "a private key of SSH"),
    ("id_ecdsa", "a private key of SSH"),
    ("id_ecdsa_sk", "a private key of SSH"),
    ("id_ed25519", "a private key of SSH"),
    ("id_ed25519_sk", "a private key of SSH"),
    (".vault-token", "a token of Vault"),
    (".s3cfg", "keys of object storage"),
];

/// Files that are named so in a directory of this name.
const IN_DIRECTORIES: [(&str, &str, &str); 3] = [
    (".docker", "config.json", "passwords of container registries"),
    (".aws", "credentials", "keys of AWS"),
    (".kube", "config", "keys of a Kubernetes cluster"),
];

/// Endings of files that hold private keys in a form that is no text.
const ENDINGS: [&str; 5] = [".p12", ".pfx", ".jks", ".keystore", ".ppk"];

/// The path of the secret and what it is, if the path, or a directory above it, is named like one.
pub(super) fn secret(path: &str) -> Option<(&str, &'static str)> {
    if let Some(end) = end_of_part(path, ".git") {
        return Some((&path[..end], "a git repository, with its history and configuration"));
    }
    let (above, file) = path.rsplit_once('/').unwrap_or(("", path));
    let directory = above.rsplit('/').next().unwrap_or_default();
    let by_name = FILES.iter().find(|(name, _)| *name == file).map(|(_, what)| *what);
    let by_directory = || {
        let found = IN_DIRECTORIES.iter().find(|(dir, name, _)| *dir == directory && *name == file);
        found.map(|(_, _, what)| *what)
    };
    let by_ending = || {
        let lower = file.to_ascii_lowercase();
        ENDINGS.iter().any(|ending| lower.ends_with(ending)).then_some("a store of private keys")
    };
    by_name.or_else(by_directory).or_else(by_ending).map(|what| (path, what))
}

/// Where the part of this name ends.
fn end_of_part(path: &str, name: &str) -> Option<usize> {
    let mut end = 0;
    for part in path.split('/') {
        end += part.len();
        if part == name {
            return Some(end);
        }
        end += 1;
    }
    None
}
