//! The header that was read last. Nearly all tokens of an issuer begin alike, and what begins alike
//! needs no second reading.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::jws::Header;

/// What a verifier remembers of headers.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    last: Mutex<Option<Known>>,
    /// How many were numbered.
    count: AtomicU64,
}

#[derive(Debug)]
struct Known {
    /// As it came, in base64url, which has one spelling for it.
    segment: Box<str>,
    header: Arc<Header>,
}

impl Headers {
    /// The header that was read from exactly this text.
    pub(crate) fn find(&self, segment: &str) -> Option<Arc<Header>> {
        // Who has to wait for another thread may as well read the header.
        let last = self.last.try_lock().ok()?;
        let known = last.as_ref().filter(|known| *known.segment == *segment)?;
        Some(Arc::clone(&known.header))
    }

    /// Remembers the header of a token that was proved. One of a token that was not could be
    /// anybody's, who would have the issuer's forgotten.
    pub(crate) fn remember(&self, segment: &str, header: &Arc<Header>) {
        if let Ok(mut last) = self.last.try_lock()
            && !last.as_ref().is_some_and(|known| Arc::ptr_eq(&known.header, header))
        {
            *last = Some(Known { segment: segment.into(), header: Arc::clone(header) });
        }
    }

    /// A number for a header, above 0.
    pub(crate) fn number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::VerifyError;
    use crate::jws::UntrustedToken;

    #[test]
    fn only_the_same_text_is_the_same_header() -> Result<(), VerifyError> {
        let headers = Headers::default();
        let read =
            |token: &'static str| UntrustedToken::parse_knowing(token.as_bytes(), 100, &headers);
        let first = read("eyJhbGciOiJ4In0.e30.AA")?;
        assert_eq!((first.header.alg.as_str(), first.header.number), ("x", 1));
        assert!(headers.find(first.header_segment).is_none(), "nothing was proved yet");
        headers.remember(first.header_segment, &first.header);
        let again = read("eyJhbGciOiJ4In0.e30.AQ")?;
        assert!(Arc::ptr_eq(&first.header, &again.header));
        // One space more.
        let other = read("eyJhbGciOiAieCJ9.e30.AA")?;
        assert_eq!((other.header.alg.as_str(), other.header.number > 1), ("x", true));
        // What follows a known header is read as strictly.
        assert!(read("eyJhbGciOiJ4In0.e31.AA").is_err());
        assert!(read("eyJhbGciOiJ4In0.e30.AB").is_err());
        assert!(read("eyJhbGciOiJ4In1.e30.AA").is_err());
        Ok(())
    }
}
