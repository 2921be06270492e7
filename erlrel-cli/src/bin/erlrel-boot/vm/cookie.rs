//! How the node comes to know its cookie: never by its command line, where others may see it.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;

use crate::config::vm_args::VmArgs;
use crate::environment::Environment;
use crate::erts::Erts;
use crate::node::home::PrivateHome;
use crate::node::home_file::{self, HomeFile};
use crate::node::{NodeError, cookie};
use crate::report;
use crate::site::Site;

/// A variable for the VM.
pub(crate) type Variable = (&'static str, OsString);

/// What the node needs in its environment for the cookie that is meant for it: one that a variable gives, or a
/// random one where none is configured. Nothing if it finds its cookie without, or if it has no name.
///
/// # Errors
/// When the cookie is none that a VM takes.
pub(crate) fn provide(site: &Site, flags: &VmArgs) -> Result<Option<Variable>, NodeError> {
    let environment = &site.environment;
    let Some(source) = source(flags, environment)? else { return Ok(None) };
    let Some(home) = PrivateHome::own(environment) else { return Ok(None) };
    let kept = match &source {
        Source::Variable(_, value) => home.keep(value.as_bytes()),
        Source::Random => home.generate(),
    };
    if let Err(error) = kept {
        not_kept(&source, &home, &error);
        return Ok(None);
    }
    Ok(Some(variable(&home, environment, &site.erts)))
}

/// Where the cookie comes from, when the node does not find it by itself.
#[derive(Debug, PartialEq)]
enum Source {
    /// From the variable of this name, of which only the commands of relx know.
    Variable(&'static str, OsString),
    Random,
}

fn source(flags: &VmArgs, environment: &Environment) -> Result<Option<Source>, NodeError> {
    if flags.name.is_none() {
        return Ok(None);
    }
    let given = cookie::given("RELX_COOKIE", environment)?;
    if let Some(cookie) = cookie::in_vm_args(flags)? {
        if given.is_some_and(|given| given != cookie) {
            report::warning(
                "the node has the cookie that -setcookie in vm.args gives it, and not RELX_COOKIE, with which \
                 commands such as `ping` will not reach it: keep one of them",
            );
        }
        return Ok(None);
    }
    if let Some(given) = given {
        return Ok(Some(Source::Variable("RELX_COOKIE", given)));
    }
    if flags.has_ignored_cookies() {
        report::warning(
            "the VM takes no cookie from vm.args: there must be exactly one -setcookie with exactly one word",
        );
    }
    match home_file::find(environment)? {
        HomeFile::Cookie { .. } => return Ok(None),
        HomeFile::Unfit { path, problem } => report::warning(format_args!(
            "the node does not take its cookie from {}, which {problem}",
            path.display()
        )),
        HomeFile::Nothing => {}
    }
    let given = cookie::given("COOKIE", environment)?;
    Ok(Some(given.map_or(Source::Random, |value| Source::Variable("COOKIE", value))))
}

/// Applications keep their HOME where the VM looks for a cookie elsewhere too, and finds none in HOME.
fn variable(home: &PrivateHome, environment: &Environment, erts: &Erts) -> Variable {
    let elsewhere = erts.at_least(13, 0) && environment.get("HOME").is_some();
    match elsewhere && home_file::home_is_free(environment) {
        true => ("XDG_CONFIG_HOME", home.config().into()),
        false => ("HOME", home.node().into()),
    }
}

fn not_kept(source: &Source, home: &PrivateHome, error: &io::Error) {
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
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn flags(text: &str) -> VmArgs {
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        VmArgs::parse(text.as_bytes(), Path::new("/r/vm.args"), &nothing).unwrap()
    }

    fn found(flags: &VmArgs, environment: &Environment) -> Option<Source> {
        source(flags, environment).unwrap()
    }

    #[test]
    fn the_node_gets_what_it_does_not_find_by_itself() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        let given = Environment::from([("HOME", path), ("RELX_COOKIE", "r"), ("COOKIE", "c")]);
        let by_commands_only = Environment::from([("HOME", path), ("COOKIE", "c")]);
        let none = Environment::from([("HOME", path)]);
        let named = flags("-sname a");
        assert_eq!(found(&named, &given), Some(Source::Variable("RELX_COOKIE", "r".into())));
        assert_eq!(found(&named, &by_commands_only), Some(Source::Variable("COOKIE", "c".into())));
        assert_eq!(found(&named, &none), Some(Source::Random));
        assert_eq!(found(&flags("+K true"), &given), None, "no distribution, no cookie");
        assert_eq!(found(&flags("-sname a -setcookie v"), &given), None);
        let file = home.path().join(".erlang.cookie");
        std::fs::write(&file, "h").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(found(&named, &none), None);
        assert_eq!(found(&named, &by_commands_only), None);
        assert_eq!(found(&named, &given), Some(Source::Variable("RELX_COOKIE", "r".into())));
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
