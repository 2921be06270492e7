use super::*;

/// What OpenSSL and OpenSSH write, shortened; no key at all.
const BODY: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB";

fn pem(label: &str) -> String {
    format!("-----BEGIN {label}-----\n{BODY}\n-----END {label}-----\n")
}

fn tree(files: &[(&str, String)]) -> Tree {
    let entry = |(path, text): &(&str, String)| {
        let path = TreePath::new(path).expect("a path");
        (path, Entry::file(text.as_str(), 0o644, Group::Release))
    };
    files.iter().map(entry).collect()
}

fn found(files: &[(&str, String)], allowed: &[&str]) -> String {
    let allowed = allowed.iter().map(ToString::to_string).collect();
    match check(&tree(files), &allowed, "/opt/shop") {
        Ok(warnings) => warnings.iter().map(ToString::to_string).collect(),
        Err(error) => error.to_string(),
    }
}

fn is_secret(path: &str, text: impl Into<String>) -> bool {
    !find(&tree(&[(path, text.into())])).expect("read").is_empty()
}

#[test]
fn private_keys_are_found_whatever_the_file_is_called() {
    for label in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "DSA PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        assert!(is_secret("lib/shop-1/priv/data.txt", pem(label)), "{label}");
        assert!(is_secret("a", format!("text before\r\n{}", pem(label).replace('\n', "\r\n"))), "{label}");
    }
    let encrypted =
        format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n{BODY}");
    let in_json = format!("{{\"private_key\": \"{}\"}}", pem("PRIVATE KEY").replace('\n', "\\n"));
    let in_program = format!("key() -> \"-----BEGIN PRIVATE KEY-----\\n\"\n         \"{BODY}\\n\".");
    let in_yaml = format!("tls:\n  key: |\n    -----BEGIN PRIVATE KEY-----\n    {BODY}\n");
    let behind_a_certificate = pem("CERTIFICATE") + &pem("PRIVATE KEY");
    for text in [encrypted, in_json, in_program, in_yaml, behind_a_certificate] {
        assert!(is_secret("lib/shop-1/priv/x", text.clone()), "{text}");
    }
}

#[test]
fn what_is_public_or_only_speaks_of_keys_is_none() {
    for text in [
        pem("CERTIFICATE"),
        pem("PUBLIC KEY"),
        pem("RSA PUBLIC KEY"),
        "is_key(<<\"-----BEGIN PRIVATE KEY-----\", _/binary>>) -> true.".into(),
        "it begins with `-----BEGIN RSA PRIVATE KEY-----`, and ends with its like".into(),
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".into(),
        "-----BEGIN ".repeat(1000),
        String::new(),
    ] {
        assert!(!is_secret("lib/shop-1/priv/x.pem", text.clone()), "{text}");
    }
}

#[test]
fn a_key_is_found_on_disk_and_behind_much_text_but_not_in_what_is_no_text() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("x");
    let on_disk = |content: Vec<u8>| {
        std::fs::write(&path, content).expect("written");
        let entry = Entry::file(path.clone(), 0o644, Group::Release);
        !find(&Tree::from_iter([(TreePath::new("x").expect("a path"), entry)])).expect("read").is_empty()
    };
    let key = pem("PRIVATE KEY").into_bytes();
    assert!(on_disk(key.clone()));
    assert!(on_disk([vec![b'x'; 900_000], key.clone()].concat()));
    assert!(!on_disk([vec![b'x'; 1 << 20], key.clone()].concat()), "only the first mebibyte is searched");
    assert!(!on_disk([b"\x7fELF\0\0".to_vec(), key].concat()));
    std::fs::remove_file(&path).expect("removed");
    let entry = Entry::file(path.clone(), 0o644, Group::Release);
    let error = find(&Tree::from_iter([(TreePath::new("x").expect("a path"), entry)])).expect_err("gone");
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
}

#[test]
fn files_of_tools_are_known_by_their_names() {
    for path in [
        ".erlang.cookie",
        "lib/shop-1.0/priv/.netrc",
        "lib/shop-1.0/priv/hex.config",
        "home/.config/rebar3/hex.config",
        "x/.docker/config.json",
        "x/.aws/credentials",
        "x/.ssh/id_ed25519",
        "x/id_rsa",
        "x/apns.P12",
        ".git",
        "lib/dep/.git/config",
    ] {
        assert!(is_secret(path, "x"), "{path}");
    }
    for path in [
        "config.json",
        "lib/shop-1.0/priv/docker/config.json",
        "id_rsa.pub",
        ".gitignore",
        ".gitkeep",
        "x.git/y",
        "lib/hex-1.0/config",
        "credentials",
    ] {
        assert!(!is_secret(path, "x"), "{path}");
    }
}

#[test]
fn tokens_and_passwords_are_found_where_tools_write_them() {
    assert!(is_secret("a/.npmrc", "//registry.example.com/:_authToken=npm_abc\n"));
    assert!(is_secret("a/.yarnrc.yml", "npmAuthToken: \"abc\"\n"));
    assert!(!is_secret("a/.npmrc", "//registry.example.com/:_authToken=${NPM_TOKEN}\nregistry=https://x/\n"));
    assert!(is_secret("a/auth.json", "{\"auths\": {\"r.example.com\": {\"auth\": \"dTpw\"}}}"));
    assert!(!is_secret("a/config.json", "{\"auths\": {}}"));
    assert!(is_secret("rebar.lock", "{git,\"https://user:token@code.example/x.git\",{ref,\"1\"}}"));
    assert!(is_secret("rebar.config", "{git, \"https://x-access-token:abc@code.example/x.git\"}"));
    assert!(!is_secret(
        "rebar.lock",
        "{git,\"https://code.example/a:b@c.git\"} {git,\"ssh://git@code.example/x\"}"
    ));
}

#[test]
fn an_image_with_secrets_is_refused_with_every_path_and_the_reason() {
    let files = [
        ("lib/shop-1.4.0/priv/server.pem", pem("PRIVATE KEY")),
        ("lib/shop-1.4.0/priv/ca.pem", pem("CERTIFICATE")),
        ("lib/dep-2/.git/HEAD", "ref".into()),
        ("lib/dep-2/.git/config", "[core]".into()),
        ("etc/.netrc", "machine x".into()),
    ];
    insta::assert_snapshot!(found(&files, &[]), @r"
    the image would contain what looks like secrets:
      etc/.netrc: a file of passwords (netrc)
      lib/dep/.git: a git repository, with its history and configuration
      lib/shop/priv/server.pem: a private key
    ");
    insta::assert_snapshot!(found(&files, &["lib/dep/.git", "/opt/shop/etc/.netrc"]), @r"
    the image would contain what looks like a secret:
      lib/shop/priv/server.pem: a private key
    ");
}

#[test]
fn a_secret_is_allowed_by_its_path_or_that_of_a_directory_above_it() {
    let files = [("lib/shop-1.4.0/priv/test/server.pem", pem("PRIVATE KEY"))];
    for path in [
        "lib/shop/priv/test/server.pem",
        "lib/shop-1.4.0/priv/test/server.pem",
        "lib/shop-1.3.0/priv/test/server.pem",
        "/opt/shop/lib/shop/priv/test/server.pem",
        "lib/shop/priv/test",
        "./lib/shop/priv/",
    ] {
        assert_eq!(found(&files, &[path]), "", "{path}");
    }
    for path in ["server.pem", "lib/shop/priv/te", "lib/shop/priv/test/server.pem.x", "/srv/lib/shop", ""] {
        assert!(found(&files, &[path]).starts_with("the image would contain"), "{path}");
    }
    insta::assert_snapshot!(found(&[], &["lib/shop/priv/old.pem"]), @"`lib/shop/priv/old.pem` is allowed to look like a secret, and nothing there does: leave it out");
}
