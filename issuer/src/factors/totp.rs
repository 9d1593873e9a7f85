//! Codes of authenticator apps: HOTP (RFC 4226) over the time (RFC 6238), with what every app can do:
//! HMAC-SHA-1, six digits, steps of 30 seconds.
//!
//! These few lines stand here, and no crate does, because the HMAC is that of `aws-lc-rs`, which is
//! here anyway, and the rest is a table of the RFC: its test vectors are below. What is hard about
//! TOTP, that a step is good once across replicas, no crate could do.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::clock::UnixSeconds;
use crate::random::{self, Random, RandomError};

/// Seconds of a step.
pub const STEP: i64 = 30;

/// Steps before and after the present one whose codes are good: clocks differ, and people are slow
/// (RFC 6238 section 5.2).
pub const WINDOW: i64 = 1;

/// Digits of a code.
pub const DIGITS: usize = 6;

/// Bytes of a secret: as long as the hash, as RFC 4226 section 4 recommends.
const SECRET_LENGTH: usize = 20;

/// What is encoded in a URI: all that is not unreserved (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What an app and this issuer share.
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

impl TotpSecret {
    /// A fresh one.
    ///
    /// # Errors
    /// There are no random numbers.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        Ok(Self(Zeroizing::new(random::bytes::<SECRET_LENGTH>(random)?.to_vec())))
    }

    /// One that was stored.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be wrapped.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it: base32 (RFC 4648) without padding.
    #[must_use]
    pub fn base32(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// As apps read it from a QR code: an `otpauth` URI, as Google's app defined it and all others
    /// read it.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let escape = |text| utf8_percent_encode(text, RESERVED);
        let (issuer, account) = (escape(issuer), escape(account));
        let secret = self.base32();
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1\
             &digits={DIGITS}&period={STEP}",
            *secret
        ))
    }

    /// The code of a step.
    #[must_use]
    pub fn code(&self, step: i64) -> Zeroizing<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        // RFC 4226 section 5.3: four bytes where the last one says, without the sign.
        let offset = usize::from(tag.last().copied().unwrap_or_default() & 15);
        let four = tag.get(offset..).and_then(|rest| rest.first_chunk()).copied();
        let number = u32::from_be_bytes(four.unwrap_or_default()) & 0x7fff_ffff;
        Zeroizing::new(format!("{:0DIGITS$}", number % 1_000_000))
    }

    /// The youngest step near `now` whose code this is. Every step of the window is computed,
    /// whatever the first ones say.
    #[must_use]
    pub fn step_of(&self, code: &str, now: UnixSeconds) -> Option<i64> {
        let present = now.div_euclid(STEP);
        let is_code = |step: i64| {
            verify_slices_are_equal(self.code(step).as_bytes(), code.as_bytes()).is_ok()
        };
        (present - WINDOW..=present + WINDOW)
            .fold(None, |found, step| if is_code(step) { Some(step) } else { found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    #[test]
    fn the_vectors_of_rfc_4226_appendix_d() {
        let codes = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489";
        for (count, code) in (0..).zip(codes.split(' ')) {
            assert_eq!(*secret().code(count), code);
        }
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b() {
        // Of the eight digits there, the last six.
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(*secret().code(time / STEP), code);
            assert_eq!(secret().step_of(code, time), Some(time / STEP));
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_before_and_after_its_own() {
        let code = secret().code(100);
        for (now, good) in [(2969, false), (2970, true), (3000, true), (3059, true), (3060, false)]
        {
            assert_eq!(secret().step_of(&code, now), good.then_some(100), "{now}");
        }
        for bad in ["", "0", "0000000", "٠٠٠٠٠٠", " 84755"] {
            assert_eq!(secret().step_of(bad, 3000), None, "{bad}");
        }
    }

    #[test]
    fn the_uri_escapes_names() {
        let uri = secret().uri("id.example.com", "ä b:c&d");
        assert_eq!(
            *uri,
            "otpauth://totp/id.example.com:%C3%A4%20b%3Ac%26d?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=id.example.com&algorithm=SHA1&digits=6&period=30"
        );
    }
}
