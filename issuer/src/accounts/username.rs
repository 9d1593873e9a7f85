//! User names.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::Fault;
use crate::problem::FieldCode;

const MIN_LENGTH: usize = 2;
const MAX_LENGTH: usize = 64;

/// Names nobody may register: they would pass for the operator of the service.
const RESERVED: [&str; 20] = [
    "abuse",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "everyone",
    "help",
    "hostmaster",
    "info",
    "me",
    "moderator",
    "nobody",
    "null",
    "postmaster",
    "root",
    "security",
    "support",
    "system",
    "undefined",
    "webmaster",
];

/// A user name: 2 to 64 letters, digits, `.`, `_` and `-` of any script, in NFKC, beginning with a
/// letter or digit. It has no `@`, so it is never taken for an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    text: String,
    key: String,
}

impl Username {
    /// Reads a name.
    ///
    /// # Errors
    /// What is wrong with it, in words fit for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        // Before the normalisation, which can make a text several times longer.
        if text.len() > MAX_LENGTH * 4 {
            return Err(too_long());
        }
        let text: String = text.nfkc().collect();
        match text.chars().count() {
            0..MIN_LENGTH => {
                let detail = format!("at least {MIN_LENGTH} characters");
                return Err(Fault::new(FieldCode::TooShort, detail));
            }
            MIN_LENGTH..=MAX_LENGTH => {}
            _ => return Err(too_long()),
        }
        let joins = |c: char| matches!(c, '.' | '_' | '-') || is_combining_mark(c);
        let good = text.chars().all(|c| c.is_alphanumeric() || joins(c))
            && text.starts_with(|c: char| c.is_alphanumeric() && !is_combining_mark(c));
        if !good {
            let detail = "letters, digits, `.`, `_` and `-` only, beginning with a letter or digit";
            return Err(Fault::new(FieldCode::Malformed, detail));
        }
        let key = fold(&text);
        Ok(Self { text, key })
    }

    /// The name as its owner writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name without regard to case; two names with one key are the same name.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether nobody may register it; `more` are the keys that the settings name.
    #[must_use]
    pub fn is_reserved(&self, more: &[String]) -> bool {
        RESERVED.contains(&self.key.as_str()) || more.contains(&self.key)
    }
}

pub(super) fn fold(text: &str) -> String {
    // Lower case can leave NFKC; the second pass leads back.
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn too_long() -> Fault {
    Fault::new(FieldCode::TooLong, format!("at most {MAX_LENGTH} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_good() {
        for good in ["laika", "Лайка", "ライカ", "laika-57", "a.b_c", "हिन्दी", "ﬁdo"]
        {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Username::parse("ﬁdo").unwrap().as_str(), "fido");
    }

    #[test]
    fn bad_names_say_what_is_wrong() {
        for (bad, code) in [
            ("", FieldCode::TooShort),
            ("x", FieldCode::TooShort),
            (&*"x".repeat(65), FieldCode::TooLong),
            (&*"\u{fdfa}".repeat(80), FieldCode::TooLong),
            ("la ika", FieldCode::Malformed),
            ("laika@x", FieldCode::Malformed),
            ("-laika", FieldCode::Malformed),
            ("lai\0ka", FieldCode::Malformed),
            ("lai\u{200b}ka", FieldCode::Malformed),
            ("lai\u{202e}ka", FieldCode::Malformed),
            ("<script>", FieldCode::Malformed),
        ] {
            assert_eq!(Username::parse(bad).unwrap_err().code, code, "{bad:?}");
        }
    }

    #[test]
    fn one_name_has_one_key() {
        for (one, two) in [("Laika", "LAIKA"), ("Лайка", "лайка"), ("ＬＡＩＫＡ", "laika")]
        {
            let (one, two) = (Username::parse(one).unwrap(), Username::parse(two).unwrap());
            assert_eq!(one.key(), two.key());
        }
        assert!(Username::parse("ROOT").unwrap().is_reserved(&[]));
        let laika = Username::parse("Laika").unwrap();
        assert!(!laika.is_reserved(&[]));
        assert!(laika.is_reserved(&["laika".to_owned()]));
    }
}
