"""How long a virtual machine takes to start with BEAM files as relx packs them, and in the form that they have in images."""

import json
import os

from tools import ERLREL, median, in_turns, once, pairwise, prepare, run, spread, table

SAMPLE = "hello"

# All that the release has is loaded, as in a container.
LOAD = "{ok, Names} = init:get_argument(modules), [code:ensure_loaded(list_to_atom(Name)) || Name <- lists:append(Names)], halt()."


def measure(work, rounds):
    project = prepare(SAMPLE, work)
    ways = {"relx": stripped_by_relx(project, work), "image": in_image(project, work)}
    return in_turns({name: sampler(root) for name, root in ways.items()}, rounds)


def stripped_by_relx(project, work):
    root = work / "beams-relx"
    root.mkdir()
    tarball = work / "beams.tar.gz"
    run(ERLREL, "tar", project, "--no-compile", "--quiet", "--out", tarball)
    run("tar", "-xzf", tarball, "-C", root)
    return root


def in_image(project, work):
    root, layout = work / "beams-image", work / "beams-layout"
    root.mkdir()
    made = run(ERLREL, "image", project, "--no-compile", "--quiet", "--json", "--to", f"oci:{layout}")
    for layer in json.loads(made)["layers"]:
        run("tar", "-xzf", layout / "blobs" / layer["digest"].replace(":", "/"), "-C", root)
    return root / "opt" / SAMPLE


def sampler(root):
    erts = next(root.glob("erts-*"))
    boot = next(root.glob("releases/*/start_clean.boot")).with_suffix("")
    modules = sorted(path.stem for path in root.glob("lib/*/ebin/*.beam"))
    environment = {**os.environ, "ROOTDIR": str(root), "BINDIR": str(erts / "bin"), "EMU": "beam", "PROGNAME": "erl"}
    command = [erts / "bin" / "erlexec", "-boot", boot, "-boot_var", "SYSTEM_LIB_DIR", root / "lib", "-noinput",
               *(word for lib in sorted(root.glob("lib/*/ebin")) for word in ("-pa", lib)), "-modules", *modules,
               "-eval", LOAD]
    return lambda: once("the virtual machine", command, env=environment)


def report(samples, rounds):
    relx, image = samples["relx"], samples["image"]
    rows = [[name, spread(found, 0), spread(found, 1)] for name, found in
            [("stripped and compressed each, as relx has them", relx), ("canonical, as in images", image)]]
    return f"""
## BEAM files: how long it takes to load them

A virtual machine on this machine starts with `start_clean`, loads all modules of the sample `{SAMPLE}` and ends; {rounds} rounds.

{table(["BEAM files", "wall clock, s", "CPU, s"], rows)}
The form of images takes **{median(image, 0) / median(relx, 0):.2f} times** as long (goal: at most 1; within single rounds {pairwise(image, relx, 0, 2)}).
"""
