//! BEAM files in the forms that they have in images, for the virtual machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use erlrel_core::beam::{Sources, canonical};

use crate::support::erlang::evaluate;
use crate::support::rebar3::Tiny;
use crate::support::toolchain::{self, Toolchain};
use crate::support::{erlrel, run, sample, temp_dir, tool};

/// What each module of an installation says of itself once it is loaded.
const LOADED: &str = r#"
    Said = fun(F) ->
        M = list_to_atom(filename:basename(F, ".beam")),
        Loaded = element(1, code:ensure_loaded(M)),
        {M, Loaded, catch M:module_info(md5), catch lists:sort(M:module_info(exports)), catch element(2, beam_lib:md5(F))}
    end,
    true = lists:prefix(code:lib_dir(), code:which(gen_server)),
    [io:format("~w~n", [Said(F)]) || F <- lists:sort(filelib:wildcard(code:lib_dir() ++ "/*/ebin/*.beam"))],
    halt()."#;

#[test]
fn every_module_of_erlang_loads_in_canonical_form_and_is_the_same_module() {
    for toolchain in [&Toolchain::Machine, toolchain::trixie()] {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory");
        canonical_installation(&toolchain.otp(), dir.path());
        let erts = erts(&toolchain.otp());
        let inside = Path::new("/usr/lib/erlang");
        let said = |root: &Path| {
            let mut erl = toolchain.command(&format!("{}/{erts}/bin/erlexec", inside.display()), dir.path());
            erl.env("ROOTDIR", root).env("BINDIR", inside.join(&erts).join("bin"));
            erl.env("EMU", "beam").env("PROGNAME", "erl").env("ERL_CRASH_DUMP_BYTES", "0");
            let said = run(erl.args(["-boot", "no_dot_erlang", "-noinput", "-eval", LOADED]));
            said.lines().map(String::from).collect::<Vec<_>>()
        };
        let (canonical, original) = (said(dir.path()), said(inside));
        assert!(original.len() > 400, "{} modules", original.len());
        for (canonical, original) in canonical.iter().zip(&original) {
            assert_eq!(canonical, original);
        }
        assert_eq!(canonical.len(), original.len());
    }
}

fn erts(otp: &Path) -> String {
    let names =
        std::fs::read_dir(otp).expect("an installation").map(|entry| entry.expect("listed").file_name());
    names
        .map(|name| name.display().to_string())
        .find(|name| name.starts_with("erts-"))
        .expect("a runtime system")
}

/// The same installation with every module in canonical form; all else is linked.
fn canonical_installation(otp: &Path, dir: &Path) {
    let inside = Path::new("/usr/lib/erlang");
    let link = |name: PathBuf| {
        std::os::unix::fs::symlink(inside.join(&name), dir.join(name)).expect("linked");
    };
    [erts(otp), "bin".into(), "releases".into()].into_iter().for_each(|name| link(name.into()));
    for app in std::fs::read_dir(otp.join("lib")).expect("applications") {
        let app = PathBuf::from("lib").join(app.expect("listed").file_name());
        std::fs::create_dir_all(dir.join(&app)).expect("created");
        let name = app.file_name().and_then(|name| name.to_str()).expect("a name");
        let sources = Arc::new(Sources::of_elsewhere(name.split('-').next().expect("a name")));
        for folder in std::fs::read_dir(otp.join(&app)).expect("an application") {
            let folder = app.join(folder.expect("listed").file_name());
            if folder.ends_with("ebin") { modules(otp, dir, &folder, &sources) } else { link(folder) }
        }
    }
}

fn modules(otp: &Path, dir: &Path, folder: &Path, sources: &Sources) {
    std::fs::create_dir_all(dir.join(folder)).expect("created");
    for file in std::fs::read_dir(otp.join(folder)).expect("modules") {
        let file = folder.join(file.expect("listed").file_name());
        let bytes = std::fs::read(otp.join(&file)).expect("read");
        let is_module = file.extension().is_some_and(|end| end == "beam");
        let bytes = if is_module { canonical(&bytes, sources).expect("a module") } else { bytes };
        std::fs::write(dir.join(file), bytes).expect("written");
    }
}

/// A project with a module that crashes by itself and in a header, in folders of its own.
fn crashing() -> Tiny {
    let tiny = Tiny::new(
        r#"{relx, [{release, {tiny, "1"}, [tiny]}, {mode, prod}]}. {erl_opts, [debug_info]}. {deps, []}."#,
    );
    tiny.write("include/broken.hrl", "\n\nfrom_header(X) -> error({header, X}).\n");
    let module = "-module(till).\n-export([crash/0, crash_in_header/0]).\n-include(\"broken.hrl\").\n\n\
                  crash() -> error(on_line_5).\ncrash_in_header() -> from_header(0).\n";
    tiny.write("src/deep/till.erl", module);
    tiny
}

/// Has an image made in `out`, and gives the directory that it is unpacked to.
fn unpacked(image: &mut Command, out: &Path) -> PathBuf {
    let root = out.join("root");
    std::fs::create_dir_all(&root).expect("created");
    image.args(["--quiet", "--json", "--to"]).arg(format!("oci:{}", out.join("layout").display()));
    let report: serde_json::Value = serde_json::from_str(&run(image)).expect("JSON");
    for layer in report["layers"].as_array().expect("layers") {
        let digest = layer["digest"].as_str().expect("a digest").replace(':', "/");
        let mut tar = tool("tar", "tar");
        run(tar.arg("-xf").arg(out.join("layout/blobs").join(digest)).arg("-C").arg(&root));
    }
    root
}

/// Loads every module of the release whose virtual machine it is; says how many there are, and which do not load from there.
const ALL_OF_A_RELEASE: &str = r#"
    Files = filelib:wildcard(code:root_dir() ++ "/lib/*-*/ebin/*.beam"),
    [true = code:add_pathz(filename:dirname(File)) || File <- Files],
    Module = fun(File) -> list_to_atom(filename:basename(File, ".beam")) end,
    Loaded = fun(File) -> {code:ensure_loaded(Module(File)), code:which(Module(File))} end,
    Wrong = [{File, Loaded(File)} || File <- Files, Loaded(File) =/= {{module, Module(File)}, File}],
    io:format("~w ~0p", [length(Files), Wrong]),
    halt()."#;

#[test]
fn every_module_of_an_image_loads_in_the_virtual_machine_of_the_image() {
    for sample in [sample::umbrella(), sample::native()] {
        let temp = temp_dir();
        let root = unpacked(erlrel().args(["image", "--no-compile"]).arg(&sample.dir), temp.path());
        let release = root.join("opt").join(sample.name);
        let bin = release.join(erts(&release)).join("bin");
        let mut erl = Command::new(bin.join("erlexec"));
        erl.env("ROOTDIR", &release).env("BINDIR", &bin).env("EMU", "beam").env("PROGNAME", "erl");
        erl.env("ERL_CRASH_DUMP_BYTES", "0").arg("-boot");
        erl.arg(release.join("releases").join(&sample.vsn).join("start_clean"));
        let said = run(erl.args(["-noinput", "-eval", ALL_OF_A_RELEASE]));
        let (count, wrong) = said.split_once(' ').expect("two words");
        assert_eq!(wrong, "[]", "{}", sample.name);
        assert!(count.parse::<usize>().expect("a number") > 200, "{count} modules of {}", sample.name);
    }
}

/// The modules of its image, unpacked.
fn modules_of_image(tiny: &Tiny, arguments: &str) -> PathBuf {
    let out = tiny.beside("out");
    if out.exists() {
        std::fs::remove_dir_all(&out).expect("removed");
    }
    let lib = unpacked(&mut tiny.erlrel(&format!("image {arguments}")), &out).join("opt/tiny/lib");
    [lib.join("tiny/ebin"), lib.join("tiny-1.0/ebin")].into_iter().find(|dir| dir.is_dir()).expect("modules")
}

#[test]
fn a_crash_names_the_file_from_the_directory_of_the_application_on_and_the_line() {
    let tiny = crashing();
    let ask = r#"[Dir] = init:get_plain_arguments(), true = code:add_patha(Dir),
        At = fun(F) -> try till:F() catch _:_:Stack -> io:format("~p~n", [element(4, hd(Stack))]) end end,
        At(crash), At(crash_in_header), io:format("~p~n", [till:module_info(compile) =/= []]), halt()."#;
    let expected =
        "[{file,\"src/deep/till.erl\"},{line,5}]\n[{file,\"include/broken.hrl\"},{line,3}]\ntrue\n";
    for arguments in ["", "--no-deterministic"] {
        if tiny.dir().join("_build").exists() {
            std::fs::remove_dir_all(tiny.dir().join("_build")).expect("removed");
        }
        let dir = modules_of_image(&tiny, arguments);
        assert_eq!(evaluate(ask, &[dir.as_os_str()]), expected, "{arguments}");
    }
}

#[test]
fn cover_and_debugger_work_with_modules_that_are_kept_as_they_were_compiled() {
    let tiny = crashing();
    let ask = r#"[Dir] = init:get_plain_arguments(), true = code:add_patha(Dir),
        {ok, Module} = file:read_file(filename:join(Dir, "till.beam")),
        {ok, {_, [{abstract_code, Code}]}} = beam_lib:chunks(Module, [abstract_code]),
        Debugger = case Code of no_abstract_code -> none; _ -> int:interpretable(till) end,
        Cover = element(1, cover:compile_beam(till)),
        io:format("~p ~p~n", [Cover, Debugger]), halt()."#;
    let said = |arguments: &str| {
        let dir = modules_of_image(&tiny, arguments);
        // The debugger shows the source, which it looks for beside `ebin`.
        let src = dir.with_file_name("src");
        std::fs::create_dir_all(&src).expect("created");
        std::fs::copy(tiny.dir().join("src/deep/till.erl"), src.join("till.erl")).expect("copied");
        evaluate(ask, &[dir.as_os_str()])
    };
    assert_eq!(said("--beams keep"), "ok true\n");
    assert_eq!(said("--beams canonical"), "error none\n");
    assert_eq!(said("--beams strip"), "error none\n");
}
