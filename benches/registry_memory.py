"""Memory while a layer of a gigabyte goes to a registry, comes from it, and stays where it is."""

import hashlib
import json
import os
import platform
import tarfile

from tools import ERLREL, once, prepare, registry, run, table

SIZE = 1 << 30
# What the kernel counts for a process includes what it was started from: so little of us as can be.
PIECE = 1 << 20


def measure(work):
    """Largest resident memory, in bytes, and wall time of each command."""
    project = prepare("hello", work)
    base = base_layout(work / "weight")
    with registry(work / "registry") as host:
        def image(name, *arguments):
            cache = work / f"cache-{name}"
            return once(name, [ERLREL, "image", project, "--no-compile", "--quiet", "--cache-dir", cache, *arguments])

        weight, other = f"{host}/weight:1", f"{host}/other:1"
        return {
            "push": image("push", "--base", f"oci:{base}", "--to", "registry", "--tag", weight),
            "mount": image("mount", "--base", weight, "--to", "registry", "--tag", other),
            "pull": image("pull", "--base", weight, "--to", f"oci:{work / 'pulled'}"),
        }


def base_layout(layout):
    """An image of one layer with one file, whose bytes cannot be compressed."""
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    digest, size = layer(blobs)
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    config = blob(blobs, {"architecture": architecture, "os": "linux", "config": {},
                          "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]}})
    manifest = blob(blobs, {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": f"sha256:{digest}", "size": size}],
    })
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **manifest}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return layout


def layer(blobs):
    """Writes it piece by piece; its digest and size."""
    draft = blobs / "draft"
    info = tarfile.TarInfo("var/weight")
    info.size = SIZE
    with open(draft, "wb") as out:
        out.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(SIZE // PIECE):
            out.write(os.urandom(PIECE))
        out.write(bytes(1024))
    with open(draft, "rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(PIECE):
            digest.update(piece)
    size = draft.stat().st_size
    draft.rename(blobs / digest.hexdigest())
    return digest.hexdigest(), size


def blob(blobs, value):
    text = json.dumps(value).encode()
    digest = hashlib.sha256(text).hexdigest()
    (blobs / digest).write_bytes(text)
    return {"digest": f"sha256:{digest}", "size": len(text)}


def report(measured):
    rows = [
        ("`--base oci:DIR --to registry`: the layer is pushed", *shown(measured["push"])),
        ("`--base REGISTRY/… --to oci:DIR`: the layer is pulled", *shown(measured["pull"])),
        ("`--base REGISTRY/… --to registry`, the same registry", *shown(measured["mount"])),
    ]
    return (
        "\n## Memory with a base layer of 1 GB\n\n"
        "A layer of 1 GiB that cannot be compressed; Debian's docker-registry on the same machine.\n\n"
        + table(["Command", "Largest memory", "Wall"], rows))


def shown(result):
    return f"{result.memory / 1e6:.1f} MB", f"{result.wall:.1f} s"
