//! The flags of `rebar3 release` and `rebar3 tar`: what they do there, and what stands for them here.

use std::path::Path;

use walkdir::WalkDir;

use crate::support::rebar3::Tiny;
use crate::support::toolchain::{self, Toolchain};
use crate::support::{erlrel, fails, repository, run, temp_dir};

/// A compiled project with files for the flags. Its template shows variables; `options` are those of relx.
fn project(options: &str) -> Tiny {
    let tiny = Tiny::new(&format!(
        "{{relx, [{{release, {{tiny, \"1\"}}, [tiny, sasl]}}, {{overlay, [{{template, \"t\", \"t\"}}]}} {options}]}}.\n"
    ));
    tiny.write("t", "x={{x}} y={{y}} z={{z}}\n");
    tiny.write("own.config", "[{own, []}].\n");
    tiny.write("own.args", "-sname own\n");
    tiny.write("own.vars", "{x, \"own\"}.\n{y, \"own\"}.\n");
    tiny.write("other.config", "[{other, []}].\n");
    tiny.write("other.config.src", "[{other, \"${X}\"}].\n");
    tiny.write("other.args", "-sname other\n");
    tiny.write("other.vars", "{x, \"other\"}.\n{z, \"{{x}} one\"}.\n");
    run(&mut tiny.rebar3("compile"));
    tiny
}

/// The release that erlrel makes with more arguments: what its files hold, and its paths up to the second level.
fn made(tiny: &Tiny, arguments: &str) -> Made {
    let out = tiny.beside("erlrel");
    let arguments =
        format!("release --quiet --no-compile --profile default --out {} {arguments}", out.display());
    run(&mut tiny.erlrel(&arguments));
    Made::read(&out)
}

/// The same by rebar3.
fn made_by_rebar3(tiny: &Tiny, arguments: &str) -> Made {
    run(&mut tiny.rebar3(&format!("release {arguments}")));
    let dir = tiny.dir().join("_build/default/rel/tiny");
    let made = Made::read(&dir);
    std::fs::remove_dir_all(dir).expect("removed");
    made
}

#[derive(Debug, PartialEq, Eq)]
struct Made {
    sys_config: String,
    vm_args: String,
    template: String,
    paths: Vec<String>,
}

impl Made {
    fn read(dir: &Path) -> Self {
        let read = |path: &str| std::fs::read_to_string(dir.join(path)).unwrap_or_default();
        Self {
            sys_config: read("releases/1/sys.config"),
            vm_args: read("releases/1/vm.args"),
            template: read("t"),
            paths: paths(dir, 2),
        }
    }

    fn has(&self, start: &str) -> bool {
        self.paths.iter().any(|path| path.starts_with(start))
    }
}

const ONLY_RELX: [&str; 2] = ["bin/nodetool", "bin/install_upgrade.escript"];

/// Those that both have.
fn paths(dir: &Path, depth: usize) -> Vec<String> {
    let entries = WalkDir::new(dir).min_depth(1).max_depth(depth).sort_by_file_name().into_iter();
    let paths = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let kind = if entry.path_is_symlink() { "@" } else { "" };
        format!("{}{kind}", entry.path().strip_prefix(dir).expect("below it").display())
    });
    paths.filter(|path| !ONLY_RELX.iter().any(|program| path.ends_with(program))).collect()
}

const CONFIGURED: &str = ", {sys_config, \"own.config\"}, {vm_args, \"own.args\"}";

#[test]
fn files_of_the_command_line_stand_in_for_configured_ones_as_with_rebar3() {
    let tiny = project(CONFIGURED);
    for flags in ["", "--sys_config other.config", "--vm_args other.args", "--overlay_vars other.vars"] {
        assert_eq!(made(&tiny, flags), made_by_rebar3(&tiny, flags), "{flags}");
    }
    let made = made(&tiny, "--sys-config other.config --vm-args other.args --overlay-vars other.vars");
    assert_eq!(made.sys_config, "[{other, []}].\n");
    assert_eq!(made.vm_args, "-sname other\n");
    assert_eq!(made.template, "x=other y= z=other one\n");
}

/// rebar3 3.19 and 3.24 forget the first two unless the configuration has the option too; where it has both forms
/// of a file, the flag is in vain; with `overlay_vars` in the configuration too, it makes one path of both.
#[test]
fn files_of_the_command_line_count_whatever_is_configured() {
    let bare = project("");
    let forgotten = made_by_rebar3(&bare, "--sys_config other.config --vm_args other.args");
    assert!(forgotten.sys_config.ends_with("[].\n") && !forgotten.vm_args.contains("-sname other"));
    let heeded = made(&bare, "--sys_config other.config --vm_args other.args");
    assert_eq!((heeded.sys_config.as_str(), heeded.vm_args.as_str()), ("[{other, []}].\n", "-sname other\n"));
    let both = project(", {sys_config_src, \"own.config\"}, {overlay_vars, \"own.vars\"}");
    assert_eq!(made_by_rebar3(&both, "--overlay_vars other.vars").template, "x=own y=own z=\n");
    let heeded = made(&both, "--overlay_vars other.vars --sys_config other.config");
    assert_eq!(heeded.template, "x=other y=own z=other one\n");
    assert_eq!(heeded.sys_config, "[{other, []}].\n");
    let last = made(&both, "--overlay-vars other.vars --overlay-vars own.vars");
    assert!(last.template.starts_with("x=own y=own "), "{last:?}");
}

#[test]
fn a_file_of_the_command_line_that_ends_with_src_is_rendered_at_start() {
    let tiny = project(CONFIGURED);
    made(&tiny, "--sys-config other.config.src");
    let dir = tiny.beside("erlrel/releases/1");
    assert!(dir.join("sys.config.src").is_file() && !dir.join("sys.config").exists());
}

/// rebar3 takes the two words for paths, and refuses them.
#[test]
fn the_runtime_system_and_the_libraries_of_erlang_are_left_out_or_taken_on_the_command_line() {
    let tiny = project(", {mode, prod}, {include_erts, true}, {system_libs, true}");
    for flag in ["--include-erts false", "-i true", "--system_libs false"] {
        fails(&mut tiny.rebar3(&format!("release {flag}")), 1);
    }
    let alone = made(&tiny, "-i false --system_libs false");
    assert!(alone.has("lib/tiny-1.0") && !alone.has("lib/stdlib-") && !alone.has("erts-"), "{alone:?}");
    let dev = project("");
    assert!(!made(&dev, "").has("erts-") && made(&dev, "--include-erts true").has("erts-"));
    let erlang = crate::support::erlang::root();
    let flag = format!("--include-erts {}", erlang.display());
    assert_eq!(made(&tiny, &flag).paths, made_by_rebar3(&tiny, &flag).paths);
    let from = made(&tiny, &format!("--system-libs {}/lib", erlang.display()));
    assert!(from.has("lib/stdlib-"), "{from:?}");
}

#[test]
fn what_the_command_line_names_and_is_not_there_is_an_error() {
    let tiny = project("");
    let said = |arguments: &str| {
        let message = fails(&mut tiny.erlrel(&format!("tar --no-compile --profile default {arguments}")), 1);
        message.replace(&tiny.dir().display().to_string(), "DIR")
    };
    insta::assert_snapshot!(said("--overlay-vars no.vars"), @"error: there is no file `DIR/no.vars`, which is to be used for `overlay_vars`");
    insta::assert_snapshot!(said("--sys-config no.config"), @"error: there is no file `DIR/no.config`, which is to be used for `sys_config`");
    insta::assert_snapshot!(said("--vm-args no.args"), @"error: there is no file `DIR/no.args`, which is to be used for `vm_args`");
    insta::assert_snapshot!(said("--include-erts no"), @"error: cannot include ERTS from `DIR/no`: it has no erts-VSN/bin");
    insta::assert_snapshot!(said("--system-libs no"), @"error: there is no directory `DIR/no`, which is to be used for `system_libs`");
    tiny.write("bad.vars", "{x, }.\n");
    assert!(said("--overlay-vars bad.vars").starts_with("error: DIR/bad.vars:1:5: "));
}

#[test]
fn out_names_what_output_dir_makes() {
    let tiny = project(", {mode, prod}");
    let (theirs, ours) = (tiny.beside("theirs"), tiny.beside("ours"));
    run(&mut tiny.rebar3(&format!("release -o {}", theirs.display())));
    let common = "--quiet --no-compile --profile default --out";
    run(&mut tiny.erlrel(&format!("release {common} {}/tiny", ours.display())));
    assert_eq!(paths(&ours, 9), paths(&theirs, 9));
    run(&mut tiny.rebar3(&format!("tar --output-dir {}", theirs.display())));
    run(&mut tiny.erlrel(&format!("tar {common} {}/tiny/tiny-1.tar.gz", ours.display())));
    assert_eq!(paths(&ours, 2), paths(&theirs, 2));
}

#[test]
fn flags_that_rebar3_ignores_change_nothing_there() {
    let tiny = project("");
    let usual = made_by_rebar3(&tiny, "");
    for flag in ["-d false", "--dev-mode=true", "-l /x", "-a tiny:/x", "-r /x", "-u 0.1", "--version"] {
        assert_eq!(made_by_rebar3(&tiny, flag), usual, "{flag}");
    }
    let linked = project(", {mode, dev}");
    assert!(made_by_rebar3(&linked, "--dev-mode=false").has("lib/tiny-1.0@"));
}

/// What erlrel takes itself.
const TAKEN: [&str; 7] =
    ["help", "version", "overlay_vars", "sys_config", "vm_args", "include-erts", "system_libs"];

/// The long and short names of all flags that a rebar3 lists.
fn flags(toolchain: &Toolchain, command: &str) -> Vec<(String, Option<String>)> {
    let temp = temp_dir();
    let output = toolchain.command("rebar3", temp.path()).args(["help", command]).output().expect("started");
    // It puts the list there.
    let help = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = help.lines().filter_map(|line| line.strip_prefix("  -"));
    let flags = lines.map(|line| match line.split_once(", --") {
        Some((letter, rest)) => (rest, Some(format!("-{letter}"))),
        None => (line.trim_start_matches('-'), None),
    });
    flags
        .map(|(rest, letter)| (rest.split_whitespace().next().expect("a name").to_string(), letter))
        .collect()
}

#[test]
fn every_flag_of_rebar3_is_taken_or_answered_with_what_to_write() {
    let page = std::fs::read_to_string(repository().join("docs/relx-parity.md")).expect("the page");
    let toolchains = toolchain::others().iter().copied().chain([&Toolchain::Machine]);
    for (toolchain, command) in toolchains.flat_map(|toolchain| [(toolchain, "release"), (toolchain, "tar")])
    {
        let flags = flags(toolchain, command);
        assert!(flags.len() >= 18, "{flags:?}");
        for (name, letter) in flags {
            assert!(page.contains(&format!("`--{name}`")), "the page has no `--{name}`");
            let names = letter.into_iter().chain([format!("--{name}")]);
            names.for_each(|flag| assert_answered(command, &flag, TAKEN.contains(&name.as_str())));
        }
    }
}

/// A flag that is taken fails, if at all, for the lack of a project.
fn assert_answered(command: &str, flag: &str, taken: bool) {
    let temp = temp_dir();
    let output = erlrel().args([command, flag, "x"]).current_dir(temp.path()).output().expect("started");
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code();
    match taken {
        true => assert!(code == Some(0) || said.contains("rebar.config"), "{flag}: {said}"),
        false => assert!(code == Some(2) && said.contains("\n  tip: "), "{flag}: {said}"),
    }
}

#[test]
fn a_flag_of_rebar3_that_erlrel_does_not_take_is_told_its_alternative() {
    let said = |flag: &str| {
        let message = fails(erlrel().arg("tar").args(flag.split(' ')), 2);
        let mut lines = message.lines().filter(|line| !line.is_empty());
        [lines.next().unwrap_or_default(), lines.next().unwrap_or_default()].join("\n")
    };
    insta::assert_snapshot!(said("-n shop"), @"
    error: unexpected argument '--relname' found
      tip: write `--release NAME`
    ");
    insta::assert_snapshot!(said("-v 1.4.0"), @"
    error: unexpected argument '--relvsn' found
      tip: write `--release NAME:VSN`
    ");
    insta::assert_snapshot!(said("--all=true"), @"
    error: unexpected argument '--all' found
      tip: one command makes one release: give one for each with `--release NAME`
    ");
    insta::assert_snapshot!(said("--relnames a,b"), @"
    error: unexpected argument '--relnames' found
      tip: one command makes one release: give one for each with `--release NAME`
    ");
    insta::assert_snapshot!(said("--output-dir out"), @"
    error: unexpected argument '--output-dir' found
      tip: write `--out`: for `release` DIR/NAME, for `tar` the file
    ");
    insta::assert_snapshot!(said("--config my.config"), @"
    error: unexpected argument '--config' found
      tip: name it relx.config, or name another rebar.config in the variable REBAR_CONFIG
    ");
    insta::assert_snapshot!(said("--dev-mode"), @"
    error: unexpected argument '--dev-mode' found
      tip: rebar3 ignores it: set `{mode, dev}` in a profile, and name that with `--profile`
    ");
    insta::assert_snapshot!(said("-l dir"), @"
    error: unexpected argument '--lib-dir' found
      tip: rebar3 ignores it: set `{lib_dirs, [DIR]}` in rebar.config
    ");
    insta::assert_snapshot!(said("--override shop:dir"), @"
    error: unexpected argument '--override' found
      tip: rebar3 ignores it: lay the application into `_checkouts`
    ");
    insta::assert_snapshot!(said("--root dir"), @"
    error: unexpected argument '--root' found
      tip: rebar3 ignores it: name the project's folder without a flag
    ");
    insta::assert_snapshot!(said("--from shop-1.tar.gz"), @r"
    error: unexpected argument '--from' found
      tip: it is one of `erlrel image` and `erlrel plan`: no other command starts from a release
    ");
    insta::assert_snapshot!(said("-u 1.3.0"), @"
    error: unexpected argument '--upfrom' found
      tip: it is one of `rebar3 relup`, whose relup erlrel packs
    ");
}

/// What relx 3 had, rebar3 has no more.
#[test]
fn flags_that_rebar3_has_no_more_are_unknown_to_both() {
    let tiny = project("");
    for flag in ["--goal tiny", "--path x", "--default-libs true", "--log-level 3"] {
        let mut rebar3 = tiny.rebar3(&format!("release {flag}"));
        let output = rebar3.output().expect("started");
        assert!(!output.status.success(), "{flag}");
        let message = fails(&mut tiny.erlrel(&format!("release {flag}")), 2);
        assert!(message.contains("unexpected argument"), "{flag}: {message}");
    }
}
