//! Files of variables, in the format of `docker run --env-file`: a line is `NAME=VALUE`, with every character behind
//! the `=` taken as it is, quotes too; or `NAME`, which stands for the variable of the environment; or empty, or a
//! comment that begins with `#`.

use std::path::Path;

use super::ContainerError;
use crate::environment::Environment;
use crate::fs;

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Variables {
    /// In the order of the file.
    pub(super) set: Vec<(String, String)>,
    /// Those that the environment was to have, and has not.
    pub(super) unset: Vec<String>,
}

/// Reads a file.
///
/// # Errors
/// [`ContainerError::EnvFile`], which names the line and never shows it: it may hold a secret.
pub(super) fn read(path: &Path, environment: &Environment) -> Result<Variables, ContainerError> {
    let error = |why: String| ContainerError::EnvFile { path: path.into(), why };
    let bytes = fs::read(path).map_err(|failed| error(failed.source.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| error("it is not UTF-8".into()))?;
    parse(&text, environment).map_err(error)
}

/// Linux takes 128 KiB for a variable, with its name and a zero byte.
const LONGEST_VALUE: usize = 130_000;

fn parse(text: &str, environment: &Environment) -> Result<Variables, String> {
    let mut variables = Variables::default();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').map_or((line, None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '\0') {
            let number = index + 1;
            return Err(format!(
                "line {number}: a variable has a name, and no white space in it or behind it"
            ));
        }
        if value.is_some_and(|value| value.contains('\0') || value.len() > LONGEST_VALUE) {
            let number = index + 1;
            return Err(format!("line {number}: a value has no zero byte and at most {LONGEST_VALUE} bytes"));
        }
        let there = || environment.iter().find(|(there, _)| *there == name).map(|(_, value)| value);
        match value.or_else(there) {
            Some(value) => variables.set.push((name.into(), value.into())),
            None => variables.unset.push(name.into()),
        }
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn environment() -> Environment {
        [("HERE", "1 2"), ("EMPTY", "")]
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .into_iter()
            .collect()
    }

    #[test]
    fn lines_are_read_as_docker_reads_them() {
        let text =
            "\u{feff}# a comment\n\n  A=1\r\nB=\"two\" # three \nC=a=b\nD=\nHERE\nEMPTY\nGONE\n\t#x=y\n";
        let variables = parse(text, &environment()).expect("variables");
        let set: Vec<String> = variables.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(set, ["A=1", "B=\"two\" # three ", "C=a=b", "D=", "HERE=1 2", "EMPTY="]);
        assert_eq!(variables.unset, ["GONE"]);
    }

    #[test]
    fn a_mistake_is_told_without_what_stands_there() {
        for bad in ["A=1\nMY PASS=secret", "\n=secret", "A=1\nexport secret=1"] {
            let why = parse(bad, &environment()).expect_err(bad);
            assert_eq!(why, "line 2: a variable has a name, and no white space in it or behind it");
        }
    }

    proptest! {
        #[test]
        fn every_value_comes_back_as_it_was_written(value in "[^\\r\\n\\x00]{0,40}") {
            let variables = parse(&format!("NAME={value}\n"), &Environment::default()).expect("a variable");
            prop_assert_eq!(variables.set, [("NAME".to_string(), value)]);
        }
    }
}
