//! Passwords of others that anybody could guess.

use super::{Facts, Finding};
use crate::config::database::credentials;
use crate::config::secret::known_word;

/// Shortest password that is not a guess, in characters.
const SHORTEST: usize = 8;

pub(super) fn passwords(facts: &Facts<'_>) -> Vec<Finding> {
    let settings = facts.settings;
    let (user, in_url) = credentials(&settings.database_url);
    let (user, in_url) = (user.as_deref(), in_url.as_deref());
    let of_database = settings.database.password.as_ref().map(|secret| secret.reveal());
    let mail = settings.mail.as_ref().and_then(|mail| mail.credentials.as_ref());
    let all = [
        ("database_url", in_url, user),
        ("database.password", of_database, user),
        (
            "mail.password",
            mail.map(|(_, password)| password.reveal()),
            mail.map(|(user, _)| user.as_str()),
        ),
    ];
    let weak = |(setting, password, user): (&str, Option<&str>, Option<&str>)| {
        let password = password?;
        let why = if password.chars().count() < SHORTEST {
            format!("shorter than {SHORTEST} characters")
        } else if user.is_some_and(|user| user.eq_ignore_ascii_case(password)) {
            "the name of the user".to_owned()
        } else {
            let word = known_word(password)?;
            // What stands beside it may be secret enough.
            if password.to_ascii_lowercase().replace(word, "").chars().count() >= SHORTEST {
                return None;
            }
            format!("a word that everybody tries, `{word}`")
        };
        let message = format!("the password is {why}; let something random be it");
        Some(Finding::warning(setting, message))
    };
    all.into_iter().filter_map(weak).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Level::Warning;
    use super::super::tests::each_finds;

    #[test]
    fn passwords_that_anybody_could_guess_are_found_and_not_shown() {
        each_finds(&[
            ("[database]\npassword = 'x7!kQ'", Warning, "database.password", "shorter than 8"),
            ("[database]\npassword = 'Password123'", Warning, "database.password", "`password`"),
            (
                "database_url = 'postgres://kennelmaster:kennelmaster@127.0.0.1/laika'",
                Warning,
                "database_url",
                "name of the user",
            ),
            (
                "database_url = 'postgres://laika:changeme-now@127.0.0.1/laika'",
                Warning,
                "database_url",
                "`changeme`",
            ),
            (
                "database_url = 'postgres:///laika?host=/run&user=kennel%6Daster&password=kennelmaster'",
                Warning,
                "database_url",
                "name of the user",
            ),
            (
                "[mail]\nurl = 'smtps://post@127.0.0.1'\nfrom = 'post@kennel.org'\npassword = 'secret-secret'",
                Warning,
                "mail.password",
                "`secret`",
            ),
        ]);
    }
}
