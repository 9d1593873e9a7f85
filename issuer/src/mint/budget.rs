//! The size a token may have. Tokens travel in headers, and proxies cut those off at 4 or 8 KiB.

use laika_claims::IssuerCode;
use laika_claims::token::MicroClaims;
use serde_json::Value;

use crate::problem::Problem;

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
