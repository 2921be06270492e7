//! Which directories are used as caches.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn only_a_directory_that_nobody_else_can_write_is_a_cache() {
    let parent = temp_dir();
    let said = |dir: &Path| {
        let error = Cache::open(dir).expect_err("no cache");
        let text = error.to_string().replace(&parent.path().display().to_string(), "DIR");
        format!("{text} ({})", error.hint().unwrap_or_default())
    };
    let made = parent.path().join("a/made");
    Cache::open(&made).expect("made");
    assert_eq!(made.metadata().expect("there").permissions().mode() & 0o777, 0o700);
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o755)).expect("set");
    Cache::open(&made).expect("others may read it");
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o775)).expect("set");
    insta::assert_snapshot!(said(&made), @"the cache `DIR/a/made` can be written by other users: its mode is 0775 (close it to others (`chmod 700`), after a look at what is in it)");
    std::os::unix::fs::chown(&made, Some(65534), None).expect("as root");
    insta::assert_snapshot!(said(&made), @"the cache `DIR/a/made` belongs to another user, with the number 65534 (name another directory with --cache-dir DIR, or do without by --no-cache)");
    insta::assert_snapshot!(said(parent.path()), @"`DIR` is no cache of erlrel: it holds `a` (name another directory with --cache-dir DIR, or do without by --no-cache)");
    std::fs::write(parent.path().join("file"), "").expect("written");
    insta::assert_snapshot!(said(&parent.path().join("file/b")), @"cannot create the directory `DIR/file/b` ()");
}
