use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::{Names, NodeName, VmArgs, words};
use crate::config::ConfigError;
use crate::erts::Erts;

/// Files that may be included.
const FILES: &[(&str, &str)] = &[
    ("extra.args", "-setcookie nested\n+A 5\n"),
    ("name.args", "-name nested@host.example\n"),
    ("deeper.args", "-args_file name.args\n"),
    ("loop.args", "-args_file other.args"),
    ("other.args", "-args_file loop.args"),
    ("empty.args", ""),
];

fn parse(text: &str) -> Result<VmArgs, ConfigError> {
    VmArgs::parse(text.as_bytes(), Path::new("/r/vm.args"), &|path| {
        if path == Path::new("closed.args") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let file = FILES.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    })
}

fn name(text: &str) -> Option<String> {
    let name = parse(text).unwrap().name?;
    Some(format!("{} {}", name.length.flag(), name.name.to_str().unwrap()))
}

fn cookie(text: &str) -> Option<String> {
    parse(text).unwrap().cookie.map(|cookie| cookie.into_string().unwrap())
}

#[test]
fn splits_words_as_erlexec_does() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (" \n\t\r\n", &[]),
        ("-sname hello", &["-sname", "hello"]),
        ("-sname\n hello\n\n", &["-sname", "hello"]),
        ("# -sname a\n-sname b", &["-sname", "b"]),
        ("-sname a# b\n+K true", &["-sname", "a", "+K", "true"]),
        ("-sname #a\nb", &["-sname", "b"]),
        ("-a \\# b\\ c", &["-a", "#", "b c"]),
        ("-a \"b # c\" d", &["-a", "b # c", "d"]),
        ("-a 'b \"c\\' d", &["-a", "b \"c\\", "d"]),
        ("-a b\"c d\"e", &["-a", "bc de"]),
        ("-a \"\" b", &["-a", "", "b"]),
        ("-a \"open", &["-a", "open"]),
        ("-a \\", &["-a", ""]),
    ];
    for (text, expected) in cases {
        let words = words(text.as_bytes());
        let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(words, *expected, "{text:?}");
    }
}

#[test]
fn finds_the_name() {
    let cases = [
        ("-sname hello\n", Some("-sname hello")),
        ("-name hello@10.0.0.1", Some("-name hello@10.0.0.1")),
        ("+K true\n  -sname   hello  # me\n", Some("-sname hello")),
        ("-sname 'hello'", Some("-sname hello")),
        ("-setcookie -sname hello", Some("-sname hello")),
        ("## -sname hello", None),
        ("-sname", None),
        ("-sname -setcookie c", None),
        ("-env NAME x", None),
        ("-extra -sname hello", None),
        ("-args_file name.args", Some("-name nested@host.example")),
        ("-args_file deeper.args\n-setcookie a", Some("-name nested@host.example")),
        ("-args_file missing.args\n-sname hello", Some("-sname hello")),
        ("-args_file empty.args -args_file empty.args -sname hello", Some("-sname hello")),
    ];
    for (text, expected) in cases {
        assert_eq!(name(text).as_deref(), expected, "{text:?}");
    }
}

#[test]
fn finds_the_cookie() {
    let cases = [
        ("-setcookie abc", Some("abc")),
        ("-setcookie 'a b#c'", Some("a b#c")),
        ("-setcookie first\n-setcookie second", None),
        ("-setcookie first\n-setcookie", None),
        ("-setcookie a@b other", None),
        ("-setcookie a@b other\n-setcookie own", Some("own")),
        ("-setcookie own -setcookie a@b other", Some("own")),
        ("-setcookie a b c -setcookie own", Some("own")),
        ("-setcookie own +K true", Some("own")),
        ("-setcookie +c", None),
        ("-args_file extra.args\n-sname a", Some("nested")),
        ("-setcookie\n-sname a", None),
        ("-setcookie \"\"", Some("")),
        ("#-setcookie abc", None),
        ("-extra -setcookie abc", None),
    ];
    for (text, expected) in cases {
        assert_eq!(cookie(text).as_deref(), expected, "{text:?}");
    }
}

#[test]
fn before_otp_24_1_the_vm_takes_the_only_flag_or_none() {
    let on = |vsn: &str, text: &str| {
        let erts = Erts { dir: "/e".into(), vsn: vsn.into() };
        parse(text).unwrap().on(&erts).cookie
    };
    let two = "-setcookie a@b other\n-setcookie own";
    assert_eq!((on("12.1", two), on("12.0", two)), (Some("own".into()), None));
    assert_eq!(on("11.2", "-setcookie own"), Some("own".into()));
    let ignored = |text: &str| parse(text).unwrap().has_ignored_cookies();
    assert!(ignored("-setcookie a -setcookie b") && ignored("-setcookie"));
    assert!(!ignored("-setcookie a") && !ignored("-setcookie a@b other") && !ignored("-sname a"));
}

#[test]
fn refuses_what_the_vm_does_not_read_or_relx_refuses() {
    for text in ["-sname a -name b", "-sname a\n-sname a", "-sname a -args_file deeper.args"] {
        let error = parse(text).unwrap_err();
        assert!(matches!(error, ConfigError::TwoNames { .. }), "{text:?}: {error}");
        assert_eq!(error.code(), 2);
    }
    let nul = parse("-sname a\n-setcookie b\0c").unwrap_err();
    assert_eq!(nul.to_string(), "/r/vm.args has a NUL character, at which the VM would stop to read it");
    assert_eq!(parse("-args_file closed.args").unwrap_err().code(), 3);
    assert_eq!(parse("-args_file loop.args").unwrap_err().code(), 5);
}

#[test]
fn completes_the_host() {
    let cases = [
        (Names::Short, "a", "box", "a@box"),
        (Names::Short, "a", "box.example.org", "a@box"),
        (Names::Short, "a@other", "box", "a@other"),
        (Names::Short, "a@", "box", "a@box"),
        (Names::Long, "a", "box.example.org", "a@box.example.org"),
        (Names::Long, "a@127.0.0.1", "box", "a@127.0.0.1"),
    ];
    for (length, name, host, expected) in cases {
        let name = NodeName { length, name: name.into() }.on_host(OsStr::new(host));
        assert_eq!(name.name, expected);
        assert_eq!(name.host(), expected.split('@').nth(1).unwrap());
    }
}

#[test]
fn keeps_the_flags_of_the_distribution_for_a_client() {
    let found = parse(
        "-kernel inet_dist_use_interface '{127,0,0,1}' inet_dist_listen_min 1\n\
         -start_epmd false\n-epmd_module mine -proto_dist inet6_tcp",
    );
    assert_eq!(
        found.unwrap().client_flags(),
        [
            "-proto_dist",
            "inet6_tcp",
            "-start_epmd",
            "false",
            "-epmd_module",
            "mine",
            "-kernel",
            "inet_dist_use_interface",
            "{127,0,0,1}"
        ]
    );
    let tls = "-proto_dist inet_tls -ssl_dist_opt server_certfile a.pem client_verify verify_none -hidden \
               -ssl_dist_optfile 'its file' -erl_epmd_port 9100";
    let expected = "-proto_dist inet_tls -erl_epmd_port 9100 -ssl_dist_opt server_certfile a.pem client_verify \
                    verify_none -ssl_dist_optfile its file";
    assert_eq!(parse(tls).unwrap().client_flags().join(OsStr::new(" ")), expected);
    assert_eq!(parse("-sname a").unwrap().client_flags(), Vec::<&str>::new());
}
