//! A token after every check has passed.

use std::sync::Arc;

use laika_claims::{Permission, Principal, Timestamp};
use serde_json::{Map, Value};

use crate::checks::{Checked, Times};
use crate::jws::Header;
use crate::status;

/// A token that a [`Verifier`](crate::Verifier) has proved: signature, claims, times.
///
/// Cloning is cheap. There is no other way to get one than to have it verified.
#[derive(Debug, Clone)]
pub struct VerifiedToken(Arc<Proved>);

#[derive(Debug)]
struct Proved {
    serial: u64,
    issuer: usize,
    header: Arc<Header>,
    checked: Checked,
}

impl VerifiedToken {
    pub(crate) fn new(serial: u64, issuer: usize, header: Arc<Header>, checked: Checked) -> Self {
        Self(Arc::new(Proved { serial, issuer, header, checked }))
    }

    /// Tells it from every other token of its verifier; the same as long as it comes from the
    /// cache.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.0.serial
    }

    /// Index of the issuer in the options.
    pub(crate) fn issuer_index(&self) -> usize {
        self.0.issuer
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.header.kid.as_deref()
    }

    pub(crate) fn times(&self) -> Times {
        self.0.checked.times
    }

    pub(crate) fn status(&self) -> Option<&status::Claim> {
        self.0.checked.status.as_ref()
    }

    /// The members of the header.
    #[must_use]
    pub fn header(&self) -> &Map<String, Value> {
        &self.0.header.members
    }

    /// The header as it was written: strict JSON.
    #[must_use]
    pub fn header_text(&self) -> &str {
        &self.0.header.text
    }

    /// Tells its header from every other that its verifier has read: what has the same number has
    /// the same text.
    #[must_use]
    pub fn header_number(&self) -> u64 {
        self.0.header.number
    }

    /// Whether issuer, subject, permissions and roles are nothing but the claims `iss`, `sub`,
    /// `permissions` and `roles`, the last two empty where they are absent.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.0.checked.plain
    }

    /// The payload as it was written: strict JSON.
    #[must_use]
    pub fn payload_text(&self) -> &str {
        self.0.checked.principal.claims.text()
    }

    /// Whom it speaks for.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.0.checked.principal
    }

    /// Every claim.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.0.checked.principal.claims
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.checked.principal.issuer
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.checked.principal.subject
    }

    /// When it expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.checked.times.exp
    }

    /// Whether its holder has `permission`.
    #[must_use]
    pub fn can(&self, permission: &Permission) -> bool {
        self.0.checked.principal.can(permission)
    }
}
