"""From an edit to an image: erlrel, rebar3, and the Dockerfile of the community with BuildKit and with buildah."""

import statistics
import sys
from collections import namedtuple

import generate_project
import scale
from builders import BuildKit, Buildah, Erlrel, Rebar3
from checkout import Checkout
from tools import REPOSITORY, Usage, in_turns, median, pairwise, registry, run, table

# A round takes more than a minute, most of it with BuildKit and buildah.
ROUNDS = 5

# The same at 10,000 modules, where each of them compiles all for minutes.
LARGE_ROUNDS = 3

COLD, NOTHING, MODULE, DEPENDENCY, COMMENT = "cold", "no change", "one module", "one dependency", "a comment"
EDITS = {
    NOTHING: Checkout.no_change,
    MODULE: Checkout.module_edit,
    DEPENDENCY: Checkout.dependency_bump,
    COMMENT: Checkout.comment_edit,
}

ERLREL, PACKING = "`erlrel image`", "`erlrel image --no-compile`"
REBAR3, RELX = "`rebar3 as prod tar`", "– without compilation and its check"
BUILDKIT, BUILDAH = "Dockerfile, BuildKit", "Dockerfile, buildah"
COMMANDS = [ERLREL, PACKING, REBAR3, RELX, BUILDKIT, BUILDAH]
BUILDERS = [BUILDKIT, BUILDAH]

# At 10,000 modules these alone are measured in every round; all others but those left out are measured once.
OFTEN = [(NOTHING, ERLREL), (NOTHING, PACKING), (MODULE, ERLREL), (MODULE, PACKING), (MODULE, RELX), (COMMENT, ERLREL)]

# What follows from others: with a Dockerfile these edits have all steps of the cold build run again.
LEFT_OUT = [(NOTHING, RELX)] + [(edit, command) for edit in [DEPENDENCY, COMMENT] for command in [RELX, *BUILDERS]]


def measure_umbrella(work, rounds):
    def make(directory):
        run(REPOSITORY / "sample_apps" / "prepare", "umbrella", directory)
        return Checkout(directory, "beacon", "apps/beacon_core/src/beacon_clock.erl")

    with registry(work / "edits-registry") as host:
        ways = Ways(work, "umbrella", make, Uploads(work / "edits-registry", host))
        ways.first_builds()
        return in_turns(ways.samplers(), min(rounds, ROUNDS), warm_up=0)


def measure_large(work, rounds):
    """The first build of each is counted as the cold one."""
    def make(directory):
        generate_project.generate(directory)
        return Checkout(directory, generate_project.RELEASE, scale.edited_module(scale.LARGEST))

    with registry(work / "large-registry") as host:
        ways = Ways(work, "large", make, Uploads(work / "large-registry", host))
        samples = ways.first_builds()
        samplers = {key: sampler for key, sampler in ways.samplers().items() if key[0] != COLD and key not in LEFT_OUT}
        once = {key: 1 for key in samplers if key not in OFTEN}
        samples |= in_turns(samplers, min(rounds, LARGE_ROUNDS), warm_up=0, fewer=once)
        return samples, scale.measure(work, ways.rebar3.checkout.directory)


# What is known of one build; not every way sends something.
Sample = namedtuple("Sample", [*Usage._fields, "sent"], defaults=[None])


class Uploads:
    """Bytes that a registry has not had before."""

    def __init__(self, directory, host):
        self.directory, self.host = directory, host

    def during(self, push):
        before = self.stored()
        push()
        return self.stored() - before

    def stored(self):
        blobs = self.directory.glob("storage/docker/registry/v2/blobs/*/*/*/data")
        return sum(blob.stat().st_size for blob in blobs)


class Ways:
    """Each way has a checkout of its own, so that each edit is new to it; rebar3's and that of `--no-compile` are one."""

    def __init__(self, work, name, make, uploads):
        self.uploads = uploads

        def checkout(way):
            (work / f"{name}-{way}").mkdir()
            return make(work / f"{name}-{way}" / name)

        self.erlrel = Erlrel(checkout("erlrel"), work / f"{name}-erlrel", uploads.host)
        self.rebar3 = Rebar3(checkout("rebar3"))
        self.packing = Erlrel(self.rebar3.checkout, work / f"{name}-rebar3", uploads.host)
        self.buildkit = BuildKit(checkout("buildkit"), work, uploads.host)
        self.buildah = Buildah(checkout("buildah"), work, uploads.host)
        push_tools(work, uploads.host)

    def first_builds(self):
        """With nothing there but the tools, which a Dockerfile installs in its first step."""
        builders = {(COLD, ERLREL): self.erlrel, (COLD, BUILDKIT): self.buildkit, (COLD, BUILDAH): self.buildah}
        samplers = {key: lambda builder=builder: self.pushed(builder, NOTHING) for key, builder in builders.items()}
        samplers |= {(COLD, REBAR3): lambda: self.tarball(NOTHING), (COLD, RELX): self.rebar3.assemble_from_nothing,
                     (COLD, PACKING): self.packing.build_without_cache}
        return {key: [told(key, sampler)()] for key, sampler in samplers.items()}

    def samplers(self):
        """What is measured in each round; the first build with a Dockerfile was that of `first_builds`."""
        samplers = {(COLD, ERLREL): self.erlrel.build_from_nothing,
                    (COLD, REBAR3): self.rebar3.build_from_nothing,
                    (COLD, PACKING): self.packing.build_without_cache,
                    (COLD, RELX): self.rebar3.assemble_from_nothing}
        for edit in EDITS:
            samplers |= self.after(edit)
        return {key: told(key, sampler) for key, sampler in samplers.items()}

    def after(self, edit):
        return {(edit, ERLREL): lambda: self.pushed(self.erlrel, edit),
                (edit, PACKING): lambda: self.packed(edit),
                (edit, REBAR3): lambda: self.tarball(edit),
                (edit, RELX): lambda: self.assembled(edit),
                (edit, BUILDKIT): lambda: self.pushed(self.buildkit, edit),
                (edit, BUILDAH): lambda: self.pushed(self.buildah, edit)}

    def pushed(self, builder, edit):
        EDITS[edit](builder.checkout)
        return Sample(*builder.build(), self.uploads.during(builder.push))

    def tarball(self, edit):
        EDITS[edit](self.rebar3.checkout)
        return Sample(*self.rebar3.build(), self.rebar3.size())

    def assembled(self, edit):
        EDITS[edit](self.rebar3.checkout)
        self.rebar3.compile()
        return self.rebar3.assemble()

    def packed(self, edit):
        """What others have edited in this checkout since is packed before, uncounted."""
        self.packing.build_compiled()
        if edit != NOTHING:
            EDITS[edit](self.rebar3.checkout)
            self.rebar3.compile()
        return self.packing.build_compiled()


def told(key, sampler):
    """So that whoever waits knows for what."""
    def telling():
        print(f"{key[0]}: {key[1]}", file=sys.stderr)
        return sampler()
    return telling


def push_tools(work, host):
    """The steps of the Dockerfile that install programs, and the layers that they make: a small sample has them run."""
    for way, builder in [(BUILDKIT, BuildKit), (BUILDAH, Buildah)]:
        print(f"{way}: the base and the tools", file=sys.stderr)
        builder.take_base(work)
        directory = work / f"tools-{builder.NAME}" / "hello"
        if not directory.exists():
            run(REPOSITORY / "sample_apps" / "prepare", "hello", directory)
        tools = builder(Checkout(directory, "hello", None), work, host)
        tools.build()
        tools.push()


def report_umbrella(samples, _rounds):
    for builder in BUILDERS:
        samples[COLD, builder] = same_steps(samples[COMMENT, builder])
    unchanged = 1000 * median(samples[NOTHING, PACKING], Usage._fields.index("cpu"))
    return UMBRELLA.format(rounds=len(samples[NOTHING, ERLREL])) + tables(samples) + goals(samples) + (
        f"- No change, compiled before: **{unchanged:.0f} ms** of CPU (goal: at most 50).\n")


UMBRELLA = """
## From an edit of `umbrella` to an image

Medians of {rounds} rounds, in brackets the smallest and the largest value. All versions but those of the dependencies come from
git; an edit of a module and a new version of a dependency are commits, the comment in rebar.config is none. *Cold*: no image, no
cache, and nothing compiled, but for `--no-compile`. With a Dockerfile the base and the tools are there even then, and a comment has
all other steps run; so both are one measurement.

"""


def report_large(measured, _rounds):
    samples, scaling = measured
    for edit, command in LEFT_OUT:
        if command in BUILDERS:
            samples[edit, command] = same_steps(samples[COLD, command])
    return LARGE + tables(samples) + goals(samples) + scale.report(scaling)


LARGE = f"""
## The same with 200 applications and 10,000 modules

Made by `benches/generate_project.py`. Medians of {LARGE_ROUNDS} rounds; what has no brackets was measured once. With a Dockerfile a
new version of a dependency and a comment have the steps of the cold build run again; so all three are one measurement.

"""


def same_steps(samples):
    """They take as long; what they lead to need not be the same."""
    return [sample._replace(sent=None) for sample in samples]


def tables(samples):
    seen = [command for command in COMMANDS if command != BUILDKIT]
    return (
        "Wall time in seconds:\n\n" + matrix(samples, [COLD, *EDITS], COMMANDS, "wall", "{:.2f}")
        + "\nCPU time in seconds (user + system); that of Docker's daemon is not seen:\n\n"
        + matrix(samples, [COLD, *EDITS], seen, "cpu", "{:.2f}")
        + "\nWhat a push sends then, in kB: what the registry did not have before. For rebar3 it is the tarball:\n\n"
        + matrix(samples, EDITS, [ERLREL, REBAR3, *BUILDERS], "sent", "{:,.1f}", 1e-3))


def matrix(samples, situations, commands, what, form, unit=1):
    def shown(value):
        return form.format(value * unit)

    rows = [(command, *(cell(samples.get((situation, command)), what, shown) for situation in situations))
            for command in commands]
    return table(["", *situations], rows)


def cell(samples, what, shown):
    values = [getattr(sample, what, None) for sample in samples or []]
    if not values or None in values:
        return "–"
    middle = shown(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({shown(min(values))}–{shown(max(values))})"


def goals(samples):
    return "\n" + "".join(goal(samples, *words) for words in [
        ("Assembly after an edit of one module: that of rebar3 takes", (MODULE, RELX), (MODULE, PACKING), 20),
        ("An edit of one module, compilation included: BuildKit takes", (MODULE, BUILDKIT), (MODULE, ERLREL), 3),
        ("A comment in rebar.config: BuildKit takes", (COMMENT, BUILDKIT), (COMMENT, ERLREL), 10)])


def goal(samples, text, slow, fast, least):
    slow, fast = samples[slow], samples[fast]
    return (f"- {text} **{median(slow, 0) / median(fast, 0):.1f} times** as long (goal: at least {least}; "
            f"within single rounds {pairwise(slow, fast, 0)}).\n")
