//! Mustache templates over Erlang terms, as bbmustache 1.12 renders them for relx: nothing is escaped, what
//! is not there is empty.

mod parse;
mod value;

use std::borrow::Cow;
use std::collections::BTreeSet;

use self::parse::{Name, Tag};
use crate::term::{Span, Term, Value};

/// What a template renders to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rendered {
    pub(super) bytes: Vec<u8>,
    /// Names whose value was empty or not there.
    pub(super) empty: BTreeSet<String>,
}

/// A mistake in a template, or a value that no text can stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateError {
    /// Where, in bytes of the template.
    pub(super) span: Span,
    pub(super) message: String,
}

/// Renders a template over `data`, a list of `{Name, Value}` in which the first of equal names counts.
///
/// # Errors
/// For a template that is not well formed, and for a tag whose value is a tuple, a map or a list of such.
pub(super) fn render(template: &[u8], data: &Term) -> Result<Rendered, TemplateError> {
    let tags = parse::parse(template)?;
    let mut rendered = Rendered::default();
    write_tags(&mut rendered, &tags, &Scope { data, parent: None })?;
    Ok(rendered)
}

/// The value that a section is rendered for, inside of others.
struct Scope<'a> {
    data: &'a Term,
    parent: Option<&'a Scope<'a>>,
}

fn write_tags(out: &mut Rendered, tags: &[Tag], scope: &Scope<'_>) -> Result<(), TemplateError> {
    for tag in tags {
        match tag {
            Tag::Text(text) => out.bytes.extend_from_slice(text),
            Tag::Value(name) => write_value(out, name, scope)?,
            Tag::Section(name, tags) => write_section(out, name, tags, scope)?,
            Tag::Inverted(name, tags) => {
                if scope.find(name).is_none_or(|value| is_falsy(&value)) {
                    write_tags(out, tags, scope)?;
                }
            }
        }
    }
    Ok(())
}

fn write_value(out: &mut Rendered, name: &Name, scope: &Scope<'_>) -> Result<(), TemplateError> {
    let before = out.bytes.len();
    if let Some(value) = scope.find(name) {
        let text = value::text(&value).ok_or_else(|| {
            name.error(format!("the value of `{name}` is neither text nor a number: {}", *value))
        })?;
        out.bytes.extend_from_slice(&text);
    }
    if out.bytes.len() == before {
        out.empty.insert(name.to_string());
    }
    Ok(())
}

/// Once for a value with names in it or a plain one, for each element of any other list, never for a
/// false one. A string is a list of characters, as relx has it for the variables that it sets itself.
fn write_section(
    out: &mut Rendered,
    name: &Name,
    tags: &[Tag],
    scope: &Scope<'_>,
) -> Result<(), TemplateError> {
    let Some(value) = scope.find(name).filter(|value| !is_falsy(value)) else { return Ok(()) };
    let elements = if is_record(&value) { None } else { value.as_list() };
    let Some(elements) = elements else {
        return write_tags(out, tags, &Scope { data: &value, parent: Some(scope) });
    };
    let mut elements = elements.iter();
    elements.try_for_each(|element| write_tags(out, tags, &Scope { data: element, parent: Some(scope) }))
}

impl<'a> Scope<'a> {
    /// The first part of a name is looked for outwards, further parts only in what was found.
    fn find(&self, name: &Name) -> Option<Cow<'a, Term>> {
        let Some((first, rest)) = name.keys.split_first().filter(|(first, _)| *first != ".") else {
            return Some(Cow::Borrowed(self.data));
        };
        let mut found = self.find_outwards(first)?;
        for key in rest {
            found = match found {
                Cow::Borrowed(term) => member(term, key)?,
                Cow::Owned(term) => Cow::Owned(member(&term, key)?.into_owned()),
            };
        }
        Some(found)
    }

    fn find_outwards(&self, key: &str) -> Option<Cow<'a, Term>> {
        let scopes = std::iter::successors(Some((self.data, self.parent)), |(_, parent)| {
            parent.map(|scope| (scope.data, scope.parent))
        });
        scopes.map(|(data, _)| data).find_map(|data| member(data, key))
    }
}

/// What `key` stands for in a property list or a map. An atom alone is true.
fn member<'a>(data: &'a Term, key: &str) -> Option<Cow<'a, Term>> {
    match data.value() {
        Value::List(elements) if is_record(data) => {
            elements.iter().find_map(|element| match element.as_pair() {
                Some((name, value)) if name == key => Some(Cow::Borrowed(value)),
                _ if element.is_atom(key) => Some(Cow::Owned(Term::atom("true"))),
                _ => None,
            })
        }
        Value::Map(pairs) => {
            pairs.iter().find(|(name, _)| name.is_atom(key)).map(|(_, value)| Cow::Borrowed(value))
        }
        _ => None,
    }
}

/// Something with names in it: a map, or a list that begins with a tuple.
fn is_record(term: &Term) -> bool {
    match term.value() {
        Value::Map(_) => true,
        Value::List(elements) => elements.first().is_some_and(|first| first.as_tuple().is_some()),
        _ => false,
    }
}

fn is_falsy(term: &Term) -> bool {
    match term.value() {
        Value::Atom(name) => matches!(&**name, "false" | "nil" | "null"),
        Value::List(elements) => elements.is_empty(),
        Value::Binary(bytes) => bytes.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::term::consult;

    fn data() -> Term {
        let text =
            "[{name, \"N\"}, {yes, true}, {list, [\"a\", b, 3]}, {pair, {1, 2}}, {map, #{k => [1.5]}}].";
        consult(Path::new("x"), text.as_bytes()).expect("terms").terms[0].clone()
    }

    const FRAGMENTS: [&str; 20] = [
        "{{",
        "}}",
        "{",
        "}",
        "{{{",
        "name",
        "{{#list}}",
        "{{/list}}",
        "{{^no}}",
        "{{/no}}",
        "{{.}}",
        "{{!",
        "{{=<% %>=}}",
        "<%#yes%>",
        "<%/yes%>",
        "=",
        "\n",
        " ",
        "{{pair}}",
        "\u{fc}",
    ];

    proptest! {
        #[test]
        fn no_template_stops_the_renderer_without_an_error(
            parts in proptest::collection::vec(proptest::sample::select(&FRAGMENTS[..]), 0..12),
            bytes in proptest::collection::vec(any::<u8>(), 0..8),
        ) {
            let template = [parts.concat().into_bytes(), bytes].concat();
            if let Err(error) = render(&template, &data()) {
                prop_assert!(error.span.end <= template.len() && error.span.start <= error.span.end);
            }
        }

        #[test]
        fn text_without_tags_stays_as_it_is(text in "[^{]*") {
            let rendered = render(text.as_bytes(), &data()).expect("rendered");
            prop_assert_eq!(rendered.bytes, text.into_bytes());
        }
    }

    /// These would take minutes if each line or tag were looked for through all the rest.
    #[test]
    fn templates_of_megabytes_are_read_in_one_pass() {
        let rendered = |template: String| render(template.as_bytes(), &data()).expect("rendered").bytes;
        let line = "127.0.0.1 localhost\n";
        assert_eq!(rendered(line.repeat(100_000)), line.repeat(100_000).into_bytes());
        assert_eq!(rendered("{{name}}".repeat(250_000)), "N".repeat(250_000).into_bytes());
        let far = "{{#yes}}\n{{/yes}}\n{{{name}}}\n".repeat(80_000) + &line.repeat(10_000);
        assert_eq!(rendered(far).len(), 2 * 80_000 + line.len() * 10_000);
    }

    #[test]
    fn names_that_render_to_nothing_are_told() {
        let rendered = render(b"{{name}}{{absent.x}}{{#no}}{{unseen}}{{/no}}", &data()).expect("rendered");
        assert_eq!(rendered.empty.into_iter().collect::<Vec<_>>(), ["absent.x"]);
    }

    #[test]
    fn sections_nested_too_deeply_are_an_error() {
        let error = render("{{#yes}}".repeat(10_000).as_bytes(), &data()).expect_err("too deep");
        assert_eq!(error.message, "more than 128 sections inside each other");
    }

    #[test]
    fn a_tuple_has_no_text() {
        let error = render(b"x{{pair}}", &data()).expect_err("no text");
        assert_eq!(error.message, "the value of `pair` is neither text nor a number: {1,2}");
        assert_eq!((error.span.start, error.span.end), (1, 9));
    }
}
