//! Committed BEAM files, which compilers of OTP 25, 27 and 29 have made of `tests/beams/shop.erl`, in the form that they have in
//! images; OTP 25 also for OTP 23. `normal` is compiled in a directory `/home/me/shop`, with debug information.

use std::path::PathBuf;
use std::sync::Arc;

use erlrel_core::beam::{BeamForm, SourceFiles, Sources, canonical, names_directory};
use erlrel_core::image::Compression;
use erlrel_core::image::layers::{PackOptions, SplitOptions, pack, split};
use erlrel_core::tree::{Content, Entry, Group, Tree, TreePath};

const COMPILERS: [&str; 4] = ["otp25", "otp25-for-23", "otp27", "otp29"];

fn sources() -> Sources {
    let own: SourceFiles = ["src/shop.erl", "include/shop.hrl"].map(String::from).into_iter().collect();
    Sources::new("shop", own, &Arc::default(), "/home/me/shop")
}

fn path(compiler: &str, kind: &str) -> PathBuf {
    format!("{}/tests/beams/{compiler}-{kind}.beam", env!("CARGO_MANIFEST_DIR")).into()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_module_is_the_same_whether_its_compiler_was_asked_for_deterministic_output_or_not() {
    for compiler in COMPILERS {
        let form = |kind| {
            let bytes = std::fs::read(path(compiler, kind)).expect("a committed file");
            assert_eq!(has(&bytes, "/home/me/shop"), kind == "normal", "{compiler} {kind}");
            canonical(&bytes, &sources()).expect("a module")
        };
        let normal = form("normal");
        assert_eq!(normal, form("deterministic"), "{compiler}");
        assert_eq!(canonical(&normal, &sources()), Ok(normal.clone()), "{compiler}");
        assert!(!names_directory(&normal, "/home/me/shop") && !has(&normal, "/home"), "{compiler}");
        assert!(has(&normal, "src/shop.erl") && has(&normal, "include/shop.hrl"), "{compiler}");
        assert!(!has(&normal, "Dbgi") && has(&normal, "CInf"), "{compiler}");
    }
}

#[test]
fn the_layers_of_committed_modules_are_golden() {
    let form = BeamForm::Canonical(Arc::new(sources()));
    let entry = |compiler: &str| {
        let content = Content::Beam { path: path(compiler, "normal"), form: form.clone() };
        let name = format!("opt/shop/lib/shop/ebin/{}.beam", compiler.replace('-', "_"));
        (TreePath::new(name).expect("a path"), Entry::file(content, 0o644, Group::Project("shop".into())))
    };
    let mut tree: Tree = COMPILERS.into_iter().map(entry).collect();
    let boot = TreePath::new("opt/shop/releases/1.0/start.boot").expect("a path");
    tree.insert(boot, Entry::file("boot", 0o644, Group::Release)).expect("inserted");
    tree.add_parents().expect("directories");
    let plans = split(&tree, SplitOptions::default()).expect("split");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let layers = pack(
        &plans,
        PackOptions { mtime: 0, compression: Compression::Gzip, scratch_dir: dir.path(), observer: &() },
    )
    .expect("packed");
    let lines: Vec<String> =
        layers.iter().map(|layer| format!("{} {}", layer.name(), layer.diff_id())).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    project shop sha256:17f70335d27b4697008a65077d63f92cc537611e3faa87028970d2eec6e70bad
    release sha256:6e439a008f13e01599cb6e3953d1ab290eebe369115b7f69889cc3e812886b0c
    ");
}
