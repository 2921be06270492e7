//! The options of images, as flags and in rebar.config: what an image says of itself, and how Docker starts it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::container::{Container, LOCKED};
use crate::support::image::{self, SampleImage, json};
use crate::support::shop::Shop;
use crate::support::{run, sample};

/// The manifest and the configuration of the only image in a layout.
fn parts(layout: &Path) -> (Value, Value) {
    let blob =
        |descriptor: &Value| json(&image::blob(layout, descriptor["digest"].as_str().expect("a digest")));
    let manifest = blob(&json(&layout.join("index.json"))["manifests"][0]);
    let config = blob(&manifest["config"]);
    (manifest, config)
}

/// What the image of a project says, made with these options; and what erlrel says.
fn made(shop: &Shop, arguments: &[&str], change: impl Fn(&mut Command)) -> (Value, Value, String) {
    let _ = std::fs::remove_dir_all(shop.path("out"));
    let mut command = shop.erlrel("image --no-compile --to oci:out");
    command.args(arguments);
    change(&mut command);
    let output = command.output().expect("started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let (manifest, config) = parts(&shop.path("out"));
    (manifest["annotations"].clone(), config["config"].clone(), said)
}

fn configured(options: &str) -> Shop {
    let shop = Shop::new();
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    shop.write("rebar.config", format!("{config}{{erlrel, [{options}]}}.\n"));
    shop
}

#[test]
fn everything_that_a_dockerfile_says_can_be_said_by_flags() {
    let shop = Shop::with("shop.env", "# of the file\nFROM_FILE=a \"b\"\nHERE\nTWICE=1\n");
    let arguments = [
        ["--env", "DB_HOST=db"].as_slice(),
        &["--env", "HERE_TOO", "--env", "TWICE=2", "--env", "GONE", "--env-file", "shop.env"],
        &["--expose", "8080", "--expose", "53/udp", "--user", "1000:1000", "--workdir", "/srv"],
        &["--label", "team=shop", "--label", "org.opencontainers.image.title=Shop", "--annotation", "a=b=c"],
        &["--volume", "/data", "--stop-signal", "SIGQUIT", "--prefix", "/srv/shop"],
        &["--entrypoint", "/srv/shop/bin/shop 'a b'", "--cmd", "[\"console\"]"],
        &["--health-cmd", "bin/shop ping", "--health-interval", "1m30s", "--health-timeout", "500ms"],
        &["--health-start-period", "5s", "--health-start-interval", "1s", "--health-retries", "3"],
    ]
    .concat();
    let (annotations, config, said) = made(&shop, &arguments, |command| {
        command.env("HERE", "1").env("HERE_TOO", "2").env_remove("GONE");
    });
    insta::assert_snapshot!(format!("{config:#}"), @r#"
    {
      "Cmd": [
        "console"
      ],
      "Entrypoint": [
        "/srv/shop/bin/shop",
        "a b"
      ],
      "Env": [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "RELX_OUT_FILE_PATH=/tmp",
        "HOME=/tmp",
        "LANG=C.UTF-8",
        "FROM_FILE=a \"b\"",
        "HERE=1",
        "TWICE=2",
        "DB_HOST=db",
        "HERE_TOO=2"
      ],
      "ExposedPorts": {
        "53/udp": {},
        "8080/tcp": {}
      },
      "Healthcheck": {
        "Interval": 90000000000,
        "Retries": 3,
        "StartInterval": 1000000000,
        "StartPeriod": 5000000000,
        "Test": [
          "CMD",
          "bin/shop",
          "ping"
        ],
        "Timeout": 500000000
      },
      "Labels": {
        "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
        "org.opencontainers.image.title": "Shop",
        "org.opencontainers.image.version": "1.0",
        "team": "shop"
      },
      "StopSignal": "SIGQUIT",
      "User": "1000:1000",
      "Volumes": {
        "/data": {}
      },
      "WorkingDir": "/srv"
    }
    "#);
    insta::assert_snapshot!(format!("{annotations:#}"), @r#"
    {
      "a": "b=c",
      "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
      "org.opencontainers.image.title": "shop",
      "org.opencontainers.image.version": "1.0"
    }
    "#);
    insta::assert_snapshot!(said, @"warning: the variable `GONE` has no value here, so the image does not have it");
}

#[test]
fn flags_are_added_to_lists_of_rebar_config_and_win_over_its_other_options() {
    let shop = configured(
        r#"{env, [{"A", "1"}, {"B", "1"}]}, {env_file, "shop.env"}, {expose, [1]}, {labels, [{a, "1"}, {b, "1"}]},
           {volumes, ["/a"]}, {user, "1"}, {cmd, ["console"]}, {healthcheck, [{interval, "1s"}, {retries, 3}]}"#,
    );
    shop.write("shop.env", "A=0\nC=0\n");
    let (_, config, _) = made(&shop, &[], |_| {});
    assert_eq!(
        config["Healthcheck"]["Test"],
        serde_json::json!(["CMD", "/opt/shop/bin/shop", "healthcheck"])
    );
    let arguments = [
        ["--env", "B=2", "--expose", "2", "--label", "b=2", "--volume", "/b", "--user", "2"].as_slice(),
        &["--cmd", "foreground", "--health-interval", "2s"],
    ]
    .concat();
    let (_, config, _) = made(&shop, &arguments, |_| {});
    let env: Vec<&str> = config["Env"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(env[env.len() - 3..], ["A=1", "C=0", "B=2"]);
    assert_eq!(config["ExposedPorts"], serde_json::json!({"1/tcp": {}, "2/tcp": {}}));
    assert_eq!(config["Volumes"], serde_json::json!({"/a": {}, "/b": {}}));
    assert_eq!([&config["Labels"]["a"], &config["Labels"]["b"]], ["1", "2"]);
    assert_eq!([&config["User"], &config["Cmd"][0]], ["2", "foreground"]);
    assert_eq!(config["Healthcheck"]["Interval"], 2_000_000_000);
    assert_eq!(config["Healthcheck"]["Retries"], 3);
    let (_, config, _) = made(&shop, &["--no-healthcheck"], |_| {});
    assert_eq!(config["Healthcheck"], serde_json::json!({"Test": ["NONE"]}));
}

#[test]
fn another_entry_point_gets_none_of_our_arguments() {
    let (_, config, _) = made(&Shop::new(), &["--entrypoint", "/opt/shop/bin/shop"], |_| {});
    assert_eq!((&config["Entrypoint"][0], &config["Cmd"]), (&"/opt/shop/bin/shop".into(), &Value::Null));
}

/// One app, elsewhere in the image, with a volume, checked every now and then.
fn hello() -> SampleImage {
    let options =
        ["--prefix", "/srv/apps/hello", "--volume", "/data", "--expose", "8080", "--env", "GREETING=hi"];
    let health = ["--health-interval", "100ms", "--health-retries", "50", "--stop-signal", "SIGTERM"];
    image::make(&sample::hello().dir, "hello", "hello-with-options", &[&options[..], &health[..]].concat())
}

#[test]
fn docker_starts_checks_and_mounts_what_the_options_say() {
    let image = hello();
    assert!(image.files().contains_key("srv/apps/hello/bin/hello"));
    assert!(image.files().keys().all(|path| !path.starts_with("opt")));
    assert_eq!(image.files()["data"].mode, 0o1777);
    let container = Container::serving(&image, LOCKED);
    let hello = |words: &[&str]| run(&mut container.exec(&[], &[&["bin/hello"], words].concat()));
    assert_eq!(hello(&["ping"]).trim(), "pong");
    assert_eq!(container.inspect(".Config.WorkingDir"), "/srv/apps/hello");
    assert_eq!(container.inspect("(index .Mounts 0).Destination"), "/data");
    let write = r#"file:write_file("/data/x", "1")."#;
    assert_eq!(hello(&["eval", write]).trim(), "ok", "any user can write to a volume");
    while container.inspect(".State.Health.Status") != "healthy" {
        assert_ne!(container.inspect(".State.Health.Status"), "unhealthy", "{}", container.logs());
    }
}
