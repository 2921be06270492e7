//! The names by which hooks and extensions know what this program knows.

use std::ffi::OsString;

use crate::config::file::{SYS_CONFIG, VM_ARGS};
use crate::configuration::Configuration;
use crate::daemon::Places;
use crate::error::BootError;
use crate::node::cookie::Cookie;
use crate::node::name::NodeName;
use crate::site::Site;

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
        let configuration = Configuration::draft(site)?;
        let name = &configuration.node;
        let places = Places::of(site, name.as_ref());
        let mut own = Self::places(site, &places);
        for (kind, path) in [VM_ARGS, SYS_CONFIG].into_iter().zip(configuration.paths()) {
            // Who has named a file has named this variable.
            if let (Some(path), None) = (path, site.environment.get(kind.variable)) {
                own.push((kind.variable, path.into()));
            }
        }
        own.extend(name.iter().flat_map(Self::name));
        let cookie = Cookie::find(&configuration.flags, &site.environment)?;
        Ok(Self { own, node: configuration.node.map(|name| name.name), cookie })
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
