"""From `docker run` to the first answer: through erlrel-boot, and with the bare VM in its place."""

import socket
import sys
import time

from tools import ERLREL, docker, free_port, in_turns, median, own_epmd, pairwise, prepare, run, spread, table

IMAGE = "erlrel-bench-start:1"
ROOT = "/opt/hello"


def measure(work, rounds):
    project = prepare("hello", work)
    run(ERLREL, "image", project, "--no-compile", "--quiet", "--to", "docker", "--tag", IMAGE)
    with own_epmd() as environment:
        erts = next(project.glob("_build/prod/rel/hello/erts-*")).name
        ways = {"erlrel-boot": through_boot, "the bare VM": by_hand(work, erts)}
        epmd = environment["ERL_EPMD_PORT"]
        return in_turns({name: sampler(way, epmd) for name, way in ways.items()}, rounds)


def through_boot(_port):
    return [IMAGE], []


def by_hand(work, erts):
    """What erlrel-boot does, done by hand: files without variables, the VM's own arguments. No shell is there to start
    epmd, which runs already."""
    files = work / "by-hand"
    files.mkdir()
    (files / "vm.args").write_text("-sname hello\n-setcookie hello\n")
    rel_dir = f"{ROOT}/releases/0.1.0"

    def way(port):
        (files / "sys.config").write_text(f"[{{hello, [{{port, {port}}}]}}].\n")
        options = ["--volume", f"{files}:/by-hand:ro", "--entrypoint", f"{ROOT}/{erts}/bin/erlexec"]
        for name, value in [("ROOTDIR", ROOT), ("BINDIR", f"{ROOT}/{erts}/bin"), ("EMU", "beam"), ("PROGNAME", "erl")]:
            options += ["--env", f"{name}={value}"]
        words = ["-noinput", "+Bd", "-boot", f"{rel_dir}/start", "-mode", "embedded", "-boot_var", "SYSTEM_LIB_DIR",
                 f"{ROOT}/lib", "-config", "/by-hand/sys.config", "-args_file", "/by-hand/vm.args", "-start_epmd", "false"]
        return [*options, IMAGE], words
    return way


def sampler(way, epmd):
    def sample():
        port = free_port()
        before, after = way(port)
        begin = time.monotonic()
        container = run(docker(), "run", "--detach", "--network=host", "--read-only", "--tmpfs=/tmp",
                        "--env", f"PORT={port}", "--env", f"ERL_EPMD_PORT={epmd}", *before, *after).strip()
        started = time.monotonic()
        try:
            await_answer(port, container)
            answered = time.monotonic()
        finally:
            run(docker(), "rm", "--force", container)
        return answered - begin, answered - started
    return sample


def await_answer(port, container):
    while not answers(port):
        running = run(docker(), "inspect", "--format={{.State.Running}}", container).strip()
        if running != "true":
            sys.exit(f"the container has ended:\n{run(docker(), 'logs', container)}")


def answers(port):
    """Asks for a while."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                if b" 200 " in connection.recv(100):
                    return True
        except OSError:
            # A connection is refused at once while nobody listens.
            time.sleep(0.001)
    return False


def report(times, rounds):
    text = "\n## From `docker run` to the first answer of `hello`\n\n"
    text += f"Medians of {rounds} rounds, in brackets the smallest and the largest value, in seconds.\n\n"
    text += table(["First process", "From the call", "From the return of `docker run --detach`"],
                  [(name, spread(samples, 0), spread(samples, 1)) for name, samples in times.items()])
    ours, bare = times["erlrel-boot"], times["the bare VM"]
    words = [f"**{median(ours, place) / median(bare, place):.2f} times** {since} (within single rounds "
             f"{pairwise(ours, bare, place, 2)})" for place, since in [(0, "from the call"), (1, "from its return")]]
    return text + f"\nWith erlrel-boot it takes as long as with the bare VM: {', '.join(words)}.\n"
