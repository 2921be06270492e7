//! Overlays against the real relx: one project with every directive and variable and many templates, built by
//! `rebar3 as prod tar` and `rebar3 as devel release`.

mod templates;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use walkdir::WalkDir;

use self::templates::{TEMPLATES, VARIABLES};
use crate::support::shop::Shop;
use crate::support::{erlang, erlrel, run, temp_dir, tool};

/// `TEMPLATES` stands for one overlay for each of the templates. Of `overlay_vars`, rebar3 takes the first as a
/// file name whatever it is.
const CONFIG: &str = r#"{erl_opts, [debug_info]}.
{relx, [{release, {depot, "1.0"}, [depot, sasl]}, {mode, dev},
        {sys_config, "./config/sys.config"}, {vm_args, "./config/vm.args"},
        {overlay_vars, "vars/main.config"},
        {overlay_vars, [{inline, "in {{name}}"}, {over, "inline"}, "vars/second.config"]},
        {overlay_vars_values, [{low, "lowest"}, {name, "never"}]},
        {overlay, [
            {mkdir, "var/{{release_name}}/cache"},
            {mkdir, "var"},
            {copy, "files/notes.txt", "doc/notes"},
            {copy, "files/tree", "tree"},
            {copy, "./files/tree/*", "globbed/"},
            {copy, "files/tree/**/*.txt", "deep/"},
            {copy, "files/{notes,run}.{txt,sh}", "alternatives/"},
            {copy, "files/r[st-v]n.?h", "sets/"},
            {copy, <<"files/run.sh">>, <<"binary/">>},
            {copy, "{{root_dir}}/files/notes.txt", "absolute/"},
            {copy, "{{depot}}/ebin/depot.app", "apps/{{release_version}}.app"},
            {copy, "{{erts_dir}}/bin/start_clean.boot", "erts/{{erts_vsn}}.boot"},
            {copy, "nothing/*", "nothing/"},
            {copy, "files/link.txt", "followed/file"},
            {copy, "files/linked", "followed/directory"},
            {copy, "files/run.sh", "replaced"},
            {copy, "files/notes.txt", "replaced"},
            {copy, "files/notes.txt", "{{#yes}}section{{/yes}}/{{missing}}{{name}}.txt"},
            {link, "./files/notes.txt", "links/notes"},
            {link, "files/tree", "links/tree"},
            {link, "files/*.txt", "links/all/"},
            {template, "files/run.sh.tpl", "run/run.sh"},
            {template, "files/vm.args.tpl", "releases/{{release_version}}/vm.args"},
            {template, "files/sys.config.tpl", "releases/{{release_version}}/sys.config"},
            {template, "files/vars.tpl", "vars/all.txt"},
            {template, "files/run.sh.tpl", "bin/{{release_name}}-{{release_version}}"},
            TEMPLATES,
            {chmod, 8#600, "doc/notes"},
            {chmod, 8#750, "var/depot"},
            {chmod, "{{mode}}", "run/run.sh"}]}]}.
{profiles, [
    {prod, [{relx, [{mode, prod}]}]},
    {devel, [{relx, [{overlay, [
        {mkdir, "{{target_dir}}/made"},
        {copy, "files/notes.txt", "{{output_dir}}/made/notes"},
        {copy, "files/tree", "."}]}]}]}]}.
"#;

const VARS_TEMPLATE: &str = "base_dir={{base_dir}}
profile_string={{profile_string}}
root_dir={{root_dir}}
output_dir={{output_dir}}
target_dir={{target_dir}}
sys_config={{sys_config}}
vm_args={{vm_args}}
kernel={{kernel}}
depot={{depot}}
";

/// Not compared: scripts of erlrel's own, files that it leaves out, and what differs only in layout or compression,
/// for which `relx_parity` compares the meaning.
fn is_compared(path: &str) -> bool {
    let elsewhere = ["bin/depot", "bin/nodetool", "bin/install_upgrade.escript", "releases/RELEASES"];
    !(elsewhere.contains(&path) || [".beam", ".rel", ".script", ".gz"].iter().any(|end| path.ends_with(end)))
}

/// What `{chmod, …}` sets; other modes are 0755 or 0644.
const CHANGED: [(&str, u32); 3] = [("doc/notes", 0o600), ("run/run.sh", 0o750), ("var/depot", 0o750)];

#[derive(Debug, PartialEq, Eq)]
enum Node {
    Directory,
    Link(PathBuf),
    File(Vec<u8>),
}

type Release = BTreeMap<String, (u32, Node)>;

struct Project {
    temp: tempfile::TempDir,
    tarball: Release,
    directory: Release,
}

/// The project with what the real rebar3 made of it.
fn project() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let temp = temp_dir();
        write_project(temp.path());
        run(tool("rebar3", "rebar3").args(["as", "prod", "tar"]).current_dir(temp.path()));
        run(tool("rebar3", "rebar3").args(["as", "devel", "release"]).current_dir(temp.path()));
        let tarball = unpacked(&temp.path().join("_build/prod/rel/depot/depot-1.0.tar.gz"));
        let directory = read(&temp.path().join("_build/devel/rel/depot"));
        Project { temp, tarball, directory }
    })
}

fn write_project(dir: &Path) {
    let write = |path: &str, content: &str| {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, content).expect("written");
    };
    let numbered = TEMPLATES.iter().enumerate();
    let overlays: Vec<String> = numbered
        .map(|(number, template)| {
            write(&format!("templates/{number}.txt"), template);
            format!("{{template, \"templates/{number}.txt\", \"rendered/{number}.txt\"}}")
        })
        .collect();
    write("rebar.config", &CONFIG.replace("TEMPLATES", &overlays.join(",\n            ")));
    let app = "{application, depot, [{vsn, \"1.0\"}, {registered, []}, {applications, [kernel, stdlib]}]}.\n";
    write("src/depot.app.src", app);
    write("src/depot.erl", "-module(depot).\n");
    write("config/sys.config", "[{depot, [{from, file}]}].\n");
    write("config/vm.args", "-sname file\n");
    write("vars/main.config", VARIABLES);
    write(
        "vars/second.config",
        "{before, 1}.\n\"more/third.config\".\n{over, \"second {{included}}\"}.\n{name, \"World\"}.\n",
    );
    write("vars/more/third.config", "{included, \"third\"}.\n{over, \"third\"}.\n");
    for file in
        ["notes.txt", "other.txt", "tree/a.txt", "tree/.hidden", "tree/deeper/b.txt", "tree/deeper/c.dat"]
    {
        write(&format!("files/{file}"), &format!("{file} {{{{name}}}}\n"));
    }
    for script in ["run.sh", "run.sh.tpl"] {
        write(&format!("files/{script}"), "#!/bin/sh\necho {{release_name}} {{name}} $1\n");
        let mode = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(dir.join("files").join(script), mode).expect("a mode");
    }
    write("files/vm.args.tpl", "-sname {{name}}\n");
    write("files/sys.config.tpl", "[{depot, [{from, \"{{name}}\"}]}].\n");
    write("files/vars.tpl", VARS_TEMPLATE);
    symlink("notes.txt", dir.join("files/link.txt")).expect("linked");
    symlink("tree", dir.join("files/linked")).expect("linked");
}

fn unpacked(tarball: &Path) -> Release {
    let temp = temp_dir();
    run(tool("tar", "tar").arg("-xpzf").arg(tarball).arg("-C").arg(temp.path()));
    read(temp.path())
}

fn read(root: &Path) -> Release {
    let entries = WalkDir::new(root).min_depth(1).into_iter().map(|entry| entry.expect("an entry"));
    let node = |entry: &walkdir::DirEntry| match entry.file_type() {
        kind if kind.is_dir() => Node::Directory,
        kind if kind.is_symlink() => Node::Link(std::fs::read_link(entry.path()).expect("a link")),
        _ => Node::File(std::fs::read(entry.path()).expect("a file")),
    };
    entries
        .map(|entry| {
            let mode = entry.metadata().expect("metadata").mode() & 0o7777;
            let path = entry.path().strip_prefix(root).expect("below it").display().to_string();
            (path, (mode, node(&entry)))
        })
        .collect()
}

fn erlrel_made(command: &str, profile: &str) -> Release {
    let temp = temp_dir();
    let out = temp.path().join("out");
    run(erlrel()
        .arg(command)
        .arg(project().temp.path())
        .args(["--profile", profile, "--no-compile", "--out"])
        .arg(&out));
    if command == "tar" { unpacked(&out) } else { read(&out) }
}

/// relx's release holds also `extra`, and nothing else is missing or added or different.
fn assert_same(ours: &Release, relx: &Release, extra: &[&str]) {
    let paths = |release: &Release| -> BTreeSet<String> {
        release.keys().filter(|path| is_compared(path)).cloned().collect()
    };
    let missing: Vec<String> = paths(relx).difference(&paths(ours)).cloned().collect();
    let added: Vec<String> = paths(ours).difference(&paths(relx)).cloned().collect();
    assert_eq!((missing, added), (extra.iter().map(ToString::to_string).collect(), Vec::new()));
    for (path, (mode, node)) in ours.iter().filter(|(path, _)| is_compared(path)) {
        let Some((relx_mode, relx_node)) = relx.get(path) else { continue };
        assert!(node == relx_node, "{path}: {} and not {}", show(node), show(relx_node));
        assert_mode(path, node, *mode, *relx_mode);
    }
}

fn assert_mode(path: &str, node: &Node, mode: u32, relx_mode: u32) {
    let changed = CHANGED.iter().find(|(changed, _)| *changed == path).map(|(_, mode)| *mode);
    let expected = match (changed, node) {
        (_, Node::Link(_)) => return,
        // relx's tarball has no entry, and so no mode, for a directory that is not empty.
        (Some(changed), Node::Directory) if relx_mode == 0o755 => changed,
        (Some(changed), _) => {
            assert_eq!(format!("{relx_mode:o}"), format!("{changed:o}"), "{path} as relx has it");
            changed
        }
        (None, Node::File(_)) if relx_mode & 0o100 == 0 => 0o644,
        (None, _) => 0o755,
    };
    assert_eq!(format!("{mode:o}"), format!("{expected:o}"), "{path}");
}

fn show(node: &Node) -> String {
    match node {
        Node::File(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        other => format!("{other:?}"),
    }
}

fn text<'a>(release: &'a Release, path: &str) -> &'a str {
    match &release[path].1 {
        Node::File(bytes) => std::str::from_utf8(bytes).expect("text"),
        other => panic!("{path} is {other:?}"),
    }
}

#[test]
fn a_tarball_has_the_overlays_that_relx_gives_it() {
    let ours = erlrel_made("tar", "prod");
    assert_same(&ours, &project().tarball, &[]);
    assert!(text(&ours, "links/all/link.txt").starts_with("notes.txt"), "links are followed");
}

#[test]
fn a_release_for_development_has_the_overlays_that_relx_gives_it() {
    let ours = erlrel_made("release", "devel");
    assert_same(&ours, &project().directory, &[]);
    let links =
        ours.iter().filter(|(path, (_, node))| path.starts_with("links/") && matches!(node, Node::Link(_)));
    assert_eq!(links.count(), 5, "links to a file, a directory, and all that matched");
    assert_eq!(text(&ours, "releases/1.0/vm.args"), "-sname World\n", "the link was replaced");
    let original = project().temp.path().join("config/vm.args");
    assert_eq!(std::fs::read_to_string(original).expect("a file"), "-sname file\n");
}

/// The files are compared with all others by the tests above; here only that they are what they should be.
#[test]
fn templates_render_as_relx_renders_them() {
    let ours = erlrel_made("release", "devel");
    let relx = &project().directory;
    for (number, template) in TEMPLATES.iter().enumerate() {
        let path = format!("rendered/{number}.txt");
        assert_eq!(text(&ours, &path), text(relx, &path), "{template:?}");
    }
    assert!(TEMPLATES.len() > 80);
    assert_eq!(text(&ours, "rendered/4.txt"), "a World b World c Worldd");
}

#[test]
fn variables_have_the_values_that_relx_gives_them() {
    for (release, relx) in [
        (erlrel_made("tar", "prod"), &project().tarball),
        (erlrel_made("release", "devel"), &project().directory),
    ] {
        let values = text(&release, "vars/all.txt");
        assert_eq!(values, text(relx, "vars/all.txt"));
        assert!(values.lines().count() == 9 && !values.contains("=\n"), "{values}");
    }
}

/// Every name in it stands in one place only, so that names say what matched.
const TREE: [&str; 14] = [
    "abc.txt",
    "a[b.txt",
    "b*c",
    "bc.TXT",
    "{x",
    ".dot",
    "]y",
    "über.txt",
    "dir/aa.txt",
    "dir/.hidden/ab.txt",
    "dir/down/ac.txt",
    "dir/down/deep/ad.tot",
    "ebb/plain",
    "-dash",
];

const PARTS: [&str; 23] = [
    "*",
    "**",
    "?*",
    "a*",
    "*.txt",
    "*.t?t",
    "[a-c]*",
    "[abd]??*",
    "[]a]*",
    "[!a]*",
    "[c-a]*",
    "[a-",
    "[-d]*",
    "{a,b}*",
    "{abc,bc}.{txt,TXT}",
    "\\{x",
    "b\\**",
    ".*",
    "d*",
    "dir",
    "plain",
    "a**",
    "\u{fc}*",
];

/// One pattern and two and three parts of them, below `tree`.
fn patterns() -> Vec<String> {
    let pairs = PARTS.iter().flat_map(|a| PARTS.iter().map(move |b| format!("{a}/{b}")));
    let triples = PARTS.iter().flat_map(|a| ["*", "**", "../dir/*"].map(|b| format!("d*/{a}/{b}")));
    let below = PARTS.iter().map(ToString::to_string).chain(pairs).chain(triples);
    below.map(|pattern| format!("./tree/{pattern}")).collect()
}

#[test]
fn patterns_match_what_erlang_matches() {
    let shop = Shop::new();
    TREE.iter().for_each(|path| shop.write(&format!("tree/{path}"), ""));
    let patterns = patterns();
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\"));
    let copies = patterns.iter().enumerate();
    let copies: Vec<String> =
        copies.map(|(number, pattern)| format!("{{copy, {}, \"out/{number}/\"}}", quoted(pattern))).collect();
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    let overlay = format!("{{mode, prod}}, {{overlay, [{}]}}", copies.join(",\n"));
    shop.write("rebar.config", config.replace("{mode, prod}", &overlay));
    run(&mut shop.erlrel("release --no-compile --out out"));
    let matched = |number: usize| -> BTreeSet<String> {
        let entries = std::fs::read_dir(shop.path(&format!("out/out/{number}"))).expect("made");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    };
    let mut total = 0;
    for (number, expected) in erlang_matches(&shop, &patterns.iter().map(|p| quoted(p)).collect::<Vec<_>>()) {
        total += expected.len();
        assert_eq!(matched(number), expected, "{}", patterns[number]);
    }
    assert!(total > 400 && patterns.len() > 600, "{total} matches of {} patterns", patterns.len());
}

/// The names that `filelib:wildcard/2` finds for each pattern.
fn erlang_matches(shop: &Shop, patterns: &[String]) -> Vec<(usize, BTreeSet<String>)> {
    shop.write("patterns", format!("%% coding: utf-8\n[{}].\n", patterns.join(",\n")));
    let printed = erlang::evaluate(
        r#"[Dir] = init:get_plain_arguments(),
           ok = io:setopts([{encoding, unicode}]),
           {ok, [Patterns]} = file:consult(filename:join(Dir, "patterns")),
           [begin
                Names = [filename:basename(Path) || Path <- filelib:wildcard(Pattern, Dir)],
                io:format("~ts~n", [lists:join("/", Names)])
            end || Pattern <- Patterns],
           halt()."#,
        &[OsStr::new(shop.dir())],
    );
    let names = |line: &str| line.split('/').filter(|name| !name.is_empty()).map(String::from).collect();
    let matches: Vec<_> = printed.lines().map(names).enumerate().collect();
    assert_eq!(matches.len(), patterns.len());
    matches
}
