//! A base image with libraries that are older than those that the release was built with.

use crate::support::{erlrel, fails, run, sample, temp_dir, tool};

#[test]
fn a_base_whose_libc_is_too_old_is_refused_while_building() {
    let dir = temp_dir();
    let at = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(at("libc.c"), "int old;").expect("written");
    std::fs::write(at("versions"), "GLIBC_2.2.5 { global: old; local: *; };").expect("written");
    let script = format!("-Wl,--version-script={}", at("versions"));
    run(tool("gcc", "gcc").args(["-shared", "-nostdlib", &script, "-o", &at("libc.so.6"), &at("libc.c")]));
    let umoci = |arguments: &[&str]| run(tool("umoci", "umoci").args(arguments));
    let (layout, image) = (at("base"), at("base:old"));
    umoci(&["init", "--layout", &layout]);
    umoci(&["new", "--image", &image]);
    umoci(&["unpack", "--image", &image, &at("bundle")]);
    let libraries = dir.path().join("bundle/rootfs/lib/x86_64-linux-gnu");
    std::fs::create_dir_all(&libraries).expect("created");
    std::fs::copy(at("libc.so.6"), libraries.join("libc.so.6")).expect("copied");
    umoci(&["repack", "--image", &image, &at("bundle")]);
    let (base, to) = (format!("oci:{image}"), format!("archive:{}", at("hello.tar")));
    let hello = &sample::hello().dir;
    let message = fails(erlrel().args(["image", "--no-compile", "--base", &base, "--to", &to]).arg(hello), 1);
    let expected = "error: `/lib/x86_64-linux-gnu/libc.so.6` of the base image lacks the version `GLIBC_2.";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.contains("hint: take a base at least as new as this machine"), "{message}");
    assert!(!dir.path().join("hello.tar").exists());
}
