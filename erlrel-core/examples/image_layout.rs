//! Makes an OCI image layout of a compiled rebar3 project, through the library alone:
//! `cargo run --example image_layout -- PROJECT ERLREL_BOOT LAYOUT`

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a host may do so")]

use erlrel_core::container::{self, BuildOptions, ContainerOptions};
use erlrel_core::destination::{self, Destination, WriteOptions};
use erlrel_core::image::Reference;
use erlrel_core::project::{self, LoadOptions};
use erlrel_core::{Error, OtpRoot, release};

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dir, boot, layout] = arguments.as_slice() else {
        panic!("usage: image_layout PROJECT ERLREL_BOOT LAYOUT")
    };

    let options = LoadOptions {
        profiles: vec!["prod".into()],
        environment: std::env::vars().collect(),
        ..Default::default()
    };
    let project = project::load(dir.as_ref(), &options)?;
    let otp = OtpRoot::from_path(&options.environment)?;
    let spec = release::spec(&project, &release::Selection::default(), &release::Overrides::default())?;
    let release = release::resolve(project, otp, spec)?;

    let build = BuildOptions::new(std::env::temp_dir(), &());
    let wishes = ContainerOptions::of(&release.project, &options.environment)?;
    let plan = container::plan(&release, boot.as_ref(), &wishes, &build)?;
    let image = container::build(&plan, &build)?;

    let to = Destination::parse(&format!("oci:{layout}"))?;
    let write = WriteOptions::new(&());
    let receipt = destination::write(&image, &[Reference::parse(&release.spec.name)?], &to, &write)?;
    println!("{} in {}", receipt.digest, receipt.destination);
    Ok(())
}
