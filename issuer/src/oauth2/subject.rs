//! A micro token that comes back: proved, and held against what became of it and its holder.

use std::sync::Arc;

use laika_claims::token::{MICRO_TYP, MICRO_TYPE, SERVICE_ACCOUNT_PREFIX};
use laika_claims::{ErrorCode, Grant};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::app::App;
use crate::clock::{UnixSeconds, claim_seconds};
use crate::db::entitlements::{self, Entitlements};
use crate::db::service_accounts::{self, ServiceAccount};
use crate::db::users::UserStatus;
use crate::keys::jws;
use crate::mint::Holder;
use crate::mint::grants::Reach;
use crate::mint::micro_token::Proof;
use crate::problem::Problem;
use crate::status;

/// A micro token of this issuer whose signature and times hold.
#[derive(Debug, Clone)]
pub struct ProvedMicro {
    /// Every claim.
    pub claims: Arc<Map<String, Value>>,
    /// When it expires.
    pub exp: UnixSeconds,
}

/// What the holder of a micro token is now.
#[derive(Debug, Clone)]
pub enum Living {
    /// A person in a session that goes on.
    Person(Arc<Entitlements>),
    /// A service account that may be used.
    ServiceAccount(Arc<ServiceAccount>),
    /// Somebody of whom nothing is kept.
    Anonymous(Uuid),
}

impl Living {
    /// The same, as minting takes it.
    #[must_use]
    pub fn holder(&self) -> Holder<'_> {
        match self {
            Self::Person(held) => Holder::Person(held),
            Self::ServiceAccount(account) => Holder::ServiceAccount(account),
            Self::Anonymous(id) => Holder::Anonymous(*id),
        }
    }
}

/// Proves a micro token of this issuer.
///
/// # Errors
/// What is wrong with it.
pub async fn prove(app: &App, token: &str) -> Result<Result<ProvedMicro, ErrorCode>, Problem> {
    if let Some(secret) = &app.settings.micro.secret {
        match jws::verify_shared(secret, MICRO_TYP, token) {
            // It names a key, and so was signed with one, or with none.
            Err(ErrorCode::KeyNotFound) => {}
            claims => {
                let micro = claims.and_then(|claims| read(app, Arc::new(claims)));
                return within_its_service(app, micro).await;
            }
        }
    }
    Ok(jws::prove(app, MICRO_TYP, token).await?.and_then(|claims| read(app, claims)))
}

/// A service that shares the secret could have made this token itself, for whomever it likes. So it
/// proves something to that service alone: what is exchanged for it is for no other one.
async fn within_its_service(
    app: &App,
    micro: Result<ProvedMicro, ErrorCode>,
) -> Result<Result<ProvedMicro, ErrorCode>, Problem> {
    let services = app.services.current(&app.db, &*app.clock).await?;
    let own: Vec<_> = services.sharing_a_secret().map(|(_, known)| &known.audience).collect();
    Ok(micro.and_then(|micro| match micro.audiences().as_slice() {
        [only] if own.contains(&only) => Ok(micro),
        _ => Err(ErrorCode::AudienceMismatch),
    }))
}

fn read(app: &App, claims: Arc<Map<String, Value>>) -> Result<ProvedMicro, ErrorCode> {
    if claims.get("type").and_then(Value::as_str) != Some(MICRO_TYPE) {
        return Err(ErrorCode::TypeMismatch);
    }
    if claims.get("iss").and_then(Value::as_str) != Some(app.issuer.as_str()) {
        return Err(ErrorCode::IssuerMismatch);
    }
    let exp = claims.get("exp").and_then(Value::as_i64).ok_or(ErrorCode::ClaimInvalid)?;
    if claim_seconds(exp) <= claim_seconds(app.clock.now()) {
        return Err(ErrorCode::Expired);
    }
    Ok(ProvedMicro { claims, exp })
}

impl ProvedMicro {
    /// The audiences.
    #[must_use]
    pub fn audiences(&self) -> Vec<String> {
        self.texts("aud")
    }

    /// What its holder may do by it.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let grants = self.texts("permissions");
        Reach {
            roles: self.texts("roles"),
            level: self.claims.get("level").and_then(Value::as_i64),
            grants: grants.iter().filter_map(|text| Grant::parse(text).ok()).collect(),
        }
    }

    /// How its holder had proved who they are.
    #[must_use]
    pub fn proof(&self) -> Proof {
        Proof {
            auth_time: self.claims.get("auth_time").and_then(Value::as_u64),
            amr: self.texts("amr"),
            acr: self.text("acr").map(str::to_owned),
        }
    }

    /// Whether nobody had proved who its holder is.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.claims.get("anonymous") == Some(&Value::Bool(true))
    }

    /// What its holder is now; `None` where the session has ended, the account may not be used, or the
    /// token's slot is marked: what a verifier refuses is worth nothing here either.
    ///
    /// # Errors
    /// The database failed.
    pub async fn living(&self, app: &App) -> Result<Option<Living>, Problem> {
        if let Some(claim) = self.claims.get("status")
            && status::is_marked(app, claim).await?
        {
            return Ok(None);
        }
        let Some(subject) = self.text("sub") else { return Ok(None) };
        let now = app.clock.now();
        if let Some(name) = subject.strip_prefix(SERVICE_ACCOUNT_PREFIX) {
            let found = service_accounts::by_name(&app.db, name).await?;
            let found = found.filter(|account| account.is_active());
            return Ok(found.map(Living::ServiceAccount));
        }
        let Ok(id) = Uuid::parse_str(subject) else { return Ok(None) };
        let Some(session) = self.text("sid") else {
            return Ok(self.is_anonymous().then_some(Living::Anonymous(id)));
        };
        let Ok(session) = Uuid::parse_str(session) else { return Ok(None) };
        let found = entitlements::of_session(&app.db, session).await?;
        let goes_on = |held: &Arc<Entitlements>| {
            let session = &held.session;
            held.user.id == id
                && held.user.status == UserStatus::Active
                && session.ended_at.is_none()
                && session.expires_at > now
                && session.ends_at.is_none_or(|end| end > now)
        };
        Ok(found.filter(goes_on).map(Living::Person))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let items = self.claims.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }
}
