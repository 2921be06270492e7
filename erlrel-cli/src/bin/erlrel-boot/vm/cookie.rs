//! How the node comes to know its cookie: never by its command line, where others may see it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;

use crate::config::vm_args::VmArgs;
use crate::environment::Environment;
use crate::erts::Erts;
use crate::node::cookie;
use crate::node::home::PrivateHome;
use crate::report;
use crate::site::Site;

/// A variable for the VM.
pub(crate) type Variable = (&'static str, OsString);

/// What the node needs in its environment for the cookie that is meant for it: one that a variable gives, or a
/// random one where none is configured. Nothing if it finds its cookie without, or if it has no name.
pub(crate) fn provide(site: &Site, flags: &VmArgs) -> Option<Variable> {
    let environment = &site.environment;
    let source = source(flags, environment)?;
    let home = PrivateHome::own(environment)?;
    let kept = match source {
        Source::Variable(_, value) => home.keep(value.as_bytes()),
        Source::Random => home.generate(),
    };
    match kept {
        Ok(()) => Some(variable(&home, environment, &site.erts)),
        Err(error) => {
            not_kept(&source, &home, &error);
            None
        }
    }
}

/// Where the cookie comes from, when the node does not find it by itself.
#[derive(Debug, PartialEq)]
enum Source<'a> {
    /// From the variable of this name, of which only the commands of relx know.
    Variable(&'static str, &'a OsStr),
    Random,
}

fn source<'a>(flags: &VmArgs, environment: &'a Environment) -> Option<Source<'a>> {
    flags.name.as_ref()?;
    let given = environment.get("RELX_COOKIE");
    if let Some(cookie) = flags.cookie.as_deref().filter(|cookie| !cookie.is_empty()) {
        if given.is_some_and(|given| given != cookie) {
            report::warning(
                "the node has the cookie that -setcookie in vm.args gives it, and not RELX_COOKIE, with which \
                 commands such as `ping` will not reach it: keep one of them",
            );
        }
        return None;
    }
    // A file that the VM cannot use is its own to complain about.
    let has_file = || cookie::files(environment).any(|path| path.exists());
    match (given, environment.get("COOKIE")) {
        (Some(given), _) => Some(Source::Variable("RELX_COOKIE", given)),
        _ if has_file() => None,
        (None, Some(value)) => Some(Source::Variable("COOKIE", value)),
        (None, None) => Some(Source::Random),
    }
}

/// Applications keep their HOME where the VM looks for a cookie elsewhere too, and finds none in HOME.
fn variable(home: &PrivateHome, environment: &Environment, erts: &Erts) -> Variable {
    let mut files = cookie::files(environment);
    let elsewhere = erts.at_least(13, 0)
        && environment.get("HOME").is_some()
        && files.next().is_some_and(|in_home| !in_home.exists());
    match elsewhere {
        true => ("XDG_CONFIG_HOME", home.config().into()),
        false => ("HOME", home.node().into()),
    }
}

fn not_kept(source: &Source<'_>, home: &PrivateHome, error: &io::Error) {
    let dir = home.config().display();
    match source {
        Source::Variable(name, _) => report::warning(format_args!(
            "the node does not have {name} as its cookie, so that commands will not reach it: {dir} cannot be \
             written: {error}"
        )),
        Source::Random => report::warning(format_args!(
            "no random cookie is made for the node, which will look for one in HOME: {dir} cannot be written: \
             {error}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, source, variable};
    use crate::config::vm_args::VmArgs;
    use crate::environment::Environment;
    use crate::erts::Erts;
    use crate::node::home::PrivateHome;
    use std::path::Path;

    fn flags(text: &str) -> VmArgs {
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        VmArgs::parse(text.as_bytes(), Path::new("/r/vm.args"), &nothing).unwrap()
    }

    #[test]
    fn the_node_gets_what_it_does_not_find_by_itself() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        let given = Environment::from([("HOME", path), ("RELX_COOKIE", "r"), ("COOKIE", "c")]);
        let by_commands_only = Environment::from([("HOME", path), ("COOKIE", "c")]);
        let none = Environment::from([("HOME", path)]);
        let named = flags("-sname a");
        assert_eq!(source(&named, &given), Some(Source::Variable("RELX_COOKIE", "r".as_ref())));
        assert_eq!(source(&named, &by_commands_only), Some(Source::Variable("COOKIE", "c".as_ref())));
        assert_eq!(source(&named, &none), Some(Source::Random));
        assert_eq!(source(&flags("+K true"), &given), None, "no distribution, no cookie");
        assert_eq!(source(&flags("-sname a -setcookie v"), &given), None);
        std::fs::write(home.path().join(".erlang.cookie"), "h").unwrap();
        assert_eq!(source(&named, &none), None);
        assert_eq!(source(&named, &by_commands_only), None);
        assert_eq!(source(&named, &given), Some(Source::Variable("RELX_COOKIE", "r".as_ref())));
    }

    #[test]
    fn the_home_of_applications_stays_where_it_can() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_str().unwrap();
        let environment =
            Environment::from([("HOME", path), ("RELX_OUT_FILE_PATH", "/o"), ("REL_NAME", "hello")]);
        let home = PrivateHome::own(&environment).unwrap();
        let name = |vsn: &str, environment: &Environment| {
            variable(&home, environment, &Erts { dir: "/e".into(), vsn: vsn.into() }).0
        };
        assert_eq!(name("13.1.5", &environment), "XDG_CONFIG_HOME");
        assert_eq!(name("12.3", &environment), "HOME");
        assert_eq!(name("13.1.5", &Environment::default()), "HOME");
        std::fs::write(dir.path().join(".erlang.cookie"), "h").unwrap();
        assert_eq!(name("13.1.5", &environment), "HOME");
    }
}
