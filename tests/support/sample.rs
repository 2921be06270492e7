//! The sample projects, prepared and built by the real rebar3 once for each run of the tests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::toolchain::{self, Toolchain};
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
    /// Who built it.
    pub(crate) toolchain: &'static Toolchain,
}

impl Sample {
    /// The arguments that name the OTP installation to the command, if it is not this machine's.
    pub(crate) fn otp(&self) -> Vec<OsString> {
        match self.toolchain {
            Toolchain::Machine => Vec::new(),
            tree @ Toolchain::Tree(_) => vec!["--otp".into(), tree.otp().into()],
        }
    }
}

/// Name and release of each.
const SAMPLES: [(&str, &str); 3] = [("hello", "hello"), ("umbrella", "beacon"), ("native", "native")];

/// One app with `.src` configurations.
pub(crate) fn hello() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| build(SAMPLES[0], &Toolchain::Machine))
}

/// Five apps, git versions, dependencies, overlays.
pub(crate) fn umbrella() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| build(SAMPLES[1], &Toolchain::Machine))
}

/// A NIF, crypto and ssl.
pub(crate) fn native() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| build(SAMPLES[2], &Toolchain::Machine))
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

/// All three, by each of the other toolchains.
pub(crate) fn all_by_others() -> &'static [Sample] {
    static OTHERS: OnceLock<Vec<Sample>> = OnceLock::new();
    OTHERS.get_or_init(|| {
        let toolchains = toolchain::others().iter();
        toolchains.flat_map(|toolchain| SAMPLES.map(|sample| build(sample, toolchain))).collect()
    })
}

fn build((sample, release): (&str, &'static str), toolchain: &'static Toolchain) -> Sample {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("samples").join(toolchain.name());
    let dir = parent.join(sample);
    for old in [dir.clone(), parent.join(format!("{sample}.deps"))] {
        if old.exists() {
            std::fs::remove_dir_all(&old).expect("the last run's sample can be removed");
        }
    }
    std::fs::create_dir_all(&parent).expect("created");
    run(tool("sh", "dash").arg(repository().join("sample_apps/prepare")).arg(sample).arg(&dir));
    toolchain.rebar3(&dir, &["as", "prod", "tar"]);
    let rel = dir.join("_build/prod/rel").join(release);
    let tarball = std::fs::read_dir(&rel)
        .expect("rebar3 made the release")
        .map(|entry| entry.expect("listed").path())
        .find(|path| path.extension().is_some_and(|extension| extension == "gz"))
        .expect("rebar3 made the tarball");
    let file = tarball.file_name().and_then(|name| name.to_str()).expect("a name");
    let vsn = file.strip_prefix(release).and_then(|rest| rest.strip_suffix(".tar.gz")).expect("a version");
    let vsn = vsn.trim_start_matches('-').into();
    Sample { vsn, name: release, relx_tarball: tarball, dir, toolchain }
}
