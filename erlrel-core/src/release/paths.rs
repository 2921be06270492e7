//! Variables in the paths of overlays: `{{release_version}}` and relx's other built-in ones.

use std::collections::BTreeMap;
use std::path::Path;

use super::resolve::Resolution;
use super::spec::ReleaseSpec;
use crate::otp::OtpRoot;
use crate::project::Project;

/// The values that `{{name}}` stands for in an overlay's path.
#[derive(Debug)]
pub(super) struct Variables {
    values: BTreeMap<String, String>,
    output_dir: String,
}

impl Variables {
    pub(super) fn new(spec: &ReleaseSpec, project: &Project, resolution: &Resolution, otp: &OtpRoot) -> Self {
        let show = |path: &Path| path.display().to_string();
        let output_dir = show(&spec.output_dir.join(&spec.name));
        let profiles =
            if project.profiles.is_empty() { "default".into() } else { project.profiles.join("+") };
        let fixed = [
            ("base_dir", show(&project.profile_dir())),
            ("erts_dir", show(&otp.root)),
            ("erts_vsn", resolution.erts.vsn.clone()),
            ("output_dir", output_dir.clone()),
            ("profile_string", profiles),
            ("release", format!("{}-{}", spec.name, spec.vsn)),
            ("release_erts_version", resolution.erts.vsn.clone()),
            ("release_name", spec.name.clone()),
            ("release_version", spec.vsn.clone()),
            ("root_dir", show(&spec.root_dir)),
            ("target_dir", output_dir.clone()),
        ];
        let apps = resolution.apps.iter().map(|app| (app.app.name.clone(), show(&app.app.dir)));
        Self {
            values: fixed.map(|(name, value)| (name.to_string(), value)).into_iter().chain(apps).collect(),
            output_dir,
        }
    }

    /// The text with all variables replaced, or what is wrong with it.
    pub(super) fn render(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, behind) =
                after.split_once("}}").ok_or_else(|| format!("`{{{{` without `}}}}` in `{text}`"))?;
            let name = name.trim().trim_start_matches('&').trim();
            let unknown = || {
                format!(
                    "erlrel knows no variable `{{{{{name}}}}}` (variables of your own are not supported yet)"
                )
            };
            out.push_str(before);
            out.push_str(self.values.get(name).ok_or_else(unknown)?);
            rest = behind;
        }
        Ok(out + rest)
    }

    /// A destination below `{{output_dir}}` is one inside the release.
    pub(super) fn inside<'a>(&self, to: &'a str) -> &'a str {
        to.strip_prefix(&self.output_dir).map_or(to, |rest| rest.trim_start_matches('/'))
    }
}
