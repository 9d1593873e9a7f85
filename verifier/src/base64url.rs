//! base64url without padding, in its one canonical spelling (RFC 7515 section 2, RFC 4648
//! section 5): no padding, no white space, no other alphabet, and zero bits at the end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes of `text`, or `None` when it is not canonical.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert_eq!(decode("").unwrap(), b"");
        assert_eq!(decode("_-8").unwrap(), [0xff, 0xef]);
        for bad in ["_-9", "_-8=", "/+8", "_-8 ", " _-8", "_-\n8", "A", "AB\0A", "AAAAA", "é"] {
            assert_eq!(decode(bad), None, "{bad:?}");
        }
    }
}
