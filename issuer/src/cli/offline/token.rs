//! `laika token inspect` and `verify`.

use std::io::{self, IsTerminal as _, Read as _};

use laika_verifier::Timestamp;
use laika_verifier::jws::UntrustedToken;
use serde_json::{Map, Value, json};

use super::arguments::TokenCommand;
use super::{moment, verify};
use crate::cli::exit::Failure;
use crate::cli::output;

/// Most bytes that are read of a token; more than any verifier can be told to accept.
const MOST: u64 = 2 * 1024 * 1024;
/// Claims that are points in time.
const TIMES: [&str; 4] = ["iat", "nbf", "exp", "auth_time"];

pub(in crate::cli) async fn run(command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Inspect { token, json } => inspect(&read(token.as_deref())?, json),
        TokenCommand::Verify(arguments) => {
            verify::run(&arguments, &read(arguments.token.as_deref())?).await
        }
    }
}

/// The token that was given, or standard input for `-` and for nothing.
pub(super) fn read(given: Option<&str>) -> Result<String, Failure> {
    if let Some(token) = given.filter(|token| *token != "-") {
        return Ok(token.to_owned());
    }
    if io::stdin().is_terminal() {
        output::remark("paste the token, then a new line and Ctrl-D");
    }
    let mut token = String::new();
    io::stdin().take(MOST).read_to_string(&mut token)?;
    Ok(token.trim().to_owned())
}

/// The parts of a token, taken at their word.
pub(super) fn take_apart(token: &str) -> Result<(Value, Map<String, Value>), Failure> {
    let untrusted = UntrustedToken::parse(token, usize::try_from(MOST).unwrap_or(usize::MAX));
    let parts = untrusted.and_then(|mut token| {
        let claims = token.read_payload()?;
        Ok((Value::Object(token.header.members.clone()), Map::clone(&claims)))
    });
    parts.map_err(|error| Failure::Token(error.to_string()))
}

fn inspect(token: &str, json: bool) -> Result<(), Failure> {
    let (header, claims) = take_apart(token)?;
    let now = moment::now();
    let times = TIMES.into_iter().filter_map(|name| {
        let time = claims.get(name)?.as_f64().and_then(Timestamp::from_seconds)?;
        Some((name, moment::in_words(time, now)))
    });
    let times: Vec<_> = times.collect();
    if json {
        let times: serde_json::Map<_, _> =
            times.into_iter().map(|(name, words)| (name.to_owned(), words.into())).collect();
        return output::value(&json!({
            "proved": false, "header": header, "claims": claims, "times": times,
        }));
    }
    output::line("header")?;
    output::value(&header)?;
    output::line("claims")?;
    output::value(&claims)?;
    for (name, words) in times {
        output::line(&format!("{name:<10} {words}"))?;
    }
    output::line("")?;
    output::line(
        "Nothing of this was proved: anybody can write such a token. `laika token verify`",
    )?;
    output::line("checks the signature, the issuer, the audience and the times.")
}
