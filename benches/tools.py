"""What every measurement needs: running programs, timing them, and tables."""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
ERLREL = TARGET / "release" / "erlrel"
BOOT = TARGET / "release" / "erlrel-boot"


def check_tools():
    """A missing tool is named before the work begins."""
    if not ERLREL.is_file():
        sys.exit(f"{ERLREL} is missing: run `make bench`, or `cargo build --release`")
    for program, package in [("rebar3", "rebar3"), ("git", "git"), ("mmdebstrap", "mmdebstrap"), ("buildah", "buildah"),
                             ("docker-registry", "docker-registry"), (docker(), "docker.io")]:
        if shutil.which(program) is None:
            sys.exit(f"`{program}` is missing: install the Debian package {package}")
    if subprocess.run([docker(), "info"], capture_output=True).returncode != 0:
        sys.exit("no Docker daemon answers: use `scripts/with-docker benches/run`")


def docker():
    """Debian's client, whose legacy builder needs nothing else, before any other on PATH."""
    return "/usr/bin/docker" if Path("/usr/bin/docker").exists() else "docker"


def run(*command, **options):
    """Runs a command to a good end and gives its stdout."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed ({done.returncode}):\n{done.stdout}")
    return done.stdout


def prepare(sample, work):
    """A sample project, built once by rebar3."""
    project = work / sample
    if not project.exists():
        run(REPOSITORY / "sample_apps" / "prepare", sample, project)
        run("rebar3", "as", "prod", "tar", cwd=project)
    return project


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def own_epmd():
    """The environment with the port of an epmd that knows no other nodes."""
    environment = {**os.environ, "ERL_EPMD_PORT": str(free_port()), "ERL_EPMD_RELAXED_COMMAND_CHECK": "1"}
    run("epmd", "-daemon", env=environment)
    try:
        yield environment
    finally:
        run("epmd", "-kill", env=environment)


@contextlib.contextmanager
def registry(directory):
    """The host and port of a docker-registry that keeps what it gets in this directory."""
    directory.mkdir()
    host = f"127.0.0.1:{free_port()}"
    configuration = {
        "version": "0.1", "log": {"level": "error", "accesslog": {"disabled": True}},
        "http": {"addr": host, "secret": "of the measurement"},
        "storage": {"filesystem": {"rootdirectory": str(directory / "storage")}},
    }
    (directory / "config.json").write_text(json.dumps(configuration))
    with open(directory / "log", "wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", str(directory / "config.json")], stdout=log, stderr=log)
    try:
        await_answer(host, server, directory / "log")
        yield host
    finally:
        server.terminate()
        server.wait()


def await_answer(host, server, log):
    address = host.split(":")
    while server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((address[0], int(address[1]))):
            return
        time.sleep(0.01)
    sys.exit(f"the registry does not start: {log.read_text()}")


def in_turns(samplers, rounds, warm_up=1, fewer=None):
    """The samples of each in every round but the first, which only warms up; every second round goes backwards.

    `fewer` has the number of counted rounds of those that take part in the first ones only."""
    samples = {name: [] for name in samplers}
    for number in range(1 - warm_up, rounds + 1):
        names = list(samplers) if number % 2 == 0 else list(reversed(samplers))
        for name in names:
            if number > (fewer or {}).get(name, rounds):
                continue
            sample = samplers[name]()
            if number > 0:
                samples[name].append(sample)
        print(f"round {number} of {rounds}", file=sys.stderr)
    return samples


# Wall and CPU seconds of a process tree, and the largest resident memory of one process in it, in bytes.
Usage = namedtuple("Usage", ["wall", "cpu", "memory"])


def once(name, command, **options):
    """What a command takes, which has to end well."""
    with open(os.devnull, "rb") as null, tempfile.TemporaryFile() as said:
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdin=null, stdout=said, stderr=said, **options)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            sys.exit(f"`{name}` failed with exit code {process.returncode}:\n{said.read().decode(errors='replace')}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def pairwise(slow, fast, place, digits=1):
    found = sorted(a[place] / b[place] for a, b in zip(slow, fast))
    return f"{found[0]:.{digits}f} to {found[-1]:.{digits}f}"


def median(samples, place):
    return statistics.median(sample[place] for sample in samples)


def spread(samples, place, unit=1):
    """The median, in brackets the smallest and the largest; `unit` is 1 for seconds, 1000 for milliseconds."""
    values = [sample[place] * unit for sample in samples]
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


