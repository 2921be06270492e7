//! `remote_console`: a shell on the running node.

use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::process::{self, ExitCode};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::commands::ask::require;
use crate::dist::Call;
use crate::error::BootError;
use crate::node::Node;
use crate::node::home::PrivateHome;
use crate::report;
use crate::site::Site;
use crate::vm::init::{Init, Traits};
use crate::vm::plan::{CookieBy, Plan};
use crate::vm::{VmError, launch};

/// Opens the shell, if the node runs and there is a terminal; `command` is the word that was used for it.
pub(crate) fn remote_console(site: &Site, command: &str, init: Option<Init>) -> Result<ExitCode, BootError> {
    if !io::stdin().is_terminal() {
        return Err(VmError::NoTerminal(command.into()).into());
    }
    let node = site.node()?;
    // The two ends of a connection have to agree on this time, and a node that tells it is alive.
    let question = Call::new("net_kernel", "get_net_ticktime", []);
    let seconds = require(site, &node, &question)?.as_integer();
    let ticktime = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    let cookie = cookie_by(site, &node);
    Ok(launch::launch(
        &Plan::remote_console(site, &node, ticktime, cookie, &client()),
        init,
        Traits { shell: true, listens: false },
    )?)
}

/// Whatever stands on the command line of a VM can be read by every process: the cookie goes through a file.
fn cookie_by(site: &Site, node: &Node) -> CookieBy {
    if node.cookie.in_home {
        return CookieBy::OwnHome;
    }
    let kept = PrivateHome::own(&site.environment)
        .ok_or_else(|| io::ErrorKind::NotFound.into())
        .and_then(|home| home.keep_for_client(node.cookie.value.as_bytes()).map(|()| home.client()));
    match kept {
        Ok(home) => CookieBy::Home(home),
        Err(error) => {
            report::warning(format_args!(
                "the process list will show the cookie, as no file for it can be written: {error}"
            ));
            CookieBy::Flag(node.cookie.value.clone())
        }
    }
}

/// Tells this client from all others.
#[expect(clippy::disallowed_methods, reason = "in two containers the process may have the same number")]
fn client() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}{:x}", process::id(), now.subsec_nanos())
}
