//! Generated overlays and what they copy.

use super::config::{Maker, empty};
use super::project::{Content, File, text as written};

/// What directives copy; always there.
pub(super) fn sources() -> Vec<File> {
    let text = |path: &str| {
        File::text(
            format!("files/{path}"),
            format!("{path} {{{{release_name}}}} {{{{erts_vsn}}}} {{{{colour}}}}\n"),
        )
    };
    vec![
        text("a.txt"),
        text("b.txt"),
        text(".hidden"),
        text("ü mit leer.txt"),
        text("dir/one"),
        text("dir/sub/two"),
        text("dir/sub/.three"),
        empty("files/dir/nothing"),
        File { executable: true, ..text("run.sh") },
        File::of("files/link.txt", Content::Link("a.txt".into())),
        File::of("files/dirlink", Content::Link("dir".into())),
    ]
}

const SOURCES: [&str; 14] = [
    "files/a.txt",
    "files/b.txt",
    "files/run.sh",
    "files/dir",
    "files/dir/",
    "files/link.txt",
    "files/dirlink",
    "files/ü mit leer.txt",
    "./files/a.txt",
    "{{root_dir}}/files/a.txt",
    "files/.hidden",
    "rebar.config",
    "other/../files/a.txt",
    "{{erts_dir}}/bin/start_clean.boot",
];

const PATTERNS: [&str; 9] = [
    "files/*",
    "files/*.txt",
    "files/**",
    "files/?.txt",
    "files/{a,b}.txt",
    "files/[ab].txt",
    "files/dir/**/*",
    "absent/*",
    "files/dir",
];

const DESTINATIONS: [&str; 17] = [
    "bin/hooks/x",
    "bin/hooks/builtin/pid",
    "bin/ext/foo",
    "etc/a.txt",
    "etc",
    "a",
    "releases/{{release_version}}/extra.txt",
    "lib/extra/priv/x",
    "bin/tool",
    "bin/{{release_name}}",
    "./b.txt",
    "etc/../c.txt",
    "deep/er/d",
    "{{release_name}}.txt",
    "releases/{{release_version}}/vm.args",
    "with space/ü",
    "lib/kernel-{{kernel_vsn}}/x",
];

const FOLDERS: [&str; 6] = ["etc/", "share/all/", "./etc/", "bin/", "{{release_name}}/", "deep/er/"];

pub(super) fn option(maker: &mut Maker<'_>) -> String {
    let count = 1 + maker.random.below(3);
    let directives: Vec<String> = (0..count).map(|_| directive(maker)).collect();
    format!("{{overlay, [{}]}}", directives.join(",\n    "))
}

fn directive(maker: &mut Maker<'_>) -> String {
    let random = &mut maker.random;
    let kind = random.pick(&[
        "mkdir", "copy", "copy", "copy", "copy all", "link", "template", "template", "chmod", "wrong",
    ]);
    let rare = matches!(kind, "chmod" | "wrong") && random.chance(85);
    if rare {
        return format!("{{mkdir, \"{}\"}}", random.pick(&["log", "var/x", "etc"]));
    }
    let (mut from, to) = (random.pick(&SOURCES), random.pick(&DESTINATIONS));
    if kind == "template" && from.contains("/dir") && random.chance(80) {
        from = SOURCES[0];
    }
    if to.contains("..") {
        maker.project.traits.insert("a destination with `..`".into());
    }
    let (from, to) = (&written(random, from), &written(random, to));
    if to.ends_with("/utf8>>") {
        maker.project.traits.insert("a destination as a binary beyond ASCII".into());
    }
    let text = match kind {
        "mkdir" => format!(
            "{{mkdir, \"{}\"}}",
            random.pick(&["log", "log/", "var/x", "etc", "./y", "{{release_name}}_d"])
        ),
        "copy all" => format!("{{copy, \"{}\", \"{}\"}}", random.pick(&PATTERNS), random.pick(&FOLDERS)),
        "template" => format!("{{template, {from}, {to}}}"),
        "chmod" => format!("{{chmod, {}, {to}}}", random.pick(&["8#755", "420", "\"493\"", "8#600"])),
        "wrong" => wrong(maker),
        _ => format!("{{{kind}, {from}, {to}}}"),
    };
    maker.project.traits.insert(format!("overlay {kind}"));
    text
}

fn wrong(maker: &mut Maker<'_>) -> String {
    maker
        .random
        .pick(&[
            "{copy, \"absent.txt\", \"a\"}",
            "{copy, \"files/a.txt\"}",
            "{move, \"a\", \"b\"}",
            "{mkdir, 1}",
            "{template, \"absent\", \"a\"}",
            "{chmod, \"x\", \"a\"}",
            "mkdir",
            "{copy, \"files/a.txt\", \"{{unclosed\"}",
        ])
        .into()
}
