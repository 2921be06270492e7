//! docs/ci.md: its recipes, carried out with the variables that each system gives to its jobs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::registry::{Access, PASSWORD, Registry, Transport, USER, docker_config, skopeo};
use crate::support::{erlrel, repository, run, temp_dir, tool};

/// Reads YAML and prints it as JSON.
const TO_JSON: &str = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.read()), sys.stdout)";

/// A job's machine: a checkout of one commit without a branch, as CI systems make it, and a registry with a password.
struct Machine {
    dir: tempfile::TempDir,
    registry: Registry,
    commit: String,
}

impl Machine {
    fn new() -> Self {
        let dir = temp_dir();
        let checkout = dir.path().join("checkout");
        run(tool("sh", "dash").arg(repository().join("sample_apps/prepare")).arg("umbrella").arg(&checkout));
        let git = |arguments: &[&str]| run(tool("git", "git").args(arguments).current_dir(&checkout));
        git(&["checkout", "--quiet", "--detach"]);
        let commit = git(&["rev-parse", "HEAD"]).trim().to_string();
        let registry = Registry::start(Access::Password, Transport::default());
        Self { dir, registry, commit }
    }

    fn checkout(&self) -> PathBuf {
        self.dir.path().join("checkout")
    }

    /// Runs a script of a recipe; the tags that the repository has afterwards.
    fn tags_after(&self, script: &str, variables: &[(&str, &str)], image: &str) -> Vec<String> {
        let erlrel = erlrel();
        let programs = Path::new(erlrel.get_program()).parent().expect("a directory").display().to_string();
        let path = format!("{programs}:{}", std::env::var("PATH").expect("a PATH"));
        let mut shell = tool("sh", "dash");
        shell
            .args(["-euc", script])
            .current_dir(self.checkout())
            .env("PATH", path)
            .env("HOME", self.dir.path());
        shell.envs(variables.iter().copied()).env("ERLREL_CACHE_DIR", self.dir.path().join("cache"));
        for elsewhere in ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR"] {
            shell.env_remove(elsewhere);
        }
        run(&mut shell);
        self.tags(image)
    }

    fn tags(&self, image: &str) -> Vec<String> {
        let config = docker_config(&[&self.registry.host()]);
        let mut list: Command = skopeo();
        list.env("REGISTRY_AUTH_FILE", config.path().join("config.json"));
        let name = format!("docker://{}/{image}", self.registry.host());
        let listed: Value =
            serde_json::from_str(&run(list.args(["list-tags", "--tls-verify=false", &name]))).expect("JSON");
        listed["Tags"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Value::as_str)
            .map(String::from)
            .collect()
    }

    /// The image has its two names, and the dependencies are in the cache.
    fn has_pushed(&self, tags: &[String], image: &str) {
        assert_eq!(
            tags.iter().collect::<std::collections::BTreeSet<_>>(),
            [&self.commit, &"feature-x".to_string()].into()
        );
        let cached = self.tags(&format!("{image}/cache"));
        assert!(cached.iter().any(|tag| tag.starts_with("deps-prod-")), "{cached:?}");
    }
}

/// A recipe of the page, which begins with the name of its file, with other words in place of some.
fn recipe(file: &str, replaced: &[(&str, &str)]) -> Value {
    let page = std::fs::read_to_string(repository().join("docs/ci.md")).expect("the page");
    let mut blocks = page.split("```yaml\n# ").skip(1);
    let block =
        blocks.find(|block| block.starts_with(file)).unwrap_or_else(|| panic!("no recipe is for {file}"));
    let (text, _) = block.split_once("\n```").expect("a fence");
    let text = replaced.iter().fold(text.to_string(), |text, (old, new)| {
        assert!(text.contains(old), "{file} does not have {old}");
        text.replace(old, new)
    });
    let (_, yaml) = text.split_once('\n').expect("lines");
    let mut python = tool("python3", "python3-yaml");
    let dir = temp_dir();
    let path = dir.path().join("recipe.yaml");
    std::fs::write(&path, yaml).expect("written");
    let file = std::fs::File::open(path).expect("opened");
    serde_json::from_str(&run(python.args(["-c", TO_JSON]).stdin(file))).expect("JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

#[test]
fn the_recipe_for_github_actions_pushes() {
    let machine = Machine::new();
    let host = machine.registry.host();
    let secrets = [
        ("ghcr.io", host.as_str()),
        ("${{ github.actor }}", USER),
        ("${{ secrets.GITHUB_TOKEN }}", PASSWORD),
    ];
    let job = recipe(".github/workflows/image.yml", &secrets)["jobs"]["image"].clone();
    let env: BTreeMap<String, String> = serde_json::from_value(job["env"].clone()).expect("variables");
    let mut variables: Vec<(&str, &str)> =
        env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let workspace = machine.checkout().display().to_string();
    variables.extend([
        ("GITHUB_REPOSITORY", "Acme/Beacon"),
        ("GITHUB_WORKSPACE", &workspace),
        ("GITHUB_REF_NAME", "feature/x"),
        ("GITHUB_SHA", &machine.commit),
    ]);
    let tags = machine.tags_after(text(&job["steps"][1]["run"]), &variables, "acme/beacon");
    machine.has_pushed(&tags, "acme/beacon");
}

#[test]
fn the_recipe_for_gitlab_pushes() {
    let machine = Machine::new();
    let host = machine.registry.host();
    let image = format!("{host}/acme/beacon");
    let script = recipe(".gitlab-ci.yml", &[])["image"]["script"].clone();
    let script: Vec<&str> = script.as_array().expect("a list").iter().map(text).collect();
    let variables = [
        ("CI_REGISTRY", host.as_str()),
        ("CI_REGISTRY_USER", USER),
        ("CI_REGISTRY_PASSWORD", PASSWORD),
        ("CI_REGISTRY_IMAGE", &image),
        ("CI_COMMIT_REF_NAME", "feature/x"),
    ];
    let tags = machine.tags_after(&script.join("\n"), &variables, "acme/beacon");
    machine.has_pushed(&tags, "acme/beacon");
}

#[test]
fn the_recipe_for_circleci_pushes() {
    let machine = Machine::new();
    let host = machine.registry.host();
    let config = recipe(".circleci/config.yml", &[]);
    assert_eq!(config["workflows"]["image"]["jobs"][0]["image"]["context"], "registry");
    let variables = [
        ("REGISTRY", host.as_str()),
        ("REGISTRY_USER", USER),
        ("REGISTRY_PASSWORD", PASSWORD),
        ("CIRCLE_PROJECT_USERNAME", "acme"),
        ("CIRCLE_PROJECT_REPONAME", "beacon"),
        ("CIRCLE_BRANCH", "feature/x"),
    ];
    let command = config["jobs"]["image"]["steps"][1]["run"]["command"].clone();
    let tags = machine.tags_after(text(&command), &variables, "acme/beacon");
    machine.has_pushed(&tags, "acme/beacon");
}

#[test]
fn the_recipe_for_cloud_build_pushes() {
    let machine = Machine::new();
    let token = machine.dir.path().join("token");
    std::fs::write(&token, format!("{PASSWORD}\n")).expect("written");
    // What the system replaces before it runs anything.
    let replaced = [
        ("$LOCATION-docker.pkg.dev", machine.registry.host()),
        ("$PROJECT_ID/images/$REPO_NAME", "project/images/beacon".into()),
        ("=$COMMIT_SHA", format!("={}", machine.commit)),
        ("=$BRANCH_NAME", "=feature/x".into()),
        ("oauth2accesstoken", USER.into()),
        ("/login/token", token.display().to_string()),
        ("$$", "$".into()),
    ];
    let replaced: Vec<(&str, &str)> = replaced.iter().map(|(old, new)| (*old, new.as_str())).collect();
    let step = recipe("cloudbuild.yaml", &replaced)["steps"][1].clone();
    let env: Vec<(&str, &str)> = step["env"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|line| text(line).split_once('='))
        .collect();
    let image = "project/images/beacon";
    let tags = machine.tags_after(text(&step["args"][1]), &env, image);
    machine.has_pushed(&tags, image);
}
