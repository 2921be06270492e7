//! How much memory it takes to push and pull a layer that is larger than what it may take.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use erlrel_core::digest::DigestWriter;
use serde_json::{Value, json};

use crate::support::registry::Registry;
use crate::support::{run, sample, temp_dir, tool};

/// Megabytes of the layer, and how many there may be in memory.
const LAYER: usize = 256;
const MOST: u64 = 100;

/// Runs a command and prints the most memory that it had, in kilobytes.
const MEASURE: &str = "
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

/// A layout with an image of one layer, which is written bit by bit.
fn heavy_layout(dir: &Path) {
    let blobs = dir.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).expect("created");
    let put = |value: &Value| {
        let text = value.to_string();
        let (digest, size) = put_blob(&blobs, |out| out.write_all(text.as_bytes()));
        json!({"digest": digest, "size": size})
    };
    let (layer, size) = put_blob(&blobs, heavy_layer);
    let config = json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [layer]},
    });
    let mut config = put(&config);
    config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let layer = json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": size});
    let mut manifest =
        put(&json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer]}));
    manifest["mediaType"] = json!(kind);
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    std::fs::write(dir.join("index.json"), index.to_string()).expect("written");
    std::fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).expect("written");
}

/// Writes a blob; gives its digest and size.
fn put_blob(blobs: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> (String, u64) {
    let draft = blobs.join("draft");
    let mut out = DigestWriter::new(BufWriter::new(File::create(&draft).expect("created")));
    write(&mut out).expect("written");
    out.flush().expect("written");
    let (_, digest, size) = out.finish();
    std::fs::rename(draft, blobs.join(digest.hex())).expect("renamed");
    (digest.to_string(), size)
}

fn heavy_layer(out: &mut dyn Write) -> std::io::Result<()> {
    let megabyte: Vec<u8> =
        (0..1 << 20_u32).map(|n: u32| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let mut header = tar::Header::new_ustar();
    header.set_path("var/weight")?;
    header.set_size((LAYER << 20) as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    out.write_all(header.as_bytes())?;
    (0..LAYER).try_for_each(|_| out.write_all(&megabyte))?;
    out.write_all(&[0; 1024])
}

/// Megabytes that `erlrel image` needs with these arguments.
fn memory(dir: &Path, arguments: &[&str]) -> u64 {
    let mut command = tool("python3", "python3");
    command.args(["-c", MEASURE, env!("CARGO_BIN_EXE_erlrel"), "image", "--no-compile", "--quiet"]);
    // The start program as it is while erlrel is developed is large itself.
    command.args(["--boot-program", "/bin/true"]).args(arguments).arg(&sample::hello().dir);
    command.env("XDG_CACHE_HOME", dir.join("cache")).env("HOME", dir);
    run(&mut command).trim().parse::<u64>().expect("a number") >> 10
}

#[test]
fn a_layer_passes_through_little_memory() {
    let dir = temp_dir();
    let registry = Registry::plain();
    let name = format!("{}/acme/heavy:1", registry.host());
    let layout = dir.path().join("base");
    heavy_layout(&layout);
    let base = format!("oci:{}", layout.display());
    let pushed = memory(dir.path(), &["--base", &base, "--to", "registry", "--tag", &name]);
    let to = format!("oci:{}", dir.path().join("pulled").display());
    let pulled = memory(dir.path(), &["--base", &name, "--to", &to]);
    assert!(pushed < MOST && pulled < MOST, "{pushed} MB to push, {pulled} MB to pull");
}
