//! `docker load`, which checks every diff_id.

use crate::support::docker::daemon;
use crate::support::image;
use crate::support::run;

#[test]
fn docker_loads_the_archive_as_the_image_that_erlrel_sends_itself() {
    for image in image::all() {
        let id = || daemon().run(["image", "inspect", "--format={{.Id}}", &image.name]);
        assert_eq!(image.report["image_id"], id().as_str());
        let said = run(daemon().docker().args(["load", "--input"]).arg(&image.archive));
        assert_eq!(said, format!("Loaded image: {}\n", image.name));
        assert_eq!(image.report["image_id"], id().as_str());
    }
}

#[test]
fn docker_sees_one_history_entry_for_each_layer() {
    for image in image::all() {
        let history = daemon().run(["history", "--quiet", "--no-trunc", &image.name]);
        assert_eq!(history.lines().count(), image.layer_digests().len(), "{history}");
    }
}
