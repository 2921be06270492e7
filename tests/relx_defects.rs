//! What relx does badly, done well: the results, read by the real Erlang. That relx does otherwise is seen by
//! `random_projects`, which explains each difference by one of these defects.

use std::path::{Path, PathBuf};

use crate::support::rebar3::Tiny;
use crate::support::shop::Shop;
use crate::support::toolchain::{self, Toolchain};
use crate::support::{erlang, erlrel, run, temp_dir, tool};

/// The terms of a file as `file:consult/1` reads them, one a line.
fn consult(file: &Path) -> String {
    read(
        &Toolchain::Machine,
        "{ok, Terms} = file:consult(File), [io:format(\"~0tp~n\", [T]) || T <- Terms]",
        file,
    )
}

/// What an expression prints of a `File`. Erlang does not see the file's own name, which it might not be able to
/// read in the tester's locale.
fn read(toolchain: &Toolchain, expression: &str, file: &Path) -> String {
    let temp = temp_dir();
    let copy = temp.path().join("copy");
    std::fs::copy(file, &copy).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let program = format!(
        "ok = io:setopts([{{encoding, unicode}}]), [File] = init:get_plain_arguments(), {expression}, halt()."
    );
    erlang::evaluate_with(toolchain, &program, &[copy.as_os_str()])
}

/// What a boot file starts, and what it loads: `NAME: INCLUDED`.
fn boot(file: &Path) -> String {
    let expression = r#"{ok, Binary} = file:read_file(File), {script, Id, Steps} = binary_to_term(Binary),
        io:format("~0tp~n", [Id]),
        [io:format("load ~tp including ~0tp~n", [Name, proplists:get_value(included_applications, Keys)])
            || {apply, {application, load, [{application, Name, Keys}]}} <- Steps],
        [io:format("start ~tp~n", [Name]) || {apply, {application, start_boot, [Name | _]}} <- Steps]"#;
    read(&Toolchain::Machine, expression, file)
}

fn app(name: &str, keys: &str) -> String {
    format!(
        "{{application, '{name}', [{keys} {{vsn, \"1.0\"}}, {{modules, []}}, {{registered, []}}, {{applications, [kernel, stdlib]}}]}}.\n"
    )
}

/// The release directory that erlrel makes.
fn release(shop: &Shop) -> PathBuf {
    run(&mut shop.erlrel("release --no-compile --quiet --out out"));
    shop.path("out")
}

#[test]
fn names_and_versions_beyond_ascii_are_read_by_erlang_and_start() {
    let shop = Shop::new();
    // A node of its own for each run of the tests.
    let name = format!("läden€{}", std::process::id());
    shop.write(
        "rebar.config",
        format!("{{relx, [{{release, {{'{name}', \"1.0-ü€\"}}, ['wäsche€', sasl]}}, {{mode, prod}}]}}.\n"),
    );
    shop.write("_build/prod/lib/wäsche€/ebin/wäsche€.app", app("wäsche€", "{description, \"Für 1 €\"},"));
    let out = release(&shop);
    let rel = consult(&out.join(format!("releases/1.0-ü€/{name}.rel")));
    assert!(rel.starts_with(&format!("{{release,{{\"{name}\",\"1.0-ü€\"}},{{erts,")), "{rel}");
    assert!(rel.contains("{'wäsche€',\"1.0\"}"), "{rel}");
    let releases = consult(&out.join("releases/RELEASES"));
    assert!(releases.starts_with(&format!("[{{release,\"{name}\",\"1.0-ü€\",")), "{releases}");
    let described = consult(&out.join("lib/wäsche€-1.0/ebin/wäsche€.app"));
    assert!(described.starts_with("{application,'wäsche€',[{description,\"Für 1 €\"},"), "{described}");
    let boot = boot(&out.join("releases/1.0-ü€/start.boot"));
    assert!(boot.starts_with(&format!("{{\"{name}\",\"1.0-ü€\"}}\n")), "{boot}");
    assert!(boot.contains("start 'wäsche€'\n"), "{boot}");
    let print = r#"io:setopts([{encoding, unicode}]),
        io:format("~tp ~ts", [[A || {A, _, _} <- application:which_applications()], node()]), init:stop()."#;
    let mut script = tool("sh", "dash");
    script.arg(out.join("bin").join(&name)).args(["foreground", "-eval", print]);
    let said = run(script.env("LANG", "C.UTF-8").env_remove("LC_ALL"));
    let expected = format!("[sasl,'wäsche€',stdlib,kernel] l_den_{}@", std::process::id());
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn an_edited_description_beyond_latin_1_is_read_by_erlang() {
    let shop = Shop::with_options("{exclude_apps, [cart]}");
    let keys = "{description, \"Für 1 €\"}, {env, [{'größe€', '名'}]}, {optional_applications, [cart]}, {applications, [cart, kernel, stdlib]},";
    shop.write("_build/prod/lib/shop/ebin/shop.app", app("shop", keys));
    shop.write("_build/prod/lib/cart/ebin/cart.app", app("cart", "{description, \"\"},"));
    let described = consult(&release(&shop).join("lib/shop-1.0/ebin/shop.app"));
    assert!(described.contains("{description,\"Für 1 €\"},{env,[{'größe€','名'}]}"), "{described}");
    assert!(!described.contains("cart"), "{described}");
}

#[test]
fn debug_information_goes_where_there_is_no_beam_file() {
    let shop = Shop::new();
    shop.write(
        "rebar.config",
        "{relx, [{release, {shop, \"1.0\"}, [shop]}, {mode, minimal}, {system_libs, false}]}.\n",
    );
    run(&mut shop.erlrel("tar --no-compile --quiet --out shop.tar.gz"));
    let paths = listed(&shop);
    assert!(paths.iter().any(|path| path == "lib/shop-1.0/ebin/shop.app"), "{paths:?}");
    assert!(paths.iter().all(|path| !path.ends_with(".beam")), "{paths:?}");
}

/// The entries of `shop.tar.gz`, as tar sees them.
fn listed(shop: &Shop) -> Vec<String> {
    let listing = run(tool("tar", "tar").arg("-tzf").arg(shop.path("shop.tar.gz")));
    listing.lines().map(String::from).collect()
}

#[test]
fn every_path_of_a_tarball_is_in_its_normal_form() {
    let shop = Shop::with_options(
        "{overlay, [{mkdir, \"./a\"}, {mkdir, \"b//\"}, {copy, \"note\", \"./c//note\"}, {copy, \"note\", \"d/./e//\"}, {link, \"note\", \".//f\"}]}",
    );
    shop.write("note", "");
    run(&mut shop.erlrel("tar --no-compile --quiet --out shop.tar.gz"));
    let paths = listed(&shop);
    for path in ["a/", "b/", "c/note", "d/e/note", "f"] {
        assert!(paths.iter().any(|listed| listed == path), "{path}: {paths:?}");
    }
    let is_normal = |path: &String| {
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        parts.iter().all(|part| !["", ".", ".."].contains(part)) && !path.ends_with("//")
    };
    assert_eq!(paths.iter().filter(|path| !is_normal(path)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn an_overlay_takes_the_place_of_a_link() {
    let shop = Shop::new();
    shop.write("config/vm.args", "-sname own\n");
    shop.write("other.args", "-sname other\n");
    let overlay = r#"{overlay, [{copy, "other.args", "releases/1.0/vm.args"}]}"#;
    shop.write(
        "rebar.config",
        format!("{{relx, [{{release, {{shop, \"1.0\"}}, [shop, sasl]}}, {{mode, dev}}, {overlay}]}}.\n"),
    );
    run(&mut shop.erlrel("release --no-compile --quiet --out out"));
    let read = |path: &str| std::fs::read_to_string(shop.path(path)).expect("read");
    assert_eq!(read("out/releases/1.0/vm.args"), "-sname other\n");
    assert_eq!(read("config/vm.args"), "-sname own\n", "the project's own file");
}

#[test]
fn a_binary_is_a_text_as_a_version_as_a_directory_and_as_a_destination() {
    let shop = Shop::new();
    let overlay = r#"{overlay, [{copy, <<"rebar.config">>, <<"żółw €"/utf8>>}]}"#;
    let release = r#"{release, {shop, <<"1.1">>}, [shop, sasl]}"#;
    shop.write(
        "rebar.config",
        format!("{{relx, [{release}, {{mode, prod}}, {{output_dir, <<\"made\">>}}, {overlay}]}}.\n"),
    );
    run(&mut shop.erlrel("tar --no-compile --quiet"));
    let tarball = shop.path("made/shop/shop-1.1.tar.gz");
    run(tool("tar", "tar").arg("-xzf").arg(tarball).arg("-C").arg(shop.path(".")));
    let start = std::fs::read_to_string(shop.path("releases/start_erl.data")).expect("a release");
    assert!(start.ends_with(" 1.1"), "{start}");
    assert!(shop.path("żółw €").is_file());
}

#[test]
fn a_goal_may_have_a_start_type_and_a_list_of_included_applications() {
    let shop = Shop::new();
    shop.write(
        "rebar.config",
        "{relx, [{release, {shop, \"1.0\"}, [{shop, load, [cart]}, sasl]}, {mode, prod}]}.\n",
    );
    let included = "{description, \"\"}, {included_applications, [cart]},";
    shop.write("_build/prod/lib/shop/ebin/shop.app", app("shop", included));
    shop.write("_build/prod/lib/cart/ebin/cart.app", app("cart", "{description, \"\"},"));
    let out = release(&shop);
    let rel = consult(&out.join("releases/1.0/shop.rel"));
    assert!(rel.contains("{shop,\"1.0\",load,[cart]}"), "{rel}");
    let boot = boot(&out.join("releases/1.0/start.boot"));
    assert!(boot.contains("load shop including [cart]\n"), "{boot}");
    assert!(boot.contains("start sasl\n") && !boot.contains("start shop\n"), "{boot}");
}

/// Those of this machine's relx and of Debian 13's.
#[test]
fn default_configuration_files_have_the_settings_of_relx_s() {
    for toolchain in [&Toolchain::Machine, toolchain::trixie()] {
        let tiny = Tiny::new("{relx, [{release, {tiny, \"1\"}, [tiny]}]}.\n");
        toolchain.rebar3(&tiny.dir(), &["release"]);
        let relx = tiny.dir().join("_build/default/rel/tiny/releases/1");
        let out = tiny.beside("out");
        let mut command = erlrel();
        command.args(["release", "--quiet", "--no-compile", "--profile", "default", "--otp"]);
        command.arg(toolchain.otp()).arg("--out").arg(&out);
        run(command.current_dir(tiny.dir()));
        let ours = out.join("releases/1");
        let term = "{ok, [Term]} = file:consult(File), io:format(\"~0tp\", [Term])";
        for dir in [&relx, &ours] {
            assert_eq!(read(toolchain, term, &dir.join("sys.config")), "[]", "{}", toolchain.name());
        }
        assert_eq!(settings(&ours.join("vm.args")), settings(&relx.join("vm.args")), "{}", toolchain.name());
        assert_ne!(settings(&ours.join("vm.args")), "");
    }
}

/// The words of an arguments file without comments.
fn settings(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("read");
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
