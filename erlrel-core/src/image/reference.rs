//! Names of images, read as Docker reads them (distribution/reference, "Grammar").

use std::fmt;

/// The registry of names that have none.
const DEFAULT_REGISTRY: &str = "docker.io";

/// The name that an image is given: `[REGISTRY/]PATH[:TAG]`.
///
/// `hello`, `hello:latest` and `docker.io/library/hello:latest` are one and the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    registry: String,
    path: String,
    tag: String,
}

impl Reference {
    /// Reads a name; the registry is `docker.io` and the tag `latest` where the text has none.
    ///
    /// # Errors
    /// [`ReferenceError`], which says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        parse(text).map_err(|why| ReferenceError { text: text.into(), why })
    }

    /// The name and tag that come nearest to these texts: what no name can have becomes `-` between two characters that
    /// it can have, and is left out at the ends. `None` if nothing is left of one of them.
    pub fn nearest(name: &str, tag: &str) -> Option<Self> {
        let name = nearest_component(&name.to_lowercase());
        Self::parse(&format!("{name}:{}", nearest_tag(tag))).ok()
    }

    /// The registry, with its port: `docker.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path in the registry: `library/hello`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Where it is.
    pub fn repository(&self) -> Repository {
        Repository { registry: self.registry.clone(), path: self.path.clone() }
    }

    /// The short form that Docker shows: without `docker.io/` and `library/`, always with the tag.
    pub fn familiar(&self) -> String {
        let Self { registry, path, tag } = self;
        let short = path.strip_prefix("library/").filter(|name| !name.contains('/')).unwrap_or(path);
        // A path that begins like a registry must not be taken for one.
        if registry == DEFAULT_REGISTRY && split_registry(short).0 == DEFAULT_REGISTRY {
            format!("{short}:{tag}")
        } else {
            self.to_string()
        }
    }
}

/// The full form: `docker.io/library/hello:latest`.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.registry, self.path, self.tag)
    }
}

/// A place in a registry where manifests and blobs are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: String,
    path: String,
}

impl Repository {
    /// The registry, with its port: `docker.io`, `localhost:5000`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path in the registry: `library/hello`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// An image of this tag in it; `None` if it can be no tag.
    pub fn tagged(&self, tag: &str) -> Option<Reference> {
        let Self { registry, path } = self.clone();
        is_tag(tag).then(|| Reference { registry, path, tag: tag.into() })
    }
}

/// `docker.io/library/hello`.
impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// A text that does not name an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no image name: {why}")]
pub struct ReferenceError {
    /// The text as it was given.
    pub text: String,
    /// What is wrong with it, and what is allowed.
    pub why: &'static str,
}

fn parse(text: &str) -> Result<Reference, &'static str> {
    if text.contains('@') {
        return Err("a digest cannot be given to an image, it follows from the content; use a tag");
    }
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("64 hexadecimal digits look like an image ID");
    }
    let (name, tag) = split_tag(text);
    let (registry, path) = split_registry(name);
    check_registry(registry)?;
    check_path(path)?;
    if !is_tag(tag) {
        return Err(
            "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two",
        );
    }
    let registry = if registry == "index.docker.io" { DEFAULT_REGISTRY } else { registry };
    let library = if registry == DEFAULT_REGISTRY && !path.contains('/') { "library/" } else { "" };
    let path = format!("{library}{path}");
    if registry.len() + 1 + path.len() > 255 {
        return Err("a name has at most 255 characters");
    }
    Ok(Reference { registry: registry.into(), path, tag: tag.into() })
}

/// A colon before the last `/` belongs to a port.
fn split_tag(text: &str) -> (&str, &str) {
    text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((text, "latest"))
}

/// The part before the first `/` is a registry if it looks like a host; otherwise it belongs to the path.
fn split_registry(name: &str) -> (&str, &str) {
    let is_host = |first: &str| {
        first.contains(['.', ':'])
            || first == "localhost"
            || first.bytes().any(|byte| byte.is_ascii_uppercase())
    };
    name.split_once('/').filter(|(first, _)| is_host(first)).unwrap_or((DEFAULT_REGISTRY, name))
}

fn check_registry(registry: &str) -> Result<(), &'static str> {
    let (host, port) = registry.rsplit_once(':').unwrap_or((registry, "1"));
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let port_is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let valid = port_is_number && host.split('.').all(label);
    if valid { Ok(()) } else { Err("the part before the first `/` is no registry, HOST or HOST:PORT") }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("the name is empty");
    }
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err("upper-case letters are not allowed before the tag");
    }
    if path.split('/').all(is_component) {
        Ok(())
    } else {
        Err("between slashes there are lower-case letters and digits, separated by `.`, `_`, `__` or `-`")
    }
}

fn is_component(component: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separators = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    let ends = [component.bytes().next(), component.bytes().last()];
    ends.into_iter().all(|byte| byte.is_some_and(alphanumeric)) && separators.into_iter().all(is_separator)
}

fn is_separator(text: &str) -> bool {
    matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-')
}

/// Of a tag, and of a name that is made up here.
pub(crate) const LONGEST: usize = 128;

fn is_separating(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

/// The tag, or a part of one, that comes nearest; empty if nothing is left of the text.
pub(crate) fn nearest_tag(text: &str) -> String {
    let in_tag = |c: char| if c.is_ascii_alphanumeric() || is_separating(c) { c } else { '-' };
    let tag: String = text.chars().map(in_tag).collect();
    tag.trim_matches(['.', '-']).chars().take(LONGEST).collect()
}

/// Of a text in lower case the component of a name, or the part of one, that comes nearest. Between two alphanumeric
/// characters there are only the separators that [`is_separator`] takes.
pub(crate) fn nearest_component(text: &str) -> String {
    let mut component = String::new();
    let mut separator = String::new();
    for c in text.chars().take(LONGEST) {
        if !c.is_ascii_alphanumeric() {
            separator.push(if is_separating(c) { c } else { '-' });
            continue;
        }
        if !component.is_empty() {
            component.push_str(if is_separator(&separator) { &separator } else { "-" });
        }
        separator.clear();
        component.push(c);
    }
    component
}

/// True for a valid tag.
pub(crate) fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = tag.bytes().next().is_some_and(word);
    first && tag.len() <= 128 && tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_completed_as_docker_does() {
        for (text, full, familiar) in [
            ("hello", "docker.io/library/hello:latest", "hello:latest"),
            ("hello:1.0", "docker.io/library/hello:1.0", "hello:1.0"),
            ("me/hello", "docker.io/me/hello:latest", "me/hello:latest"),
            ("index.docker.io/hello", "docker.io/library/hello:latest", "hello:latest"),
            ("docker.io/library/hello:2", "docker.io/library/hello:2", "hello:2"),
            ("localhost/a", "localhost/a:latest", "localhost/a:latest"),
            ("localhost:5000/a/b:c", "localhost:5000/a/b:c", "localhost:5000/a/b:c"),
            ("ghcr.io/a--b/c__d.e:V1", "ghcr.io/a--b/c__d.e:V1", "ghcr.io/a--b/c__d.e:V1"),
            ("LOCAL/a", "LOCAL/a:latest", "LOCAL/a:latest"),
        ] {
            let name = Reference::parse(text).expect(text);
            assert_eq!((name.to_string().as_str(), name.familiar().as_str()), (full, familiar));
        }
    }

    #[test]
    fn bad_names_are_explained() {
        let digest = format!("a@sha256:{}", "0".repeat(64));
        let texts =
            ["", "Hello", "a/B", "a:", "a:.x", "a b", "a//b", "-a", "a___b", "a/", "x.y:z/a", &digest];
        let errors: Vec<String> =
            texts.iter().map(|text| Reference::parse(text).expect_err(text).to_string()).collect();
        insta::assert_snapshot!(errors.join("\n"), @r"
        `` is no image name: the name is empty
        `Hello` is no image name: upper-case letters are not allowed before the tag
        `a/B` is no image name: upper-case letters are not allowed before the tag
        `a:` is no image name: a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two
        `a:.x` is no image name: a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two
        `a b` is no image name: between slashes there are lower-case letters and digits, separated by `.`, `_`, `__` or `-`
        `a//b` is no image name: between slashes there are lower-case letters and digits, separated by `.`, `_`, `__` or `-`
        `-a` is no image name: between slashes there are lower-case letters and digits, separated by `.`, `_`, `__` or `-`
        `a___b` is no image name: between slashes there are lower-case letters and digits, separated by `.`, `_`, `__` or `-`
        `a/` is no image name: between slashes there are lower-case letters and digits, separated by `.`, `_`, `__` or `-`
        `x.y:z/a` is no image name: the part before the first `/` is no registry, HOST or HOST:PORT
        `a@sha256:0000000000000000000000000000000000000000000000000000000000000000` is no image name: a digest cannot be given to an image, it follows from the content; use a tag
        ");
        Reference::parse(&"0".repeat(64)).expect_err("an ID");
        Reference::parse(&"a".repeat(256)).expect_err("too long");
    }

    #[test]
    fn the_nearest_name_is_a_valid_one() {
        for (name, tag, nearest) in [
            ("shop", "1.4.0+build.3", Some("shop:1.4.0-build.3")),
            ("My-Rel", "1", Some("my-rel:1")),
            ("a/b c", "~1", Some("a-b-c:1")),
            ("Ünï", "1.0", Some("n:1.0")),
            ("a._b", "1-", Some("a-b:1")),
            ("_x__y", "é1ü", Some("x__y:1")),
            ("żółw_rel", "v 1", Some("w_rel:v-1")),
            ("商店", "1", None),
            ("shop", "最新", None),
        ] {
            let made = Reference::nearest(name, tag);
            assert_eq!(made.as_ref().map(Reference::familiar).as_deref(), nearest, "{name}:{tag}");
        }
    }

    proptest! {
        #[test]
        fn a_nearest_name_is_there_for_whatever_has_a_letter(text in "\\PC{0,200}[a-z]\\PC{0,200}") {
            prop_assume!(text.chars().take(LONGEST).any(|c| c.is_ascii_alphanumeric()));
            let name = Reference::nearest(&text, &text);
            prop_assert!(name.is_some(), "{}", text);
        }

        #[test]
        fn arbitrary_text_never_panics_and_valid_names_read_back(text in "\\PC{0,40}|[a-zA-Z0-9._:/-]{0,30}") {
            if let Ok(name) = Reference::parse(&text) {
                prop_assert_eq!(Reference::parse(&name.to_string()), Ok(name.clone()));
                prop_assert_eq!(Reference::parse(&name.familiar()), Ok(name));
            }
        }
    }
}
