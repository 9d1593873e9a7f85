//! Micro tokens that an operator mints for somebody else. There is no such call by HTTP: an
//! administrator who could be anybody would need no other right.
//!
//! No token is without a slot, so that each can be taken back. Those of a service account share the
//! account's: disabling it revokes them. A person's are bound to a session, so one is begun for each,
//! which lives as long as the token and was authenticated by nothing: the token says neither
//! `auth_time` nor `amr`, and no policy that asks for them lets it pass. Nobody gets a main token for
//! it. The person sees it among their sessions, and they and whoever administers can end it.

use laika_claims::IssuerCode;
use laika_claims::token::SERVICE_ACCOUNT_PREFIX;
use serde_json::json;
use uuid::Uuid;

use super::{Act, not_found};
use crate::app::App;
use crate::audit::{Action, Subject};
use crate::db;
use crate::db::grants::Holder;
use crate::db::sessions::{EndReason, Origin, Session};
use crate::db::users::UserStatus;
use crate::mint::target::{self, check_names};
use crate::mint::{self, MicroRequest, MicroToken, micro_token};
use crate::oauth2::service_accounts;
use crate::problem::Problem;
use crate::{random, session};

/// What the list of sessions calls the client.
const CLIENT: &str = "laika token mint";

/// Mints a micro token as for the holder, by command line; with the session of a person's.
///
/// # Errors
/// There is no such holder, they are disabled or deleted, or as [`micro_token::mint_for`].
pub async fn mint(
    app: &App,
    holder: &Holder,
    request: MicroRequest,
) -> Result<(MicroToken, Option<Uuid>), Problem> {
    check_names("services", &request.services)?;
    let services = request.services.clone();
    let (subject, token, session) = match holder {
        Holder::User(id) => {
            let (token, session) = of_user(app, *id, &request).await?;
            (Subject::User(*id), token, Some(session))
        }
        Holder::ServiceAccount(name) => {
            let token = of_service_account(app, name, request).await?;
            (Subject::ServiceAccount(name.clone()), token, None)
        }
    };
    // Only what stands in the audit log is given away.
    let mut act = Act::of_operator(app).await?;
    let after = json!({
        "services": services,
        "permissions": token.permissions,
        "session": session.map(|id| id.to_string()),
    });
    act.record(Action::TokenMinted, subject, None, Some(after)).await?;
    act.commit().await?;
    Ok((token, session))
}

async fn of_user(
    app: &App,
    id: Uuid,
    request: &MicroRequest,
) -> Result<(MicroToken, Uuid), Problem> {
    let lifetime = target::resolve(app, &request.services).await?.lifetime;
    let mut act = Act::of_operator(app).await?;
    let user = db::users::by_id(act.db(), id).await?;
    match user.ok_or_else(|| not_found("user", &id.to_string()))?.status {
        UserStatus::Active => {}
        UserStatus::Disabled => return Err(may_not_be_used("disabled; enable it first")),
        UserStatus::Deleted => return Err(may_not_be_used("deleted")),
    }
    let now = act.now();
    let origin = Origin { client: Some(CLIENT.to_owned()), ..Origin::default() };
    let session = Session::unproved(
        random::uuid(&*app.random)?,
        id,
        now,
        now.saturating_add(lifetime),
        origin,
    );
    db::sessions::insert(act.db(), &session).await?;
    let about = json!({ "user": id.to_string(), "client": CLIENT });
    act.record(Action::SessionStarted, Subject::Session(session.id), None, Some(about)).await?;
    act.commit().await?;
    match micro_token::mint(app, &session, request).await {
        Ok(token) => Ok((token, session.id)),
        Err(refusal) => {
            // Nothing came of it, so nothing is left of it.
            session::end(app, session.id, EndReason::Administrator).await?;
            Err(refusal)
        }
    }
}

async fn of_service_account(
    app: &App,
    name: &str,
    request: MicroRequest,
) -> Result<MicroToken, Problem> {
    let mut connection = app.db.read().await?;
    let account = service_accounts::find(&mut connection, name).await?;
    drop(connection);
    if !account.is_active() {
        return Err(may_not_be_used("disabled; enable it first"));
    }
    let client_id = Some(format!("{SERVICE_ACCOUNT_PREFIX}{name}"));
    let holder = mint::Holder::ServiceAccount(&account);
    micro_token::mint_for(app, &holder, &MicroRequest { client_id, ..request }).await
}

fn may_not_be_used(why: &str) -> Problem {
    Problem::issuer(IssuerCode::Conflict, format!("this account is {why}"))
}
