//! The library without the command: the example that other programs are to copy.

use std::path::Path;
use std::process::Command;

use erlrel_core::image::validate;

use crate::support::{erlrel, repository, run, sample, temp_dir};

#[test]
fn the_example_makes_the_image_that_the_command_makes() {
    let (hello, dir) = (sample::hello(), temp_dir());
    let layout = dir.path().join("layout");
    let printed =
        run(Command::new(example()).arg(&hello.dir).arg(env!("CARGO_BIN_EXE_erlrel-boot")).arg(&layout));
    assert_eq!(validate::check(&layout).expect("a layout"), []);
    let to = format!("archive:{}", dir.path().join("hello.tar").display());
    let told = run(erlrel().args(["image", "--no-compile", "--to", &to]).arg(&hello.dir));
    let digest = told.lines().next().expect("a digest");
    assert!(printed.starts_with(digest), "{printed}");
}

#[test]
fn the_example_has_less_than_forty_lines() {
    let path = repository().join("erlrel-core/examples/image_layout.rs");
    assert!(std::fs::read_to_string(path).expect("the example").lines().count() < 40);
}

/// Cargo builds examples together with the tests of their package.
fn example() -> std::path::PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_erlrel")).parent().expect("a directory");
    let example = programs.join("examples/image_layout");
    assert!(example.is_file(), "the example is not built: run `cargo test --workspace`");
    example
}
