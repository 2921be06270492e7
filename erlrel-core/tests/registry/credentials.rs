//! Who is shown credentials, and which.

use crate::faulty::*;
use crate::fixture::*;

/// Pushes and pulls with these options.
fn works(faulty: &Faulty, options: erlrel_core::registry::RegistryOptions) {
    let image = SmallImage::new(1);
    let client = Client::with(faulty, options);
    for step in ["push", "pull"] {
        let result = if step == "push" {
            client.push(&image, "1.0")
        } else {
            client.pull("1.0").map(|pulled| assert!(pulled.expect("there").is(&image)))
        };
        assert!(result.is_ok(), "{step}: {}", faulty.shown(&result.expect_err("failed")));
    }
    assert!(faulty.has(&image, "1.0"));
}

#[test]
fn a_password_is_shown_to_the_registry_that_asks_for_it() {
    let faulty = Faulty::start(Quirks { auth: Auth::Basic, ..Quirks::default() });
    works(&faulty, options(&faulty));
    faulty.assert_discreet();
    let open = Faulty::start(Quirks::default());
    works(&open, options(&open));
    assert!(open.requests().iter().all(|request| request.authorization().is_none()));
}

#[test]
fn a_token_is_fetched_once_for_each_right() {
    for token_name in ["token", "access_token"] {
        let faulty = Faulty::start(Quirks { auth: Auth::Bearer, token_name, ..Quirks::default() });
        works(&faulty, options(&faulty));
        faulty.assert_discreet();
        assert!(faulty.count(Step::Token) <= 2, "{} tokens", faulty.count(Step::Token));
        let shown = |request: &Logged| request.authorization() == Some(BASIC);
        assert!(!of(&faulty, Host::Registry).iter().any(shown));
    }
}

#[test]
fn threads_share_a_token() {
    let faulty = Faulty::start(Quirks { auth: Auth::Bearer, ..Quirks::default() });
    let client = Client::new(&faulty);
    let images: Vec<SmallImage> = (0..4).map(SmallImage::new).collect();
    std::thread::scope(|scope| {
        let pushes: Vec<_> = images
            .iter()
            .enumerate()
            .map(|(number, image)| {
                let client = &client;
                scope.spawn(move || client.push(image, &format!("{number}.0")).is_ok())
            })
            .collect();
        assert!(pushes.into_iter().all(|push| push.join().expect("no panic")));
    });
    for (number, image) in images.iter().enumerate() {
        assert!(faulty.has(image, &format!("{number}.0")));
    }
    assert!(faulty.count(Step::Token) <= 2, "{} tokens", faulty.count(Step::Token));
}

#[test]
fn an_identity_token_stands_for_a_password() {
    // Where a token service knows no POST, it is the password of nobody.
    for (oauth, last) in [(true, "POST"), (false, "GET")] {
        let faulty = Faulty::start(Quirks { auth: Auth::Bearer, oauth, ..Quirks::default() });
        let entry = serde_json::json!({"identitytoken": IDENTITY_TOKEN});
        let config = serde_json::json!({"auths": {faulty.host(): entry}}).to_string();
        works(&faulty, with_environment(&faulty, &[("DOCKER_AUTH_CONFIG", &config)]));
        faulty.assert_discreet();
        let asked: Vec<Logged> = of(&faulty, Host::Tokens);
        assert_eq!(asked.first().map(|request| request.head.method.as_str()), Some("POST"));
        assert_eq!(asked.last().map(|request| request.head.method.as_str()), Some(last));
    }
}

/// The requests that one of the servers had.
fn of(faulty: &Faulty, host: Host) -> Vec<Logged> {
    faulty.requests().into_iter().filter(|request| request.host == host).collect()
}

#[test]
fn credentials_of_a_configuration_are_those_of_one_host() {
    let faulty = Faulty::start(Quirks { auth: Auth::Basic, ..Quirks::default() });
    let encoded = BASIC.trim_start_matches("Basic ");
    let for_host = |host: &str| format!(r#"{{"auths": {{"{host}": {{"auth": "{encoded}"}}}}}}"#);
    works(&faulty, with_environment(&faulty, &[("DOCKER_AUTH_CONFIG", &for_host(&faulty.host()))]));
    let other =
        with_environment(&faulty, &[("DOCKER_AUTH_CONFIG", &for_host(&faulty.address(Host::Storage)))]);
    let before = faulty.requests().len();
    let error = Client::with(&faulty, other).push(&SmallImage::new(2), "2.0").expect_err("unknown");
    assert!(faulty.requests()[before..].iter().all(|request| request.authorization().is_none()));
    insta::assert_snapshot!(faulty.shown(&error), @r"
    cannot push the blob sha256:92dbe2… to REGISTRY/acme/app: the registry answered 401, unauthorized; it was asked without credentials
    hint: log in, `docker login REGISTRY`, or see docs/registries.md for other ways; or the repository does not exist
    ");
}

#[test]
fn a_wrong_password_is_an_error_that_does_not_show_it() {
    let wrong = "not-the-right-one";
    let mut messages = String::new();
    for auth in [Auth::Basic, Auth::Bearer] {
        let faulty = Faulty::start(Quirks { auth, ..Quirks::default() });
        let variables = [("ERLREL_REGISTRY_USERNAME", USER), ("ERLREL_REGISTRY_PASSWORD", wrong)];
        let client = Client::with(&faulty, with_environment(&faulty, &variables));
        let error = client.push(&SmallImage::new(1), "1.0").expect_err("denied");
        for shown in [format!("{error:?}"), faulty.shown(&error), format!("{:?}", client.registry)] {
            assert!(!shown.contains(wrong) && !shown.contains("bm90LXRoZS1yaWdodC1vbmU"), "{shown}");
        }
        assert_eq!(faulty.tag("1.0"), None);
        assert!(faulty.requests().len() < 10, "{} requests", faulty.requests().len());
        messages += &format!("{auth:?}\n{}\n\n", faulty.shown(&error));
    }
    insta::assert_snapshot!(messages, @r"
    Basic
    cannot push the blob sha256:7004b2… to REGISTRY/acme/app: the registry answered 401, unauthorized; the credentials are those of ERLREL_REGISTRY_USERNAME
    hint: ask for access to the repository, check its name, or log in again: `docker login REGISTRY`

    Bearer
    cannot push the blob sha256:7004b2… to REGISTRY/acme/app: the registry answered 401, UNAUTHORIZED: incorrect username or password; the credentials are those of ERLREL_REGISTRY_USERNAME
    hint: ask for access to the repository, check its name, or log in again: `docker login REGISTRY`
    ");
}

#[test]
fn an_upload_at_another_host_gets_no_credentials() {
    for auth in [Auth::Basic, Auth::Bearer] {
        let faulty = Faulty::start(Quirks { auth, location: Location::OtherHost, ..Quirks::default() });
        works(&faulty, options(&faulty));
        faulty.assert_discreet();
        assert_eq!(of(&faulty, Host::Storage).len(), 6);
    }
}

#[test]
fn a_registry_of_this_machine_may_speak_plain_http_without_being_asked() {
    let faulty = Faulty::start(Quirks { auth: Auth::Bearer, ..Quirks::default() });
    let mut options = options(&faulty);
    options.plain_http.clear();
    works(&faulty, options);
}

#[test]
fn credentials_do_not_follow_a_redirect_to_another_host() {
    for on in [
        Step::ManifestGet,
        Step::BlobHead,
        Step::BlobGet,
        Step::Start,
        Step::Patch,
        Step::Put,
        Step::ManifestPut,
    ] {
        for auth in [Auth::Basic, Auth::Bearer] {
            let other = Faulty::start(Quirks::default());
            let image = SmallImage::new(1);
            other.put(REPOSITORY, &image, "1.0");
            let place = format!("http://{}/v2/{REPOSITORY}/manifests/1.0", other.host());
            let faults = vec![Fault::always(on, What::Leads(place))];
            let faulty = Faulty::start(Quirks { auth, faults, ..Quirks::default() });
            faulty.put(OTHER, &image, "1.0");
            let client = Client::new(&faulty);
            // Whatever comes of it.
            let _ = client.push(&image, "1.0");
            let _ = client.pull("1.0");
            faulty.assert_discreet();
            for request in other.requests() {
                assert_eq!(request.authorization(), None, "{request:?}");
                assert!(matches!(request.head.method.as_str(), "GET" | "HEAD"), "{request:?}");
            }
        }
    }
}
