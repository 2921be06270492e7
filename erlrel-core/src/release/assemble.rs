//! Assembly: from the decisions to the tree of a release.

use std::path::Path;

use super::boot_script::{BootFiles, boot_files};
use super::files::{self, Found, file_entry, file_name, link_entry};
use super::resolve::{Release, ReleaseApp};
use super::spec::{Mode, ReleaseSpec, SystemLibs};
use super::{ReleaseError, config_files, erts, overlay, runtime_files, start_script};
use crate::beam::BeamForm;
use crate::fs;
use crate::project::Origin;
use crate::term::pretty;
use crate::tree::{Content, Entry, Group, Tree, TreePath};

/// What the tree is for. relx's directory and tarball differ, and an image needs no start script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The release directory: with headers, sources where configured, and all of `ebin`.
    Directory,
    /// The release tarball: what running needs.
    Tarball,
    /// As the tarball, without a start script: the image brings its own program, and has a form of its own for BEAM files.
    Image,
}

/// The first OTP release whose `systools` packs `.appup` files into tarballs.
const PACKS_APPUP: u32 = 28;

impl Form {
    /// True where files are linked instead of copied.
    pub(super) fn links(self, spec: &ReleaseSpec) -> bool {
        self == Self::Directory && spec.mode == Mode::Link
    }
}

/// Decides everything that the release contains. Nothing is written.
///
/// # Errors
/// When a file that belongs to the release is missing or unreadable, when the applications cannot be
/// booted together (see [`boot_files`]), when an overlay is wrong, or when the virtual machine would not take the
/// `sys.config`.
pub fn assemble(release: &Release, form: Form) -> Result<Tree, ReleaseError> {
    let Release { otp, spec, apps, erts, variables, .. } = release;
    let boot = boot_files(&spec.name, &spec.vsn, apps, otp);
    let boot = boot.map_err(|error| at_goal(error, spec))?;
    config_files::check(spec, otp)?;
    let mut tree = Tree::new();
    for app in apps.iter().filter(|app| app.packed) {
        application(&mut tree, release, app, form)?;
    }
    // An image decides by itself.
    if spec.strip && form != Form::Image {
        strip_beams(&mut tree);
    }
    releases(&mut tree, release, form, &boot)?;
    match form {
        Form::Image => start_script::add_list(&mut tree, spec)?,
        Form::Directory | Form::Tarball => start_script::add(&mut tree, spec, &erts.vsn)?,
    }
    erts::add(&mut tree, erts, form)?;
    let context = overlay::Context { root: &spec.root_dir, variables, form, links: form.links(spec) };
    let elsewhere = overlay::add(&mut tree, &spec.overlay, &context)?;
    if !elsewhere.is_empty() {
        // relx gives modes to what is in the directory; what is not there either is a mistake.
        assemble(release, Form::Directory)?;
    }
    config_files::check_whole(&tree, spec)?;
    tree.add_parents()?;
    Ok(tree)
}

/// What a goal wrongly says about its application, at the goal.
fn at_goal(error: ReleaseError, spec: &ReleaseSpec) -> ReleaseError {
    let goal = match &error {
        ReleaseError::NotIncluded { app, .. } => spec.goals.iter().find(|goal| goal.name == *app),
        _ => None,
    };
    match goal.map(|goal| goal.place.clone()) {
        Some(place) => error.at(&place),
        None => error,
    }
}

fn releases(tree: &mut Tree, release: &Release, form: Form, boot: &BootFiles) -> Result<(), ReleaseError> {
    let Release { spec, apps, erts, .. } = release;
    let dir = format!("releases/{}", spec.vsn);
    let (name, vsn, erts_vsn) = (&spec.name, &spec.vsn, &erts.vsn);
    let rel = runtime_files::rel(name, vsn, erts_vsn, apps);
    let mut add = |path: String, content: Content| {
        tree.insert(TreePath::new(path)?, Entry::file(content, 0o644, Group::Release))
    };
    add(format!("{dir}/{name}.rel"), rel.clone().into())?;
    add(format!("{dir}/start.boot"), boot.start.clone().into())?;
    add(format!("{dir}/start_clean.boot"), boot.start_clean.clone().into())?;
    add(format!("{dir}/no_dot_erlang.boot"), boot.no_dot_erlang.clone().into())?;
    add("bin/no_dot_erlang.boot".into(), boot.no_dot_erlang.clone().into())?;
    // The release handler could not find the applications that it names.
    if spec.system_libs != SystemLibs::Leave {
        let releases = runtime_files::releases(name, vsn, erts_vsn, apps);
        add("releases/RELEASES".into(), releases.into())?;
    }
    add("releases/start_erl.data".into(), runtime_files::start_erl_data(vsn, erts_vsn).into())?;
    if form == Form::Directory {
        add(
            format!("{dir}/start.script"),
            format!("%% coding: utf-8\n{}.\n", pretty(&boot.start_script)).into(),
        )?;
    } else {
        add(format!("releases/{name}.rel"), rel.into())?;
    }
    if form != Form::Image {
        relup(tree, spec, &dir)?;
    }
    config_files::add(tree, spec, form, &dir)
}

/// `rebar3 relup` leaves its result in the release directory, and a release that is upgraded to has it.
fn relup(tree: &mut Tree, spec: &ReleaseSpec, dir: &str) -> Result<(), ReleaseError> {
    let path = spec.output_dir.join(&spec.name).join(dir).join("relup");
    if path.is_file() {
        let entry = file_entry(&path, Content::File(path.clone()), Group::Release)?;
        tree.insert(TreePath::new(format!("{dir}/relup"))?, entry)?;
    }
    Ok(())
}

fn application(tree: &mut Tree, release: &Release, app: &ReleaseApp, form: Form) -> Result<(), ReleaseError> {
    let spec = &release.spec;
    let group = group(app);
    let target = format!("lib/{}", app.app.dir_name());
    if form.links(spec) {
        return link(tree, spec, app, &target, group);
    }
    for folder in folders(spec, form) {
        let dir = app.app.dir.join(folder);
        if dir.is_dir() {
            add_directory(tree, &dir, &format!("{target}/{folder}"), &group)?;
        }
    }
    if form != Form::Directory {
        modules(tree, app, &target, &group)?;
        if release.otp.major() >= PACKS_APPUP {
            appup(tree, app, &target, &group)?;
        }
    }
    leave_out(tree, spec, app, &target, &group)
}

/// For development a link to the application is enough; where its `.app` file has to be another one, it is a
/// directory of links: relx would change the original.
fn link(
    tree: &mut Tree,
    spec: &ReleaseSpec,
    app: &ReleaseApp,
    target: &str,
    group: Group,
) -> Result<(), ReleaseError> {
    let mut add = |path: String, source: &Path| -> Result<(), ReleaseError> {
        Ok(tree.insert(TreePath::new(path)?, link_entry(source, group.clone())?)?)
    };
    if !app.edited {
        return add(target.into(), &app.app.dir);
    }
    for (folder, target) in
        [(app.app.dir.clone(), target.to_string()), (app.app.dir.join("ebin"), format!("{target}/ebin"))]
    {
        for path in fs::list(&folder)?.into_iter().filter(|path| *path != app.app.dir.join("ebin")) {
            add(format!("{target}/{}", file_name(&path)?), &path)?;
        }
    }
    leave_out(tree, spec, app, target, &group)
}

/// Puts the edited `.app` file in place, and takes the excluded modules away.
fn leave_out(
    tree: &mut Tree,
    spec: &ReleaseSpec,
    app: &ReleaseApp,
    target: &str,
    group: &Group,
) -> Result<(), ReleaseError> {
    let name = &app.app.name;
    if app.edited {
        let path = TreePath::new(format!("{target}/ebin/{name}.app"))?;
        tree.replace(path, Entry::file(app.app.text(), 0o644, group.clone()));
    }
    for module in spec.exclude_modules.get(name).into_iter().flatten() {
        tree.remove(&format!("{target}/ebin/{module}.beam"));
    }
    Ok(())
}

fn group(app: &ReleaseApp) -> Group {
    let name = app.app.name.clone();
    match app.origin {
        Origin::Otp => Group::Otp,
        Origin::Dependency => Group::Dependency(name),
        Origin::Project | Origin::Checkout => Group::Project(name),
    }
}

/// Which folders of an application are taken whole. relx copies sources into the directory unless told
/// not to, and packs them into the tarball only when told to.
pub(super) fn folders(spec: &ReleaseSpec, form: Form) -> Vec<&'static str> {
    match (form, spec.include_src) {
        (Form::Directory, Some(false)) => vec!["ebin", "include", "priv"],
        (Form::Directory, _) => vec!["ebin", "include", "priv", "src", "lib", "c_src"],
        (_, Some(true)) => vec!["priv", "include", "src"],
        _ => vec!["priv"],
    }
}

/// The `.app` file and the modules that it lists.
fn modules(tree: &mut Tree, app: &ReleaseApp, target: &str, group: &Group) -> Result<(), ReleaseError> {
    let name = &app.app.name;
    let app_file = app.app.dir.join("ebin").join(format!("{name}.app"));
    tree.insert(
        TreePath::new(format!("{target}/ebin/{name}.app"))?,
        file_entry(&app_file, app_file.clone().into(), group.clone())?,
    )?;
    for module in &app.app.modules {
        let beam = app.app.beam(module);
        if !beam.is_file() {
            return Err(ReleaseError::ModuleMissing {
                app: name.clone(),
                module: module.clone(),
                path: beam,
            });
        }
        let entry = file_entry(&beam, beam.clone().into(), group.clone())?;
        tree.insert(TreePath::new(format!("{target}/ebin/{module}.beam"))?, entry)?;
    }
    Ok(())
}

/// Instructions for an upgrade, of an application that has them.
fn appup(tree: &mut Tree, app: &ReleaseApp, target: &str, group: &Group) -> Result<(), ReleaseError> {
    let file = format!("ebin/{}.appup", app.app.name);
    let source = app.app.dir.join(&file);
    if source.is_file() {
        let entry = file_entry(&source, source.clone().into(), group.clone())?;
        tree.insert(TreePath::new(format!("{target}/{file}"))?, entry)?;
    }
    Ok(())
}

/// Only `lib/APP/ebin/*.beam` is stripped: neither deeper folders nor `priv`.
fn strip_beams(tree: &mut Tree) {
    tree.replace_contents(|path, content| match content {
        Content::File(source) if is_module(path) => {
            Some(Content::Beam { path: source.clone(), form: BeamForm::Relx })
        }
        _ => None,
    });
}

fn is_module(path: &TreePath) -> bool {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    matches!(parts.as_slice(), ["lib", _, "ebin", name] if name.ends_with(".beam"))
}

/// Adds a directory with all that is in it; links are followed, and those that lead nowhere left out, as
/// relx does.
fn add_directory(tree: &mut Tree, dir: &Path, target: &str, group: &Group) -> Result<(), ReleaseError> {
    for found in files::walk(dir, target) {
        match found {
            Err(error) if error.broken_link().is_some() => {}
            Err(error) => return Err(error.into()),
            Ok(Found { to, is_directory: true, .. }) => tree.replace(to, Entry::directory(group.clone())),
            Ok(Found { path, to, .. }) => {
                tree.replace(to, file_entry(&path, Content::File(path.clone()), group.clone())?);
            }
        }
    }
    Ok(())
}
