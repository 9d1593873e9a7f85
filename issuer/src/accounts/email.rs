//! E-mail addresses.

use unicode_normalization::UnicodeNormalization as _;

use super::Fault;
use crate::problem::FieldCode;

/// RFC 5321 section 4.5.3.1.
const MAX_LENGTH: usize = 254;
const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;

/// An e-mail address, checked for form: one `@`, a local part without quotes and comments, a
/// domain name of at least two labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    text: String,
    key: String,
}

impl Email {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, in words fit for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_LENGTH {
            let detail = format!("at most {MAX_LENGTH} bytes");
            return Err(Fault::new(FieldCode::TooLong, detail));
        }
        let text: String = text.nfc().collect();
        let good = text
            .split_once('@')
            .is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
        if !good {
            let detail = "not an e-mail address such as `laika@example.com`";
            return Err(Fault::new(FieldCode::Malformed, detail));
        }
        let key = fold(&text);
        Ok(Self { text, key })
    }

    /// The address as its owner writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address without regard to case; two addresses with one key are the same address.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

pub(super) fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// A dot-atom (RFC 5322 section 3.2.3), with letters of any script (RFC 6531 section 3.3).
fn is_local(local: &str) -> bool {
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (1..=MAX_LOCAL).contains(&local.len())
        && local.chars().all(atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let labels: Vec<_> = domain.split('.').collect();
    let label = |label: &&str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    labels.len() >= 2
        && labels.iter().all(label)
        && labels.last().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in ["a@b.co", "la.ika+57@mail.example.com", "лайка@пример.рф", "o'neil@x.ie"]
        {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@b.co",
            "a@b",
            "a@@b.co",
            "a@b.co@c.co",
            "a b@c.co",
            "a@b c.co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.co",
            "a@-b.co",
            "a@b-.co",
            "a@b..co",
            "a@1.2.3.4",
            "a\r\nBcc: x@y.co",
            "\"a\"@b.co",
            "<a@b.co>",
            &format!("{}@b.co", "a".repeat(65)),
            &format!("a@{}.co", "b".repeat(300)),
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn case_makes_no_second_address() {
        let one = Email::parse("Laika@Example.com").unwrap();
        assert_eq!(one.key(), "laika@example.com");
        assert_eq!(one.as_str(), "Laika@Example.com");
    }
}
