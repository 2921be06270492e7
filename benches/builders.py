"""The ways from a checkout to an image, each with what its runs leave behind."""

import functools
import os
import shutil
import subprocess

from image_size import DEBIAN, debian_base
from tools import ERLREL, REPOSITORY, Usage, docker, once, run

# What buildah calls the base, whatever registries it is configured for.
BASE = f"localhost/{DEBIAN}"

DOCKERFILE = REPOSITORY / "sample_apps" / "Dockerfile.community"


class Erlrel:
    """It compiles, unless this was done before."""

    def __init__(self, checkout, work, host):
        self.checkout, self.cache, self.host = checkout, work / f"{checkout.directory.name}-cache", host

    def command(self, *more):
        return [ERLREL, "image", self.checkout.directory, "--cache-dir", self.cache, *more]

    def build(self):
        return once("erlrel image", self.command())

    def build_compiled(self):
        return once("erlrel image --no-compile", self.command("--no-compile"))

    def build_without_cache(self):
        return once("erlrel image --no-compile --no-cache",
                    [ERLREL, "image", self.checkout.directory, "--no-compile", "--no-cache"])

    def build_from_nothing(self):
        self.forget()
        return self.build()

    def push(self):
        run(*self.command("--no-compile", "--to", "registry", "--tag", f"{self.host}/erlrel/{self.checkout.release}:1"))

    def forget(self):
        remove(self.checkout.directory / "_build")
        remove(self.cache)


class Rebar3:
    """The tarball of the release, which is what a Dockerfile unpacks."""

    def __init__(self, checkout):
        self.checkout = checkout
        self.build_directory = checkout.directory / "_build"

    def build(self):
        return self.rebar3("tar")

    def build_from_nothing(self):
        remove(self.build_directory)
        return self.build()

    def compile(self):
        return self.rebar3("compile")

    def assemble(self):
        """What `release` and `tar` take without the check that nothing is to be compiled, which they begin with."""
        check, whole = self.compile(), self.build()
        return Usage(whole.wall - check.wall, whole.cpu - check.cpu, whole.memory)

    def assemble_from_nothing(self):
        remove(self.build_directory / "prod" / "rel")
        return self.assemble()

    def rebar3(self, command):
        return once(f"rebar3 as prod {command}", ["rebar3", "as", "prod", command], cwd=self.checkout.directory)

    def size(self):
        """Of the newest tarball: older versions lie there, too."""
        tarballs = (self.build_directory / "prod" / "rel" / self.checkout.release).glob("*.tar.gz")
        return max(tarballs, key=lambda path: path.stat().st_mtime).stat().st_size


class Container:
    """The Dockerfile of the community; the checkout lies alone in a directory, the context."""

    def __init__(self, checkout, work, host):
        self.checkout, self.work = checkout, work
        self.image = f"{host}/{self.NAME}/{checkout.release}:1"

    def arguments(self, base):
        values = {"BASE": base, "SAMPLE": self.checkout.directory.name, "REL": self.checkout.release}
        words = [word for name, value in values.items() for word in ["--build-arg", f"{name}={value}"]]
        return ["--network=host", "--tag", self.image, *words, "--file", DOCKERFILE, self.checkout.directory.parent]


class BuildKit(Container):
    """With the client and the daemon that `docker` finds; the daemon keeps the cache."""

    NAME = "buildkit"

    @staticmethod
    def take_base(work):
        if subprocess.run([docker(), "image", "inspect", DEBIAN], capture_output=True).returncode != 0:
            debian_base(work)

    def build(self):
        return once("docker build", [docker(), "build", *self.arguments(DEBIAN)],
                    env={**os.environ, "DOCKER_BUILDKIT": "1"})

    def push(self):
        run(docker(), "push", "--quiet", self.image)


class Buildah(Container):
    """Without a daemon, in a storage of its own. `isolation=chroot` also works within a container."""

    NAME = "buildah"

    @staticmethod
    def take_base(work):
        """The same base as that of Docker."""
        if subprocess.run([*buildah(work), "inspect", BASE], capture_output=True).returncode != 0:
            archive = work / "base.tar"
            run(docker(), "save", "--output", archive, DEBIAN)
            pulled = run(*buildah(work), "pull", "--quiet", f"docker-archive:{archive}").split()[-1]
            run(*buildah(work), "tag", pulled, BASE)
            archive.unlink()

    def build(self):
        return once("buildah build", [*buildah(self.work), "build", "--layers", "--isolation=chroot",
                                      *self.arguments(BASE)])

    def push(self):
        run(*buildah(self.work), "push", "--quiet", "--tls-verify=false", self.image, f"docker://{self.image}")


@functools.cache
def buildah(work):
    """Its storage is a mount of layers over each other where that can be, else copies of them."""
    storage = work / "buildah"
    words = ["--root", storage / "root", "--runroot", storage / "run"]
    for driver in ["overlay", "vfs"]:
        program = ["buildah", "--storage-driver", driver, *words]
        if subprocess.run([*program, "info"], capture_output=True).returncode == 0:
            return program
    return program


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


def forget_buildah(work):
    """Without root's rights its storage has files of other users, which only it can remove; and it takes its time."""
    if os.geteuid() != 0 and (work / "buildah").exists():
        subprocess.run([*buildah(work), "rmi", "--all", "--force"], capture_output=True)
