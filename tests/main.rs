//! Whole-system tests: the real commands `erlrel` and `erlrel-boot` against the real rebar3, OTP, Docker
//! and image tools. A missing tool is a failure, never a skipped test.

#![expect(clippy::expect_used, reason = "a test ends where it cannot go on")]
#![expect(clippy::disallowed_methods, reason = "tests make files that are so and so old")]

mod support;

mod architecture;
mod bad_destination;
mod bad_input;
mod beams;
mod boot_config;
mod boot_node;
mod boot_parity;
mod boot_start;
mod cache;
mod ci_page;
mod compression;
mod config_script;
mod consult_parity;
mod dependency_cache;
mod diff;
mod docker;
mod embedding;
mod explain;
mod from;
mod git_version;
mod image_options;
mod image_tags;
mod incremental;
mod interrupted;
mod key;
mod layers;
mod old_base;
mod otp_trees;
mod overlay_parity;
mod parity_page;
mod plugin;
mod port_mapper;
mod random_projects;
mod rebar3_flags;
mod rebar3_parity;
mod registries_page;
mod registry;
mod release_directory;
mod relx_cases;
mod relx_defects;
mod relx_parity;
mod relx_warnings;
mod reproducible;
mod secrets;
mod size_budget;
mod size_page;
mod start_script;
mod sys_config;
mod systools_parity;
mod targets;
mod third_party;
mod tools;
mod undefined_functions;
