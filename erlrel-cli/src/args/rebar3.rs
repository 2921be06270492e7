//! The flags of `rebar3 release` and `rebar3 tar`: those that erlrel takes too, and those that it answers with
//! what to write instead.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::Args;
use erlrel_core::release::{IncludeErts, Overrides, SystemLibs};

use super::refused::Flag;

/// Over these options in the help.
const INSTEAD: &str = "In place of relx's options";

/// What stands in for options of relx. rebar3 spells some of them with `_`.
#[derive(Debug, Args)]
pub(crate) struct OverrideArgs {
    /// A file of variables for overlays, several times if needed; they win over those of rebar.config
    #[arg(long, help_heading = INSTEAD, alias = "overlay_vars", value_name = "FILE")]
    pub(crate) overlay_vars: Vec<PathBuf>,
    /// The file for sys.config; one that ends with `.src` is rendered when the release starts
    #[arg(long, help_heading = INSTEAD, alias = "sys_config", value_name = "FILE")]
    pub(crate) sys_config: Option<PathBuf>,
    /// The file for vm.args; one that ends with `.src` is rendered when the release starts
    #[arg(long, help_heading = INSTEAD, alias = "vm_args", value_name = "FILE")]
    pub(crate) vm_args: Option<PathBuf>,
    /// Whether the runtime system comes along, or from which Erlang installation
    #[arg(long, help_heading = INSTEAD, short = 'i', value_name = "true|false|DIR", value_parser = parse_include_erts)]
    pub(crate) include_erts: Option<IncludeErts>,
    /// Whether Erlang's applications come along, or from which directory
    #[arg(long, help_heading = INSTEAD, alias = "system_libs", value_name = "true|false|DIR", value_parser = parse_system_libs)]
    pub(crate) system_libs: Option<SystemLibs>,
}

impl OverrideArgs {
    /// For the library, with paths that begin in the current folder.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            overlay_vars: self.overlay_vars.iter().cloned().map(absolute).collect(),
            sys_config: self.sys_config.clone().map(absolute),
            vm_args: self.vm_args.clone().map(absolute),
            include_erts: self.include_erts.clone(),
            system_libs: self.system_libs.clone(),
        }
    }
}

/// Only an empty path and a folder that is gone have none.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

fn parse_include_erts(text: &str) -> Result<IncludeErts, Infallible> {
    Ok(match text {
        "true" => IncludeErts::Yes,
        "false" => IncludeErts::No,
        path => IncludeErts::From(absolute(path.into())),
    })
}

fn parse_system_libs(text: &str) -> Result<SystemLibs, Infallible> {
    Ok(match text {
        "true" => SystemLibs::Include,
        "false" => SystemLibs::Leave,
        path => SystemLibs::From(absolute(path.into())),
    })
}

/// The other flags: name, letter, what to write instead.
pub(super) const FOREIGN: [Flag; 11] = [
    ("relname", Some('n'), "write `--release NAME`"),
    ("relvsn", Some('v'), "write `--release NAME:VSN`"),
    ("all", None, "one command makes one release: give one for each with `--release NAME`"),
    ("relnames", Some('m'), "one command makes one release: give one for each with `--release NAME`"),
    ("output-dir", Some('o'), "write `--out`: for `release` DIR/NAME, for `tar` the file"),
    ("config", Some('c'), "name it relx.config, or name another rebar.config in the variable REBAR_CONFIG"),
    (
        "dev-mode",
        Some('d'),
        "rebar3 ignores it: set `{mode, dev}` in a profile, and name that with `--profile`",
    ),
    ("lib-dir", Some('l'), "rebar3 ignores it: set `{lib_dirs, [DIR]}` in rebar.config"),
    ("override", Some('a'), "rebar3 ignores it: lay the application into `_checkouts`"),
    ("root", Some('r'), "rebar3 ignores it: name the project's folder without a flag"),
    ("upfrom", Some('u'), "it is one of `rebar3 relup`, whose relup erlrel packs"),
];
