//! The container image of a release: its tree under `/opt/NAME`, what that needs of a system, and the
//! contract by which it is started.
//!
//! The contract is the Erlang community's: `WORKDIR /opt/NAME`, `ENTRYPOINT ["/opt/NAME/bin/NAME"]`,
//! `CMD ["foreground"]`, `RELX_OUT_FILE_PATH=/tmp`; it runs with a read-only root and a writable `/tmp`
//! under any user, and holds no cookie and no secret.

mod app_dirs;
mod base;
mod base_listing;
mod beams;
mod bound_modules;
mod contract;
mod description;
mod env_file;
mod epmd;
mod error;
mod files;
mod health_terms;
mod layer_terms;
mod nearest;
mod on_base;
mod option_terms;
mod options;
mod prebuilt;
mod secrets;
mod shell;
mod size_budget;
mod tag_facts;
pub mod tags;
mod terms;
pub mod values;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app_dirs::AppDir;
pub use base::{Base, FORMS as BASE_FORMS};
pub use base_listing::share_base;
pub use beams::Beams;
pub use bound_modules::bound_modules;
use contract::{Start, described};
use description::Asking;
pub use description::Description;
pub use error::{ContainerError, ContainerWarning};
pub(crate) use files::{Files, check_secrets, plan_files};
pub use options::{ContainerOptions, Health};
pub use prebuilt::plan_prebuilt;
pub use secrets::Secret;
pub use size_budget::{Overrun, SHARES, Share, SizeBudget, limit as size_limit};
pub use tag_facts::TagFacts;

use crate::cache::Cache;
use crate::docker::DockerHost;
use crate::fs::{NoNotes, Notes, ScratchDir};
use crate::image::files::{FileKind, FileMap};
use crate::image::layers::{self, PackOptions, SplitOptions};
use crate::image::native::{self, NativeOptions, Shell};
use crate::image::{self, BaseImage, Compression, Image, ImageOptions};
use crate::observer::{Event, Observer};
use crate::platform::Platform;
use crate::registry::{Registry, RegistryOptions};
use crate::release::{self, Form, Release, SystemLibs};
use crate::shared_cache::CachePlace;
use crate::tree::{Content, Entry, Group, Tree, TreePath};

/// The search path of a container whose image says nothing of it.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where the image is made: facts about the build, none about the project.
#[derive(Clone)]
pub struct BuildOptions<'a> {
    /// Time of every file and of the image, in seconds since 1970. Default 0, so that it takes no part.
    pub epoch: u64,
    /// A directory for temporary files, with space for the compressed layers.
    pub scratch_dir: PathBuf,
    /// Where the Docker daemon listens that has a base image; default: [`DockerHost::default`].
    pub docker: DockerHost,
    /// How the registry of a base image is spoken to.
    pub registry: Registry,
    /// What was made before and can be used again. Default: none.
    pub cache: Option<&'a Cache>,
    /// Caches that machines share, in which what a base image holds is looked up before its layers are fetched.
    /// Default: none.
    pub cache_from: &'a [CachePlace],
    /// How the registries of such caches are spoken to: they should cost less time than they save.
    pub cache_registry: Registry,
    /// Is told what happens.
    pub observer: &'a dyn Observer,
}

impl<'a> BuildOptions<'a> {
    /// Everything but these two as by default.
    pub fn new(scratch_dir: PathBuf, observer: &'a dyn Observer) -> Self {
        let registry = Registry::new(RegistryOptions::default());
        Self {
            epoch: 0,
            scratch_dir,
            docker: DockerHost::default(),
            cache_registry: registry.clone(),
            registry,
            cache: None,
            cache_from: &[],
            observer,
        }
    }
}

impl BuildOptions<'_> {
    fn notes(&self) -> &dyn Notes {
        self.cache.map_or(&NoNotes, |cache| cache)
    }
}

impl std::fmt::Debug for BuildOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("BuildOptions");
        shown.field("epoch", &self.epoch).field("scratch_dir", &self.scratch_dir);
        shown.field("docker", &self.docker).field("registry", &self.registry);
        shown.field("cache", &self.cache).field("cache_from", &self.cache_from).finish_non_exhaustive()
    }
}

/// The decisions about an image: every path in it, before any layer is packed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Everything that erlrel puts into the image, at its place there.
    pub tree: Tree,
    /// The base image, unless the image stands on nothing.
    pub base: Option<BaseImage>,
    /// What the base holds.
    pub base_files: Option<FileMap>,
    /// What goes into which layer, lowest first.
    pub layers: Vec<layers::LayerPlan>,
    /// How they are compressed.
    pub compression: Compression,
    /// How a container starts, and what the image says of itself.
    pub image: ImageOptions,
    /// What the user should know.
    pub warnings: Vec<ContainerWarning>,
    /// Where files of the tree are that were unpacked from a tarball: they go with the plan's last copy.
    _unpacked: Option<Arc<ScratchDir>>,
}

/// Decides what the image of a release contains. Nothing is written.
///
/// `boot_program` becomes `bin/NAME`: erlrel's own, `erlrel-boot`, for the image's platform. The runtime system's epmd
/// becomes a link to it.
///
/// # Errors
/// When the start program is not there, the release cannot be assembled, has no ERTS and no base that brings one, needs a shared
/// library that is not there, or the base cannot be read.
pub fn plan(
    release: &Release,
    boot_program: &Path,
    options: &ContainerOptions,
    build: &BuildOptions<'_>,
) -> Result<Plan, ContainerError> {
    let Release { project, otp, spec, .. } = release;
    let description = Asking::of(spec, project);
    let base = Opened::open(&options.base, Some(&otp.platform), build)?;
    if release.erts.bin.is_none() {
        on_base::with_erlang(base.as_ref(), options, &spec.name)?;
    }
    // They are looked for beside the runtime system.
    if spec.system_libs == SystemLibs::Leave && release.erts.bin.is_some() {
        return Err(ContainerError::NoSystemLibs { release: spec.name.clone() });
    }
    let mut tree = release::assemble(release, Form::Image)?;
    beams::form(&mut tree, options.beams, release);
    let program = TreePath::new(format!("bin/{}", spec.name))?;
    if tree.get(program.as_str()).is_some() {
        return Err(ContainerError::ProgramTaken { path: program.to_string() });
    }
    let warnings = release::warnings_of_form(release, &tree, Form::Image);
    epmd::by_start_program(&mut tree, &program);
    tree.insert(program, start_program(boot_program)?)?;
    let shell = if options.shell { Shell::Sh } else { Shell::No };
    let has_shell = options.shell || base.as_ref().is_some_and(Opened::has_shell);
    let start = Start {
        cmd: &["foreground"],
        health: Some("healthcheck"),
        env: &[("RELX_OUT_FILE_PATH", "/tmp")],
        interpreter: None,
    };
    let parts = Parts {
        description,
        tree,
        apps: app_dirs::own(release),
        moving: project.moving_dependencies(),
        platform: &otp.platform,
        shell,
        start,
        base,
        unpacked: None,
    };
    let mut plan = parts.plan(options, build)?;
    plan.warnings.extend(warnings.into_iter().map(ContainerWarning::Release));
    if !options.shell && plan.base.is_none() {
        plan.warnings.extend(shell::users(release, build.notes()));
    }
    if !has_shell {
        plan.warnings.extend(shell::hooks(release));
    }
    Ok(plan)
}

/// Packs the layers of a plan and puts them together.
///
/// # Errors
/// When a file cannot be read, the scratch directory is full, or the observer asks to stop.
pub fn build(plan: &Plan, options: &BuildOptions<'_>) -> Result<Image, ContainerError> {
    let pack = PackOptions {
        mtime: options.epoch,
        compression: plan.compression,
        scratch_dir: &options.scratch_dir,
        observer: options.observer,
    };
    let layers = match options.cache {
        Some(cache) => cache.pack(&plan.layers, pack)?,
        None => layers::pack(&plan.layers, pack)?,
    };
    Ok(image::build(plan.base.as_ref(), &layers, &plan.image)?)
}

fn start_program(path: &Path) -> Result<Entry, ContainerError> {
    if !path.is_file() {
        return Err(ContainerError::NoBootProgram { path: path.into() });
    }
    // As often as Erlang another one, unlike what else a release has.
    Ok(Entry::file(Content::File(path.into()), 0o755, Group::Otp))
}

/// What an image is put together from, whoever has assembled the release.
struct Parts<'a> {
    description: Asking,
    /// The release, with its start program.
    tree: Tree,
    /// The applications that are to have directories without versions.
    apps: Vec<AppDir>,
    /// Dependencies that do not stand still.
    moving: BTreeSet<String>,
    platform: &'a Platform,
    shell: Shell,
    start: Start<'a>,
    base: Option<Opened>,
    unpacked: Option<Arc<ScratchDir>>,
}

/// A base image and what is in it.
pub(crate) struct Opened {
    pub(crate) image: BaseImage,
    pub(crate) files: FileMap,
    /// What the user should know of how that was found out.
    pub(crate) warnings: Vec<ContainerWarning>,
}

impl Opened {
    /// Opens the image that options name, unless that is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(
        base: &Base,
        platform: Option<&Platform>,
        build: &BuildOptions<'_>,
    ) -> Result<Option<Self>, ContainerError> {
        base.open(platform, build)?.map(|image| Self::look_into(image, build)).transpose()
    }

    /// What is known here counts, then what others know; and only then the layers themselves are read.
    fn look_into(image: BaseImage, build: &BuildOptions<'_>) -> Result<Self, ContainerError> {
        if let Some(files) = build.cache.and_then(|cache| cache.known_files(&image)) {
            return Ok(Self { image, files, warnings: Vec::new() });
        }
        let is_remote = image.is_remote();
        let (shared, warnings) =
            if is_remote { base_listing::look(&image, build) } else { Default::default() };
        let read = || build.cache.map_or_else(|| image.files(), |cache| cache.files(&image));
        let files = shared.map_or_else(read, Ok)?;
        Ok(Self { image, files, warnings })
    }

    /// Where containers of the image look for programs.
    pub(crate) fn search_path(&self) -> &str {
        self.image.config().variable("PATH").unwrap_or(PATH)
    }

    /// Where a search path leads to a file of this name, without the first `/`.
    pub(crate) fn find_program(&self, search_path: &str, name: &str) -> Option<&str> {
        let file = |dir: &str| {
            let found = self.files.resolve(format!("{dir}/{name}").trim_start_matches('/'));
            found.filter(|(_, info)| info.kind == FileKind::File).map(|(path, _)| path)
        };
        search_path.split(':').find_map(file)
    }

    fn has_shell(&self) -> bool {
        self.files.resolve("bin/sh").is_some()
    }
}

impl Parts<'_> {
    fn plan(mut self, options: &ContainerOptions, build: &BuildOptions<'_>) -> Result<Plan, ContainerError> {
        let config = self.container_config(options)?;
        let home = self.home(options);
        let mut warnings = secrets::check(&self.tree, &options.allow_secrets, &home)?;
        warnings.extend(self.base.iter_mut().flat_map(|base| base.warnings.drain(..)));
        let prefix = TreePath::new(home.trim_start_matches('/'))?;
        let mut tree = std::mem::take(&mut self.tree).under(&prefix);
        build.observer.event(&Event::Assembled { entries: tree.len() });
        let needs = NativeOptions { shell: self.shell, ..NativeOptions::new(self.platform.clone()) };
        let native = native::closure(&tree, &needs)?;
        warnings.extend(native.warnings.iter().cloned().map(ContainerWarning::Native));
        let unset = |name: &String| ContainerWarning::UnsetVariable { name: name.clone() };
        warnings.extend(options.unset_env.iter().map(unset));
        tree.merge(match &self.base {
            Some(base) => on_base::missing(native, &base.files)?,
            None => native.tree,
        })?;
        let files = self.base.as_ref().map(|base| &base.files);
        add_volumes(&mut tree, options, files)?;
        tree.add_parents()?;
        self.check_interpreter(&tree, files)?;
        let tree = app_dirs::without_versions(tree, &prefix, &self.apps)?;
        let split = SplitOptions {
            base: files,
            prefix: Some(&prefix),
            base_layers: self.base.as_ref().map_or(0, |base| base.image.layers().len()),
            budget: options.layers,
            moving: Some(&self.moving),
        };
        let layers = layers::split(&tree, split)?;
        let image = described(config, &self.description.answer(), self.platform, options, build.epoch);
        let (base, base_files) = self.base.map(|base| (base.image, base.files)).unzip();
        let compression = options.compression;
        Ok(Plan { tree, base, base_files, layers, compression, image, warnings, _unpacked: self.unpacked })
    }

    fn check_interpreter(&self, tree: &Tree, base: Option<&FileMap>) -> Result<(), ContainerError> {
        let Some(interpreter) = self.start.interpreter else { return Ok(()) };
        let path = interpreter.trim_start_matches('/');
        if tree.get(path).is_some() || base.is_some_and(|files| files.resolve(path).is_some()) {
            return Ok(());
        }
        let script = format!("bin/{}", self.description.title());
        Err(ContainerError::NoInterpreter { script, interpreter: interpreter.into() })
    }
}

/// A directory for each volume that is not there yet. Everybody can write to it, as to `/tmp`, because a new volume gets
/// its mode and owner from it and nobody knows as which user a container will run.
fn add_volumes(
    tree: &mut Tree,
    options: &ContainerOptions,
    base: Option<&FileMap>,
) -> Result<(), ContainerError> {
    for volume in &options.volumes {
        let path = TreePath::new(volume.trim_start_matches('/'))?;
        let in_base = base.is_some_and(|files| files.resolve(path.as_str()).is_some());
        if !in_base && tree.get(path.as_str()).is_none() {
            tree.insert(path, Entry { mode: 0o1777, ..Entry::directory(Group::Release) })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod incremental_tests;
