"""A health check: erlrel-boot against relx's start script, on the same running node."""

import shutil
import subprocess
import sys

from tools import BOOT, free_port, in_turns, median, once, own_epmd, pairwise, prepare, spread, table

# So many in one sample, as the kernel counts the CPU time of a few milliseconds roughly.
ROW = 20

PROGRAMS = {"erlrel-boot": "hello-native", "relx's start script": "hello"}


def measure(work, rounds):
    project = prepare("hello", work)
    release = project / "_build" / "prod" / "rel" / "hello"
    # Both programs belong to the same release and so to the same node.
    shutil.copy(BOOT, release / "bin" / "hello-native")
    with own_epmd() as environment:
        environment["PORT"] = str(free_port())
        with subprocess.Popen([release / "bin" / "hello", "foreground"], env=environment,
                              stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as node:
            try:
                await_pong(release, environment, node)
                return in_turns({name: sampler(name, release / "bin" / program, environment)
                                 for name, program in PROGRAMS.items()}, rounds)
            finally:
                node.terminate()


def await_pong(release, environment, node):
    while subprocess.run([release / "bin" / "hello", "ping"], env=environment, capture_output=True).returncode != 0:
        if node.poll() is not None:
            sys.exit(f"the node to ask has ended with exit code {node.returncode}")


def sampler(name, program, environment):
    def sample():
        row = [once(f"{name} ping", [program, "ping"], env=environment) for _ in range(ROW)]
        return tuple(sum(times) / ROW for times in zip(*row))
    return sample


def report(times, rounds):
    text = "\n## One `ping` of a running node\n\n"
    text += f"Medians of {rounds} rounds of {ROW}, in brackets the smallest and the largest value, in milliseconds.\n\n"
    text += table(["Program", "Wall", "CPU (user + system)"],
                  [(name, spread(samples, 0, 1000), spread(samples, 1, 1000)) for name, samples in times.items()])
    ours, script = times["erlrel-boot"], times["relx's start script"]
    words = [f"**{median(script, place) / median(ours, place):.1f} times** the {word} (within single rounds "
             f"{pairwise(script, ours, place)})" for place, word in [(1, "CPU"), (0, "wall time")]]
    return text + f"\nrelx's start script takes {' and '.join(words)}.\n"
