//! A build with several applications and five dependencies from git.

use serde_json::json;

use super::checkout::{Checkouts, DEPENDENCIES};
use crate::support::{erlrel, fails, run, temp_dir, toolchain};

#[test]
fn a_fresh_checkout_neither_fetches_nor_compiles_a_dependency() {
    let machines = Checkouts::new();
    let first = machines.cached_image(&machines.checkout("app"));
    assert_eq!(first.outcome(), "miss");
    assert!(first.work_on(&DEPENDENCIES).len() >= 2 * DEPENDENCIES.len(), "{}", first.log);
    assert!(first.json["dependency_cache"]["saved"]["bytes"].as_u64() > Some(10_000), "{}", first.json);
    machines.lose_repositories();
    let second = machines.cached_image(&machines.checkout("app"));
    assert_eq!(second.outcome(), "hit");
    assert_eq!(second.work_on(&DEPENDENCIES), <[&str; 0]>::default(), "{}", second.log);
    assert_eq!(second.json["dependency_cache"]["restored"], json!(DEPENDENCIES));
    assert_eq!(second.json["dependency_cache"]["saved"], json!(null));
    assert_eq!(second.digest(), first.digest());
}

#[test]
fn in_another_directory_the_layers_of_the_dependencies_are_the_same() {
    let machines = Checkouts::new();
    let first = machines.cached_image(&machines.checkout("app"));
    machines.lose_repositories();
    let second = machines.cached_image(&machines.checkout("another/place/for/it"));
    assert_eq!(second.work_on(&DEPENDENCIES), <[&str; 0]>::default(), "{}", second.log);
    for layer in DEPENDENCIES.map(|name| format!("dependency {name}")) {
        assert_eq!(second.layer(&layer), first.layer(&layer), "{layer}");
    }
}

#[test]
fn an_edited_module_is_compiled_and_no_dependency() {
    let machines = Checkouts::new();
    let first = machines.cached_image(&machines.checkout("app"));
    machines.lose_repositories();
    let dir = machines.checkout("app");
    let module = dir.join("apps/beacon_core/src/beacon_clock.erl");
    let text = std::fs::read_to_string(&module).expect("read");
    let edited = text.replacen("\n-export(", "\n-export([edited/0]).\n-export(", 1) + "\nedited() -> true.\n";
    std::fs::write(&module, edited).expect("written");
    let second = machines.cached_image(&dir);
    assert_eq!((second.outcome(), second.work_on(&DEPENDENCIES).len()), ("hit", 0), "{}", second.log);
    let dependencies = DEPENDENCIES.map(|name| format!("dependency {name}"));
    let others = ["native", "otp", "project beacon_dns"].map(String::from);
    for layer in dependencies.iter().chain(&others) {
        assert_eq!(second.layer(layer), first.layer(layer), "{layer}");
    }
    assert_ne!(second.layer("project beacon_core"), first.layer("project beacon_core"));
}

#[test]
fn what_is_compiled_already_is_left_alone() {
    let machines = Checkouts::new();
    let dir = machines.checkout("app");
    machines.image(&dir, &[]);
    let again = machines.cached_image(&dir);
    assert_eq!(again.outcome(), "present");
    assert!(again.json["dependency_cache"]["saved"].is_object(), "the cache had none: {}", again.json);
    assert_eq!(machines.cached_image(&dir).json["dependency_cache"]["saved"], json!(null));
}

#[test]
fn a_dependency_that_is_missing_among_others_is_taken_from_the_cache() {
    let machines = Checkouts::new();
    let dir = machines.checkout("app");
    machines.cached_image(&dir);
    machines.lose_repositories();
    std::fs::remove_dir_all(dir.join("_build/default/lib/tally")).expect("removed");
    let again = machines.cached_image(&dir);
    assert_eq!(again.json["dependency_cache"]["restored"], json!(["tally"]));
    assert_eq!(again.work_on(&DEPENDENCIES), <[&str; 0]>::default(), "{}", again.log);
}

#[test]
fn another_lock_is_another_entry() {
    let machines = Checkouts::new();
    machines.cached_image(&machines.checkout("app"));
    let dir = machines.checkout("app");
    let config = std::fs::read_to_string(dir.join("rebar.config")).expect("read");
    let edited =
        config.replace("{overrides,\n [", "{overrides,\n [{add, tally, [{erl_opts, [inline]}]},\n  ");
    assert_ne!(config, edited);
    std::fs::write(dir.join("rebar.config"), edited).expect("written");
    let second = machines.cached_image(&dir);
    assert_eq!(second.outcome(), "miss");
    assert!(!second.work_on(&DEPENDENCIES).is_empty());
}

#[test]
fn the_commands_save_and_restore_without_a_build() {
    let machines = Checkouts::new();
    let (cache, first) = (machines.cache(), machines.checkout("app"));
    let stderr = fails(&mut machines.erlrel(&first, &["cache", "save", "--to", &cache]), 1);
    assert!(stderr.contains("dependencies are not compiled: hashring, pctcode"), "{stderr}");
    let miss = run(&mut machines.erlrel(&first, &["cache", "restore", "--from", &cache]));
    assert!(miss.starts_with("no cache has deps-prod-"), "{miss}");
    machines.image(&first, &[]);
    let saved = run(&mut machines.erlrel(&first, &["cache", "save", "--to", &cache]));
    assert!(saved.starts_with(&format!("saved 5 dependencies to {cache} as deps-prod-")), "{saved}");
    let second = machines.checkout("second");
    let restored =
        run(&mut machines.erlrel(&second, &["cache", "restore", "--from", "oci:/nowhere", "--from", &cache]));
    assert!(restored.starts_with(&format!("restored 5 dependencies from {cache} (")), "{restored}");
    let again = run(&mut machines.erlrel(&second, &["cache", "restore", "--from", &cache]));
    assert_eq!(again, "all dependencies are there\n");
    machines.lose_repositories();
    let built = machines.image(&second, &[]);
    assert_eq!(built.work_on(&DEPENDENCIES), <[&str; 0]>::default(), "{}", built.log);
}

#[test]
fn rebar3_of_another_otp_takes_them_too() {
    for toolchain in toolchain::others() {
        let machines = Checkouts::new();
        let (first, second) = (machines.checkout("first"), machines.checkout("second"));
        toolchain.rebar3(&first, &["as", "prod", "compile"]);
        let otp = toolchain.otp().display().to_string();
        let (cache, otp) = (machines.cache(), ["--otp", otp.as_str()]);
        run(machines.erlrel(&first, &["cache", "save", "--to", &cache]).args(otp));
        machines.lose_repositories();
        run(machines.erlrel(&second, &["cache", "restore", "--from", &cache]).args(otp));
        let log = toolchain.rebar3(&second, &["as", "prod", "compile"]);
        assert!(log.contains("Compiling beacon_core"), "{log}");
        for word in ["Fetching", "Upgrading", "Compiling tally", "Compiling waypost"] {
            assert!(!log.contains(word), "{}: {log}", toolchain.name());
        }
    }
}

#[test]
fn a_cache_has_no_tag() {
    let dir = temp_dir();
    let mut command = erlrel();
    command.args(["tar", "--cache-from", "registry.example.com/cache:1"]).current_dir(dir.path());
    let stderr = fails(&mut command, 2);
    assert!(stderr.contains("the tag follows from the key"), "{stderr}");
}
