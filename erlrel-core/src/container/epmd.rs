//! The port mapper of an image whose start program can be that too: a link to it.
//!
//! Debian's epmd is linked with libsystemd, and so with six more libraries that nothing else in a usual image needs. The
//! start program needs none that the virtual machine does not.

use crate::tree::{Entry, Group, Node, Tree, TreePath};

/// The name of the program, under which the start program is the port mapper.
const NAME: &str = "epmd";

/// Puts a link to the start program at the place of the runtime system's own epmd. One that an overlay has put there stays,
/// and so does that of a release which is named as the port mapper, and whose start program cannot tell what it is called for.
pub(super) fn by_start_program(tree: &mut Tree, program: &TreePath) {
    if program.file_name() == NAME {
        return;
    }
    let own = tree.iter().filter(|(path, entry)| is_own(path.as_str(), entry)).map(|(path, _)| path.clone());
    for path in own.collect::<Vec<_>>() {
        tree.replace(path, Entry::symlink(format!("../../{program}"), Group::Erts));
    }
}

fn is_own(path: &str, entry: &Entry) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let is_place = matches!(parts[..], [erts, "bin", NAME] if erts.starts_with("erts-"));
    is_place && entry.group == Group::Erts && matches!(entry.node, Node::File(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::listing;

    fn linked(paths: &[(&str, Group)], program: &str) -> String {
        let entry = |(path, group): &(&str, Group)| {
            (TreePath::new(path).expect("a path"), Entry::file("x", 0o755, group.clone()))
        };
        let mut tree: Tree = paths.iter().map(entry).collect();
        by_start_program(&mut tree, &TreePath::new(program).expect("a path"));
        listing(&tree)
    }

    #[test]
    fn the_runtime_systems_epmd_is_the_start_program() {
        let paths = [
            ("bin/shop", Group::Otp),
            ("erts-13.1.5/bin/epmd", Group::Erts),
            ("erts-13.1.5/bin/erlexec", Group::Erts),
            ("lib/tool-1/bin/epmd", Group::Dependency("tool".into())),
        ];
        insta::assert_snapshot!(linked(&paths, "bin/shop"), @r"
        0755 otp bin/shop
        link erts erts-13.1.5/bin/epmd -> ../../bin/shop
        0755 erts erts-13.1.5/bin/erlexec
        0755 dependency:tool lib/tool-1/bin/epmd
        ");
    }

    #[test]
    fn what_an_overlay_has_put_there_stays() {
        let overlay = [("bin/shop", Group::Otp), ("erts-13.1.5/bin/epmd", Group::Release)];
        insta::assert_snapshot!(linked(&overlay, "bin/shop"), @r"
        0755 otp bin/shop
        0755 release erts-13.1.5/bin/epmd
        ");
    }

    #[test]
    fn a_release_that_is_named_so_keeps_the_runtime_systems() {
        let paths = [("bin/epmd", Group::Otp), ("erts-13.1.5/bin/epmd", Group::Erts)];
        insta::assert_snapshot!(linked(&paths, "bin/epmd"), @r"
        0755 otp bin/epmd
        0755 erts erts-13.1.5/bin/epmd
        ");
    }
}
