//! What images say of themselves and of their containers, as single facts with names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Change;
use crate::image::BaseImage;

/// A fact that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigChange {
    /// Which one: `env PATH`, `label org.opencontainers.image.version`, `cmd`.
    pub what: String,
    /// As the old image says it.
    pub old: Option<String>,
    /// As the new image says it.
    pub new: Option<String>,
}

impl ConfigChange {
    /// Whether it was added, removed or changed.
    pub fn change(&self) -> Change {
        match (&self.old, &self.new) {
            (None, Some(_)) => Change::Added,
            (Some(_), None) => Change::Removed,
            _ => Change::Changed,
        }
    }
}

/// By name.
type Facts = BTreeMap<String, String>;

/// Compares two image configurations, as JSON.
pub fn config_changes(old: &Value, new: &Value) -> Vec<ConfigChange> {
    changes(facts(old), facts(new))
}

pub(super) fn of_images(old: &BaseImage, new: &BaseImage) -> Vec<ConfigChange> {
    let all = |image: &BaseImage| {
        let mut facts = facts(image.config().json());
        let annotations = image.annotations().iter();
        facts.extend(annotations.map(|(key, value)| (format!("annotation {key}"), value.clone())));
        facts
    };
    changes(all(old), all(new))
}

fn changes(mut old: Facts, new: Facts) -> Vec<ConfigChange> {
    let mut changes: Vec<ConfigChange> = Vec::new();
    for (what, new) in new {
        let old = old.remove(&what);
        if old.as_ref() != Some(&new) {
            changes.push(ConfigChange { what, old, new: Some(new) });
        }
    }
    changes.extend(old.into_iter().map(|(what, old)| ConfigChange { what, old: Some(old), new: None }));
    changes.sort_by(|a, b| a.what.cmp(&b.what));
    changes
}

/// The layers are compared for themselves.
const OF_LAYERS: [&str; 2] = ["rootfs", "history"];

fn facts(json: &Value) -> Facts {
    let mut facts = Facts::new();
    let empty = Map::new();
    for (key, value) in json.as_object().unwrap_or(&empty) {
        match (key.as_str(), value.as_object()) {
            ("config", Some(config)) => config.iter().for_each(|(key, value)| add(&mut facts, key, value)),
            // Docker repeats there what stands in `config`.
            ("container_config", _) => {}
            (key, _) if OF_LAYERS.contains(&key) => {}
            (key, _) => drop(facts.insert(key.into(), text(value))),
        }
    }
    facts.retain(|_, value| value != "null");
    facts
}

/// Adds what stands under a key of `config`, variables and labels one by one.
fn add(facts: &mut Facts, key: &str, value: &Value) {
    match (key, value) {
        ("Env", Value::Array(variables)) => {
            for variable in variables.iter().filter_map(Value::as_str) {
                let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
                facts.insert(format!("env {name}"), value.into());
            }
        }
        ("Labels" | "ExposedPorts" | "Volumes", Value::Object(entries)) => {
            let name = match key {
                "Labels" => "label",
                "ExposedPorts" => "port",
                _ => "volume",
            };
            facts.extend(entries.iter().map(|(key, value)| (format!("{name} {key}"), text(value))));
        }
        _ => drop(facts.insert(words(key), text(value))),
    }
}

/// `StopSignal` as `stop signal`.
fn words(key: &str) -> String {
    let mut words = String::new();
    for (at, letter) in key.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) if map.is_empty() => String::new(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fact_of_a_configuration_is_compared_for_itself() {
        let old = json!({"architecture": "amd64", "created": "1970", "rootfs": {"diff_ids": [1]}, "config": {
            "Env": ["PATH=/bin", "A=1", "B"], "Labels": {"x": "1", "y": "1"}, "Cmd": ["foreground"],
            "ExposedPorts": {"80/tcp": {}}, "Healthcheck": null}});
        let new = json!({"architecture": "arm64", "created": "1970", "rootfs": {"diff_ids": [2]}, "config": {
            "Env": ["PATH=/bin", "A=2=3"], "Labels": {"x": "2", "y": "1"}, "Cmd": ["console"],
            "ExposedPorts": {"81/tcp": {}}, "StopSignal": "SIGQUIT"}});
        let line = |change: &ConfigChange| {
            let ConfigChange { what, old, new } = change;
            format!(
                "{:?} {what}: `{}` `{}`",
                change.change(),
                old.as_deref().unwrap_or("-"),
                new.as_deref().unwrap_or("-")
            )
        };
        let lines: Vec<String> = config_changes(&old, &new).iter().map(line).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Changed architecture: `amd64` `arm64`
        Changed cmd: `["foreground"]` `["console"]`
        Changed env A: `1` `2=3`
        Removed env B: `` `-`
        Changed label x: `1` `2`
        Removed port 80/tcp: `` `-`
        Added port 81/tcp: `-` ``
        Added stop signal: `-` `SIGQUIT`
        "#);
        assert_eq!(config_changes(&old, &old), []);
        assert_eq!(config_changes(&json!([]), &json!(null)), []);
    }
}
