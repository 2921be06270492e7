//! busybox in the place of the usual tools.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{run, tool};

/// A directory with a link to busybox for each of its tools.
pub(crate) fn applets() -> &'static Path {
    static APPLETS: OnceLock<PathBuf> = OnceLock::new();
    APPLETS.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("applets");
        std::fs::create_dir_all(&dir).expect("created");
        run(tool("busybox", "busybox").args(["--install", "-s"]).arg(&dir));
        dir
    })
}
