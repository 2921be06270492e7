//! The names that files of source code have in an image, wherever they were compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digest::Digest;

/// Files of source code by the last part of their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFiles {
    paths: BTreeMap<String, Option<String>>,
    /// Equal for two that have the same paths.
    key: String,
}

impl SourceFiles {
    /// The path of the only file of this name, or the name itself if there are several.
    fn path(&self, name: &str) -> Option<String> {
        let path = self.paths.get(name)?;
        Some(path.clone().unwrap_or_else(|| name.into()))
    }
}

impl FromIterator<String> for SourceFiles {
    fn from_iter<I: IntoIterator<Item = String>>(paths: I) -> Self {
        let mut files = BTreeMap::new();
        for path in paths {
            let name = last(&path).to_string();
            files.entry(name).and_modify(|there| *there = None).or_insert(Some(path));
        }
        let key = Digest::of(format!("{files:?}").as_bytes()).hex();
        Self { paths: files, key }
    }
}

/// What is known of the source code of an application's modules: what its files are called in an image, and the directory
/// that it was compiled in.
///
/// In an image files are called by their paths from the application's directory on, `src/shop.erl`, and headers of other
/// applications by `NAME/include/x.hrl`. The compiler puts absolute paths into a module, or, asked for `deterministic` output,
/// only their last parts. Since both shall become the same, the last part alone decides: it is looked for among the files that
/// there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    app: String,
    /// `None` where it is not known which files there are.
    files: Option<Files>,
    directory: Option<String>,
    key: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Files {
    own: SourceFiles,
    headers: Arc<SourceFiles>,
}

impl Sources {
    /// For the modules of an application that was compiled here, in `directory`: its own files, and headers of all others.
    pub fn new(app: &str, own: SourceFiles, headers: &Arc<SourceFiles>, directory: &str) -> Self {
        let key = Digest::of(format!("{} {} {directory}", own.key, headers.key).as_bytes());
        let key = key.hex().chars().take(16).collect();
        let files = Some(Files { own, headers: headers.clone() });
        Self { app: app.into(), files, directory: Some(directory.into()), key }
    }

    /// For the modules of an application that was compiled elsewhere: absolute paths are cut where its own directory must
    /// have begun, and others stay.
    pub fn of_elsewhere(app: &str) -> Self {
        Self { app: app.into(), files: None, directory: None, key: format!("of {app}") }
    }

    /// Where the modules were compiled, if that was here.
    pub fn directory(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    /// Equal for two that give every file the same name, and name the same directory.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The name of a file that the compiler called `given`.
    pub(super) fn name(&self, given: &str) -> String {
        let Some(Files { own, headers }) = &self.files else { return self.cut(given) };
        let last = last(given);
        if let Some(path) = own.path(last).or_else(|| headers.path(last)) {
            return path;
        }
        // Other compilers write paths from the project's directory on.
        if given.starts_with('/') { last.into() } else { given.into() }
    }

    /// An absolute path from the last `src` on, or from the last `include` on behind the name of another application.
    fn cut(&self, given: &str) -> String {
        if !given.starts_with('/') {
            return given.into();
        }
        let parts: Vec<&str> = given.split('/').collect();
        let folders = &parts[..parts.len() - 1];
        let Some(at) = folders.iter().rposition(|part| matches!(*part, "src" | "include")) else {
            return last(given).into();
        };
        let below = parts[at..].join("/");
        let owner = at.checked_sub(1).map_or("", |above| parts[above]);
        let owner = owner.split_once('-').map_or(owner, |(name, _)| name);
        if parts[at] == "src" || owner.is_empty() || owner == self.app {
            below
        } else {
            format!("{owner}/{below}")
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files(paths: &[&str]) -> SourceFiles {
        paths.iter().map(ToString::to_string).collect()
    }

    fn shop() -> Sources {
        let own =
            files(&["src/shop.erl", "src/deep/till.erl", "src/a/x.hrl", "include/x.hrl", "src/parser.yrl"]);
        Sources::new(
            "shop",
            own,
            &Arc::new(files(&["dep/include/dep.hrl", "a/include/y.hrl", "b/include/y.hrl"])),
            "/ci",
        )
    }

    #[test]
    fn paths_begin_with_the_directory_of_the_application() {
        let names = [
            ("/home/me/shop/src/shop.erl", "src/shop.erl"),
            ("shop.erl", "src/shop.erl"),
            ("/ci/_checkouts/shop/src/deep/till.erl", "src/deep/till.erl"),
            ("/ci/_build/default/lib/shop/src/parser.yrl", "src/parser.yrl"),
            ("/ci/_build/default/lib/dep/include/dep.hrl", "dep/include/dep.hrl"),
            ("dep.hrl", "dep/include/dep.hrl"),
            ("/usr/lib/erlang/lib/parsetools-2.4.1/include/yeccpre.hrl", "yeccpre.hrl"),
            ("yeccpre.hrl", "yeccpre.hrl"),
            ("lib/shop/cart.ex", "lib/shop/cart.ex"),
        ];
        for (given, expected) in names {
            assert_eq!(shop().name(given), expected);
        }
    }

    #[test]
    fn of_several_files_of_one_name_only_the_name_is_left() {
        assert_eq!(shop().name("/ci/shop/src/a/x.hrl"), "x.hrl");
        assert_eq!(shop().name("x.hrl"), "x.hrl");
        assert_eq!(shop().name("/ci/_build/default/lib/b/include/y.hrl"), "y.hrl");
    }

    #[test]
    fn paths_from_elsewhere_are_cut_where_an_application_begins() {
        let names = [
            ("/home/me/shop/src/deep/shop.erl", "src/deep/shop.erl"),
            ("/home/me/shop/_build/default/lib/dep/include/dep.hrl", "dep/include/dep.hrl"),
            ("/build/otp/lib/shop-1.2/include/shop.hrl", "include/shop.hrl"),
            ("/usr/lib/erlang/lib/kernel-8.5.3/include/logger.hrl", "kernel/include/logger.hrl"),
            ("/include/x.hrl", "include/x.hrl"),
            ("/tmp/x.erl", "x.erl"),
            ("gen_server.erl", "gen_server.erl"),
            ("lib/shop/cart.ex", "lib/shop/cart.ex"),
        ];
        for (given, expected) in names {
            assert_eq!(Sources::of_elsewhere("shop").name(given), expected);
        }
    }

    #[test]
    fn the_key_is_another_one_where_a_name_could_be() {
        let headers = Arc::default();
        let key = |paths: &[&str], directory| Sources::new("shop", files(paths), &headers, directory).key;
        assert_eq!(key(&["src/a.erl"], "/ci"), key(&["src/a.erl"], "/ci"));
        assert_ne!(key(&["src/a.erl"], "/ci"), key(&["src/b/a.erl"], "/ci"));
        assert_ne!(key(&["src/a.erl"], "/ci"), key(&["src/a.erl"], "/co"));
        assert_ne!(Sources::of_elsewhere("a").key, Sources::of_elsewhere("b").key);
    }

    proptest! {
        #[test]
        fn absolute_paths_and_their_last_parts_become_the_same(dir in "(/[a-z]{1,4}){0,4}", at in 0usize..9) {
            let name = ["shop.erl", "till.erl", "x.hrl", "y.hrl", "dep.hrl", "parser.yrl", "other.erl", "z.hrl", "src"][at];
            let once = shop().name(&format!("{dir}/{name}"));
            prop_assert_eq!(&once, &shop().name(name));
            prop_assert_eq!(&once, &shop().name(&once));
        }

        #[test]
        fn names_from_elsewhere_stay_what_they_are(path in "/?([a-z]{1,3}|src|include|shop-1)(/([a-z]{1,3}|src|include)){0,5}") {
            let names = Sources::of_elsewhere("shop");
            let once = names.name(&path);
            prop_assert!(!once.starts_with('/'));
            prop_assert_eq!(names.name(&once), once);
        }
    }
}
