//! How long a client waits before it asks again. Nobody waits here: the waits are written down.

use erlrel_core::registry::Pushed;

use crate::faulty::*;
use crate::fixture::*;

/// The waits, in milliseconds, of a push to a registry that is busy so often.
fn waits(times: usize, status: u16, retry_after: Option<&str>) -> Vec<u128> {
    waits_on(Step::Start, times, status, retry_after)
}

fn waits_on(on: Step, times: usize, status: u16, retry_after: Option<&str>) -> Vec<u128> {
    let what = What::Busy(status, retry_after.map(String::from));
    let faults = vec![Fault { on, times, what }];
    let faulty = Faulty::start(Quirks { auth: Auth::Bearer, faults, ..Quirks::default() });
    let client = Client::new(&faulty);
    client.push(&SmallImage::new(1), "1.0").unwrap_or_else(|error| panic!("{}", faulty.shown(&error)));
    client.waits.millis()
}

#[test]
fn a_busy_registry_says_when_to_come_back() {
    for status in [429, 503] {
        assert_eq!(waits(1, status, Some("7")), [7_000]);
        // The clock of these tests stands at 08:49:37.
        assert_eq!(waits(1, status, Some("Sun, 06 Nov 1994 08:49:49 GMT")), [12_000]);
        assert_eq!(waits(1, status, Some("Sun, 06 Nov 1994 08:49:30 GMT")), [500]);
        assert_eq!(waits(1, status, Some("soon")), [500]);
    }
}

#[test]
fn nobody_waits_for_an_hour() {
    assert_eq!(waits(1, 429, Some("3600")), [60_000]);
    assert_eq!(waits(1, 503, Some("99999999999999999999")), [500]);
}

#[test]
fn the_waits_become_longer() {
    assert_eq!(waits(4, 503, None), [500, 1_000, 2_000, 4_000]);
}

#[test]
fn whoever_is_busy_is_heard() {
    for on in [Step::BlobHead, Step::Start, Step::Patch, Step::Put, Step::ManifestPut] {
        assert_eq!(waits_on(on, 1, 429, Some("7")), [7_000], "{on:?}");
    }
    assert_eq!(waits_on(Step::Token, 1, 429, Some("7")), [7_000]);
}

#[test]
fn who_does_not_want_to_wait_is_heard() {
    let faults = vec![Fault::always(Step::Start, What::Busy(503, None))];
    let faulty = Faulty::start(Quirks { faults, ..Quirks::default() });
    let client = Client::impatient(&faulty, 2);
    let error = client.push(&SmallImage::new(1), "1.0").expect_err("stopped");
    assert_eq!(client.waits.millis().len(), 2);
    insta::assert_snapshot!(faulty.shown(&error), @"cannot push the blob sha256:7004b2… to REGISTRY/acme/app: it was asked to stop");
}

#[test]
fn a_registry_that_is_too_busy_to_mount_or_to_look_is_asked_again() {
    let busy = |on| Fault::once(on, What::Busy(503, Some("7".into())));
    let faults = vec![busy(Step::BlobHead), busy(Step::Start)];
    let faulty = Faulty::start(Quirks { faults, ..Quirks::default() });
    let image = SmallImage::new(1);
    faulty.put("acme/other", &image, "1.0");
    let client = Client::new(&faulty);
    let from = client.repository("acme/other");
    let repository = client.registry.repository(&client.repository(REPOSITORY));
    let pushed = repository.push_blob(&image.blobs[0], Some(&from)).expect("mounted");
    assert_eq!((pushed, client.waits.millis()), (Pushed::Mounted, vec![7_000; 2]));
}

#[test]
fn what_a_registry_is_always_too_busy_for_is_done_without() {
    let faults = vec![Fault::always(Step::BlobHead, What::Busy(503, None))];
    let faulty = Faulty::start(Quirks { faults, ..Quirks::default() });
    let client = Client::new(&faulty);
    client.push(&SmallImage::new(1), "1.0").unwrap_or_else(|error| panic!("{}", faulty.shown(&error)));
    // Two for each of three blobs.
    assert_eq!(client.waits.millis(), [500, 1_000, 500, 1_000, 500, 1_000]);
}
