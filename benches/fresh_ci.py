"""A build on a machine of a CI system, which starts with nothing, after an edit of one module."""

import os
import re
import shutil
import sys

from checkout import add_function
from image_size import DEBIAN, debian_base
from tools import ERLREL, REPOSITORY, docker, in_turns, median, once, pairwise, registry, run, spread, table

MODULE = "apps/beacon_core/src/beacon_clock.erl"

# The steps of the Dockerfile up to the sources, and those of the second stage up to the release.
CACHED = 7

# A build with Docker takes a quarter of a minute.
ROUNDS = 5


def measure(work, rounds):
    """Wall and CPU seconds of each, and what erlrel said of the last round's work."""
    ci = work / "ci"
    context = ci / "context"
    context.mkdir(parents=True)
    run(REPOSITORY / "sample_apps" / "prepare", "umbrella", context / "umbrella")
    with registry(ci / "registry") as host:
        builds = Builds(work, ci, context, host)
        builds.fill_caches()
        samples = in_turns({"erlrel": builds.erlrel, "docker": builds.docker}, min(rounds, ROUNDS))
    return samples, builds.said


class Builds:
    """Both ways from a checkout to an image in the registry, each with what its first run has left there."""

    def __init__(self, work, ci, context, host):
        self.work, self.ci, self.context, self.host = work, ci, context, host
        self.edits = 0
        self.said = {}

    def fill_caches(self):
        """What the run before has pushed: the image, the dependencies, and every stage of the Dockerfile."""
        self.erlrel()
        base = f"{self.host}/debian:bookworm-slim"
        debian_base(self.work)
        run(docker(), "tag", DEBIAN, base)
        run(docker(), "push", base)
        self.forget_docker()
        for stage in ["builder", "runner"]:
            image = f"{self.host}/docker:{stage}"
            run(*self.docker_build(image, "--target", stage), env=self.buildkit())
            run(docker(), "push", image)

    def edit(self, project):
        """Something else each time, so that no registry has it yet."""
        self.edits += 1
        add_function(project / MODULE, self.edits)

    def erlrel(self):
        """A new checkout in a new home."""
        project, home = self.ci / "checkout", self.ci / "home"
        for old in [project, home]:
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self.context / "umbrella", project, symlinks=True)
        home.mkdir()
        self.edit(project)
        cache = f"{self.host}/erlrel/dependencies"
        log = self.ci / "log"
        with open(log, "wb") as out:
            seconds = once("erlrel", [
                "sh", "-c", 'log=$1; shift; exec "$@" 2>"$log"', "sh", log, ERLREL, "image", project,
                "--to", "registry", "--tag", f"{self.host}/erlrel/beacon:{self.edits}",
                "--cache-from", cache, "--cache-to", cache,
            ], env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")})
        self.said = dict(compiled=re.findall(r"Compiling (\w+)", log.read_text()))
        return seconds

    def docker(self):
        """A new checkout and an empty builder."""
        self.forget_docker()
        self.edit(self.context / "umbrella")
        image = f"{self.host}/docker:{self.edits}"
        log = self.ci / "docker.log"
        script = '"$0" "$@" 2>"$LOG" && "$DOCKER" push --quiet "$IMAGE"'
        seconds = once("docker build", ["sh", "-c", script, *self.docker_build(image, "--progress=plain")],
                       env={**self.buildkit(), "LOG": str(log), "DOCKER": docker(), "IMAGE": image})
        if len(re.findall(r"#\d+ CACHED", log.read_text())) < CACHED:
            sys.exit(f"BuildKit has not found its cache:\n{log.read_text()}")
        return seconds

    def docker_build(self, image, *more):
        sources = [word for stage in ["builder", "runner"] for word in ["--cache-from", f"{self.host}/docker:{stage}"]]
        return [docker(), "build", "--network=host", "--tag", image, *more, *sources,
                "--build-arg", "BUILDKIT_INLINE_CACHE=1", "--build-arg", f"BASE={self.host}/debian:bookworm-slim",
                "--build-arg", "SAMPLE=umbrella", "--build-arg", "REL=beacon",
                "--file", REPOSITORY / "sample_apps" / "Dockerfile.community", self.context]

    def buildkit(self):
        return {**os.environ, "DOCKER_BUILDKIT": "1"}

    def forget_docker(self):
        """No image, no layer, no cache."""
        images = run(docker(), "image", "ls", "--quiet", "--no-trunc").split()
        if images:
            run(docker(), "image", "rm", "--force", *sorted(set(images)))
        run(docker(), "builder", "prune", "--all", "--force")


def report(measured, rounds):
    samples, said = measured
    ours, theirs = samples["erlrel"], samples["docker"]
    compiled = ", ".join(f"`{name}`" for name in said["compiled"])
    if set(said["compiled"]) & {"hashring", "pctcode", "tally", "tinyjson", "waypost"}:
        sys.exit(f"erlrel has compiled dependencies: {compiled}")
    ratio = median(theirs, 0) / median(ours, 0)
    return f"""
## A build of `umbrella` on a fresh machine of a CI system

After an edit of one module: from a new checkout to the image in a registry, with nothing on the machine but tools. Both
take from the registry what the run before has left there. Medians of {len(ours)} rounds, in brackets the smallest and the
largest value, in seconds.

""" + table(["Command", "Wall"], [
        ("`erlrel image --to registry --cache-from …`", spread(ours, 0)),
        ("`docker build --cache-from …` (BuildKit), `docker push`", spread(theirs, 0)),
    ]) + f"""
- BuildKit takes **{ratio:.1f} times** as long (within single rounds {pairwise(theirs, ours, 0)}).
- Of all applications rebar3 compiles {compiled}: those of the project, and no dependency.
- BuildKit has an inline cache of both stages; the Dockerfile is `sample_apps/Dockerfile.community`.
"""
