//! All ways and faults at once, in combinations that nobody thought of.

use erlrel_core::registry::RegistryError;
use proptest::prelude::*;

use crate::faulty::*;
use crate::fixture::*;

/// What may be over the next time.
fn passing() -> impl Strategy<Value = What> {
    let after =
        prop_oneof![Just(None), Just(Some("3".into())), Just(Some("Sun, 06 Nov 1994 08:50:00 GMT".into()))];
    let status = prop::sample::select(vec![408, 429, 500, 502, 503, 504]);
    prop_oneof![
        4 => (status.clone(), after).prop_map(|(status, after)| What::Busy(status, after)),
        1 => status.prop_map(What::Page),
        2 => Just(What::HangsUp),
        3 => (0..210_000_usize).prop_map(What::CutAt),
        1 => prop::sample::select(vec![429, 503]).prop_map(What::Early),
    ]
}

/// What is meant to stay as it is.
fn lasting() -> impl Strategy<Value = What> {
    let status = prop::sample::select(vec![400, 401, 403, 404, 405, 413, 418]);
    (status, any::<bool>())
        .prop_map(|(status, early)| if early { What::Early(status) } else { What::Busy(status, None) })
}

fn step() -> impl Strategy<Value = Step> {
    let steps = [
        Step::BlobHead,
        Step::BlobGet,
        Step::Start,
        Step::Patch,
        Step::Put,
        Step::ManifestGet,
        Step::ManifestPut,
        Step::Token,
    ];
    prop::sample::select(steps.to_vec())
}

pub(crate) fn any_faults() -> impl Strategy<Value = Vec<Fault>> {
    let what = prop_oneof![3 => passing(), 1 => lasting()];
    let times = prop_oneof![6 => 1..4_usize, 1 => Just(usize::MAX)];
    let fault = (step(), times, what).prop_map(|(on, times, what)| Fault { on, times, what });
    prop::collection::vec(fault, 0..4)
}

/// Not more often than a client tries again.
pub(crate) fn passing_faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = (step(), passing()).prop_map(|(on, what)| Fault::once(on, what));
    prop::collection::vec(fault, 0..6)
}

/// A registry with any ways, and with these faults.
pub(crate) fn quirks(faults: impl Strategy<Value = Vec<Fault>>) -> impl Strategy<Value = Quirks> {
    (ways(), faults).prop_map(|(ways, faults)| Quirks { faults, ..ways })
}

prop_compose! {
    fn ways()(
        auth in prop::sample::select(vec![Auth::Open, Auth::Basic, Auth::Bearer]),
        head in prop::sample::select(vec![Head::Answered, Head::Refused(404), Head::Refused(405)]),
        mount in prop::sample::select(vec![
            Mount::Done, Mount::Ignored, Mount::Refused(401), Mount::Refused(405), Mount::Refused(500),
        ]),
        patch in prop::sample::select(vec![202_u16, 201, 204]),
        location in prop::sample::select(vec![
            Location::Absolute, Location::Relative, Location::RelativeWithQuery, Location::OtherHost,
        ]),
        redirect in prop::sample::select(vec![Redirect::No, Redirect::OtherHost]),
        token_uses in prop::sample::select(vec![usize::MAX, 1, 2, 3, 5]),
        (token_name, oauth) in (prop::sample::select(vec!["token", "access_token"]), any::<bool>()),
        manifest_type in prop::sample::select(vec![None, None, Some("application/json")]),
        (ignores_range, chunked) in (any::<bool>(), any::<bool>()),
    ) -> Quirks {
        Quirks {
            auth, head, mount, patch, location, redirect, token_uses, token_name, oauth, manifest_type,
            ignores_range, chunked, ..Quirks::default()
        }
    }
}

/// A push and a pull, each of three blobs and a manifest, with all tries and their tokens, end before that.
const MOST_REQUESTS: usize = 400;

fn damage() -> impl Strategy<Value = Damage> {
    prop::sample::select(vec![Damage::No, Damage::No, Damage::Blob, Damage::ManifestHeader, Damage::Manifest])
}

/// A registry with an old image under the tag, and the new one in another repository.
struct Case {
    faulty: Faulty,
    old: SmallImage,
    new: SmallImage,
}

impl Case {
    fn new(quirks: Quirks) -> Self {
        let case = Self { faulty: Faulty::start(quirks), old: SmallImage::new(1), new: SmallImage::new(2) };
        case.faulty.put(REPOSITORY, &case.old, "1.0");
        case.faulty.put(OTHER, &case.new, "1.0");
        case
    }

    fn push(&self, client: &Client<'_>, mounts: bool) -> Result<(), RegistryError> {
        let from = mounts.then(|| client.repository(OTHER));
        client.push_from(&self.new, "1.0", from.as_ref())
    }

    fn check_requests(&self) -> Result<(), TestCaseError> {
        self.faulty.assert_discreet();
        let count = self.faulty.requests().len();
        prop_assert!(count < MOST_REQUESTS, "{count} requests");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn an_image_arrives_as_it_is_or_not_at_all(
        quirks in quirks(any_faults()),
        damage in damage(),
        mounts in any::<bool>(),
    ) {
        let case = Case::new(Quirks { damage, ..quirks });
        let client = Client::new(&case.faulty);
        let pushed = case.push(&client, mounts);
        // Where the answer to the last request is lost, the tag is the new image's, and all of it is there.
        let whole = case.faulty.has(&case.new, "1.0") || pushed.is_err() && case.faulty.has(&case.old, "1.0");
        prop_assert!(whole, "{pushed:?}");
        if let Ok(Some(pulled)) = client.pull("1.0") {
            prop_assert!(pulled.is(&case.new) || pulled.is(&case.old));
        }
        case.check_requests()?;
    }

    #[test]
    fn whatever_passes_does_no_harm(quirks in quirks(passing_faults()), mounts in any::<bool>()) {
        let case = Case::new(quirks);
        let client = Client::new(&case.faulty);
        let pushed = case.push(&client, mounts);
        prop_assert!(pushed.is_ok(), "{}", case.faulty.shown(&pushed.expect_err("failed")));
        prop_assert!(case.faulty.has(&case.new, "1.0"));
        let pulled = client.pull("1.0");
        prop_assert!(pulled.is_ok(), "{}", case.faulty.shown(&pulled.expect_err("failed")));
        prop_assert!(pulled.expect("pulled").is_some_and(|pulled| pulled.is(&case.new)));
        case.check_requests()?;
    }
}
