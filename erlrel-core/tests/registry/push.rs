//! What pushing does where a registry is otherwise than others, or fails.

use erlrel_core::registry::Pushed;

use crate::faulty::*;
use crate::fixture::*;

/// Pushes to a registry with these ways; the image is there afterwards.
fn pushes(quirks: Quirks) -> Faulty {
    let described = format!("{quirks:?}");
    let faulty = Faulty::start(quirks);
    let image = SmallImage::new(1);
    let result = Client::new(&faulty).push(&image, "1.0");
    assert!(result.is_ok(), "{described}\n{}", faulty.shown(&result.expect_err("failed")));
    assert!(faulty.has(&image, "1.0"), "{described}");
    faulty.assert_discreet();
    faulty
}

/// Pushes to a registry where that cannot be done: the tag stays what it was. Gives the message.
fn fails(quirks: Quirks) -> String {
    let described = format!("{quirks:?}");
    let faulty = Faulty::start(quirks);
    let old = SmallImage::new(7);
    faulty.put(REPOSITORY, &old, "1.0");
    let error = Client::new(&faulty).push(&SmallImage::new(1), "1.0").expect_err(&described);
    assert!(faulty.has(&old, "1.0"), "{described}");
    faulty.assert_discreet();
    faulty.shown(&error)
}

fn with_fault(fault: Fault) -> Quirks {
    Quirks { faults: vec![fault], ..Quirks::default() }
}

#[test]
fn a_second_push_uploads_nothing() {
    let faulty = pushes(Quirks::default());
    let client = Client::new(&faulty);
    client.push(&SmallImage::new(1), "1.0").expect("pushed");
    assert_eq!((faulty.count(Step::Start), faulty.count(Step::ManifestPut)), (3, 2));
    client.push(&SmallImage::new(1), "1.1").expect("pushed");
    assert_eq!((faulty.count(Step::Start), faulty.count(Step::ManifestPut)), (3, 3));
}

#[test]
fn every_blob_is_sent_once_in_one_piece() {
    let faulty = pushes(Quirks::default());
    let patches: Vec<Logged> =
        faulty.requests().into_iter().filter(|request| request.step == Step::Patch).collect();
    let sent: usize = patches.iter().map(|request| request.body).sum();
    assert_eq!((patches.len(), sent as u64), (3, SmallImage::new(1).size()));
    for patch in patches {
        assert_eq!(patch.head.header("Content-Range"), None);
        assert_eq!(patch.head.header("Content-Length"), Some(patch.body.to_string().as_str()));
        assert_eq!(patch.head.header("Content-Type"), Some("application/octet-stream"));
    }
}

#[test]
fn a_registry_without_head_gets_everything() {
    for status in [400, 403, 404, 405, 500, 501] {
        pushes(Quirks { head: Head::Refused(status), ..Quirks::default() });
    }
}

#[test]
fn uploads_go_on_after_any_success_of_a_patch() {
    for status in [201, 202, 204] {
        pushes(Quirks { patch: status, ..Quirks::default() });
    }
}

#[test]
fn uploads_go_on_where_the_registry_says() {
    for location in [Location::Absolute, Location::Relative, Location::RelativeWithQuery, Location::OtherHost]
    {
        for auth in [Auth::Open, Auth::Basic, Auth::Bearer] {
            pushes(Quirks { location, auth, ..Quirks::default() });
        }
    }
}

#[test]
fn a_token_that_ends_in_the_middle_of_an_upload_is_replaced() {
    for token_uses in [1, 2, 3, 4, 7] {
        let faulty = pushes(Quirks { auth: Auth::Bearer, token_uses, ..Quirks::default() });
        // Two rights are asked for; what is refused once is not shown again.
        let (all, tokens) = (faulty.requests().len(), faulty.count(Step::Token));
        assert!(tokens > 1 && tokens <= all / (token_uses + 1) + 2, "{tokens} of {all} for {token_uses}");
    }
    // The answer comes before the body was read, and the connection ends.
    let faults = vec![Fault::once(Step::Patch, What::Early(401))];
    pushes(Quirks { auth: Auth::Bearer, faults, ..Quirks::default() });
}

#[test]
fn a_mount_saves_the_upload() {
    for auth in [Auth::Open, Auth::Basic, Auth::Bearer] {
        let (faulty, pushed) = pushes_with_mount(Mount::Done, auth);
        assert_eq!(pushed, Pushed::Mounted);
        assert_eq!(faulty.count(Step::Patch), 0);
    }
}

#[test]
fn a_mount_that_is_refused_becomes_an_upload() {
    let refused = [400, 401, 403, 404, 405, 500, 503].map(Mount::Refused);
    for mount in refused.into_iter().chain([Mount::Ignored]) {
        for auth in [Auth::Open, Auth::Basic, Auth::Bearer] {
            let (_, pushed) = pushes_with_mount(mount, auth);
            assert_eq!(pushed, Pushed::Uploaded, "{mount:?}");
        }
    }
}

/// Pushes a blob that another repository has.
fn pushes_with_mount(mount: Mount, auth: Auth) -> (Faulty, Pushed) {
    let faulty = Faulty::start(Quirks { mount, auth, ..Quirks::default() });
    let image = SmallImage::new(1);
    faulty.put(OTHER, &image, "1.0");
    let client = Client::new(&faulty);
    let repository = client.registry.repository(&client.repository(REPOSITORY));
    let pushed = repository.push_blob(&image.blobs[0], Some(&client.repository(OTHER)));
    let pushed = pushed.unwrap_or_else(|error| panic!("{mount:?}: {}", faulty.shown(&error)));
    let digest = image.blobs[0].digest().to_string();
    assert!(faulty.store(|store| store.blob(REPOSITORY, &digest).is_some()));
    faulty.assert_discreet();
    (faulty, pushed)
}

/// The requests of a push.
const STEPS: [Step; 5] = [Step::BlobHead, Step::Start, Step::Patch, Step::Put, Step::ManifestPut];

#[test]
fn what_fails_once_is_tried_again() {
    let page = |status| What::Page(status);
    let busy = |status| What::Busy(status, None);
    let whats = [busy(429), busy(503), busy(500), page(502), page(504), What::HangsUp, What::Early(503)];
    for what in whats {
        for on in STEPS {
            pushes(with_fault(Fault::once(on, what.clone())));
        }
    }
    pushes(with_fault(Fault::once(Step::Start, What::Silent)));
    pushes(with_fault(Fault::once(Step::Put, What::Silent)));
}

#[test]
fn an_upload_that_is_cut_anywhere_begins_anew() {
    for at in [0, 1, 1000, 65_536, 199_999] {
        let faulty = pushes(with_fault(Fault::once(Step::Patch, What::CutAt(at))));
        assert_eq!(faulty.count(Step::Start), 4, "cut at {at}");
    }
    pushes(with_fault(Fault { times: 4, ..Fault::once(Step::Patch, What::CutAt(100)) }));
}

#[test]
fn a_push_that_was_interrupted_goes_on_with_the_missing_blobs() {
    let image = SmallImage::new(1);
    let faulty = Faulty::start(Quirks::default());
    let client = Client::new(&faulty);
    client
        .registry
        .repository(&client.repository(REPOSITORY))
        .push_blob(&image.blobs[0], None)
        .expect("pushed");
    let before = faulty.count(Step::Patch);
    Client::new(&faulty).push(&image, "1.0").expect("pushed");
    let sent: Vec<usize> = faulty
        .requests()
        .iter()
        .filter(|request| request.step == Step::Patch)
        .skip(before)
        .map(|request| request.body)
        .collect();
    assert_eq!(sent, [3_000, usize::try_from(image.blobs[2].size()).expect("small")]);
}

#[test]
fn what_always_fails_ends_with_a_message_and_without_a_tag() {
    let whats = [What::Busy(503, None), What::Page(502), What::HangsUp, What::CutAt(10)];
    let mut messages = String::new();
    for on in [Step::Start, Step::Patch, Step::Put, Step::ManifestPut] {
        // Of these two no body is cut: they have none.
        let bodiless = matches!(on, Step::Start | Step::Put);
        for what in whats.iter().filter(|what| !bodiless || **what != What::CutAt(10)) {
            let message = fails(with_fault(Fault::always(on, what.clone())));
            messages += &format!("{on:?}, {what:?}\n{message}\n\n");
        }
    }
    insta::assert_snapshot!(messages);
}

#[test]
fn a_registry_that_does_not_want_the_image_is_named() {
    // Not `fails`: where there is no repository, there is no old image.
    let faulty = Faulty::start(Quirks { repository: Existence::Missing, ..Quirks::default() });
    let error = Client::new(&faulty).push(&SmallImage::new(1), "1.0").expect_err("no repository");
    assert_eq!(faulty.tag("1.0"), None);
    insta::assert_snapshot!(faulty.shown(&error), @r"
    cannot push the blob sha256:7004b2… to REGISTRY/acme/app: the registry answered 404, NAME_UNKNOWN: repository name not known to registry
    hint: check the name of the image; some registries want a repository created before
    ");
}

#[test]
fn who_may_only_read_is_told_so() {
    let quirks = Quirks { repository: Existence::ReadOnly, auth: Auth::Bearer, ..Quirks::default() };
    insta::assert_snapshot!(fails(quirks), @r"
    cannot push the blob sha256:7004b2… to REGISTRY/acme/app: the registry answered 403, DENIED: requested access to the resource is denied; the credentials are those of ERLREL_REGISTRY_USERNAME
    hint: ask for access to the repository, check its name, or log in again: `docker login REGISTRY`
    ");
}
