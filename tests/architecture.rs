//! The shape of the library, as ARCHITECTURE.md draws it, held by reading its source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::repository;

/// A module may use only modules of rows above its own, and itself.
const ROWS: [&[&str]; 12] = [
    &["deflate", "digest", "environment", "fs", "observer", "platform", "vsn", "zstandard"],
    &["beam", "elf", "term"],
    &["application", "sys_config", "tree"],
    &["otp", "project"],
    &["compilation", "release"],
    &["image"],
    &["cache", "diff", "sizes"],
    &["docker", "explain", "registry"],
    &["shared_cache"],
    &["container", "dependencies", "destination"],
    &["targets"],
    &["error", "lib"],
];

/// Where each third-party crate may be named: one module for one concern.
const FENCES: [(&str, &[&str]); 18] = [
    ("docker_credential", &["registry/credentials.rs"]),
    ("eetf", &[]),
    ("erl_parse", &["term/parse.rs"]),
    ("erl_tokenize", &["term/expressions.rs", "term/parse.rs", "term/tokens.rs"]),
    ("flate2", &["deflate.rs", "deflate/"]),
    ("httparse", &["docker/http.rs"]),
    ("httpdate", &["registry/retry.rs"]),
    ("num_bigint", &["term/"]),
    ("object", &["elf/"]),
    ("oci_spec", &["image/"]),
    ("rustix", &["fs.rs", "fs/aside.rs", "registry/retry.rs"]),
    ("rustls", &["registry/tls.rs"]),
    ("semver", &["project/hex.rs", "release/version.rs"]),
    ("sha2", &["digest.rs"]),
    ("tar", &["tree/tarball.rs", "tree/untar.rs", "image/"]),
    ("tempfile", &["fs/aside.rs", "image/"]),
    ("ureq", &["registry/http.rs", "registry/tls.rs"]),
    ("zstd", &["zstandard.rs"]),
];

/// The same for the program in the image, relative to its own directory.
const BOOT_FENCES: [(&str, &[&str]); 3] = [
    ("close_fds", &["epmd/daemon.rs"]),
    ("erl_dist", &["dist/epmd.rs", "dist/handshake.rs"]),
    ("futures", &["dist/epmd.rs", "dist/handshake.rs"]),
];

struct SourceFile {
    /// Relative to `erlrel-core/src`.
    path: String,
    /// Without its tests and comments.
    code: String,
    lines: usize,
}

#[test]
fn modules_use_only_rows_above_their_own() {
    let rows: BTreeMap<&str, usize> =
        ROWS.iter().enumerate().flat_map(|(row, names)| names.iter().map(move |name| (*name, row))).collect();
    let mut wrong = Vec::new();
    for file in library() {
        let module = module_of(&file.path);
        let row = *rows
            .get(module)
            .unwrap_or_else(|| panic!("`{module}` is in no row: add it to ARCHITECTURE.md and here"));
        for used in used_modules(&file.code) {
            let allowed = used == module || rows.get(used.as_str()).is_some_and(|other| *other < row);
            if !allowed {
                wrong.push(format!("{} uses crate::{used}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn third_party_crates_stay_behind_their_fence() {
    let boot = sources("erlrel-cli/src/bin/erlrel-boot");
    assert!(boot.iter().any(|file| file.path == "dist/handshake.rs"), "the program lies elsewhere");
    let mut wrong = outside(&without_tests(library()), &FENCES);
    wrong.extend(outside(&without_tests(boot), &BOOT_FENCES));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files that name a crate outside of its fence.
fn outside(files: &[SourceFile], fences: &[(&str, &[&str])]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        for (name, places) in fences {
            if mentions(&file.code, &format!("{name}::"))
                && !places.iter().any(|place| file.path.starts_with(place))
            {
                wrong.push(format!("{} names {name}", file.path));
            }
        }
    }
    wrong
}

fn without_tests(files: Vec<SourceFile>) -> Vec<SourceFile> {
    let is_test =
        |path: &str| path.ends_with("_tests.rs") || path.ends_with("/tests.rs") || path.contains("/tests/");
    files.into_iter().filter(|file| !is_test(&file.path)).collect()
}

/// In the library `clippy.toml` bans both clocks.
#[test]
fn what_time_it_is_is_asked_in_six_places_and_measured_by_the_start_program_alone() {
    let files = without_tests(sources("erlrel-cli/src"));
    let places = |clock: &str| -> Vec<String> {
        let asking = files.iter().filter(|file| file.code.contains(clock));
        asking.map(|file| file.path.clone()).collect()
    };
    let expected = [
        "bin/erlrel-boot/commands/remote_console.rs",
        "bin/erlrel-boot/epmd/server.rs",
        "commands/cache/gc.rs",
        "commands/cache/list.rs",
        "dependency_cache.rs",
        "report.rs",
    ];
    assert_eq!(places("SystemTime::now"), expected, "ARCHITECTURE.md says which may");
    let measuring = places("Instant::now");
    assert!(
        measuring.len() > 3 && measuring.iter().all(|path| path.starts_with("bin/erlrel-boot/")),
        "{measuring:?}"
    );
}

#[test]
fn no_file_swallows_a_subsystem() {
    let long: Vec<String> = sources("erlrel-core/src")
        .into_iter()
        .chain(sources("erlrel-cli/src"))
        .filter(|file| file.lines > 500)
        .map(|file| format!("{}: {} lines", file.path, file.lines))
        .collect();
    assert!(long.is_empty(), "find the second noun in\n{}", long.join("\n"));
}

#[test]
fn the_row_table_of_the_documentation_is_this_one() {
    let text = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    for (row, names) in ROWS.iter().enumerate() {
        let line = format!("| {row} | {} |", names.join(", "));
        assert!(text.contains(&line), "ARCHITECTURE.md lacks the line\n{line}");
    }
}

fn library() -> Vec<SourceFile> {
    let files = sources("erlrel-core/src");
    assert!(files.len() > 50, "the library's source is not where this test looks for it");
    without_tests(files)
}

fn sources(dir: &str) -> Vec<SourceFile> {
    let root = repository().join(dir);
    let walk = walkdir::WalkDir::new(&root).sort_by_file_name();
    let paths = walk.into_iter().map(|entry| entry.expect("listed").into_path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| source(&root, path))
        .collect()
}

fn source(root: &Path, path: PathBuf) -> SourceFile {
    let text = std::fs::read_to_string(&path).expect("source");
    let code: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
    let path = path.strip_prefix(root).expect("below the root").display().to_string();
    SourceFile { path, code: code.join("\n"), lines }
}

fn module_of(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

/// `crate::name` wherever it stands, and the names in `use crate::{…}`.
fn used_modules(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split('}').next().unwrap_or_default();
                used.extend(list.split(',').map(identifier));
            }
            None => used.push(identifier(rest)),
        }
    }
    used.retain(|name| !name.is_empty() && name.starts_with(|c: char| c.is_ascii_lowercase()));
    used
}

fn identifier(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// True if `text` stands in `code` as a word of its own.
fn mentions(code: &str, text: &str) -> bool {
    code.match_indices(text).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
    })
}
