//! The closure of real releases: Debian's ERTS, and small libraries compiled here.
#![expect(clippy::disallowed_methods, reason = "the tests start a compiler, and ldd(1) as an oracle")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::elf;
use crate::tree::{Node, listing, write_directory};

fn platform() -> Platform {
    let program = fs::read("/proc/self/exe").expect("this program");
    Platform::linux(elf::parse(&program).expect("an ELF file").architecture)
}

fn options(root: &Path) -> NativeOptions {
    NativeOptions { host_root: root.into(), release_at: "/opt/app".into(), ..NativeOptions::new(platform()) }
}

fn here() -> NativeOptions {
    options(Path::new("/"))
}

/// Everything below a directory, as a release's tree.
fn tree(directory: &Path) -> Tree {
    let mut tree = Tree::new();
    for entry in walkdir::WalkDir::new(directory).min_depth(1) {
        let entry = entry.expect("listed");
        let name = entry.path().strip_prefix(directory).expect("below").to_str().expect("UTF-8");
        let path = TreePath::new(name).expect("a path");
        let made = match entry.file_type() {
            kind if kind.is_dir() => continue,
            kind if kind.is_symlink() => {
                let target = fs::read_link(entry.path()).expect("a link");
                Entry::symlink(target.to_str().expect("UTF-8"), Group::Otp)
            }
            _ => {
                let mode = entry.metadata().expect("there").permissions().mode() & 0o777;
                Entry::file(entry.path().to_path_buf(), mode, Group::Otp)
            }
        };
        tree.insert(path, made).expect("inserted");
    }
    tree
}

/// A directory of the Erlang installation, without its version: `erts-`, `lib/crypto-`.
fn installed(name: &str) -> PathBuf {
    let path = Path::new("/usr/lib/erlang").join(name);
    let beside = crate::fs::list(path.parent().expect("a parent")).expect("Erlang");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let matching =
        |path: &PathBuf| path.file_name().is_some_and(|there| there.to_string_lossy().starts_with(name));
    beside.into_iter().find(matching).expect("installed")
}

fn entry(file: &Path) -> Entry {
    Entry::file(file.to_path_buf(), 0o755, Group::Otp)
}

fn one_file(name: &str, file: &Path) -> Tree {
    Tree::from_iter([(TreePath::new(name).expect("a path"), entry(file))])
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    text
}

/// Files compiled from empty sources, in a temporary directory.
struct Compiler(tempfile::TempDir);

impl Compiler {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("created");
        path
    }

    fn at(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").into()
    }

    fn gcc(&self, name: &str, arguments: &[&str]) {
        let (source, out) = (self.at("empty.c"), self.at(name));
        fs::write(&source, "int app_answer = 42;\n").expect("written");
        let fixed = ["-w", "-fPIC", "-nostdlib", "-Wl,--no-as-needed", "-o", &out, &source];
        run("gcc", &[fixed.as_slice(), arguments].concat());
    }

    /// A shared library with its file name as soname, that needs `needed` (names of files made before).
    fn library(&self, name: &str, needed: &[&str], search: &[&str]) {
        let soname = format!("-Wl,-soname,{}", name.rsplit('/').next().expect("a name"));
        let needed: Vec<String> = needed.iter().map(|name| self.at(name)).collect();
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        self.gcc(name, &[&["-shared", &soname], search, needed.as_slice()].concat());
    }

    fn closure(&self, release: &str) -> Result<NativeFiles, NativeError> {
        closure(&tree(&self.path(release)), &here())
    }
}

const RUNPATH: &str = "-Wl,--enable-new-dtags";
const RPATH: &str = "-Wl,--disable-new-dtags";

/// Paths of the libraries, with the machine's own names replaced.
fn paths(files: &NativeFiles) -> Vec<String> {
    files.libraries.iter().map(|library| library.path.to_string()).collect()
}

fn error(result: Result<NativeFiles, NativeError>) -> String {
    result.expect_err("an error").to_string()
}

#[test]
fn the_runtime_system_needs_these_files() {
    let files = closure(&tree(&installed("erts-")), &here()).expect("closed");
    let listing = listing(&files.tree);
    let machine = super::system::machine(&platform().architecture).to_string();
    let names = listing.replace(&machine, "MACHINE").replace(&machine.replace('_', "-"), "MACHINE");
    insta::assert_snapshot!(names);
    assert_eq!(files.warnings, []);
}

#[test]
fn the_closure_is_what_ldd_says() {
    let beam = installed("erts-").join("bin/beam.smp");
    let plugins = ["lib/crypto-", "lib/asn1-"].map(|name| installed(name).join("priv/lib"));
    let plugins = [plugins[0].join("crypto.so"), plugins[1].join("asn1rt_nif.so")];
    for file in [&beam, &installed("erts-").join("bin/epmd"), &plugins[0], &plugins[1]] {
        let mut release = one_file("bin/beam.smp", &beam);
        release.replace(TreePath::new("file.so").expect("a path"), entry(file));
        let ours: BTreeSet<String> =
            paths(&closure(&release, &here()).expect("closed")).into_iter().collect();
        let theirs = &ldd(&beam) | &ldd(file);
        let missing: Vec<&String> = theirs.difference(&ours).collect();
        assert_eq!(missing, [""; 0], "{file:?}");
        let mut more = ours.difference(&theirs);
        assert!(more.all(|path| path.contains("/ossl-modules/")), "{file:?}: {ours:?} {theirs:?}");
    }
}

fn ldd(file: &Path) -> BTreeSet<String> {
    let text = run("ldd", &[file.to_str().expect("UTF-8")]);
    text.split_whitespace().filter_map(|word| word.strip_prefix('/')).map(Into::into).collect()
}

#[test]
fn the_image_s_own_loader_finds_everything_without_a_cache() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (root, beam) = (dir.path().join("root"), installed("erts-").join("bin/beam.smp"));
    let files = closure(&one_file("bin/beam.smp", &beam), &here()).expect("closed");
    write_directory(&files.tree, &root, |_| false).expect("written");
    let place =
        |wanted| files.libraries.iter().find(|library| library.place == wanted).expect("one").path.as_str();
    let directory = root.join(place(LibraryPlace::System)).parent().expect("a parent").to_path_buf();
    let loader = root.join(place(LibraryPlace::Interpreter));
    let arguments = ["--inhibit-cache", "--library-path", directory.to_str().expect("UTF-8"), "--list"];
    let beam = beam.to_str().expect("UTF-8");
    let found = run(loader.to_str().expect("UTF-8"), &[arguments.as_slice(), &[beam]].concat());
    let outside =
        found.lines().filter(|line| line.contains("=> /") && !line.contains(root.to_str().expect("UTF-8")));
    // The program names its interpreter by an absolute path.
    let outside: Vec<&str> = outside.filter(|line| !line.contains("ld-")).collect();
    assert_eq!(outside, [""; 0], "{found}");
}

#[test]
fn who_needs_a_library_and_in_which_versions_is_known() {
    let files =
        closure(&one_file("bin/epmd", &installed("erts-").join("bin/epmd")), &here()).expect("closed");
    let libc = files.libraries.iter().find(|library| library.path.file_name() == "libc.so.6").expect("libc");
    assert_eq!(libc.place, LibraryPlace::System);
    assert!(libc.needed_by["bin/epmd"].contains("GLIBC_2.34"), "{:?}", libc.needed_by);
    assert!(libc.needed_by.keys().any(|name| name.ends_with("libsystemd.so.0")), "{:?}", libc.needed_by);
}

#[test]
fn a_library_of_the_release_itself_is_not_copied() {
    let gcc = Compiler::new();
    gcc.library("release/lib/app-1/lib/libown.so.1", &[], &[]);
    gcc.library("release/lib/app-1/priv/libbeside.so", &[], &[]);
    let needed = ["release/lib/app-1/lib/libown.so.1", "release/lib/app-1/priv/libbeside.so"];
    gcc.library(
        "release/lib/app-1/priv/app.so",
        &needed,
        &[RUNPATH, "-Wl,-rpath,${ORIGIN}:$ORIGIN/../lib", "-lm"],
    );
    let files = gcc.closure("release").expect("closed");
    let names: Vec<&str> = files.libraries.iter().map(|library| library.path.file_name()).collect();
    assert!(names.contains(&"libm.so.6") && names.contains(&"libc.so.6"), "{names:?}");
    assert!(!names.contains(&"libown.so.1") && !names.contains(&"libbeside.so"), "{names:?}");
}

#[test]
fn rpath_counts_for_the_libraries_below_and_runpath_does_not() {
    let make = |kind| {
        let gcc = Compiler::new();
        gcc.library("release/deps/libb.so", &[], &[]);
        gcc.library("release/deps/liba.so", &["release/deps/libb.so"], &[]);
        gcc.library("release/app.so", &["release/deps/liba.so"], &[kind, "-Wl,-rpath,$ORIGIN/deps"]);
        gcc.closure("release")
    };
    assert_eq!(paths(&make(RPATH).expect("closed")), [""; 0]);
    let message = error(make(RUNPATH));
    let expected = "`deps/liba.so` needs the shared library `libb.so`, which is not on this machine: install it \
                    here, or add it to the release (searched /etc/ld.so.cache, /lib/";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_library_on_an_absolute_search_path_keeps_its_place() {
    let gcc = Compiler::new();
    gcc.library("vendor/lib/libvendor.so.2", &[], &[]);
    fs::rename(gcc.path("vendor/lib/libvendor.so.2"), gcc.path("vendor/lib/libvendor.so.2.0.1"))
        .expect("renamed");
    symlink("libvendor.so.2.0.1", gcc.path("vendor/lib/libvendor.so.2")).expect("linked");
    fs::create_dir(gcc.path("vendor/bin")).expect("created");
    let search = format!("-Wl,-rpath,{}/../lib", gcc.at("vendor/bin"));
    gcc.library("release/app.so", &["vendor/lib/libvendor.so.2"], &[RUNPATH, &search]);
    let files = gcc.closure("release").expect("closed");
    let [library] = files.libraries.as_slice() else { panic!("{:?}", files.libraries) };
    assert_eq!(format!("/{}", library.path), gcc.at("vendor/lib/libvendor.so.2"));
    assert_eq!(library.file, gcc.path("vendor/lib/libvendor.so.2.0.1").canonicalize().expect("there"));
    assert_eq!(library.place, LibraryPlace::Path);
    let crossed = gcc.at("vendor/bin");
    assert!(files.tree.get(crossed.trim_start_matches('/')).is_some_and(Entry::is_directory), "{crossed}");
}

#[test]
fn a_search_path_into_the_system_copies_nothing_twice() {
    let gcc = Compiler::new();
    let libm = closure(&one_file("beam", &installed("erts-").join("bin/beam.smp")), &here()).expect("closed");
    let libm =
        libm.libraries.into_iter().find(|library| library.path.file_name() == "libm.so.6").expect("libm");
    let search = format!("-Wl,-rpath,{}", libm.file.parent().expect("a parent").display());
    gcc.library("release/app.so", &[], &[RUNPATH, &search, "-lm"]);
    let files = gcc.closure("release").expect("closed");
    let found: Vec<&NativeLibrary> =
        files.libraries.iter().filter(|library| library.path.file_name() == "libm.so.6").collect();
    assert_eq!(found.iter().map(|library| &library.path).collect::<Vec<_>>(), [&libm.path]);
}

#[test]
fn a_symbol_version_that_the_machine_lacks_is_an_error() {
    let gcc = Compiler::new();
    let script = |versions: &str| {
        fs::write(gcc.path("versions.map"), versions).expect("written");
        let arguments = format!("-Wl,--version-script={}", gcc.at("versions.map"));
        gcc.library("release/libnew.so", &[], &[&arguments]);
    };
    script("NEW_2 { app_answer; };");
    let needed = gcc.at("release/libnew.so");
    fs::write(gcc.path("use.c"), "extern int app_answer; int *use(void) { return &app_answer; }")
        .expect("written");
    let out = gcc.at("release/app.so");
    run(
        "gcc",
        &["-fPIC", "-shared", "-nostdlib", "-o", &out, &gcc.at("use.c"), &needed, "-Wl,-rpath,$ORIGIN"],
    );
    assert_eq!(paths(&gcc.closure("release").expect("closed")), [""; 0]);
    script("NEW_1 { app_answer; };");
    insta::assert_snapshot!(error(gcc.closure("release")), @"`app.so` needs `NEW_2` of the shared library `libnew.so`, which this machine's does not have: compile it here, or make the image on a machine with a newer `libnew.so`");
}

#[test]
fn another_root_has_its_own_libraries() {
    let gcc = Compiler::new();
    let machine = super::system::machine(&platform().architecture).to_string();
    let directory = format!("root/usr/lib/{machine}-linux-gnu");
    gcc.library(&format!("{directory}/libother.so.1"), &[], &[]);
    fs::rename(
        gcc.path(&format!("{directory}/libother.so.1")),
        gcc.path(&format!("{directory}/libother.so.1.2")),
    )
    .expect("renamed");
    symlink("/lib/libother.so.1", gcc.path("root/usr/lib/loop")).expect("linked");
    symlink("libother.so.1.2", gcc.path(&format!("{directory}/libother.so.1"))).expect("linked");
    symlink("/usr/lib", gcc.path("root/lib")).expect("linked");
    gcc.library("release/app.so", &[&format!("{directory}/libother.so.1.2")], &[]);
    let files = closure(&tree(&gcc.path("release")), &options(&gcc.path("root"))).expect("closed");
    assert_eq!(paths(&files), ["lib/libother.so.1"], "no C library, so no directory of its own");
    assert_eq!(files.libraries[0].file, gcc.path(&format!("{directory}/libother.so.1.2")));
    let warnings: Vec<String> = files.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @"no CA certificates on this machine (looked for /etc/ssl/certs/ca-certificates.crt, /etc/pki/tls/certs/ca-bundle.crt, /etc/ssl/ca-bundle.pem, /etc/pki/tls/cacert.pem, /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem, /etc/ssl/cert.pem): TLS clients in the image will trust nobody");
    let system: Vec<String> = files
        .tree
        .iter()
        .map(|(path, _)| path.to_string())
        .filter(|path| !path.starts_with("lib/"))
        .collect();
    assert_eq!(system, ["etc/group", "etc/nsswitch.conf", "etc/passwd", "tmp"]);
}

#[test]
fn an_older_c_library_brings_its_name_service() {
    let gcc = Compiler::new();
    for name in ["libc.so.6", "libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"] {
        gcc.library(&format!("root/lib64/{name}"), &[], &[]);
    }
    gcc.library("release/app.so", &["root/lib64/libc.so.6"], &[]);
    let files = closure(&tree(&gcc.path("release")), &options(&gcc.path("root"))).expect("closed");
    let expected = ["libc.so.6", "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];
    assert_eq!(paths(&files), expected.map(|name| format!("lib64/{name}")));
}

#[test]
fn musl_passes_search_paths_on_and_is_its_own_c_library() {
    let gcc = Compiler::new();
    let machine = super::system::machine(&platform().architecture).to_string();
    let loader = format!("ld-musl-{machine}.so.1");
    gcc.library(&format!("root/lib/{loader}"), &[], &[]);
    gcc.library(&format!("libc.musl-{machine}.so.1"), &[], &[]);
    gcc.library("root/usr/lib/libz.so.1", &[], &[]);
    gcc.library("release/deps/libb.so", &["root/usr/lib/libz.so.1"], &[]);
    gcc.library("release/deps/liba.so", &["release/deps/libb.so"], &[]);
    let interpreter = format!("-Wl,--dynamic-linker=/lib/{loader}");
    let (libc, liba) = (gcc.at(&format!("libc.musl-{machine}.so.1")), gcc.at("release/deps/liba.so"));
    let start = ["-pie", "-Wl,-e,0", &interpreter, RUNPATH, "-Wl,-rpath,$ORIGIN/../deps", &libc, &liba];
    gcc.gcc("release/bin/program", &[start.as_slice(), &["-Wl,--allow-shlib-undefined"]].concat());
    let files = closure(&tree(&gcc.path("release")), &options(&gcc.path("root"))).expect("closed");
    assert_eq!(paths(&files), [format!("lib/{loader}"), "lib/libz.so.1".into()]);
}

#[test]
fn a_program_without_its_interpreter_is_an_error() {
    let gcc = Compiler::new();
    gcc.gcc("release/bin/program", &["-pie", "-Wl,-e,0", "-Wl,--dynamic-linker=/lib/ld-other.so.1"]);
    insta::assert_snapshot!(error(gcc.closure("release")), @"`bin/program` is started by `/lib/ld-other.so.1`, which is not on this machine: install the C library that it was linked with, or build the release here");
}

#[test]
fn the_shell_comes_with_what_it_needs_when_asked() {
    let files = closure(&Tree::new(), &NativeOptions { shell: Shell::Sh, ..here() }).expect("closed");
    let names: Vec<&str> = files.libraries.iter().map(|library| library.path.file_name()).collect();
    assert!(names.contains(&"sh") && names.contains(&"libc.so.6"), "{names:?}");
    assert_eq!(files.tree.get("bin/sh").map(|entry| entry.mode), Some(0o755));
    let empty = tempfile::tempdir().expect("a temporary directory");
    let result = closure(&Tree::new(), &NativeOptions { shell: Shell::Sh, ..options(empty.path()) });
    insta::assert_snapshot!(error(result), @"there is no program `/bin/sh` for the image's platform on this machine: install it here");
}

#[test]
fn the_tools_of_scripts_come_with_the_shell_when_asked() {
    let options = NativeOptions { shell: Shell::WithTools, ..here() };
    let files = closure(&Tree::new(), &options).expect("closed");
    for tool in ["sh", "awk", "sed", "od"] {
        assert!(files.tree.get(&format!("bin/{tool}")).is_some(), "{tool}");
    }
    assert!(files.tree.get("bin/busybox").is_some());
    assert!(files.tree.get("var/lib/dpkg/status.d/busybox").is_some());
}

#[test]
fn everything_is_a_plain_file_of_the_native_group_or_tmp() {
    let files = closure(&tree(&installed("erts-")), &here()).expect("closed");
    for (path, entry) in files.tree.iter() {
        let of_the_release = path.as_str().starts_with("var/lib/dpkg/status.d/erlang-");
        assert_eq!(entry.group, if of_the_release { Group::Otp } else { Group::Native }, "{path}");
        match &entry.node {
            Node::File(content) => assert!(content.source().is_none_or(|file| !file.is_symlink()), "{path}"),
            Node::Directory => assert_eq!((path.as_str(), entry.mode), ("tmp", 0o1777)),
            Node::Symlink(_) => panic!("{path} is a link"),
        }
    }
}
