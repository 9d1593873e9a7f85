//! WebAssembly face of `laika-verifier` for JavaScript: conversion only.
//!
//! # Design
//!
//! One call from JavaScript is one crossing: strings go in, one JSON text comes out, which the
//! package parses once and freezes. The claims in it are the payload as it was signed, after the
//! verifier has read it strictly. Options come in, and errors of options go out, as JSON text too:
//! it is read by the parser that reads tokens, and needs less code than JavaScript values
//! would. Nothing is decided here; the package in `pkg/` is the only user.
//!
//! A token that is new is written by the package into the module's memory, at [`RawVerifier::input`].
//! Where the answer is nothing but its claims, which is nearly always, the package reads their text
//! there as well, at the place that [`RawVerifier::report`] names; otherwise it asks for the answer.
//!
//! A token that comes again crosses as a number: the package finds its text, which JavaScript
//! compares whole, and asks by the serial that came with the first answer. A request that is
//! allowed is answered by a number, too.

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
    /// The generation that the package was told last.
    told: Option<u64>,
    /// Where the package writes texts.
    input: Vec<u8>,
    /// What [`RawVerifier::report`] points at: address and length of the claims, the token's serial.
    report: Box<[f64; 3]>,
    /// The token that the report is about, whose claims stay where they are as long as it is here.
    token: Option<VerifiedToken>,
    /// The number of the header that the package was told last; 0 is none.
    told_header: u64,
    /// The text that the package has not asked for yet.
    rest: String,
}

/// Answers of [`RawVerifier::recall`].
const GONE: i32 = -1;
const HOLDS: i32 = 0;
const HOLDS_WITH_NEWS: i32 = 1;

/// Answers of [`RawVerifier::prove`].
const SEE_REST: i32 = 0;
const CLAIMS: i32 = 1;
const CLAIMS_AND_HEADER: i32 = 2;

/// Answer of [`RawVerifier::permits`]: ask [`RawVerifier::authorize`].
const ASK: i32 = -1;

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
        Ok(Self {
            verifier: Verifier::by_serial(options),
            told: None,
            input: Vec::new(),
            report: Box::default(),
            token: None,
            told_header: 0,
            rest: String::new(),
        })
    }

    /// The address of a place where so many bytes may be written. It holds until the next call.
    pub fn input(&mut self, bytes: usize) -> *mut u8 {
        if bytes > self.input.len() {
            self.input.resize(bytes, 0);
        }
        self.input.as_mut_ptr()
    }

    /// The address of three doubles: address and length in bytes of the claims that
    /// [`RawVerifier::prove`] has left as JSON text, and the serial of their token. It holds as long
    /// as this verifier.
    pub fn report(&self) -> *const f64 {
        self.report.as_ptr()
    }

    /// Verifies the token of so many bytes that was written to [`RawVerifier::input`]. 1 when it
    /// holds, its claims are all that is to be said of it (issuer, subject, permissions, roles and
    /// expiry are what the claims of these names say) and the package knows all else, its header
    /// too, which is the one that came last; 2 when [`RawVerifier::rest`] is its header, as JSON
    /// text. The claims are where the report says, until the next call. 0 when all of the answer is
    /// the rest, as JSON text of a `VerifyOutcome`.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn prove(&mut self, length: usize, now: f64, may_fetch: bool) -> Result<i32, JsValue> {
        let now = moment(now)?;
        let found = self.verifier.verify(self.written(length), now);
        if let Ok(token) = &found
            && token.is_plain()
            && !self.has_news(now, may_fetch)
        {
            let claims = token.payload_text();
            *self.report =
                [claims.as_ptr().addr() as f64, claims.len() as f64, token.serial() as f64];
            let header = token.header_number();
            let answer = if header == self.told_header {
                CLAIMS
            } else {
                self.told_header = header;
                self.rest = token.header_text().to_owned();
                CLAIMS_AND_HEADER
            };
            self.token = found.ok();
            return Ok(answer);
        }
        self.rest = self.verified(found, now, may_fetch);
        Ok(SEE_REST)
    }

    /// What there is to be said besides the answer of [`RawVerifier::prove`].
    pub fn rest(&mut self) -> String {
        std::mem::take(&mut self.rest)
    }

    /// Whether the token of `serial` still holds: -1 when it does not or is not kept any more, so
    /// that its text is to be verified; 0 when it does; 1 when it does and there is news for the
    /// package, by [`RawVerifier::news`].
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn recall(&self, serial: f64, now: f64, may_fetch: bool) -> Result<i32, JsValue> {
        let now = moment(now)?;
        Ok(match self.verifier.recall(serial as u64, now) {
            None => GONE,
            Some(_) if self.has_news(now, may_fetch) => HOLDS_WITH_NEWS,
            Some(_) => HOLDS,
        })
    }

    /// JSON text of an `Outcome`: nothing but what comes with every answer.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn news(&mut self, now: f64, may_fetch: bool) -> Result<String, JsValue> {
        let now = moment(now)?;
        Ok(self.finish(outcome::Object::new(), None, now, may_fetch))
    }

    /// The place of the rule that allows the request, of so many bytes, which was written to
    /// [`RawVerifier::input`] and otherwise is as for [`RawVerifier::authorize`], for nobody (a `serial` of -1) or for whoever has the token of
    /// `serial`; -1 for every other answer and where there is news, which
    /// [`RawVerifier::authorize`] says in full.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn permits(
        &self,
        serial: f64,
        length: usize,
        now: f64,
        may_fetch: bool,
    ) -> Result<i32, JsValue> {
        let now = moment(now)?;
        let request = read_request(self.written(length));
        let found = if serial < 0.0 {
            self.verifier.authorize(None, &request, now)
        } else {
            match self.verifier.recall(serial as u64, now) {
                Some(token) => self.verifier.authorize_verified(token, &request, now),
                None => return Ok(ASK),
            }
        };
        let place = found.decision.place().filter(|_| !self.has_news(now, may_fetch));
        Ok(place.and_then(|place| i32::try_from(place).ok()).unwrap_or(ASK))
    }

    /// The id of the rule at `place`.
    #[wasm_bindgen(js_name = ruleAt)]
    pub fn rule_at(&self, place: usize) -> Option<String> {
        self.verifier.policy()?.rule_at(place).map(str::to_owned)
    }

    /// JSON text of an `AuthorizeOutcome`, by the text of a token that the package does not have,
    /// or by the `serial` of one that it has (otherwise -1): then `undefined` when that is not to
    /// be had any more, so that its text is needed.
    ///
    /// # Errors
    /// Throws when `now` is no time.
    pub fn authorize(
        &mut self,
        token: Option<String>,
        serial: f64,
        request: &str,
        now: f64,
        may_fetch: bool,
    ) -> Result<Option<String>, JsValue> {
        let now = moment(now)?;
        let request = read_request(request);
        let is_kept = serial >= 0.0;
        let found = if is_kept {
            match self.verifier.recall(serial as u64, now) {
                Some(token) => self.verifier.authorize_verified(token, &request, now),
                None => return Ok(None),
            }
        } else {
            self.verifier.authorize(token.as_deref(), &request, now)
        };
        let mut answer = outcome::Object::new();
        answer.json("decision", &outcome::decision(&found));
        if let Some(token) = &found.token {
            answer.count("serial", token.serial());
            if !is_kept {
                answer.json("token", &outcome::token(token));
            }
        }
        let error = found.error;
        Ok(Some(self.finish(answer, error.as_ref(), now, may_fetch)))
    }

    /// Whether the grants of a token cover a permission: a JSON array of the permission, the token's
    /// issuer, and the grants.
    ///
    /// # Errors
    /// Throws `policy_invalid` when the permission is none.
    pub fn can(&self, asked: &str) -> Result<bool, JsValue> {
        let asked = json::parse(asked.as_bytes(), DOCUMENT_LIMITS).unwrap_or_default();
        let texts = asked.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut texts = texts.iter().filter_map(Value::as_str);
        let permission = Permission::parse(texts.next().unwrap_or_default())
            .map_err(|error| thrown(ErrorCode::PolicyInvalid, &error.to_string()))?;
        let issuer = texts.next().unwrap_or_default();
        let grants: Vec<_> = texts.collect();
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

    /// JSON text of a `VerifyOutcome`.
    fn verified(
        &mut self,
        found: Result<VerifiedToken, VerifyError>,
        now: Timestamp,
        may_fetch: bool,
    ) -> String {
        let mut answer = outcome::Object::new();
        let error = match found {
            Ok(token) => {
                answer.count("serial", token.serial());
                answer.json("token", &outcome::token(&token));
                None
            }
            Err(error) => {
                answer.json("error", &outcome::error(&error));
                Some(error)
            }
        };
        self.finish(answer, error.as_ref(), now, may_fetch)
    }

    /// The text of so many bytes that was written last.
    fn written(&self, length: usize) -> &str {
        // Whoever writes encodes a string, so what is no UTF-8 never stands for anything.
        self.input.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or(".")
    }

    /// Whether [`RawVerifier::finish`] would say what the package does not know.
    fn has_news(&self, now: Timestamp, may_fetch: bool) -> bool {
        self.told != self.verifier.generation() || may_fetch && self.verifier.has_fetches(None, now)
    }

    /// The JSON of `answer`, to which what comes with every answer is added.
    fn finish(
        &mut self,
        mut answer: outcome::Object,
        error: Option<&VerifyError>,
        now: Timestamp,
        may_fetch: bool,
    ) -> String {
        self.told = self.verifier.generation();
        match self.told {
            Some(generation) => answer.count("generation", generation),
            None => answer.json("generation", "null"),
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

/// Method, path and, where it is known, host, with line feeds between them: one string crosses where
/// three would. The package passes nothing on in which there is another.
fn read_request(text: &str) -> Request<'_> {
    let (method, rest) = text.split_once('\n').unwrap_or((text, ""));
    match rest.split_once('\n') {
        Some((target, host)) => Request { method, target, host: Some(host) },
        None => Request { method, target: rest, host: None },
    }
}

fn moment(now: f64) -> Result<Timestamp, JsValue> {
    Timestamp::from_seconds(now).ok_or_else(|| {
        let message = "`now` must return seconds since 1970, from 0 to 2^53";
        thrown(ErrorCode::OptionsInvalid, message)
    })
}
