//! `erlrel diff`: what differs between two images, down to the functions of a module.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::process::Command;

use erlrel_core::beam;
use serde_json::Value;

use crate::support::docker::daemon;
use crate::support::image::json;
use crate::support::registry::Registry;
use crate::support::shop::Shop;
use crate::support::toolchain::{self, Toolchain};
use crate::support::{erlang, fails, run, tool};

/// A project with one module, of which images are made.
struct Till {
    shop: Shop,
}

const EBIN: &str = "_build/prod/lib/shop/ebin";

const FIRST: &str = r#"-module(till).
-export([open/1, close/0, sum/1, old/0]).
open(Drawers) -> {ok, lists:map(fun(Drawer) -> Drawer + 1 end, Drawers), "coins", <<"text", 1:8>>}.
close() -> helper(1).
sum(Coins) -> [Coin || Coin <- Coins, Coin > 1, is_map_key(Coin, #{a => b})].
old() -> erlang:element(2, {gone, "with its literal"}).
helper(Count) -> {Count, self(), [notes]}.
"#;

/// With a function more in front and one less behind it, and two others changed: one in a fun.
const SECOND: &str = r#"-module(till).
-export([new/1, open/1, close/0, sum/1]).
new(<<"prefix", Rest/binary>>) -> try binary_to_atom(Rest) catch error:badarg -> "no atom" end.
open(Drawers) -> {ok, lists:map(fun(Drawer) -> Drawer + 2 end, Drawers), "coins", <<"text", 1:8>>}.
close() -> helper(1).
sum(Coins) -> [Coin || Coin <- Coins, Coin > 1, is_map_key(Coin, #{a => b})].
helper(Count) -> {Count, self(), [coins]}.
"#;

impl Till {
    fn new() -> Self {
        let till = Self { shop: Shop::with_app("{modules, []}", "{modules, [till]}") };
        till.shop.write("start", "#!/bin/sh\n");
        till.compile(FIRST);
        till
    }

    fn compile(&self, source: &str) {
        self.shop.write("till.erl", source);
        let mut erlc = tool("erlc", "erlang-base");
        run(erlc.arg("-o").arg(self.shop.path(EBIN)).arg(self.shop.path("till.erl")));
    }

    /// Makes an image; says what was printed.
    fn image(&self, to: &str, more: &[&str]) -> String {
        let mut image = self.shop.erlrel("image --no-compile --quiet --boot-program start --to");
        if to == "docker" {
            image.env("DOCKER_HOST", daemon().host());
        }
        run(image.arg(to).args(more))
    }

    fn diff(&self, arguments: &str) -> Command {
        let mut diff = self.shop.erlrel(&format!("diff {arguments}"));
        if arguments.contains("docker:") {
            diff.env("DOCKER_HOST", daemon().host());
        }
        diff
    }

    fn json(&self, old: &str, new: &str) -> Value {
        let said = run(&mut self.diff(&format!("{old} {new} --json")));
        serde_json::from_str(&said).expect("JSON")
    }

    /// What is said of the only module between two versions of its source.
    fn modules(&self, old: &str, new: &str) -> Vec<Value> {
        for (source, to) in [(old, "oci:old"), (new, "oci:new")] {
            self.compile(source);
            let _ = std::fs::remove_dir_all(self.shop.path(to.trim_start_matches("oci:")));
            self.image(to, &[]);
        }
        let parts = self.json("oci:old", "oci:new")["parts"].as_array().expect("a list").clone();
        parts.iter().flat_map(|part| part["modules"].as_array().expect("a list").clone()).collect()
    }
}

#[test]
fn only_functions_that_do_something_else_differ() {
    let modules = Till::new().modules(FIRST, SECOND);
    let function = |function: &Value| {
        let (change, name) =
            (function["change"].as_str().expect("a word"), function["name"].as_str().expect("a name"));
        format!("{change} {name}/{} {}", function["arity"], function["exported"])
    };
    let functions: Vec<String> =
        modules[0]["functions"].as_array().expect("a list").iter().map(function).collect();
    assert_eq!(
        functions,
        ["changed helper/1 false", "added new/1 true", "removed old/0 true", "changed open/1 true"],
        "{modules:?}"
    );
}

#[test]
fn a_line_that_moves_is_no_change_of_a_function() {
    let till = Till::new();
    let moved = FIRST.replace("close()", "\n\nclose()");
    let modules = till.modules(FIRST, &moved);
    assert_eq!(
        (&modules[0]["functions"], modules[0]["other"].to_string()),
        (&Value::Array(Vec::new()), r#"["line numbers"]"#.into())
    );
    let attribute = FIRST.replace("-export", "-vsn(\"2\").\n-export");
    let others = till.modules(FIRST, &attribute)[0]["other"].to_string();
    assert!(others.contains("attributes"), "{others}");
    assert_eq!(till.modules(FIRST, FIRST), Vec::<Value>::new());
}

#[test]
fn images_are_compared_from_the_layers_to_the_functions() {
    let till = Till::new();
    till.shop.write("_build/prod/lib/shop/priv/prices", "1");
    till.shop.write("_build/prod/lib/shop/priv/gone", "");
    till.image("archive:old.tar", &[]);
    till.compile(SECOND);
    till.shop.write("_build/prod/lib/shop/priv/prices", "12");
    std::fs::remove_file(till.shop.path("_build/prod/lib/shop/priv/gone")).expect("removed");
    let app = std::fs::read_to_string(till.shop.path("_build/prod/lib/shop/ebin/shop.app")).expect("read");
    till.shop.write("_build/prod/lib/shop/ebin/shop.app", app.replace("1.0", "1.1"));
    till.image("oci:new", &["--env", "DB=there", "--volume", "/data"]);
    let said = run(&mut till.diff("archive:old.tar oci:new"));
    let sizes = |line: &str| {
        let words = line.split(' ').map(|word| if word.starts_with("sha256:") { "DIGEST" } else { word });
        let words: Vec<&str> = words.collect();
        words.join(" ")
    };
    let said: Vec<String> = said.lines().map(sizes).collect();
    insta::with_settings!({filters => vec![(r"\d+(\.\d)? (MB|kB)", "SIZE"), (r"\d\d+ B", "SIZE"), (r" +SIZE", " SIZE")]}, {
        insta::assert_snapshot!(said.join("\n"), @r"
        old    old.tar, SIZE in 4 layers, DIGEST
        new    new, SIZE in 4 layers, DIGEST
        fetch SIZE in 2 layers, for who has the old image

        layers
          = native SIZE
          = otp SIZE
          ~ project shop SIZE → SIZE
          ~ release SIZE

        configuration
          + env DB  there
          + volume /data

        applications
          ~ shop 1.0 → 1.1
            ~ module till (SIZE → SIZE): ~helper/1 (local), +new/1, -old/0, ~open/1
            ~ ebin/shop.app (SIZE)
            - priv/gone (0 B)
            ~ priv/prices (1 B → 2 B)
          ~ release 1.0
            ~ shop.rel (SIZE)
            ~ start.boot (SIZE)
            ~ start_clean.boot (SIZE)

        other files
          + data (directory)
          ~ opt/shop/releases/RELEASES (SIZE)
          ~ opt/shop/releases/shop.rel (SIZE)
        ");
    });
}

#[test]
fn only_layers_that_differ_are_fetched_wherever_an_image_is() {
    let till = Till::new();
    let registry = Registry::plain();
    let name = |tag: &str| format!("{}/shop:{tag}", registry.host());
    till.image("registry", &["--tag", &name("1")]);
    till.image("oci:old", &[]);
    till.compile(SECOND);
    till.image("registry", &["--tag", &name("2")]);
    let before = registry.log().len();
    let mut diff = till.diff(&format!("{} {} --json --no-cache", name("1"), name("2")));
    let found: Value = serde_json::from_str(&run(&mut diff)).expect("JSON");
    let log = registry.log()[before..].to_string();
    let layers = found["layers"].as_array().expect("a list");
    let fetched = |layer: &Value| {
        let digest = layer["new"]["digest"].as_str().expect("a digest");
        (layer["change"].as_str().expect("a word").to_string(), log.contains(&format!("/blobs/{digest}")))
    };
    let fetched: BTreeSet<(String, bool)> = layers.iter().map(fetched).collect();
    assert_eq!(fetched, [("changed".into(), true), ("kept".into(), false)].into(), "{log}");
    let size = |layer: &Value| layer["new"]["size"].as_u64().expect("a size");
    let changed: u64 = layers.iter().filter(|layer| layer["change"] == "changed").map(size).sum();
    assert_eq!(found["fetch"].as_u64(), Some(changed));
    let here = till.json("oci:old", &name("2"));
    assert_eq!(here["parts"], found["parts"]);
}

/// What `erlrel diff --help` names.
#[test]
fn images_can_be_anywhere() {
    let till = Till::new();
    let registry = Registry::plain();
    let help = run(&mut till.diff("--help"));
    let help: Vec<&str> = help.split_whitespace().collect();
    let forms = "`archive:FILE`, `oci:DIR[:TAG]`, `docker:NAME`, or `[REGISTRY/]NAME[:TAG][@DIGEST]`";
    assert!(help.join(" ").contains(forms), "another one needs its line here");
    let places = |tag: &str| {
        let (pushed, loaded) = (format!("{}/till:{tag}", registry.host()), format!("erlrel.test/till:{tag}"));
        till.image(&format!("archive:{tag}.tar"), &[]);
        till.image(&format!("oci:alone-{tag}"), &[]);
        till.image(&format!("oci:both:{tag}"), &[]);
        till.image("docker", &["--tag", &loaded]);
        let said = till.image("registry", &["--tag", &pushed]);
        let digest = said.lines().next().expect("a digest").to_string();
        let (archive, alone) = (format!("archive:{tag}.tar"), format!("oci:alone-{tag}"));
        let by_digest = format!("{}/till@{digest}", registry.host());
        [archive, alone, format!("oci:both:{tag}"), format!("docker:{loaded}"), pushed, by_digest]
    };
    let old = places("1");
    till.compile(SECOND);
    let new = places("2");
    let expected = till.json(&old[0], &new[0])["parts"].clone();
    assert!(expected.to_string().contains(r#""name":"new""#), "{expected}");
    for (place, other) in old.iter().zip(&new) {
        for (one, two) in [(place, &old[0]), (&old[0], place)] {
            let same = till.json(one, two);
            assert_eq!(
                (same["parts"].to_string(), same["files"].to_string()),
                ("[]".into(), "[]".into()),
                "{place}"
            );
            // Docker keeps neither annotations nor compressed layers.
            if !place.starts_with("docker:") {
                run(&mut till.diff(&format!("{one} {two} --exit-code")));
            }
        }
        assert_eq!(till.json(place, other)["parts"], expected, "{place} and {other}");
        assert_eq!(till.json(place, &new[0])["parts"], expected, "{place}");
    }
}

#[test]
fn a_difference_is_an_exit_code_where_that_is_asked_for() {
    let till = Till::new();
    till.image("archive:1.tar", &[]);
    till.image("archive:2.tar", &["--label", "a=b"]);
    run(&mut till.diff("archive:1.tar archive:2.tar"));
    run(&mut till.diff("archive:1.tar archive:1.tar --exit-code"));
    assert_eq!(fails(&mut till.diff("archive:1.tar archive:2.tar --exit-code"), 1), "");
    let error = till.shop.error(&mut till.diff("archive:1.tar archive:3.tar"));
    insta::assert_snapshot!(error, @"error: `3.tar` is no OCI image layout: there is no such file or directory; `skopeo copy docker://IMAGE oci:DIR:TAG` makes one");
    run(tool("mkfifo", "coreutils").arg(till.shop.path("pipe")));
    let error = till.shop.error(&mut till.diff("archive:1.tar archive:pipe"));
    assert!(
        error.starts_with(
            "error: `pipe` is no OCI image layout: it is neither a directory nor a regular file"
        ),
        "{error}"
    );
    let error = fails(&mut till.diff("1.tar archive:1.tar"), 2);
    assert!(error.contains("there is a file of this name: write `archive:1.tar`"), "{error}");
    let error = fails(&mut till.diff("Shop archive:1.tar"), 2);
    assert!(error.contains("`Shop` is no image: ") && error.contains("`archive:FILE`"), "{error}");
    let error = till.shop.error(&mut till.diff("scratch archive:1.tar"));
    insta::assert_snapshot!(error, @r"
    error: `scratch` is no image: there is nothing to compare
      hint: name two images: `erlrel diff OLD NEW`
    ");
}

#[test]
fn of_an_image_for_several_platforms_one_is_named() {
    let till = Till::new();
    till.image("oci:two", &[]);
    let path = till.shop.path("two/index.json");
    let mut index = json(&path);
    let image = index["manifests"][0].clone();
    let on = |architecture: &str| {
        let mut image = image.clone();
        image["platform"] = serde_json::json!({ "os": "linux", "architecture": architecture });
        image
    };
    index["manifests"] = ["amd64", "arm64"].map(on).into();
    std::fs::write(path, index.to_string()).expect("written");
    insta::assert_snapshot!(till.shop.error(&mut till.diff("oci:two oci:two")), @r"
    error: `two` has images for several platforms, `linux/amd64`, `linux/arm64`, and nothing says which is meant
      hint: name that of one platform by its digest, as NAME@DIGEST; `erlrel diff` takes --platform OS/ARCH
    ");
    run(&mut till.diff("oci:two oci:two --platform linux/arm64 --exit-code"));
}

#[test]
fn names_from_an_image_do_nothing_to_a_terminal() {
    let till = Till::new();
    till.image("oci:old", &[]);
    till.shop.write("_build/prod/lib/shop/priv/\x1b]0;title\x07\n+ forged", "");
    till.shop.write("_build/prod/lib/shop/priv/backwards\u{202e}txt", "");
    till.image("oci:new", &["--label", "note=\x1b[31mred", "--explain"]);
    let said = run(&mut till.diff("oci:old oci:new"));
    assert!(said.contains(r"+ priv/\u{1b}]0;title\u{7}\n+ forged (0 B)"), "{said}");
    assert!(said.contains(r"+ priv/backwards\u{202e}txt (0 B)"), "{said}");
    assert!(said.contains(r"\u{1b}[31mred"), "{said}");
    assert!(!said.contains(|letter: char| letter != '\n' && letter.is_control()), "{said:?}");
}

/// The functions of every module of these applications, as Erlang's own disassembler finds them.
fn disassembled(toolchain: &Toolchain) -> String {
    erlang::evaluate_with(
        toolchain,
        r#"Written = fun(Name) -> hd(atom_to_list(Name)) =/= $- end,
           Show = fun(File) ->
               {beam_file, _, _, _, _, Code} = beam_disasm:file(File),
               Functions = [[" ", atom_to_list(Name), "/", integer_to_list(Arity)]
                            || {function, Name, Arity, _, _} <- Code, Written(Name)],
               io:format("~ts~ts~n", [filename:join(lists:nthtail(length(filename:split(File)) - 3, filename:split(File))), Functions])
           end,
           [lists:foreach(Show, filelib:wildcard(filename:join(code:lib_dir(list_to_atom(App)), "ebin/*.beam")))
            || App <- init:get_plain_arguments()],
           halt()."#,
        &["kernel", "stdlib", "compiler", "crypto"].map(OsStr::new),
    )
}

#[test]
fn the_functions_of_erlangs_own_modules_are_found() {
    for toolchain in [&Toolchain::Machine].into_iter().chain(toolchain::others().iter().copied()) {
        let expected = disassembled(toolchain);
        let mut compared = 0;
        for line in expected.lines() {
            let mut words = line.split(' ');
            let file = toolchain.otp().join("lib").join(words.next().expect("a file"));
            let outline = beam::outline(&std::fs::read(&file).expect("read")).expect("a module");
            let written: BTreeMap<_, _> =
                outline.functions.iter().filter(|((name, _), _)| !name.starts_with('-')).collect();
            let found: BTreeSet<String> =
                written.keys().map(|(name, arity)| format!("{name}/{arity}")).collect();
            assert_eq!(found, words.map(String::from).collect(), "{}", file.display());
            assert!(written.values().all(|function| function.code.is_some()), "{}", file.display());
            compared += 1;
        }
        assert!(compared > 200, "{compared}");
    }
}
