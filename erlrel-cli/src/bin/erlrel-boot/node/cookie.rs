//! The secret that nodes share.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::config::vm_args::VmArgs;
use crate::environment::Environment;

/// The shared secret of a cluster; never shown.
#[derive(Clone, PartialEq)]
pub(crate) struct Cookie {
    pub(crate) value: OsString,
    /// Whether a program that looks into `$HOME/.erlang.cookie` finds it there by itself.
    pub(crate) in_home: bool,
}

impl Cookie {
    /// RELX_COOKIE, else `-setcookie`, else `$HOME/.erlang.cookie`, else COOKIE.
    pub(crate) fn find(flags: &VmArgs, environment: &Environment) -> Option<Self> {
        let named = |value: &OsStr| Self { value: value.into(), in_home: false };
        let given = environment.get("RELX_COOKIE").or(flags.cookie.as_deref());
        let given = given.filter(|cookie| !cookie.is_empty()).map(named);
        given.or_else(|| in_home(environment)).or_else(|| environment.get("COOKIE").map(named))
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cookie(…)")
    }
}

fn in_home(environment: &Environment) -> Option<Cookie> {
    let text = std::fs::read(Path::new(environment.get("HOME")?).join(".erlang.cookie")).ok()?;
    let value = text.trim_ascii();
    (!value.is_empty()).then(|| Cookie { value: OsString::from_vec(value.into()), in_home: true })
}
