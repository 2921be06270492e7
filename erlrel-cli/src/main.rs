//! The command `erlrel`: container images, tarballs and directories from rebar3 projects.
//!
//! Each subcommand is a file in `commands`: it turns its arguments into the library's options, calls the
//! library, and hands the result to `report`, the only module that prints.

mod args;
mod cache;
mod commands;
mod compile;
mod content;
mod dependency_cache;
mod environment;
mod error;
mod explanation;
mod host;
mod last;
mod over_budget;
mod project;
mod receipt;
mod registry;
mod report;
mod resolved;
mod target;

use std::process::ExitCode;

use args::{Arguments, Command};
use report::Report;

/// Exit codes: 0 done, 1 failed, 2 wrong usage.
fn main() -> ExitCode {
    let arguments = Arguments::of_process();
    let report = Report::new(arguments.quiet);
    let result = match &arguments.command {
        Command::Diff(diff) => match commands::diff::run(diff, &report) {
            // As git has it: something was found, and nothing failed.
            Ok(differ) if differ && diff.exit_code => return ExitCode::FAILURE,
            result => result.map(drop),
        },
        Command::Image(image) => commands::image::run(image, &report),
        Command::Tar(tar) => commands::tar::run(tar, &report),
        Command::Release(release) => commands::release::run(release, &report),
        Command::Plan(plan) => commands::plan::run(plan, &report),
        Command::Rebase(rebase) => commands::rebase::run(rebase, &report),
        Command::Key(key) => commands::key::run(key, &report),
        Command::Cache(cache) => commands::cache::run(cache, &report),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report.error(&error);
            ExitCode::FAILURE
        }
    }
}
