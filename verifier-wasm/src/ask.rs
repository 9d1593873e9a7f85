//! Questions that are asked seldom, as JSON text, and their answers, as JSON text.

use laika_claims::json::{self, DOCUMENT_LIMITS, push_text};
use laika_verifier::{Options, OptionsError, Response};
use serde_json::Value;

use crate::held::Held;
use crate::outcome::{self, Refusal};
use crate::{held, moment};

/// What stands where there is nothing to say.
const NOTHING: &str = "null";

/// Answers `question`, an array of a name and arguments, which may be about `bytes`, and about one of
/// the verifiers.
pub(crate) fn answer(
    verifiers: &mut Vec<Option<Box<Held>>>,
    number: usize,
    question: &[u8],
    bytes: &[u8],
    now: f64,
) -> Result<String, Refusal> {
    let question = json::parse(question, DOCUMENT_LIMITS).unwrap_or_default();
    let question = question.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some((Value::String(name), arguments)) = question.split_first() else {
        return Err(unknown());
    };
    match name.as_str() {
        "create" => Ok(add(verifiers, make(bytes)?).to_string()),
        "decodeUnverified" => decode_unverified(text(bytes)),
        name => about(held(verifiers, number)?, name, arguments, bytes, now),
    }
}

/// Answers a question about a verifier. Engines compile a function when it is called first, and whole:
/// what makes the first verifier shall not wait for all that may be asked of it.
#[inline(never)]
fn about(
    held: &mut Held,
    name: &str,
    arguments: &[Value],
    bytes: &[u8],
    now: f64,
) -> Result<String, Refusal> {
    let verifier = &mut held.verifier;
    Ok(match (name, arguments) {
        ("authorize", [Value::String(request), Value::Bool(may_fetch)]) => {
            held.authorize(text(bytes), request, moment(now)?, *may_fetch)
        }
        ("can", []) => held.can(bytes)?.to_string(),
        ("news", [Value::Bool(may_fetch)]) => held.news(moment(now)?, *may_fetch),
        ("refresh", []) => outcome::fetches(&verifier.refresh(moment(now)?)),
        ("fetched", [id, status, cache_control]) => {
            let response = Response {
                status: count(status)?,
                cache_control: cache_control.as_str(),
                body: bytes,
            };
            outcome::landed(&verifier.fetched(count(id)?, response, moment(now)?))
        }
        ("inflated", [id]) => {
            let failure = verifier.inflated(count(id)?, bytes, moment(now)?).err();
            optional(failure.as_ref().map(|failure| failure.0.as_str()))
        }
        ("fetchFailed", [id]) => {
            verifier.fetch_failed(count(id)?);
            NOTHING.to_owned()
        }
        ("stats", []) => outcome::stats(verifier),
        ("ruleAt", [place]) => {
            let place = count(place)?;
            optional(verifier.policy().and_then(|policy| policy.rule_at(place)))
        }
        _ => return Err(unknown()),
    })
}

/// Apart for the same reason as [`about`].
#[inline(never)]
fn decode_unverified(token: &str) -> Result<String, Refusal> {
    outcome::unverified(token).map_err(|error| Refusal::new(error.code(), error.message()))
}

/// A verifier with the options of `createVerifier`, in snake_case and without `now` and `fetch`, as
/// JSON text.
fn make(options: &[u8]) -> Result<Held, Refusal> {
    let document =
        json::parse(options, DOCUMENT_LIMITS).map_err(|error| Refusal::options(&error.message))?;
    let options = Options::from_value(document);
    Ok(Held::new(options.map_err(|error| refused(&error))?))
}

/// Gives a verifier the first number that is free.
fn add(verifiers: &mut Vec<Option<Box<Held>>>, held: Held) -> usize {
    let held = Some(Box::new(held));
    match verifiers.iter_mut().enumerate().find(|(_, place)| place.is_none()) {
        Some((number, place)) => {
            *place = held;
            number
        }
        None => {
            verifiers.push(held);
            verifiers.len() - 1
        }
    }
}

fn refused(error: &OptionsError) -> Refusal {
    let OptionsError { code, at, message } = error;
    if at.is_empty() {
        return Refusal::new(*code, message);
    }
    Refusal::new(*code, &format!("`{at}`: {message}"))
}

/// A number of any of our types.
fn count<T: TryFrom<u64>>(value: &Value) -> Result<T, Refusal> {
    value.as_u64().and_then(|count| T::try_from(count).ok()).ok_or_else(unknown)
}

fn text(bytes: &[u8]) -> &str {
    // Whoever writes encodes a string, so what is no UTF-8 never stands for anything.
    std::str::from_utf8(bytes).unwrap_or(".")
}

fn optional(text: Option<&str>) -> String {
    let Some(text) = text else {
        return NOTHING.to_owned();
    };
    let mut json = String::new();
    push_text(&mut json, text);
    json
}

fn unknown() -> Refusal {
    Refusal::options("the package asks what the module does not know")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &str = r#"{"issuers":{"issuer":"https://id.example.com","audience":"orders",
        "jwks_uri":"https://id.example.com/jwks"}}"#;

    #[test]
    fn a_verifier_gets_the_first_number_that_is_free() {
        let mut verifiers = Vec::new();
        let create = |verifiers: &mut Vec<_>| {
            answer(verifiers, usize::MAX, br#"["create"]"#, OPTIONS.as_bytes(), f64::NAN).unwrap()
        };
        let numbers = [0, 1, 2].map(|_| create(&mut verifiers));
        assert_eq!(numbers, ["0", "1", "2"]);
        verifiers[1] = None;
        assert_eq!(create(&mut verifiers), "1");
        assert_eq!(create(&mut verifiers), "3");
    }

    #[test]
    fn what_is_no_question_is_refused_and_so_is_one_about_nobody() {
        let mut verifiers = Vec::new();
        let mut ask = |number, question: &str, now| {
            answer(&mut verifiers, number, question.as_bytes(), OPTIONS.as_bytes(), now)
        };
        ask(0, r#"["stats"]"#, 0.0).unwrap_err();
        ask(0, r#"["create"]"#, 0.0).unwrap();
        ask(0, r#"["stats"]"#, 0.0).unwrap();
        ask(0, r#"["news",false]"#, 0.0).unwrap();
        for number in [1, usize::MAX] {
            ask(number, r#"["stats"]"#, 0.0).unwrap_err();
        }
        for question in [
            "",
            "{}",
            "[]",
            "[7]",
            "stats",
            r#"["stat"]"#,
            r#"["stats",1]"#,
            r#"["news"]"#,
            r#"["news","false"]"#,
            r#"["fetchFailed",-1]"#,
            r#"["fetchFailed",4294967296]"#,
            r#"["fetched",1,65536,null]"#,
            r#"["authorize","GET\n/",false"#,
            "[\"authorize\",\"\\ud800\",true]",
        ] {
            ask(0, question, 0.0).unwrap_err();
        }
        for now in [f64::NAN, -1.0, f64::INFINITY] {
            ask(0, r#"["news",false]"#, now).unwrap_err();
        }
    }
}
