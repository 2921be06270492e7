"""Making the release tarball: erlrel against rebar3."""

import os

from tools import ERLREL, in_turns, median, once, pairwise, prepare, spread, table


def measure(work, rounds):
    """rebar3 and erlrel each have a project of their own, as either would see that the other has compiled."""
    projects = {"rebar3": prepare("umbrella", work), "erlrel": prepare("umbrella", work / "own")}
    environment = {**os.environ, "XDG_CACHE_HOME": str(work / "cache")}
    samplers = {name: sampler(name, command, projects[name.split()[0]], environment) for name, command in COMMANDS.items()}
    return in_turns(samplers, rounds)


# Nothing changes between two rounds, so all layers are in the cache, and it is known that nothing is to be compiled.
COMMANDS = {
    "erlrel tar --no-compile": [ERLREL, "tar", "--no-compile"],
    "rebar3 as prod tar": ["rebar3", "as", "prod", "tar"],
    "rebar3 as prod compile": ["rebar3", "as", "prod", "compile"],
    "erlrel tar": [ERLREL, "tar"],
    "erlrel tar --compile always": [ERLREL, "tar", "--compile", "always"],
    "erlrel image --no-compile": [ERLREL, "image", "--no-compile"],
    "erlrel image --no-compile --no-cache": [ERLREL, "image", "--no-compile", "--no-cache"],
}


def sampler(name, command, folder, environment):
    return lambda: once(name, command, cwd=folder, env=environment)


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
    both, skipped = (median(rebar3, 0) / median(times[name], 0) for name in ["erlrel tar --compile always", "erlrel tar"])
    return text + (f"- With rebar3's check of the compilation in both, erlrel is {both:.1f} times as fast (wall); "
                   f"`erlrel tar` leaves the check out when nothing has changed, and is {skipped:.1f} times as fast.\n")
