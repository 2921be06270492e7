//! Images for those who work on a project, as the Erlang community's build scripts have them: the compiled dependencies,
//! the tests, a PLT for Dialyzer, the unpacked release.
//!
//! All are a base image with Erlang and rebar3, and layers that are packed here: nothing is run inside a container to
//! make them. What rebar3 has compiled on this machine lies in `/app` as if it had been compiled there, so that rebar3
//! neither fetches nor compiles any of it again.

mod app;
mod base;
mod compile_graph;
mod error;
mod plt;
mod sources;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

pub use error::TargetError;

use crate::container::{
    BuildOptions, ContainerOptions, ContainerWarning, Description, Files, Opened, Plan, check_secrets,
    plan_files,
};
use crate::environment::Environment;
use crate::otp::OtpRoot;
use crate::project::Project;
use crate::release::{self, Form, Release};
use crate::tree::{Entry, Group, TreePath};

/// The project's directory in the image, unless another one is wished.
const APP: &str = "/app";

/// The release's directory in the image of a releaser.
const RELEASE: &str = "/opt/rel";

/// What an image is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// To run the release.
    #[default]
    Runner,
    /// To compile the project: its dependencies are compiled already.
    Builder,
    /// To run its tests: `rebar3 ct`.
    Tester,
    /// To check its types: `rebar3 dialyzer`, with a PLT of Erlang and the dependencies.
    Plt,
    /// To copy the release from: it lies unpacked in `/opt/rel`, with its start script.
    Releaser,
}

/// The names.
const NAMES: [(&str, Target); 5] = [
    ("runner", Target::Runner),
    ("builder", Target::Builder),
    ("tester", Target::Tester),
    ("plt", Target::Plt),
    ("releaser", Target::Releaser),
];

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = NAMES.iter().find(|(name, _)| *name == text).map(|(_, target)| *target);
        found.ok_or_else(|| format!("there are {}", NAMES.map(|(name, _)| format!("`{name}`")).join(", ")))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, target)| target == self).map_or("", |(name, _)| name))
    }
}

impl Target {
    /// The profiles that the project is read and compiled with, where a user asks for `asked`: tests have a profile of their
    /// own, and rebar3 runs Dialyzer without one.
    pub fn profiles(self, asked: &[String]) -> Vec<String> {
        match self {
            Self::Runner | Self::Builder | Self::Releaser => asked.to_vec(),
            Self::Tester => vec!["test".into()],
            Self::Plt => Vec::new(),
        }
    }

    /// What rebar3 is to do first, as its arguments. The tests are compiled as `rebar3 ct` does it, which gives the
    /// compiler other options than `rebar3 as test compile`.
    pub fn compilation(self, profiles: &[String]) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Runner | Self::Releaser => &["compile"],
            Self::Builder => &["compile", "--deps_only"],
            Self::Tester => return ["ct", "--compile_only=true"].map(String::from).into(),
            Self::Plt => return ["dialyzer", "--succ-typings=false"].map(String::from).into(),
        };
        let named: Vec<&str> =
            profiles.iter().map(String::as_str).filter(|name| *name != "default").collect();
        let profiles = (!named.is_empty()).then(|| ["as".to_string(), named.join(",")]);
        profiles.into_iter().flatten().chain(words.iter().map(ToString::to_string)).collect()
    }

    fn start(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Tester => (&["rebar3"], &["ct"]),
            Self::Plt => (&["rebar3"], &["dialyzer"]),
            Self::Runner | Self::Builder | Self::Releaser => (&[], &[]),
        }
    }
}

/// What an image of a project is made from, besides the project.
#[derive(Debug, Clone, Copy)]
pub struct TargetOptions<'a> {
    /// The name that the image says.
    pub title: &'a str,
    /// The version that the image says.
    pub version: Option<&'a str>,
    /// The Erlang that has compiled the project.
    pub otp: &'a OtpRoot,
    /// Says where rebar3 keeps its index of packages: `HOME`.
    pub environment: &'a Environment,
    /// What the image is to be like.
    pub container: &'a ContainerOptions,
}

impl TargetOptions<'_> {
    /// The project's directory in the image.
    fn home(&self) -> &str {
        self.container.prefix.as_deref().unwrap_or(APP)
    }
}

/// Decides the image of a project that rebar3 has compiled for a builder, a tester or a PLT. Nothing is written.
///
/// # Errors
/// When there is no base, or one without Erlang of this version, rebar3 or git; when the project has secrets in its
/// files, or something cannot be read.
pub fn plan(
    target: Target,
    project: &Project,
    options: &TargetOptions<'_>,
    build: &BuildOptions<'_>,
) -> Result<Plan, TargetError> {
    let base = Opened::open(&options.container.base, Some(&options.otp.platform), build)?;
    let base = base.ok_or(TargetError::NoBase { target })?;
    let app = app::read(target, project, options, build.epoch)?;
    let erlang = base::check(&base, options, target, !app.commits.is_empty())?;
    let mut tree = app.tree;
    if target == Target::Plt {
        plt::add(&mut tree, project, options, &erlang)?;
    }
    let mut warnings = check_secrets(&tree, &options.container.allow_secrets, options.home())?;
    for (place, commit) in &app.commits {
        crate::dependencies::add_repository(&mut tree, Some(place), commit)?;
    }
    tree.regroup(|path| app::group_of(path, &app.own));
    let mut tree = tree.under(&TreePath::new(options.home().trim_start_matches('/'))?);
    if let Some(index) = app.index {
        tree.insert(index_path(&base)?, Entry::file(index, 0o644, Group::Dependency("packages".into())))?;
    }
    warnings.extend(app.left_out);
    let version = options.version.map(String::from);
    let description = Description::of_project(options.title.into(), version, project);
    let (entrypoint, cmd) = target.start();
    let platform = options.otp.platform.clone();
    let moving = project.moving_dependencies();
    let files = Files { description, tree, home: options.home(), entrypoint, cmd, platform, moving };
    finish(files, warnings, Some(base), options.container, build)
}

/// Decides the image of a release that lies unpacked in it. Nothing is written. It may stand on nothing, since it is
/// there to be copied from.
///
/// # Errors
/// When the release cannot be assembled, has secrets in it, or the base cannot be read.
pub fn plan_releaser(
    release: &Release,
    options: &ContainerOptions,
    build: &BuildOptions<'_>,
) -> Result<Plan, TargetError> {
    let platform = &release.otp.platform;
    let base = Opened::open(&options.base, Some(platform), build)?;
    let tree = release::assemble(release, Form::Tarball)?;
    let home = options.prefix.as_deref().unwrap_or(RELEASE);
    let mut warnings = check_secrets(&tree, &options.allow_secrets, home)?;
    let of_form = release::warnings_of_form(release, &tree, Form::Tarball);
    warnings.extend(of_form.into_iter().map(ContainerWarning::Release));
    let tree = tree.under(&TreePath::new(home.trim_start_matches('/'))?);
    let description = Description::of(&release.spec, &release.project);
    let (entrypoint, cmd) = Target::Releaser.start();
    let (platform, moving) = (platform.clone(), release.project.moving_dependencies());
    let files = Files { description, tree, home, entrypoint, cmd, platform, moving };
    finish(files, warnings, base, options, build)
}

fn finish(
    files: Files<'_>,
    warnings: Vec<ContainerWarning>,
    base: Option<Opened>,
    options: &ContainerOptions,
    build: &BuildOptions<'_>,
) -> Result<Plan, TargetError> {
    let mut plan = plan_files(files, base, options, build)?;
    plan.warnings.extend(warnings);
    Ok(plan)
}

/// Where rebar3 looks for its index of packages in a container.
fn index_path(base: &Opened) -> Result<TreePath, TargetError> {
    let home = base.image.config().variable("HOME").unwrap_or("/root").trim_matches('/');
    Ok(TreePath::new(format!("{home}/.cache/rebar3/hex/packages.idx"))?)
}

/// The names of a project's own applications.
type Own = BTreeSet<String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_by_the_names_that_they_show() {
        for (name, target) in NAMES {
            assert_eq!((name.parse(), target.to_string().as_str()), (Ok(target), name));
        }
        let error = "testr".parse::<Target>().expect_err("none");
        assert_eq!(error, "there are `runner`, `builder`, `tester`, `plt`, `releaser`");
    }

    #[test]
    fn rebar3_compiles_for_each_target_what_its_image_needs() {
        let said = |target: Target| target.compilation(&target.profiles(&["prod".into()])).join(" ");
        let targets = [Target::Runner, Target::Builder, Target::Tester, Target::Plt, Target::Releaser];
        insta::assert_snapshot!(targets.map(said).join("\n"), @r"
        as prod compile
        as prod compile --deps_only
        ct --compile_only=true
        dialyzer --succ-typings=false
        as prod compile
        ");
        assert_eq!(Target::Builder.compilation(&["default".into()]).join(" "), "compile --deps_only");
    }
}
