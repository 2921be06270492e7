//! What a registry asks for when it answers 401: the `WWW-Authenticate` header (RFC 9110, 11.6.1).

use std::collections::BTreeMap;

/// One way to prove who one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// `bearer`, `basic`, … in lower case.
    pub(super) scheme: String,
    /// Names in lower case; of a name that stands twice the first counts.
    pub(super) parameters: BTreeMap<String, String>,
}

impl Challenge {
    /// The value of a parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// All challenges of these header values, in their order. What is not understood is passed over.
pub(super) fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    for value in values {
        read_value(Reader { rest: value }, &mut challenges);
    }
    challenges
}

fn read_value(mut reader: Reader<'_>, challenges: &mut Vec<Challenge>) {
    let before = challenges.len();
    loop {
        reader.skip_while(|c| c == ',' || c.is_ascii_whitespace());
        let word = reader.take_while(is_token);
        if word.is_empty() {
            if !reader.skip_one() {
                return;
            }
            continue;
        }
        reader.skip_while(|c| c.is_ascii_whitespace());
        let current = challenges.get_mut(before..).and_then(<[Challenge]>::last_mut);
        match (reader.parameter_value(), current) {
            (Some(value), Some(challenge)) => {
                challenge.parameters.entry(word.to_ascii_lowercase()).or_insert(value);
            }
            (Some(_), None) => {}
            (None, _) => {
                challenges.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: BTreeMap::new() });
            }
        }
    }
}

/// RFC 9110, 5.6.2, and the `/` of what some put between scheme and parameters as `token68`.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip_while(&mut self, unwanted: impl Fn(char) -> bool) {
        self.take_while(unwanted);
    }

    /// False at the end.
    fn skip_one(&mut self) -> bool {
        let mut chars = self.rest.chars();
        let skipped = chars.next().is_some();
        self.rest = chars.as_str();
        skipped
    }

    /// What stands behind `=`, quoted or not; `None` if there is no `=`, so that the word was a scheme.
    fn parameter_value(&mut self) -> Option<String> {
        self.rest = self.rest.strip_prefix('=')?;
        self.skip_while(|c| c.is_ascii_whitespace());
        match self.rest.strip_prefix('"') {
            Some(rest) => {
                self.rest = rest;
                Some(self.quoted())
            }
            None => Some(self.take_while(|c| c != ',' && !c.is_ascii_whitespace()).into()),
        }
    }

    /// The rest of a quoted string; one that has no end ends with the text.
    fn quoted(&mut self) -> String {
        let mut value = String::new();
        let mut chars = self.rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => break,
                '\\' => value.extend(chars.next()),
                c => value.push(c),
            }
        }
        self.rest = chars.as_str();
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(values: &[&str]) -> String {
        let challenges = parse(values.iter().copied());
        let lines =
            challenges.iter().map(|challenge| format!("{} {:?}", challenge.scheme, challenge.parameters));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_challenge_of_an_answer_is_found() {
        insta::assert_snapshot!(shown(&[
            r#"Bearer realm="https://auth.example/token",service="r.example",scope="repository:a/b:pull,push""#,
            r#"basic realm = "a \"quoted\", word" , Negotiate, BEARER realm=https://x/t , error="invalid_token""#,
            "Negotiate abc/def==",
        ]), @r#"
        bearer {"realm": "https://auth.example/token", "scope": "repository:a/b:pull,push", "service": "r.example"}
        basic {"realm": "a \"quoted\", word"}
        negotiate {}
        bearer {"error": "invalid_token", "realm": "https://x/t"}
        negotiate {"abc/def": "="}
        "#);
    }

    #[test]
    fn what_is_no_challenge_is_passed_over() {
        for text in ["", ",,", "=", "\"", "realm=\"x\"", "é"] {
            assert_eq!(parse([text]), [], "{text}");
        }
        assert_eq!(shown(&["Basic realm=\"open"]), r#"basic {"realm": "open"}"#);
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(text in "\\PC{0,60}") {
            let _ = parse([text.as_str()]);
        }

        #[test]
        fn what_is_quoted_is_read_back(value in "[ -~]{0,40}", service in "[ -~]{1,20}") {
            let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("Bearer realm=\"{}\",service=\"{}\", Basic realm=\"x\"", quote(&value), quote(&service));
            let challenges = parse([text.as_str()]);
            prop_assert_eq!(challenges.len(), 2);
            prop_assert_eq!(challenges[0].parameters["realm"].as_str(), value.as_str());
            prop_assert_eq!(challenges[0].get("service"), Some(service.as_str()));
        }
    }
}
