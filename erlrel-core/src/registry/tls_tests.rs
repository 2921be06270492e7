use super::*;

/// A certificate and its key, made for these tests only, as the other key is.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIUYs4IH2NBvroBTQzJLlbEWqgUNtMwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCbWUwIBcNMjYxMTIyMDIxOTQ0WhgPMjEyNjEwMjkwMjE5NDRa
MA0xCzAJBgNVBAMMAm1lMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMz7ousEX
aRhhbyRXHO0FiWzpU/kmUgeulLairoy+6psYW8lx2GfkT4mNppa3lALvmk6mD7px
iaFhOUU8ZxF72KNTMFEwHQYDVR0OBBYEFOv4JdtmJkTy8SoMeGaSGD2i7Yj+MB8G
A1UdIwQYMBaAFOv4JdtmJkTy8SoMeGaSGD2i7Yj+MA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIhAPOhxAX6hebd4RG2L5n8bxrIuwfjhoHN5fNhOuvq
PCh4AiAb9G9/U4fnk2YmB+xFqg16ileuUceRrVlV2UeWEGaKug==
-----END CERTIFICATE-----";
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgy+FFMNLJH3hutTQr
D77Hl6ENFjZ9/ua9lybuRu/b6GyhRANCAAQzPui6wRdpGGFvJFcc7QWJbOlT+SZS
B66UtqKujL7qmxhbyXHYZ+RPiY2mlreUAu+aTqYPunGJoWE5RTxnEXvY
-----END PRIVATE KEY-----";
const OTHER_KEY: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIAWnkPXlOfo5dGK+05cbo9+373tMWKqnMhes1xfvMLbAoAoGCCqGSM49
AwEHoUQDQgAEcM7+EpYyz0cD7F/rsuQYZOpp2Kxcoqp+REpR2t7a0heqXxEkvUSd
/4IpsChD0imurEOYP+G3jGfCVbROzuSJyw==
-----END EC PRIVATE KEY-----";

fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("created");
        std::fs::write(path, text).expect("written");
    }
    dir
}

fn shown<T>(result: Result<T, Failure>, dir: &Path) -> String {
    let text = result.map_or_else(|failure| failure.reason.to_string(), |_| "good".into());
    text.replace(&dir.display().to_string(), "DIR")
}

#[test]
fn a_client_certificate_needs_its_own_key() {
    let both = format!("{OTHER_KEY}\n{CERTIFICATE}");
    let damaged = CERTIFICATE.replace("MIIB", "MIIC");
    let locked = KEY.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let dir = written(&[
        ("c.crt", CERTIFICATE),
        ("c.key", KEY),
        ("o.key", OTHER_KEY),
        ("both.pem", &both),
        ("bad.crt", &damaged),
        ("locked.key", &locked),
        ("empty.pem", ""),
    ]);
    let pairs = [
        ("c.crt", "c.key"),
        ("c.crt", "o.key"),
        ("both.pem", "both.pem"),
        ("bad.crt", "c.key"),
        ("c.crt", "locked.key"),
        ("empty.pem", "c.key"),
        ("none.crt", "c.key"),
        ("c.crt", "none.key"),
    ];
    let lines = pairs.map(|(certificate, key)| {
        let result = client_certificate(&dir.path().join(certificate), &dir.path().join(key));
        format!("{certificate} {key}: {}", shown(result, dir.path()))
    });
    insta::assert_snapshot!(lines.join("\n"), @"
        c.crt c.key: good
        c.crt o.key: `DIR/o.key`: the key does not belong to the certificate `DIR/c.crt`
        both.pem both.pem: `DIR/both.pem`: the key does not belong to the certificate `DIR/both.pem`
        bad.crt c.key: `DIR/bad.crt`: the certificate is damaged, or not of X.509 version 3
        c.crt locked.key: `DIR/locked.key`: there is no private key in it that can be read without a password
        empty.pem c.key: `DIR/empty.pem`: there is no certificate in it
        none.crt c.key: cannot read `DIR/none.crt`
        c.crt none.key: cannot read `DIR/none.key`
        ");
}

#[test]
fn authorities_are_those_of_the_system_and_those_that_are_named() {
    let dir = written(&[("system.pem", CERTIFICATE), ("own.pem", CERTIFICATE), ("none.pem", "text")]);
    let file = |name: &str| dir.path().join(name);
    let variable = |name: &str| -> Environment {
        [("SSL_CERT_FILE".to_string(), file(name).display().to_string())].into_iter().collect()
    };
    let count = |name: &str, files: &[PathBuf]| roots(&variable(name), files).map(|roots| roots.len());
    assert_eq!(count("system.pem", &[]).expect("read"), 1);
    assert_eq!(count("system.pem", &[file("own.pem")]).expect("read"), 2);
    let errors = [count("gone.pem", &[]), count("system.pem", &[file("none.pem")])];
    insta::assert_snapshot!(errors.map(|error| shown(error, dir.path())).join("\n"), @"
        cannot read `DIR/gone.pem`
        `DIR/none.pem`: there is no certificate in it
        ");
    assert!(matches!(trusted(Vec::new()), RootCerts::WebPki));
}

#[test]
fn a_host_has_its_files_in_a_directory_of_its_name() {
    let files = [
        "a/r.example:5000/ca.crt",
        "b/r.example:5000/x.cert",
        "b/r.example:5000/y.cert",
        "b/r.example:5000/y.key",
    ];
    let dir = written(&files.map(|name| (name, "")));
    let dirs = [dir.path().join("a"), dir.path().join("b"), dir.path().join("none")];
    let found = host_files(&dirs, "r.example:5000").expect("listed");
    assert_eq!(found.authorities, [dir.path().join(files[0])]);
    assert_eq!(found.client, Some((dir.path().join(files[2]), dir.path().join(files[3]))));
    assert_eq!(host_files(&dirs, "r.example").expect("listed"), HostFiles::default());
}
