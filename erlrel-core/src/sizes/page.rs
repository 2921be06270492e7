//! The page that draws what takes the space: one file that needs nothing else, and asks for nothing else.

use serde_json::{Value, json};

use super::{Part, PartKind, bytes};

/// What stands above the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The release and its version.
    pub title: String,
    /// What else there is to say, a line each.
    pub about: Vec<String>,
}

/// What browsers may do with the page: nothing that leads away from it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/// The page, as HTML. Whatever parts are called is text in it.
pub fn page(heading: &Heading, image: &Part) -> String {
    let title = escaped(&heading.title);
    let about: String = heading.about.iter().map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
    let style = include_str!("page.css");
    let script = include_str!("page.js");
    let (total, count) = (bytes(image.size), image.files);
    let table = table(image);
    // The end of a script ends it wherever it stands, in texts too.
    let data = as_json(image).to_string().replace('<', "\\u003c");
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="erlrel">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: what takes the space</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p><strong>{total}</strong> in {count} files, before compression</p>
{about}</header>
<nav id="crumbs" aria-label="Where the drawing is"></nav>
<div id="map" role="group" aria-label="A map in which each part of the image has an area as large as its files"></div>
<p id="details" aria-live="polite"></p>
<ul id="legend" aria-hidden="true"></ul>
<h2>Applications and other parts</h2>
{table}<script type="application/json" id="data">{data}</script>
<script>
{script}</script>
</body>
</html>
"#
    )
}

fn as_json(part: &Part) -> Value {
    json!({
        "name": part.name,
        "kind": kind(part.kind),
        "size": part.size,
        "files": part.files,
        "parts": part.parts.iter().map(as_json).collect::<Vec<_>>(),
    })
}

fn kind(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Image => "image",
        PartKind::Native => "native",
        PartKind::Erts => "erts",
        PartKind::Otp => "otp",
        PartKind::Dependency => "dependency",
        PartKind::Project => "project",
        PartKind::Release => "release",
        PartKind::Module => "module",
        PartKind::File => "file",
    }
}

/// Everything that has parts of its own, for those who cannot see a drawing, and where no script runs.
fn table(image: &Part) -> String {
    let mut rows = String::new();
    for group in &image.parts {
        rows += &row(group, "group", image.size);
        let inner = group.parts.iter().filter(|part| !part.parts.is_empty());
        rows += &inner.map(|part| row(part, "part", image.size)).collect::<String>();
    }
    let head = "<tr><th scope=\"col\">Part</th><th scope=\"col\">Size</th><th scope=\"col\">Share</th>\
                <th scope=\"col\">Files</th></tr>";
    let total = row(&Part { name: "total".into(), ..image.clone() }, "group", image.size);
    format!("<table>\n<thead>{head}</thead>\n<tbody>\n{rows}</tbody>\n<tfoot>\n{total}</tfoot>\n</table>\n")
}

fn row(part: &Part, class: &str, total: u64) -> String {
    let share = part.size as f64 * 100.0 / total.max(1) as f64;
    let (name, size, files) = (escaped(&part.name), bytes(part.size), part.files);
    format!(
        "<tr class=\"{class}\"><th scope=\"row\">{name}</th><td>{size}</td><td>{share:.1} %</td><td>{files}</td></tr>\n"
    )
}

fn escaped(text: &str) -> String {
    let escape = |letter: char| match letter {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        '\'' => "&#39;".into(),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(name: &str) -> Part {
        let file = Part::file(name, 5);
        let app = Part::of(name, PartKind::Project, vec![file]);
        Part::of("image", PartKind::Image, vec![Part::of("project", PartKind::Project, vec![app])])
    }

    fn made(name: &str) -> String {
        page(&Heading { title: name.into(), about: vec![name.into()] }, &part(name))
    }

    #[test]
    fn names_are_text_wherever_they_stand() {
        let usual = made("name");
        for name in ["</script><script>alert(1)</script>", "<img src=x>", "<!--", "\"'&", "</title>"] {
            let page = made(name);
            assert_eq!(page.matches('<').count(), usual.matches('<').count(), "{name}");
            assert_eq!(page.matches("<script").count(), 2);
        }
    }

    proptest! {
        #[test]
        fn what_the_script_reads_is_what_was_measured(name in "\\PC{0,20}") {
            let page = made(&name);
            let (_, data) = page.split_once("id=\"data\">").expect("data");
            let (data, _) = data.split_once("</script>").expect("an end");
            let data: Value = serde_json::from_str(data).expect("JSON");
            prop_assert_eq!(data, as_json(&part(&name)));
        }
    }
}
