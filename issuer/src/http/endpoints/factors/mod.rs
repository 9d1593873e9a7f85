//! Second factors: what somebody has, how it begins and ends, and how it is shown.

pub mod backup_codes;
pub mod confirm_totp;
pub mod offer_totp;
pub mod overview;
pub mod remove_totp;
pub mod second_factor;
pub mod step_up;

use axum::Json;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::factors::{BackupCodes, Code, Method, Proof, Waiting};
use crate::problem::{FieldCode, FieldProblem, Problem};
use crate::secret::Secret;
use crate::webauthn::AuthenticationResponse;

/// The answer to a first step that was good, where there is a second.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SecondFactor {
    /// What is missing.
    pub second_factor: Pending,
}

/// A log-in that waits for its second step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pending {
    /// What `POST /v1/sessions/second-factor` names it by.
    pub id: String,
    /// What can be shown.
    pub methods: Vec<Method>,
    /// Seconds until it is forgotten.
    pub expires_in: i64,
}

/// What a change needs where the last log-in is not fresh.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// Needed where the last log-in is more than 15 minutes ago.
    pub(super) password: Option<Secret>,
}

/// Backup codes, shown this once.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Codes {
    /// Ten codes, each good once; absent where there were codes before, which go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_codes: Option<Vec<String>>,
}

impl Codes {
    fn of(codes: Option<BackupCodes>) -> Self {
        Self { backup_codes: codes.map(|codes| codes.reveal()) }
    }
}

/// The answer that asks for the second factor: 200.
pub fn ask(waiting: Waiting) -> Response {
    let id = waiting.id.reveal().to_owned();
    let pending = Pending { id, methods: waiting.methods, expires_in: waiting.expires_in };
    Json(SecondFactor { second_factor: pending }).into_response()
}

/// The one proof among the fields of a request, if any.
fn proof(
    totp: Option<Secret>,
    backup_code: Option<Secret>,
    passkey: Option<AuthenticationResponse>,
) -> Result<Option<Proof>, Problem> {
    let twice = |field| Err(Problem::field(field, FieldCode::NotAllowed, "one factor at a time"));
    match (totp, backup_code, passkey) {
        (Some(code), None, None) => Ok(Some(Proof::Code(Code::Totp(code)))),
        (None, Some(code), None) => Ok(Some(Proof::Code(Code::BackupCode(code)))),
        (None, None, Some(response)) => Ok(Some(Proof::Passkey(Box::new(response)))),
        (None, None, None) => Ok(None),
        (_, _, Some(_)) => twice("passkey"),
        (Some(_), Some(_), None) => twice("backup_code"),
    }
}

fn missing(fields: &[&str]) -> Problem {
    let detail = format!("one of {} must be there", fields.join(", "));
    let fields = fields.iter();
    Problem::fields(
        fields.map(|name| FieldProblem::new(name, FieldCode::Missing, detail.clone())).collect(),
    )
}
