//! What pulling does where a registry is otherwise than others, or fails.

use std::time::Duration;

use erlrel_core::registry::RegistryOptions;

use crate::faulty::*;
use crate::fixture::*;

/// Pulls from a registry with these ways; the image is what was put there.
fn pulls(quirks: Quirks) -> Faulty {
    let described = format!("{quirks:?}");
    let (faulty, image) = with_image(quirks);
    let pulled = Client::new(&faulty).pull("1.0");
    assert!(pulled.is_ok(), "{described}\n{}", faulty.shown(&pulled.expect_err("failed")));
    assert!(pulled.expect("pulled").expect("there").is(&image), "{described}");
    faulty.assert_discreet();
    faulty
}

/// Pulls from a registry from which nothing right comes. Gives the message.
fn fails(quirks: Quirks, reference: &str) -> String {
    let described = format!("{quirks:?}");
    let (faulty, _) = with_image(quirks);
    let error = Client::new(&faulty).pull(reference).expect_err(&described);
    faulty.assert_discreet();
    faulty.shown(&error)
}

fn with_image(quirks: Quirks) -> (Faulty, SmallImage) {
    let faulty = Faulty::start(quirks);
    let image = SmallImage::new(1);
    faulty.put(REPOSITORY, &image, "1.0");
    (faulty, image)
}

fn with_fault(fault: Fault) -> Quirks {
    Quirks { faults: vec![fault], ..Quirks::default() }
}

#[test]
fn an_image_is_pulled_by_tag_and_by_digest() {
    let faulty = pulls(Quirks::default());
    let image = SmallImage::new(1);
    let client = Client::new(&faulty);
    assert!(client.pull(&image.digest().to_string()).expect("pulled").expect("there").is(&image));
    assert_eq!(client.pull("2.0").expect("asked"), None);
    let other = SmallImage::new(2).digest().to_string();
    assert_eq!(client.pull(&other).expect("asked"), None);
}

#[test]
fn blobs_are_fetched_from_elsewhere_without_credentials() {
    for auth in [Auth::Open, Auth::Basic, Auth::Bearer] {
        let faulty = pulls(Quirks { redirect: Redirect::OtherHost, auth, ..Quirks::default() });
        let fetched = faulty.requests().into_iter().filter(|request| request.host == Host::Storage).count();
        assert_eq!(fetched, 3);
    }
}

#[test]
fn bodies_may_come_in_chunks_and_slowly() {
    pulls(Quirks { chunked: true, ..Quirks::default() });
    // Longer than the limit for one read, and no single read is.
    pulls(with_fault(Fault::once(Step::BlobGet, What::Slowly(Duration::from_millis(250)))));
}

#[test]
fn a_download_that_breaks_goes_on_where_it_was() {
    for redirect in [Redirect::No, Redirect::OtherHost] {
        for what in [What::CutAt(0), What::CutAt(1), What::CutAt(150_000), What::StallsAt(100_000)] {
            let fault = Fault::once(Step::BlobGet, what.clone());
            let faulty = pulls(Quirks { redirect, ..with_fault(fault) });
            let ranges: Vec<String> = faulty
                .requests()
                .iter()
                .filter_map(|request| request.head.header("Range").map(Into::into))
                .collect();
            let expected = match what {
                What::CutAt(at) | What::StallsAt(at) if at > 0 => vec![format!("bytes={at}-")],
                _ => Vec::new(),
            };
            let at_storage = faulty.requests().iter().filter(|request| request.host == Host::Storage).count();
            if redirect == Redirect::No {
                assert_eq!(ranges, expected, "{what:?}");
            } else {
                assert_eq!(at_storage, 4, "{what:?}");
            }
        }
    }
}

#[test]
fn a_server_that_ignores_ranges_sends_the_beginning_again() {
    let faults = vec![Fault::once(Step::BlobGet, What::CutAt(150_000))];
    pulls(Quirks { ignores_range: true, faults, ..Quirks::default() });
}

#[test]
fn what_fails_once_is_tried_again() {
    let busy = |status| What::Busy(status, None);
    let whats = [busy(429), busy(503), busy(500), What::Page(502), What::HangsUp, What::Silent];
    for what in whats {
        for on in [Step::ManifestGet, Step::BlobGet] {
            pulls(with_fault(Fault::once(on, what.clone())));
        }
    }
    pulls(with_fault(Fault::once(Step::ManifestGet, What::CutAt(100))));
    pulls(with_fault(Fault::once(Step::ManifestGet, What::StallsAt(100))));
}

#[test]
fn a_token_that_ends_between_two_blobs_is_replaced() {
    for token_uses in [1, 2, 3] {
        let faulty = pulls(Quirks { auth: Auth::Bearer, token_uses, ..Quirks::default() });
        assert!(faulty.count(Step::Token) > 1, "{token_uses}");
    }
}

#[test]
fn what_always_fails_ends_with_a_message() {
    let whats = [What::Busy(429, None), What::Page(502), What::HangsUp, What::CutAt(100)];
    let mut messages = String::new();
    for on in [Step::ManifestGet, Step::BlobGet] {
        for what in &whats {
            let message = fails(with_fault(Fault::always(on, what.clone())), "1.0");
            messages += &format!("{on:?}, {what:?}\n{message}\n\n");
        }
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn what_is_damaged_is_refused() {
    let digest = SmallImage::new(1).digest().to_string();
    let mut messages = String::new();
    for (damage, reference) in [
        (Damage::Blob, "1.0"),
        (Damage::ManifestHeader, "1.0"),
        (Damage::Manifest, "1.0"),
        (Damage::Manifest, &digest),
    ] {
        let message = fails(Quirks { damage, ..Quirks::default() }, reference);
        messages += &format!("{damage:?} of {reference}\n{message}\n\n");
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn a_redirect_without_end_is_an_error() {
    let quirks = Quirks { redirect: Redirect::Endless, ..Quirks::default() };
    insta::assert_snapshot!(
        fails(quirks, "1.0"),
        @"cannot fetch the blob sha256:7004b2… from REGISTRY/acme/app: the registry redirects more than 5 times"
    );
}

#[test]
fn a_manifest_is_what_it_says_itself() {
    // A registry, or a proxy before it, that gives every manifest the same type.
    for manifest_type in ["application/json", "text/plain; charset=utf-8"] {
        pulls(Quirks { manifest_type: Some(manifest_type), ..Quirks::default() });
    }
}

#[test]
fn a_repository_that_is_not_there_has_no_image() {
    let faulty = Faulty::start(Quirks { repository: Existence::Missing, ..Quirks::default() });
    assert_eq!(Client::new(&faulty).pull("1.0").expect("asked"), None);
}

/// A registry and a mirror of it with these ways, and the options that name the mirror.
fn with_mirror(mirror: Quirks) -> (Faulty, Faulty, RegistryOptions) {
    let (origin, image) = with_image(Quirks { auth: Auth::Bearer, ..Quirks::default() });
    let mirror = Faulty::start(mirror);
    mirror.put(REPOSITORY, &image, "1.0");
    let addresses = vec![format!("http://{}", mirror.host())];
    let options = RegistryOptions { mirrors: [(origin.host(), addresses)].into(), ..options(&origin) };
    (origin, mirror, options)
}

#[test]
fn a_mirror_is_asked_first_and_without_the_registrys_credentials() {
    let (origin, mirror, options) = with_mirror(Quirks::default());
    let pulled = Client::with(&origin, options).pull("1.0").expect("pulled").expect("there");
    assert!(pulled.is(&SmallImage::new(1)));
    assert_eq!((origin.requests().len(), mirror.requests().len()), (0, 4));
}

#[test]
fn what_a_mirror_does_not_give_right_comes_from_the_registry() {
    let ways = [
        Quirks { auth: Auth::Basic, ..Quirks::default() },
        Quirks { auth: Auth::Bearer, ..Quirks::default() },
        Quirks { repository: Existence::Missing, ..Quirks::default() },
        Quirks { faults: vec![Fault::always(Step::ManifestGet, What::Page(502))], ..Quirks::default() },
        Quirks { faults: vec![Fault::always(Step::BlobGet, What::HangsUp)], ..Quirks::default() },
        Quirks { faults: vec![Fault::always(Step::BlobGet, What::CutAt(1_000))], ..Quirks::default() },
        Quirks { damage: Damage::ManifestHeader, ..Quirks::default() },
        Quirks { damage: Damage::Manifest, ..Quirks::default() },
    ];
    for quirks in ways {
        let described = format!("{quirks:?}");
        let (origin, mirror, options) = with_mirror(quirks);
        let pulled = Client::with(&origin, options).pull("1.0");
        let pulled = pulled.unwrap_or_else(|error| panic!("{described}\n{}", origin.shown(&error)));
        assert!(pulled.is_some_and(|pulled| pulled.is(&SmallImage::new(1))), "{described}");
        let shown: Vec<Logged> =
            mirror.requests().into_iter().filter(|request| request.authorization().is_some()).collect();
        assert_eq!(shown.len(), 0, "{shown:?}");
    }
}
