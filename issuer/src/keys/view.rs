//! Keys as people see them, without their secret; and what a change of them led to.

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::App;
use crate::clock::UnixSeconds;
use crate::db;
use crate::db::keys::{KeyState, StoredKey};
use crate::problem::Problem;

/// A key, without its secret.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeyView {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `RS256`, `PS256`, `ES256` or `EdDSA`.
    pub algorithm: &'static str,
    /// What it is used for.
    pub state: KeyState,
    /// When it was made and published, Unix seconds.
    pub created_at: UnixSeconds,
    /// From when on it signs, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs_from: Option<UnixSeconds>,
    /// When another took its place, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<UnixSeconds>,
    /// When its last token will have expired, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaves_at: Option<UnixSeconds>,
    /// When it was revoked, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<UnixSeconds>,
}

/// What a rotation led to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rotated {
    /// The key that signs now, or will.
    pub key: KeyView,
    /// What it costs that not everybody may know the key yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<&'static str>,
}

/// What a revocation led to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Revoked {
    /// The key that is gone.
    pub key: KeyView,
    /// The key that signs in its place, where it was the one that did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<KeyView>,
    /// What becomes of the tokens that it has signed.
    pub tokens: &'static str,
    /// What it costs that not everybody may know the successor yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<&'static str>,
}

impl KeyView {
    /// The key as it is shown.
    #[must_use]
    pub fn of(app: &App, key: &StoredKey) -> Self {
        let waits = (key.state == KeyState::Next)
            .then(|| key.created_at.saturating_add(app.settings.keys.publish_ahead));
        Self {
            kid: key.kid.clone(),
            algorithm: key.algorithm.as_str(),
            state: key.state,
            created_at: key.created_at,
            signs_from: key.activated_at.or(waits),
            retired_at: key.retired_at,
            leaves_at: key.leaves_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// Every key, oldest first.
///
/// # Errors
/// The database failed.
pub async fn list(app: &App) -> Result<Vec<KeyView>, Problem> {
    let mut connection = app.db.read().await?;
    let stored = db::keys::list(&mut connection).await?;
    Ok(stored.iter().map(|key| KeyView::of(app, key)).collect())
}

/// What becomes of the tokens of a key that was revoked out of this state.
pub(super) fn tokens_of(app: &App, key: &StoredKey) -> &'static str {
    let signs_main = key.algorithm == app.settings.signing_algorithm;
    match key.state {
        KeyState::Next => "it has signed none",
        KeyState::Active | KeyState::Retired | KeyState::Revoked if signs_main => {
            "its main tokens are refused at once, and their holders log in again, whoever revoked it \
             too; its micro tokens within 10 s by verifiers that hold a list of another key, and \
             within 30 s by all others"
        }
        KeyState::Active | KeyState::Retired | KeyState::Revoked => {
            "its micro tokens are refused within 10 s by verifiers that hold a list of another key, \
             and within 30 s by all others; holders get new ones with their main tokens"
        }
    }
}
