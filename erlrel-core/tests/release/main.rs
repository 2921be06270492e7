//! From a project on disk to the tree of its release, through the public API: project in, listing out.
//! Project and Erlang installation are made by hand, so that nothing has to be installed.

#![expect(clippy::expect_used, reason = "a test ends where it cannot go on")]

mod fixture;

mod assembly;
mod configuration;
mod contents;
mod mistakes;
mod overlays;
mod prebuilt;
mod releases;
mod resolution;
mod scripts;
mod warnings;
