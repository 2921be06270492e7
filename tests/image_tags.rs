//! Names of images with placeholders, in repositories as CI systems check them out.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::shop::Shop;
use crate::support::{run, tool};

/// A project in a git repository with one commit on the branch `feature/x`.
fn repository() -> Shop {
    let shop = Shop::new();
    shop.write(".gitignore", "_build\nout\n");
    git(shop.dir(), &["init", "--quiet", "--initial-branch=feature/x"]);
    git(shop.dir(), &["add", "."]);
    git(shop.dir(), &["commit", "--quiet", "--message=One"]);
    shop
}

fn git(dir: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=Shop", "-c", "user.email=shop@example.invalid"];
    run(tool("git", "git").args(identity).args(arguments).current_dir(dir)).trim().to_string()
}

/// The names that the image got, and what was said.
fn named(shop: &Shop, tags: &[&str], variables: &[(&str, &str)]) -> (Vec<String>, String) {
    let mut command = image(shop, tags);
    let output = command.envs(variables.iter().copied()).output().expect("started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let names =
        result["names"].as_array().expect("a list").iter().filter_map(Value::as_str).map(String::from);
    (names.collect(), said)
}

fn image(shop: &Shop, tags: &[&str]) -> Command {
    let mut command = shop.erlrel("image --no-compile --json --to archive:out/shop.tar");
    for tag in tags {
        command.args(["--tag", tag]);
    }
    command
}

#[test]
fn an_image_is_named_after_version_commit_branch_and_key() {
    let shop = repository();
    let sha = git(shop.dir(), &["rev-parse", "HEAD"]);
    let key = run(&mut shop.erlrel("key"));
    let tags = [
        "registry.example.com/acme/shop:{git_sha}",
        "registry.example.com/acme/shop:{version}-{git_short}",
        "registry.example.com/acme/shop:{git_branch}",
        "registry.example.com/acme/shop:builder-{key}",
        "registry.example.com/acme/shop:1.0-{git_short}",
    ];
    let (names, said) = named(&shop, &tags, &[]);
    let expected =
        [sha.clone(), format!("1.0-{}", &sha[..7]), "feature-x".into(), format!("builder-{}", key.trim())];
    assert_eq!(names, expected.map(|tag| format!("registry.example.com/acme/shop:{tag}")), "each once");
    assert_eq!(said, "");
}

#[test]
fn where_no_branch_is_checked_out_the_ci_system_says_it() {
    let shop = repository();
    git(shop.dir(), &["checkout", "--quiet", "--detach"]);
    for (variables, tag) in [
        ([("GITHUB_HEAD_REF", "fix/y"), ("GITHUB_REF_NAME", "7/merge")].as_slice(), "fix-y"),
        (&[("GITHUB_HEAD_REF", ""), ("GITHUB_REF_NAME", "main")], "main"),
        (&[("CI_COMMIT_REF_NAME", "topic#1")], "topic-1"),
        (&[("CIRCLE_BRANCH", "main")], "main"),
        (&[("BRANCH_NAME", "main")], "main"),
    ] {
        let (names, _) = named(&shop, &["shop:{git_branch}"], variables);
        assert_eq!(names, [format!("shop:{tag}")]);
    }
    insta::assert_snapshot!(shop.error(&mut image(&shop, &["shop:{git_branch}"])), @r"
    error: `{git_branch}` has no value: git is on no branch in `SHOP`, and no variable of a CI system names one
      hint: check out a branch, or set BRANCH_NAME to its name
    ");
    git(shop.dir(), &["checkout", "--quiet", "feature/x"]);
    let (names, _) = named(&shop, &["shop:{git_branch}"], &[("GITHUB_REF_NAME", "main")]);
    assert_eq!(names, ["shop:feature-x"], "git knows better");
}

#[test]
fn changes_behind_the_commit_are_told() {
    let shop = repository();
    shop.write(
        "rebar.config",
        std::fs::read_to_string(shop.path("rebar.config")).expect("read") + "%% Changed\n",
    );
    let (_, said) = named(&shop, &["shop:{git_short}"], &[]);
    let said = said.replace(&git(shop.dir(), &["rev-parse", "HEAD"])[..7], "COMMIT");
    insta::assert_snapshot!(said, @"warning: the image is named after the commit COMMIT, and tracked files have changed since");
    let (_, said) = named(&shop, &["shop:{version}"], &[]);
    assert_eq!(said, "");
}

#[test]
fn without_git_the_commit_comes_from_the_ci_system_or_is_missed() {
    let shop = Shop::new();
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let (names, _) = named(&shop, &["shop:{git_short}"], &[("COMMIT_SHA", sha)]);
    assert_eq!(names, ["shop:0123456"]);
    insta::assert_snapshot!(shop.error(&mut image(&shop, &["shop:{git_sha}"])), @r"
    error: `{git_sha}` has no value: git knows no commit in `SHOP`, and no variable of a CI system names one
      hint: build in a clone that git reads (see `git config safe.directory`), or set GITHUB_SHA, CI_COMMIT_SHA, CIRCLE_SHA1 or COMMIT_SHA to the commit
    ");
}

#[test]
fn names_in_rebar_config_count_unless_there_are_others() {
    let shop = repository();
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    shop.write(
        "rebar.config",
        format!("{config}{{erlrel, [{{tags, [\"shop:{{version}}\", \"shop:latest\"]}}]}}.\n"),
    );
    assert_eq!(named(&shop, &[], &[]).0, ["shop:1.0", "shop:latest"]);
    assert_eq!(named(&shop, &["other:1"], &[]).0, ["other:1"]);
}

#[test]
fn an_image_for_a_registry_needs_a_name_there() {
    let shop = Shop::new();
    let mut command = shop.erlrel("image --no-compile --to registry");
    insta::assert_snapshot!(shop.error(&mut command), @r"
    error: an image that goes to a registry needs a name that says where
      hint: name it with --tag REGISTRY/PATH[:TAG], such as --tag registry.example.com/shop:1.4
    ");
}
