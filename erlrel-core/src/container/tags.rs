//! Names with placeholders, `registry.example.com/shop:{git_sha}`, and how they become names of images.

use super::nearest::nearest;
use crate::image::Reference;
use crate::image::reference::{LONGEST, ReferenceError, nearest_component, nearest_tag};

/// A fact that a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// `{version}`: the release's version.
    Version,
    /// `{git_sha}`: the commit, in 40 digits.
    GitSha,
    /// `{git_short}`: its first seven digits, everywhere as many.
    GitShort,
    /// `{git_branch}`: the branch.
    GitBranch,
    /// `{key}`: what `erlrel key` prints.
    Key,
}

/// The placeholders.
const FACTS: [(&str, Fact); 5] = [
    ("version", Fact::Version),
    ("git_sha", Fact::GitSha),
    ("git_short", Fact::GitShort),
    ("git_branch", Fact::GitBranch),
    ("key", Fact::Key),
];

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = FACTS.iter().find(|(_, fact)| fact == self).map_or("", |(name, _)| name);
        write!(f, "{{{name}}}")
    }
}

/// A name that an image is to get, `[REGISTRY/]PATH[:TAG]`, with placeholders anywhere in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagTemplate {
    text: String,
    name: Vec<Part>,
    /// Empty where the text has no tag, which means `latest`.
    tag: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Fact(Fact),
}

impl TagTemplate {
    /// Reads a text; what stands outside of the placeholders must fit a name.
    ///
    /// # Errors
    /// [`TagError`].
    pub fn parse(text: &str) -> Result<Self, TagError> {
        // A placeholder has neither of these characters, so the last colon is found as in a name.
        let (name, tag) =
            text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((text, "latest"));
        let template = Self { text: text.into(), name: parts(name)?, tag: parts(tag)? };
        let sample = |parts: &[Part]| joined(parts, |_| "0");
        let checked = Reference::parse(&format!("{}:{}", sample(&template.name), sample(&template.tag)));
        checked.map_err(|ReferenceError { why, .. }| ReferenceError { text: text.into(), why })?;
        Ok(template)
    }

    /// The name, with every placeholder replaced by what `look_up` says: that is made to fit, so the branch `feature/x`
    /// becomes `feature-x`, in lower case before the tag, and is shortened where a tag would be too long.
    ///
    /// # Errors
    /// What `look_up` fails with; [`TagError::Nothing`] for a value of which nothing can stand in a name.
    pub fn fill<E: From<TagError>>(
        &self,
        mut look_up: impl FnMut(Fact) -> Result<String, E>,
    ) -> Result<Reference, E> {
        let in_name = |value: &str| nearest_component(&value.to_lowercase());
        let name = self.filled(&self.name, in_name, &mut look_up)?;
        let tag = self.filled(&self.tag, nearest_tag, &mut look_up)?;
        let full = format!("{}:{}", text(&name), text(&shortened(tag)));
        Ok(Reference::parse(&full).map_err(TagError::from)?)
    }

    fn filled<E: From<TagError>>(
        &self,
        parts: &[Part],
        fit: impl Fn(&str) -> String,
        look_up: &mut impl FnMut(Fact) -> Result<String, E>,
    ) -> Result<Vec<(Option<Fact>, String)>, E> {
        let fill = |part: &Part| match part {
            Part::Text(text) => Ok((None, text.clone())),
            Part::Fact(fact) => {
                let value = look_up(*fact)?;
                let nothing = |value| TagError::Nothing { template: self.text.clone(), fact: *fact, value };
                let fitting = fit(&value);
                if fitting.is_empty() { Err(nothing(value).into()) } else { Ok((Some(*fact), fitting)) }
            }
        };
        parts.iter().map(fill).collect()
    }
}

/// As it was written.
impl std::fmt::Display for TagTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn parts(text: &str) -> Result<Vec<Part>, TagError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) =
            behind.split_once('}').ok_or_else(|| TagError::NotClosed { text: text.into() })?;
        parts.extend([Part::Text(before.into()), Part::Fact(fact(name)?)]);
        rest = after;
    }
    parts.push(Part::Text(rest.into()));
    Ok(parts)
}

fn fact(name: &str) -> Result<Fact, TagError> {
    let found = FACTS.iter().find(|(there, _)| *there == name).map(|(_, fact)| *fact);
    found.ok_or_else(|| TagError::Unknown { name: name.into() })
}

fn joined<'a>(parts: &'a [Part], value: impl Fn(Fact) -> &'a str) -> String {
    parts.iter().map(|part| if let Part::Fact(fact) = part { value(*fact) } else { part.text() }).collect()
}

impl Part {
    fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }
}

fn text(filled: &[(Option<Fact>, String)]) -> String {
    filled.iter().map(|(_, text)| text.as_str()).collect()
}

/// What is over of a tag's length is taken off the branch: all else has a length that is known to whoever writes a tag.
fn shortened(mut filled: Vec<(Option<Fact>, String)>) -> Vec<(Option<Fact>, String)> {
    let is_branch = |fact: &Option<Fact>| *fact == Some(Fact::GitBranch);
    let length = |branches| {
        filled.iter().filter(|(fact, _)| is_branch(fact) == branches).map(|(_, text)| text.len()).sum()
    };
    let (all, others): (usize, usize) = (length(true), length(false));
    if all + others > LONGEST {
        let count = filled.iter().filter(|(fact, _)| is_branch(fact)).count().max(1);
        let each = LONGEST.saturating_sub(others) / count;
        for (_, text) in filled.iter_mut().filter(|(fact, _)| is_branch(fact)) {
            *text = text.chars().take(each).collect::<String>().trim_end_matches(['.', '-']).into();
        }
    }
    filled
}

/// A name with placeholders that cannot become a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// A placeholder that does not exist.
    #[error("there is no placeholder `{{{name}}}`{}; there are {}", meant(name), placeholders())]
    Unknown {
        /// What stands between the braces.
        name: String,
    },
    /// A brace without its other half.
    #[error("`{text}` has a placeholder without its `}}`; there are {}", placeholders())]
    NotClosed {
        /// The text.
        text: String,
    },
    /// What stands around the placeholders fits no name.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A value of which no character fits.
    #[error(
        "`{template}` has no value: `{fact}` is `{value}`, of which nothing can stand in the name of an image"
    )]
    Nothing {
        /// The name with its placeholders.
        template: String,
        /// The placeholder.
        fact: Fact,
        /// Its value.
        value: String,
    },
    /// No commit.
    #[error(
        "`{fact}` has no value: git knows no commit in `{place}`, and no variable of a CI system names one"
    )]
    NoCommit {
        /// The placeholder.
        fact: Fact,
        /// The folder that git was asked about.
        place: String,
    },
    /// No branch.
    #[error(
        "`{{git_branch}}` has no value: git is on no branch in `{place}`, and no variable of a CI system names one"
    )]
    NoBranch {
        /// The folder that git was asked about.
        place: String,
    },
    /// No files that have a key.
    #[error("`{{key}}` has no value: {why}")]
    NoKey {
        /// Why the key cannot be computed.
        why: String,
    },
}

impl TagError {
    /// What to do next, where the message does not say it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoCommit { .. } => Some(
                "build in a clone that git reads (see `git config safe.directory`), or set GITHUB_SHA, CI_COMMIT_SHA, \
                 CIRCLE_SHA1 or COMMIT_SHA to the commit",
            ),
            Self::NoBranch { .. } => Some("check out a branch, or set BRANCH_NAME to its name"),
            _ => None,
        }
    }
}

fn placeholders() -> String {
    let names: Vec<String> = FACTS.iter().map(|(_, fact)| format!("`{fact}`")).collect();
    names.join(", ")
}

fn meant(name: &str) -> String {
    let names = FACTS.map(|(name, _)| name);
    nearest(name, &names).map(|name| format!(" (did you mean `{{{name}}}`?)")).unwrap_or_default()
}

#[cfg(test)]
#[path = "tags_tests.rs"]
mod tests;
