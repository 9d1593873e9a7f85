//! Parameters of a path, read strictly: what can't be the name of anything names nothing, so it is
//! answered like something that does not exist, before any query.

use axum::extract::FromRequestParts;
use http::request::Parts;
use laika_claims::{Grant, IssuerCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::accounts::{role_name, service_name};
use crate::app::App;
use crate::db::grants::Holder;
use crate::problem::Problem;

/// The parameters of a path, in its order.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, app).await {
            Ok(axum::extract::Path(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(Problem::issuer(IssuerCode::NotFound, "nothing can have this name")),
        }
    }
}

/// A UUID.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct Id(pub Uuid);

/// The name of a role, `clerk` or `orders%2Fclerk`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct RoleName(pub String);

/// The name of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct ServiceName(pub String);

/// Somebody who can be granted something: `user:<uuid>` or `svc:<name>`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct HolderName(pub Holder);

/// A grant, such as `orders:*`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct GrantName(pub Grant);

/// The name of a signing key: base64url, mostly an RFC 7638 thumbprint.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct KeyName(pub String);

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Uuid::parse_str(&text).map(Self).map_err(|_| "not an id")
    }
}

impl TryFrom<String> for RoleName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if role_name(&text).is_some() { Ok(Self(text)) } else { Err("not the name of a role") }
    }
}

impl TryFrom<String> for ServiceName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if service_name(&text).is_some() {
            Ok(Self(text))
        } else {
            Err("not the name of a service")
        }
    }
}

impl TryFrom<String> for HolderName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Holder::parse(&text).map(Self).ok_or("not a holder")
    }
}

impl TryFrom<String> for GrantName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Grant::parse(&text).map(Self).map_err(|_| "not a permission")
    }
}

impl TryFrom<String> for KeyName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=128).contains(&text.len()) && text.bytes().all(known) {
            Ok(Self(text))
        } else {
            Err("not the name of a key")
        }
    }
}
