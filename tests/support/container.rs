//! Containers of the sample images.

use std::process::Command;
use std::time::{Duration, SystemTime};

use super::docker::daemon;
use super::http::{self, Answer};
use super::image::SampleImage;
use super::port::free_port;
use super::terminal::Terminal;
use super::{fails, run, tool};

/// As README recommends it: nothing to write to but `/tmp`, under any user.
pub(crate) const LOCKED: &[&str] = &["--read-only", "--tmpfs", "/tmp", "--user", "12345"];

/// A container; it is removed with this value.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) id: String,
    release: String,
    ports: Ports,
}

/// Ports that no other container uses. All share this machine's network, and with it the names of nodes:
/// each has an epmd of its own.
#[derive(Debug)]
struct Ports {
    http: u16,
    tls: u16,
    dns: u16,
    epmd: u16,
}

/// How often a service is asked before it counts as dead; each time Docker is asked first whether it runs.
const QUESTIONS: u32 = 5_000;

impl Container {
    /// Starts the image's usual command in the background.
    pub(crate) fn start(image: &SampleImage, options: &[&str]) -> Self {
        Self::start_with(image, options, &[])
    }

    /// Starts the image with another command in the background.
    pub(crate) fn start_with(image: &SampleImage, options: &[&str], command: &[&str]) -> Self {
        let ports = Ports::free();
        let id = run(docker_run(&ports).arg("--detach").args(options).arg(&image.name).args(command));
        Self { id: id.trim().into(), release: image.release.into(), ports }
    }

    /// Starts the image's usual command and waits until its service answers.
    pub(crate) fn serving(image: &SampleImage, options: &[&str]) -> Self {
        let container = Self::start(image, options);
        container.await_service();
        container
    }

    /// Runs the image with this command on a terminal. The container has a name and lives until it is removed.
    pub(crate) fn on_terminal(image: &SampleImage, command: &str) -> (Self, Terminal) {
        Self::on_terminal_with(image, LOCKED, command)
    }

    /// The same with other options.
    pub(crate) fn on_terminal_with(image: &SampleImage, options: &[&str], command: &str) -> (Self, Terminal) {
        let ports = Ports::free();
        let id = format!("terminal-{}", ports.http);
        let mut docker = docker_run(&ports);
        docker.args(["--interactive", "--tty", "--name", &id]).args(options).args([&image.name, command]);
        let terminal = Terminal::start(docker);
        (Self { id, release: image.release.into(), ports }, terminal)
    }

    /// `docker run` of the image with this command; the container is removed when it ends.
    pub(crate) fn command(image: &SampleImage, options: &[&str], command: &[&str]) -> Command {
        let mut docker = docker_run(&Ports::free());
        docker.arg("--rm").args(LOCKED).args(options).arg(&image.name).args(command);
        docker
    }

    pub(crate) fn await_service(&self) {
        let healthy = || self.ask("GET", "/health").is_some_and(|answer| answer.status == 200);
        for _ in 0..QUESTIONS {
            assert_eq!(self.inspect(".State.Running"), "true", "{}", self.logs());
            if healthy() {
                return;
            }
        }
        panic!("no answer from the container; it said:\n{}", self.logs());
    }

    /// Waits until the container has printed this.
    pub(crate) fn says(&self, text: &str) {
        for _ in 0..QUESTIONS {
            if self.logs().contains(text) {
                return;
            }
            assert_eq!(self.inspect(".State.Running"), "true", "{}", self.logs());
        }
        panic!("no `{text}` from the container; it said:\n{}", self.logs());
    }

    /// Asks the service over HTTP.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Option<Answer> {
        http::ask(self.ports.http, method, path, "")
    }

    /// Sends something to the service and gives its answer.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let answer = http::ask(self.ports.http, method, path, body);
        answer.unwrap_or_else(|| panic!("no answer to {method} {path}; the container said:\n{}", self.logs()))
    }

    /// The answer to a plain request.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    pub(crate) fn dns_port(&self) -> u16 {
        self.ports.dns
    }

    pub(crate) fn epmd_port(&self) -> u16 {
        self.ports.epmd
    }

    pub(crate) fn tls_port(&self) -> u16 {
        self.ports.tls
    }

    /// `docker exec` of a program in this container.
    pub(crate) fn exec(&self, options: &[&str], program: &[&str]) -> Command {
        let mut command = daemon().docker();
        command.arg("exec").args(options).arg(&self.id).args(program);
        command
    }

    /// `docker exec` of the release's own program.
    pub(crate) fn release(&self, options: &[&str], command: &str) -> Command {
        self.exec(options, &[&format!("/opt/{0}/bin/{0}", self.release), command])
    }

    /// A command of the release in a terminal.
    pub(crate) fn release_on_terminal(&self, command: &str) -> Terminal {
        Terminal::start(self.release(&["--interactive", "--tty"], command))
    }

    /// The release's `ping` must get an answer.
    pub(crate) fn ping(&self) {
        assert_eq!(run(&mut self.release(&[], "ping")), "pong\n");
    }

    /// Waits for the end; gives the exit code.
    pub(crate) fn wait(&self) -> i32 {
        daemon().run(["wait", &self.id]).parse().expect("an exit code")
    }

    /// From the call of `docker stop` to the end that Docker has recorded.
    pub(crate) fn time_to_stop(&self) -> Duration {
        let called = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        daemon().run(["stop", &self.id]);
        let finished = self.inspect(".State.FinishedAt");
        let ended = run(tool("date", "coreutils").args(["+%s.%N", "--date", &finished]));
        Duration::from_secs_f64(ended.trim().parse().expect("a time")).saturating_sub(called)
    }

    /// A value of `docker inspect`.
    pub(crate) fn inspect(&self, field: &str) -> String {
        daemon().run(["inspect", "--format", &format!("{{{{{field}}}}}"), &self.id])
    }

    /// The id that the container's first process has on this machine.
    pub(crate) fn first_process(&self) -> u32 {
        self.inspect(".State.Pid").parse().expect("a process id")
    }

    /// What Docker says that has changed in the container's root, without `/tmp` and what is in it.
    pub(crate) fn changes_outside_tmp(&self) -> Vec<String> {
        let changes = daemon().run(["diff", &self.id]);
        let outside = |line: &&str| !matches!(line.split_once(' '), Some((_, path)) if is_tmp(path));
        changes.lines().filter(outside).map(String::from).collect()
    }

    /// What the container has printed.
    pub(crate) fn logs(&self) -> String {
        let output = daemon().docker().args(["logs", &self.id]).output().expect("docker starts");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It may be gone already, and a failed test has said enough.
        let _ = daemon().docker().args(["rm", "--force", "--volumes", &self.id]).output();
    }
}

/// Runs an image with this command to its end, which must have this exit code; gives its stdout and stderr.
pub(crate) fn run_to_end(image: &str, options: &[&str], command: &[&str], code: i32) -> (String, String) {
    let mut docker = docker_run(&Ports::free());
    docker.arg("--rm").args(options).arg(image).args(command);
    let output = docker.output().expect("docker starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{docker:?}:\n{stdout}{stderr}");
    (stdout, stderr)
}

/// The image has no such program.
pub(crate) fn has_no_program(image: &str, program: &str) {
    let options = ["run", "--rm", "--network", "host", "--entrypoint", program, image];
    let stderr = fails(daemon().docker().args(options), 127);
    assert!(stderr.contains("no such file or directory"), "{stderr}");
}

fn is_tmp(path: &str) -> bool {
    path == "/tmp" || path.starts_with("/tmp/")
}

fn docker_run(ports: &Ports) -> Command {
    let mut command = daemon().docker();
    command.args(["run", "--network", "host"]);
    for (name, port) in [
        ("PORT", ports.http),
        ("TLS_PORT", ports.tls),
        ("DNS_PORT", ports.dns),
        ("ERL_EPMD_PORT", ports.epmd),
    ] {
        command.args(["--env", &format!("{name}={port}")]);
    }
    command
}

impl Ports {
    fn free() -> Self {
        Self { http: free_port(), tls: free_port(), dns: free_port(), epmd: free_port() }
    }
}
