"""A project under git, and the edits that a working day brings; each is new."""

import os
import re
import tempfile
from pathlib import Path

from generate_project import GIT
from tools import run

DEPENDENCY = "tinyjson"


class Checkout:
    """`module` is the path of the one that is edited; `release` the release's name."""

    def __init__(self, directory, release, module):
        self.directory, self.release, self.module = directory, release, module
        self.deps = directory.with_name(f"{directory.name}.deps")
        self.edits = 0

    def no_change(self):
        pass

    def module_edit(self):
        """With a commit, and so with new versions, if those come from git."""
        add_function(self.directory / self.module, self.count())
        self.commit()

    def dependency_bump(self):
        """A patch release of one dependency, which rebar.config and rebar.lock then name; and a commit."""
        number = self.count()
        repository = self.deps / f"{DEPENDENCY}.git"
        with tempfile.TemporaryDirectory() as clone:
            git(clone, "clone", "--quiet", repository, ".")
            version, commit = patch_release(clone, number)
        self.replace("rebar.config", rf'({DEPENDENCY}\.git", {{tag, ")[^"]*', version)
        self.replace("rebar.lock", rf'({DEPENDENCY}\.git",\s*{{ref,")[^"]*', commit)
        self.commit()

    def comment_edit(self):
        """Without a commit: nothing of it is to reach an image."""
        with open(self.directory / "rebar.config", "a") as config:
            config.write(f"%% Remark {self.count()}\n")

    def count(self):
        self.edits += 1
        return self.edits

    def commit(self):
        """git overlooks rebar.config and rebar.lock here (sample_apps/prepare), but a commit there is."""
        git(self.directory, "commit", "--quiet", "--all", "--allow-empty", f"--message=Edit {self.edits}")

    def replace(self, name, pattern, value):
        path = self.directory / name
        text, found = re.subn(pattern, rf"\g<1>{value}", path.read_text())
        assert found == 1, f"{path} names {DEPENDENCY} {found} times"
        path.write_text(text)


def add_function(module, number):
    text = module.read_text().replace("\n-export(", f"\n-export([edit_{number}/0]).\n-export(", 1)
    module.write_text(f"{text}\nedit_{number}() -> {number}.\n")


def patch_release(clone, number):
    """Its version and its commit, in the repository that the clone comes from."""
    version = f"1.2.{number}"
    application = Path(clone, "src", f"{DEPENDENCY}.app.src")
    application.write_text(re.sub(r'{vsn, "[^"]*"}', f'{{vsn, "{version}"}}', application.read_text()))
    add_function(Path(clone, "src", f"{DEPENDENCY}.erl"), number)
    git(clone, "commit", "--quiet", "--all", f"--message=Release {version}")
    git(clone, "tag", version)
    git(clone, "push", "--quiet", "origin", "HEAD:main", version)
    return version, git(clone, "rev-parse", "HEAD").strip()


def git(directory, *arguments):
    return run("git", *arguments, cwd=directory, env={**os.environ, **GIT})
