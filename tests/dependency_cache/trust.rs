//! What a cache may do to a build: nothing but save it work.

use super::checkout::{Checkouts, DEPENDENCIES};
use crate::support::rebar3::Tiny;
use crate::support::{run, tool};

#[test]
fn a_damaged_entry_is_ignored_with_a_warning_and_replaced() {
    let machines = Checkouts::new();
    let first = machines.cached_image(&machines.checkout("app"));
    let layer = machines.layer();
    let mut bytes = std::fs::read(&layer).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&layer, bytes).expect("written");
    let second = machines.image(&machines.checkout("app"), &["--cache-from", &machines.cache()]);
    assert_eq!(second.outcome(), "miss");
    let ignored = second.log.lines().find(|line| line.starts_with("warning: the entry `deps-prod-"));
    assert!(
        ignored.is_some_and(|line| line.contains("is ignored: the digest of the content is")),
        "{}",
        second.log
    );
    assert!(!second.work_on(&DEPENDENCIES).is_empty());
    assert_eq!(second.digest(), first.digest());
    machines.cached_image(&machines.checkout("app"));
    assert_eq!(machines.cached_image(&machines.checkout("app")).outcome(), "hit", "it was replaced");
}

#[test]
fn an_entry_for_another_key_is_ignored() {
    let machines = Checkouts::new();
    machines.cached_image(&machines.checkout("app"));
    let dir = machines.checkout("app");
    let index = machines.path("cache/index.json");
    let text = std::fs::read_to_string(&index).expect("read");
    let tag = text.split('"').find(|part| part.starts_with("deps-prod-")).expect("a tag").to_string();
    std::fs::write(dir.join("rebar.config"), {
        let config = std::fs::read_to_string(dir.join("rebar.config")).expect("read");
        config.replace("{overrides,\n [", "{overrides,\n [{add, tally, [{erl_opts, [inline]}]},\n  ")
    })
    .expect("written");
    let other = machines.image(&dir, &["--cache-from", &machines.cache()]);
    let other_tag = other.json["dependency_cache"]["tag"].as_str().expect("a tag").to_string();
    std::fs::write(&index, text.replace(&tag, &other_tag)).expect("written");
    let dir = {
        std::fs::remove_dir_all(dir.join("_build")).expect("removed");
        dir
    };
    let poisoned = machines.image(&dir, &["--cache-from", &machines.cache()]);
    assert_eq!(poisoned.outcome(), "miss");
    assert!(poisoned.log.contains("is ignored: its key is sha256:"), "{}", poisoned.log);
    assert_eq!(poisoned.digest(), other.digest());
}

#[test]
fn a_cache_that_cannot_be_used_is_a_warning() {
    let machines = Checkouts::new();
    std::fs::write(machines.path("cache"), "no directory").expect("written");
    let built = machines.cached_image(&machines.checkout("app"));
    assert_eq!(built.outcome(), "miss");
    let not_a_layout = format!("warning: `{}` is no OCI image layout", machines.path("cache").display());
    assert!(built.log.contains(&not_a_layout), "{}", built.log);
}

const TOKEN: &str = "glpat-S3cr3tT0ken";

/// A dependency behind a URL with a token, as CI systems have it.
#[test]
fn no_credential_of_a_private_dependency_reaches_the_cache() {
    let tiny = Tiny::new("");
    tiny.repository("secretive", "1.0");
    let url = format!("https://ci:{TOKEN}@git.example.invalid/team/secretive");
    tiny.write(
        "rebar.config",
        &format!(
            "{{deps, [{{secretive, {{git, \"{url}\", {{branch, \"main\"}}}}}}]}}.
             {{relx, [{{release, {{tiny, \"1\"}}, [tiny, secretive]}}, {{mode, prod}}]}}."
        ),
    );
    let home = tiny.beside("home");
    std::fs::create_dir_all(&home).expect("created");
    let source = tiny.beside("secretive");
    let alias = format!("[url \"file://{}\"]\n\tinsteadOf = {url}\n", source.display());
    std::fs::write(home.join(".gitconfig"), alias).expect("written");
    std::fs::write(home.join(".netrc"), format!("machine git.example.invalid password {TOKEN}\n"))
        .expect("written");
    run(&mut tiny.rebar3("lock"));
    let cache = tiny.beside("cache");
    run(&mut tiny.erlrel(&format!("image --quiet --cache-to oci:{}", cache.display())));
    let kept = tiny.dir().join("_build/default/lib/secretive/.git/config");
    assert!(std::fs::read_to_string(kept).expect("read").contains(TOKEN), "the token is there to be found");
    let script = r#"for blob in "$1"/blobs/sha256/*; do gzip -dc <"$blob" 2>/dev/null || cat "$blob"; done"#;
    let all = tool("sh", "dash").args(["-c", script, "sh"]).arg(&cache).output().expect("read").stdout;
    assert!(all.windows(9).any(|part| part == b"secretive"), "the dependency is in it");
    for secret in [TOKEN.as_bytes(), b"git.example.invalid"] {
        assert!(!all.windows(secret.len()).any(|part| part == secret));
    }
    // And without it, the next machine needs no token.
    std::fs::remove_dir_all(tiny.dir().join("_build")).expect("removed");
    std::fs::remove_dir_all(source).expect("removed");
    std::fs::remove_file(home.join(".gitconfig")).expect("removed");
    run(&mut tiny.erlrel(&format!("image --quiet --cache-from oci:{}", cache.display())));
}
