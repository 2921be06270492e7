//! rlx_release_SUITE.

mod config;
mod contents;
mod goals;
mod overlays;
mod releases;
mod scripts;

/// What most cases expect of a release with goal_app_1 and goal_app_2.
pub(super) const BASE: [&str; 7] = [
    "{kernel,_}",
    "{stdlib,_}",
    "{non_goal_1,\"0.0.1\"}",
    "{non_goal_2,\"0.0.1\"}",
    "{goal_app_1,\"0.0.1\"}",
    "{goal_app_2,\"0.0.1\"}",
    "{lib_dep_1,\"0.0.1\",load}",
];
