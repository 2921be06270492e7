//! What a release consists of, in each of its forms.

use erlrel_core::release::Form;

use crate::fixture::{CONFIG, Fixture, text};

#[test]
fn a_tarball_has_what_running_needs() {
    insta::assert_snapshot!(Fixture::new(CONFIG).listing(Form::Tarball), @r"
    0755 release bin/
    0644 release bin/no_dot_erlang.boot
    0755 release bin/shop
    0755 release bin/shop-1.0
    0755 erts erts-13.1.5/
    0755 erts erts-13.1.5/bin/
    0755 erts erts-13.1.5/bin/beam.smp
    0644 erts erts-13.1.5/bin/dyn_erl
    0644 erts erts-13.1.5/bin/epmd
    0644 erts erts-13.1.5/bin/erl
    0644 erts erts-13.1.5/bin/erlexec
    0755 otp lib/
    0755 otp lib/kernel-8.5/
    0755 otp lib/kernel-8.5/ebin/
    0644 otp lib/kernel-8.5/ebin/error_handler.beam
    0644 otp lib/kernel-8.5/ebin/kernel.app
    0644 otp lib/kernel-8.5/ebin/kernel.beam
    0755 otp lib/sasl-4.2/
    0755 otp lib/sasl-4.2/ebin/
    0644 otp lib/sasl-4.2/ebin/sasl.app
    0644 otp lib/sasl-4.2/ebin/sasl.beam
    0755 project:shop lib/shop-1.0/
    0755 project:shop lib/shop-1.0/ebin/
    0644 project:shop lib/shop-1.0/ebin/shop.app
    0644 project:shop lib/shop-1.0/ebin/shop.beam
    0644 project:shop lib/shop-1.0/ebin/shop_app.beam
    0755 otp lib/stdlib-4.2/
    0755 otp lib/stdlib-4.2/ebin/
    0644 otp lib/stdlib-4.2/ebin/lists.beam
    0644 otp lib/stdlib-4.2/ebin/stdlib.app
    0755 release releases/
    0755 release releases/1.0/
    0644 release releases/1.0/no_dot_erlang.boot
    0644 release releases/1.0/shop.rel
    0644 release releases/1.0/start.boot
    0644 release releases/1.0/start_clean.boot
    0644 release releases/1.0/sys.config
    0644 release releases/1.0/vm.args
    0644 release releases/RELEASES
    0644 release releases/shop.rel
    0644 release releases/start_erl.data
    ");
}

#[test]
fn a_directory_has_headers_appups_and_build_tools_too() {
    let directory = Fixture::new(CONFIG).listing(Form::Directory);
    let tarball = Fixture::new(CONFIG).listing(Form::Tarball);
    let only_in =
        |a: &str, b: &str| a.lines().filter(|line| !b.contains(line)).map(String::from).collect::<Vec<_>>();
    insta::assert_snapshot!(only_in(&directory, &tarball).join("\n"), @r"
    0644 erts erts-13.1.5/bin/dialyzer
    0644 otp lib/sasl-4.2/ebin/sasl.appup
    0755 otp lib/sasl-4.2/include/
    0644 otp lib/sasl-4.2/include/sasl.hrl
    0644 release releases/1.0/start.script
    ");
    insta::assert_snapshot!(only_in(&tarball, &directory).join("\n"), @"0644 release releases/shop.rel");
}

#[test]
fn an_image_has_no_start_script() {
    let fixture = Fixture::new(CONFIG);
    let in_bin =
        |form| fixture.paths(form, "bin/").into_iter().filter(|path| path.starts_with("bin/shop")).count();
    assert_eq!((in_bin(Form::Tarball), in_bin(Form::Image)), (2, 0));
}

#[test]
fn development_mode_links_and_packs_nothing_twice() {
    let fixture = Fixture::new(
        r#"{relx, [{release, {shop, "1.0"}, [shop]}, {mode, dev}, {sys_config, "shop.config"}]}."#,
    );
    fixture.file("shop.config", "[].");
    insta::assert_snapshot!(fixture.listing(Form::Directory), @r"
    0755 release bin/
    0644 release bin/no_dot_erlang.boot
    0755 release bin/shop
    0755 release bin/shop-1.0
    0755 otp lib/
    link otp lib/kernel-8.5 -> DIR/otp/lib/kernel-8.5
    link project:shop lib/shop-1.0 -> DIR/project/_build/default/lib/shop
    link otp lib/stdlib-4.2 -> DIR/otp/lib/stdlib-4.2
    0755 release releases/
    0755 release releases/1.0/
    0644 release releases/1.0/no_dot_erlang.boot
    0644 release releases/1.0/shop.rel
    0644 release releases/1.0/start.boot
    0644 release releases/1.0/start.script
    0644 release releases/1.0/start_clean.boot
    link release releases/1.0/sys.config -> DIR/project/shop.config
    0644 release releases/1.0/vm.args
    0644 release releases/RELEASES
    0644 release releases/start_erl.data
    ");
    assert!(fixture.listing(Form::Tarball).contains("lib/shop-1.0/ebin/shop.beam"), "a tarball cannot link");
}

#[test]
fn groups_say_where_applications_came_from() {
    let fixture = Fixture::new(r#"{relx, [{release, {shop, "1.0"}, [shop, json, cart]}, {mode, prod}]}."#);
    fixture.app("_build/default/lib/json", "json", "2.0", "{id, []}", &["json"]);
    fixture.app("_build/default/checkouts/cart", "cart", "3.0", "{id, []}", &["cart"]);
    fixture.file("_checkouts/cart/src/cart.app.src", "");
    fixture.file("_build/default/lib/json/priv/table.bin", "");
    let listing = fixture.listing(Form::Image);
    let groups: Vec<&str> =
        listing.lines().filter(|line| line.ends_with(".app") || line.contains("priv/")).collect();
    insta::assert_snapshot!(groups.join("\n"), @r"
    0644 project:cart lib/cart-3.0/ebin/cart.app
    0644 dependency:json lib/json-2.0/ebin/json.app
    0755 dependency:json lib/json-2.0/priv/
    0644 dependency:json lib/json-2.0/priv/table.bin
    0644 otp lib/kernel-8.5/ebin/kernel.app
    0644 project:shop lib/shop-1.0/ebin/shop.app
    0644 otp lib/stdlib-4.2/ebin/stdlib.app
    ");
}

#[test]
fn a_dependency_in_a_folder_of_its_repository_is_found() {
    let fixture = Fixture::new(r#"{relx, [{release, {shop, "1.0"}, [shop, json]}, {mode, prod}]}."#);
    fixture.file("rebar.lock", r#"[{<<"json">>,{git_subdir,"url",{ref,"abc"},"apps"},0}]."#);
    fixture.app("_build/default/lib/json/apps/json", "json", "2.0", "{id, []}", &["json"]);
    assert_eq!(fixture.paths(Form::Tarball, "json.app"), ["lib/json-2.0/ebin/json.app"]);
}

#[test]
fn erts_and_stripping_follow_the_mode() {
    let with = |options: &str| {
        Fixture::new(&format!(r#"{{relx, [{{release, {{shop, "1.0"}}, [shop]}}, {options}]}}."#))
    };
    let erts = |options: &str| !with(options).paths(Form::Tarball, "erts-").is_empty();
    assert!(erts("{mode, prod}"));
    assert!(!erts("{mode, minimal}"));
    assert!(erts("{mode, minimal}, {include_erts, true}"));
    assert!(!erts("{include_src, false}"));
    let stripped = |options: &str| {
        let fixture = with(options);
        let tree = fixture.tree(Form::Tarball).expect("a release");
        !text(&tree, "lib/shop-1.0/ebin/shop.beam").starts_with("FOR1")
    };
    assert!(stripped("{mode, prod}"));
    assert!(!stripped("{mode, prod}, {debug_info, keep}"));
    assert!(!stripped("{include_erts, true}"));
    assert!(stripped("{debug_info, strip}"));
}

#[test]
fn the_descriptions_of_a_release_name_its_applications() {
    let config = r#"{relx, [{release, {shop, "1.0"}, [{shop, transient}, {sasl, load}]}, {mode, prod}]}."#;
    let fixture = Fixture::new(config);
    let tree = fixture.tree(Form::Tarball).expect("a release");
    insta::assert_snapshot!(text(&tree, "releases/1.0/shop.rel"), @r#"
    {release,
     {"shop","1.0"},
     {erts,"13.1.5"},
     [{kernel,"8.5"},{stdlib,"4.2"},{shop,"1.0",transient},{sasl,"4.2",load}]}.
    "#);
    insta::assert_snapshot!(text(&tree, "releases/RELEASES"), @r#"
    %% coding: utf-8
    [{release,
      "shop",
      "1.0",
      "13.1.5",
      [{kernel,"8.5","./lib/kernel-8.5"},
       {stdlib,"4.2","./lib/stdlib-4.2"},
       {shop,"1.0","./lib/shop-1.0"},
       {sasl,"4.2","./lib/sasl-4.2"}],
      permanent}].
    "#);
    assert_eq!(text(&tree, "releases/start_erl.data"), "13.1.5 1.0");
    assert_eq!(
        text(&tree, "erts-13.1.5/bin/erl"),
        "dyn_erl",
        "the relocatable program stands in for the script"
    );
}
