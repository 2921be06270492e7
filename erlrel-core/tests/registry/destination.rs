//! Whole images: on a base in one registry, into repositories of another, several blobs at once.

use std::sync::Arc;

use erlrel_core::destination::{self, Destination, DestinationError, Receipt, WriteOptions};
use erlrel_core::image::{self, BaseImage, ContainerConfig, Image, ImageOptions, Reference, RemoteName};
use erlrel_core::platform::Platform;
use erlrel_core::registry::Pushed;
use proptest::prelude::*;

use crate::combinations::{any_faults, passing_faults, quirks};
use crate::faulty::*;
use crate::fixture::*;

/// An image on a base that a registry has as [`SmallImage`], whose layers are fetched when they are sent on.
fn on_base(source: &Client<'_>) -> Option<Image> {
    let repository = source.registry.repository(&source.repository(REPOSITORY));
    let top = repository.manifest("1.0").ok()??;
    let name = RemoteName::parse(&source.reference(REPOSITORY, "1.0").to_string()).expect("a name");
    let base = BaseImage::open_remote(Arc::new(repository), name, top, None).ok()?;
    let config = ContainerConfig { entrypoint: vec!["/bin/app".into()], ..ContainerConfig::default() };
    let platform = Platform::linux("amd64");
    let options = ImageOptions { platform, created: 0, config, annotations: Default::default() };
    Some(image::build(Some(&base), &[], &options).expect("built"))
}

fn push(image: &Image, to: &Client<'_>, names: &[Reference]) -> Result<Receipt, DestinationError> {
    let options = WriteOptions { registry: to.registry.clone(), ..WriteOptions::new(&()) };
    destination::write(image, names, &Destination::Registry, &options)
}

/// True if the tag leads to the image, and everything of it is there.
fn has(faulty: &Faulty, repository: &str, image: &Image) -> bool {
    faulty.store(|store| {
        let mut digests =
            image.blobs().into_iter().map(|blob| blob.digest()).filter(|digest| *digest != image.digest());
        let tag = store.repositories.get(repository).and_then(|contents| contents.tags.get("1.0"));
        tag == Some(&image.digest().to_string())
            && digests.all(|digest| store.blob(repository, &digest.to_string()).is_some())
    })
}

#[test]
fn an_image_goes_from_registry_to_registry_through_memory() {
    let source =
        Faulty::start(Quirks { auth: Auth::Bearer, redirect: Redirect::OtherHost, ..Quirks::default() });
    source.put(REPOSITORY, &SmallImage::new(1), "1.0");
    let target = Faulty::start(Quirks { auth: Auth::Basic, ..Quirks::default() });
    let (from, to) = (Client::new(&source), Client::new(&target));
    let image = on_base(&from).expect("opened");
    assert_eq!(fetched(&source), 0, "nobody has asked for them yet");
    let names = [to.reference(REPOSITORY, "1.0"), to.reference(OTHER, "1.0")];
    let receipt = push(&image, &to, &names).expect("pushed");
    assert!(has(&target, REPOSITORY, &image) && has(&target, OTHER, &image));
    let how = |how| receipt.blobs.iter().filter(|blob| blob.how == how).count();
    // Two layers, the configuration; the manifest for each name. The second repository gets nothing sent but that.
    assert_eq!((how(Pushed::Uploaded), how(Pushed::Mounted), how(Pushed::Existing)), (5, 3, 0));
    let bodies: usize = target.requests().iter().map(|request| request.body).sum();
    assert_eq!(receipt.bytes, bodies as u64);
    source.assert_discreet();
    target.assert_discreet();
}

#[test]
fn a_base_in_the_same_registry_is_never_fetched() {
    let faulty = Faulty::start(Quirks { auth: Auth::Bearer, ..Quirks::default() });
    faulty.put(OTHER, &SmallImage::new(1), "1.0");
    faulty.put(REPOSITORY, &SmallImage::new(1), "1.0");
    let client = Client::new(&faulty);
    let image = on_base(&client).expect("opened");
    let receipt = push(&image, &client, &[client.reference("acme/third", "1.0")]).expect("pushed");
    assert!(has(&faulty, "acme/third", &image));
    assert_eq!(receipt.blobs.iter().filter(|blob| blob.how == Pushed::Mounted).count(), 2);
    assert_eq!(fetched(&faulty), 0);
}

/// How often a layer of the base was fetched.
fn fetched(faulty: &Faulty) -> usize {
    let layers =
        SmallImage::new(1).blobs[..2].iter().map(|blob| blob.digest().to_string()).collect::<Vec<_>>();
    let of_layer = |request: &&Logged| layers.iter().any(|layer| request.head.path.ends_with(layer.as_str()));
    let requests = faulty.requests();
    requests.iter().filter(of_layer).filter(|request| request.step == Step::BlobGet).count()
}

/// With tokens that are good for the requests of all threads in a moment: by time they would be.
fn for_threads(quirks: impl Strategy<Value = Quirks>) -> impl Strategy<Value = Quirks> {
    quirks.prop_map(|quirks| Quirks { token_uses: quirks.token_uses.max(20), ..quirks })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn no_tag_leads_to_half_an_image(from in for_threads(quirks(any_faults())), to in for_threads(quirks(any_faults()))) {
        let (source, target) = (Faulty::start(from), Faulty::start(to));
        source.put(REPOSITORY, &SmallImage::new(1), "1.0");
        let old = SmallImage::new(2);
        target.put(REPOSITORY, &old, "1.0");
        let (from, to) = (Client::new(&source), Client::new(&target));
        if let Some(image) = on_base(&from) {
            let pushed = push(&image, &to, &[to.reference(REPOSITORY, "1.0")]);
            let whole = has(&target, REPOSITORY, &image) || pushed.is_err() && target.has(&old, "1.0");
            prop_assert!(whole, "{pushed:?}");
        }
        source.assert_discreet();
        target.assert_discreet();
        prop_assert!(source.requests().len() + target.requests().len() < 800);
    }

    #[test]
    fn what_passes_stops_no_image(from in for_threads(quirks(passing_faults())), to in for_threads(quirks(passing_faults()))) {
        let (source, target) = (Faulty::start(from), Faulty::start(to));
        source.put(REPOSITORY, &SmallImage::new(1), "1.0");
        let (from, to) = (Client::new(&source), Client::new(&target));
        let image = on_base(&from).expect("opened");
        let pushed = push(&image, &to, &[to.reference(REPOSITORY, "1.0")]);
        prop_assert!(pushed.is_ok(), "{:?}", pushed.expect_err("failed"));
        prop_assert!(has(&target, REPOSITORY, &image));
    }
}
