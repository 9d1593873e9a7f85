//! base64url without padding, in its one canonical spelling (RFC 7515 section 2, RFC 4648
//! section 5): no padding, no white space, no other alphabet, and zero bits at the end.

/// What each byte stands for; [`NONE`] for what stands for nothing.
const VALUES: [u8; 256] = values();
/// Of no character: it has a bit that no value has.
const NONE: u8 = 0x80;

/// The bytes of `text`, or `None` when it is not canonical.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    let rest_length = match rest.len() {
        0 => 0,
        1 => return None,
        more => more - 1,
    };
    let mut bytes = vec![0; groups.len() * 3 + rest_length];
    let (triples, tail) = bytes.as_chunks_mut::<3>();
    // Looked at once, when all is read.
    let mut seen = 0;
    for (group, triple) in groups.iter().zip(triples) {
        let [a, b, c, d] = group;
        let (a, b, c, d) = (value(*a), value(*b), value(*c), value(*d));
        seen |= a | b | c | d;
        *triple = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    }
    // What is left over of the last character must be zero.
    let spare = match (padded(rest), tail) {
        ([a, b, _], [first]) => {
            seen |= a | b;
            *first = a << 2 | b >> 4;
            b << 4
        }
        ([a, b, c], [first, second]) => {
            seen |= a | b | c;
            (*first, *second) = (a << 2 | b >> 4, b << 4 | c >> 2);
            c << 6
        }
        _ => 0,
    };
    (seen & NONE == 0 && spare == 0).then_some(bytes)
}

/// The values of at most three characters.
fn padded(rest: &[u8]) -> [u8; 3] {
    let mut values = [0; 3];
    for (value_of, byte) in values.iter_mut().zip(rest) {
        *value_of = value(*byte);
    }
    values
}

#[inline]
fn value(byte: u8) -> u8 {
    // The table has a place for every byte.
    VALUES.get(usize::from(byte)).copied().unwrap_or(NONE)
}

#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which would refuse it")]
const fn values() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn it_agrees_with_another_reader_on_every_pair_of_bytes_and_every_length() {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(151)).collect();
            assert_eq!(decode(&URL_SAFE_NO_PAD.encode(&bytes)), Some(bytes));
        }
        for (a, b) in (0..=127_u8).flat_map(|a| (0..=127_u8).map(move |b| (a, b))) {
            let (a, b) = (char::from(a), char::from(b));
            for text in
                [format!("{a}{b}"), format!("A{a}{b}"), format!("{a}A{b}A"), format!("AAAA{a}{b}")]
            {
                assert_eq!(decode(&text), URL_SAFE_NO_PAD.decode(&text).ok(), "{text:?}");
            }
        }
    }

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert_eq!(decode("").unwrap(), b"");
        assert_eq!(decode("_-8").unwrap(), [0xff, 0xef]);
        for bad in ["_-9", "_-8=", "/+8", "_-8 ", " _-8", "_-\n8", "A", "AB\0A", "AAAAA", "é"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }
}
