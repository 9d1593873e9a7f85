//! The outbox: mails to be sent, written in the transaction of what they are about.

use sqlx::any::AnyRow;
use uuid::Uuid;

use super::row::{exactly_one, get, get_optional_uuid, get_uuid};
use super::{Connection, DbError};
use crate::clock::UnixSeconds;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody registers with this address.
    Registration,
    /// Somebody asks again for the mail that proves this address.
    Resend,
    /// An account shall get this address.
    Change,
    /// An account shall lose this address.
    Undo,
    /// Somebody has forgotten the password of the account with this address.
    Reset,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Registration, Self::Resend, Self::Change, Self::Undo, Self::Reset];

    /// As the database and the log write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Resend => "resend",
            Self::Change => "change",
            Self::Undo => "undo",
            Self::Reset => "reset",
        }
    }

    fn parse(text: &str) -> Result<Self, DbError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| DbError::Corrupt { what: "kind of a mail", value: text.to_owned() })
    }
}

/// How a mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The server took it.
    Sent,
    /// When it was to be sent there was nothing to say to this address.
    Needless,
    /// It was given up.
    Failed {
        /// Why; may hold the address.
        reason: String,
        /// The server's reply code, where it refused for good.
        reply: Option<u16>,
    },
}

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: Uuid,
    /// What it is about.
    pub kind: Kind,
    /// Where it goes, as its owner writes it.
    pub recipient: String,
    /// The same without regard to case.
    pub recipient_key: String,
    /// The account it is about.
    pub user: Option<Uuid>,
    /// The registration it is about.
    pub registration: Option<Uuid>,
    /// How often it was tried.
    pub attempts: i64,
    /// In which language it is written; absent: in the one that is set.
    pub language: Option<String>,
    /// When it was asked for.
    pub created_at: UnixSeconds,
}

/// How far a mail has got.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be sent, now or later.
    Queued,
    /// The server took it.
    Sent,
    /// When it was to be sent there was nothing to say to this address.
    Needless,
    /// It was given up.
    Failed,
}

impl State {
    const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Needless, Self::Failed];

    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Needless => "needless",
            Self::Failed => "failed",
        }
    }

    fn parse(text: String) -> Result<Self, DbError> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(DbError::Corrupt { what: "state of a mail", value: text })
    }
}

/// A mail as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The mail.
    pub mail: Mail,
    /// How far it has got.
    pub state: State,
    /// When it is tried next.
    pub due_at: UnixSeconds,
    /// Why it was given up.
    pub error: Option<String>,
    /// The server's code, where it refused for good.
    pub reply: Option<i64>,
    /// When it ended.
    pub ended_at: Option<UnixSeconds>,
}

/// The columns of a [`Listed`].
macro_rules! columns {
    () => {
        "id, kind, recipient, recipient_key, user_id, registration, attempts, language, state, \
         due_at, error, reply, created_at, ended_at"
    };
}

/// Which mails are about the account `$1`: those that name it, and those that were asked for by its
/// address or by one that it can still take back.
macro_rules! of_user {
    () => {
        // Not `OR`, for which all mails would be read.
        "id IN (SELECT id FROM mails WHERE user_id = $1 \
         UNION ALL SELECT id FROM mails WHERE registration IS NULL AND recipient_key IN \
         (SELECT email_key FROM users WHERE id = $1 AND email_key IS NOT NULL \
         UNION ALL SELECT email_key FROM mail_codes WHERE user_id = $1 AND purpose = 'undo'))"
    };
}

/// How many mails there are that were not sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outbox {
    /// To be sent, now or later.
    pub waiting: i64,
    /// Given up, and not yet forgotten.
    pub failed: i64,
    /// Those of them that a server refused for good: mostly because there is no such mailbox.
    pub bounced: i64,
}

/// Counts the mails that were not sent.
///
/// # Errors
/// The query failed.
pub async fn outbox(db: &mut Connection) -> Result<Outbox, DbError> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN state = 'queued' THEN 1 END) AS waiting, \
         COUNT(CASE WHEN state = 'failed' THEN 1 END) AS failed, \
         COUNT(CASE WHEN state = 'failed' AND reply >= 500 THEN 1 END) AS bounced FROM mails",
    )
    .fetch_one(db)
    .await?;
    Ok(Outbox {
        waiting: get(&row, "waiting")?,
        failed: get(&row, "failed")?,
        bounced: get(&row, "bounced")?,
    })
}

/// Puts a mail into the outbox.
///
/// # Errors
/// The query failed.
pub async fn insert(db: &mut Connection, mail: &Mail) -> Result<(), DbError> {
    let result = sqlx::query(
        "INSERT INTO mails (id, kind, recipient, recipient_key, user_id, registration, state, \
         attempts, due_at, created_at, language) \
         VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, $8, $9)",
    )
    .bind(mail.id.to_string())
    .bind(mail.kind.as_str())
    .bind(mail.recipient.clone())
    .bind(mail.recipient_key.clone())
    .bind(mail.user.map(|id| id.to_string()))
    .bind(mail.registration.map(|id| id.to_string()))
    .bind(mail.attempts)
    .bind(mail.created_at)
    .bind(mail.language.clone())
    .execute(db)
    .await?;
    exactly_one(&result)
}

/// The mails that are to be sent now, oldest first.
///
/// # Errors
/// The query failed.
pub async fn due(db: &mut Connection, now: UnixSeconds, limit: i64) -> Result<Vec<Mail>, DbError> {
    let rows = sqlx::query(
        "SELECT id, kind, recipient, recipient_key, user_id, registration, attempts, language, \
         created_at FROM mails WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at, id LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(mail).collect()
}

/// Takes a mail for one attempt, which counts even if the process ends in it; until `due_at` nobody
/// else takes it. Whether it was still there to be taken.
///
/// # Errors
/// The query failed.
pub async fn claim(db: &mut Connection, mail: &Mail, due_at: UnixSeconds) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE mails SET attempts = attempts + 1, due_at = $3 \
         WHERE id = $1 AND attempts = $2 AND state = 'queued'",
    )
    .bind(mail.id.to_string())
    .bind(mail.attempts)
    .bind(due_at)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Keeps a mail that was claimed from being withdrawn until this transaction ends; whether it is still
/// there, and nobody has taken it since.
///
/// # Errors
/// The query failed.
pub async fn hold(db: &mut Connection, mail: &Mail) -> Result<bool, DbError> {
    let result = sqlx::query(
        "UPDATE mails SET due_at = due_at WHERE id = $1 AND attempts = $2 AND state = 'queued'",
    )
    .bind(mail.id.to_string())
    .bind(mail.attempts + 1)
    .execute(db)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Lets a mail that was claimed and not taken be tried again at `due_at`; nothing where somebody else
/// has taken it since.
///
/// # Errors
/// The query failed.
pub async fn put_off(db: &mut Connection, mail: &Mail, due_at: UnixSeconds) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE mails SET due_at = $3 WHERE id = $1 AND attempts = $2 AND state = 'queued'",
    )
    .bind(mail.id.to_string())
    .bind(mail.attempts + 1)
    .bind(due_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a mail that was claimed; nothing where somebody else has taken it since.
///
/// # Errors
/// The query failed.
pub async fn end(
    db: &mut Connection,
    mail: &Mail,
    end: &End,
    now: UnixSeconds,
) -> Result<(), DbError> {
    let (state, error, reply) = match end {
        End::Sent => (State::Sent, None, None),
        End::Needless => (State::Needless, None, None),
        End::Failed { reason, reply } => (State::Failed, Some(reason.clone()), *reply),
    };
    // No row: what the mail is about went away meanwhile, and the mail with it.
    sqlx::query(
        "UPDATE mails SET state = $3, error = $4, reply = $5, ended_at = $6 \
         WHERE id = $1 AND attempts = $2 AND state = 'queued'",
    )
    .bind(mail.id.to_string())
    .bind(mail.attempts + 1)
    .bind(state.as_str())
    .bind(error)
    .bind(reply.map(i64::from))
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Mails, youngest first, `limit` of them after the one of this time and id; only those that have got
/// this far, where that is said.
///
/// # Errors
/// The query failed.
pub async fn list(
    db: &mut Connection,
    state: Option<State>,
    after: Option<&(UnixSeconds, String)>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let first = (UnixSeconds::MAX, String::new());
    let (at, id) = after.unwrap_or(&first);
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM mails \
         WHERE ($1 = '' OR state = $1) AND (created_at < $2 OR (created_at = $2 AND id < $3)) \
         ORDER BY created_at DESC, id DESC LIMIT $4"
    ))
    .bind(state.map_or("", State::as_str))
    .bind(*at)
    .bind(id.clone())
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(listed).collect()
}

/// Takes mails of one kind to an account out of the outbox.
///
/// # Errors
/// The query failed.
pub async fn withdraw(db: &mut Connection, user: Uuid, kind: Kind) -> Result<(), DbError> {
    sqlx::query("DELETE FROM mails WHERE user_id = $1 AND kind = $2 AND state = 'queued'")
        .bind(user.to_string())
        .bind(kind.as_str())
        .execute(db)
        .await?;
    Ok(())
}

/// Takes the mails out of the outbox that let a new password of an account be chosen: they name the
/// address alone.
///
/// # Errors
/// The query failed.
pub async fn withdraw_resets(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM mails WHERE recipient_key = (SELECT email_key FROM users WHERE id = $1) \
         AND kind = $2 AND state = 'queued'",
    )
    .bind(user.to_string())
    .bind(Kind::Reset.as_str())
    .execute(db)
    .await?;
    Ok(())
}

/// Every mail that is kept about an account, oldest first.
///
/// # Errors
/// The query failed.
pub async fn of_user(db: &mut Connection, user: Uuid) -> Result<Vec<Listed>, DbError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM mails WHERE ",
        of_user!(),
        " ORDER BY created_at, id"
    ))
    .bind(user.to_string())
    .fetch_all(db)
    .await?;
    rows.iter().map(listed).collect()
}

/// Removes every mail that is kept about an account, whatever became of it.
///
/// # Errors
/// The query failed.
pub async fn remove_all(db: &mut Connection, user: Uuid) -> Result<(), DbError> {
    sqlx::query(concat!("DELETE FROM mails WHERE ", of_user!()))
        .bind(user.to_string())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes mails that ended well before `before` and any others before `long_before`, a thousand
/// at most.
///
/// # Errors
/// The query failed.
pub async fn forget_old(
    db: &mut Connection,
    before: UnixSeconds,
    long_before: UnixSeconds,
) -> Result<u64, DbError> {
    let result = sqlx::query(
        "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_at <= $2 \
         OR (created_at <= $1 AND state IN ('sent', 'needless')) ORDER BY created_at LIMIT 1000)",
    )
    .bind(before)
    .bind(long_before)
    .execute(db)
    .await?;
    Ok(result.rows_affected())
}

fn listed(row: &AnyRow) -> Result<Listed, DbError> {
    Ok(Listed {
        mail: mail(row)?,
        state: State::parse(get(row, "state")?)?,
        due_at: get(row, "due_at")?,
        error: get(row, "error")?,
        reply: get(row, "reply")?,
        ended_at: get(row, "ended_at")?,
    })
}

fn mail(row: &AnyRow) -> Result<Mail, DbError> {
    Ok(Mail {
        id: get_uuid(row, "id")?,
        kind: Kind::parse(&get::<String>(row, "kind")?)?,
        recipient: get(row, "recipient")?,
        recipient_key: get(row, "recipient_key")?,
        user: get_optional_uuid(row, "user_id")?,
        registration: get_optional_uuid(row, "registration")?,
        attempts: get(row, "attempts")?,
        language: get(row, "language")?,
        created_at: get(row, "created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use crate::db::connect::tests::scratch;
    use crate::db::row::get;

    #[tokio::test]
    async fn the_mails_about_an_account_are_found_by_indices() {
        let (db, _folder) = scratch().await;
        let sql = concat!("EXPLAIN QUERY PLAN DELETE FROM mails WHERE ", of_user!());
        let mut connection = db.read().await.unwrap();
        let rows = sqlx::query(sql).bind("").fetch_all(&mut *connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| get(row, "detail").unwrap()).collect();
        assert!(!plan.iter().any(|step| step.starts_with("SCAN mails")), "{plan:?}");
        assert!(plan.iter().any(|step| step.contains("mails_recipient")), "{plan:?}");
    }
}
