//! Providers that the library is given.

use std::future::Future;
use std::pin::Pin;

/// What a provider returns.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<Vec<String>, ProviderError>> + Send + 'a>>;

/// Says what holders may do at a service; given to the library by
/// [`Builder::permission_provider`](crate::issuer::Builder::permission_provider).
///
/// It is asked at every minting of a token for its service, so it should answer within milliseconds,
/// and keep what it knows itself. Of what it says, permissions of its own service count; others are
/// dropped.
pub trait PermissionProvider: Send + Sync {
    /// What `subject` may do at `service`: permissions such as `storage:read`, or `storage:*`.
    /// `subject` is claim `sub`: the UUID of a person, or `svc:<name>`.
    ///
    /// # Errors
    /// It can't be told; then no token is made, and whoever asked may try again.
    fn permissions<'a>(&'a self, service: &'a str, subject: &'a str) -> Asked<'a>;
}

/// Why it can't be told; for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProviderError(String);

impl ProviderError {
    /// For this reason, which must hold no secret.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
