use std::path::Path;

use super::{Cookie, in_text};
use crate::config::vm_args::VmArgs;
use crate::environment::Environment;

/// The cookie for this value of RELX_COOKIE and this `vm.args`, or why there is none.
fn found(given: &str, vm_args: &str) -> Result<String, String> {
    let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
    let flags = VmArgs::parse(vm_args.as_bytes(), Path::new("/r/vm.args"), &nothing).unwrap();
    let environment = Environment::from([("RELX_COOKIE", given), ("COOKIE", "other\n")]);
    let cookie = Cookie::find(&flags, &environment).map_err(|error| error.to_string())?;
    Ok(cookie.unwrap().value.into_string().unwrap())
}

#[test]
fn white_space_at_the_ends_of_a_variable_does_not_count() {
    for given in ["c", "c\n", " \tc\r\n\n"] {
        assert_eq!(found(given, "-sname a"), Ok("c".into()), "{given:?}");
    }
    assert_eq!(found("a b\n", "-sname a"), Ok("a b".into()));
    assert_eq!(found(" \n", "-sname a"), Ok("other".into()));
}

#[test]
fn what_a_vm_does_not_take_is_refused_by_its_origin_and_not_shown() {
    let long = "s3cret".repeat(43);
    for given in ["s3\ncret", "s3\tcret", "s3żcret", "s3\u{7f}cret", &long] {
        let error = found(given, "-sname a").unwrap_err();
        assert!(error.starts_with("the cookie that RELX_COOKIE gives cannot be used: it has "), "{error}");
        assert!(!error.contains("s3") && !error.contains("cret"), "{error}");
        let error = found("", &format!("-sname a -setcookie '{given}'")).unwrap_err();
        assert!(error.starts_with("the cookie that -setcookie in vm.args gives cannot be used"), "{error}");
    }
    assert_eq!(found(&"x".repeat(255), "-sname a").unwrap().len(), 255);
}

#[test]
fn a_file_is_read_as_a_vm_reads_it() {
    let read = |text: &str| in_text(text.as_bytes()).map(|value| value.into_string().unwrap());
    assert_eq!(read("ab\n").as_deref(), Some("ab"));
    assert_eq!(read(" a b \r\n \n").as_deref(), Some(" a b "));
    assert_eq!((read(""), read("\n")), (None, None));
    assert_eq!(read("a\nb").as_deref(), Some("a\nb"), "which is refused");
    assert_eq!(read("ab\t\n").as_deref(), Some("ab\t\n"), "which is refused");
}
