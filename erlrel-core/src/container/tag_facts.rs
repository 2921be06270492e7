//! What placeholders in names stand for: looked up when it is used, and only once.

use std::collections::BTreeMap;
use std::path::Path;

use super::tags::{Fact, TagError, TagTemplate};
use super::{ContainerError, ContainerWarning};
use crate::environment::Environment;
use crate::image::Reference;
use crate::project::{commands, deps_key};

/// How many digits of a commit are its short form.
const SHORT: usize = 7;

/// Where CI systems name the commit that they build.
const COMMITS: [&str; 4] = ["GITHUB_SHA", "CI_COMMIT_SHA", "CIRCLE_SHA1", "COMMIT_SHA"];

/// Where they name the branch, whose commit they have checked out without it. For a pull request, GitHub's first is the
/// branch that it comes from, and the second has only its number.
const BRANCHES: [&str; 5] =
    ["GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "CIRCLE_BRANCH", "BRANCH_NAME"];

/// Where the facts come from.
#[derive(Debug, Clone, Copy)]
pub struct TagFacts<'a> {
    /// The release's version.
    pub version: &'a str,
    /// The project's folder, which git is asked about.
    pub root: &'a Path,
    /// Has the variables of CI systems, for checkouts without a branch or without git.
    pub environment: &'a Environment,
}

impl TagFacts<'_> {
    /// The names that templates stand for, each once, and what the user should know about them.
    ///
    /// # Errors
    /// When a placeholder has no value here.
    pub fn names(
        &self,
        templates: &[TagTemplate],
    ) -> Result<(Vec<Reference>, Vec<ContainerWarning>), ContainerError> {
        let mut known: BTreeMap<Fact, String> = BTreeMap::new();
        let mut names: Vec<Reference> = Vec::new();
        for template in templates {
            let name = template.fill(|fact| match known.get(&fact) {
                Some(value) => Ok(value.clone()),
                None => self.look_up(fact).inspect(|value| drop(known.insert(fact, value.clone()))),
            })?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let commit = known.get(&Fact::GitSha).or_else(|| known.get(&Fact::GitShort));
        let warning = commit
            .filter(|_| self.is_dirty())
            .map(|commit| ContainerWarning::NotTheCommit { commit: commit.chars().take(SHORT).collect() });
        Ok((names, warning.into_iter().collect()))
    }

    fn look_up(&self, fact: Fact) -> Result<String, TagError> {
        match fact {
            Fact::Version => Ok(self.version.into()),
            Fact::GitSha => self.commit(fact),
            Fact::GitShort => Ok(self.commit(fact)?.chars().take(SHORT).collect()),
            Fact::GitBranch => self.branch(),
            Fact::Key => match deps_key::cksum(self.root) {
                Ok(key) => Ok(key.to_string()),
                Err(error) => Err(TagError::NoKey { why: error.to_string() }),
            },
        }
    }

    fn commit(&self, fact: Fact) -> Result<String, TagError> {
        let commit = self.git(&["rev-parse", "--verify", "HEAD"]).or_else(|| self.variable(&COMMITS));
        commit.ok_or_else(|| TagError::NoCommit { fact, place: self.place() })
    }

    fn branch(&self) -> Result<String, TagError> {
        let branch = self.git(&["symbolic-ref", "--short", "HEAD"]).or_else(|| self.variable(&BRANCHES));
        branch.ok_or_else(|| TagError::NoBranch { place: self.place() })
    }

    fn is_dirty(&self) -> bool {
        self.git(&["status", "--porcelain", "--untracked-files=no"]).is_some()
    }

    fn git(&self, arguments: &[&str]) -> Option<String> {
        commands::git(self.root, arguments).filter(|text| !text.is_empty())
    }

    fn variable(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.environment.get(name)).map(String::from)
    }

    fn place(&self) -> String {
        self.root.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    fn names(root: &Path, variables: &[(&str, &str)], template: &str) -> Result<String, String> {
        let environment = environment(variables);
        let facts = TagFacts { version: "1.0", root, environment: &environment };
        let templates = [TagTemplate::parse(template).expect("a template")];
        let (names, _) =
            facts.names(&templates).map_err(|error| error.to_string().replace(&facts.place(), "DIR"))?;
        Ok(names[0].familiar())
    }

    #[test]
    fn outside_of_a_repository_ci_systems_say_what_is_built() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let sha = "0123456789abcdef0123456789abcdef01234567";
        for variable in COMMITS {
            assert_eq!(names(dir.path(), &[(variable, sha)], "a:{git_short}").as_deref(), Ok("a:0123456"));
        }
        for variable in BRANCHES {
            assert_eq!(names(dir.path(), &[(variable, "a/b")], "a:{git_branch}").as_deref(), Ok("a:a-b"));
        }
        let pull_request = [("GITHUB_HEAD_REF", "fix"), ("GITHUB_REF_NAME", "12/merge")];
        assert_eq!(names(dir.path(), &pull_request, "a:{git_branch}").as_deref(), Ok("a:fix"));
    }

    #[test]
    fn without_git_and_ci_the_placeholder_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let errors: Vec<String> = ["a:{git_sha}", "a:{git_short}", "a:{git_branch}", "a:{key}"]
            .iter()
            .map(|text| names(dir.path(), &[], text).expect_err(text))
            .collect();
        insta::assert_snapshot!(errors.join("\n"), @r"
        `{git_sha}` has no value: git knows no commit in `DIR`, and no variable of a CI system names one
        `{git_short}` has no value: git knows no commit in `DIR`, and no variable of a CI system names one
        `{git_branch}` has no value: git is on no branch in `DIR`, and no variable of a CI system names one
        `{key}` has no value: there is no rebar3 project in `DIR`: `DIR/rebar.config` does not exist
        ");
        assert_eq!(names(dir.path(), &[], "a:{version}").as_deref(), Ok("a:1.0"));
    }

    #[test]
    fn equal_names_are_one() {
        let environment = Environment::default();
        let facts = TagFacts { version: "1.0", root: Path::new("/"), environment: &environment };
        let templates =
            ["a:{version}", "a:1.0", "b"].map(|text| TagTemplate::parse(text).expect("a template"));
        let (names, _) = facts.names(&templates).expect("names");
        assert_eq!(names.iter().map(Reference::familiar).collect::<Vec<_>>(), ["a:1.0", "b:latest"]);
    }
}
