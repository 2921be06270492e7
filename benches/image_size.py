"""The size of an image: erlrel's against that of a Dockerfile."""

import json
import os
import re

from tools import ERLREL, REPOSITORY, docker, prepare, run, table

DEBIAN = "erlrel-bench-debian:bookworm-slim"

# As debian:bookworm-slim is made, so that the comparison is fair to it. (Without the hook, the package
# usrmerge would bring Perl along.)
SLIM = [
    "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
    "--include=usr-is-merged",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/groff/*",
    "--dpkgopt=path-exclude=/usr/share/lintian/*",
]


def measure(work):
    """Bytes of hello's images as Docker counts them: unpacked, all layers."""
    project = prepare("hello", work)
    result = json.loads(run(ERLREL, "image", project, "--no-compile", "--json", "--quiet",
                            "--to", "docker", "--tag", "erlrel-bench-hello:erlrel"))
    debian_base(work)
    run(docker(), "build", "--network=host", "--force-rm", "--tag=erlrel-bench-hello:community",
        "--file", REPOSITORY / "sample_apps" / "Dockerfile.community", "--build-arg", f"BASE={DEBIAN}",
        "--build-arg", "SAMPLE=hello", "--build-arg", "REL=hello", work,
        env={**os.environ, "DOCKER_BUILDKIT": "0"})
    return {
        "erlrel": image_size("erlrel-bench-hello:erlrel"),
        "community": image_size("erlrel-bench-hello:community"),
        "debian": image_size(DEBIAN),
        "layers": [(layer["group"], layer["unpacked_size"], layer["size"]) for layer in result["layers"]],
    }


def debian_base(work):
    """What Docker Hub calls debian:bookworm-slim, made by Debian's own tool: nothing is pulled."""
    tar = work / "debian.tar"
    run("mmdebstrap", "--variant=minbase", *SLIM, *apt_options(), "bookworm", tar)
    run(docker(), "import", tar, DEBIAN)
    tar.unlink()


def apt_options():
    """How this machine reaches its mirror: proxies, and whether it accepts old lists."""
    wanted = re.compile(r"Acquire::(Check-|https?::Proxy)", re.IGNORECASE)
    lines = run("apt-config", "dump").splitlines()
    return [f"--aptopt={line.rstrip(';')}" for line in lines if wanted.match(line)]


def image_size(name):
    return int(run(docker(), "image", "inspect", "--format={{.Size}}", name))


def report(sizes):
    text = "\n## Unpacked image of `hello`\n\nAs Docker counts it.\n\n" + size_table(sizes)
    return text + "\nThe layers of erlrel's image:\n\n" + table(
        ["Layer", "Unpacked", "Compressed"],
        [(group, megabytes(unpacked), megabytes(packed)) for group, unpacked, packed in sizes["layers"]])


def size_table(sizes):
    ours, community = sizes["erlrel"], sizes["community"]
    return table(["Image", "Size", "Against erlrel"], [
        ("`erlrel image` on scratch", megabytes(ours), "1"),
        ("multi-stage Dockerfile on Debian", megabytes(community), f"{community / ours:.1f}"),
        ("– of which the Debian base", megabytes(sizes["debian"]), f"{sizes['debian'] / ours:.1f}"),
    ])


def megabytes(size):
    return f"{size / 1e6:.1f} MB"
