//! An authenticator app: enrolled, confirmed, removed.

use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::totp::TotpSecret;
use super::{BackupCodes, added, adding, named, removed};
use crate::accounts;
use crate::app::App;
use crate::audit::Action;
use crate::clock::is_recent;
use crate::db;
use crate::db::factors::Totp;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::limits;
use crate::problem::{FieldCode, Problem};
use crate::secret::Secret;
use crate::session::Factor;

/// Seconds for which an app waits for its first code.
const OFFER_LIFETIME: i64 = 15 * 60;

/// What an app is to take; shown once.
#[derive(Debug)]
pub struct Offer {
    /// Its secret in base32, for who can't scan.
    pub secret: Zeroizing<String>,
    /// An `otpauth` URI, for a QR code.
    pub uri: Zeroizing<String>,
    /// The QR code of that, as an SVG image.
    pub image: Zeroizing<String>,
}

/// Begins with an app; it is no factor until [`confirm`] sees a code of it.
///
/// # Errors
/// Neither the password nor a fresh log-in, a factor that was not shown, or there is an app.
pub async fn offer(
    app: &App,
    user: &User,
    session: &Session,
    password: Option<&Secret>,
) -> Result<Offer, Problem> {
    let username = named(user)?;
    let proved = accounts::prove_anew(app, user, session, password).await?;
    let secret = TotpSecret::generate(&*app.random)?;
    let wrapped = app.keys.master().wrap(&owner(user.id), secret.bytes(), &*app.random)?;
    let mut tx = app.db.write().await?;
    proved.hold(&mut tx).await?;
    if !db::factors::offer_totp(&mut tx, user.id, &wrapped, app.clock.now()).await? {
        let detail = "this account has an authenticator app; remove it first";
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    tx.commit().await?;
    let uri = secret.uri(app.issuer.host(), username);
    let image = image(&uri)?;
    Ok(Offer { uri, image, secret: secret.base32() })
}

/// Makes an app a factor, by a code of it; backup codes come along where it is the first. Codes that
/// are wrong are limited: whoever has the session need not be who was shown the secret.
///
/// # Errors
/// There is no app that waits, or it is no code of it; a factor that was not shown; 429 after too many
/// wrong codes.
pub async fn confirm(
    app: &App,
    session: &Session,
    code: &Secret,
) -> Result<Option<BackupCodes>, Problem> {
    let wrong = IssuerCode::FieldsInvalid;
    limits::try_proof(app, session, wrong, accept(app, session, code)).await
}

async fn accept(
    app: &App,
    session: &Session,
    code: &Secret,
) -> Result<Option<BackupCodes>, Problem> {
    let (user, now) = (session.user_id, app.clock.now());
    let mut tx = app.db.write().await?;
    let before = adding(&mut tx, session).await?;
    let waits = |totp: &Totp| {
        totp.confirmed_at.is_none() && is_recent(totp.created_at, now, OFFER_LIFETIME)
    };
    let totp = db::factors::totp(&mut tx, user).await?.filter(waits).ok_or_else(none_waits)?;
    let Some(step) = secret(app, user, &totp)?.step_of(code.reveal().trim(), now) else {
        let detail = "not the code that the app shows now; is its clock right?";
        return Err(Problem::field("code", FieldCode::NotAllowed, detail));
    };
    if !db::factors::confirm_totp(&mut tx, user, &totp.secret, step, now).await? {
        return Err(none_waits());
    }
    let about = (Action::TotpAdded, json!({ "totp": true }));
    let codes = added(app, &mut tx, session, about, (before, Factor::Code)).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Takes the app off an account.
///
/// # Errors
/// Neither the password nor a fresh log-in, a factor that was not shown, or there is none.
pub async fn remove(
    app: &App,
    user: &User,
    session: &Session,
    password: Option<&Secret>,
) -> Result<(), Problem> {
    let proved = accounts::prove_anew(app, user, session, password).await?;
    let mut tx = app.db.write().await?;
    proved.hold(&mut tx).await?;
    if !db::factors::remove_totp(&mut tx, user.id).await? {
        return Err(Problem::issuer(IssuerCode::NotFound, "there is no authenticator app"));
    }
    removed(app, &mut tx, session, Action::TotpRemoved, json!({ "totp": true })).await?;
    Ok(tx.commit().await?)
}

fn none_waits() -> Problem {
    let detail = "no authenticator app waits for its first code, or it has waited too long; begin \
                  with `POST /v1/me/factors/totp`";
    Problem::issuer(IssuerCode::Conflict, detail)
}

/// The secret of a stored app.
pub(super) fn secret(app: &App, user: Uuid, totp: &Totp) -> Result<TotpSecret, Problem> {
    Ok(TotpSecret::from_bytes(app.keys.master().unwrap(&owner(user), &totp.secret)?))
}

/// The QR code of a URI. Black on white whatever the page's colours are: not every camera reads it the
/// other way round.
fn image(uri: &str) -> Result<Zeroizing<String>, Problem> {
    let code = qrcode::QrCode::new(uri.as_bytes()).map_err(Problem::internal)?;
    let mut image = code.render::<qrcode::render::svg::Color<'_>>();
    Ok(Zeroizing::new(image.min_dimensions(192, 192).build()))
}

/// What the wrapped secret is bound to: that of one person is none of another.
fn owner(user: Uuid) -> String {
    format!("totp:{user}")
}
