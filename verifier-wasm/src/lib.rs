//! WebAssembly face of `laika-verifier` for JavaScript: conversion only.
//!
//! # Design
//!
//! One call from JavaScript is one crossing: strings go in, one JSON text comes out, which the
//! package parses once and freezes. The claims in it are the payload as it was signed, after the
//! verifier has read it strictly. Options come in, and errors of options go out, as JSON text too:
//! it is read by the parser that reads tokens, and needs less code than JavaScript values
//! would. Nothing is decided here; the package in `pkg/` is the only user.

#![forbid(unsafe_code)]

mod names;
mod outcome;

use laika_claims::ErrorCode;
use laika_claims::json::{self, DOCUMENT_LIMITS};
use laika_verifier::{
    Options, OptionsError, Permission, Request, Response, Timestamp, VerifiedToken, Verifier,
    VerifyError,
};
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// A verifier, as the package holds it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RawVerifier {
    verifier: Verifier,
    /// The token that the last answer named.
    last: Option<VerifiedToken>,
}

#[wasm_bindgen]
impl RawVerifier {
    /// A verifier with the options of `createVerifier`, without `now` and `fetch`, as JSON text.
    ///
    /// # Errors
    /// Throws the JSON text of `{code, message}`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str) -> Result<RawVerifier, JsValue> {
        let document = json::parse(options.as_bytes(), DOCUMENT_LIMITS)
            .map_err(|error| thrown(ErrorCode::OptionsInvalid, &error.message))?;
        let options = names::to_snake_case(document).and_then(Options::from_value);
        let options = options.map_err(|error| options_thrown(&error))?;
        Ok(Self { verifier: Verifier::new(options), last: None })
    }

    /// JSON text of a `VerifyOutcome`.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn verify(&mut self, token: &str, now: f64, may_fetch: bool) -> Result<String, JsValue> {
        let now = moment(now)?;
        let mut answer = outcome::Object::new();
        let (token, error) = match self.verifier.verify(token, now) {
            Ok(token) => (Some(token), None),
            Err(error) => {
                answer.json("error", &outcome::error(&error));
                (None, Some(error))
            }
        };
        Ok(self.finish(answer, token, error.as_ref(), now, may_fetch))
    }

    /// JSON text of an `AuthorizeOutcome`.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn authorize(
        &mut self,
        token: Option<String>,
        method: &str,
        path: &str,
        host: Option<String>,
        now: f64,
        may_fetch: bool,
    ) -> Result<String, JsValue> {
        let now = moment(now)?;
        let request = Request { method, target: path, host: host.as_deref() };
        let found = self.verifier.authorize(token.as_deref(), &request, now);
        let mut answer = outcome::Object::new();
        answer.json("decision", &outcome::decision(&found));
        let (token, error) = (found.token, found.error);
        Ok(self.finish(answer, token, error.as_ref(), now, may_fetch))
    }

    /// JSON text of the token that the last answer named: the package asks for it where it does not
    /// have it yet.
    #[wasm_bindgen(js_name = lastToken)]
    pub fn last_token(&self) -> Option<String> {
        self.last.as_ref().map(outcome::token)
    }

    /// Whether `grants` of a token of `issuer`, a JSON array, cover `permission`.
    ///
    /// # Errors
    /// Throws `policy_invalid` when `permission` is none.
    pub fn can(&self, issuer: &str, grants: &str, permission: &str) -> Result<bool, JsValue> {
        let permission = Permission::parse(permission)
            .map_err(|error| thrown(ErrorCode::PolicyInvalid, &error.to_string()))?;
        let grants = json::parse(grants.as_bytes(), DOCUMENT_LIMITS).unwrap_or_default();
        let grants = grants.as_array().map(Vec::as_slice).unwrap_or_default();
        let grants: Vec<_> = grants.iter().filter_map(Value::as_str).collect();
        Ok(self.verifier.can(issuer, &grants, &permission))
    }

    /// JSON array of what to fetch at once.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn refresh(&mut self, now: f64) -> Result<String, JsValue> {
        let now = moment(now)?;
        Ok(outcome::fetches(&self.verifier.refresh(now)))
    }

    /// Takes what fetch `id` brought. JSON text of a `Landed`.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn fetched(
        &mut self,
        id: u32,
        status: u16,
        cache_control: Option<String>,
        body: &[u8],
        now: f64,
    ) -> Result<String, JsValue> {
        let now = moment(now)?;
        let response = Response { status, cache_control: cache_control.as_deref(), body };
        Ok(outcome::landed(&self.verifier.fetched(id, response, now)))
    }

    /// Takes what fetch `id` brought, inflated. Returns why it is not used, if it isn't.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn inflated(&mut self, id: u32, bytes: &[u8], now: f64) -> Result<Option<String>, JsValue> {
        let now = moment(now)?;
        Ok(self.verifier.inflated(id, bytes, now).err().map(|failure| failure.0))
    }

    /// Notes that fetch `id` has failed.
    #[wasm_bindgen(js_name = fetchFailed)]
    pub fn fetch_failed(&mut self, id: u32) {
        self.verifier.fetch_failed(id);
    }

    /// JSON text of the counters.
    pub fn stats(&self) -> String {
        outcome::stats(&self.verifier)
    }

    /// The JSON of `answer`, to which what comes with every answer is added.
    fn finish(
        &mut self,
        mut answer: outcome::Object,
        token: Option<VerifiedToken>,
        error: Option<&VerifyError>,
        now: Timestamp,
        may_fetch: bool,
    ) -> String {
        match self.verifier.generation() {
            Some(generation) => answer.count("generation", generation),
            None => answer.json("generation", "null"),
        }
        if let Some(token) = &token {
            answer.count("serial", token.serial());
        }
        if may_fetch && self.verifier.has_fetches(error, now) {
            let fetches = self.verifier.fetches(error, now);
            if !fetches.is_empty() {
                answer.json("fetch", &outcome::fetches(&fetches));
            }
        }
        if let Some(seconds) = error.and_then(|error| self.verifier.wait(error, now)) {
            answer.seconds("wait", seconds);
        }
        self.last = token;
        answer.end()
    }
}

/// JSON text of the header and claims of a token, of which nothing has been proved.
///
/// # Errors
/// Throws the JSON text of `{code, message}` when the form of the token is wrong.
#[wasm_bindgen(js_name = decodeUnverified)]
pub fn decode_unverified(token: &str) -> Result<String, JsValue> {
    outcome::unverified(token).map_err(|error| thrown(error.code(), error.message()))
}

fn thrown(code: ErrorCode, message: &str) -> JsValue {
    let mut object = outcome::Object::new();
    object.text("code", code.as_str());
    object.text("message", message);
    JsValue::from_str(&object.end())
}

fn options_thrown(error: &OptionsError) -> JsValue {
    let at = names::to_camel_case(&error.at);
    // A policy is spelled alike everywhere; only options have other names here.
    let message = match error.code {
        ErrorCode::PolicyInvalid => error.message.clone(),
        _ => names::quoted_to_camel_case(&error.message),
    };
    let text = if at.is_empty() { message } else { format!("`{at}`: {message}") };
    thrown(error.code, &text)
}

fn moment(now: f64) -> Result<Timestamp, JsValue> {
    Timestamp::from_seconds(now).ok_or_else(|| {
        let message = "`now` must return seconds since 1970, from 0 to 2^53";
        thrown(ErrorCode::OptionsInvalid, message)
    })
}
