//! A token after every check has passed.

use std::sync::Arc;

use laika_claims::{Permission, Principal, Timestamp};
use serde_json::{Map, Value};

use crate::jws::Header;

/// A token that a [`Verifier`](crate::Verifier) has proved: signature, claims, times.
///
/// Cloning is cheap. There is no other way to get one than to have it verified.
#[derive(Debug, Clone)]
pub struct VerifiedToken(Arc<Proved>);

#[derive(Debug)]
struct Proved {
    header: Header,
    payload_text: String,
    principal: Principal,
    expires_at: Timestamp,
}

impl VerifiedToken {
    pub(crate) fn new(
        header: Header,
        payload_text: String,
        principal: Principal,
        expires_at: Timestamp,
    ) -> Self {
        Self(Arc::new(Proved { header, payload_text, principal, expires_at }))
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

    /// The payload as it was written: strict JSON.
    #[must_use]
    pub fn payload_text(&self) -> &str {
        &self.0.payload_text
    }

    /// Whom it speaks for.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// Every claim.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.0.principal.claims
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.principal.issuer
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.principal.subject
    }

    /// When it expires.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    /// Whether its holder has `permission`.
    #[must_use]
    pub fn can(&self, permission: &Permission) -> bool {
        self.0.principal.can(permission)
    }
}
