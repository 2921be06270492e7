//! Calls of modules and functions that a release does not have: found before it runs.

use std::path::Path;

use crate::support::{erlrel, fails, run, temp_dir, tool};

/// Two compiled applications, `shop` (the project's own) and `cart` (a dependency).
struct Project {
    temp: tempfile::TempDir,
}

impl Project {
    /// With what `shop` and `cart` consist of besides the module's declaration and export, and rebar.config's
    /// further terms.
    fn new(shop: &str, cart: &str, options: &str) -> Self {
        let project = Self { temp: temp_dir() };
        project.write(
            "rebar.config",
            &format!("{{relx, [{{release, {{shop, \"1\"}}, [shop, sasl]}}]}}.\n{options}\n"),
        );
        project.write("src/shop.app.src", "");
        project.app("shop", "[kernel, stdlib, cart]", shop);
        project.app("cart", "[kernel, stdlib]", cart);
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.temp.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    fn app(&self, name: &str, applications: &str, code: &str) {
        let ebin = format!("_build/default/lib/{name}/ebin");
        let app = format!(
            "{{application, {name}, [{{description, \"\"}}, {{vsn, \"1\"}}, {{modules, [{name}]}}, {{registered, []}},
              {{applications, {applications}}}]}}."
        );
        self.write(&format!("{ebin}/{name}.app"), &app);
        self.write(&format!("{name}.erl"), &format!("-module({name}).\n-export([run/1]).\n{code}\n"));
        let erlc = |dir: &Path| {
            run(tool("erlc", "erlang-base")
                .arg("-o")
                .arg(dir.join(&ebin))
                .arg(dir.join(format!("{name}.erl"))))
        };
        erlc(self.temp.path());
    }

    fn command(&self, more: &[&str]) -> std::process::Command {
        let mut command = erlrel();
        command
            .args(["release", "--no-compile", "--profile", "default"])
            .args(more)
            .current_dir(self.temp.path());
        command
    }

    /// What is printed as warnings.
    fn warnings(&self) -> String {
        let output = self.command(&[]).output().expect("started");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

const QUIET: &str = "run(X) -> lists:reverse(X).";

#[test]
fn calls_of_what_exists_are_no_warning() {
    let shop = "run(X) -> cart:run(X), erlang:display(X), ets:new(X, []), init:stop(), lists:module_info(), shop:run(X).";
    assert_eq!(Project::new(shop, QUIET, "").warnings(), "");
}

#[test]
fn a_module_that_is_called_and_absent_from_the_release_is_named_with_its_application() {
    let project = Project::new("run(X) -> crypto:hash(sha256, X), nowhere:at_all(X).", QUIET, "");
    insta::assert_snapshot!(project.warnings(), @r"
    warning: application `shop` (module `shop`) calls `crypto`, a module of `crypto`, which is not in the release: add `crypto` to the `applications` of `shop`
    warning: application `shop` (module `shop`) calls `nowhere`, a module that is nowhere
    ");
}

#[test]
fn what_an_option_excludes_is_called_so() {
    let excluding = |option: &str| {
        let relx = format!("{{relx, [{{release, {{shop, \"1\"}}, [shop, sasl]}}, {option}]}}.");
        Project::new("run(X) -> cart:run(X), crypto:hash(sha256, X).", QUIET, &relx).warnings()
    };
    insta::assert_snapshot!(excluding("{exclude_apps, [cart]}"), @r"
    warning: application `shop` (module `shop`) calls `cart`, a module of `cart`, which `exclude_apps` leaves out: the call will fail
    warning: application `shop` (module `shop`) calls `crypto`, a module of `crypto`, which is not in the release: add `crypto` to the `applications` of `shop`
    ");
    insta::assert_snapshot!(excluding("{exclude_modules, [{cart, [cart]}]}"), @r"
    warning: application `shop` (module `shop`) calls `cart`, which `exclude_modules` leaves out of `cart`: the call will fail
    warning: application `shop` (module `shop`) calls `crypto`, a module of `crypto`, which is not in the release: add `crypto` to the `applications` of `shop`
    ");
}

#[test]
fn a_dependency_that_forgot_an_application_is_named() {
    let project = Project::new(QUIET, "run(X) -> ssl:start(), nowhere:at_all(X), cart:gone(X).", "");
    insta::assert_snapshot!(project.warnings(), @"warning: application `cart` (module `cart`) calls `ssl`, a module of `ssl`, which is not in the release: add `ssl` to the `applications` of `cart`");
}

#[test]
fn a_function_that_does_not_exist_is_named() {
    let project = Project::new("run(X) -> cart:walk(X), cart:run(X, X), lists:revers(X).", QUIET, "");
    insta::assert_snapshot!(project.warnings(), @r"
    warning: application `shop` (module `shop`) calls `cart:walk/1`, which does not exist
    warning: application `shop` (module `shop`) calls `cart:run/2`, which does not exist
    warning: application `shop` (module `shop`) calls `lists:revers/1`, which does not exist
    ");
}

#[test]
fn strict_makes_them_errors_and_writes_nothing() {
    let project = Project::new("run(X) -> nowhere:at_all(X).", QUIET, "");
    insta::assert_snapshot!(fails(&mut project.command(&["--strict"]), 1), @r"
    error: application `shop` (module `shop`) calls `nowhere`, a module that is nowhere
    error: warnings are errors here, and there is 1 of them
      hint: leave out --strict and `warnings_as_errors` to build in spite of them
    ");
    assert!(!project.temp.path().join("_build/default/rel").exists());
}

#[test]
fn what_xref_is_told_to_ignore_is_ignored_here_too() {
    let shop = "-ignore_xref([{absent, f, 1}]).\nrun(X) -> absent:f(X), nowhere:at_all(X), elsewhere:g(X).";
    let ignores = "{xref_ignores, [{nowhere, at_all, 1}, elsewhere]}.";
    assert_eq!(Project::new(shop, QUIET, ignores).warnings(), "");
}

#[test]
fn the_check_can_be_turned_off_and_extended() {
    let shop = "run(X) -> nowhere:at_all(X).";
    let off = "{relx, [{release, {shop, \"1\"}, [shop, sasl]}, {check_for_undefined_functions, false}]}.";
    assert_eq!(Project::new(shop, QUIET, off).warnings(), "");
    let more = "{relx, [{release, {shop, \"1\"}, [shop, sasl]}, {exref, [cart]}]}.";
    let warnings = Project::new(QUIET, "run(X) -> cart:gone(X), nowhere:at_all(X).", more).warnings();
    insta::assert_snapshot!(warnings, @r"
    warning: application `cart` (module `cart`) calls `nowhere`, a module that is nowhere
    warning: application `cart` (module `cart`) calls `cart:gone/1`, which does not exist
    ");
}

#[test]
fn what_a_cache_knows_of_modules_that_were_edited_since_does_not_count() {
    let erts = "{relx, [{release, {shop, \"1\"}, [shop, sasl]}, {include_erts, true}]}.";
    let project = Project::new("run(X) -> cart:run(X).", QUIET, erts);
    let cache = temp_dir();
    let told = || {
        let mut command = erlrel();
        command
            .args(["plan", "--profile", "default", "--cache-dir"])
            .arg(cache.path())
            .current_dir(project.temp.path());
        let output = command.output().expect("started");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}");
        text.lines().filter(|line| line.contains(" calls ")).collect::<Vec<_>>().join("\n")
    };
    let edited = |app: &str, code: &str| {
        project.app(app, if app == "shop" { "[kernel, stdlib, cart]" } else { "[kernel, stdlib]" }, code);
        settle(&project.temp.path().join(format!("_build/default/lib/{app}/ebin")));
        // The second time it is known.
        let first = told();
        assert_eq!(told(), first);
        first
    };
    let walking = "-export([walk/1]).\nrun(X) -> X.\nwalk(X) -> X.";
    assert_eq!(edited("cart", walking), "");
    assert_eq!(edited("shop", "run(X) -> cart:walk(X)."), "");
    // Not the caller is another one now, but what it calls.
    insta::assert_snapshot!(edited("cart", QUIET), @"warning: application `shop` (module `shop`) calls `cart:walk/1`, which does not exist");
    assert_eq!(edited("cart", walking), "");
    insta::assert_snapshot!(edited("shop", "run(X) -> cart:jump(X)."), @"warning: application `shop` (module `shop`) calls `cart:jump/1`, which does not exist");
    assert_eq!(edited("shop", QUIET), "");
}

/// Waits until the files of a directory are so old that they can be remembered, by the clock of their file system.
fn settle(dir: &Path) {
    let modified = |path: &Path| path.metadata().expect("there").modified().expect("a time");
    let files: Vec<_> =
        std::fs::read_dir(dir).expect("listed").map(|file| file.expect("there").path()).collect();
    let newest = files.iter().map(|file| modified(file)).max().expect("a file");
    let is_old = || {
        let probe = dir.join("probe");
        std::fs::write(&probe, "").expect("written");
        let now = modified(&probe);
        std::fs::remove_file(&probe).expect("removed");
        now.duration_since(newest).is_ok_and(|age| age.as_secs() >= 3)
    };
    while !is_old() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
