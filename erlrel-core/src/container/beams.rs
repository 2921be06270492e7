//! The form that BEAM files have in an image.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use walkdir::WalkDir;

use crate::beam::{BeamForm, SourceFiles, Sources};
use crate::project::Origin;
use crate::release::Release;
use crate::tree::{Content, Tree, TreePath};

/// What becomes of BEAM files in an image. Directories and tarballs of releases follow relx's option `debug_info` instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beams {
    /// They stay as the compiler wrote them, or as they are in a release from elsewhere: with debug information, which `cover`
    /// and `debugger` need.
    Keep,
    /// Without debug information, documentation and options, not compressed.
    Strip,
    /// The same, and without what depends on the directory that they were compiled in.
    #[default]
    Canonical,
}

/// Gives the modules of a project's release their form.
pub(super) fn form(tree: &mut Tree, beams: Beams, release: &Release) {
    let mut sources = match beams {
        Beams::Canonical => sources(release),
        Beams::Keep | Beams::Strip => BTreeMap::new(),
    };
    form_with(tree, beams, &mut sources);
}

/// Gives the modules of a release from elsewhere their form.
pub(super) fn form_prebuilt(tree: &mut Tree, beams: Beams) {
    form_with(tree, beams, &mut BTreeMap::new());
}

/// `sources` are those of the directories of applications as far as they are known.
fn form_with(tree: &mut Tree, beams: Beams, sources: &mut BTreeMap<String, Arc<Sources>>) {
    if beams == Beams::Keep {
        return;
    }
    for folder in folders(tree) {
        let name = folder.split_once('-').map_or(folder.as_str(), |(name, _)| name);
        sources.entry(folder.clone()).or_insert_with(|| Arc::new(Sources::of_elsewhere(name)));
    }
    tree.replace_contents(|path, content| {
        let Content::File(source) = content else { return None };
        let sources = sources.get(module_folder(path)?)?;
        let form = match beams {
            Beams::Canonical => BeamForm::Canonical(sources.clone()),
            Beams::Keep | Beams::Strip => BeamForm::Stripped,
        };
        Some(Content::Beam { path: source.clone(), form })
    });
}

/// The directories of applications that have modules.
fn folders(tree: &Tree) -> Vec<String> {
    let mut folders: Vec<String> =
        tree.iter().filter_map(|(path, _)| module_folder(path)).map(String::from).collect();
    folders.dedup();
    folders
}

/// `NAME-VSN` of `lib/NAME-VSN/ebin/MODULE.beam`.
fn module_folder(path: &TreePath) -> Option<&str> {
    let (folder, file) = path.as_str().strip_prefix("lib/")?.split_once("/ebin/")?;
    let is_module = file.ends_with(".beam") && !folder.contains('/') && !file.contains('/');
    is_module.then_some(folder)
}

/// Of all applications of a release that were compiled here.
fn sources(release: &Release) -> BTreeMap<String, Arc<Sources>> {
    let root = &release.project.root;
    // rebar3 asks the kernel for it, which knows no links.
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.clone());
    let headers = Arc::new(headers(release));
    let own =
        |dir: &Path| SourceFiles::from_iter(["src", "include"].iter().flat_map(|name| files(dir, name, "")));
    let apps = release.apps.iter().filter(|app| app.origin != Origin::Otp);
    let sources = apps.map(|app| {
        let sources = Sources::new(&app.app.name, own(&app.app.dir), &headers, &root.to_string_lossy());
        (app.app.dir_name(), Arc::new(sources))
    });
    sources.collect()
}

/// All that applications of the release can include of each other. What else is in `_build` may be from another day.
fn headers(release: &Release) -> SourceFiles {
    let apps = release.apps.iter().filter(|app| app.origin != Origin::Otp);
    apps.flat_map(|app| files(&app.app.dir, "include", &format!("{}/", app.app.name))).collect()
}

/// The files in one of an application's folders, as `src/shop.erl`. What cannot be read is not there, nor is what an editor
/// writes beside a file, since no module comes from that.
fn files(app: &Path, folder: &str, prefix: &str) -> Vec<String> {
    let entries = WalkDir::new(app.join(folder)).follow_links(true).into_iter().filter_map(Result::ok);
    let name = |entry: &walkdir::DirEntry| {
        let below = entry.path().strip_prefix(app).ok()?.to_str()?;
        Some(format!("{prefix}{below}"))
    };
    let is_source = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().as_encoded_bytes();
        !entry.file_type().is_dir()
            && !name.starts_with(b".")
            && !name.starts_with(b"#")
            && !name.ends_with(b"~")
    };
    entries.filter(is_source).filter_map(|entry| name(&entry)).collect()
}
