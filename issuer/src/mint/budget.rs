//! The size a token may have. Tokens travel in headers, and proxies cut those off at 4 or 8 KiB; and a
//! verifier reads so many members and no more.

use laika_claims::IssuerCode;
use laika_claims::json::TOKEN_LIMITS;
use laika_claims::token::MicroClaims;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// Most members of a token beside its further claims: those of the contract, and of the parties that
/// act.
const OWN_MEMBERS: usize = 26;

/// Refuses a token of more members than a verifier reads. What the contract says of a token has few;
/// claim templates and the hook `before_token` add the others.
///
/// # Errors
/// There are more.
pub fn check_members(claims: &MicroClaims) -> Result<(), Problem> {
    let (members, most) = (OWN_MEMBERS + in_object(&claims.others), TOKEN_LIMITS.members);
    if members <= most {
        return Ok(());
    }
    let detail = format!(
        "the token would have {members} members, {most} are allowed; claim templates and the hook \
         `before_token` add too many; ask for fewer services"
    );
    Err(Problem::issuer(IssuerCode::TokenOverBudget, detail))
}

/// How many members the objects in a value have together.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => in_object(object),
        Value::Array(items) => items.iter().map(members).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn in_object(object: &Map<String, Value>) -> usize {
    object.len() + object.values().map(members).sum::<usize>()
}

/// The refusal of a token that is too large, naming its largest claim.
#[must_use]
pub fn refuse(claims: &MicroClaims, size: usize, most: usize) -> Problem {
    let largest = largest_claim(claims);
    let detail = format!(
        "the token would have {size} bytes, {most} are allowed; its largest claim is `{largest}`; \
         ask for fewer services, or narrow `permissions`"
    );
    Problem::issuer(IssuerCode::TokenOverBudget, detail)
}

fn largest_claim(claims: &MicroClaims) -> String {
    let Ok(Value::Object(claims)) = serde_json::to_value(claims) else {
        return String::new();
    };
    claims
        .into_iter()
        .max_by_key(|(_, value)| value.to_string().len())
        .map(|(name, _)| name)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use laika_claims::token::Actor;
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_counted_in_whatever_they_stand() {
        let value = json!({ "a": [{ "b": 1 }, [{ "c": { "d": null } }]], "e": "{}", "f": [] });
        assert_eq!(members(&value), 6);
    }

    #[test]
    fn no_token_has_more_members_of_its_own() {
        let text = || Some(String::new());
        let actor = |act: Option<Actor>| Actor { sub: String::new(), act: act.map(Box::new) };
        let claims = MicroClaims {
            iss: String::new(),
            sub: String::new(),
            aud: Vec::new(),
            exp: 0,
            iat: 0,
            jti: String::new(),
            sid: text(),
            client_id: text(),
            token_type: String::new(),
            username: text(),
            anonymous: true,
            roles: Vec::new(),
            level: Some(0),
            permissions: Vec::new(),
            scope: text(),
            auth_time: Some(0),
            amr: vec![String::new()],
            acr: text(),
            act: Some(actor(Some(actor(Some(actor(Some(actor(None)))))))),
            others: Map::new(),
        };
        assert_eq!(members(&serde_json::to_value(claims).unwrap()), OWN_MEMBERS);
    }
}
