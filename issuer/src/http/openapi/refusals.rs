//! What an endpoint may refuse: what its kind of body, query, path and caller lead to, and what it
//! says itself.

use std::collections::BTreeMap;

use laika_claims::{ErrorCode, IssuerCode};

use crate::http::endpoint::{Auth, Endpoint};
use crate::problem::Code;

/// What anything may answer.
const ALWAYS: &[IssuerCode] = &[
    IssuerCode::RateLimited,
    IssuerCode::HostRefused,
    IssuerCode::Internal,
    IssuerCode::Overloaded,
    IssuerCode::DatabaseUnavailable,
    IssuerCode::TimedOut,
];

/// What reading a body leads to.
const BODY: &[IssuerCode] = &[
    IssuerCode::BodyInvalid,
    IssuerCode::BodyTooLarge,
    IssuerCode::MediaTypeUnsupported,
    IssuerCode::FieldsInvalid,
];

/// What can be wrong with a main token, or with how it comes.
const MAIN_TOKEN: &[ErrorCode] = &[
    ErrorCode::RequestInvalid,
    ErrorCode::TokenMissing,
    ErrorCode::TokenMalformed,
    ErrorCode::TokenTooLarge,
    ErrorCode::AlgorithmNotAllowed,
    ErrorCode::CriticalHeaderUnsupported,
    ErrorCode::TypeMismatch,
    ErrorCode::KeyNotFound,
    ErrorCode::SignatureInvalid,
    ErrorCode::ClaimInvalid,
    ErrorCode::IssuerMismatch,
    ErrorCode::AudienceMismatch,
    ErrorCode::Expired,
];

/// What can be wrong with its session, or with the page a cookie comes from.
const SESSION: &[IssuerCode] =
    &[IssuerCode::SessionEnded, IssuerCode::TokenReused, IssuerCode::OriginRefused];

/// What keeps somebody from administering who is signed in.
const ADMINISTRATION: &[IssuerCode] =
    &[IssuerCode::NotPermitted, IssuerCode::AuthenticationTooOld, IssuerCode::SecondFactorRequired];

/// Every code an endpoint may refuse with, by status, in the order of their names.
pub(super) fn of(endpoint: &Endpoint) -> BTreeMap<u16, Vec<Code>> {
    let mut by_status = BTreeMap::<u16, Vec<Code>>::new();
    for code in implied(endpoint).chain(endpoint.refusals.iter().copied().map(Code::Issuer)) {
        let codes = by_status.entry(code.status()).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    for codes in by_status.values_mut() {
        codes.sort_by_key(|code| code.as_str());
    }
    by_status
}

fn implied(endpoint: &Endpoint) -> impl Iterator<Item = Code> {
    let (token, caller): (&[ErrorCode], [&[IssuerCode]; 2]) = match endpoint.auth {
        Auth::None | Auth::MainIfGood => (&[], [&[], &[]]),
        Auth::MainOptional | Auth::Main => (MAIN_TOKEN, [SESSION, &[]]),
        Auth::Administrator => (MAIN_TOKEN, [SESSION, ADMINISTRATION]),
        Auth::Client => (&[ErrorCode::RequestInvalid], [&[IssuerCode::CredentialsInvalid], &[]]),
    };
    let body: &[IssuerCode] = if endpoint.body.is_some() { BODY } else { &[] };
    let query: &[IssuerCode] =
        if endpoint.query.is_some() { &[IssuerCode::FieldsInvalid] } else { &[] };
    let path: &[IssuerCode] =
        if endpoint.path.contains('{') { &[IssuerCode::NotFound] } else { &[] };
    let issuer = [caller.concat().as_slice(), body, query, path, ALWAYS].concat();
    token.iter().copied().map(Code::Token).chain(issuer.into_iter().map(Code::Issuer))
}
