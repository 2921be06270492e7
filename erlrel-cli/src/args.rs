//! The arguments, as they were typed. What has a form of its own is read here, so that a mistake is one of
//! usage and found before the work begins.

mod cache;
mod command_text;
mod compile;
mod dependency_cache;
mod diff;
mod image_options;
mod rebar3;
mod refused;
mod registry;
mod variable;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use erlrel_core::container::tags::TagTemplate;
use erlrel_core::container::{Base, ContainerError};
use erlrel_core::destination::Destination;
use erlrel_core::image::{COMPRESSION_FORMS, Compression, Reference};
use erlrel_core::targets::Target;

pub(crate) use cache::{CacheArgs, CacheCommand, CacheDirArgs, CacheGcArgs, CacheListArgs, UseCacheArgs};
pub(crate) use compile::{CompileArgs, When};
pub(crate) use dependency_cache::{CacheRestoreArgs, CacheSaveArgs, DependencyCacheArgs};
pub(crate) use diff::DiffArgs;
use image_options::ImageOptionArgs;
use rebar3::OverrideArgs;
use refused::{ForeignArgs, NoImageArgs};
pub(crate) use registry::RegistryArgs;

/// From a rebar3 project to a container image that runs – without Docker, without a Dockerfile.
#[derive(Debug, Parser)]
#[command(name = "erlrel", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// No progress and no warnings: only the result and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// The arguments of this process; it ends here where they make no sense.
    pub(crate) fn of_process() -> Self {
        let arguments = Self::parse();
        let content = match &arguments.command {
            Command::Image(image) => Some(&image.content),
            Command::Plan(plan) => Some(&plan.content),
            _ => None,
        };
        if content.is_some_and(ContentArgs::names_a_program_in_vain) {
            let message = "the argument '--from <FILE|DIR>' cannot be used with '--boot-program <FILE>'";
            Self::command().error(ErrorKind::ArgumentConflict, message).exit();
        }
        let compile = match &arguments.command {
            Command::Image(image) => Some(&image.compile),
            Command::Tar(tar) => Some(&tar.compile),
            Command::Release(release) => Some(&release.compile),
            _ => None,
        };
        if compile.is_some_and(CompileArgs::is_contradictory) {
            let message = "the argument '--no-compile' cannot be used with a '--compile' other than `never`";
            Self::command().error(ErrorKind::ArgumentConflict, message).exit();
        }
        if let Command::Image(image) = &arguments.command
            && image.target != Target::Runner
            && let Some(argument) = image.content.of_runners()
        {
            let message =
                format!("the argument '{argument}' cannot be used with a '--target' other than `runner`");
            Self::command().error(ErrorKind::ArgumentConflict, message).exit();
        }
        arguments
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile, assemble the release, and make a container image of it
    #[command(after_help = IMAGE_EXAMPLES)]
    Image(ImageArgs),
    /// Compile, and make the release tarball, NAME-VSN.tar.gz
    Tar(TarArgs),
    /// Compile, and make the release directory
    Release(ReleaseArgs),
    /// Show what an image would contain: applications, versions, origins, layers (nothing is compiled)
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Put an image that erlrel has made on another base image, without building it again
    #[command(after_help = REBASE_EXAMPLES)]
    Rebase(RebaseArgs),
    /// Show what differs between two images: by layer, application, module and function
    #[command(after_help = diff::EXAMPLES)]
    Diff(DiffArgs),
    /// Print the dependency-layer key: the cksum of rebar.config and rebar.lock
    Key(KeyArgs),
    /// Caches: what was fetched and packed on this machine, and compiled dependencies for others
    Cache(CacheArgs),
}

const IMAGE_EXAMPLES: &str = "\
Examples:
  erlrel image                                  an archive in _build/prod/erlrel/
  erlrel image --to docker --tag shop:1.4       into the running Docker daemon
  erlrel image --to oci:out:1.4 --to archive:shop.tar
  erlrel image --to registry --tag registry.example.com/shop:1.4
  erlrel image --base debian:12-slim            on a base image in a registry
  erlrel image --from shop-1.4.0.tar.gz         from what `rebar3 tar` or `mix release` has made
  erlrel image --explain --size-budget 60MB     say why each layer was built; fail if all of them have more
  erlrel image --cache-from registry.example.com/acme/deps --cache-to registry.example.com/acme/deps
  erlrel image --tag registry.example.com/acme/shop:{git_sha} --env DB_HOST=db --expose 8080

The image starts with ENTRYPOINT /opt/<rel>/bin/<rel> and CMD foreground (with --from what mix has
made: CMD start). What these options say can stand in rebar.config, which follows profiles:
  {erlrel, [{base, \"scratch\"}, {shell, false}, {user, \"65532:65532\"}, {cmd, [\"foreground\"]},
            {env, [{\"NAME\", \"VALUE\"}]}, {expose, [8080, {8053, udp}]},
            {labels, [{\"KEY\", \"VALUE\"}]}, {volumes, [\"/data\"]}, {stop_signal, \"SIGTERM\"},
            {healthcheck, [{interval, \"30s\"}, {retries, 3}]}, {tags, [\"shop:{git_sha}\"]}]}.";

/// What every command needs to know about the project.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProjectArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// The rebar3 profile, or several separated by commas
    #[arg(long, default_value = "prod", value_name = "NAME", value_delimiter = ',', value_parser = parse_profile)]
    pub(crate) profile: Vec<String>,
    /// The Erlang installation; default: the one of `erl` on PATH
    #[arg(long, value_name = "DIR")]
    pub(crate) otp: Option<PathBuf>,
    /// Go on without the project's hooks on `release` and `tar`, which erlrel does not run
    #[arg(long)]
    pub(crate) ignore_hooks: bool,
}

/// Which release is meant, what of its configuration counts, and how much is put up with.
#[derive(Debug, Args)]
pub(crate) struct SelectArgs {
    /// The release, if several are configured; default: the highest version of the only name
    #[arg(long, value_name = "NAME[:VSN]")]
    pub(crate) release: Option<String>,
    /// Fail if there is any warning; `warnings_as_errors` in rebar.config fails only where relx does
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) overrides: OverrideArgs,
    #[command(flatten)]
    _foreign: ForeignArgs,
}

/// What says how a release is assembled.
const NOT_WITH_FROM: [&str; 9] = [
    "dir",
    "otp",
    "release",
    "strict",
    "overlay_vars",
    "sys_config",
    "vm_args",
    "include_erts",
    "system_libs",
];

/// Names the start program for every image.
const BOOT_PROGRAM: &str = "ERLREL_BOOT_PROGRAM";

/// What an image is made of.
#[derive(Debug, Args)]
pub(crate) struct ContentArgs {
    /// The image below: `scratch`, `oci:DIR[:TAG]` (an OCI layout), `docker:NAME` (from the running Docker daemon), or
    /// `[REGISTRY/]NAME[:TAG][@DIGEST]`; default: scratch
    #[arg(long, value_name = "BASE", value_parser = parse_base)]
    pub(crate) base: Option<Base>,
    /// Make it from a release that something else has assembled, with its own start script and a shell: the tarball
    /// or directory of `rebar3 as prod tar`, `rebar3 as prod release` or `mix release`. Nothing is compiled; of a
    /// rebar.config in the current folder only the key `erlrel` counts
    #[arg(long, value_name = "FILE|DIR", conflicts_with_all = NOT_WITH_FROM)]
    pub(crate) from: Option<PathBuf>,
    /// Add /bin/sh, for applications that run shell commands
    #[arg(long)]
    pub(crate) shell: bool,
    /// How layers are compressed: `gzip`, `zstd` or `zstd:LEVEL` with a level from 1 to 22; default: gzip
    #[arg(long, value_name = "HOW", value_parser = parse_compression)]
    pub(crate) compression: Option<Compression>,
    /// The program that starts the release in the image; default: erlrel-boot beside erlrel
    #[arg(long, value_name = "FILE", env = BOOT_PROGRAM, hide_env_values = true)]
    pub(crate) boot_program: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) options: ImageOptionArgs,
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

/// What this machine has to work with.
#[derive(Debug, Args)]
pub(crate) struct HostArgs {
    #[command(flatten)]
    pub(crate) cache: UseCacheArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

impl ContentArgs {
    /// An argument about an image that runs the release.
    fn of_runners(&self) -> Option<&'static str> {
        self.shell.then_some("--shell").or(self.options.beams.map(|_| "--beams <FORM>"))
    }

    /// clap takes a variable for a word of the command line, and a variable may be set for all that a user does.
    fn names_a_program_in_vain(&self) -> bool {
        self.from.is_some() && self.boot_program.is_some() && std::env::var_os(BOOT_PROGRAM).is_none()
    }
}

#[derive(Debug, Args)]
#[command(mut_arg("no_compile", |arg| arg.conflicts_with("from")))]
#[command(mut_arg("no_deterministic", |arg| arg.conflicts_with("from")))]
#[command(mut_arg("compile", |arg| arg.conflicts_with("from")))]
pub(crate) struct ImageArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
    #[command(flatten)]
    pub(crate) content: ContentArgs,
    /// What the image is for: to run the release (`runner`), or for those who work on the project, on a --base with Erlang
    /// and rebar3: `builder` has its dependencies compiled in /app, `tester` runs `rebar3 ct`, `plt` runs `rebar3 dialyzer`
    /// with a PLT; `releaser` has the release unpacked in /opt/rel
    #[arg(long, value_name = "TARGET", default_value = "runner", hide_default_value = true, conflicts_with = "from", value_parser = Target::from_str)]
    pub(crate) target: Target,
    /// Where the image goes, several times if needed: `archive:FILE` (for docker, containerd, skopeo and
    /// podman), `oci:DIR[:TAG]`, `docker`, `registry` (of each --tag); default: archive:_build/PROFILE/erlrel/NAME-VSN.tar, with --from
    /// archive:NAME-VSN.image.tar
    #[arg(long, value_name = "DEST", value_parser = Destination::parse)]
    pub(crate) to: Vec<Destination>,
    /// The image's name, several times if needed, with {version}, {git_sha}, {git_short}, {git_branch} and {key}
    /// filled in; takes the place of `tags` in rebar.config; default: NAME:VSN of the release
    #[arg(long, value_name = "NAME", value_parser = TagTemplate::parse)]
    pub(crate) tag: Vec<TagTemplate>,
    /// Say of every layer whether it is that of the last image that was made here, and if not, which files are others; and
    /// what a registry that has the last image would be sent
    #[arg(long)]
    pub(crate) explain: bool,
    /// Print the result as JSON, with every layer
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TarArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    /// The file to write; default: _build/PROFILE/rel/NAME/NAME-VSN.tar.gz, as rebar3 does
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    _no_image: NoImageArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    /// The directory to write, in place of what is there; default: _build/PROFILE/rel/NAME, as rebar3 does
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    _no_image: NoImageArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) content: ContentArgs,
    /// Write a page that draws what takes the space in the image: one file, for any browser
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const PLAN_EXAMPLES: &str = "\
Examples:
  erlrel plan
  erlrel plan --json
  erlrel plan --html size.html                  a map of what takes the space";

const REBASE_EXAMPLES: &str = "\
Examples:
  erlrel rebase registry.example.com/shop:1.4 --base debian:12-slim
  erlrel rebase registry.example.com/shop:1.4 --base debian:12-slim --tag registry.example.com/shop:1.4-patched
  erlrel rebase oci:out:1.4 --base oci:debian:12

Its own layers stay as they are, so the new base must have what the old one had: a newer build of the same one has.";

#[derive(Debug, Args)]
pub(crate) struct RebaseArgs {
    /// The image, written as a base image is: `[REGISTRY/]NAME[:TAG][@DIGEST]`, `oci:DIR[:TAG]`, `docker:NAME`
    #[arg(value_name = "IMAGE", value_parser = parse_base)]
    pub(crate) image: Base,
    /// The new base
    #[arg(long, value_name = "BASE", value_parser = parse_base)]
    pub(crate) base: Base,
    /// Where the image goes, as for `erlrel image`; default: where it is
    #[arg(long, value_name = "DEST", value_parser = Destination::parse)]
    pub(crate) to: Vec<Destination>,
    /// Its name, several times if needed; default: the one that it has
    #[arg(long, value_name = "NAME", value_parser = Reference::parse)]
    pub(crate) tag: Vec<Reference>,
    /// Print the result as JSON, with every layer
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
    /// A SHA-256 (of this profile and Erlang) that moves only when something moves that decides the bytes of compiled dependencies
    #[arg(long)]
    pub(crate) semantic: bool,
}

/// A profile's name is a part of the name of the directory below `_build`.
fn parse_profile(text: &str) -> Result<String, &'static str> {
    match text {
        "" => Err("the name of a profile is missing"),
        "." | ".." => Err("no profile can have this name, as a directory below `_build` is named after it"),
        text if text.contains('/') => {
            Err("the name of a profile has no `/`, as a directory below `_build` is named after it")
        }
        text => Ok(text.into()),
    }
}

fn parse_compression(text: &str) -> Result<Compression, String> {
    Compression::parse(text).ok_or_else(|| format!("it must be {COMPRESSION_FORMS}"))
}

/// A relative directory is one in the current folder.
fn parse_base(text: &str) -> Result<Base, ContainerError> {
    Base::parse(text, Path::new(""))
}
