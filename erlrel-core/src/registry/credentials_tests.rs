use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// Who one is at `name`, and where that is said; or the error.
fn who(environment: &Environment, name: &str) -> String {
    let (registry, path) = name.split_once('/').expect("REGISTRY/PATH");
    match Keychain::new(environment.clone()).find(registry, path) {
        Ok(Found { credentials: Some(Credentials::Basic { username, password }), origin, .. }) => {
            format!("{username}:{} of {}", password.reveal(), origin.expect("an origin"))
        }
        Ok(Found { credentials: Some(Credentials::Identity(token)), .. }) => {
            format!("token {}", token.reveal())
        }
        Ok(Found { failure: Some(failure), .. }) => format!("nobody, {failure}"),
        Ok(_) => "nobody".into(),
        Err(error) => error.to_string(),
    }
}

fn by_variable(document: &Value, name: &str) -> String {
    who(&environment(&[("DOCKER_AUTH_CONFIG", &document.to_string())]), name)
}

#[test]
fn an_entry_is_found_by_every_name_that_a_registry_has() {
    // `me:word` in Base64.
    for (key, name) in [
        ("r.example", "r.example/app"),
        ("https://r.example", "r.example/app"),
        ("https://r.example/v1/", "r.example/app"),
        ("https://r.example/v2/", "r.example/app"),
        ("r.example:5000", "r.example:5000/a/b"),
        ("https://index.docker.io/v1/", "docker.io/library/debian"),
        ("docker.io", "docker.io/library/debian"),
        ("registry-1.docker.io", "docker.io/library/debian"),
    ] {
        let document = json!({"auths": {key: {"auth": "bWU6d29yZA=="}, "other.example": {"auth": "eA=="}}});
        assert_eq!(by_variable(&document, name), "me:word of `DOCKER_AUTH_CONFIG`", "{key}");
        assert_eq!(by_variable(&document, "third.example/app"), "nobody", "{key}");
    }
}

#[test]
fn the_most_specific_entry_counts() {
    let user = |name: &str| json!({"username": name, "password": "word"});
    let document = json!({"auths": {
        "r.example": user("registry"), "r.example/team": user("team"), "r.example/team/app": user("app"),
    }});
    for (name, user) in [
        ("r.example/team/app", "app"),
        ("r.example/team/app2", "team"),
        ("r.example/team/app/sub", "app"),
        ("r.example/teams/app", "registry"),
    ] {
        assert!(by_variable(&document, name).starts_with(&format!("{user}:word")), "{name}");
    }
}

#[test]
fn an_identity_token_is_preferred_to_the_password_beside_it() {
    let entry = json!({"auth": "MDAwMDo=", "identitytoken": "abc"});
    assert_eq!(by_variable(&json!({"auths": {"r.example": entry}}), "r.example/a"), "token abc");
    let empty = json!({"auth": "bWU6d29yZA==", "identitytoken": "", "email": null});
    assert!(by_variable(&json!({"auths": {"r.example": empty}}), "r.example/a").starts_with("me:word"));
}

#[test]
fn variables_count_for_the_registry_that_they_name() {
    let all = [
        ("ERLREL_REGISTRY", "https://R.example/"),
        ("ERLREL_REGISTRY_USERNAME", "ci"),
        ("ERLREL_REGISTRY_PASSWORD", "word"),
    ];
    assert_eq!(who(&environment(&all), "r.example/a"), "ci:word of ERLREL_REGISTRY_USERNAME");
    assert_eq!(who(&environment(&all), "s.example/a"), "nobody");
    insta::assert_snapshot!(who(&environment(&all[1..]), "r.example/a"), @"`ERLREL_REGISTRY_USERNAME` is set, but not `ERLREL_REGISTRY`");
    assert_eq!(who(&environment(&all[..1]), "r.example/a"), "nobody");
}

#[test]
fn the_places_are_looked_at_in_their_order() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let root = dir.path().display().to_string();
    let variables = [
        ("REGISTRY_AUTH_FILE", format!("{root}/auth.json")),
        ("DOCKER_AUTH_CONFIG", String::new()),
        ("DOCKER_CONFIG", format!("{root}/docker")),
        ("XDG_RUNTIME_DIR", format!("{root}/run")),
        ("HOME", format!("{root}/home")),
    ];
    let environment: Environment =
        variables.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let files =
        ["auth.json", "docker/config.json", "run/containers/auth.json", "home/.config/containers/auth.json"];
    for file in files {
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("created");
        let entry = json!({"auths": {"r.example": {"username": file, "password": "x"}}});
        std::fs::write(path, entry.to_string()).expect("written");
    }
    for file in files {
        assert!(who(&environment, "r.example/a").starts_with(&format!("{file}:x")), "{file}");
        // A file without an entry is passed over.
        std::fs::write(dir.path().join(file), "{}").expect("written");
    }
    assert_eq!(who(&environment, "r.example/a"), "nobody");
    std::fs::remove_file(dir.path().join("auth.json")).expect("removed");
    let error = who(&environment, "r.example/a").replace(&root, "DIR");
    insta::assert_snapshot!(error, @"cannot read `DIR/auth.json`: No such file or directory (os error 2)");
}

#[test]
fn what_cannot_be_used_is_named_without_its_content() {
    let bad = |text: &str| who(&environment(&[("DOCKER_AUTH_CONFIG", text)]), "r.example/a");
    let contradiction =
        json!({"auths": {"r.example": {"auth": "bWU6d29yZA==", "username": "you", "password": "hush"}}});
    insta::assert_snapshot!([
        bad(r#"{"auths": {"r.example": {"auth": "hush"}}"#),
        bad(r#"["hush"]"#),
        bad(r#"{"auths": {"r.example": {"auth": "hush!"}}}"#),
        bad(&contradiction.to_string()),
        bad(""),
        bad(r#"{"auths": [], "credsStore": 1, "credHelpers": {"r.example": ""}}"#),
    ].join("\n"), @r#"
        `DOCKER_AUTH_CONFIG` is not JSON: EOF while parsing an object at line 1 column 41
        `DOCKER_AUTH_CONFIG` is not JSON: it is no object
        the entry `r.example` of `DOCKER_AUTH_CONFIG` cannot be used: its `auth` is not USER:PASSWORD in Base64, or says something else than its `username` and `password`
        the entry `r.example` of `DOCKER_AUTH_CONFIG` cannot be used: its `auth` is not USER:PASSWORD in Base64, or says something else than its `username` and `password`
        nobody
        nobody
        "#);
}

#[test]
fn a_helper_that_fails_leaves_the_other_places() {
    let missing = json!({"credHelpers": {"r.example": "erlrel-not-there"}});
    insta::assert_snapshot!(by_variable(&missing, "r.example/a"), @"nobody, the credential helper `docker-credential-erlrel-not-there`, named in `DOCKER_AUTH_CONFIG`, failed: it cannot be started");
    assert_eq!(by_variable(&missing, "s.example/a"), "nobody");
    let store = json!({"credsStore": "erlrel-not-there", "auths": {"r.example": {}, "s.example": {"auth": "bWU6d29yZA=="}}});
    assert!(by_variable(&store, "r.example/a").starts_with("nobody, the credential helper"));
    assert!(by_variable(&store, "s.example/a").starts_with("me:word"));
}

#[test]
fn what_a_helper_says_is_shown_unless_it_may_be_a_secret() {
    let failure = |stdout: &str, stderr: &str| CredentialRetrievalError::HelperFailure {
        helper: "x".into(),
        stdout: stdout.into(),
        stderr: stderr.into(),
    };
    assert_eq!(helper_message(&failure("locked\n", "")).as_deref(), Some("locked"));
    assert_eq!(helper_message(&failure(r#"{"Secret":"hush"}"#, "oh")).as_deref(), Some("oh"));
    assert_eq!(helper_message(&failure(r#"{"Secret":"hush"}"#, "")), None);
    assert!(is_nothing_found("credentials not found in native keychain\n"));
}

/// Who one is at some registries, by a program in a directory of its own: this test once more, with that on its `PATH`.
#[test]
#[expect(clippy::disallowed_methods, reason = "PATH cannot be changed for a process that runs")]
fn a_helper_is_asked_by_the_name_of_the_registry() {
    let document = json!({"credsStore": "erlrel-test"});
    if std::env::var_os("ERLREL_TEST_HELPER").is_some() {
        assert!(by_variable(&document, "r.example:5000/a").starts_with("helped:r.example:5000 of"));
        assert!(by_variable(&document, "docker.io/a").starts_with("helped:https://index.docker.io/v1/ of"));
        assert_eq!(by_variable(&document, "unknown.example/a"), "nobody");
        assert_eq!(by_variable(&document, "token.example/a"), "token t");
        insta::assert_snapshot!(by_variable(&document, "locked.example/a"), @"nobody, the credential helper `docker-credential-erlrel-test`, named in `DOCKER_AUTH_CONFIG`, failed: the store is locked");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let program = dir.path().join("docker-credential-erlrel-test");
    let script = r#"#!/bin/sh
server=$(cat)
case $server in
    unknown*) echo "credentials not found in native keychain"; exit 1 ;;
    locked*) echo "the store is locked"; exit 1 ;;
    token*) echo '{"Username":"<token>","Secret":"t"}' ;;
    *) echo '{"ServerURL":"x","Username":"helped","Secret":"'"$server"'"}' ;;
esac
"#;
    std::fs::write(&program, script).expect("written");
    fs::set_mode(&program, 0o755).expect("a program");
    let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").expect("PATH"));
    let name = "registry::credentials::tests::a_helper_is_asked_by_the_name_of_the_registry";
    let again = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name])
        .envs([("PATH", path.as_str()), ("ERLREL_TEST_HELPER", "1")])
        .output()
        .expect("started");
    let output = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && output.contains("1 passed"), "{output}");
}
