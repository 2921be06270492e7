use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::{PrivateHome, cookie_in, node_cookie, random_cookie};
use crate::environment::Environment;

fn environment(dir: &Path) -> Environment {
    Environment::from([("RELX_OUT_FILE_PATH", dir.to_str().unwrap()), ("REL_NAME", "hello")])
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_random_cookie_is_made_once_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let environment = environment(dir.path());
    assert_eq!(node_cookie(&environment), None);
    let home = PrivateHome::own(&environment).unwrap();
    home.generate().unwrap();
    let cookie = node_cookie(&environment).unwrap();
    home.generate().unwrap();
    assert_eq!(node_cookie(&environment), Some(cookie));
    assert_eq!([mode(home.config()), mode(&home.node())], [0o700; 2]);
    assert_eq!(mode(&home.node().join(".erlang.cookie")), 0o600);
    assert_eq!(fs::read_dir(home.node()).unwrap().count(), 1, "nothing is left aside");
}

#[test]
fn of_many_that_start_at_once_all_have_the_same_cookie() {
    let dir = tempfile::tempdir().unwrap();
    let environment = environment(dir.path());
    let start = || {
        PrivateHome::own(&environment).unwrap().generate().unwrap();
        node_cookie(&environment).unwrap()
    };
    let cookies: BTreeSet<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(cookies.len(), 1);
}

#[test]
fn a_client_leaves_the_cookie_of_the_node_alone() {
    let dir = tempfile::tempdir().unwrap();
    let environment = environment(dir.path());
    let home = PrivateHome::own(&environment).unwrap();
    home.keep(b"node").unwrap();
    home.keep_for_client(b"client").unwrap();
    assert_eq!(node_cookie(&environment).unwrap(), "node");
    assert_eq!(cookie_in(&home.client().join(".erlang.cookie")).unwrap(), "client");
    home.keep(b"other").unwrap();
    assert_eq!(node_cookie(&environment).unwrap(), "other");
}

#[test]
fn only_what_its_owner_alone_can_write_counts() {
    let dir = tempfile::tempdir().unwrap();
    let environment = environment(dir.path());
    let home = PrivateHome::own(&environment).unwrap();
    home.keep(b"cookie").unwrap();
    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(node_cookie(&environment), None);
    assert!(home.generate().is_err());
    fs::set_permissions(home.config(), fs::Permissions::from_mode(0o700)).unwrap();
    let elsewhere = dir.path().join("elsewhere");
    fs::rename(home.config(), &elsewhere).unwrap();
    symlink(&elsewhere, home.config()).unwrap();
    assert_eq!(node_cookie(&environment), None);
    let other = dir.path().join(format!(".hello-home-{}", rustix::process::geteuid().as_raw() + 1));
    fs::rename(&elsewhere, &other).unwrap();
    assert_eq!(node_cookie(&environment), None, "a directory in the name of somebody else");
}

#[test]
fn random_cookies_are_long_differ_and_have_all_letters() {
    let cookies: BTreeSet<Vec<u8>> = (0..200).map(|_| random_cookie().unwrap()).collect();
    assert_eq!(cookies.len(), 200);
    assert!(cookies.iter().all(|cookie| cookie.len() == 32));
    let letters: BTreeSet<u8> = cookies.into_iter().flatten().collect();
    assert!(letters.len() == 62 && letters.iter().all(u8::is_ascii_alphanumeric), "{letters:?}");
}
