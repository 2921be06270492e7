//! `--size-budget` and `{size_budget, …}`: an image that is too large is neither written nor pushed.

use std::process::Command;

use serde_json::Value;

use crate::support::shop::Shop;
use crate::support::{fails, run};

fn project(options: &str) -> Shop {
    let shop = Shop::with("start", "#!/bin/sh\n");
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    shop.write("rebar.config", format!("{config}{{erlrel, [{options}]}}.\n"));
    shop
}

fn image(shop: &Shop, arguments: &str) -> Command {
    let mut command = shop.erlrel(&format!("image --no-compile --boot-program start {arguments}"));
    command.env("ERLREL_CACHE_DIR", shop.path("cache"));
    command
}

/// Bytes that no compression makes fewer.
fn noise(count: u32) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..count).map(|_| next()).collect()
}

/// With the sizes of what comes from this machine left out.
fn plain(said: &str) -> String {
    let sizes = |word: &str| {
        if word.contains('.') && word.parse::<f64>().is_ok() { "SIZE".into() } else { word.to_string() }
    };
    said.lines()
        .map(|line| line.split(' ').map(sizes).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn an_image_that_is_too_large_is_not_written_and_the_reason_is_named() {
    let shop = project("{size_budget, [{total, \"1GB\"}, {project, \"40kB\"}]}");
    run(&mut image(&shop, "--to oci:out"));
    let index = std::fs::read(shop.path("out/index.json")).expect("an index");
    shop.write("_build/prod/lib/shop/priv/map", noise(50_000));
    let said = fails(&mut image(&shop, "--to oci:out --to archive:shop.tar"), 1);
    insta::assert_snapshot!(plain(&said), @r"
    error: `project` of the image has SIZE kB in compressed layers, its budget is SIZE kB
      largest layers: project shop SIZE kB
      grown since the last image made here: project shop SIZE kB
      hint: nothing was written; `erlrel plan --html FILE` draws what takes the space, `--size-budget` and `{size_budget, …}` in rebar.config set the limit
    ");
    assert!(!shop.path("shop.tar").exists());
    assert_eq!(std::fs::read(shop.path("out/index.json")).expect("an index"), index);
    // What was refused is not the last image: the growth is told again.
    assert_eq!(fails(&mut image(&shop, "--to oci:out"), 1), said);
    run(&mut image(&shop, "--to oci:out --size-budget project=60kB"));
}

#[test]
fn a_budget_is_kept_to_the_byte() {
    let shop = project("");
    let made: Value = serde_json::from_str(&run(&mut image(&shop, "--to oci:out --json"))).expect("JSON");
    let size = made["size"].as_u64().expect("a size");
    run(&mut image(&shop, &format!("--to oci:out --size-budget {size}")));
    let said = fails(&mut image(&shop, &format!("--to oci:out --size-budget {}", size - 1)), 1);
    let configured = project(&format!("{{size_budget, {}}}", size - 1));
    assert!(fails(&mut image(&configured, "--to oci:out"), 1).contains("1 too many"));
    assert!(said.contains(&format!("({size} bytes, 1 too many)")), "{said}");
}

#[test]
fn a_budget_that_is_none_is_a_mistake_at_its_place() {
    let shop = project("{size_budget, [{deps, \"1MB\"}]}");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("image --no-compile --boot-program start --to oci:out")), @r#"
    error: rebar.config:4:26: `size_budget` must be of one of `total`, `base`, `native`, `otp`, `dependencies`, `project`, `release`
      |
    4 | {erlrel, [{size_budget, [{deps, "1MB"}]}]}.
      |                          ^^^^^^^^^^^^^
    "#);
    let shop = project("{size_budget, \"much\"}");
    insta::assert_snapshot!(shop.error(&mut shop.erlrel("image --no-compile --boot-program start --to oci:out")), @r#"
    error: rebar.config:4:25: `size_budget` must be a size such as `"60MB"`, or a list such as `[{total, "60MB"}, {dependencies, "5MB"}]`, in bytes or whole kB, MB, GB, TB, KiB, MiB, GiB, TiB
      |
    4 | {erlrel, [{size_budget, "much"}]}.
      |                         ^^^^^^
    "#);
    let said = fails(&mut image(&project(""), "--size-budget much"), 2);
    insta::assert_snapshot!(said.lines().next().expect("a line"), @"error: invalid value 'much' for '--size-budget <[PART=]SIZE>': it must be a size such as `60MB`, or that of a part such as `dependencies=5MB`, in bytes or whole kB, MB, GB, TB, KiB, MiB, GiB, TiB");
}
