//! `laika token verify`.

use std::path::Path;

use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_claims::principal::Kind;
use laika_verifier::{ErrorCode, Options, Timestamp, VerifiedToken, Verifier, VerifyError};
use serde_json::{Value, json};

use super::arguments::VerifyArguments;
use super::document::Document;
use super::{fetch, moment};
use crate::cli::exit::Failure;
use crate::cli::output;

pub(super) async fn run(arguments: &VerifyArguments, token: &str) -> Result<(), Failure> {
    let options = Options::from_value(options(arguments)?)
        .map_err(|error| Failure::Options(error.to_string()))?;
    let mut verifier = Verifier::new(options);
    let now = arguments.at.unwrap_or_else(moment::now);
    let outcome = fetch::verify(&mut verifier, token, now).await?;
    for failure in &outcome.failures {
        output::remark(failure);
    }
    match outcome.result {
        Ok(token) => show(&token, now, arguments.json),
        Err(error) => refuse(&error, arguments.json),
    }
}

/// What a verifier is told: the file, or what the other arguments say.
fn options(arguments: &VerifyArguments) -> Result<Value, Failure> {
    let wrong = |file: &Path, why: String| {
        Failure::Options(format!("`{}` can't be used: {why}", file.display()))
    };
    if let Some(file) = &arguments.options {
        let document = Document::read(file).map_err(|error| wrong(file, error.message))?;
        return Ok(document.value);
    }
    let read =
        |file: &Path| std::fs::read_to_string(file).map_err(|error| wrong(file, error.to_string()));
    let mut issuer = json!({ "issuer": arguments.issuer, "audience": arguments.audience });
    let (name, keys) = if let Some(file) = &arguments.jwks {
        let keys = json::parse(read(file)?.as_bytes(), DOCUMENT_LIMITS);
        ("jwks", keys.map_err(|error| wrong(file, error.message))?)
    } else if let Some(uri) = &arguments.jwks_uri {
        ("jwks_uri", json!(uri))
    } else if let Some(file) = &arguments.public_key {
        ("public_key", json!(read(file)?))
    } else {
        ("discover", json!(true))
    };
    if let Value::Object(members) = &mut issuer {
        members.insert(name.to_owned(), keys);
        let profile = arguments.profile.as_ref().map(|name| ("profile".to_owned(), json!(name)));
        members.extend(profile);
    }
    Ok(json!({ "issuers": issuer }))
}

fn show(token: &VerifiedToken, now: Timestamp, json: bool) -> Result<(), Failure> {
    let who = token.principal();
    let kind = match who.kind {
        Kind::User => "user",
        Kind::Anonymous => "anonymous",
        Kind::ServiceAccount => "service account",
    };
    if json {
        return output::value(&json!({
            "valid": true, "issuer": who.issuer, "subject": who.subject, "kind": kind,
            "permissions": who.permissions, "roles": who.roles, "level": who.level,
            "expires_at": token.expires_at().seconds(),
            "header": token.header(), "claims": token.claims(),
        }));
    }
    let list = |names: &[String]| {
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    output::line(&format!("valid on {}: signature, claims and times hold", moment::date(now)))?;
    for (name, value) in [
        ("issuer", who.issuer.clone()),
        ("subject", format!("{} ({kind})", who.subject)),
        ("permissions", list(&who.permissions)),
        ("roles", list(&who.roles)),
        ("level", who.level.map_or("none".to_owned(), |level| level.to_string())),
        ("expires", moment::in_words(token.expires_at(), now)),
    ] {
        output::line(&format!("{name:<12} {value}"))?;
    }
    Ok(())
}

fn refuse(error: &VerifyError, json: bool) -> Result<(), Failure> {
    if json {
        output::value(&json!({
            "valid": false, "code": error.code(), "message": error.message(),
            "claim": error.claim_name(), "expected": error.expected(), "actual": error.actual(),
        }))?;
    }
    let unreachable =
        matches!(error.code(), ErrorCode::KeysUnavailable | ErrorCode::StatusUnavailable);
    let message = error.to_string();
    Err(if unreachable { Failure::Unreachable(message) } else { Failure::Token(message) })
}
