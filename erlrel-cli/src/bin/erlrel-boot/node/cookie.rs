//! The secret that nodes share.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::config::vm_args::VmArgs;
use crate::environment::Environment;
use crate::node::NodeError;
use crate::node::{home, home_file, home_file::HomeFile};

/// The shared secret of a cluster; never shown.
#[derive(Clone, PartialEq)]
pub(crate) struct Cookie {
    pub(crate) value: OsString,
    /// Whether a program that looks into `$HOME/.erlang.cookie` finds it there by itself.
    pub(crate) in_home: bool,
}

impl Cookie {
    /// RELX_COOKIE, else `-setcookie`, else the file in which a VM looks by itself, else COOKIE, else what the
    /// node was given when it started ([`home`]), else, for root, what the owner of a home directory has in it.
    ///
    /// # Errors
    /// When the first of them is no cookie that a VM takes.
    pub(crate) fn find(flags: &VmArgs, environment: &Environment) -> Result<Option<Self>, NodeError> {
        let named = |value| Some(Self { value, in_home: false });
        let given = match given("RELX_COOKIE", environment)? {
            Some(given) => Some(given),
            None => in_vm_args(flags)?,
        };
        if let Some(value) = given {
            return Ok(named(value));
        }
        if let HomeFile::Cookie { value, .. } = home_file::find(environment)? {
            return Ok(Some(Self { value, in_home: true }));
        }
        if let Some(value) = self::given("COOKIE", environment)? {
            return Ok(named(value));
        }
        let found = home::node_cookie(environment).or_else(|| home_file::of_owner(environment));
        Ok(found.and_then(named))
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cookie(…)")
    }
}

/// The cookie that a variable gives, without white space at its ends: a secret is easily stored with an end of line.
///
/// # Errors
/// When a VM would not take it.
pub(crate) fn given(
    variable: &'static str,
    environment: &Environment,
) -> Result<Option<OsString>, NodeError> {
    let value = environment.get(variable).map(trimmed).filter(|value| !value.is_empty());
    value.map(|value| checked(value, variable)).transpose()
}

/// The cookie that `-setcookie` gives.
///
/// # Errors
/// As [`given`].
pub(crate) fn in_vm_args(flags: &VmArgs) -> Result<Option<OsString>, NodeError> {
    let value = flags.cookie.as_deref().filter(|value| !value.is_empty());
    value.map(|value| checked(value, "-setcookie in vm.args")).transpose()
}

/// A value of a variable without white space at its ends.
pub(crate) fn trimmed(value: &OsStr) -> &OsStr {
    OsStr::from_bytes(value.as_bytes().trim_ascii())
}

/// The cookie that a VM reads in a file with this text: its first line with all blanks, behind which only white space
/// may follow. What a VM does not take is given as it is.
pub(super) fn in_text(text: &[u8]) -> Option<OsString> {
    let end = text.iter().position(|byte| !is_letter(*byte)).unwrap_or(text.len());
    let (cookie, rest) = text.split_at(end);
    let is_over = rest.iter().all(|byte| matches!(byte, b'\n' | b'\r' | b' '));
    let value = if is_over { cookie } else { text };
    (!value.is_empty()).then(|| OsString::from_vec(value.into()))
}

/// The longest name of an atom, which a cookie is.
const LONGEST: usize = 255;

/// The value, if all nodes can use it; `origin` is where it comes from.
pub(super) fn checked(value: &OsStr, origin: &str) -> Result<OsString, NodeError> {
    let problem = match value.as_bytes() {
        bytes if bytes.len() > LONGEST => "has more than 255 characters",
        bytes if !bytes.iter().all(|byte| is_letter(*byte)) => "has characters that are not printable ASCII",
        _ => return Ok(value.into()),
    };
    Err(NodeError::Cookie { origin: origin.into(), problem })
}

fn is_letter(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

#[cfg(test)]
#[path = "cookie_tests.rs"]
mod tests;
