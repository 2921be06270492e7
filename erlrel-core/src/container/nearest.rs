//! Which of several names somebody probably meant.

/// The name that is most like `text`, if one is like it: a third of its characters may be wrong, and at least one.
pub(super) fn nearest<'a>(text: &str, names: &[&'a str]) -> Option<&'a str> {
    let most = (text.chars().count() / 3).max(1);
    let distances = names.iter().map(|name| (distance(text, name), *name));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

/// How many characters must be put in, taken out or replaced to make one of the other (Levenshtein's distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, c) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (at, there) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(c != *there);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_few_wrong_letters_is_recognised() {
        let names = ["base", "env", "env_file", "labels", "volumes", "cmd"];
        for (text, meant) in [
            ("bse", Some("base")),
            ("label", Some("labels")),
            ("envs", Some("env")),
            ("envfile", Some("env_file")),
            ("valumes", Some("volumes")),
            ("cdm", None),
            ("x", None),
            ("", None),
            ("ports", None),
        ] {
            assert_eq!(nearest(text, &names), meant, "{text}");
        }
    }
}
