//! From a rebar3 project to a container image that runs: without Docker, without a shell, and the same
//! bytes every time.
//!
//! # From the top
//!
//! Each step is one function from plain data to plain data; nothing is written before the last.
//!
//! | step | function | gives |
//! |---|---|---|
//! | read rebar.config, rebar.lock and the compiled applications | [`project::load`] | [`Project`] |
//! | read the Erlang installation | [`OtpRoot::from_path`] or [`OtpRoot::load`] | [`OtpRoot`] |
//! | read what release is asked for | [`release::spec()`] | [`release::ReleaseSpec`] |
//! | find its applications | [`release::resolve()`] | [`Release`](release::Release) |
//! | decide every path | [`release::assemble()`] | [`Tree`] |
//! | decide the image and its layers | [`container::plan`] | [`container::Plan`] |
//! | pack the layers | [`container::build`] | [`Image`](image::Image) |
//! | write it | [`destination::write`] | [`Receipt`](destination::Receipt) |
//!
//! A host that compiles reads the project first, runs [`project::commands::rebar3_compile`], and has
//! [`Project::refresh`] look again for what that changes. [`release::warnings()`] and
//! [`release::warnings_of_form`] say what the user should know about a release, as
//! [`Plan::warnings`](container::Plan::warnings) does about its image.
//!
//! [`dependencies::find`] and [`dependencies::restore()`] take compiled dependencies from another machine before rebar3 runs;
//! [`dependencies::pack`] and [`dependencies::save`] keep them afterwards.
//!
//! A release that relx or mix has assembled takes a shorter way: [`release::read_prebuilt`] gives a
//! [`Prebuilt`](release::Prebuilt), [`container::plan_prebuilt`] its plan.
//!
//! A [`cache::Cache`], handed in as [`BuildOptions::cache`](container::BuildOptions::cache), saves what was done before.
//!
//! A [`Tree`] can also be written as a directory ([`tree::write_directory`]) or a tarball
//! ([`tree::write_tar_gz`]), or shown ([`tree::listing`]).
//!
//! The library never prints, never exits, reads no environment variable and no clock: hosts hand in
//! [`Environment`] and times, and hear of progress through an
//! [`Observer`](observer::Observer).
//!
//! # Example
//!
//! ```no_run
//! use erlrel_core::{OtpRoot, project, release, tree};
//!
//! # fn main() -> Result<(), erlrel_core::Error> {
//! let options = project::LoadOptions { profiles: vec!["prod".into()], ..Default::default() };
//! let project = project::load("shop".as_ref(), &options)?;
//! let otp = OtpRoot::load("/usr/lib/erlang".as_ref())?;
//! let spec = release::spec(&project, &release::Selection::default(), &release::Overrides::default())?;
//! let release = release::resolve(project, otp, spec)?;
//! let tree = release::assemble(&release, release::Form::Directory)?;
//! println!("{}", tree::listing(&tree));
//! tree::write_directory(&tree, "/srv/shop".as_ref(), release::is_replaced_as_one)?;
//! # Ok(())
//! # }
//! ```
//!
//! `examples/image_layout.rs` makes an image.

// Row 0: words that everything else is said in.
pub mod deflate;
pub mod digest;
pub mod environment;
pub mod fs;
pub mod observer;
pub mod platform;
pub mod vsn;
mod zstandard;

// Row 1: file formats of Erlang and of the operating system.
pub mod beam;
pub mod elf;
pub mod term;

// Row 2: what an application is, what configures it, and what a package of files is.
pub mod application;
pub mod sys_config;
pub mod tree;

// Row 3: what is on disk before the work begins.
pub mod otp;
pub mod project;

// Row 4: the compilation, and the release that comes of it.
pub mod compilation;
pub mod release;

// Row 5: images, which know nothing of releases.
pub mod image;

// Row 6 and 7: what is kept of the work, what differs between images, and whom the library talks to.
pub mod cache;
pub mod diff;
pub mod docker;
pub mod explain;
pub mod registry;
pub mod sizes;

// Row 8: what machines share.
pub mod shared_cache;

// Row 9: the image of a release, where images go, and the dependencies that other machines have compiled.
pub mod container;
pub mod dependencies;
pub mod destination;

// Row 10: the images for those who work on a project.
pub mod targets;

// Row 11: the facade.
mod error;

pub use environment::Environment;
pub use error::{Error, ErrorKind};
pub use otp::OtpRoot;
pub use project::Project;
pub use tree::Tree;
