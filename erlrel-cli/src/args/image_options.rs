//! What a Dockerfile says with ENV, EXPOSE, USER, LABEL and their like, as flags: each stands for the option of the same
//! name in rebar.config.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use erlrel_core::Environment;
use erlrel_core::container::{self, Beams, ContainerError, ContainerOptions, Health, Share, values};
use erlrel_core::image::config::{Healthcheck, Port};

use super::command_text::{self, CommandText};
use super::variable::{Variable, VariableParser};

/// Over these options in the help.
const CONTAINER: &str = "How containers start";
const DESCRIPTION: &str = "What the image says of itself";
const HEALTH: &str = "Health check (of Docker's format)";

/// Options of images. Of those that may be given several times, all are added to what rebar.config says; the others take
/// its place.
#[derive(Debug, Args)]
pub(crate) struct ImageOptionArgs {
    /// What becomes of BEAM files: `keep` leaves them as they were compiled, with debug information; `strip` takes that away;
    /// `canonical` also takes away what depends on the directory that they were compiled in; default: canonical
    #[arg(long, value_name = "FORM", value_parser = must_be(values::beams))]
    pub(crate) beams: Option<Beams>,
    /// A variable of containers; without a value it has the one that it has here
    #[arg(long, help_heading = CONTAINER, value_name = "NAME[=VALUE]", value_parser = VariableParser)]
    env: Vec<Variable>,
    /// A file of variables, in the format of `docker run --env-file`; --env counts more
    #[arg(long, help_heading = CONTAINER, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// The program, instead of the release's start program: words as in a shell, or a JSON list; no shell runs it
    #[arg(long, help_heading = CONTAINER, value_name = "COMMAND", value_parser = command_text::program)]
    entrypoint: Option<CommandText>,
    /// Its arguments, which `docker run IMAGE ARGUMENT…` replaces; default: foreground, or none with --entrypoint
    #[arg(long, help_heading = CONTAINER, value_name = "COMMAND", value_parser = command_text::words)]
    cmd: Option<CommandText>,
    /// The user, by name or number; default: 65532:65532
    #[arg(long, help_heading = CONTAINER, value_name = "USER[:GROUP]", value_parser = must_be(values::user))]
    user: Option<String>,
    /// The release's directory in the image; default: /opt/NAME
    #[arg(long, help_heading = CONTAINER, value_name = "DIR", value_parser = must_be(values::prefix))]
    prefix: Option<String>,
    /// The working directory; default: the release's
    #[arg(long, help_heading = CONTAINER, value_name = "DIR", value_parser = must_be(values::workdir))]
    workdir: Option<String>,
    /// The signal that asks for the end; default: SIGTERM
    #[arg(long, help_heading = CONTAINER, value_name = "SIGNAL", value_parser = must_be(values::stop_signal))]
    stop_signal: Option<String>,
    /// A directory for data that outlives a container; everybody can write to it
    #[arg(long, help_heading = CONTAINER, value_name = "DIR", value_parser = must_be(values::volume))]
    volume: Vec<String>,
    /// A port that it listens on, of TCP unless said otherwise, or several of them
    #[arg(long, help_heading = DESCRIPTION, value_name = "PORT[-PORT][/udp]", value_parser = parse_ports)]
    expose: Vec<Ports>,
    /// A label
    #[arg(long, help_heading = DESCRIPTION, value_name = "KEY=VALUE", value_parser = parse_pair)]
    label: Vec<(String, String)>,
    /// An annotation of the manifest
    #[arg(long, help_heading = DESCRIPTION, value_name = "KEY=VALUE", value_parser = parse_pair)]
    annotation: Vec<(String, String)>,
    #[command(flatten)]
    health: HealthArgs,
    /// A file of the release, or a directory, that may be in the image although it looks like a secret
    #[arg(long, value_name = "PATH")]
    allow_secret: Vec<String>,
    /// Fail, and write nothing, if the compressed layers have more than SIZE together, such as 60MB or 50MiB; or those of a
    /// PART: base, native, otp, dependencies, project, release
    #[arg(long, value_name = "[PART=]SIZE", value_parser = must_be(container::size_limit))]
    size_budget: Vec<(Share, u64)>,
    /// How many layers dependencies have at most; 0: one for all; default: 20
    #[arg(long, value_name = "COUNT")]
    dependency_layers: Option<usize>,
    /// How many layers the project's own applications have at most; 0: one for all; default: 20
    #[arg(long, value_name = "COUNT")]
    project_layers: Option<usize>,
}

#[derive(Debug, Args)]
struct HealthArgs {
    /// The program that says whether the release works; default, with any of these options: its own `healthcheck`
    #[arg(long, help_heading = HEALTH, value_name = "COMMAND", value_parser = command_text::program)]
    health_cmd: Option<CommandText>,
    /// Time between two checks
    #[arg(long, help_heading = HEALTH, value_name = "TIME", value_parser = must_be(values::duration))]
    health_interval: Option<Duration>,
    /// Time after which a check has failed
    #[arg(long, help_heading = HEALTH, value_name = "TIME", value_parser = must_be(values::duration))]
    health_timeout: Option<Duration>,
    /// Time after the start in which failures do not count
    #[arg(long, help_heading = HEALTH, value_name = "TIME", value_parser = must_be(values::duration))]
    health_start_period: Option<Duration>,
    /// Time between two checks in that time
    #[arg(long, help_heading = HEALTH, value_name = "TIME", value_parser = must_be(values::duration))]
    health_start_interval: Option<Duration>,
    /// How many failures in a row make a container unhealthy
    #[arg(long, help_heading = HEALTH, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    health_retries: Option<u32>,
    /// No health check, whatever rebar.config and the base say
    #[arg(long, help_heading = HEALTH, conflicts_with_all = HEALTH_OPTIONS)]
    no_healthcheck: bool,
}

const HEALTH_OPTIONS: [&str; 6] = [
    "health_cmd",
    "health_interval",
    "health_timeout",
    "health_start_period",
    "health_start_interval",
    "health_retries",
];

impl ImageOptionArgs {
    /// Lays what the command line says over what rebar.config says.
    pub(crate) fn over(
        &self,
        mut options: ContainerOptions,
        environment: &Environment,
    ) -> Result<ContainerOptions, ContainerError> {
        self.env_file.iter().try_for_each(|file| options.add_env_file(file, environment))?;
        for variable in &self.env {
            match variable {
                Variable::Set(name, value) => options.env.push((name.clone(), value.clone())),
                Variable::FromHere(name) => options.add_env_of(name, environment),
            }
        }
        options.expose.extend(self.expose.iter().flat_map(|Ports(ports)| ports));
        options.labels.extend(self.label.iter().cloned());
        options.annotations.extend(self.annotation.iter().cloned());
        options.volumes.extend(self.volume.iter().cloned());
        options.allow_secrets.extend(self.allow_secret.iter().cloned());
        let words = |text: &Option<CommandText>| text.as_ref().map(|CommandText(words)| words.clone());
        options.entrypoint = words(&self.entrypoint).or(options.entrypoint);
        options.cmd = words(&self.cmd).or(options.cmd);
        options.user = self.user.clone().or(options.user);
        options.beams = self.beams.unwrap_or(options.beams);
        options.prefix = self.prefix.clone().or(options.prefix);
        options.workdir = self.workdir.clone().or(options.workdir);
        options.stop_signal = self.stop_signal.clone().or(options.stop_signal);
        options.healthcheck = self.health.over(options.healthcheck);
        options.size_budget.0.extend(self.size_budget.iter().copied());
        options.layers.dependencies = self.dependency_layers.unwrap_or(options.layers.dependencies);
        options.layers.project = self.project_layers.unwrap_or(options.layers.project);
        Ok(options)
    }
}

impl HealthArgs {
    /// Each of the options takes the place of one in rebar.config, the others stay.
    fn over(&self, configured: Option<Health>) -> Option<Health> {
        if self.no_healthcheck {
            return Some(Health::Off);
        }
        let ours = Healthcheck {
            command: self.health_cmd.as_ref().map(|CommandText(words)| words.clone()).unwrap_or_default(),
            interval: self.health_interval,
            timeout: self.health_timeout,
            start_period: self.health_start_period,
            start_interval: self.health_start_interval,
            retries: self.health_retries,
        };
        if ours == Healthcheck::default() {
            return configured;
        }
        let theirs = if let Some(Health::Check(check)) = configured { check } else { Healthcheck::default() };
        Some(Health::Check(Healthcheck {
            command: if ours.command.is_empty() { theirs.command } else { ours.command },
            interval: ours.interval.or(theirs.interval),
            timeout: ours.timeout.or(theirs.timeout),
            start_period: ours.start_period.or(theirs.start_period),
            start_interval: ours.start_interval.or(theirs.start_interval),
            retries: ours.retries.or(theirs.retries),
        }))
    }
}

#[derive(Debug, Clone)]
struct Ports(Vec<Port>);

fn parse_ports(text: &str) -> Result<Ports, String> {
    must_be(values::ports)(text).map(Ports)
}

/// `KEY=VALUE`, or `KEY` with an empty value, as Docker has it.
fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    Ok((must_be(values::key)(key)?, value.into()))
}

/// The message of a value that is something else.
fn must_be<T>(
    parse: impl Fn(&str) -> values::Value<T> + Clone,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| parse(text).map_err(|what| format!("it must be {what}"))
}
