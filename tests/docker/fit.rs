//! A release adapts to its container: cookie, name, CPU quota, directories that cannot be written.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::container::{Container, LOCKED, run_to_end};
use crate::support::docker::daemon;
use crate::support::{fails, image, run};

/// A directory that is `/conf` in containers, with files that any user may read.
struct Conf {
    temp: tempfile::TempDir,
    options: Vec<String>,
}

impl Conf {
    /// With these files; a `vm.args` (or `vm.args.src`) among them is that of the release.
    fn new(files: &[(&str, &str)]) -> Self {
        let temp = tempfile::tempdir().expect("a temporary directory");
        std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o755)).expect("a mode");
        for (name, text) in files {
            std::fs::write(temp.path().join(name), text).expect("written");
        }
        let volume = format!("--volume={}:/conf:ro", temp.path().display());
        Self { temp, options: vec![volume, "--env=VMARGS_PATH=/conf/vm.args".into()] }
    }

    fn vm_args(text: &str) -> Self {
        Self::new(&[("vm.args", text)])
    }

    /// The options of `docker run`, and more of them.
    fn options<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        self.options.iter().map(String::as_str).chain(more.iter().copied()).collect()
    }

    /// hello, with this configuration, where only `/tmp` can be written.
    fn locked(&self, more: &[&str]) -> Container {
        Container::serving(image::hello(), &self.options(&[LOCKED, more].concat()))
    }

    fn path(&self) -> &Path {
        self.temp.path()
    }
}

/// What the running node says to an expression.
fn evaluate(container: &Container, expression: &str) -> String {
    let said = run(&mut container.exec(&[], &["/opt/hello/bin/hello", "eval", expression]));
    said.trim_end().into()
}

fn ping_as(container: &Container, user: &str) -> String {
    run(&mut container.release(&["--user", user], "ping"))
}

fn process_list(container: &Container) -> String {
    daemon().run(["top", &container.id, "-eo", "pid,args"])
}

/// Paths, modes and times of what is in the container's `/tmp`, seen from outside.
fn tmp(container: &Container) -> Vec<String> {
    let root = format!("/proc/{}/root/tmp", container.first_process());
    let walk = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter();
    walk.map(|entry| {
        let entry = entry.expect("listed");
        let found = entry.metadata().expect("metadata");
        let path = entry.path().strip_prefix(&root).expect("below").display().to_string();
        format!("{path} {:o} {:?}", found.permissions().mode(), found.modified().expect("a time"))
    })
    .collect()
}

#[test]
fn a_node_without_a_cookie_gets_a_random_one_that_commands_find() {
    let conf = Conf::vm_args("-sname hello\n");
    let container = conf.locked(&[]);
    container.ping();
    assert_eq!(ping_as(&container, "0"), "pong\n", "root finds it too");
    let stderr = fails(&mut container.release(&["--user", "23456"], "ping"), 1);
    assert!(stderr.contains("no cookie"), "{stderr}");
    let cookie = evaluate(&container, "erlang:get_cookie().");
    let cookie = cookie.trim_matches('\'');
    assert!(cookie.len() == 32 && cookie.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{cookie}");
    assert!(!process_list(&container).contains(cookie) && !container.logs().contains(cookie));
    assert_eq!(evaluate(&container, "os:getenv(\"HOME\")."), "\"/tmp\"");
    let files = tmp(&container);
    let mode = |path: &str| files.iter().any(|file| file.starts_with(path));
    assert!(mode(".hello-home-12345 40700 ") && mode(".hello-home-12345/erlang 40700 "), "{files:?}");
    assert!(mode(".hello-home-12345/erlang/.erlang.cookie 100600 "), "{files:?}");
}

#[test]
fn the_random_cookie_outlives_the_process() {
    let conf = Conf::vm_args("-sname hello\n");
    let container = Container::serving(image::hello(), &conf.options(&[]));
    let cookie = evaluate(&container, "erlang:get_cookie().");
    daemon().run(["restart", &container.id]);
    container.await_service();
    assert_eq!(evaluate(&container, "erlang:get_cookie()."), cookie);
}

#[test]
fn relx_cookie_is_the_node_s_cookie_even_if_vm_args_does_not_say_so() {
    let conf = Conf::vm_args("-sname hello\n");
    let container = conf.locked(&["--env=RELX_COOKIE=only_here"]);
    container.ping();
    assert_eq!(evaluate(&container, "erlang:get_cookie()."), "only_here");
    assert!(!process_list(&container).contains("only_here"), "{}", process_list(&container));
    let other = Conf::vm_args("-sname hello\n-setcookie in_vm_args\n");
    let container = other.locked(&["--env=RELX_COOKIE=only_here"]);
    assert!(
        container.logs().contains("warning: the node has the cookie that -setcookie"),
        "{}",
        container.logs()
    );
}

#[test]
fn a_node_that_can_get_no_cookie_says_so_and_looks_for_one_itself() {
    let conf = Conf::new(&[("vm.args", "-sname hello\n"), ("sys.config", "[{hello, [{port, 0}]}].\n")]);
    let options = conf.options(&[
        "--read-only",
        "--tmpfs=/home:mode=1777",
        "--env=HOME=/home",
        "--env=RELX_CONFIG_PATH=/conf/sys.config",
    ]);
    let command = ["foreground", "-eval", "true = is_alive(), halt(0)."];
    let (_, stderr) = run_to_end(&image::hello().name, &options, &command, 0);
    assert!(stderr.contains("warning: no random cookie is made"), "{stderr}");
}

#[test]
fn asking_commands_write_nothing() {
    let conf = Conf::vm_args("-sname hello\n");
    let container = conf.locked(&[]);
    let before = tmp(&container);
    for user in ["12345", "0"] {
        ping_as(&container, user);
        run(&mut container.release(&["--user", user], "pid"));
    }
    fails(&mut container.release(&["--user", "23456"], "ping"), 1);
    evaluate(&container, "node().");
    assert_eq!(tmp(&container), before);
}

#[test]
fn the_node_has_the_name_of_its_host_or_address() {
    for (vm_args, more) in [
        ("-sname hello@${HOSTNAME}\n-setcookie c\n", "--env=UNUSED=1"),
        ("-name hello@${POD_IP}\n-setcookie c\n", "--env=POD_IP=127.0.0.1"),
    ] {
        let conf = Conf::new(&[("vm.args.src", vm_args)]);
        let container = conf.locked(&[more]);
        container.ping();
        let without_hostname = run(&mut container.release(&["--env", "HOSTNAME="], "ping"));
        assert_eq!(without_hostname, "pong\n", "{vm_args}");
        let node = evaluate(&container, "node().");
        assert!(node.contains("hello@") && !node.contains("$"), "{node}");
    }
}

#[test]
fn names_and_cookies_in_included_files_count() {
    let conf = Conf::new(&[
        ("vm.args", "-args_file ../../conf/more.args\n"),
        ("more.args", "-sname inner\n-args_file /conf/cookie.args\n"),
        ("cookie.args", "-setcookie innermost\n+sbwt short\n"),
    ]);
    let container = conf.locked(&["--cpus=0.5"]);
    container.ping();
    let said = evaluate(&container, "{node(), erlang:get_cookie()}.");
    assert!(said.contains("inner@") && said.contains("innermost"), "{said}");
    let list = process_list(&container);
    assert!(list.contains("-sbwt short") && !list.contains("-sbwt none"), "{list}");
}

#[test]
fn schedulers_follow_the_cpu_quota_and_do_not_wait_busily() {
    let seen = |options: &[&str]| {
        let container = Container::serving(image::hello(), &[LOCKED, options].concat());
        let online = evaluate(&container, "erlang:system_info(schedulers_online).");
        let list = process_list(&container);
        let idle = ["-sbwt none", "-sbwtdcpu none", "-sbwtdio none"].map(|flag| list.contains(flag));
        (online, idle)
    };
    let all = seen(&[]).0;
    assert_eq!(seen(&[]), (all.clone(), [false; 3]));
    assert_eq!(seen(&["--cpus=0.5"]), ("1".into(), [true; 3]));
    assert_eq!(seen(&["--cpus=1.5"]), ("2".into(), [true; 3]));
    assert_eq!(seen(&["--cpus=0.5", "--env=ERL_FLAGS=+S 2:2 +sbwt long"]), ("2".into(), [false; 3]));
    // What the VM does by itself depends on the version of control groups.
    assert_eq!(seen(&["--cpus=0.5", "--env=ERLREL_CPU_QUOTA=ignore"]).1, [false; 3]);
}

#[test]
fn a_directory_that_cannot_be_written_is_explained() {
    let refused = |options: &[&str]| run_to_end(&image::hello().name, options, &["foreground"], 1).1;
    let read_only = refused(&["--read-only"]);
    assert!(read_only.contains("the directory /tmp is on a read-only file system"), "{read_only}");
    assert!(read_only.contains("`--tmpfs /tmp`") && read_only.contains("emptyDir"), "{read_only}");
    let unset = refused(&["--read-only", "--env=RELX_OUT_FILE_PATH="]);
    assert!(unset.contains("/releases/0.1.0 is on a read-only file system"), "{unset}");
    assert!(unset.contains("let RELX_OUT_FILE_PATH name a writable directory such as /tmp"), "{unset}");
    let missing = refused(&["--env=RELX_OUT_FILE_PATH=/no/such"]);
    assert!(missing.contains("the directory /no/such does not exist"), "{missing}");
    let file = refused(&["--env=RELX_OUT_FILE_PATH=bin/hello"]);
    assert!(file.contains("the directory /opt/hello/bin/hello is no directory"), "{file}");
    let forbidden = refused(&["--env=RELX_OUT_FILE_PATH=/opt", "--user=12345"]);
    assert!(forbidden.contains("/opt may not be written to by the user 12345"), "{forbidden}");
    let full = refused(&["--read-only", "--tmpfs=/tmp:size=4k"]);
    assert!(full.contains("no room is left in the directory /tmp"), "{full}");
    assert!(full.contains("`--tmpfs /tmp:size=16m`"), "{full}");
}

#[test]
fn strict_env_and_the_check_of_the_configuration_work_in_an_image() {
    let conf = Conf::new(&[("sys.config.src", "[{hello, [\n  {port, ${PORT_NOT_SET}}]}].\n")]);
    let options = conf.options(&["--env=RELX_CONFIG_PATH=/conf/sys.config", "--env=VMARGS_PATH="]);
    let (_, stderr) = run_to_end(&image::hello().name, &options, &["foreground"], 1);
    assert!(
        stderr.contains("/conf/sys.config.src:2:10: expected expression after `,`, found `}`"),
        "{stderr}"
    );
    assert!(stderr.contains("substituted on this line: PORT_NOT_SET"), "{stderr}");
    let strict = [options.as_slice(), &["--env=ERLREL_STRICT_ENV=1"]].concat();
    let (_, stderr) = run_to_end(&image::hello().name, &strict, &["foreground"], 1);
    assert!(stderr.contains("PORT_NOT_SET (/conf/sys.config.src:2)"), "{stderr}");
    assert_eq!(std::fs::read_dir(conf.path()).expect("listed").count(), 1);
}
