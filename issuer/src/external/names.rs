//! User names from profiles.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::Assertion;
use crate::accounts::Username;

/// Longest name that is taken over, in characters; there must be room for a number.
const MAX_TAKEN: usize = 40;

/// What somebody is called who has no name of use.
const FALLBACK: &str = "user";

/// What somebody could be called, as they are called there. Never by their e-mail: a user name is
/// seen by others.
#[must_use]
pub fn base(assertion: &Assertion, reserved: &[String]) -> String {
    let wanted = [&assertion.username, &assertion.name];
    let mut names = wanted.into_iter().flatten().map(|text| cleaned(text));
    let good =
        |name: &String| Username::parse(name).is_ok_and(|username| !username.is_reserved(reserved));
    names.find(good).unwrap_or_else(|| FALLBACK.to_owned())
}

/// `base` and a number behind it.
///
/// # Errors
/// Never, in effect: letters and a number are a name.
pub fn numbered(base: &str, number: &str) -> Result<Username, crate::problem::Problem> {
    Username::parse(&format!("{base}-{number}"))
        .map_err(|fault| crate::problem::Problem::internal(fault.detail))
}

/// What of a text can stand in a user name; spaces become `-`. Of an e-mail nothing.
fn cleaned(text: &str) -> String {
    let text = text.trim_start_matches('@');
    if text.contains('@') {
        return String::new();
    }
    let mut name = String::new();
    let mut count = 0;
    for c in text.nfkc() {
        let c = if c.is_whitespace() { '-' } else { c };
        let first = c.is_alphanumeric() && !is_combining_mark(c);
        let later = c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '.' | '_' | '-');
        let doubled = c == '-' && name.ends_with('-');
        if (name.is_empty() && first) || (!name.is_empty() && later && !doubled) {
            name.push(c);
            count += 1;
        }
        if count == MAX_TAKEN {
            break;
        }
    }
    name.trim_end_matches(['.', '_', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(username: Option<&str>, name: Option<&str>) -> String {
        let assertion = Assertion {
            provider: "kennel".to_owned(),
            authority: "https://id.kennel.org".to_owned(),
            subject: "1".to_owned(),
            email: None,
            name: name.map(str::to_owned),
            username: username.map(str::to_owned),
            picture: None,
        };
        base(&assertion, &["billing".to_owned()])
    }

    #[test]
    fn people_are_called_as_they_are_called_elsewhere() {
        for (username, name, expected) in [
            (Some("laika57"), Some("Laika"), "laika57"),
            (None, Some("Лайка Кудрявка"), "Лайка-Кудрявка"),
            (Some("@laika!"), None, "laika"),
            (Some("laika@kennel.org"), Some("Laika"), "Laika"),
            (Some("  -.laika.- "), None, "laika"),
            (Some("a  -  b"), None, "a-b"),
            (Some("admin"), Some("Ada"), "Ada"),
            (Some("billing"), None, "user"),
            (Some("x"), None, "user"),
            (Some("!!"), Some("\u{200b}"), "user"),
            (None, None, "user"),
            (Some("ﬁdo"), None, "fido"),
        ] {
            assert_eq!(called(username, name), expected, "{username:?} {name:?}");
        }
        let long = called(Some(&"x".repeat(300)), None);
        assert_eq!(long.len(), MAX_TAKEN);
        assert!(numbered(&long, "123456789").is_ok());
    }
}
