//! What the session row says about a main token (`docs/contract/tokens.md`, "Rotation").

use crate::clock::{UnixSeconds, is_recent};
use crate::db::sessions::{EndReason, Session};
use crate::db::users::UserStatus;

/// Seconds during which the token before the current one is still accepted: two tabs, rendering on
/// a server, an answer that is on its way.
pub const GRACE: i64 = 10;

/// What a main token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The current token.
    Current,
    /// The one before it, still accepted; its holder should be given the current one.
    Previous,
    /// Nothing.
    Refused(Refusal),
}

/// Why a main token is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The session was ended or has expired.
    Over,
    /// The session must be ended now, for this reason.
    End(EndReason),
}

/// What the token with counter `ctr` is worth at `now`.
#[must_use]
pub fn standing(session: &Session, holder: UserStatus, ctr: i64, now: UnixSeconds) -> Standing {
    let passed = |end: UnixSeconds| end <= now;
    if session.ended_at.is_some()
        || passed(session.expires_at)
        || session.ends_at.is_some_and(passed)
    {
        return Standing::Refused(Refusal::Over);
    }
    if holder != UserStatus::Active {
        return Standing::Refused(Refusal::End(EndReason::UserGone));
    }
    if ctr == session.ctr {
        Standing::Current
    } else if ctr > session.ctr {
        Standing::Refused(Refusal::End(EndReason::Ahead))
    } else if ctr == session.ctr - 1
        && (!session.current_used || is_recent(session.rotated_at, now, GRACE))
    {
        Standing::Previous
    } else {
        Standing::Refused(Refusal::End(EndReason::Reuse))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn session(ctr: i64, current_used: bool) -> Session {
        Session {
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            ctr,
            rotated_at: 1000,
            current_used,
            created_at: 0,
            auth_time: 0,
            amr: Vec::new(),
            expires_at: 5000,
            ends_at: None,
            last_used_at: 0,
            ended_at: None,
            origin: crate::db::sessions::Origin::default(),
        }
    }

    #[test]
    fn the_rules_of_rotation() {
        use Standing::{Current, Previous, Refused};
        let reuse = Refused(Refusal::End(EndReason::Reuse));
        let ahead = Refused(Refusal::End(EndReason::Ahead));
        for (ctr, used, now, token, expected) in [
            (0, false, 1000, 0, Current),
            (3, true, 4999, 3, Current),
            (3, true, 1000, 2, Previous),
            (3, true, 1010, 2, Previous),
            (3, true, 1011, 2, reuse),
            // Clocks that are a little apart, and one that was set back.
            (3, true, 940, 2, Previous),
            (3, true, 939, 2, reuse),
            (3, false, 4999, 2, Previous),
            (3, false, 1000, 1, reuse),
            (3, true, 1000, 0, reuse),
            (3, false, 1000, 4, ahead),
            (3, false, 1000, i64::MAX, ahead),
            (3, false, 5000, 3, Refused(Refusal::Over)),
        ] {
            let found = standing(&session(ctr, used), UserStatus::Active, token, now);
            assert_eq!(found, expected, "{ctr} {used} {now} {token}");
        }
    }

    #[test]
    fn an_end_that_was_set_holds_for_every_token() {
        let ending = Session { ends_at: Some(2000), ..session(3, true) };
        assert_eq!(standing(&ending, UserStatus::Active, 3, 1999), Standing::Current);
        let over = Standing::Refused(Refusal::Over);
        assert_eq!(standing(&ending, UserStatus::Active, 3, 2000), over);
    }
}
