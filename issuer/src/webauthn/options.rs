//! What a browser is asked for, as JSON: what `PublicKeyCredential.parseCreationOptionsFromJSON()` and
//! `parseRequestOptionsFromJSON()` read (Level 3, section 5.1).

use schemars::JsonSchema;
use serde::Serialize;

use super::cose::Algorithm;
use super::{Challenge, RelyingParty, encode};

/// What a passkey is made by.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    rp: Party,
    user: User,
    challenge: String,
    pub_key_cred_params: Vec<Parameters>,
    /// Milliseconds.
    timeout: i64,
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: Selection,
    attestation: &'static str,
}

/// What a passkey is asked by.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions {
    challenge: String,
    /// Milliseconds.
    timeout: i64,
    rp_id: String,
    /// Empty: whichever the user has.
    allow_credentials: Vec<Descriptor>,
    user_verification: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Party {
    id: String,
    name: String,
}

/// Whom the passkey is made for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    name: String,
    display_name: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Parameters {
    #[serde(rename = "type")]
    kind: &'static str,
    alg: i64,
}

/// A passkey that there is.
#[derive(Debug, Serialize, JsonSchema)]
struct Descriptor {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Selection {
    resident_key: &'static str,
    /// The same, for browsers of Level 1.
    require_resident_key: bool,
    user_verification: &'static str,
}

const KIND: &str = "public-key";
const REQUIRED: &str = "required";

impl CreationOptions {
    /// For a passkey of somebody, on an authenticator that has none of `known` yet: one that the
    /// authenticator keeps, so that nobody needs to say who they are, and that verifies its user.
    #[must_use]
    pub fn new(
        rp: &RelyingParty,
        challenge: &Challenge,
        (handle, name): (&[u8], &str),
        known: &[String],
        seconds: i64,
    ) -> Self {
        let offered = Algorithm::OFFERED.into_iter();
        Self {
            rp: Party { id: rp.id().to_owned(), name: rp.id().to_owned() },
            user: User { id: encode(handle), name: name.to_owned(), display_name: name.to_owned() },
            challenge: challenge.as_str().to_owned(),
            pub_key_cred_params: offered
                .map(|algorithm| Parameters { kind: KIND, alg: algorithm.number() })
                .collect(),
            timeout: seconds.saturating_mul(1000),
            exclude_credentials: described(known),
            authenticator_selection: Selection {
                resident_key: REQUIRED,
                require_resident_key: true,
                user_verification: REQUIRED,
            },
            attestation: "none",
        }
    }
}

impl RequestOptions {
    /// For one of `known`, or for whichever there is where that is empty.
    #[must_use]
    pub fn new(rp: &RelyingParty, challenge: &Challenge, known: &[String], seconds: i64) -> Self {
        Self {
            challenge: challenge.as_str().to_owned(),
            timeout: seconds.saturating_mul(1000),
            rp_id: rp.id().to_owned(),
            allow_credentials: described(known),
            user_verification: REQUIRED,
        }
    }
}

fn described(known: &[String]) -> Vec<Descriptor> {
    known.iter().map(|id| Descriptor { kind: KIND, id: id.clone() }).collect()
}
