//! Bodies that change parts of something: what is absent stays as it is, `null` takes away.

use serde::{Deserialize, Deserializer};

/// Reads a field that is there. With `#[serde(default, deserialize_with = "present")]` an
/// `Option<T>` is `None` only where the field is absent: for a plain `T` its `null` is refused, for
/// an `Option` within it is `Some(None)`.
///
/// # Errors
/// It has another type.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
