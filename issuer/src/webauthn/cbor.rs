//! CBOR (RFC 8949), as strictly as CTAP 2 writes it: no member twice, nothing after the end.

use ciborium::Value;
use ciborium::de::from_reader_with_recursion_limit;

use super::Fault;

/// Levels of an attestation object, with room for what extensions say.
const DEPTH: usize = 8;

/// Most members of a map; what is asked for has five.
const MEMBERS: usize = 64;

/// The first item, and what comes after it.
pub(super) fn first(bytes: &[u8]) -> Result<(Value, &[u8]), Fault> {
    let mut rest = bytes;
    let value: Value =
        from_reader_with_recursion_limit(&mut rest, DEPTH).map_err(|_| Fault::Cbor)?;
    if says_a_thing_twice(&value) { Err(Fault::Cbor) } else { Ok((value, rest)) }
}

/// The only item.
pub(super) fn only(bytes: &[u8]) -> Result<Value, Fault> {
    match first(bytes)? {
        (value, []) => Ok(value),
        _ => Err(Fault::Trailing),
    }
}

/// The members of a map.
pub(super) fn map(value: Value) -> Result<Vec<(Value, Value)>, Fault> {
    value.into_map().map_err(|_| Fault::Cbor)
}

fn says_a_thing_twice(value: &Value) -> bool {
    match value {
        Value::Map(members) => {
            members.len() > MEMBERS
                || members.iter().enumerate().any(|(place, (name, value))| {
                    members.iter().take(place).any(|(before, _)| before == name)
                        || says_a_thing_twice(name)
                        || says_a_thing_twice(value)
                })
        }
        Value::Array(items) => items.iter().any(says_a_thing_twice),
        Value::Tag(_, value) => says_a_thing_twice(value),
        // The crate's type is open to more kinds; the rest hold nothing.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_refused() {
        for (bytes, fault) in [
            (&[][..], Fault::Cbor),
            (&[0x41], Fault::Cbor),
            (&[0xa1, 0x01], Fault::Cbor),
            (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Fault::Cbor),
            (&[0x9b, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Fault::Cbor),
            (&[0x81; 100], Fault::Cbor),
            (&[0xa2, 0x01, 0x02, 0x01, 0x02], Fault::Cbor),
            (&[0xa1, 0x01, 0xa2, 0x61, b'a', 0x02, 0x61, b'a', 0x03], Fault::Cbor),
            (&[0xa0, 0x00], Fault::Trailing),
        ] {
            assert_eq!(only(bytes), Err(fault), "{bytes:x?}");
        }
        assert_eq!(only(&[0xa0]), Ok(Value::Map(Vec::new())));
        assert_eq!(first(&[0x01, 0x02]), Ok((Value::from(1), &[2][..])));
    }
}
