use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{ConfigFile, VM_ARGS, decide, not_written};
use crate::environment::Environment;
use crate::release::Release;

/// What is decided for `/r/vm.args`: source, whether rendered, output, original.
fn decided(files: &[&str], variables: &[(&str, &str)]) -> Option<String> {
    let mut environment = Environment::default();
    for (name, value) in variables {
        environment.export(name, value);
    }
    let is_file = |path: &Path| files.iter().any(|file| Path::new("/r").join(file) == path);
    let file = decide(Path::new("/r/vm.args"), &environment, &is_file)?;
    let shown = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    Some(format!(
        "{} {} -> {} (keep {})",
        if file.rendered { "render" } else { "take" },
        file.source.display(),
        shown(&file.output).unwrap_or("itself".into()),
        shown(&file.original).unwrap_or("nothing".into())
    ))
}

const OUT: (&str, &str) = ("RELX_OUT_FILE_PATH", "/tmp");
const REPLACE: (&str, &str) = ("RELX_REPLACE_OS_VARS", "1");

/// Files, variables, and what is decided.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], Option<&'a str>);

#[test]
fn decisions() {
    let cases: &[Case<'_>] = &[
        (&[], &[], None),
        (&[], &[OUT, REPLACE], None),
        (&["vm.args"], &[], Some("take /r/vm.args -> itself (keep nothing)")),
        (&["vm.args"], &[OUT], Some("take /r/vm.args -> itself (keep nothing)")),
        (&["vm.args.src"], &[], Some("render /r/vm.args.src -> /r/vm.args (keep nothing)")),
        (&["vm.args.src"], &[OUT], Some("render /r/vm.args.src -> /tmp/vm.args (keep nothing)")),
        (&["vm.args", "vm.args.src"], &[OUT], Some("render /r/vm.args.src -> /tmp/vm.args (keep nothing)")),
        (&["vm.args"], &[REPLACE], Some("render /r/vm.args -> /r/vm.args (keep /r/vm.args.orig)")),
        (&["vm.args"], &[REPLACE, OUT], Some("render /r/vm.args -> /tmp/vm.args (keep nothing)")),
        (
            &["vm.args", "vm.args.orig"],
            &[REPLACE],
            Some("render /r/vm.args.orig -> /r/vm.args (keep nothing)"),
        ),
        (&["vm.args", "vm.args.orig"], &[], Some("take /r/vm.args.orig -> /r/vm.args (keep nothing)")),
        (&["vm.args", "vm.args.orig"], &[OUT], Some("take /r/vm.args.orig -> /tmp/vm.args (keep nothing)")),
    ];
    for (files, variables, expected) in cases {
        assert_eq!(decided(files, variables).as_deref(), *expected, "{files:?} {variables:?}");
    }
}

fn release(root: &Path) -> Release {
    fs::create_dir_all(root.join("releases/1.0")).unwrap();
    Release {
        root: root.into(),
        name: "hello".into(),
        vsn: "1.0".into(),
        erts_vsn: "13.1.5".into(),
        program: root.join("bin/hello"),
    }
}

#[test]
fn the_rendered_file_is_private() {
    let (root, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let release = release(root.path());
    fs::write(release.dir().join("vm.args.src"), "-setcookie ${SECRET}\n").unwrap();
    let environment =
        Environment::from([("RELX_OUT_FILE_PATH", out.path().to_str().unwrap()), ("SECRET", "s3")]);
    let file = ConfigFile::locate(VM_ARGS, &release, &environment).unwrap().unwrap();
    let text = file.render(&file.read().unwrap(), &environment).text;
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "reading writes nothing");
    let path = file.publish(&text).unwrap();
    assert_eq!(path, out.path().join("vm.args"));
    assert_eq!(fs::read(&path).unwrap(), b"-setcookie s3\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_original_is_kept_when_its_place_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let release = release(root.path());
    let path = release.dir().join("vm.args");
    fs::write(&path, "-sname ${N}\n").unwrap();
    for name in ["a", "b"] {
        let environment = Environment::from([("RELX_REPLACE_OS_VARS", "true"), ("N", name)]);
        let file = ConfigFile::locate(VM_ARGS, &release, &environment).unwrap().unwrap();
        let text = file.render(&file.read().unwrap(), &environment).text;
        file.publish(&text).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("-sname {name}\n"));
    }
    assert_eq!(fs::read(release.dir().join("vm.args.orig")).unwrap(), b"-sname ${N}\n");
}

/// Why `vm.args` is not published in the directory `out`.
fn not_published(out: &Path) -> String {
    let root = tempfile::tempdir().unwrap();
    let release = release(root.path());
    fs::write(release.dir().join("vm.args.src"), "").unwrap();
    let environment = Environment::from([("RELX_OUT_FILE_PATH", out.to_str().unwrap())]);
    let file = ConfigFile::locate(VM_ARGS, &release, &environment).unwrap().unwrap();
    let error = file.publish(b"-sname a").unwrap_err().to_string();
    error.replace(&root.path().display().to_string(), "ROOT")
}

#[test]
fn what_cannot_be_written_is_explained() {
    let origin = "which is rendered from ROOT/releases/1.0/vm.args.src";
    assert_eq!(
        not_published(Path::new("/nowhere/at/all")),
        format!(
            "cannot write /nowhere/at/all/vm.args, {origin}: the directory /nowhere/at/all does not exist"
        )
    );
    assert_eq!(
        not_published(Path::new("/etc/passwd")),
        format!("cannot write /etc/passwd/vm.args, {origin}: the directory /etc/passwd is no directory")
    );
    let relative = not_published(Path::new("no/such"));
    let here = std::env::current_dir().unwrap().join("no/such");
    assert!(relative.ends_with(&format!("the directory {} does not exist", here.display())), "{relative}");
}

#[test]
fn other_failures_are_told_apart() {
    let explained = |code| {
        let error = std::io::Error::from_raw_os_error(code);
        not_written(Path::new("/tmp/vm.args"), "is a copy of /a".into(), &error)
    };
    let [full, read_only, forbidden] = [28, 30, 13].map(explained);
    assert_eq!(
        full.to_string(),
        "cannot write /tmp/vm.args, which is a copy of /a: no room is left in the directory /tmp"
    );
    assert!(full.hint().contains("`--tmpfs /tmp:size=16m`"), "{}", full.hint());
    assert!(read_only.to_string().ends_with("the directory /tmp is on a read-only file system"));
    assert!(forbidden.to_string().contains("/tmp may not be written to by the user "), "{forbidden}");
}

#[test]
fn what_stands_in_the_way_of_a_file_is_told_and_not_blamed_on_its_directory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vm.args");
    fs::create_dir(&path).unwrap();
    let error = not_published(dir.path());
    assert!(error.ends_with("vm.args.src: there is a directory of this name"), "{error}");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "").unwrap();
    let busy = not_written(&path, "is a copy of /a".into(), &std::io::Error::from_raw_os_error(16));
    assert!(busy.to_string().ends_with("the file there is mounted by itself"), "{busy}");
    let shown = path.display();
    assert_eq!(
        busy.hint(),
        format!("remove {shown}, or let RELX_OUT_FILE_PATH name a directory of this user's own")
    );
}

#[test]
fn the_host_s_name_stands_in_for_hostname_alone() {
    let root = tempfile::tempdir().unwrap();
    let release = release(root.path());
    fs::write(release.dir().join("vm.args.src"), "-sname a@${HOSTNAME} ${HOSTNAME:-b} ${HOST}.").unwrap();
    let text = |environment: Environment| {
        let file = ConfigFile::locate(VM_ARGS, &release, &environment).unwrap().unwrap();
        String::from_utf8(file.render(&file.read().unwrap(), &environment).text).unwrap()
    };
    let kernel = crate::site::host().into_string().unwrap();
    assert_eq!(text(Environment::default()), format!("-sname a@{kernel} b .\n"));
    assert_eq!(text(Environment::from([("HOSTNAME", "c")])), "-sname a@c c .\n");
}

#[test]
fn a_file_named_by_a_variable_must_exist() {
    let root = tempfile::tempdir().unwrap();
    let release = release(root.path());
    let environment = Environment::from([("VMARGS_PATH", "/nowhere/vm.args")]);
    let error = ConfigFile::locate(VM_ARGS, &release, &environment).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/vm.args, named by VMARGS_PATH, does not exist");
    for path in ["/dev/null", "/tmp"] {
        let error = ConfigFile::locate(VM_ARGS, &release, &Environment::from([("VMARGS_PATH", path)]));
        let expected = format!("{path}, named by VMARGS_PATH, is no regular file");
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
    assert_eq!(ConfigFile::locate(VM_ARGS, &release, &Environment::default()).unwrap(), None);
}

#[test]
fn with_relx_multi_node_an_output_is_named_after_the_node() {
    let root = tempfile::tempdir().unwrap();
    let release = release(root.path());
    fs::write(release.dir().join("vm.args"), "${N}").unwrap();
    let environment =
        Environment::from([("RELX_MULTI_NODE", "1"), ("RELX_REPLACE_OS_VARS", "1"), ("N", "-sname a@b")]);
    let file = || ConfigFile::locate(VM_ARGS, &release, &environment).unwrap().unwrap();
    let text = file().render(&file().read().unwrap(), &environment).text;
    assert_eq!(text, b"-sname a@b\n", "the last line ends");
    let path = file().of_node(Some("a@b".as_ref())).publish(&text).unwrap();
    assert_eq!(path, release.dir().join("vm.a@b.args"));
    assert_eq!(file().of_node(None).publish(&text).unwrap(), release.dir().join("vm.args"));
}
