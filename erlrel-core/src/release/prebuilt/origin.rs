//! Where the applications of a release came from, and so which layer of an image they belong to.

use super::description::Description;
use crate::project::Origin;
use crate::tree::{Group, Tree, TreePath};

/// Applications that Erlang/OTP ships or has shipped since OTP 21, and those of Elixir. The list is fixed, since
/// the installation that a release was made from need not be on this machine.
const SHIPPED: [&str; 47] = [
    "asn1",
    "common_test",
    "compiler",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eex",
    "eldap",
    "elixir",
    "erl_docgen",
    "erl_interface",
    "erts",
    "et",
    "eunit",
    "ex_unit",
    "ftp",
    "hipe",
    "iex",
    "inets",
    "jinterface",
    "kernel",
    "logger",
    "megaco",
    "mix",
    "mnesia",
    "observer",
    "odbc",
    "os_mon",
    "otp_mibs",
    "parsetools",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "tftp",
    "tools",
    "wx",
    "xmerl",
    "cosEvent",
    "orber",
];

/// Whether Erlang/OTP or Elixir ships an application of this name.
pub(crate) fn is_shipped(name: &str) -> bool {
    SHIPPED.contains(&name)
}

/// The origin of an application in the release `name` of version `vsn`. A dependency that happens to have the
/// release's version counts as the project's, which does no harm: it only shares a layer with it.
pub(super) fn origin_of(app: &str, app_vsn: &str, name: &str, vsn: &str) -> Origin {
    match () {
        () if SHIPPED.contains(&app) => Origin::Otp,
        () if app == name || app_vsn == vsn => Origin::Project,
        () => Origin::Dependency,
    }
}

/// The tree with every entry in the group of its application, of ERTS, or of the release.
pub(super) fn group(mut tree: Tree, release: &Description) -> Tree {
    let erts = format!("erts-{}", release.erts_vsn);
    tree.regroup(|path| group_of(path, &erts, release));
    tree
}

fn group_of(path: &TreePath, erts: &str, release: &Description) -> Group {
    let mut parts = path.as_str().split('/');
    match (parts.next(), parts.next()) {
        (Some(first), _) if first == erts => Group::Erts,
        (Some("lib"), Some(dir)) => of_application(dir, release),
        _ => Group::Release,
    }
}

/// A directory in `lib` that is of no application in the `.rel` file is judged by its name.
fn of_application(dir: &str, release: &Description) -> Group {
    let (name, vsn) = dir.split_once('-').unwrap_or((dir, ""));
    match origin_of(name, vsn, &release.name, &release.vsn) {
        Origin::Otp => Group::Otp,
        Origin::Dependency => Group::Dependency(name.into()),
        Origin::Project | Origin::Checkout => Group::Project(name.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_tell_where_an_application_came_from() {
        let origin = |app, vsn| origin_of(app, vsn, "shop", "1.4.0");
        assert_eq!(origin("stdlib", "4.2"), Origin::Otp);
        assert_eq!(origin("logger", "1.4.0"), Origin::Otp);
        assert_eq!(origin("shop", "0.1"), Origin::Project);
        assert_eq!(origin("shop_web", "1.4.0"), Origin::Project);
        assert_eq!(origin("cowboy", "2.9.0"), Origin::Dependency);
    }
}
