"""Making the release tarball: erlrel against rebar3."""

from tools import ERLREL, in_turns, median, once, pairwise, prepare, spread, table


def measure(work, rounds):
    project = prepare("umbrella", work)
    commands = COMMANDS | {"erlrel image --no-compile": [*IMAGE, "--cache-dir", f"{work}/cache"]}
    return in_turns({name: sampler(name, command, project) for name, command in commands.items()}, rounds)


# Nothing changes between two rounds, so all layers are in the cache.
IMAGE = [ERLREL, "image", "--no-compile"]


COMMANDS = {
    "erlrel tar --no-compile": [ERLREL, "tar", "--no-compile"],
    "rebar3 as prod tar": ["rebar3", "as", "prod", "tar"],
    "rebar3 as prod compile": ["rebar3", "as", "prod", "compile"],
    "erlrel tar": [ERLREL, "tar"],
    "erlrel image --no-compile --no-cache": [*IMAGE, "--no-cache"],
}


def sampler(name, command, folder):
    return lambda: once(name, command, cwd=folder)


def report(times, rounds):
    text = "\n## Making the release tarball of `umbrella`\n\n"
    text += f"Medians of {rounds} rounds, in brackets the smallest and the largest value, in seconds.\n\n"
    text += table(["Command", "Wall", "CPU (user + system)"],
                  [(f"`{name}`", spread(samples, 0), spread(samples, 1)) for name, samples in times.items()])
    return text + "\n" + ratios(times)


def ratios(times):
    rebar3, compilation, ours = (times[name] for name in
                                 ("rebar3 as prod tar", "rebar3 as prod compile", "erlrel tar --no-compile"))
    text = ""
    for place, word in [(0, "wall"), (1, "CPU")]:
        whole, check, own = (median(samples, place) for samples in (rebar3, compilation, ours))
        rest = whole - check
        text += (f"- {word}: `rebar3 as prod tar` takes **{whole / own:.1f} times** as long as `erlrel tar --no-compile`"
                 f" (ratio of medians; within single rounds {pairwise(rebar3, ours, place)}). "
                 f"Checking the compilation is {100 * check / whole:.0f} % of rebar3's time;"
                 f" without that share the ratio is {rest / own:.1f}.\n")
    both, like = median(times["erlrel tar"], 0), median(rebar3, 0)
    return text + f"- With rebar3's check of the compilation in both, `erlrel tar` is {like / both:.1f} times as fast (wall).\n"
