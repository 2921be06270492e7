//! Which environment variables a compilation may depend on: all but those that are known to say nothing but who sits
//! where in front of which terminal. A compiler, a script or a parse transform can read any other.

use std::collections::BTreeSet;

use super::Why;
use crate::digest::Digest;
use crate::environment::Environment;

/// What has no influence.
const HARMLESS: [&str; 46] = [
    "COLORTERM",
    "COLUMNS",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "EDITOR",
    "FORCE_COLOR",
    "GPG_AGENT_INFO",
    "GPG_TTY",
    "HISTCONTROL",
    "HISTFILE",
    "HISTSIZE",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LESS",
    "LESSCLOSE",
    "LESSOPEN",
    "LINES",
    "LSCOLORS",
    "LS_COLORS",
    "MAIL",
    "MOTD_SHOWN",
    "NO_COLOR",
    "OLDPWD",
    "PAGER",
    "PROMPT_COMMAND",
    "PS1",
    "PS2",
    "PWD",
    "SESSION_MANAGER",
    "SHELL",
    "SHLVL",
    "STY",
    "SUDO_COMMAND",
    "SYSTEMD_EXEC_PID",
    "TERM",
    "TMPDIR",
    "TMUX",
    "TMUX_PANE",
    "TTY",
    "VISUAL",
    "WAYLAND_DISPLAY",
    "WINDOWID",
    "WT_SESSION",
    "XAUTHORITY",
    "_",
];

/// The same, by how names begin. Those of erlrel are for erlrel.
const HARMLESS_STARTS: [&str; 17] = [
    "ALACRITTY_",
    "DOCKER_",
    "ERLREL_",
    "GNOME_",
    "ITERM_",
    "KDE_",
    "KITTY_",
    "KONSOLE_",
    "SSH_",
    "TERMINAL_",
    "TERM_",
    "VSCODE_",
    "VTE_",
    "WEZTERM_",
    "XDG_CURRENT_",
    "XDG_RUNTIME_",
    "XDG_SESSION_",
];

/// What decides how Erlang and rebar3 compile.
const DECISIVE_STARTS: [&str; 3] = ["ERL_", "ERLC_", "REBAR_"];

/// The variables of one compilation. Their values are not kept, since there may be a password among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Variables {
    /// The names of all that count.
    pub(super) names: BTreeSet<String>,
    /// The digest of those of Erlang and rebar3, with their values.
    pub(super) decisive: String,
    /// The digest of all others together, with their values.
    pub(super) other: String,
}

impl Variables {
    /// Those of an environment. Some names are known to be read by scripts.
    pub(super) fn of(environment: &Environment, read: &BTreeSet<String>) -> Self {
        let counting = || environment.iter().filter(|(name, _)| read.contains(*name) || !is_harmless(name));
        let digest = |is_wanted: &dyn Fn(&str) -> bool| {
            let wanted: Vec<(&str, &str)> = counting().filter(|(name, _)| is_wanted(name)).collect();
            Digest::of(serde_json::json!(wanted).to_string().as_bytes()).hex()
        };
        Self {
            names: counting().map(|(name, _)| name.to_string()).collect(),
            decisive: digest(&is_decisive),
            other: digest(&|name| !is_decisive(name)),
        }
    }

    /// What is different.
    pub(super) fn difference(&self, before: &Self) -> Vec<Why> {
        let of_erlang = self.decisive != before.decisive;
        if !of_erlang && self.other == before.other {
            return Vec::new();
        }
        let names = self.names.symmetric_difference(&before.names);
        let mut whys: Vec<Why> = names.cloned().map(Why::Variable).collect();
        // Others may have other values as well.
        if of_erlang || whys.is_empty() {
            whys.push(Why::Values { of_erlang });
        }
        whys
    }
}

fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name) || HARMLESS_STARTS.iter().any(|start| name.starts_with(start))
}

/// True for a variable of Erlang or rebar3.
fn is_decisive(name: &str) -> bool {
    DECISIVE_STARTS.iter().any(|start| name.starts_with(start))
}
