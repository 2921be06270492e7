//! The image of files that are no release, on a base that has all they need.

use std::collections::BTreeSet;

use super::{ContainerError, ContainerOptions, Description, Health, Opened, Plan, add_volumes, secrets};
use crate::image::config::Healthcheck;
use crate::image::layers::{self, SplitOptions};
use crate::image::{ContainerConfig, ImageOptions};
use crate::observer::Event;
use crate::platform::Platform;
use crate::tree::{Tree, TreePath};

use super::{BuildOptions, ContainerWarning};

/// What goes into such an image, and how containers of it start.
pub(crate) struct Files<'a> {
    pub(crate) description: Description,
    /// By paths from the image's root.
    pub(crate) tree: Tree,
    /// The directory in the image that is only theirs, and the working directory.
    pub(crate) home: &'a str,
    /// Empty for that of the base.
    pub(crate) entrypoint: &'a [&'a str],
    /// Empty for that of the base, if the entry point is the base's too.
    pub(crate) cmd: &'a [&'a str],
    pub(crate) platform: Platform,
    /// Dependencies that do not stand still.
    pub(crate) moving: BTreeSet<String>,
}

/// Decides the image. Nothing is written, and nothing of the files is looked at: see [`check_secrets`].
///
/// # Errors
/// When two things meet at one path, or a health check has no command.
pub(crate) fn plan_files(
    files: Files<'_>,
    base: Option<Opened>,
    options: &ContainerOptions,
    build: &BuildOptions<'_>,
) -> Result<Plan, ContainerError> {
    let image = image_options(&files, options, build.epoch)?;
    let mut tree = files.tree;
    let there = base.as_ref().map(|base| &base.files);
    add_volumes(&mut tree, options, there)?;
    tree.add_parents()?;
    build.observer.event(&Event::Assembled { entries: tree.len() });
    let prefix = TreePath::new(files.home.trim_start_matches('/'))?;
    let split = SplitOptions {
        base: there,
        prefix: Some(&prefix),
        base_layers: base.as_ref().map_or(0, |base| base.image.layers().len()),
        budget: options.layers,
        moving: Some(&files.moving),
    };
    let layers = layers::split(&tree, split)?;
    let unset = |name: &String| ContainerWarning::UnsetVariable { name: name.clone() };
    let mut warnings: Vec<ContainerWarning> = options.unset_env.iter().map(unset).collect();
    warnings.extend(base.iter().flat_map(|base| base.warnings.iter().cloned()));
    let (base, base_files) = base.map(|base| (base.image, base.files)).unzip();
    let compression = options.compression;
    Ok(Plan { tree, base, base_files, layers, compression, image, warnings, _unpacked: None })
}

/// Refuses files with secrets in them, as [`plan`](super::plan()) does; paths count from `home`.
///
/// # Errors
/// [`ContainerError::Secrets`], and when a file cannot be read.
pub(crate) fn check_secrets(
    tree: &Tree,
    allowed: &BTreeSet<String>,
    home: &str,
) -> Result<Vec<ContainerWarning>, ContainerError> {
    secrets::check(tree, allowed, home)
}

fn image_options(
    files: &Files<'_>,
    options: &ContainerOptions,
    epoch: u64,
) -> Result<ImageOptions, ContainerError> {
    let mut annotations = files.description.annotations(epoch);
    let mut labels = annotations.clone();
    labels.extend(options.labels.clone());
    annotations.extend(options.annotations.clone());
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let usual_cmd = if options.entrypoint.is_some() { &[] } else { files.cmd };
    let config = ContainerConfig {
        entrypoint: options.entrypoint.clone().unwrap_or_else(|| words(files.entrypoint)),
        cmd: options.cmd.clone().unwrap_or_else(|| words(usual_cmd)),
        env: options.env.clone(),
        workdir: Some(options.workdir.clone().unwrap_or_else(|| files.home.into())),
        user: options.user.clone(),
        exposed_ports: options.expose.clone(),
        volumes: options.volumes.clone(),
        labels,
        stop_signal: options.stop_signal.clone(),
        healthcheck: healthcheck(files, options)?,
    };
    Ok(ImageOptions { platform: files.platform.clone(), created: epoch, config, annotations })
}

fn healthcheck(files: &Files<'_>, options: &ContainerOptions) -> Result<Option<Healthcheck>, ContainerError> {
    match &options.healthcheck {
        Some(Health::Check(check)) if check.command.is_empty() => {
            Err(ContainerError::NoHealthCommand { release: files.description.title.clone() })
        }
        Some(Health::Check(check)) => Ok(Some(check.clone())),
        Some(Health::Off) => Ok(Some(Healthcheck::default())),
        None => Ok(None),
    }
}
