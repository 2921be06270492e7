//! Absolute paths as text, and following them through symbolic links inside a root.

/// What stands at a path on the way.
pub(super) enum Step {
    /// A symbolic link with this target.
    Link(String),
    /// Anything else.
    Other,
}

/// The path without links, `.` and `..` that `path` leads to; absolute link targets stay inside the root.
///
/// `look` says what stands at an absolute path. `None` when it finds nothing on the way, and after forty
/// links, as the kernel does (path_resolution(7)).
pub(super) fn follow(path: &str, look: impl Fn(&str) -> Option<Step>) -> Option<String> {
    let mut rest: Vec<String> = reversed_parts(path);
    let mut here = String::new();
    let mut links = 0;
    while let Some(part) = rest.pop() {
        if part == ".." {
            here.truncate(here.rfind('/').unwrap_or(0));
            continue;
        }
        let next = format!("{here}/{part}");
        match look(&next)? {
            Step::Other => here = next,
            Step::Link(_) if links == 40 => return None,
            Step::Link(target) => {
                links += 1;
                if target.starts_with('/') {
                    here.clear();
                }
                rest.extend(reversed_parts(&target));
            }
        }
    }
    Some(here)
}

fn reversed_parts(path: &str) -> Vec<String> {
    path.rsplit('/').filter(|part| !part.is_empty() && *part != ".").map(Into::into).collect()
}

/// The path without `.`, `..` and doubled slashes, by its text alone.
pub(super) fn normal(path: &str) -> String {
    follow(path, |_| Some(Step::Other)).unwrap_or_default()
}

/// The directories that a path passes through only to leave them again with `..`: they must exist, or the
/// path leads nowhere.
pub(super) fn crossed(path: &str) -> Vec<String> {
    let leaves =
        path.match_indices("/..").filter(|(at, _)| matches!(path.as_bytes().get(at + 3), None | Some(b'/')));
    leaves
        .filter_map(|(at, _)| path.get(..at))
        .map(normal)
        .filter(|directory| !directory.is_empty())
        .collect()
}

/// The directory of a path; empty for one at the root.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(path: &str) -> Option<Step> {
        match path {
            "/lib" => Some(Step::Link("usr/lib".into())),
            "/usr/lib/libz.so" => Some(Step::Link("/lib/libz.so.1".into())),
            "/loop" => Some(Step::Link("loop".into())),
            "/usr" | "/usr/lib" | "/usr/lib/libz.so.1" => Some(Step::Other),
            _ => None,
        }
    }

    #[test]
    fn links_are_followed_inside_the_root() {
        let follow = |path| follow(path, look);
        assert_eq!(follow("/lib/libz.so").as_deref(), Some("/usr/lib/libz.so.1"));
        assert_eq!(follow("/../lib/./../lib//libz.so.1").as_deref(), Some("/usr/lib/libz.so.1"));
        assert_eq!(follow("/lib/missing"), None);
        assert_eq!(follow("/loop"), None);
    }

    #[test]
    fn dots_are_resolved_in_text() {
        assert_eq!(normal("/opt/app/priv/../lib/./x"), "/opt/app/lib/x");
        assert_eq!(normal("/../.."), "");
        assert_eq!(crossed("/a/b/../c/..d/../../e"), ["/a/b", "/a/c/..d", "/a/c"]);
        assert_eq!((parent("/a/b"), parent("/a"), file_name("/a/b")), ("/a", "", "b"));
    }
}
