//! The claims of micro and main tokens, as `docs/contract/tokens.md` fixes them.
//!
//! The issuer serialises these types and the issuer alone reads a [`MainClaims`] back. A verifier
//! never deserialises a token into them: it reads the claims of any issuer, one strict check at a
//! time, and ends with a [`Principal`](crate::Principal).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Header `typ` of a micro token (RFC 9068 section 2.1).
pub const MICRO_TYP: &str = "at+jwt";
/// Header `typ` of a main token.
pub const MAIN_TYP: &str = "main+jwt";
/// Claim `type` of a micro token.
pub const MICRO_TYPE: &str = "micro";
/// Claim `type` of a main token.
pub const MAIN_TYPE: &str = "main";
/// How the `sub` of a service account begins.
pub const SERVICE_ACCOUNT_PREFIX: &str = "svc:";

/// Claims of a micro token: short-lived, for one or more services, verified offline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MicroClaims {
    /// Issuer URL.
    pub iss: String,
    /// UUID of a person, or `svc:<name>` of a service account.
    pub sub: String,
    /// Audiences of the services it is for.
    pub aud: Vec<String>,
    /// Expiry, Unix seconds.
    pub exp: u64,
    /// Time of minting, Unix seconds.
    pub iat: u64,
    /// UUID of this token.
    pub jti: String,
    /// Session id; absent where there is no session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The registered client that asked for it (RFC 9068 section 2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Always [`MICRO_TYPE`].
    #[serde(rename = "type")]
    pub token_type: String,
    /// User name, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `true` for anonymous holders, absent for everybody else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anonymous: bool,
    /// Global roles by name, roles of a service as `service/name`.
    pub roles: Vec<String>,
    /// The strongest (lowest) level among those roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<i64>,
    /// Grants of the services in `aud`: `service:action`, which may end in `*`.
    pub permissions: Vec<String>,
    /// The permissions expanded against the catalogue, space-separated (RFC 9068 section 2.2.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// When the session was authenticated, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<u64>,
    /// How it was authenticated (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Class of that authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Who acts in the holder's name (RFC 8693 section 4.1); absent where the holder does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// Claims of the service's template and of the `before_token` hook.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A party that acts in somebody's name, and whom it received that from (RFC 8693 section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `svc:<name>` of a service account.
    pub sub: String,
    /// Who acted before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

/// Claims of a main token: long-lived, revocable, good for nothing but the issuer itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainClaims {
    /// Issuer URL.
    pub iss: String,
    /// The issuer itself.
    pub aud: String,
    /// UUID of the person.
    pub sub: String,
    /// Session id.
    pub sid: String,
    /// UUID of this token.
    pub jti: String,
    /// Time of issue, Unix seconds.
    pub iat: u64,
    /// Expiry, Unix seconds.
    pub exp: u64,
    /// Always [`MAIN_TYPE`].
    #[serde(rename = "type")]
    pub token_type: String,
    /// Rotation counter of the session when this token was made.
    pub ctr: u64,
}
