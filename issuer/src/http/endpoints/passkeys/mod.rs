//! Passkeys: one's own, and how they are used.

pub mod begin;
pub mod confirm;
pub mod finish;
pub mod list;
pub mod offer;
pub mod remove;
pub mod rename;
pub mod second_factor;
pub mod step_up;

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;

use crate::factors::passkeys::LIFETIME;
use crate::webauthn::options::{CreationOptions, RequestOptions};

/// What a browser is to be asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Asked<T> {
    /// For `navigator.credentials`, by `PublicKeyCredential.parseCreationOptionsFromJSON()` or
    /// `parseRequestOptionsFromJSON()`.
    pub public_key: T,
    /// Seconds until it is forgotten.
    pub expires_in: i64,
}

/// What a new passkey is made by.
pub type Creation = Asked<CreationOptions>;

/// What a passkey is asked by.
pub type Request = Asked<RequestOptions>;

fn ask<T>(public_key: T) -> Json<Asked<T>> {
    Json(Asked { public_key, expires_in: LIFETIME })
}
