//! Which applications a release contains, in which order, and what cannot be booted together.

use crate::fixture::{CONFIG, Fixture};

const LIB: &str = "_build/default/lib";

fn with(goals: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{{release, {{shop, \"1.0\"}}, [{goals}]}}]}}."))
}

fn order(fixture: &Fixture) -> String {
    let release = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    release
        .apps
        .iter()
        .map(|app| format!("{}:{}", app.app.name, app.start_type()))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn dependencies_come_before_what_needs_them() {
    let fixture = with("sasl, shop");
    fixture.app(&format!("{LIB}/shop"), "shop", "1.0", "{applications, [stdlib, kernel, b, a]}", &[]);
    fixture.app(&format!("{LIB}/a"), "a", "1", "{id, []}", &[]);
    fixture.app(&format!("{LIB}/b"), "b", "1", "{included_applications, [c]}", &[]);
    fixture.app(&format!("{LIB}/c"), "c", "1", "{id, []}", &[]);
    assert_eq!(
        order(&fixture),
        "kernel:permanent stdlib:permanent sasl:permanent c:load b:permanent a:permanent shop:permanent"
    );
}

#[test]
fn an_included_application_that_is_a_goal_is_as_the_goal_says() {
    let order_of = |goals: &str| {
        let fixture = with(goals);
        fixture.app(&format!("{LIB}/shop"), "shop", "1.0", "{included_applications, [a]}", &[]);
        fixture.app(&format!("{LIB}/a"), "a", "1", "{id, []}", &[]);
        order(&fixture)
    };
    assert!(order_of("shop").contains("a:load"));
    assert!(order_of("shop, a").contains("a:permanent"));
    assert!(order_of("shop, {a, none}").contains("a:none"));
}

#[test]
fn an_optional_application_may_be_absent() {
    let fixture = with("shop");
    let keys = "{applications, [kernel, stdlib, gone]}, {optional_applications, [gone]}";
    fixture.app(&format!("{LIB}/shop"), "shop", "1.0", keys, &[]);
    assert_eq!(order(&fixture), "kernel:permanent stdlib:permanent shop:permanent");
}

#[test]
fn an_application_that_is_nowhere_is_named_with_what_needs_it() {
    insta::assert_snapshot!(with("shop, cart").error(), @r#"
    rebar.config:1:41: the application `cart`, which the release needs, is not in `DIR/project/_build/default/lib` or `DIR/otp/lib`
      |
    1 | {relx, [{release, {shop, "1.0"}, [shop, cart]}]}.
      |                                         ^^^^
      hint: compile the project first (`rebar3 as PROFILE compile`), add the application to `deps`, or install the part of Erlang that has it
    "#);
    let fixture = with("shop");
    fixture.app(&format!("{LIB}/shop"), "shop", "1.0", "{applications, [kernel, stdlib, cart]}", &[]);
    insta::assert_snapshot!(fixture.error(), @r"
    the application `cart`, which application `shop` (DIR/project/_build/default/lib/shop/ebin/shop.app) needs, is not in `DIR/project/_build/default/lib` or `DIR/otp/lib`
      hint: compile the project first (`rebar3 as PROFILE compile`), add the application to `deps`, or install the part of Erlang that has it
    ");
}

#[test]
fn a_goal_s_version_is_checked_wherever_the_application_came_from() {
    insta::assert_snapshot!(with("shop, {stdlib, \"1.0\"}").error(), @r#"
    rebar.config:1:41: the release asks for `stdlib` 1.0, and `DIR/otp/lib/stdlib-4.2` has 4.2; relx does not check this, as another application of the release has brought it in before: correct the version, or leave it out
      |
    1 | {relx, [{release, {shop, "1.0"}, [shop, {stdlib, "1.0"}]}]}.
      |                                         ^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn what_cannot_be_booted_together_is_refused() {
    let fixture = with("shop, twin");
    fixture.app(&format!("{LIB}/twin"), "twin", "1", "{id, []}", &["shop"]);
    insta::assert_snapshot!(fixture.error(), @"the module `shop` is in two applications of the release: `shop` and `twin`");

    let fixture = with("shop, a");
    fixture.app(&format!("{LIB}/a"), "a", "1", "{applications, [kernel, stdlib, b]}", &[]);
    fixture.app(&format!("{LIB}/b"), "b", "1", "{applications, [kernel, stdlib, a]}", &[]);
    insta::assert_snapshot!(fixture.error(), @"these applications need each other in a circle, so none of them can start first: a, b");
}

#[test]
fn a_module_that_was_not_compiled_is_named() {
    let fixture = Fixture::new(CONFIG);
    std::fs::remove_file(fixture.root().join(LIB).join("shop/ebin/shop_app.beam")).expect("removed");
    insta::assert_snapshot!(fixture.error(), @r"
    the application `shop` lists the module `shop_app`, but there is no `DIR/project/_build/default/lib/shop/ebin/shop_app.beam`
      hint: compile the project first: `rebar3 as PROFILE compile`
    ");
}

#[test]
fn a_module_that_is_none_is_named_when_it_is_stripped() {
    let fixture = Fixture::new(CONFIG);
    fixture.file(&format!("{LIB}/shop/ebin/shop.beam"), "FOR1");
    let tree = fixture.tree(erlrel_core::release::Form::Tarball).expect("it is not read before it is packed");
    let options = erlrel_core::tree::TarOptions::default();
    let error = erlrel_core::tree::write_tar(&tree, options, Vec::new(), "memory").expect_err("now it is");
    assert!(error.to_string().ends_with("shop/ebin/shop.beam`"), "{error}");
}
