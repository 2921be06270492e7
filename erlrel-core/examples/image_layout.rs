//! Makes an OCI image layout of a compiled rebar3 project, through the library alone.
//!
//! `cargo run --example image_layout -- PROJECT ERLREL_BOOT LAYOUT`

use erlrel_core::container::{self, BuildOptions, ContainerOptions};
use erlrel_core::destination::{self, Destination, DockerHost, WriteOptions};
use erlrel_core::image::Reference;
use erlrel_core::project::{self, LoadOptions};
use erlrel_core::{Environment, Error, OtpRoot, release};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dir, boot, layout] = arguments.as_slice() else {
        panic!("usage: image_layout PROJECT ERLREL_BOOT LAYOUT");
    };
    let environment: Environment = std::env::vars().collect();
    let profiles = vec!["prod".to_string()];
    let project = project::load(dir.as_ref(), &LoadOptions { profiles, environment: environment.clone() })?;
    let otp = OtpRoot::from_path(&environment)?;
    let spec = release::spec(&project)?;
    let resolution = release::resolve(&spec, &project, &otp)?;
    let build = BuildOptions {
        boot_program: boot.into(),
        epoch: 0,
        scratch_dir: std::env::temp_dir(),
        observer: &(),
    };
    let options = ContainerOptions::of(&project)?;
    let plan = container::plan(&spec, &project, &resolution, &otp, &options, &build)?;
    let image = container::build(&plan, &build)?;
    let names = [Reference::parse(&spec.name)?];
    let to = Destination::parse(&format!("oci:{layout}"))?;
    let write = WriteOptions { docker: DockerHost::default(), observer: &() };
    let receipt = destination::write(&image, &names, &to, &write)?;
    println!("{} in {}", receipt.digest, receipt.destination);
    Ok(())
}
