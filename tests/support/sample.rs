//! The sample projects, prepared and built by the real rebar3 once for each run of the tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{repository, run, tool};

/// A sample project that was built with `rebar3 as prod tar`. Tests must not change it: they copy it.
#[derive(Debug)]
pub(crate) struct Sample {
    /// The project's folder.
    pub(crate) dir: PathBuf,
    /// The release's name and version.
    pub(crate) name: &'static str,
    pub(crate) vsn: String,
    /// What rebar3 made: `NAME-VSN.tar.gz`.
    pub(crate) relx_tarball: PathBuf,
}

/// One app with `.src` configurations.
pub(crate) fn hello() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| build("hello", "hello"))
}

/// Five apps, git versions, dependencies, overlays.
pub(crate) fn umbrella() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| build("umbrella", "beacon"))
}

/// A NIF, crypto and ssl.
pub(crate) fn native() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| build("native", "native"))
}

/// All three that rebar3 builds.
pub(crate) fn all() -> [&'static Sample; 3] {
    [hello(), umbrella(), native()]
}

/// An Elixir project that was built with `mix release`.
#[derive(Debug)]
pub(crate) struct MixSample {
    /// The release's directory.
    pub(crate) release: PathBuf,
    /// `NAME-VSN.tar.gz`.
    pub(crate) tarball: PathBuf,
}

/// One application without dependencies, configured at start.
pub(crate) fn waybill() -> &'static MixSample {
    static SAMPLE: OnceLock<MixSample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples/waybill");
        if dir.exists() {
            std::fs::remove_dir_all(&dir).expect("the last run's sample can be removed");
        }
        std::fs::create_dir_all(dir.parent().expect("a directory")).expect("created");
        super::copy_dir(repository().join("sample_apps/waybill"), &dir);
        run(tool("mix", "elixir").arg("release").env("MIX_ENV", "prod").current_dir(&dir));
        let built = dir.join("_build/prod");
        MixSample { release: built.join("rel/waybill"), tarball: built.join("waybill-0.3.0.tar.gz") }
    })
}

fn build(sample: &str, release: &'static str) -> Sample {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples");
    let dir = parent.join(sample);
    for old in [dir.clone(), parent.join(format!("{sample}.deps"))] {
        if old.exists() {
            std::fs::remove_dir_all(&old).expect("the last run's sample can be removed");
        }
    }
    std::fs::create_dir_all(&parent).expect("created");
    run(tool("sh", "dash").arg(repository().join("sample_apps/prepare")).arg(sample).arg(&dir));
    run(tool("rebar3", "rebar3").args(["as", "prod", "tar"]).current_dir(&dir));
    let rel = dir.join("_build/prod/rel").join(release);
    let tarball = std::fs::read_dir(&rel)
        .expect("rebar3 made the release")
        .map(|entry| entry.expect("listed").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .expect("rebar3 made the tarball");
    let file = tarball.file_name().and_then(|name| name.to_str()).expect("a name");
    let vsn = file.strip_prefix(release).and_then(|rest| rest.strip_suffix(".tar.gz")).expect("a version");
    Sample { vsn: vsn.trim_start_matches('-').into(), name: release, relx_tarball: tarball, dir }
}
