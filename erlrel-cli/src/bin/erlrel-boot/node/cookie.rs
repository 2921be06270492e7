//! The secret that nodes share.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::config::vm_args::VmArgs;
use crate::environment::Environment;
use crate::node::home;

/// The shared secret of a cluster; never shown.
#[derive(Clone, PartialEq)]
pub(crate) struct Cookie {
    pub(crate) value: OsString,
    /// Whether a program that looks into `$HOME/.erlang.cookie` finds it there by itself.
    pub(crate) in_home: bool,
}

impl Cookie {
    /// RELX_COOKIE, else `-setcookie`, else the file in which a VM looks by itself, else COOKIE, else what the
    /// node was given when it started ([`home`]).
    pub(crate) fn find(flags: &VmArgs, environment: &Environment) -> Option<Self> {
        let named = |value: &OsStr| Self { value: value.into(), in_home: false };
        let given = environment.get("RELX_COOKIE").or(flags.cookie.as_deref());
        let given = given.filter(|cookie| !cookie.is_empty()).map(named);
        let own = || home::node_cookie(environment).map(|value| named(&value));
        given.or_else(|| in_home(environment)).or_else(|| environment.get("COOKIE").map(named)).or_else(own)
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cookie(…)")
    }
}

fn in_home(environment: &Environment) -> Option<Cookie> {
    let value = files(environment).find_map(|path| home::cookie_in(&path))?;
    Some(Cookie { value, in_home: true })
}

/// Where a VM looks for a cookie: `$HOME/.erlang.cookie`, then `erlang/.erlang.cookie` in the directory for
/// configurations (`filename:basedir(user_config, "erlang")`).
pub(crate) fn files(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let home = environment.get("HOME").map(Path::new);
    let config = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| home.map(|home| home.join(".config"))).map(|dir| dir.join("erlang"));
    home.map(Path::to_owned).into_iter().chain(config).map(|dir| dir.join(home::COOKIE))
}
