use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use super::{CookieBy, Plan, Start, progname};
use crate::environment::Environment;
use crate::erts::Erts;
use crate::node::Node;
use crate::node::cookie::Cookie;
use crate::node::name::{Names, NodeName};
use crate::release::Release;
use crate::site::Site;

fn site(erts_vsn: &str, environment: Environment) -> Site {
    let release = Release {
        root: "/opt/hello".into(),
        name: "hello".into(),
        vsn: "1.0".into(),
        erts_vsn: erts_vsn.into(),
        program: "/opt/hello/bin/hello".into(),
    };
    let erts = Erts { dir: format!("/opt/hello/erts-{erts_vsn}").into(), vsn: erts_vsn.into() };
    Site::new(release, erts, environment)
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn name() -> NodeName {
    NodeName { length: Names::Short, name: "hello@box".into() }
}

fn node() -> Node {
    Node {
        name: name(),
        cookie: Cookie { value: "s3cret".into(), in_home: false },
        peer: None,
        client_flags: words(&["-start_epmd", "false"]),
        patience: Duration::from_secs(60),
        left: Duration::from_secs(60),
    }
}

fn shown(plan: &Plan) -> String {
    let program = [plan.program.as_os_str().to_owned()];
    program.iter().chain(&plan.args).map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn variable<'a>(plan: &'a Plan, name: &str) -> Option<&'a str> {
    plan.environment.get(OsStr::new(name)).and_then(|value| value.to_str())
}

#[test]
fn foreground() {
    let called = words(&["/opt/hello/bin/hello", "foreground", "-x", "a b"]);
    let start = Start {
        interactive: false,
        mode: "embedded",
        boot_file: "/opt/hello/releases/1.0/start".into(),
        sys_config: Some("/tmp/sys.config".into()),
        vm_args: Some("/tmp/vm.args".into()),
        node: Some(name()),
        port_flags: words(&["-erl_epmd_port", "9100"]),
        cpu_flags: words(&["+sbwt", "none"]),
        variables: vec![("HOME", "/tmp/.hello-home-0/erlang".into())],
        words: &called,
    };
    let plan = Plan::start(&site("13.1.5", Environment::default()), start);
    assert_eq!(
        shown(&plan),
        "/opt/hello/erts-13.1.5/bin/erlexec -noinput +Bd +sbwt none -boot /opt/hello/releases/1.0/start -mode embedded \
         -boot_var SYSTEM_LIB_DIR /opt/hello/lib -config /tmp/sys.config -args_file /tmp/vm.args \
         -erl_epmd_port 9100 -- foreground -x a b"
    );
    assert_eq!(plan.directory, Path::new("/opt/hello"));
    assert_eq!(variable(&plan, "PROGNAME"), Some("opt/hello/bin/hello"));
    assert_eq!(variable(&plan, "NAME"), Some("hello@box"));
    assert_eq!(variable(&plan, "HOME"), Some("/tmp/.hello-home-0/erlang"));
}

#[test]
fn console_of_a_release_without_configuration() {
    let called = words(&["hello", "console"]);
    let start = Start {
        interactive: true,
        mode: "embedded",
        boot_file: "/opt/hello/releases/1.0/hello".into(),
        sys_config: None,
        vm_args: None,
        node: None,
        port_flags: Vec::new(),
        cpu_flags: Vec::new(),
        variables: Vec::new(),
        words: &called,
    };
    let site = site("13.1.5", Environment::from([("CODE_LOADING_MODE", "interactive")]));
    let plan = Plan::start(&site, start);
    assert_eq!(
        shown(&plan),
        "/opt/hello/erts-13.1.5/bin/erlexec -boot /opt/hello/releases/1.0/hello -mode interactive \
         -boot_var SYSTEM_LIB_DIR /opt/hello/lib -- console"
    );
    assert_eq!(variable(&plan, "NAME"), None);
}

#[test]
fn remote_console_keeps_the_cookie_off_the_command_line() {
    let site = site("13.1.5", Environment::default());
    let home = CookieBy::Home("/tmp/.hello-remote-0".into());
    let plan = Plan::remote_console(&site, &node(), Some(60), home, "1a");
    assert_eq!(
        shown(&plan),
        "/opt/hello/erts-13.1.5/bin/erlexec -sname undefined@box -remsh hello@box \
         -boot /opt/hello/releases/1.0/start_clean -mode interactive -boot_var SYSTEM_LIB_DIR /opt/hello/lib \
         -hidden -kernel net_ticktime 60 -dist_listen false -start_epmd false"
    );
    assert_eq!(variable(&plan, "HOME"), Some("/tmp/.hello-remote-0"));
    let plan = Plan::remote_console(&site, &node(), None, CookieBy::OwnHome, "1a");
    assert_eq!(variable(&plan, "HOME"), None);
    assert!(!shown(&plan).contains("net_ticktime"));
}

#[test]
fn remote_console_of_an_old_runtime() {
    let plan = |vsn: &str, length| {
        let node = Node { name: NodeName { length, name: "hello@box".into() }, ..node() };
        let site = site(vsn, Environment::default());
        let plan = Plan::remote_console(&site, &node, None, CookieBy::Flag("c".into()), "1a");
        assert!(shown(&plan).contains(" -setcookie c "));
        plan.args[1].clone()
    };
    assert_eq!(plan("10.3", Names::Short), "remsh1a-hello@box");
    assert_eq!(plan("11.0", Names::Short), "undefined@box");
    assert_eq!(plan("11.0", Names::Long), "remsh1a-hello@box");
    assert_eq!(plan("11.1", Names::Long), "undefined@box");
}

#[test]
fn a_vm_that_asks_keeps_the_cookie_for_itself() {
    let plan = Plan::question(&site("13.1.5", Environment::default()), &node(), "halt().");
    assert_eq!(
        shown(&plan),
        "/opt/hello/erts-13.1.5/bin/erlexec -sname undefined@box -boot /opt/hello/releases/1.0/start_clean \
         -mode interactive -boot_var SYSTEM_LIB_DIR /opt/hello/lib -start_epmd false -noinput -hidden \
         -dist_listen false -kernel logger_level critical -setcookie nocookie -eval halt()."
    );
    assert!(!format!("{plan:?}").contains("s3cret"));
}

#[test]
fn exported_variables() {
    let environment = Environment::from([("TERM", "dumb"), ("LD_LIBRARY_PATH", "/x"), ("ESCRIPT_NAME", "e")]);
    let site = site("13.1.5", environment);
    let of = |name: &str| site.environment.get(name).and_then(OsStr::to_str);
    for (name, value) in [
        ("ROOTDIR", "/opt/hello"),
        ("BINDIR", "/opt/hello/erts-13.1.5/bin"),
        ("EMU", "beam"),
        ("PROGNAME", "erl"),
        ("RELEASE_ROOT_DIR", "/opt/hello"),
        ("REL_NAME", "hello"),
        ("REL_VSN", "1.0"),
        ("RELEASE_NAME", "hello"),
        ("RELEASE_VSN", "1.0"),
        ("RELEASE_PROG", "/opt/hello/bin/hello"),
        ("LD_LIBRARY_PATH", "/opt/hello/erts-13.1.5/lib:/x"),
        ("ESCRIPT_NAME", "e"),
        ("TERM", "screen"),
    ] {
        assert_eq!(of(name), Some(value), "{name}");
    }
}

#[test]
fn the_name_of_the_program() {
    assert_eq!(progname(OsStr::new("/opt/hello/bin/hello")), "opt/hello/bin/hello");
    assert_eq!(progname(OsStr::new("bin/hello")), "hello");
    assert_eq!(progname(OsStr::new("hello")), "hello");
}
