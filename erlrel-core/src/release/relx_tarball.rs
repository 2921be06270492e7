//! What relx's tarball has otherwise, since relx looks into the current folder and forgets some overlays.

use super::Warning;
use super::overlay;
use super::resolve::Release;
use super::spec::{ConfigFile, ReleaseSpec};
use crate::project::Project;

/// What somebody who is used to relx's tarball should know about this one.
pub(super) fn warnings(release: &Release) -> Vec<Warning> {
    let Release { project, spec, variables, .. } = release;
    let overlays =
        overlay::relx_differs(&spec.overlay, variables, spec).into_iter().map(Warning::RelxDiffers);
    stray_configuration(spec, project).into_iter().chain(stray_relup(spec, project)).chain(overlays).collect()
}

/// relx packs the first that it finds of the release's `sys.config.src`, the current folder's, the release's
/// `sys.config`, the current folder's.
fn stray_configuration(spec: &ReleaseSpec, project: &Project) -> Option<Warning> {
    let lies_about = |name: &str| project.root.join(name).is_file();
    match (&spec.sys_config, &spec.no_sys_config) {
        (ConfigFile::Source(_), _) => None,
        _ if lies_about("sys.config.src") => Some(Warning::StrayFile {
            name: "sys.config.src".into(),
            relx: "relx would pack it in place of the release's `sys.config`",
            instead: "write `{sys_config_src, \"sys.config.src\"}` to have it",
        }),
        (ConfigFile::Absent, Some(place)) if lies_about("sys.config") => {
            Some(Warning::RelxDiffers(place.error(
                "relx would pack the `sys.config` in the project's folder all the same, as it happens to be the current \
                 one; erlrel packs none. To have it, write `{sys_config, \"sys.config\"}`",
            )))
        }
        _ => None,
    }
}

fn stray_relup(spec: &ReleaseSpec, project: &Project) -> Option<Warning> {
    let own = spec.output_dir.join(&spec.name).join("releases").join(&spec.vsn).join("relup");
    (project.root.join("relup").is_file() && !own.is_file()).then(|| Warning::StrayFile {
        name: "relup".into(),
        relx: "relx would pack it",
        instead: "`rebar3 relup` makes one where it belongs",
    })
}

/// relx gives systools only the name of the `.rel` file, which is looked for in the current folder first. This
/// concerns the directory as well.
pub(super) fn stray_release_file(spec: &ReleaseSpec, project: &Project) -> Option<Warning> {
    let name = format!("{}.rel", spec.name);
    project.root.join(&name).is_file().then_some(Warning::StrayFile {
        name,
        relx: "relx would make the boot file from it",
        instead: "put what it says into `{release, …}`",
    })
}
