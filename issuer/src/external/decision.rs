//! What an assertion means here: the rules of linking (`docs/contract/issuer.md`, "External logins"),
//! and nothing else. No database, no HTTP.
//!
//! - An identity that is known is its account's, whatever its e-mail has become.
//! - Whoever is signed in and asks for it links an identity to that account, unless it is another's.
//! - An account is found by e-mail only where both sides have proved it, and never one with
//!   administrator roles or a second factor: what a provider says must not open those.
//! - An account that holds the e-mail *without* proof loses it to whoever proves it (somebody may
//!   have made it to lie in wait), closed or not, and they get an account of their own.

use uuid::Uuid;

/// What is known when somebody has shown who they are elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Who signed in before and asks for a link.
    pub linking: Option<Uuid>,
    /// Whose identity it is.
    pub owner: Option<Owner>,
    /// Who has the e-mail that the assertion proves.
    pub namesake: Option<Namesake>,
}

/// The account of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Whose.
    pub id: Uuid,
    /// Whether it may be used.
    pub active: bool,
}

/// The account with the same e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namesake {
    /// Whose.
    pub id: Uuid,
    /// Whether it may be used.
    pub active: bool,
    /// Whether they proved the e-mail here.
    pub proved: bool,
    /// Whether it has administrator roles, or a second factor beside an e-mail that is proved.
    pub guarded: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// They are this user, and were before.
    LogIn(Uuid),
    /// The identity becomes this user's, who found it by e-mail or asked for it.
    Link(Uuid),
    /// They are new here.
    Register,
    /// Nothing.
    Refuse(Refusal),
}

/// Why nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The account was closed or deleted.
    Closed,
    /// The identity is linked to another account.
    LinkedElsewhere,
    /// There is an account with this e-mail that is not opened by what a provider says.
    Guarded,
}

/// Decides.
#[must_use]
pub fn decide(facts: Facts) -> Decision {
    match (facts.linking, facts.owner) {
        (Some(user), Some(owner)) if owner.id == user => Decision::LogIn(user),
        (Some(_), Some(_)) => Decision::Refuse(Refusal::LinkedElsewhere),
        (Some(user), None) => Decision::Link(user),
        (None, Some(Owner { id, active: true })) => Decision::LogIn(id),
        (None, Some(Owner { active: false, .. })) => Decision::Refuse(Refusal::Closed),
        (None, None) => match facts.namesake {
            None => Decision::Register,
            // Also where it is closed: who never proved the e-mail does not keep its owner out.
            Some(Namesake { proved: false, guarded: false, .. }) => Decision::Register,
            Some(Namesake { active: false, .. }) => Decision::Refuse(Refusal::Closed),
            Some(Namesake { guarded: true, .. }) => Decision::Refuse(Refusal::Guarded),
            Some(Namesake { id, proved: true, .. }) => Decision::Link(id),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Uuid = Uuid::from_u128(1);
    const BOB: Uuid = Uuid::from_u128(2);

    #[test]
    fn the_rules_of_linking() {
        use Decision::{Link, LogIn, Refuse, Register};
        use Refusal::{Closed, Guarded, LinkedElsewhere};
        let owner = |id, active| Some(Owner { id, active });
        let namesake =
            |active, proved, guarded| Some(Namesake { id: BOB, active, proved, guarded });
        for (linking, owner, namesake, expected) in [
            // Nobody known.
            (None, None, None, Register),
            // A known identity is its account's, whoever has the e-mail.
            (None, owner(ADA, true), None, LogIn(ADA)),
            (None, owner(ADA, true), namesake(true, true, false), LogIn(ADA)),
            (None, owner(ADA, true), namesake(true, true, true), LogIn(ADA)),
            (None, owner(ADA, false), None, Refuse(Closed)),
            (None, owner(ADA, false), namesake(true, true, false), Refuse(Closed)),
            // By e-mail: proved on both sides, and nothing that is guarded.
            (None, None, namesake(true, true, false), Link(BOB)),
            (None, None, namesake(true, true, true), Refuse(Guarded)),
            (None, None, namesake(false, true, false), Refuse(Closed)),
            (None, None, namesake(false, true, true), Refuse(Closed)),
            // Who holds it without proof is not found by it, and an administrator does not lose it.
            (None, None, namesake(true, false, false), Register),
            (None, None, namesake(false, false, false), Register),
            (None, None, namesake(true, false, true), Refuse(Guarded)),
            (None, None, namesake(false, false, true), Refuse(Closed)),
            // Asked for by who is signed in.
            (Some(ADA), None, None, Link(ADA)),
            (Some(ADA), None, namesake(true, true, true), Link(ADA)),
            (Some(ADA), owner(ADA, true), None, LogIn(ADA)),
            (Some(ADA), owner(BOB, true), None, Refuse(LinkedElsewhere)),
            (Some(ADA), owner(BOB, false), None, Refuse(LinkedElsewhere)),
        ] {
            let facts = Facts { linking, owner, namesake };
            assert_eq!(decide(facts), expected, "{facts:?}");
        }
    }
}
