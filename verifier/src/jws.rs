//! The compact form of a JWS (RFC 7515 section 7.1), read strictly.

use std::fmt;
use std::sync::Arc;

use laika_claims::ErrorCode;
use laika_claims::json::{self, Object, TOKEN_LIMITS};
use serde_json::{Map, Value};

use crate::error::VerifyError;
use crate::headers::Headers;
use laika_signature::base64url;

/// The longest header, in bytes of its base64url text.
pub const MAX_HEADER: usize = 4096;
/// The longest `kid`, in bytes.
pub const MAX_KID: usize = 256;

/// A token whose form is right. Nothing it says has been proved.
#[derive(Debug)]
pub struct UntrustedToken<'a> {
    /// The header's members of which a verifier takes notice.
    pub header: Arc<Header>,
    /// The header as it came, in base64url.
    pub(crate) header_segment: &'a str,
    /// Header and payload as they were signed.
    pub signing_input: &'a [u8],
    /// The decoded payload. Not necessarily JSON.
    pub payload: Vec<u8>,
    /// The decoded signature.
    pub signature: Vec<u8>,
}

/// A header whose form is right. `jwk`, `jku`, `x5u` and `x5c` are not looked at: a token does not
/// choose its key.
#[derive(Debug, Clone)]
pub struct Header {
    /// `alg`, whatever it names.
    pub alg: String,
    /// `kid`.
    pub kid: Option<String>,
    /// `typ`.
    pub typ: Option<String>,
    /// Every member.
    pub members: Map<String, Value>,
    /// The header as JSON text.
    pub text: String,
    /// Tells it from every other header that its verifier has read; 0 where nobody asked.
    pub(crate) number: u64,
}

impl<'a> UntrustedToken<'a> {
    /// Reads exactly three canonical base64url segments and a header without duplicate members.
    ///
    /// # Errors
    /// `token_missing`, `token_too_large`, `token_malformed`, `critical_header_unsupported`.
    pub fn parse(token: &'a str, max_size: usize) -> Result<Self, VerifyError> {
        Self::read(token.as_bytes(), max_size, None)
    }

    /// As [`UntrustedToken::parse`], by a verifier that knows some headers already.
    pub(crate) fn parse_knowing(
        token: &'a [u8],
        max_size: usize,
        headers: &Headers,
    ) -> Result<Self, VerifyError> {
        Self::read(token, max_size, Some(headers))
    }

    fn read(
        token: &'a [u8],
        max_size: usize,
        headers: Option<&Headers>,
    ) -> Result<Self, VerifyError> {
        if token.is_empty() {
            return Err(VerifyError::new(
                ErrorCode::TokenMissing,
                format_args!("the token is empty"),
            ));
        }
        if token.len() > max_size {
            return Err(VerifyError::new(
                ErrorCode::TokenTooLarge,
                format_args!(
                    "the token has {} bytes, more than the {max_size} accepted",
                    token.len()
                ),
            ));
        }
        let not_compact =
            || malformed(format_args!("a token is three base64url segments joined by dots"));
        let token = std::str::from_utf8(token).map_err(|_| not_compact())?;
        let (signing_input, signature) = token.rsplit_once('.').ok_or_else(not_compact)?;
        let (header, payload) = signing_input.split_once('.').ok_or_else(not_compact)?;
        if payload.contains('.') || header.is_empty() || payload.is_empty() || signature.is_empty()
        {
            return Err(not_compact());
        }
        if header.len() > MAX_HEADER {
            return Err(malformed(format_args!("the header is longer than 4096 bytes")));
        }
        let not_base64 = |what| malformed(format_args!("the {what} is not canonical base64url"));
        let segment = header;
        let known = match headers.and_then(|headers| headers.find(segment)) {
            Some(header) => Ok(header),
            None => Err(base64url::decode(segment).ok_or_else(|| not_base64("header"))?),
        };
        let payload = base64url::decode(payload).ok_or_else(|| not_base64("payload"))?;
        let signature = base64url::decode(signature).ok_or_else(|| not_base64("signature"))?;
        let number = headers.map_or(0, Headers::number);
        let header = known.or_else(|bytes| Header::parse(bytes, number).map(Arc::new))?;
        let signing_input = signing_input.as_bytes();
        Ok(Self { header, header_segment: segment, signing_input, payload, signature })
    }
}

impl UntrustedToken<'_> {
    /// Reads the payload, which is taken out of the token: one JSON object in UTF-8, without duplicate
    /// members. A verifier calls it only after the signature holds.
    ///
    /// # Errors
    /// `token_malformed`.
    pub fn read_payload(&mut self) -> Result<Object, VerifyError> {
        Object::parse(std::mem::take(&mut self.payload), TOKEN_LIMITS).map_err(|error| {
            malformed(format_args!("the payload is not strict JSON: {}", error.message))
        })
    }
}

impl Header {
    fn parse(bytes: Vec<u8>, number: u64) -> Result<Self, VerifyError> {
        let members = json::parse_object(&bytes, TOKEN_LIMITS)
            .map_err(|error| malformed(format_args!("the header is not strict JSON: {error}")))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| malformed(format_args!("the header is not UTF-8")))?;
        let member = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(malformed(format_args!("the header member `{name}` is not a string"))),
        };
        let alg =
            member("alg")?.ok_or_else(|| malformed(format_args!("the header has no `alg`")))?;
        let kid = member("kid")?;
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(malformed(format_args!(
                "the header member `kid` is longer than 256 bytes"
            )));
        }
        let typ = member("typ")?;
        // RFC 7515 section 4.1.11: what must be understood and isn't, makes the token invalid.
        // `b64` (RFC 7797) changes what is signed, whether or not `crit` says so.
        if let Some(name) = ["crit", "b64"].into_iter().find(|name| members.contains_key(*name)) {
            return Err(VerifyError::new(
                ErrorCode::CriticalHeaderUnsupported,
                format_args!("the header has `{name}`, and no extension is supported"),
            ));
        }
        Ok(Self { alg, kid, typ, members, text, number })
    }
}

fn malformed(message: fmt::Arguments<'_>) -> VerifyError {
    VerifyError::new(ErrorCode::TokenMalformed, message)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn code(token: &str) -> ErrorCode {
        UntrustedToken::parse(token, 16_384).unwrap_err().code()
    }

    fn with_header(header: &str) -> String {
        format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn three_canonical_segments_and_nothing_else() {
        let good = with_header(r#"{"alg":"x","kid":"k","typ":"t"}"#);
        let token = UntrustedToken::parse(&good, 16_384).unwrap();
        assert_eq!(token.header.alg, "x");
        assert_eq!(token.payload, b"{}");
        assert_eq!(token.signature, [0]);
        assert!(good.as_bytes().starts_with(token.signing_input));
        assert_eq!(code(""), ErrorCode::TokenMissing);
        let extra =
            [format!("{good}."), format!(".{good}"), format!("{good} "), format!(" {good}")];
        let cut = [
            ".e30.AA",
            "e30..AA",
            "e30.e30.",
            "e30.e30",
            "e30",
            "..",
            ".",
            "e30.e30.AB",
            "e30.e30.AA==",
        ];
        for bad in extra.iter().map(String::as_str).chain(cut) {
            assert_eq!(code(bad), ErrorCode::TokenMalformed, "{bad:?}");
        }
    }

    #[test]
    fn limits_hold_exactly() {
        let good = with_header(r#"{"alg":"x"}"#);
        assert!(UntrustedToken::parse(&good, good.len()).is_ok());
        let error = UntrustedToken::parse(&good, good.len() - 1).unwrap_err();
        assert_eq!(error.code(), ErrorCode::TokenTooLarge);
        let kid = |n: usize| with_header(&format!(r#"{{"alg":"x","kid":"{}"}}"#, "k".repeat(n)));
        assert!(UntrustedToken::parse(&kid(256), 16_384).is_ok());
        assert_eq!(code(&kid(257)), ErrorCode::TokenMalformed);
        let padded = |n: usize| with_header(&format!(r#"{{"alg":"x","a":"{}"}}"#, "a".repeat(n)));
        let longest =
            (1..4096).rev().find(|n| padded(*n).find('.').unwrap() <= MAX_HEADER).unwrap();
        assert!(UntrustedToken::parse(&padded(longest), 16_384).is_ok());
        assert_eq!(code(&padded(longest + 1)), ErrorCode::TokenMalformed);
    }

    #[test]
    fn headers_are_strict() {
        for header in [
            "",
            "[]",
            "{}",
            r#"{"alg":1}"#,
            r#"{"alg":"x","alg":"x"}"#,
            r#"{"alg":"x","kid":1}"#,
            r#"{"alg":"x","typ":null}"#,
            r#"{"alg":"x"} x"#,
            r#"{"alg":"x","a":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"#,
        ] {
            assert_eq!(code(&with_header(header)), ErrorCode::TokenMalformed, "{header}");
        }
        for header in [
            r#"{"alg":"x","crit":["exp"]}"#,
            r#"{"alg":"x","crit":[]}"#,
            r#"{"alg":"x","crit":null}"#,
            r#"{"alg":"x","b64":false}"#,
        ] {
            assert_eq!(
                code(&with_header(header)),
                ErrorCode::CriticalHeaderUnsupported,
                "{header}"
            );
        }
    }
}
