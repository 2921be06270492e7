//! Canonical JSON: the same value always gives the same bytes.

use serde_json::Value;

/// `value` as compact JSON with the keys of all objects in the order of their bytes.
///
/// Digests are digests of these bytes. The sort is explicit because another crate of the same build may
/// switch serde_json to insertion order, and oci-spec's maps have no order at all.
pub(crate) fn canonical(mut value: Value) -> Vec<u8> {
    value.sort_all_objects();
    value.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = serde_json::json!({"b": [{"z": 1, "a": {}}], "B": null, "a": "ü\n"});
        assert_eq!(canonical(value), r#"{"B":null,"a":"ü\n","b":[{"a":{},"z":1}]}"#.as_bytes());
    }
}
