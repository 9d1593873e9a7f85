//! Backup codes: for whoever has lost their app. Each is good once.

use data_encoding::BASE32_NOPAD;
use laika_claims::IssuerCode;
use serde_json::json;
use uuid::Uuid;

use super::{note, owner};
use crate::accounts;
use crate::app::App;
use crate::audit::Action;
use crate::db::sessions::Session;
use crate::db::users::User;
use crate::db::{self, Connection};
use crate::one_time_code;
use crate::problem::Problem;
use crate::random;
use crate::secret::Secret;

/// How many there are.
pub const COUNT: usize = 10;

/// Random bytes of one: so many that a fast hash does for what is stored of it.
const LENGTH: usize = 10;

/// Fresh codes, to be shown once.
#[derive(Debug)]
pub struct BackupCodes(pub Vec<Secret>);

impl BackupCodes {
    /// As they are shown: this once.
    #[must_use]
    pub fn reveal(&self) -> Vec<String> {
        self.0.iter().map(|code| code.reveal().to_owned()).collect()
    }
}

/// Makes fresh codes, in the caller's transaction; those there were are good no more.
pub(super) async fn make(
    app: &App,
    db: &mut Connection,
    user: Uuid,
) -> Result<BackupCodes, Problem> {
    let mut codes = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let text = BASE32_NOPAD.encode(&random::bytes::<LENGTH>(&*app.random)?).to_lowercase();
        codes.push(Secret::from(grouped(&text)));
    }
    let hashes: Vec<_> = codes.iter().map(hash).collect();
    db::factors::set_backup_codes(db, user, &hashes, app.clock.now()).await?;
    Ok(BackupCodes(codes))
}

/// Makes fresh codes for somebody who has a factor.
///
/// # Errors
/// Neither the password nor a fresh log-in, the factor was not shown, or there is none.
pub async fn renew(
    app: &App,
    user: &User,
    session: &Session,
    password: Option<&Secret>,
) -> Result<BackupCodes, Problem> {
    let proved = accounts::prove_anew(app, user, session, password).await?;
    let mut tx = app.db.write().await?;
    proved.hold(&mut tx).await?;
    let held = db::factors::held(&mut tx, user.id).await?;
    if !held.any() {
        let detail = "backup codes stand in for a second factor, and this account has none";
        return Err(Problem::issuer(IssuerCode::Conflict, detail));
    }
    let codes = make(app, &mut tx, user.id).await?;
    let (before, after) = (json!({ "left": held.backup_codes }), json!({ "left": COUNT }));
    note(app, &mut tx, owner(session), Action::BackupCodesRenewed, (Some(before), Some(after)))
        .await?;
    tx.commit().await?;
    Ok(codes)
}

/// What is stored of a code, however it is written: people put in spaces, and capitals.
pub(super) fn hash(code: &Secret) -> String {
    let plain: String =
        code.reveal().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    one_time_code::hash(&plain.to_ascii_lowercase())
}

/// In groups of four, which are easier to copy.
fn grouped(text: &str) -> String {
    let mut grouped = String::new();
    for (place, character) in text.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push('-');
        }
        grouped.push(character);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_a_code_is_written_it_is_the_same() {
        let hash = |text: &str| hash(&Secret::from(text.to_owned()));
        assert_eq!(grouped("abcdefgh23456723"), "abcd-efgh-2345-6723");
        for same in ["abcdefgh23456723", "ABCD EFGH 2345 6723", " abcd-efgh-2345-6723\n"] {
            assert_eq!(hash(same), hash("abcd-efgh-2345-6723"));
        }
        assert_ne!(hash("abcd-efgh-2345-6722"), hash("abcd-efgh-2345-6723"));
    }
}
