//! The `erlrel` key of rebar.config: what the project wants of its image.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Base, ContainerError};
use crate::image::config::Port;
use crate::project::Project;
use crate::term::{Source, SourceError, Term};

/// What an image is to be like; the command line's wishes are laid over those of rebar.config.
#[derive(Debug, Clone)]
pub struct ContainerOptions {
    /// Default: [`Base::Scratch`].
    pub base: Base,
    /// Whether `/bin/sh` is added. Default: no. An image of a release from elsewhere always has one, since its start
    /// script needs it: the base's own, or one that comes along.
    pub shell: bool,
    /// Variables besides `RELX_OUT_FILE_PATH`, `HOME` and `LANG`, which they may replace; so they may `RELEASE_TMP`,
    /// which takes the place of the first in an image of mix's release, and `PATH`, which one of a release from
    /// elsewhere has if it stands on nothing.
    pub env: Vec<(String, String)>,
    /// Ports that the image says it listens on.
    pub expose: BTreeSet<Port>,
    /// Labels besides the automatic `org.opencontainers.image.*` ones, which they may replace.
    pub labels: BTreeMap<String, String>,
    /// Default: `65532:65532`, who is nobody and owns nothing.
    pub user: String,
    /// Default: `foreground`, or what the start script of a release from elsewhere calls it.
    pub cmd: Option<Vec<String>>,
}

impl Default for ContainerOptions {
    fn default() -> Self {
        Self {
            base: Base::Scratch,
            shell: false,
            env: Vec::new(),
            expose: BTreeSet::new(),
            labels: BTreeMap::new(),
            user: "65532:65532".into(),
            cmd: None,
        }
    }
}

impl ContainerOptions {
    /// Reads `{erlrel, [Option]}` of a project, with its profiles merged in.
    ///
    /// # Errors
    /// For a key that does not exist and for a value of the wrong type, at their place.
    pub fn of(project: &Project) -> Result<Self, ContainerError> {
        let mut options = Self::default();
        let source = project.config.source();
        let Some(list) = project.config.get("erlrel") else { return Ok(options) };
        let wrong = |term: &Term| source.error(term.span(), "`erlrel` must be a list of `{Key, Value}`");
        // rebar3 puts a profile's entries first, and the first of equal keys counts.
        for entry in list.as_list().ok_or_else(|| wrong(&list))?.iter().rev() {
            let (key, value) = entry.as_pair().ok_or_else(|| wrong(entry))?;
            options.set(Entry { source, key, value, whole: entry }, project)?;
        }
        Ok(options)
    }

    fn set(&mut self, entry: Entry<'_>, project: &Project) -> Result<(), ContainerError> {
        match entry.key {
            "base" => {
                let text = entry.text()?;
                self.base =
                    Base::parse(&text, &project.root).map_err(|error| entry.error(error.to_string()))?;
            }
            "shell" => {
                self.shell =
                    entry.value.as_bool().ok_or_else(|| entry.error("`shell` must be true or false"))?
            }
            "env" => self.env = entry.pairs()?,
            "labels" => self.labels = entry.pairs()?.into_iter().collect(),
            "expose" => self.expose = entry.ports()?,
            "user" => self.user = entry.user()?,
            "cmd" => self.cmd = Some(entry.texts()?),
            key => {
                let message = format!(
                    "erlrel has no option `{key}`; it has base, cmd, env, expose, labels, shell and user"
                );
                return Err(entry.source.error(entry.whole.span(), message).into());
            }
        }
        Ok(())
    }
}

/// One `{Key, Value}` with its place.
struct Entry<'a> {
    source: &'a Arc<Source>,
    key: &'a str,
    value: &'a Term,
    whole: &'a Term,
}

impl Entry<'_> {
    fn error(&self, message: impl Into<String>) -> SourceError {
        self.source.error(self.value.span(), message)
    }

    fn wrong(&self, what: &str) -> SourceError {
        self.error(format!("`{}` must be {what}", self.key))
    }

    fn text(&self) -> Result<String, SourceError> {
        self.value.as_text().filter(|text| !text.is_empty()).ok_or_else(|| self.wrong("a string"))
    }

    fn user(&self) -> Result<String, SourceError> {
        let is_name = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
        let is_user = |text: &String| text.split(':').count() <= 2 && text.split(':').all(is_name);
        self.value
            .as_text()
            .filter(is_user)
            .ok_or_else(|| self.wrong("`USER` or `USER:GROUP`, by name or number"))
    }

    fn list(&self, what: &str) -> Result<Vec<Term>, SourceError> {
        let is_string = matches!(self.value.value(), crate::term::Value::String(_));
        self.value.as_list().filter(|_| !is_string).ok_or_else(|| self.wrong(what))
    }

    fn texts(&self) -> Result<Vec<String>, SourceError> {
        let what = "a list of strings";
        self.list(what)?.iter().map(|term| term.as_text().ok_or_else(|| self.wrong(what))).collect()
    }

    fn pairs(&self) -> Result<Vec<(String, String)>, SourceError> {
        let what = "a list of `{\"NAME\", \"VALUE\"}`";
        // A variable's name ends at the first `=`; a label's need not.
        let is_name = |name: &String| !name.is_empty() && (self.key != "env" || !name.contains('='));
        let pair = |term: &Term| match term.as_tuple() {
            Some([name, value]) => Some((name.as_text().filter(is_name)?, value.as_text()?)),
            _ => None,
        };
        let place = |term: &Term| self.source.error(term.span(), format!("`{}` must be {what}", self.key));
        self.list(what)?.iter().map(|term| pair(term).ok_or_else(|| place(term))).collect()
    }

    /// `8053`, `{8053, udp}` or `"8053/udp"`; a list of small numbers is read as a string by Erlang, and
    /// back as numbers here.
    fn ports(&self) -> Result<BTreeSet<Port>, SourceError> {
        let what = "a list of ports: `8053`, `{8053, udp}`";
        let ports = self.value.as_list().ok_or_else(|| self.wrong(what))?;
        let text = |term: &Term| match term.as_tuple() {
            Some([number, protocol]) => format!("{number}/{protocol}"),
            _ => term.as_text().unwrap_or_else(|| term.to_string()),
        };
        let place = |term: &Term| self.source.error(term.span(), format!("`expose` must be {what}"));
        ports.iter().map(|term| Port::parse(&text(term)).ok_or_else(|| place(term))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{LoadOptions, load};

    fn options(text: &str) -> Result<ContainerOptions, String> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join("rebar.config"), text).expect("written");
        let load_options = LoadOptions { profiles: vec!["prod".into()], ..LoadOptions::default() };
        let project = load(dir.path(), &load_options).expect("a project");
        ContainerOptions::of(&project).map_err(|error| error.to_string())
    }

    #[test]
    fn the_profile_wins_over_the_base() {
        let options = options(
            "{erlrel, [{env, [{\"A\", \"1\"}]}, {expose, [8053, {8053, udp}, 3000]}, {user, \"1000\"}, {shell, true}]}.
             {profiles, [{prod, [{erlrel, [{env, [{\"B\", \"2\"}]}, {cmd, [\"console\"]}, {labels, [{a, b}]}]}]}]}.",
        )
        .expect("options");
        assert_eq!(options.env, [("B".to_string(), "2".to_string())]);
        assert_eq!(options.cmd, Some(vec!["console".to_string()]));
        assert_eq!(options.user, "1000");
        assert!(options.shell);
        assert_eq!(options.labels["a"], "b");
        let ports: Vec<String> = options.expose.iter().map(ToString::to_string).collect();
        assert_eq!(ports, ["3000/tcp", "8053/tcp", "8053/udp"]);
    }

    #[test]
    fn mistakes_are_shown_at_their_place() {
        insta::assert_snapshot!(options("{erlrel, [{bse, \"scratch\"}]}.").expect_err("bad"), @r#"
        rebar.config:1:11: erlrel has no option `bse`; it has base, cmd, env, expose, labels, shell and user
          |
        1 | {erlrel, [{bse, "scratch"}]}.
          |           ^^^^^^^^^^^^^^^^
        "#);
        insta::assert_snapshot!(options("{erlrel, [{expose, [8053, web]}]}.").expect_err("bad"), @r"
        rebar.config:1:27: `expose` must be a list of ports: `8053`, `{8053, udp}`
          |
        1 | {erlrel, [{expose, [8053, web]}]}.
          |                           ^^^
        ");
        insta::assert_snapshot!(options("{erlrel, [{base, \"Debian:12\"}]}.").expect_err("bad"), @r#"
        rebar.config:1:18: `Debian:12` is no base image: upper-case letters are not allowed before the tag; write one of `scratch`, `oci:DIR[:TAG]`, `docker:NAME`, `[REGISTRY/]NAME[:TAG][@DIGEST]`
          |
        1 | {erlrel, [{base, "Debian:12"}]}.
          |                  ^^^^^^^^^^^
        "#);
        for bad in
            ["{env, [{\"A=B\", \"c\"}]}", "{user, \"no such user\"}", "{user, \"a:b:c\"}", "{cmd, \"sh\"}"]
        {
            assert!(options(&format!("{{erlrel, [{bad}]}}.")).expect_err(bad).contains("must be"), "{bad}");
        }
        insta::assert_snapshot!(options("{erlrel, [{env, [\"A=1\"]}]}.").expect_err("bad"), @r#"
        rebar.config:1:18: `env` must be a list of `{"NAME", "VALUE"}`
          |
        1 | {erlrel, [{env, ["A=1"]}]}.
          |                  ^^^^^
        "#);
    }
}
