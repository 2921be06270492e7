#!/usr/bin/env python3
"""Makes a large rebar3 project: a release of many applications with many modules.

    benches/generate_project.py DIR                               200 applications, 10,000 modules
    benches/generate_project.py DIR --apps 50 --modules 2500      smaller: these are the first of the larger one
    benches/generate_project.py DIR --git-versions                versions such as `{vsn, git}` has them

The same arguments give the same files. DIR is a git repository with one commit, tagged 0.1.0; the dependencies, which are
those of the sample `umbrella` that need no others, lie in DIR.deps.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import erlang_source

SAMPLES = Path(__file__).resolve().parent.parent / "sample_apps"

RELEASE = "atlas"
VERSION = "0.1.0"

# Of the sample's dependencies those that need no others.
DEPENDENCIES = {"tinyjson": "1.2.0", "hashring": "0.4.1", "tally": "2.0.0"}

# So that commits have the same ids everywhere.
GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1", "GIT_DEFAULT_HASH": "sha1",
    **{f"GIT_{role}_{what}": value for role in ["AUTHOR", "COMMITTER"] for what, value in
       [("NAME", "Sample Author"), ("EMAIL", "author@example.invalid"), ("DATE", "1735689600 +0000")]},
}


def main():
    options = arguments()
    if options.directory.exists():
        sys.exit(f"{options.directory} exists already")
    generate(options.directory, options.apps, options.modules, options.git_versions)


def arguments():
    parser = argparse.ArgumentParser(description="Makes a large rebar3 project.")
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--apps", type=int, default=200, help="applications (default: 200)")
    parser.add_argument("--modules", type=int, default=10_000, help="modules of all of them (default: 10000)")
    parser.add_argument("--git-versions", action="store_true", help="versions come from git (default: 0.1.0)")
    options = parser.parse_args()
    if options.apps < 1 or options.modules < options.apps * erlang_source.FEWEST:
        parser.error(f"every application has at least {erlang_source.FEWEST} modules")
    return options


def generate(directory, apps=200, modules=10_000, git_versions=False):
    """The modules are spread evenly, so that the first applications are the same whatever the number, if the ratio is."""
    directory = Path(directory).resolve()
    directory.mkdir(parents=True)
    for number in range(apps):
        application(directory, number, share(modules, apps, number), git_versions)
    for path, text in release(apps, git_versions).items():
        write(directory / path, text)
    deps = dependencies(directory)
    write(directory / "rebar.lock", lock(deps))
    commit(directory)
    fill_in(directory, deps)


def share(modules, apps, number):
    """How many of the modules are those of one application."""
    return modules * (number + 1) // apps - modules * number // apps


def application(directory, number, modules, git_versions):
    source = erlang_source.Application(number, modules, "git" if git_versions else f'"{VERSION}"')
    for path, text in source.files():
        write(directory / "apps" / source.name / path, text)


def release(apps, git_versions):
    goals = ",\n          ".join(erlang_source.name(number) for number in range(apps))
    vsn = "{git, short}" if git_versions else f'"{VERSION}"'
    deps = ",\n        ".join(f'{{{name}, {{git, "@DEPS@/{name}.git", {{{reference(name)}}}}}}}' for name in DEPENDENCIES)
    return {
        ".gitignore": "/_build/\n/rebar3.crashdump\n",
        "rebar.config": REBAR_CONFIG.format(deps=deps, vsn=vsn, goals=goals, release=RELEASE),
        "config/sys.config.src": "[{kernel, [{logger_level, ${LOG_LEVEL:-notice}}]}].\n",
        "config/vm.args.src": "-sname ${NODE_NAME:-atlas}\n-setcookie ${RELX_COOKIE:-atlas}\n",
    }


def reference(name):
    return 'branch, "main"' if name == "hashring" else f'tag, "{DEPENDENCIES[name]}"'


REBAR_CONFIG = """\
{{erl_opts, [debug_info]}}.

{{deps, [{deps}]}}.

{{relx, [{{release, {{{release}, {vsn}}},
         [{goals},
          sasl]}},
        {{sys_config_src, "config/sys.config.src"}},
        {{vm_args_src, "config/vm.args.src"}},
        {{extended_start_script, true}}]}}.

{{profiles, [{{prod, [{{relx, [{{mode, prod}}]}}]}}]}}.
"""


def dependencies(directory):
    """The repositories of the sample's dependencies; the commit of each."""
    deps = directory.with_name(f"{directory.name}.deps")
    with tempfile.TemporaryDirectory(dir=directory.parent) as aside:
        subprocess.run([SAMPLES / "prepare", "umbrella", f"{aside}/umbrella"], check=True)
        deps.mkdir()
        for name in DEPENDENCIES:
            shutil.move(f"{aside}/umbrella.deps/{name}.git", deps)
    return {name: git(deps / f"{name}.git", "rev-parse", "main") for name in sorted(DEPENDENCIES)}


def lock(deps):
    entries = [f'{{<<"{name}">>,\n  {{git,"@DEPS@/{name}.git",\n       {{ref,"{commit}"}}}},\n  0}}'
               for name, commit in deps.items()]
    return "[" + ",\n ".join(entries) + "].\n"


def commit(directory):
    git(directory, "init", "--quiet", "--template=", "--initial-branch=main", ".")
    git(directory, "config", "core.abbrev", "7")
    git(directory, "add", "--all", ".")
    git(directory, "commit", "--quiet", f"--message=Release {VERSION}")
    git(directory, "tag", VERSION)


def fill_in(directory, deps):
    """Where the repositories are is no part of the commit, and so it is the same in every directory."""
    url = directory.with_name(f"{directory.name}.deps").as_uri()
    for file in ["rebar.config", "rebar.lock"]:
        path = directory / file
        path.write_text(path.read_text().replace("@DEPS@", url))
        git(directory, "update-index", "--skip-worktree", file)


def git(directory, *arguments):
    done = subprocess.run(["git", *arguments], cwd=directory, env={**os.environ, **GIT}, check=True, text=True,
                          stdout=subprocess.PIPE)
    return done.stdout.strip()


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    main()
