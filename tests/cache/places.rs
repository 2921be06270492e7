//! Where the cache is.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::Cached;
use crate::support::{fails, run};

impl Cached {
    /// `erlrel ARGUMENTS` with these variables and no other that says where the cache is.
    fn with(&self, arguments: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = self.shop.erlrel(arguments);
        for name in ["ERLREL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        command
    }
}

#[test]
fn the_cache_is_found_by_the_flag_the_variables_and_the_home_directory() {
    let cached = Cached::new();
    let path = |arguments: &str, variables: &[(&str, &str)]| {
        let path = run(&mut cached.with(&format!("cache path {arguments}"), variables));
        cached.shop.plain(path.trim_end())
    };
    let home = ("HOME", "/home/me");
    assert_eq!(path("", &[home]), "/home/me/.cache/erlrel");
    assert_eq!(path("", &[home, ("XDG_CACHE_HOME", "/xdg")]), "/xdg/erlrel");
    assert_eq!(path("", &[home, ("XDG_CACHE_HOME", "relative")]), "/home/me/.cache/erlrel");
    assert_eq!(path("", &[home, ("ERLREL_CACHE_DIR", "/own")]), "/own");
    assert_eq!(path("--cache-dir here", &[("ERLREL_CACHE_DIR", "/own")]), "SHOP/here");
    insta::assert_snapshot!(fails(&mut cached.with("cache path", &[]), 1), @r"
    error: there is no place for a cache: neither XDG_CACHE_HOME nor HOME names a directory
      hint: name a directory with --cache-dir DIR
    ");
}

const IMAGE: &str = "image --no-compile --boot-program start --to archive:shop.tar";

#[test]
fn without_a_place_for_a_cache_an_image_is_made_with_a_warning() {
    let cached = Cached::new();
    let said = |variables: &[(&str, &str)], more: &str| {
        let output = cached.with(&format!("{IMAGE} {more}"), variables).output().expect("started");
        assert!(output.status.success(), "{output:?}");
        cached.shop.plain(&String::from_utf8_lossy(&output.stderr))
    };
    insta::assert_snapshot!(said(&[], ""), @"warning: there is no place for a cache: neither XDG_CACHE_HOME nor HOME names a directory; nothing is kept in a cache");
    assert_eq!(said(&[], "--no-cache"), "");
    assert_eq!(said(&[], "--quiet"), "");
    assert_eq!(said(&[("HOME", cached.shop.path("home").to_str().expect("UTF-8"))], ""), "");
    let made = cached.shop.path("home/.cache/erlrel");
    assert_eq!(made.metadata().expect("made").permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_directory_that_is_no_cache_or_of_somebody_else_is_not_touched() {
    let cached = Cached::new();
    let said = || {
        let before = cached.shop.path("cache").read_dir().expect("a directory").count();
        let output = cached.erlrel(IMAGE).output().expect("started");
        assert!(output.status.success(), "{output:?}");
        let after = cached.shop.path("cache").read_dir().expect("a directory").count();
        assert_eq!(before, after);
        let gc = cached.shop.plain(&fails(&mut cached.erlrel("cache gc --max-size 0"), 1));
        format!("{}\n{gc}", cached.shop.plain(&String::from_utf8_lossy(&output.stderr)))
    };
    cached.shop.write("cache/letter", "precious");
    insta::assert_snapshot!(said(), @r"
    warning: `SHOP/cache` is no cache of erlrel: it holds `letter`; nothing is kept in a cache
    error: `SHOP/cache` is no cache of erlrel: it holds `letter`
      hint: name another directory with --cache-dir DIR, or do without by --no-cache
    ");
    std::fs::remove_file(cached.shop.path("cache/letter")).expect("removed");
    cached.digest();
    std::os::unix::fs::chown(cached.cache(), Some(65534), None).expect("as root");
    insta::assert_snapshot!(said(), @r"
    warning: the cache `SHOP/cache` belongs to another user, with the number 65534; nothing is kept in a cache
    error: the cache `SHOP/cache` belongs to another user, with the number 65534
      hint: name another directory with --cache-dir DIR, or do without by --no-cache
    ");
}
