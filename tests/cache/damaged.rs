//! Caches in which something is wrong.

use super::{Cached, files};
use crate::support::random::Random;

#[test]
fn whatever_is_wrong_in_the_cache_the_image_is_right() {
    let cached = Cached::new();
    let expected = cached.digest();
    assert_eq!(cached.digest_without_cache(), expected);
    let mut random = Random(1);
    for file in files(&cached.cache()) {
        let bytes = std::fs::read(&file).expect("read");
        let mut flipped = bytes.clone();
        if let Some(byte) = flipped.get_mut(random.below(bytes.len().max(1))) {
            *byte ^= 1 << random.below(8);
        }
        for wrong in [&flipped, &bytes[..random.below(bytes.len().max(1))]] {
            std::fs::write(&file, wrong).expect("written");
            assert_eq!(cached.digest(), expected, "{}", file.display());
        }
    }
}
