//! A program and its arguments in one text.

/// The words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandText(pub(super) Vec<String>);

/// Reads words as a shell has them, with quotes and backslashes and nothing else of a shell, or a JSON list as in a
/// Dockerfile.
pub(super) fn words(text: &str) -> Result<CommandText, String> {
    if text.trim_start().starts_with('[') {
        let list = serde_json::from_str(text);
        return list.map(CommandText).map_err(|error| format!("it is no JSON list of strings: {error}"));
    }
    split(text).map(CommandText)
}

/// The same, with at least a program.
pub(super) fn program(text: &str) -> Result<CommandText, String> {
    let CommandText(words) = words(text)?;
    let has_program = words.first().is_some_and(|program| !program.is_empty());
    if has_program { Ok(CommandText(words)) } else { Err("the program is missing".into()) }
}

fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"') | None, '\\') => {
                let escaped = rest.next().ok_or("a backslash at the end stands for nothing")?;
                // In quotes a backslash is one unless it must be something else.
                let kept = quote.is_some() && !matches!(escaped, '"' | '\\' | '$' | '`');
                let word = word.get_or_insert_default();
                word.extend(kept.then_some('\\'));
                word.push(escaped);
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".into());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        for (text, expected) in [
            ("console", vec!["console"]),
            ("  a  b\tc ", vec!["a", "b", "c"]),
            (r#"sh -c 'echo "hi"; exit 1'"#, vec!["sh", "-c", "echo \"hi\"; exit 1"]),
            (r#""a \"b\" \n" c\ d '' e"f"g"#, vec!["a \"b\" \\n", "c d", "", "efg"]),
            (r#"["/bin/x", "a b", ""]"#, vec!["/bin/x", "a b", ""]),
            ("", vec![]),
            ("[]", vec![]),
        ] {
            let CommandText(found) = words(text).expect(text);
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_command_is_explained() {
        for (text, why) in [
            ("a 'b", "a quote is not closed"),
            ("a\\", "a backslash at the end stands for nothing"),
            ("", "the program is missing"),
            ("'' a", "the program is missing"),
            ("[]", "the program is missing"),
        ] {
            assert_eq!(program(text).expect_err(text), why);
        }
        assert!(words("[1]").expect_err("a number").starts_with("it is no JSON list of strings"));
    }
}
