//! No secret reaches an image: those of the builder's home and of the dependencies are not taken along, and what lies
//! in the release itself is refused.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::support::gzip::gunzip;
use crate::support::shop::Shop;
use crate::support::{copy_dir, erlrel, run, sample, temp_dir};

/// What must be nowhere.
const TOKEN: &str = "tok3n-of-nobody-8f1d6c";

fn write(path: PathBuf, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    std::fs::write(path, text).expect("written");
}

/// The home of somebody with an account everywhere.
fn home(dir: &Path) {
    write(
        dir.join(".config/rebar3/hex.config"),
        &format!("#{{<<\"hexpm\">> => #{{write_key => <<\"{TOKEN}\">>}}}}."),
    );
    write(dir.join(".netrc"), &format!("machine code.example login me password {TOKEN}\n"));
    write(dir.join(".git-credentials"), &format!("https://me:{TOKEN}@code.example\n"));
    write(
        dir.join(".docker/config.json"),
        &format!("{{\"auths\": {{\"r.example\": {{\"auth\": \"{TOKEN}\"}}}}}}"),
    );
    write(dir.join(".ssh/id_ed25519"), &format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{TOKEN}\n"));
    write(dir.join(".erlang.cookie"), TOKEN);
}

/// The files of an image, unpacked, that have the token.
fn with_token(layout: &Path) -> Vec<PathBuf> {
    let holds = |bytes: &[u8]| bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
    let files = WalkDir::new(layout).into_iter().map(|entry| entry.expect("an entry").into_path());
    let files: Vec<PathBuf> = files.filter(|path| path.is_file()).collect();
    assert!(files.len() > 4, "{files:?}");
    let plain = |path: &Path| {
        let bytes = std::fs::read(path).expect("read");
        if bytes.starts_with(&[0x1f, 0x8b]) { gunzip(&bytes) } else { bytes }
    };
    files.into_iter().filter(|path| holds(&plain(path))).collect()
}

/// rebar3 fetches with the builder's own credentials, and keeps the repositories of dependencies below `_build`.
#[test]
fn no_credential_of_the_builder_and_no_repository_of_a_dependency_is_in_any_layer() {
    let temp = temp_dir();
    let (project, layout) = (temp.path().join("umbrella"), temp.path().join("layout"));
    copy_dir(&sample::umbrella().dir, &project);
    home(&temp.path().join("home"));
    for dep in ["tinyjson", "waypost", "hashring", "tally", "pctcode"] {
        let git = project.join("_build/default/lib").join(dep).join(".git");
        assert!(git.is_dir(), "{dep}");
        write(
            git.join("config"),
            &format!("[remote \"origin\"]\n  url = https://me:{TOKEN}@code.example/{dep}.git\n"),
        );
        write(project.join("_build/default/lib").join(dep).join(".netrc"), TOKEN);
    }
    let origin = format!("[remote \"origin\"]\n  url = https://me:{TOKEN}@code.example/umbrella.git\n");
    let config = project.join(".git/config");
    write(config.clone(), &(std::fs::read_to_string(&config).expect("read") + &origin));
    let mut command = erlrel();
    command.args(["image", "--no-compile", "--to"]).arg(format!("oci:{}", layout.display())).arg(&project);
    command.env("HOME", temp.path().join("home"));
    for variable in ["HEX_API_KEY", "GITHUB_TOKEN", "ERLREL_REGISTRY_PASSWORD", "RELX_COOKIE"] {
        command.env(variable, TOKEN);
    }
    run(&mut command);
    assert_eq!(with_token(&layout), [""; 0].map(PathBuf::from));
    write(layout.join("blobs/sha256/0"), TOKEN);
    assert_eq!(with_token(&layout).len(), 1, "it would be found");
}

#[test]
fn a_release_with_secrets_in_it_is_refused_before_anything_is_written() {
    let shop = Shop::with_options("{overlay, [{copy, \"secret/home\", \"home\"}]}");
    home(&shop.path("secret/home"));
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        "MIIEvQIBADANBgkqhkiG".repeat(3)
    );
    shop.write("_build/prod/lib/shop/priv/server.pem", &key);
    for command in ["image", "plan", "image --quiet --to oci:out"] {
        let options = if command == "plan" { "" } else { " --no-compile" };
        insta::allow_duplicates! {
            insta::assert_snapshot!(shop.error(&mut shop.erlrel(&format!("{command}{options}"))), @r#"
            error: the image would contain what looks like secrets:
              home/.config/rebar3/hex.config: the keys of a Hex user
              home/.docker/config.json: passwords of container registries
              home/.erlang.cookie: an Erlang cookie
              home/.git-credentials: git's passwords
              home/.netrc: a file of passwords (netrc)
              home/.ssh/id_ed25519: a private key of SSH
              lib/shop/priv/server.pem: a private key
              hint: take them out of the release; what may be public is allowed by its name: `--allow-secret PATH`, or `{allow_secrets, ["PATH"]}` in rebar.config
            "#);
        }
    }
}

#[test]
fn what_may_be_public_is_allowed_by_name_on_the_command_line_and_in_rebar_config() {
    let shop = Shop::new();
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        "MIIEvQIBADANBgkqhkiG".repeat(3)
    );
    shop.write("_build/prod/lib/shop/priv/test.pem", &key);
    run(&mut shop.erlrel("plan --allow-secret lib/shop/priv/test.pem"));
    let config = std::fs::read_to_string(shop.path("rebar.config")).expect("read");
    shop.write("rebar.config", config + "{erlrel, [{allow_secrets, [\"lib/shop/priv/test.pem\"]}]}.\n");
    let output = shop.erlrel("plan --allow-secret lib/shop/priv/old.pem").output().expect("started");
    assert!(output.status.success());
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"warning: `lib/shop/priv/old.pem` is allowed to look like a secret, and nothing there does: leave it out");
}
