//! `/v1/admin/users`: accounts of others.

pub mod assign_role;
pub mod delete;
pub mod disable;
pub mod enable;
pub mod end_session;
pub mod end_sessions;
pub mod erase;
pub mod grants;
pub mod list;
pub mod read;
pub mod reset_factors;
pub mod roles;
pub mod schedule_end;
pub mod sessions;
pub mod unassign_role;

use laika_claims::IssuerCode;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::db::sessions::Session;
use crate::db::users::User;
use crate::db::{Connection, users};
use crate::problem::Problem;

/// A user as administrators see them; times in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserItem {
    id: String,
    username: Option<String>,
    email: Option<String>,
    email_verified: bool,
    anonymous: bool,
    /// `active`, `disabled` or `deleted`.
    status: &'static str,
    description: Option<String>,
    avatar_url: Option<String>,
    public: bool,
    created_at: i64,
    last_login_at: Option<i64>,
}

impl UserItem {
    /// What administrators see of `user`.
    #[must_use]
    pub fn of(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            email_verified: user.email_verified_at.is_some(),
            anonymous: user.is_anonymous(),
            username: user.username,
            email: user.email,
            status: user.status.as_str(),
            description: user.description,
            avatar_url: user.avatar_url,
            public: user.public,
            created_at: user.created_at,
            last_login_at: user.last_login_at,
        }
    }
}

/// A session as administrators see it; times in Unix seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SessionItem {
    id: String,
    client: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    created_at: i64,
    auth_time: i64,
    /// How its holder proved who they are (RFC 8176).
    amr: Vec<String>,
    last_used_at: i64,
    expires_at: i64,
    /// The end that an administrator has set.
    ends_at: Option<i64>,
}

impl SessionItem {
    /// What administrators see of `session`.
    #[must_use]
    pub fn of(session: Session) -> Self {
        Self {
            id: session.id.to_string(),
            client: session.origin.client,
            address: session.origin.address,
            user_agent: session.origin.user_agent,
            created_at: session.created_at,
            auth_time: session.auth_time,
            amr: session.amr,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            ends_at: session.ends_at,
        }
    }
}

/// The user with this id.
async fn existing(db: &mut Connection, id: Uuid) -> Result<User, Problem> {
    users::by_id(db, id)
        .await?
        .ok_or_else(|| Problem::issuer(IssuerCode::NotFound, format!("there is no user `{id}`")))
}
