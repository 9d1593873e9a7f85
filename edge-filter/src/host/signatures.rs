//! Signatures computed by the proxy's own library, where it has a call for that.

use std::sync::atomic::{AtomicBool, Ordering};

use laika_proxy_abi::calls::{self, Level, Refusal};
use laika_verifier::Algorithm;
use laika_verifier::signature::{Host, PublicKey};

use super::log;
use crate::signatures;

/// The proxy as who computes.
#[derive(Debug, Default)]
pub(super) struct Proxy {
    /// Whether it has said that it has no such call: then it is not asked again.
    cannot: AtomicBool,
    /// Whether it was said in the log who computes.
    said: AtomicBool,
}

impl Proxy {
    /// Once is enough.
    fn say(&self, line: &str) {
        if !self.said.swap(true, Ordering::Relaxed) {
            log(Level::Info, line);
        }
    }
}

impl Host for Proxy {
    fn verifies(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        if self.cannot.load(Ordering::Relaxed) {
            return None;
        }
        let question = signatures::question(key, algorithm, message, signature)?;
        match calls::ask(signatures::NAME, &question) {
            Ok(answer) if answer.is_empty() => None,
            Ok(answer) => {
                self.say("the proxy computes signatures of RSA (PKCS#1) and ECDSA");
                Some(signatures::holds(&answer))
            }
            Err(Refusal::NotFound) => {
                self.say("the module computes all signatures: the proxy has no call for them");
                self.cannot.store(true, Ordering::Relaxed);
                None
            }
            Err(Refusal::Other(_)) => None,
        }
    }
}
