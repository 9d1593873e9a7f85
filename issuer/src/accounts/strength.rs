//! New passwords: their length and how hard they are to guess.

use laika_claims::IssuerCode;
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::Score;

use super::{Email, Fault, Username};
use crate::problem::{FieldCode, FieldProblem, Problem, Strength};
use crate::secret::Secret;

/// NIST SP 800-63B section 3.1.1.2.
const MIN_LENGTH: usize = 8;
/// Longer ones are refused rather than cut: what is cut is not checked.
const MAX_LENGTH: usize = 256;

/// A password somebody wants to have, in NFC.
#[derive(Debug, Clone)]
pub struct NewPassword(Secret);

impl NewPassword {
    /// Reads a password and checks its length.
    ///
    /// # Errors
    /// It is too short or too long.
    pub fn parse(password: &Secret) -> Result<Self, Fault> {
        if password.reveal().len() > MAX_LENGTH * 4 {
            return Err(too_long());
        }
        let normal = normalise(password);
        match normal.reveal().chars().count() {
            0..MIN_LENGTH => {
                let detail = format!("at least {MIN_LENGTH} characters");
                Err(Fault::new(FieldCode::TooShort, detail))
            }
            MIN_LENGTH..=MAX_LENGTH => Ok(Self(normal)),
            _ => Err(too_long()),
        }
    }

    /// Checks that it is hard to guess, also for somebody who knows its owner's name and address.
    ///
    /// # Errors
    /// It is not; with the score and what would help.
    pub fn check_strength(&self, username: &Username, email: &Email) -> Result<(), Problem> {
        let local = email.as_str().split('@').next().unwrap_or_default();
        let known =
            [username.as_str(), username.key(), email.as_str(), email.key(), local, "laika"];
        let estimate = zxcvbn::zxcvbn(self.0.reveal(), &known);
        if estimate.score() >= Score::Three {
            return Ok(());
        }
        let feedback = estimate.feedback();
        let strength = Strength {
            score: estimate.score().into(),
            guesses: estimate.guesses(),
            warning: feedback.and_then(|f| f.warning()).map(|warning| warning.to_string()),
            suggestions: feedback
                .map(|f| f.suggestions().iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
        };
        let detail = "too easy to guess";
        Err(Problem {
            fields: vec![FieldProblem::new("password", FieldCode::NotAllowed, detail)],
            strength: Some(Box::new(strength)),
            ..Problem::issuer(IssuerCode::PasswordWeak, "the password is too easy to guess")
        })
    }

    /// The password.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// A password as it is hashed: in NFC, so that it does not depend on the keyboard it was typed on.
#[must_use]
pub(super) fn normalise(password: &Secret) -> Secret {
    Secret::from(password.reveal().nfc().collect::<String>())
}

/// Whether a password may be looked at in a log-in: longer ones fit no account.
#[must_use]
pub(super) fn is_plausible(password: &Secret) -> bool {
    password.reveal().len() <= MAX_LENGTH * 4
}

fn too_long() -> Fault {
    Fault::new(FieldCode::TooLong, format!("at most {MAX_LENGTH} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), Problem> {
        let password = NewPassword::parse(&Secret::from(password.to_owned())).unwrap();
        let username = Username::parse("strelka60").unwrap();
        password.check_strength(&username, &Email::parse("strelka60@example.com").unwrap())
    }

    #[test]
    fn weak_passwords_come_with_score_and_advice() {
        for weak in ["password1", "strelka60!", "12345678901234", "qwertyuiop"] {
            let problem = check(weak).unwrap_err();
            assert_eq!(problem.code.as_str(), "password_weak");
            let strength = problem.strength.unwrap();
            assert!(strength.score < 3 && strength.guesses < 100_000_000, "{weak}");
            assert!(!strength.suggestions.is_empty(), "{weak}");
        }
        check("correct horse battery staple").unwrap();
    }

    #[test]
    fn lengths_are_bounded() {
        for (text, code) in [
            ("short".to_owned(), FieldCode::TooShort),
            ("x".repeat(257), FieldCode::TooLong),
            ("x".repeat(100_000), FieldCode::TooLong),
        ] {
            assert_eq!(NewPassword::parse(&Secret::from(text)).unwrap_err().code, code);
        }
    }

    #[test]
    fn one_password_typed_two_ways_is_one() {
        let one = NewPassword::parse(&Secret::from("cafe\u{301} au lait".to_owned())).unwrap();
        assert_eq!(one.secret().reveal(), "caf\u{e9} au lait");
    }
}
