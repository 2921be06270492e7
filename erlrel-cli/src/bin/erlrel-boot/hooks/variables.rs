//! The names by which hooks and extensions know what this program knows.

use std::ffi::OsString;

use crate::daemon::Places;
use crate::error::BootError;
use crate::node::cookie::Cookie;
use crate::node::name::NodeName;
use crate::site::{Site, host};

/// The shell's variables. The secret among them is kept apart: it stands in no text.
#[derive(Debug)]
pub(super) struct Variables {
    /// Not exported, unless a variable of the same name was.
    pub(super) own: Vec<(&'static str, OsString)>,
    /// The node's full name, which is exported.
    pub(super) node: Option<OsString>,
    pub(super) cookie: Option<Cookie>,
}

impl Variables {
    /// Those of a release.
    ///
    /// # Errors
    /// When its configuration cannot be read.
    pub(super) fn of(site: &Site) -> Result<Self, BootError> {
        let [vm_args, sys_config] = site.drafts()?;
        let flags = match &vm_args {
            Some(template) => site.flags(&template.file, &template.rendered.text)?,
            None => Default::default(),
        };
        let name = flags.name.as_ref().map(|name| name.on_host(&host()));
        let places = Places::of(site, name.as_ref());
        let mut own = Self::places(site, &places);
        let configs = [("VMARGS_PATH", vm_args), ("RELX_CONFIG_PATH", sys_config)];
        for (variable, template) in configs {
            // Who has named a file has named this variable.
            if let (Some(template), None) = (template, site.environment.get(variable)) {
                let template = template.of_node(name.as_ref().map(|name| name.name.as_os_str()));
                own.push((variable, template.file.published().into()));
            }
        }
        own.extend(name.iter().flat_map(Self::name));
        let cookie = Cookie::find(&flags, &site.environment);
        Ok(Self { own, node: name.map(|name| name.name), cookie })
    }

    fn places(site: &Site, places: &Places) -> Vec<(&'static str, OsString)> {
        let release = &site.release;
        vec![
            ("SCRIPT", release.program.clone().into()),
            ("SCRIPT_DIR", release.root.join("bin").into()),
            ("REL_DIR", release.dir().into()),
            ("ERTS_DIR", site.erts.dir.clone().into()),
            ("ERTS_VSN", site.erts.vsn.clone().into()),
            ("SYSTEM_LIB_DIR", site.erts.system_lib_dir().into()),
            ("PIPE_DIR", places.pipes.clone().into()),
            ("RUNNER_LOG_DIR", places.log.clone().into()),
        ]
    }

    fn name(name: &NodeName) -> [(&'static str, OsString); 2] {
        [("NAME_TYPE", name.length.flag().into()), ("RELX_HOSTNAME", name.host().into())]
    }
}
