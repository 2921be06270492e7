use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Node, NodeError, dist_port, interface, patience, port_flags};
use crate::config::vm_args::VmArgs;
use crate::dist::{Family, Port};
use crate::environment::Environment;
use crate::erts::Erts;

fn erts(vsn: &str) -> Erts {
    Erts { dir: format!("/r/erts-{vsn}").into(), vsn: vsn.into() }
}

fn flags(text: &str) -> VmArgs {
    let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    VmArgs::parse(text.as_bytes(), Path::new("/r/vm.args"), &nothing).unwrap()
}

fn node(vm_args: &str, environment: &Environment) -> Result<Node, NodeError> {
    let host = OsStr::new("box.example.org");
    Node::described(&flags(vm_args), Path::new("/r/vm.args"), host, &erts("13.1.5"), environment)
}

fn cookie(vm_args: &str, environment: &Environment) -> Option<OsString> {
    node(vm_args, environment).ok().map(|node| node.cookie.value)
}

#[test]
fn the_cookie_by_precedence() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".erlang.cookie");
    fs::write(&file, "from_home\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let home = home.path().to_str().unwrap();
    let every = Environment::from([("RELX_COOKIE", "relx"), ("HOME", home), ("COOKIE", "plain")]);
    let some = Environment::from([("HOME", home), ("COOKIE", "plain")]);
    let last = Environment::from([("HOME", "/nowhere"), ("COOKIE", "plain")]);
    assert_eq!(cookie("-sname a -setcookie file", &every), Some("relx".into()));
    assert_eq!(cookie("-sname a -setcookie file", &some), Some("file".into()));
    assert_eq!(cookie("-sname a", &some), Some("from_home".into()));
    assert_eq!(cookie("-sname a", &last), Some("plain".into()));
    assert_eq!(cookie("-sname a", &Environment::default()), None);
    assert!(node("-sname a", &some).unwrap().cookie.in_home);
    assert!(!node("-sname a -setcookie from_home", &some).unwrap().cookie.in_home);
}

#[test]
fn a_cookie_is_never_shown() {
    let node = node("-sname a -setcookie s3cret", &Environment::default()).unwrap();
    assert!(!format!("{node:?}").contains("s3cret"));
}

#[test]
fn who_cannot_be_reached() {
    let environment = Environment::from([("RELX_COOKIE", "c")]);
    let error = |vm_args: &str| node(vm_args, &environment).unwrap_err().to_string();
    assert_eq!(
        error("+K true"),
        "/r/vm.args gives the node no name (-sname or -name), so that it cannot be reached"
    );
    let no_cookie = node("-sname a", &Environment::default()).unwrap_err();
    assert_eq!(no_cookie.to_string(), "no cookie to reach the node \"a@box\" with");
}

#[test]
fn ports() {
    let port = |value: &str| dist_port(&Environment::from([("ERL_DIST_PORT", value)])).ok().flatten();
    assert_eq!(port("9100"), Some(9100));
    assert_eq!((port("0"), port("65536"), port("x"), port("")), (None, None, None, None));
    let words =
        |vsn: &str, text: &str| port_flags(Some(9100), &flags(text), &erts(vsn)).join(OsStr::new(" "));
    assert_eq!(words("13.1.5", "-sname a"), "-erl_epmd_port 9100 -start_epmd false");
    assert_eq!(words("13.1.5", "-sname a -start_epmd true"), "-erl_epmd_port 9100");
    assert_eq!(
        words("10.3", "-sname a"),
        "-kernel inet_dist_listen_min 9100 -kernel inet_dist_listen_max 9100"
    );
    assert!(port_flags(None, &flags("-sname a"), &erts("13.1.5")).is_empty());
}

#[test]
fn interfaces() {
    let of = |tuple: &str| interface(OsStr::new(tuple)).map(|address| address.to_string());
    assert_eq!(of("{127,0,0,1}"), Some("127.0.0.1".into()));
    assert_eq!(of("{0, 0, 0, 0, 0, 0, 0, 1}"), Some("::1".into()));
    assert_eq!((of("{local}"), of("127.0.0.1"), of("{1,2,3,256}"), of("{1,2,3}")), (None, None, None, None));
}

#[test]
fn how_a_node_is_reached() {
    let port = |vm_args: &str, variables: &[(&str, &str)]| {
        let mut environment = Environment::from([("RELX_COOKIE", "c")]);
        variables.iter().for_each(|(name, value)| environment.export(name, value));
        node(vm_args, &environment).unwrap().peer.map(|peer| (peer.family, peer.port))
    };
    let epmd = |port, addresses: &[&str]| Port::ByEpmd {
        port,
        addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
    };
    assert_eq!(port("-sname a", &[]), Some((Family::V4, epmd(4369, &[]))));
    let elsewhere = [("ERL_EPMD_PORT", "5000"), ("ERL_EPMD_ADDRESS", "10.0.0.1,::2,x")];
    assert_eq!(port("-sname a", &elsewhere), Some((Family::V4, epmd(5000, &["10.0.0.1", "::2"]))));
    assert_eq!(port("-sname a", &[("ERL_DIST_PORT", "9100")]), Some((Family::V4, Port::Known(9100))));
    assert_eq!(port("-sname a -erl_epmd_port 9101", &[]), Some((Family::V4, Port::Known(9101))));
    assert_eq!(port("-sname a -proto_dist inet6_tcp", &[]), Some((Family::V6, epmd(4369, &[]))));
    assert_eq!(port("-sname a -proto_dist inet_tls", &[]), None);
    assert_eq!(port("-sname a -epmd_module my_epmd", &[]), None);
}

#[test]
fn timeouts() {
    let seconds = |variables: [(&str, &str); 2]| {
        patience(&Environment::from(variables)).map(|patience| patience.as_secs_f64())
    };
    let (relx, tool) = ("RELX_RPC_TIMEOUT", "NODETOOL_TIMEOUT");
    assert_eq!(seconds([(relx, ""), (tool, "")]).unwrap(), 60.0);
    assert_eq!(seconds([(relx, "5"), (tool, "9000")]).unwrap(), 5.0);
    assert_eq!(seconds([(relx, ""), (tool, "9500")]).unwrap(), 9.5);
    assert_eq!(
        seconds([(relx, "soon"), (tool, "")]).unwrap_err().to_string(),
        "RELX_RPC_TIMEOUT is \"soon\", which is no number of seconds"
    );
    for (variables, told) in [([(relx, "0"), (tool, "9")], relx), ([(relx, ""), (tool, "0")], tool)] {
        let error = seconds(variables).unwrap_err();
        assert_eq!(error.to_string(), format!("{told} is 0, which leaves the node no time for an answer"));
        assert_eq!(error.code(), 2);
    }
    assert!(seconds([(relx, "18446744073709551615"), (tool, "")]).unwrap() > 60.0);
}
