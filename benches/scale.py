"""Time and memory of assembly by the number of modules."""

import shutil

import generate_project
from checkout import add_function
from erlang_source import name
from tools import ERLREL, Usage, in_turns, median, once, run, spread, table

# A build takes seconds.
ROUNDS = 5

PER_APPLICATION = 50
SIZES = [50, 100, 200]
LARGEST = SIZES[-1]

COLD, NOTHING, MODULE = "cold, without a cache", "no change", "one module edited"
SITUATIONS = [COLD, NOTHING, MODULE]


def edited_module(apps):
    """Of an application in the middle."""
    app = name(apps // 2)
    return f"apps/{app}/src/{app}_limits_01.erl"


def measure(work, compiled):
    samplers = {}
    for apps in SIZES:
        project = Part(work / f"scale-{apps}" / "project", compiled, apps)
        samplers |= {(apps, COLD): project.build_without_cache, (apps, NOTHING): project.build,
                     (apps, MODULE): project.build_after_edit}
    return in_turns(samplers, ROUNDS)


class Part:
    """The first applications of the compiled project, with what rebar3 has made of them."""

    def __init__(self, directory, compiled, apps):
        self.directory, self.module, self.edits = directory, directory / edited_module(apps), 0
        self.cache = directory.with_name("cache")
        generate_project.generate(directory, apps, apps * PER_APPLICATION)
        for place in ["prod", "default"]:
            take(compiled / "_build" / place / "lib", directory / "_build" / place / "lib", apps)

    def build_without_cache(self):
        return self.assemble("--no-cache")

    def build(self):
        return self.assemble("--cache-dir", self.cache)

    def build_after_edit(self):
        self.edits += 1
        add_function(self.module, self.edits)
        app = self.module.parent.parent
        ebin = self.directory / "_build" / "prod" / "lib" / app.name / "ebin"
        run("erlc", "+debug_info", "-I", app / "include", "-o", ebin, self.module)
        return self.build()

    def assemble(self, *cache):
        return once("erlrel image --no-compile", [ERLREL, "image", self.directory, "--no-compile", *cache])


def take(source, target, apps):
    """Links of rebar3's to the sources and to dependencies elsewhere lead to those of the new project."""
    target.mkdir(parents=True)
    wanted = {name(number) for number in range(apps)} | set(generate_project.DEPENDENCIES)
    for path in source.iterdir():
        if path.name not in wanted:
            continue
        if path.is_symlink():
            (target / path.name).symlink_to(f"../../default/lib/{path.name}")
        else:
            shutil.copytree(path, target / path.name, symlinks=True)


def report(samples):
    rows = [(f"{apps * PER_APPLICATION:,}", *(spread(samples[apps, what], 1) for what in SITUATIONS),
             memory(samples, apps)) for apps in SIZES]
    return HEAD + table(["Modules", *SITUATIONS, "Memory"], rows) + "\n" + growth(samples) + largest(samples)


HEAD = f"""
### Time and memory by the number of modules

`erlrel image --no-compile` of the first 50, 100 and 200 applications: CPU time in seconds, medians of {ROUNDS} rounds, and
the most memory that any of the builds had.

"""


def growth(samples):
    """What is the same for all sizes – Erlang itself – goes away in differences."""
    def slope(what, small, large):
        seconds = median(samples[large, what], 1) - median(samples[small, what], 1)
        return f"{1e6 * seconds / (large - small) / PER_APPLICATION:.0f}"

    small, middle, large = SIZES
    each = "; ".join(f"{what} {slope(what, small, middle)} and {slope(what, middle, large)} ms" for what in SITUATIONS)
    return f"- CPU time for 1,000 modules more, in the smaller half and in the larger one (linear: the same): {each}.\n"


def largest(samples):
    return f"- Memory at {LARGEST * PER_APPLICATION:,} modules: **{memory(samples, LARGEST)}** (goal: at most 150 MB).\n"


def memory(samples, apps):
    place = Usage._fields.index("memory")
    return f"{max(sample[place] for what in SITUATIONS for sample in samples[apps, what]) / 1e6:.0f} MB"
