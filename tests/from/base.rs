//! Releases from elsewhere on base images.

use crate::support::container::{Container, LOCKED};
use crate::support::{copy_dir, debian, image, run, sample, temp_dir, tool};

#[test]
fn on_a_base_with_a_shell_none_is_added() {
    let base = format!("oci:{}:{}", debian::layout().display(), debian::TAG);
    let tarball = &sample::hello().relx_tarball;
    let image = image::make_from(tarball, "hello", "hello-from-tarball-on-debian", &["--base", &base]);
    let base_layers = debian::manifest()["layers"].as_array().expect("a list").len();
    let digests = image.layer_digests();
    let ours = digests[base_layers..].iter().flat_map(|digest| image::packed_files(&image.blob(digest)));
    let outside: Vec<String> = ours.map(|(path, _)| path).filter(|path| !path.starts_with("opt")).collect();
    assert!(outside.iter().all(|path| path.split('/').all(|part| part != "bin")), "{outside:?}");
    Container::serving(&image, LOCKED).ping();
}

#[test]
fn on_a_base_without_a_shell_one_is_added() {
    // Any image of erlrel's own is such a base.
    let base = format!("oci:{}:{}", image::hello().layout.display(), image::TAG);
    let image = image::make_from(
        &sample::hello().relx_tarball,
        "hello",
        "hello-from-tarball-on-none",
        &["--base", &base],
    );
    assert!(image.files().contains_key("bin/sh"));
    Container::serving(&image, LOCKED).ping();
}

/// Both ways to an image: from the project, and from the tarball that rebar3 makes of it.
#[test]
fn without_erts_a_release_runs_on_the_erlang_of_its_base() {
    let temp = temp_dir();
    let project = temp.path().join("hello");
    copy_dir(&sample::hello().dir, &project);
    let config = std::fs::read_to_string(project.join("rebar.config")).expect("read");
    let without = config.replace("{mode, prod}", "{mode, minimal}");
    assert_ne!(without, config);
    std::fs::write(project.join("rebar.config"), without).expect("written");
    std::fs::remove_dir_all(project.join("_build/prod/rel")).expect("removed");
    run(tool("rebar3", "rebar3").args(["as", "prod", "tar"]).current_dir(&project));
    let tarball = project.join(format!("_build/prod/rel/hello/hello-{}.tar.gz", sample::hello().vsn));
    let base = format!("oci:{}:{}", debian::layout_with_erlang().display(), debian::TAG);
    let options = ["--base", base.as_str()];
    for image in [
        image::make(&project, "hello", "hello-on-erlang", &options),
        image::make_from(&tarball, "hello", "hello-from-tarball-on-erlang", &options),
    ] {
        let layers = image.layer_digests();
        let ours = layers[1..].iter().flat_map(|digest| image::packed_files(&image.blob(digest)));
        let ours: Vec<String> = ours.map(|(path, _)| path).collect();
        assert!(ours.iter().all(|path| !path.contains("/erts-")), "{ours:?}");
        Container::serving(&image, LOCKED).ping();
    }
}
