//! The contract of an image: how containers of it start, and what it says of itself.

use std::collections::BTreeMap;

use super::{ContainerError, ContainerOptions, Description, Health, Parts};
use crate::image::config::Healthcheck;
use crate::image::{ContainerConfig, ImageOptions};
use crate::platform::Platform;

/// Who is nobody and owns nothing.
const NOBODY: &str = "65532:65532";

/// How a start program is called.
pub(super) struct Start<'a> {
    pub(super) cmd: &'a [&'a str],
    /// The command that says whether the release works.
    pub(super) health: Option<&'a str>,
    /// Variables that it needs in an image, besides those that every program needs.
    pub(super) env: &'a [(&'a str, &'a str)],
    /// The absolute path of what runs it, for a script.
    pub(super) interpreter: Option<&'a str>,
}

impl Parts<'_> {
    /// The release's directory in the image.
    pub(super) fn home(&self, options: &ContainerOptions) -> String {
        options.prefix.clone().unwrap_or_else(|| format!("/opt/{}", self.description.title()))
    }

    /// How containers start. What the image says of itself is not in it: see [`described`].
    pub(super) fn container_config(
        &self,
        options: &ContainerOptions,
    ) -> Result<ContainerConfig, ContainerError> {
        let home = self.home(options);
        let program = format!("{home}/bin/{}", self.description.title());
        let defaults = self.start.env.iter().chain(&[("HOME", "/tmp"), ("LANG", "C.UTF-8")]);
        let defaults = defaults.map(|(name, value)| (name.to_string(), value.to_string()));
        // Another program would not know what to do with our word.
        let usual_cmd = if options.entrypoint.is_some() { &[] } else { self.start.cmd };
        let cmd = usual_cmd.iter().map(ToString::to_string).collect();
        Ok(ContainerConfig {
            healthcheck: self.healthcheck(options, &program)?,
            entrypoint: options.entrypoint.clone().unwrap_or_else(|| vec![program]),
            cmd: options.cmd.clone().unwrap_or(cmd),
            env: defaults.chain(options.env.iter().cloned()).collect(),
            workdir: Some(options.workdir.clone().unwrap_or(home)),
            user: Some(options.user.clone().unwrap_or_else(|| NOBODY.into())),
            exposed_ports: options.expose.clone(),
            volumes: options.volumes.clone(),
            stop_signal: options.stop_signal.clone(),
            ..ContainerConfig::default()
        })
    }

    fn healthcheck(
        &self,
        options: &ContainerOptions,
        program: &str,
    ) -> Result<Option<Healthcheck>, ContainerError> {
        let check = match &options.healthcheck {
            None => return Ok(None),
            Some(Health::Off) => return Ok(Some(Healthcheck::default())),
            Some(Health::Check(check)) => check.clone(),
        };
        if !check.command.is_empty() {
            return Ok(Some(check));
        }
        let no_command = || ContainerError::NoHealthCommand { release: self.description.title().into() };
        let command = vec![program.to_string(), self.start.health.ok_or_else(no_command)?.to_string()];
        Ok(Some(Healthcheck { command, ..check }))
    }
}

/// Everything about an image besides its layers.
pub(super) fn described(
    config: ContainerConfig,
    description: &Description,
    platform: &Platform,
    options: &ContainerOptions,
    epoch: u64,
) -> ImageOptions {
    let with = |ours: BTreeMap<String, String>, theirs: &BTreeMap<String, String>| {
        ours.into_iter().chain(theirs.clone()).collect::<BTreeMap<_, _>>()
    };
    let description = description.annotations(epoch);
    let labels = with(description.clone(), &options.labels);
    ImageOptions {
        platform: platform.clone(),
        created: epoch,
        config: ContainerConfig { labels, ..config },
        annotations: with(description, &options.annotations),
    }
}
