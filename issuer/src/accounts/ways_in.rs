//! What opens an account by itself; the last of it is never taken off by its owner.

use uuid::Uuid;

use crate::app::App;
use crate::db::{self, Connection};
use crate::problem::Problem;

/// Identities and passkeys that are looked at; nobody has so many.
const MOST: i64 = 1000;

/// What opens an account by itself. A mail that lets its owner choose a password is not among it:
/// the mailbox may be lost.
#[derive(Debug, Clone)]
pub struct WaysIn {
    /// Whether it has a password.
    pub password: bool,
    /// Its identities at providers that are still configured.
    pub identities: Vec<Uuid>,
    /// Its passkeys.
    pub passkeys: Vec<Uuid>,
}

impl WaysIn {
    /// Those of an account, in the transaction that is to take one off.
    ///
    /// # Errors
    /// The database failed.
    pub async fn of(app: &App, db: &mut Connection, user: Uuid) -> Result<Self, Problem> {
        let identities = db::identities::page(db, user, "", MOST).await?;
        let passkeys = match &app.passkeys {
            Some(_) => db::passkeys::page(db, user, "", MOST).await?,
            None => Vec::new(),
        };
        let vouched = identities
            .iter()
            .filter(|identity| app.providers.vouches(&identity.provider, &identity.authority));
        Ok(Self {
            password: db::accounts::password_hash(db, user).await?.is_some(),
            identities: vouched.map(|identity| identity.id).collect(),
            passkeys: passkeys.iter().map(|passkey| passkey.id).collect(),
        })
    }

    /// Whether there is one left without the identity or passkey of this id.
    #[must_use]
    pub fn is_open_without(&self, id: Uuid) -> bool {
        self.password || self.identities.iter().chain(&self.passkeys).any(|other| *other != id)
    }
}
