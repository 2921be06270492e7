//! What `vm.args` and `sys.config` of a release say, found out once for a command.

use std::path::{Path, PathBuf};

use crate::config::file::{SYS_CONFIG, VM_ARGS};
use crate::config::template::Template;
use crate::config::vm_args::VmArgs;
use crate::config::{ConfigError, strict, sys_config};
use crate::node::name::NodeName;
use crate::site::{Site, host};

/// Both files, each when the release has it, rendered in memory.
#[derive(Debug)]
pub(crate) struct Configuration {
    vm_args: Option<Template>,
    sys_config: Option<Template>,
    pub(crate) flags: VmArgs,
    /// The full name of the node, if it has one.
    pub(crate) node: Option<NodeName>,
}

/// Where the VM reads both files.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) vm_args: Option<PathBuf>,
    pub(crate) sys_config: Option<PathBuf>,
}

impl Configuration {
    /// As far as it is known: a hook may still set variables.
    ///
    /// # Errors
    /// A file that cannot be read, or two names for the node.
    pub(crate) fn draft(site: &Site) -> Result<Self, ConfigError> {
        Self::of(site, templates(site)?)
    }

    /// With all variables that must not be missing.
    ///
    /// # Errors
    /// Those of [`Self::draft`], and the variables that are missing.
    pub(crate) fn complete(site: &Site) -> Result<Self, ConfigError> {
        let templates = templates(site)?;
        strict::check(&templates.iter().flatten().collect::<Vec<_>>(), &site.environment)?;
        Self::of(site, templates)
    }

    /// As the VM will take it.
    ///
    /// # Errors
    /// Those of [`Self::complete`], and what is wrong with `sys.config`.
    pub(crate) fn for_vm(site: &Site) -> Result<Self, ConfigError> {
        let found = Self::complete(site)?;
        if let Some(template) = &found.sys_config {
            sys_config::check(template, &site.release.root, &site.erts)?;
        }
        Ok(found)
    }

    /// Puts both files where the VM would read them, and says where that is.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn publish(self) -> Result<Published, ConfigError> {
        let publish = |template: Option<Template>| {
            template.map(|template| template.file.publish(&template.rendered.text)).transpose()
        };
        Ok(Published { vm_args: publish(self.vm_args)?, sys_config: publish(self.sys_config)? })
    }

    /// Where `vm.args` and `sys.config` are when they are published.
    pub(crate) fn paths(&self) -> [Option<&Path>; 2] {
        [&self.vm_args, &self.sys_config].map(|file| file.as_ref().map(|template| template.file.published()))
    }

    fn of(site: &Site, [vm_args, sys_config]: [Option<Template>; 2]) -> Result<Self, ConfigError> {
        let flags = vm_args.as_ref().map(|template| site.flags(template)).transpose()?.unwrap_or_default();
        let node = flags.name.as_ref().map(|name| name.on_host(&host()));
        let name = node.as_ref().map(|node| node.name.as_os_str());
        let [vm_args, sys_config] =
            [vm_args, sys_config].map(|template| template.map(|template| template.of_node(name)));
        Ok(Self { vm_args, sys_config, flags, node })
    }
}

fn templates(site: &Site) -> Result<[Option<Template>; 2], ConfigError> {
    Ok([site.template(VM_ARGS)?, site.template(SYS_CONFIG)?])
}
