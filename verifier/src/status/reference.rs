//! The claim `status` of a token (draft-ietf-oauth-status-list section 6).

use serde_json::Value;

/// A slot of a status list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Where the list is.
    pub(crate) uri: String,
    /// Which of its slots.
    pub(crate) index: u64,
}

/// What the claim says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Claim {
    /// A slot.
    List(Reference),
    /// Only mechanisms that are not known here.
    Unknown,
}

impl Claim {
    /// Reads the claim, or `None` when it has not the form it should have.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let Some(list) = value.as_object()?.get("status_list") else {
            return Some(Self::Unknown);
        };
        let list = list.as_object()?;
        let uri = list.get("uri")?.as_str()?.to_owned();
        Some(Self::List(Reference { uri, index: list.get("idx")?.as_u64()? }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slot_is_an_index_and_a_uri() {
        let slot = |idx: Value| json!({ "status_list": { "idx": idx, "uri": "https://a/0" } });
        let reference = Reference { uri: "https://a/0".to_owned(), index: 7 };
        assert_eq!(Claim::read(&slot(json!(7))), Some(Claim::List(reference)));
        assert_eq!(Claim::read(&json!({ "other": 1 })), Some(Claim::Unknown));
        for bad in [
            json!(null),
            json!([]),
            json!("x"),
            json!({ "status_list": null }),
            json!({ "status_list": { "idx": 1 } }),
            json!({ "status_list": { "uri": "https://a/0" } }),
            json!({ "status_list": { "idx": 1, "uri": 1 } }),
            slot(json!(-1)),
            slot(json!(1.5)),
            slot(json!("1")),
        ] {
            assert_eq!(Claim::read(&bad), None, "{bad}");
        }
    }
}
