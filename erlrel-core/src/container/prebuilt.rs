//! The image of a release that something else has assembled: its own start script is the entry point.

use std::collections::BTreeSet;

use super::contract::Start;
use super::options::ContainerOptions;
use super::{
    BuildOptions, ContainerError, ContainerWarning, Description, Opened, PATH, Parts, Plan, beams, on_base,
};
use crate::image::native::Shell;
use crate::release::{Maker, Prebuilt};
use crate::tree::{Content, Entry, Group, Node, Tree, TreeError, TreePath};

/// What mix's scripts source first. It leaves the cookie alone that a user has set, there or in the environment.
///
/// The file is linked into place when it is whole, so that of two commands at a time one wins. Without a place to
/// write to there is no file, and no second command that could need it.
const COOKIE_OF_THE_CONTAINER: &str = r#"
# Added by erlrel: the image holds no cookie. Without RELEASE_COOKIE each container makes one of its own.
if [ -z "${RELEASE_COOKIE:-}" ]; then
  erlrel_file="${RELEASE_TMP:-/tmp}/.${RELEASE_NAME}.cookie"
  erlrel_new="$(dd if=/dev/urandom bs=32 count=1 2> /dev/null | od -A n -t x1 | tr -d ' \n')" || true
  if [ ! -e "$erlrel_file" ]; then
    if [ -z "$erlrel_new" ]; then
      echo "erlrel: no cookie can be made, as the image lacks dd, od or tr: set RELEASE_COOKIE" >&2
      exit 1
    fi
    (umask 077 && mkdir -p "${RELEASE_TMP:-/tmp}" && printf %s "$erlrel_new" > "$erlrel_file.$$" &&
      ln "$erlrel_file.$$" "$erlrel_file") 2> /dev/null || true
    rm -f "$erlrel_file.$$" 2> /dev/null || true
  fi
  if [ -e "$erlrel_file" ]; then
    RELEASE_COOKIE="$(cat "$erlrel_file")"
  else
    RELEASE_COOKIE="$erlrel_new"
  fi
  export RELEASE_COOKIE
  unset erlrel_file erlrel_new
fi
"#;

/// Decides what the image of a release from elsewhere contains. Nothing is written.
///
/// The contract is that of [`plan`](super::plan()), but for the entry point, which is the release's own script, and
/// its command: `foreground` for relx, `start` for mix. An image that would have no `/bin/sh` gets one, with the
/// programs that start scripts run, whatever [`ContainerOptions::shell`] says.
///
/// # Errors
/// When the release has no ERTS and no base that brings one, needs a shared library that is not there, nothing in the
/// image could run its start script, or the base cannot be read.
pub fn plan_prebuilt(
    release: &Prebuilt,
    options: &ContainerOptions,
    build: &BuildOptions<'_>,
) -> Result<Plan, ContainerError> {
    let base = Opened::open(&options.base, release.platform.as_ref(), build)?;
    let platform = match &release.platform {
        Some(platform) => platform,
        None => on_base::with_erlang(base.as_ref(), options, &release.name)?.image.platform(),
    };
    let platform = platform.clone();
    let has_shell = base.as_ref().is_some_and(Opened::has_shell);
    let mut tree = release.tree.clone();
    beams::form_prebuilt(&mut tree, options.beams);
    if release.maker == Maker::Mix {
        make_cookie_at_start(&mut tree, &release.vsn)?;
    }
    let env = variables(release.maker, base.is_none());
    let parts = Parts {
        description: Description::of_prebuilt(release).into(),
        tree,
        apps: Vec::new(),
        moving: BTreeSet::new(),
        platform: &platform,
        shell: if has_shell { Shell::No } else { Shell::WithTools },
        start: Start {
            cmd: command(release.maker),
            health: health_command(release.maker),
            env: &env,
            interpreter: release.interpreter.as_deref(),
        },
        base,
        unpacked: release.unpacked(),
    };
    let mut plan = parts.plan(options, build)?;
    if release.maker == Maker::Mix {
        plan.warnings.push(ContainerWarning::CookieLeftOut);
    }
    Ok(plan)
}

fn command(maker: Maker) -> &'static [&'static str] {
    match maker {
        Maker::Relx => &["foreground"],
        // As the longer script does for `foreground`.
        Maker::RelxShort => &["-noinput", "+Bd"],
        Maker::Mix => &["start"],
        Maker::Unknown => &[],
    }
}

/// The shorter script of relx knows no commands, and mix's has none that fails when the release does not work.
fn health_command(maker: Maker) -> Option<&'static str> {
    (maker == Maker::Relx).then_some("ping")
}

fn variables(maker: Maker, on_nothing: bool) -> Vec<(&'static str, &'static str)> {
    let own = match maker {
        Maker::Relx | Maker::RelxShort => Some(("RELX_OUT_FILE_PATH", "/tmp")),
        Maker::Mix => Some(("RELEASE_TMP", "/tmp")),
        Maker::Unknown => None,
    };
    own.into_iter().chain(on_nothing.then_some(("PATH", PATH))).collect()
}

fn make_cookie_at_start(tree: &mut Tree, vsn: &str) -> Result<(), TreeError> {
    let path = TreePath::new(format!("releases/{vsn}/env.sh"))?;
    let Some(Node::File(content)) = tree.get(path.as_str()).map(|entry| &entry.node) else { return Ok(()) };
    let text = [&content.read()?, COOKIE_OF_THE_CONTAINER.as_bytes()].concat();
    tree.replace(path, Entry::file(Content::from(text), 0o644, Group::Release));
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test runs the shell's part")]
mod tests {
    use std::process::Command;

    use super::*;

    fn cookie(path: &str, dir: &std::path::Path) -> (bool, String, String) {
        let script =
            format!("set -e; RELEASE_NAME=till\n{COOKIE_OF_THE_CONTAINER}\nprintf %s \"$RELEASE_COOKIE\"");
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]).env_clear().env("PATH", path).env("RELEASE_TMP", dir);
        let output = shell.output().expect("a shell");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    #[test]
    fn a_base_that_can_make_no_cookie_starts_nothing_and_leaves_no_empty_one() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (ok, cookie_there, said) = cookie("/nowhere", dir.path());
        assert!(!ok && cookie_there.is_empty(), "{cookie_there}");
        let said = said.lines().next_back();
        assert_eq!(
            said,
            Some("erlrel: no cookie can be made, as the image lacks dd, od or tr: set RELEASE_COOKIE")
        );
        assert_eq!(std::fs::read_dir(dir.path()).expect("read").count(), 0);
        let (ok, first, _) = cookie(PATH, dir.path());
        assert!(ok && first.len() == 64, "{first}");
        assert_eq!(cookie(PATH, dir.path()).1, first);
    }
}
