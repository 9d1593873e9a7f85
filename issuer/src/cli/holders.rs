//! Whoever can hold permissions, as they are named on the command line.

use super::exit::Failure;
use super::users;
use crate::db::Connection;
use crate::db::grants::Holder;
use crate::oauth2::service_accounts;

/// The holder that `text` names: a user by name, e-mail or id, or a service account by `svc:NAME`.
/// Neither a user name nor an e-mail can begin like the latter.
pub(super) async fn named(db: &mut Connection, text: &str) -> Result<Holder, Failure> {
    match Holder::parse(text) {
        Some(Holder::User(id)) => Ok(Holder::User(users::named(db, &id.to_string()).await?.id)),
        Some(Holder::ServiceAccount(name)) => {
            service_accounts::find(db, &name).await?;
            Ok(Holder::ServiceAccount(name))
        }
        None => Ok(Holder::User(users::named(db, text).await?.id)),
    }
}
