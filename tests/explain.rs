//! `erlrel image --explain`: which layers are those of the last image, why the others are not, and what that costs.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::support::registry::Registry;
use crate::support::run;
use crate::support::shop::Shop;

const PRICES: &str = "_build/prod/lib/shop/priv/prices";

fn project() -> Shop {
    let shop = Shop::with("start", "#!/bin/sh\n");
    shop.write(PRICES, "1");
    shop
}

/// `erlrel image --explain` with a cache of the project's own.
fn image(shop: &Shop, arguments: &str) -> Command {
    let mut command = shop.erlrel(&format!("image --no-compile --boot-program start --explain {arguments}"));
    command.env("ERLREL_CACHE_DIR", shop.path("cache"));
    command
}

fn json(command: &mut Command) -> Value {
    serde_json::from_str(&run(command.arg("--json"))).expect("JSON")
}

/// The layers that are not those of the last image, with the reason.
fn moved(shop: &Shop, arguments: &str) -> Vec<String> {
    let explained = json(&mut image(shop, &format!("--to archive:shop.tar {arguments}")))["explain"].clone();
    let layers = explained["layers"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let line = |layer: &Value| {
        let files = layer["files"].as_array().into_iter().flatten();
        let files: Vec<String> =
            files.map(|file| format!("{} {}", text(&file["path"]), text(&file["how"]))).collect();
        format!(
            "{} {} {} {}",
            text(&layer["name"]),
            text(&layer["state"]),
            text(&layer["why"]),
            files.join(", ")
        )
    };
    let lines =
        layers.filter(|layer| layer["state"] != "reused").map(|layer| line(layer).trim_end().to_string());
    let config = explained["configuration"].as_array().expect("a list").iter();
    lines.chain(config.map(|change| text(&change["what"]))).collect()
}

#[test]
fn every_layer_that_moved_names_the_files_that_moved_it() {
    let shop = project();
    assert_eq!(
        moved(&shop, ""),
        ["native new", "otp new", "project shop new", "release new"],
        "the first image"
    );
    assert_eq!(moved(&shop, ""), Vec::<String>::new());
    shop.write(PRICES, "2");
    shop.write("_build/prod/lib/shop/priv/coupons", "");
    assert_eq!(
        moved(&shop, ""),
        [
            "project shop rebuilt files opt/shop/lib/shop/priv/coupons added, opt/shop/lib/shop/priv/prices content"
        ]
    );
    std::fs::remove_file(shop.path("_build/prod/lib/shop/priv/coupons")).expect("removed");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(shop.path(PRICES), executable).expect("a mode");
    assert_eq!(
        moved(&shop, ""),
        [
            "project shop rebuilt files opt/shop/lib/shop/priv/coupons removed, opt/shop/lib/shop/priv/prices mode"
        ]
    );
    assert_eq!(moved(&shop, "--label team=till"), ["label team"]);
}

#[test]
fn times_are_a_reason_and_without_a_cache_nothing_is_known() {
    let shop = project();
    moved(&shop, "");
    let mut later = image(&shop, "--to archive:shop.tar");
    let explained = json(later.env("SOURCE_DATE_EPOCH", "86400"))["explain"].clone();
    let why: Vec<&str> = explained["layers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|layer| layer["why"].as_str())
        .collect();
    assert_eq!(why, ["times"; 4]);
    assert_eq!(moved(&shop, "--no-cache").len(), 4);
    assert!(json(&mut image(&shop, "--to archive:shop.tar --no-cache"))["explain"]["last"].is_null());
}

#[test]
fn what_would_be_sent_is_what_is_sent() {
    let shop = project();
    let registry = Registry::plain();
    let push = || json(&mut image(&shop, &format!("--to registry --tag {}/shop:1", registry.host())));
    for content in ["1", "2"] {
        shop.write(PRICES, content);
        let pushed = push();
        let sent = &pushed["destinations"][0]["blobs"].as_array().expect("a list");
        let sent: Vec<&Value> = sent.iter().filter(|blob| blob["how"] == "uploaded").collect();
        let bytes: u64 = sent.iter().filter_map(|blob| blob["size"].as_u64()).sum();
        let predicted = &pushed["explain"]["upload"];
        assert_eq!(
            (predicted["blobs"].as_u64(), predicted["bytes"].as_u64()),
            (Some(sent.len() as u64), Some(bytes))
        );
    }
}

#[test]
fn people_read_it_on_stderr_and_scripts_the_result_on_stdout() {
    let shop = project();
    let explained = |arguments: &str| {
        let output = image(&shop, arguments).output().expect("started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(output.stdout.starts_with(b"sha256:"));
        said
    };
    explained("--to archive:shop.tar");
    shop.write(PRICES, "2");
    let said = explained("--to archive:shop.tar --label team=till");
    insta::with_settings!({filters => vec![(r" +\d+(\.\d)? ([kM]?B)", " SIZE")]}, {
        insta::assert_snapshot!(said, @r"
        native SIZE  reused
        otp SIZE  reused
        project shop SIZE  rebuilt: opt/shop/lib/shop/priv/prices changed
        release SIZE  reused
        configuration            changed: label team
        upload SIZE  3 blobs, to where the last image is
        ");
    });
    assert_eq!(explained("--to archive:shop.tar --quiet"), "");
}
