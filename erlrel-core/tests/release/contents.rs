//! What is left out of a release, and where its applications come from.

use std::ffi::OsStr;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use erlrel_core::release::{Form, Warning, warnings};

use crate::fixture::{Fixture, text};

const LIB: &str = "_build/default/lib";

fn with(options: &str) -> Fixture {
    Fixture::new(&format!("{{relx, [{{release, {{shop, \"1\"}}, [shop]}}, {options}]}}."))
}

fn names(fixture: &Fixture) -> String {
    let release = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    release.apps.iter().map(|app| format!("{}-{}", app.app.name, app.app.vsn)).collect::<Vec<_>>().join(" ")
}

#[test]
fn excluded_applications_are_gone_from_the_release_and_from_the_lists_of_others() {
    let fixture = with("{exclude_apps, [cart]}");
    let keys = "{applications, [kernel, stdlib, cart, gone]}, {optional_applications, [cart, gone]}, {env, [{a, \"b\"}]}";
    fixture.app(&format!("{LIB}/shop"), "shop", "1.0", keys, &["shop"]);
    fixture.app(&format!("{LIB}/cart"), "cart", "1", "{applications, [kernel, stdlib, sasl]}", &[]);
    assert_eq!(
        names(&fixture),
        "kernel-8.5 stdlib-4.2 sasl-4.2 shop-1.0",
        "what cart needs is still there, as in relx"
    );
    let tree = fixture.tree(Form::Tarball).expect("a release");
    insta::assert_snapshot!(text(&tree, "lib/shop-1.0/ebin/shop.app"), @r#"
    {application,
     shop,
     [{applications,[kernel,stdlib,gone]},
      {optional_applications,[gone]},
      {env,[{a,"b"}]},
      {description,[]},
      {vsn,"1.0"},
      {modules,[shop]},
      {registered,[]},
      {applications,[kernel,stdlib,gone]}]}.
    "#);
    let original =
        std::fs::read_to_string(fixture.root().join(LIB).join("shop/ebin/shop.app")).expect("a file");
    assert!(original.contains("cart"), "the original is as it was");
}

#[test]
fn excluded_modules_are_gone_from_the_release_and_from_the_app_file() {
    let fixture = with("{exclude_modules, [{shop, [shop_app, no_such]}, {stdlib, [nothing]}]}");
    for form in [Form::Directory, Form::Tarball] {
        let tree = fixture.tree(form).expect("a release");
        assert!(text(&tree, "lib/shop-1.0/ebin/shop.app").contains("{modules,[shop]}"));
        assert_eq!(
            fixture.paths(form, "lib/shop-1.0/ebin/shop"),
            ["lib/shop-1.0/ebin/shop.app", "lib/shop-1.0/ebin/shop.beam"]
        );
    }
}

/// relx links the whole application and edits the file in `_build`.
#[test]
fn for_development_an_edited_application_is_a_directory_of_links() {
    let fixture = with("{mode, dev}, {exclude_modules, [{shop, [shop_app]}]}");
    fixture.file(&format!("{LIB}/shop/priv/a.txt"), "");
    let listing: Vec<String> = fixture
        .listing(Form::Directory)
        .lines()
        .filter(|line| line.contains("lib/shop"))
        .map(String::from)
        .collect();
    insta::assert_snapshot!(listing.join("\n"), @r"
    0755 project:shop lib/shop-1.0/
    0755 project:shop lib/shop-1.0/ebin/
    0644 project:shop lib/shop-1.0/ebin/shop.app
    link project:shop lib/shop-1.0/ebin/shop.beam -> DIR/project/_build/default/lib/shop/ebin/shop.beam
    link project:shop lib/shop-1.0/priv -> DIR/project/_build/default/lib/shop/priv
    ");
}

#[test]
fn applications_are_found_in_lib_dirs_before_the_installation() {
    let fixture = with("{lib_dirs, [\"vendor/*\", \"more\"]}");
    fixture.app(&format!("{LIB}/shop"), "shop", "1.0", "{applications, [kernel, stdlib, cart, sasl]}", &[]);
    fixture.app("vendor/b/cart-2", "cart", "2", "{id, []}", &[]);
    fixture.app("vendor/a/cart-1", "cart", "1", "{id, []}", &[]);
    fixture.app("more/sasl", "sasl", "9", "{id, []}", &[]);
    assert_eq!(names(&fixture), "kernel-8.5 stdlib-4.2 cart-1 sasl-9 shop-1.0");
}

#[test]
fn only_what_lib_dirs_says_is_a_pattern_and_not_where_the_project_is() {
    let fixture = with("{lib_dirs, [\"ext\", \"vendor/*\"]}").with_root("a[b]*{c");
    fixture.app(&format!("{LIB}/shop"), "shop", "1.0", "{applications, [kernel, stdlib, cart, till]}", &[]);
    fixture.app("ext/cart", "cart", "1", "{id, []}", &[]);
    fixture.app("vendor/a/till", "till", "1", "{id, []}", &[]);
    assert_eq!(names(&fixture), "kernel-8.5 stdlib-4.2 cart-1 till-1 shop-1.0");
}

/// With two versions of one application a goal decides, wherever they are.
#[test]
fn a_goal_s_version_is_looked_for_everywhere() {
    let fixture =
        Fixture::new("{relx, [{release, {shop, \"1\"}, [{cart, \"2\"}, shop]}, {lib_dirs, [\"more\"]}]}.");
    fixture.app(&format!("{LIB}/cart"), "cart", "1", "{id, []}", &[]);
    fixture.app("more/cart", "cart", "2", "{id, []}", &[]);
    assert_eq!(names(&fixture), "kernel-8.5 stdlib-4.2 cart-2 shop-1.0");
}

#[test]
fn without_system_libs_the_release_uses_those_of_the_runtime_system() {
    let fixture = with("{system_libs, false}");
    assert_eq!(fixture.paths(Form::Tarball, "kernel"), [""; 0]);
    assert_eq!(fixture.paths(Form::Tarball, "RELEASES"), [""; 0]);
    let tree = fixture.tree(Form::Directory).expect("a release");
    let script = text(&tree, "releases/1/start.script");
    assert!(script.contains("$SYSTEM_LIB_DIR/kernel-8.5/ebin") && script.contains("$ROOT/lib/shop-1.0/ebin"));
}

#[test]
fn system_libs_from_a_directory_stand_in_for_the_installation() {
    let fixture = with("{system_libs, \"libs\"}");
    fixture.app("libs/kernel-7.1-test", "kernel", "7.1-test", "{applications, []}", &[]);
    insta::assert_snapshot!(fixture.error(), @r"
    the application `stdlib`, which application `shop` (DIR/project/_build/default/lib/shop/ebin/shop.app) needs, is not in `DIR/project/_build/default/lib` or `DIR/project/libs`
      hint: compile the project first (`rebar3 as PROFILE compile`), add the application to `deps`, or install the part of Erlang that has it
    ");
    fixture.app("libs/stdlib-3", "stdlib", "3", "{applications, [kernel]}", &[]);
    assert_eq!(names(&fixture), "kernel-7.1-test stdlib-3 shop-1.0");
}

#[test]
fn directories_are_relative_to_the_project() {
    let fixture = with(
        "{root_dir, \"rel\"}, {output_dir, \"out\"}, {overlay, [{copy, \"note\", \"{{output_dir}}/note\"}]}",
    );
    fixture.file("rel/config/vm.args", "-sname root");
    fixture.file("rel/note", "");
    let tree = fixture.tree(Form::Tarball).expect("a release");
    assert_eq!(text(&tree, "releases/1/vm.args"), "-sname root");
    assert!(tree.get("note").is_some());
    let spec = fixture.load().expect("a release").spec;
    assert_eq!(spec.output_dir, fixture.root().join("out"));
}

#[test]
fn wrong_values_of_these_options_are_shown_at_their_place() {
    let messages: Vec<String> = [
        "{exclude_apps, cart}",
        "{exclude_apps, [\"cart\"]}",
        "{exclude_modules, [shop]}",
        "{exclude_modules, [{shop, shop}]}",
        "{lib_dirs, vendor}",
        "{lib_dirs, [vendor]}",
        "{system_libs, maybe_so}",
        "{system_libs, \"nowhere\"}",
        "{root_dir, 1}",
        "{output_dir, out}",
        "{include_src, \"yes\"}",
        "{check_for_undefined_functions, 1}",
        "{exref, shop}",
        "{warnings_as_errors, yes}",
        "{generate_start_script, no}",
        "{vm_args_src, false}",
    ]
    .iter()
    .map(|option| with(option).error())
    .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    rebar.config:1:56: `exclude_apps` must be a list of atoms
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {exclude_apps, cart}]}.
      |                                                        ^^^^
    rebar.config:1:57: `exclude_apps` must be a list of atoms
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {exclude_apps, ["cart"]}]}.
      |                                                         ^^^^^^
    rebar.config:1:60: `exclude_modules` must be a list of `{App, [Module]}`
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {exclude_modules, [shop]}]}.
      |                                                            ^^^^
    rebar.config:1:60: `exclude_modules` must be a list of `{App, [Module]}`
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {exclude_modules, [{shop, shop}]}]}.
      |                                                            ^^^^^^^^^^^^
    rebar.config:1:52: `lib_dirs` must be a list of directories
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {lib_dirs, vendor}]}.
      |                                                    ^^^^^^
    rebar.config:1:53: `lib_dirs` must be a list of directories
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {lib_dirs, [vendor]}]}.
      |                                                     ^^^^^^
    rebar.config:1:55: `system_libs` must be true, false or a directory
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {system_libs, maybe_so}]}.
      |                                                       ^^^^^^^^
    rebar.config:1:55: `system_libs` must be true, false or a directory that exists
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {system_libs, "nowhere"}]}.
      |                                                       ^^^^^^^^^
    rebar.config:1:52: `root_dir` must be the path of a directory
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {root_dir, 1}]}.
      |                                                    ^
    rebar.config:1:54: `output_dir` must be the path of a directory
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {output_dir, out}]}.
      |                                                      ^^^
    rebar.config:1:55: `include_src` must be true or false
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {include_src, "yes"}]}.
      |                                                       ^^^^^
    rebar.config:1:73: `check_for_undefined_functions` must be true or false
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {check_for_undefined_functions, 1}]}.
      |                                                                         ^
    rebar.config:1:49: `exref` must be true, false or a list of applications
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {exref, shop}]}.
      |                                                 ^^^^
    rebar.config:1:62: `warnings_as_errors` must be true or false
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {warnings_as_errors, yes}]}.
      |                                                              ^^^
    rebar.config:1:65: `generate_start_script` must be true or false
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {generate_start_script, no}]}.
      |                                                                 ^^
    rebar.config:1:55: `vm_args_src` must be a path; leave it out, or set `vm_args` to false, to have none
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {vm_args_src, false}]}.
      |                                                       ^^^^^
    "#);
}

#[test]
fn sources_come_along_where_relx_takes_them() {
    let sources = |option: &str, form: Form| {
        let fixture = with(option);
        for folder in ["src", "include", "c_src", "lib", "test"] {
            fixture.file(&format!("{LIB}/shop/{folder}/a"), "");
        }
        let paths = fixture.paths(form, "lib/shop-1.0/");
        let files = paths.iter().filter_map(|path| path.strip_prefix("lib/shop-1.0/")?.strip_suffix("/a"));
        files.map(String::from).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(sources("{debug_info, keep}", Form::Directory), "c_src include lib src", "nothing said");
    assert_eq!(sources("{debug_info, keep}", Form::Tarball), "");
    assert_eq!(sources("{include_src, true}", Form::Directory), "c_src include lib src");
    assert_eq!(sources("{include_src, true}", Form::Tarball), "include src");
    assert_eq!(sources("{include_src, false}", Form::Directory), "include");
    assert_eq!(sources("{include_src, false}", Form::Tarball), "");
}

/// relx looks for these files in the current folder too, and packs what earlier builds left in the release.
#[test]
fn files_that_lie_about_take_no_part() {
    let fixture = with("{mode, prod}");
    let before = fixture.listing(Form::Tarball);
    for stray in ["shop.rel", "sys.config", "sys.config.src", "relup", "start.boot"] {
        fixture.file(stray, "stray");
    }
    fixture.file("_build/default/rel/shop/bin/shop-0.9", "");
    fixture.file("_build/default/rel/shop/lib/gone-1/ebin/gone.beam", "");
    fixture.file("_build/default/rel/shop/releases/1/vm.args.src", "");
    assert_eq!(fixture.listing(Form::Tarball), before);
}

#[test]
fn a_relup_that_rebar3_made_is_packed() {
    let fixture = with("{mode, prod}");
    fixture.file("_build/default/rel/shop/releases/1/relup", "{\"1\", [], []}.");
    for (form, packed) in [(Form::Directory, true), (Form::Tarball, true), (Form::Image, false)] {
        assert_eq!(!fixture.paths(form, "releases/1/relup").is_empty(), packed, "{form:?}");
    }
}

#[test]
fn a_file_that_is_not_there_is_shown_where_it_is_named() {
    let messages: Vec<String> = ["sys_config", "sys_config_src", "vm_args", "vm_args_src"]
        .iter()
        .map(|option| with(&format!("{{{option}, \"nowhere\"}}")).error())
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    rebar.config:1:54: there is no file `DIR/project/nowhere`
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {sys_config, "nowhere"}]}.
      |                                                      ^^^^^^^^^
    rebar.config:1:58: there is no file `DIR/project/nowhere`
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {sys_config_src, "nowhere"}]}.
      |                                                          ^^^^^^^^^
    rebar.config:1:51: there is no file `DIR/project/nowhere`
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {vm_args, "nowhere"}]}.
      |                                                   ^^^^^^^^^
    rebar.config:1:55: there is no file `DIR/project/nowhere`
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {vm_args_src, "nowhere"}]}.
      |                                                       ^^^^^^^^^
    "#);
}

#[test]
fn options_that_contradict_each_other_are_shown() {
    let warnings = |options: &str| {
        let fixture = with(options);
        ["a", "b"].iter().for_each(|name| fixture.file(name, "[]."));
        let spec = fixture.load().expect("a release").spec;
        spec.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(warnings("{sys_config, \"a\"}, {sys_config_src, \"b\"}"), @r#"
    rebar.config:1:54: this file is not used, as `sys_config_src` is set too
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {sys_config, "a"}, {sys_config_src, "b"}]}.
      |                                                      ^^^
    "#);
    insta::assert_snapshot!(warnings("{vm_args_src, \"b\"}, {vm_args, \"a\"}"), @r#"
    rebar.config:1:71: this file is not used, as `vm_args_src` is set too
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {vm_args_src, "b"}, {vm_args, "a"}]}.
      |                                                                       ^^^
    "#);
    insta::assert_snapshot!(warnings("{exclude_apps, [sasl, shop]}"), @r#"
    rebar.config:1:56: this leaves out `shop`, which the release names as one of its applications
      |
    1 | {relx, [{release, {shop, "1"}, [shop]}, {exclude_apps, [sasl, shop]}]}.
      |                                                        ^^^^^^^^^^^^
    "#);
}

#[test]
fn a_damaged_module_is_no_reason_to_fail_when_calls_are_looked_for() {
    let fixture = with("{exref, true}");
    assert_eq!(warnings(&fixture.load().expect("a release")), [Warning::NoSasl]);
}

/// Reading it would have no end.
#[test]
fn a_device_or_a_socket_in_an_application_is_an_error() {
    let fixture = with("{mode, prod}");
    fixture.file(&format!("{LIB}/shop/priv/note"), "");
    let found = |name: &str| fixture.root().join(LIB).join("shop/priv").join(name);
    let (reader, _writer) = std::io::pipe().expect("a pipe");
    let pipe = format!("/proc/self/fd/{}", reader.as_raw_fd());
    let mut errors = Vec::new();
    for target in ["/dev/zero", &pipe] {
        symlink(target, found("endless")).expect("linked");
        errors.push(fixture.error());
        std::fs::remove_file(found("endless")).expect("removed");
    }
    let _socket = UnixListener::bind(found("socket")).expect("bound");
    errors.push(fixture.error());
    insta::assert_snapshot!(errors.join("\n"), @r"
    `DIR/project/_build/default/lib/shop/priv/endless` is a device: only files, directories and links can be packed
    `DIR/project/_build/default/lib/shop/priv/endless` is a pipe: only files, directories and links can be packed
    `DIR/project/_build/default/lib/shop/priv/socket` is a socket: only files, directories and links can be packed
    ");
}

/// As where files are copied: a link could not lead to it.
#[test]
fn a_name_that_is_not_utf_8_is_an_error_where_files_are_linked() {
    let error = |options: &str, dir: &str| {
        let fixture = with(options);
        fixture.file("note", "");
        fixture.file(&format!("{dir}/note"), "");
        let name = OsStr::from_bytes(b"caf\xe9");
        std::fs::write(fixture.root().join(dir).join(name), "").expect("written");
        let error = fixture.tree(Form::Directory).expect_err("a name that is not UTF-8").to_string();
        error.replace(&fixture.root().display().to_string(), "DIR")
    };
    let edited = error("{mode, dev}, {exclude_modules, [{shop, [shop]}]}", &format!("{LIB}/shop"));
    insta::assert_snapshot!(edited, @"the name of `DIR/_build/default/lib/shop/caf�` is not UTF-8, which a release cannot hold");
    let overlay = "{mode, dev}, {overlay, [{link, \"files\", \"files\"}, {copy, \"note\", \"files/more\"}]}";
    let opened = error(overlay, "files");
    assert!(opened.contains("/files/caf�` is not UTF-8"), "{opened}");
}
