//! Blobs that are fetched through the cache.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::image::{Blob, Remote, Repository};

/// A repository that counts how often it is asked.
#[derive(Debug)]
struct Counting {
    repository: Repository,
    content: Vec<u8>,
    asked: AtomicUsize,
}

impl Counting {
    fn new(content: &[u8]) -> Arc<Self> {
        let repository = crate::image::Reference::parse("example.com/a").expect("a name").repository();
        Arc::new(Self { repository, content: content.into(), asked: AtomicUsize::default() })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Remote for Counting {
    fn repository(&self) -> &Repository {
        &self.repository
    }

    fn open(&self, _: Digest, _: u64) -> io::Result<Box<dyn Read + Send>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(io::Cursor::new(self.content.clone())))
    }

    fn manifest(&self, _: Digest) -> io::Result<Vec<u8>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.content.clone())
    }
}

#[test]
fn a_blob_is_fetched_once_however_many_ask_for_it() {
    let dir = temp_dir();
    let content = b"content".repeat(30_000);
    let (remote, digest) = (Counting::new(&content), Digest::of(&content));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                // Locks are between open files, so a thread is as good as a process.
                let remote = open(dir.path()).through(remote.clone());
                assert_eq!(Blob::remote(remote, digest, 210_000).read().expect("read"), content);
            });
        }
    });
    assert_eq!(remote.asked(), 1);
    assert_eq!(std::fs::read_dir(dir.path().join("locks")).expect("listed").count(), 0);
    let document = open(dir.path()).through(remote.clone()).manifest(digest).expect("known");
    assert_eq!((document, remote.asked()), (content, 1));
}

#[test]
fn other_bytes_than_were_asked_for_are_an_error_and_not_kept() {
    let dir = temp_dir();
    let cache = open(dir.path());
    for wrong in [b"other".as_slice(), b"righ", b""] {
        let error = cache.blob(Digest::of(b"right"), 5, || Ok(wrong)).expect_err("wrong");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
    let remote = Counting::new(b"other");
    assert_eq!(
        cache.through(remote).manifest(Digest::of(b"right")).expect("whoever reads it verifies"),
        b"other"
    );
    assert_eq!(cache.entries().expect("listed"), []);
    let refused = cache.blob(Digest::of(b"right"), 5, || Err::<&[u8], _>(io::Error::other("refused")));
    assert_eq!(refused.expect_err("refused").to_string(), "refused");
    assert!(cache.trouble().is_none());
    let blob =
        cache.blob(Digest::of(b"right"), 5, || Ok(b"right".as_slice())).expect("fetched").expect("kept");
    assert_eq!(blob.read().expect("read"), b"right");
}

#[test]
fn what_the_cache_cannot_take_is_told_once_and_fetched_past_it() {
    let (dir, project) = (temp_dir(), Project::new());
    let cache = open(dir.path());
    for name in ["aside", "locks"] {
        std::fs::remove_dir(dir.path().join(name)).expect("removed");
    }
    let remote = Counting::new(b"right");
    let blob = Blob::remote(cache.through(remote.clone()), Digest::of(b"right"), 5);
    assert_eq!((blob.read().expect("read"), remote.asked()), (b"right".to_vec(), 1));
    let (layers, _) = project.with(&cache);
    assert_eq!(facts(&layers), facts(&project.without_cache()));
    let said = cache.trouble().expect("told").to_string().replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(said, @"the cache does not take everything: cannot write into the cache `DIR`: No such file or directory (os error 2)");
    assert!(cache.trouble().is_none());
}
