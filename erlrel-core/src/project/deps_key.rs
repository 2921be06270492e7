//! The dependency-layer key: a name for the state of a project's compiled dependencies.
//!
//! Two keys: [`cksum`] is what the Erlang community's build scripts compute with
//! `cat rebar.config rebar.lock | cksum`; it moves with every comment. [`semantic`] moves when, and only
//! when, something moves that decides the bytes of compiled dependencies.

use std::collections::BTreeSet;
use std::path::Path;

use super::{LockSource, Project, ProjectError, applications, global};
use crate::digest::Digest;
use crate::environment::Environment;
use crate::fs::{self, FsError};
use crate::term::{self, Document, Term};

/// The first number that `cat rebar.config rebar.lock | cksum` prints in the folder `root`; an absent
/// file counts as empty, as it does there.
///
/// # Errors
/// When neither file exists, or one cannot be read.
pub fn cksum(root: &Path) -> Result<u32, ProjectError> {
    let root = std::path::absolute(root).map_err(FsError::while_doing("find", root))?;
    let [config, lock] = ["rebar.config", "rebar.lock"].map(|name| fs::read_optional(&root.join(name)));
    let (config, lock) = (config?, lock?);
    if config.is_none() && lock.is_none() {
        return Err(ProjectError::NotAProject { file: root.join("rebar.config"), root });
    }
    Ok(cksum_of(&[config.unwrap_or_default(), lock.unwrap_or_default()].concat()))
}

/// The checksum of POSIX `cksum`: CRC-32 with polynomial 0x04C11DB7, most significant bit first, over
/// the bytes and then their number (POSIX.1-2017, "cksum").
pub fn cksum_of(bytes: &[u8]) -> u32 {
    let mut crc = bytes.iter().fold(0, |crc, byte| step(crc, *byte));
    let mut length = bytes.len() as u64;
    while length > 0 {
        crc = step(crc, length as u8);
        length >>= 8;
    }
    !crc
}

fn step(crc: u32, byte: u8) -> u32 {
    (crc << 8) ^ TABLE[usize::from((crc >> 24) as u8 ^ byte)]
}

const TABLE: [u32; 256] = {
    let mut table = [0u32; 256];
    let mut index = 0;
    while index < 256 {
        let mut crc = (index as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ 0x04c1_1db7 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
};

/// What decides the bytes of compiled dependencies besides the project's own files.
#[derive(Debug, Clone, Default)]
pub struct Toolchain {
    /// The exact OTP version, such as `25.2.3`.
    pub otp: String,
    /// The version of the application `compiler`.
    pub compiler: String,
    /// The platform that native code is built for, such as `linux/amd64`.
    pub platform: String,
    /// The digest of the `rebar3` program.
    pub rebar3: Option<Digest>,
}

/// Root options that rebar3 reads while it builds dependencies (besides `deps`).
const DECISIVE: [&str; 9] = [
    "overrides",
    "plugins",
    "project_plugins",
    "app_vars_file",
    "application_resource_extensions",
    "validate_app_modules",
    "deps_dir",
    "plugins_dir",
    "compiler_source_format",
];

/// Those that count in the configuration of one of the project's applications too, in an umbrella.
const OF_APPLICATIONS: [&str; 4] = ["deps", "overrides", "plugins", "project_plugins"];

/// Variables that the compiler, or the C compilers that hooks start, take options from.
const VARIABLES: [&str; 9] =
    ["ERL_COMPILER_OPTIONS", "ERL_LIBS", "CC", "CFLAGS", "CPPFLAGS", "CXX", "CXXFLAGS", "LDFLAGS", "LDLIBS"];

/// SHA-256 over everything that decides the bytes of compiled dependencies: the lock, dependencies that
/// are not locked, overrides, plugins (the global ones and those of an umbrella's applications too), the active profiles, the toolchain, the
/// compilers' environment. Comments, layout, `relx`, `shell`, `erl_opts` of the project and the place of
/// the project are no part of it.
///
/// # Errors
/// When a file that the configuration names (`app_vars_file`, rebar3's global configuration) is there
/// and cannot be read.
pub fn semantic(
    project: &Project,
    toolchain: &Toolchain,
    environment: &Environment,
) -> Result<Digest, ProjectError> {
    let mut facts = vec![
        "erlrel dependencies 1".to_string(),
        format!("profiles {}", project.profiles.join(",")),
        format!("otp {} compiler {} {}", toolchain.otp, toolchain.compiler, toolchain.platform),
    ];
    facts.extend(toolchain.rebar3.map(|digest| format!("rebar3 {digest}")));
    facts.extend(lock_facts(project));
    facts.extend(unlocked_facts(project));
    facts.extend(option_facts(project));
    facts.extend(application_facts(project)?);
    facts.extend(file_facts(project, environment)?);
    facts.extend(
        VARIABLES.iter().filter_map(|name| environment.get(name).map(|value| format!("env {name}={value}"))),
    );
    Ok(Digest::of(facts.join("\n").as_bytes()))
}

fn lock_facts(project: &Project) -> Vec<String> {
    let fact = |entry: &super::Locked| match &entry.source {
        LockSource::Hex { package, version } => {
            format!("lock {} hex {package} {version} {}", entry.name, entry.hashes.join(" "))
        }
        LockSource::Other { term, .. } => format!("lock {} {term}", entry.name),
    };
    project.lock.entries.iter().map(fact).collect()
}

/// Dependencies that no lock pins: those of profiles, and new ones. For a locked one the lock decides.
fn unlocked_facts(project: &Project) -> Vec<String> {
    let locked: BTreeSet<&str> = project.lock.entries.iter().map(|entry| entry.name.as_str()).collect();
    let name = |dep: &Term| dep.as_tuple().and_then(<[Term]>::first).unwrap_or(dep).as_text();
    let unlocked = |dep: &Term| name(dep).is_none_or(|name| !locked.contains(name.as_str()));
    let mut facts: Vec<String> =
        project.config.deps().iter().filter(|dep| unlocked(dep)).map(|dep| format!("dep {dep}")).collect();
    facts.sort();
    facts.dedup();
    facts
}

fn option_facts(project: &Project) -> Vec<String> {
    let values = |key: &'static str| project.config.each(key).map(move |value| format!("{key} {value}"));
    DECISIVE.iter().flat_map(|key| values(key)).collect()
}

/// What applications of an umbrella say in files of their own. One that is to be evaluated counts as it is written.
fn application_facts(project: &Project) -> Result<Vec<String>, ProjectError> {
    let mut facts = Vec::new();
    let dirs = applications::project_dirs(&project.root, &project.config)?;
    for dir in dirs.iter().filter(|dir| **dir != project.root) {
        let name = dir.strip_prefix(&project.root).unwrap_or(dir).display();
        if let Some(script) = fs::read_optional(&dir.join("rebar.config.script"))? {
            facts.push(format!("script {name} {}", Digest::of(&script)));
        }
        let file = dir.join("rebar.config");
        let Some(bytes) = fs::read_optional(&file)? else { continue };
        let terms = term::consult(&file, &bytes)?.terms;
        let of_profile = |profile: &String| {
            let profiles = term::lookup(&terms, "profiles").and_then(Term::as_list).unwrap_or_default();
            term::lookup(&profiles, profile).and_then(Term::as_list).unwrap_or_default()
        };
        for terms in std::iter::once(terms.clone()).chain(project.profiles.iter().map(of_profile)) {
            let values = OF_APPLICATIONS.iter().filter_map(|key| Some((key, term::lookup(&terms, key)?)));
            facts.extend(
                values
                    .filter(|(_, value)| value.as_list().is_none_or(|list| !list.is_empty()))
                    .map(|(key, value)| format!("{key} of {name} {value}")),
            );
        }
    }
    Ok(facts)
}

fn file_facts(project: &Project, environment: &Environment) -> Result<Vec<String>, ProjectError> {
    let mut facts = Vec::new();
    if let Some(file) = project.config.get("app_vars_file").and_then(|file| file.as_text()) {
        let content = fs::read_optional(&project.root.join(file))?;
        facts.push(format!("app_vars {}", Digest::of(&content.unwrap_or_default())));
    }
    for checkout in fs::list(&project.root.join("_checkouts"))? {
        facts.push(format!("checkout {}", checkout.file_name().unwrap_or_default().display()));
    }
    facts.extend(global_plugins(environment)?);
    Ok(facts)
}

/// Plugins of rebar3's global configuration take part in every build of the user.
fn global_plugins(environment: &Environment) -> Result<Vec<String>, ProjectError> {
    let Some(Document { terms, .. }) = global::read(environment)? else { return Ok(Vec::new()) };
    let plugins = ["plugins", "project_plugins"].iter().filter_map(|key| term::lookup(&terms, key));
    Ok(plugins.map(|plugins| format!("global {plugins}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{LoadOptions, load};

    #[test]
    fn cksum_is_the_posix_one() {
        assert_eq!(cksum_of(b""), 4_294_967_295);
        assert_eq!(cksum_of(b"123456789"), 930_766_865);
    }

    const CONFIG: &str = "{erl_opts, [debug_info]}. {deps, [{a, \"~> 1.0\"}, b]}.
        {relx, [{release, {x, \"1\"}, [x]}]}.
        {profiles, [{prod, [{relx, [{mode, prod}]}]}, {ci, [{deps, [c]}]}]}.";
    const LOCK: &str = r#"{"1.2.0",[{<<"a">>,{pkg,<<"a">>,<<"1.0.0">>},0}]}.
        [{pkg_hash,[{<<"a">>, <<"AA">>}]}]."#;

    fn key(config: &str, lock: &str, profile: &str, change: impl Fn(&mut Toolchain)) -> String {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("rebar.config"), config).expect("written");
        std::fs::write(dir.path().join("rebar.lock"), lock).expect("written");
        let options = LoadOptions { profiles: vec![profile.into()], ..LoadOptions::default() };
        let mut toolchain = Toolchain { otp: "25.2.3".into(), ..Toolchain::default() };
        change(&mut toolchain);
        let project = load(dir.path(), &options).expect("a project");
        semantic(&project, &toolchain, &options.environment).expect("a key").to_string()
    }

    #[test]
    fn the_semantic_key_moves_only_with_what_decides_the_bytes() {
        let same = |_: &mut Toolchain| {};
        let base = key(CONFIG, LOCK, "prod", same);
        let config = |from: &str, to: &str| {
            assert!(CONFIG.contains(from));
            key(&CONFIG.replacen(from, to, 1), LOCK, "prod", same)
        };
        let still = [
            ("a comment", config("{relx, [{rel", "% a comment\n{relx, [{rel")),
            ("layout", config("{erl_opts, [", "{ erl_opts ,\n [")),
            ("a relx edit", config("\"1\"", "\"2\"")),
            ("a shell edit", config("{relx,", "{shell, [{apps, [x]}]}. {relx,")),
            ("the project's erl_opts", config("debug_info", "warnings_as_errors")),
            ("a requirement whose lock is the same", config("~> 1.0", ">= 1.0.0")),
            ("another profile's dependency", config("[c]", "[d]")),
        ];
        for (what, now) in still {
            assert_eq!(now, base, "{what} must not move the key");
        }
        let moved = [
            ("a lock entry", key(CONFIG, &LOCK.replace("1.0.0", "1.0.1"), "prod", same)),
            ("a lock hash", key(CONFIG, &LOCK.replace("AA", "AB"), "prod", same)),
            ("an unlocked dependency", config(", b]", ", bb]")),
            ("overrides", config("{relx,", "{overrides, [{override, a, [{erl_opts, []}]}]}. {relx,")),
            ("a plugin", config("{relx,", "{plugins, [pc]}. {relx,")),
            ("a plugin of the profile", config("[{mode, prod}]}", "[{mode, prod}]}, {plugins, [pc]}")),
            ("the profile", key(CONFIG, LOCK, "ci", same)),
            ("the OTP release", key(CONFIG, LOCK, "prod", |t| t.otp = "27.0".into())),
            ("rebar3", key(CONFIG, LOCK, "prod", |t| t.rebar3 = Some(Digest::of(b"")))),
        ];
        for (what, now) in &moved {
            assert_ne!(*now, base, "{what} must move the key");
        }
    }

    #[test]
    fn what_applications_of_an_umbrella_say_of_dependencies_counts() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("rebar.config"), CONFIG).expect("written");
        std::fs::create_dir_all(dir.path().join("apps/x")).expect("created");
        let key = |config: &str| {
            std::fs::write(dir.path().join("apps/x/rebar.config"), config).expect("written");
            let options = LoadOptions { profiles: vec!["prod".into()], ..LoadOptions::default() };
            let project = load(dir.path(), &options).expect("a project");
            semantic(&project, &Toolchain::default(), &options.environment).expect("a key")
        };
        let base = key("");
        for same in ["{erl_opts, []}.", "{deps, []}.", "{profiles, [{test, [{deps, [z]}]}]}."] {
            assert_eq!(key(same), base, "{same}");
        }
        let moving = [
            "{deps, [z]}.",
            "{plugins, [pc]}.",
            "{overrides, [{add, a, []}]}.",
            "{profiles, [{prod, [{deps, [z]}]}]}.",
        ];
        for moved in moving {
            assert_ne!(key(moved), base, "{moved}");
        }
    }
}
