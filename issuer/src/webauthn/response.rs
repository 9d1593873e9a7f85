//! What a browser brings, as JSON: what `PublicKeyCredential.toJSON()` writes (Level 3, section 5.1).
//!
//! Unlike our own bodies these may hold more than is read: browsers write what they know, extensions
//! and hints of how an authenticator is reached, and newer ones know more.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Fault, MAX_CREDENTIAL_ID, decode};

/// A new passkey. Members besides these are passed over.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct RegistrationResponse {
    /// The passkey's id, base64url.
    pub(super) id: String,
    /// The same.
    #[serde(rename = "rawId")]
    pub(super) raw_id: String,
    /// `public-key`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// What browser and authenticator say.
    pub(super) response: AttestationResponse,
}

/// What browser and authenticator say of a new passkey; both base64url.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AttestationResponse {
    /// The browser's word.
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: String,
    /// The authenticator's word.
    #[serde(rename = "attestationObject")]
    pub(super) attestation: String,
}

/// A passkey that is used. Members besides these are passed over.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AuthenticationResponse {
    /// The passkey's id, base64url.
    pub(super) id: String,
    /// The same.
    #[serde(rename = "rawId")]
    pub(super) raw_id: String,
    /// `public-key`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// What browser and authenticator say.
    pub(super) response: AssertionResponse,
}

/// What browser and authenticator say of a passkey that is used; all base64url.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct AssertionResponse {
    /// The browser's word.
    #[serde(rename = "clientDataJSON")]
    pub(super) client_data: String,
    /// The authenticator's word.
    #[serde(rename = "authenticatorData")]
    pub(super) authenticator_data: String,
    /// The signature over both.
    pub(super) signature: String,
    /// Whose passkey it is; needed where nobody said who signs in.
    #[serde(rename = "userHandle")]
    pub(super) user_handle: Option<String>,
}

/// The id of a credential that is one.
pub(super) fn credential_id(id: &str, raw_id: &str, kind: &str) -> Result<Vec<u8>, Fault> {
    if kind != "public-key" || id != raw_id {
        return Err(Fault::Credential);
    }
    let id = decode(raw_id)?;
    if (1..=MAX_CREDENTIAL_ID).contains(&id.len()) { Ok(id) } else { Err(Fault::IdLength) }
}
