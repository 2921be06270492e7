//! The arguments about compilation.

use clap::{Args, ValueEnum};

use super::DependencyCacheArgs;

/// When rebar3 is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// Always.
    Always,
    /// When something has changed that it depends on.
    Auto,
    /// Never: it is compiled.
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// Whether rebar3 compiles first: `always`, `never`, or `auto`, if anything may have changed since erlrel has last had the
    /// project compiled; default: auto
    #[arg(long, value_name = "WHEN", value_enum, hide_possible_values = true)]
    compile: Option<When>,
    /// Do not run `rebar3 compile` first: the same as --compile never
    #[arg(long)]
    no_compile: bool,
    /// Do not ask the compiler for output that is the same in every directory (`deterministic` in ERL_COMPILER_OPTIONS);
    /// `{deterministic, false}` in rebar.config
    #[arg(long)]
    pub(crate) no_deterministic: bool,
    #[command(flatten)]
    pub(crate) dependency_cache: DependencyCacheArgs,
}

impl CompileArgs {
    /// What both flags say together.
    pub(crate) fn when(&self) -> When {
        if self.no_compile { When::Never } else { self.compile.unwrap_or(When::Auto) }
    }

    /// True if they do not agree.
    pub(crate) fn is_contradictory(&self) -> bool {
        self.no_compile && self.compile.is_some_and(|when| when != When::Never)
    }
}
