//! What a release says of itself.

use std::path::Path;

use super::origin::origin_of;
use super::{Maker, PrebuiltApp, PrebuiltError, START_ERL_DATA};
use crate::release::goal;
use crate::term::{self, SourceError, Term};
use crate::tree::{Node, Tree};

/// What the files of a release say.
pub(super) struct Description {
    pub(super) name: String,
    pub(super) vsn: String,
    pub(super) erts_vsn: String,
    pub(super) maker: Maker,
    pub(super) interpreter: Option<String>,
    pub(super) apps: Vec<PrebuiltApp>,
}

pub(super) fn describe(tree: &Tree, path: &Path) -> Result<Description, PrebuiltError> {
    let files = Files { tree, path };
    let (erts_vsn, vsn) = files.versions()?;
    let rel = files.rel(&vsn)?;
    let script = files.read(&format!("bin/{}", rel.name))?;
    let text = String::from_utf8_lossy(&script);
    Ok(Description {
        maker: maker(tree, &vsn, &text),
        interpreter: interpreter(&text),
        name: rel.name,
        vsn,
        erts_vsn,
        apps: rel.apps,
    })
}

/// A release's files by name, and where the release is, for errors.
struct Files<'a> {
    tree: &'a Tree,
    path: &'a Path,
}

/// A `.rel` file.
struct Rel {
    name: String,
    apps: Vec<PrebuiltApp>,
}

impl Files<'_> {
    fn missing(&self, file: &str) -> PrebuiltError {
        PrebuiltError::NotARelease { path: self.path.into(), missing: file.into() }
    }

    fn malformed(&self, file: &str, expected: &'static str) -> PrebuiltError {
        PrebuiltError::Malformed { path: self.path.into(), file: file.into(), expected }
    }

    fn read(&self, file: &str) -> Result<Vec<u8>, PrebuiltError> {
        match self.tree.get(file).map(|entry| &entry.node) {
            Some(Node::File(content)) => {
                let bytes = content.read().map_err(|error| PrebuiltError::reading(self.path, error))?;
                Ok(bytes.into_owned())
            }
            _ => Err(self.missing(file)),
        }
    }

    /// The versions of ERTS and of the release.
    fn versions(&self) -> Result<(String, String), PrebuiltError> {
        let bytes = self.read(START_ERL_DATA)?;
        let text = String::from_utf8_lossy(&bytes);
        let words: Vec<&str> = text.split_whitespace().filter(|word| !word.contains('/')).collect();
        match words[..] {
            [erts, vsn] => Ok((erts.into(), vsn.into())),
            _ => Err(self.malformed(START_ERL_DATA, "the versions of ERTS and of the release")),
        }
    }

    /// Of the `.rel` files the one that has a start script: others describe `start_clean` and its like.
    fn rel(&self, vsn: &str) -> Result<Rel, PrebuiltError> {
        let prefix = format!("releases/{vsn}/");
        let is_rel = |path: &&str| {
            path.strip_prefix(&prefix).is_some_and(|name| name.ends_with(".rel") && !name.contains('/'))
        };
        let mut named = None;
        for file in self.tree.iter().map(|(path, _)| path.as_str()).filter(is_rel) {
            let rel = self.read_rel(file, vsn)?;
            if self.tree.get(&format!("bin/{}", rel.name)).is_some() {
                return Ok(rel);
            }
            named = Some(rel.name);
        }
        Err(match named {
            Some(name) => self.missing(&format!("bin/{name}")),
            None => self.missing(&format!("{prefix}NAME.rel")),
        })
    }

    fn read_rel(&self, file: &str, vsn: &str) -> Result<Rel, PrebuiltError> {
        let bytes = self.read(file)?;
        let rel = parse_rel(file, &bytes, vsn);
        let rel = rel.map_err(|source| PrebuiltError::Rel { path: self.path.into(), source })?;
        rel.ok_or_else(|| self.malformed(file, "a `{release, {Name, Vsn}, {erts, Vsn}, [{App, Vsn}]}`"))
    }
}

/// `{release, {Name, Vsn}, {erts, ErtsVsn}, Applications}` (OTP's `rel(4)`).
fn parse_rel(file: &str, bytes: &[u8], vsn: &str) -> Result<Option<Rel>, SourceError> {
    let document = term::consult(Path::new(file), bytes)?;
    let Some([tag, id, _, apps]) = document.terms.first().and_then(Term::as_tuple) else { return Ok(None) };
    let name = match id.as_tuple() {
        Some([name, _]) => name.as_string().filter(|name| !name.is_empty() && !name.contains('/')),
        _ => None,
    };
    let (Some(name), Some(apps)) = (name.filter(|_| tag.is_atom("release")), apps.as_list()) else {
        return Ok(None);
    };
    let app = |term: &Term| {
        let goal = goal::parse(&document.source, term)?;
        let app_vsn = goal.vsn.unwrap_or_default();
        let origin = origin_of(&goal.name, &app_vsn, &name, vsn);
        Ok(PrebuiltApp { name: goal.name, vsn: app_vsn, start: goal.start.unwrap_or_default(), origin })
    };
    let apps = apps.iter().map(app).collect::<Result<_, SourceError>>()?;
    Ok(Some(Rel { name, apps }))
}

/// mix puts `env.sh` and the script `elixir` beside the `.rel` file; relx's scripts start `erlexec` themselves.
fn maker(tree: &Tree, vsn: &str, script: &str) -> Maker {
    let beside = |name: &str| tree.get(&format!("releases/{vsn}/{name}")).is_some();
    match () {
        () if beside("env.sh") && beside("elixir") => Maker::Mix,
        () if script.contains("foreground") => Maker::Relx,
        () if script.contains("erlexec") => Maker::RelxShort,
        () => Maker::Unknown,
    }
}

fn interpreter(script: &str) -> Option<String> {
    let line = script.lines().next()?.strip_prefix("#!")?;
    line.split_whitespace().next().map(String::from)
}
