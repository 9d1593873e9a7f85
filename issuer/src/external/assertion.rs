//! What a provider says of a person, in our terms.

use laika_claims::json::look_up;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ExternalError;
use super::provider::Provider;
use crate::accounts::{Email, is_picture};

/// Longest subject, in bytes.
const MAX_SUBJECT: usize = 255;

/// Longest name that is kept, in characters.
const MAX_NAME: usize = 100;

/// GitHub's addresses that nobody reads.
const NO_REPLY: &str = "@users.noreply.github.com";

/// What a provider has said of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// The provider's name here.
    pub provider: String,
    /// Who said it: see [`Provider::authority`].
    pub authority: String,
    /// Whom it is about: what never changes there.
    pub subject: String,
    /// Their e-mail there.
    pub email: Option<AssertedEmail>,
    /// What they are called.
    pub name: Option<String>,
    /// What they call themselves there.
    pub username: Option<String>,
    /// The address of a picture.
    pub picture: Option<String>,
}

/// An e-mail that a provider speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssertedEmail {
    /// The address, of good form.
    pub address: String,
    /// Whether this is a proof that it is theirs.
    pub proved: bool,
}

impl Assertion {
    /// Reads what was said; `emails` is the list of addresses, where the provider has one.
    ///
    /// # Errors
    /// It does not say whom it is about.
    pub fn read(
        provider: &Provider,
        said: &Map<String, Value>,
        emails: Option<&[Value]>,
    ) -> Result<Self, ExternalError> {
        let claims = &provider.claims;
        let subject = match look_up(said, &claims.subject) {
            Some(Value::String(text)) => text.clone(),
            // A float is not exact.
            Some(Value::Number(number)) if number.is_u64() || number.is_i64() => number.to_string(),
            _ => String::new(),
        };
        let good = (1..=MAX_SUBJECT).contains(&subject.len())
            && subject.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !good {
            let why = format!("does not say whom it is about, in `{}`", claims.subject);
            return Err(ExternalError::answer("user endpoint", why));
        }
        let text = |name: &str| look_up(said, name).and_then(Value::as_str);
        let email = match emails {
            Some(list) => primary(list).and_then(|found| AssertedEmail::of(provider, said, found)),
            None => AssertedEmail::read(provider, said),
        };
        Ok(Self {
            provider: provider.name.clone(),
            authority: provider.authority().to_owned(),
            subject,
            email,
            name: text(&claims.name).and_then(line),
            username: text(&claims.username).and_then(line),
            picture: text(&claims.picture).filter(|url| is_picture(url)).map(str::to_owned),
        })
    }

    /// The e-mail, where it is proved to be theirs.
    #[must_use]
    pub fn proved_email(&self) -> Option<Email> {
        let email = self.email.as_ref().filter(|email| email.proved)?;
        Email::parse(&email.address).ok()
    }
}

impl AssertedEmail {
    /// Reads what was said of an e-mail, all of it in one place.
    #[must_use]
    pub fn read(provider: &Provider, said: &Map<String, Value>) -> Option<Self> {
        let claims = &provider.claims;
        let address = look_up(said, &claims.email)?.as_str()?;
        let verified = look_up(said, &claims.email_verified);
        // Cognito writes a text.
        let verified = verified.is_some_and(|v| v == true || v == "true");
        Self::of(provider, said, (address, verified))
    }

    fn of(
        provider: &Provider,
        said: &Map<String, Value>,
        (address, verified): (&str, bool),
    ) -> Option<Self> {
        let address = Email::parse(address).ok()?.as_str().to_owned();
        let proved = verified && provider.trust.believes(&address, said);
        Some(Self { address, proved })
    }
}

/// The primary address of a list like GitHub's, and whether it is verified. Others are passed over:
/// somebody may have added one long ago and lost it since.
fn primary(list: &[Value]) -> Option<(&str, bool)> {
    let is = |entry: &&Value| entry.get("primary") == Some(&Value::Bool(true));
    let entry = list.iter().find(is)?;
    let address = entry.get("email")?.as_str()?;
    let verified = entry.get("verified") == Some(&Value::Bool(true));
    (!address.ends_with(NO_REPLY)).then_some((address, verified))
}

/// One line of plain text, or nothing.
fn line(text: &str) -> Option<String> {
    let plain = |c: &char| !c.is_control() && !matches!(c, '<' | '>');
    let text: String = text.chars().filter(plain).take(MAX_NAME).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::Trust;
    use super::super::provider::{Claims, Protocol};
    use super::*;

    pub(in crate::external) fn provider(trust: Trust, claims: Claims) -> Provider {
        Provider {
            name: "kennel".to_owned(),
            title: "Kennel".to_owned(),
            client_id: "laika".to_owned(),
            client_secret: None,
            scopes: Vec::new(),
            protocol: Protocol::OpenId { issuer: "https://id.kennel.org".to_owned() },
            trust,
            claims,
        }
    }

    fn read(trust: Trust, said: Value, emails: Option<&[Value]>) -> Option<Assertion> {
        let provider = provider(trust, Claims::default());
        Assertion::read(&provider, said.as_object().unwrap(), emails).ok()
    }

    #[test]
    fn the_subject_is_a_text_or_a_whole_number() {
        let subject = |value: Value| read(Trust::Never, json!({ "sub": value }), None);
        assert_eq!(subject(json!("a b")).unwrap().subject, "a b");
        assert_eq!(subject(json!(583_231)).unwrap().subject, "583231");
        let long = "x".repeat(256);
        for bad in [json!(""), json!(1.5), json!(true), json!(null), json!({}), json!(long)] {
            assert_eq!(subject(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn an_e_mail_is_proved_only_where_the_provider_says_so_and_is_believed() {
        let proved = |trust, verified: Value| {
            let said =
                json!({ "sub": "1", "email": "laika@kennel.org", "email_verified": verified });
            read(trust, said, None).unwrap().email.unwrap().proved
        };
        assert!(proved(Trust::Verified, json!(true)));
        assert!(proved(Trust::Verified, json!("true")));
        for no in [json!(false), json!("false"), json!(1), json!("yes"), Value::Null] {
            assert!(!proved(Trust::Verified, no));
        }
        assert!(!proved(Trust::Never, json!(true)));
        assert!(!proved(Trust::GoogleOwned, json!(true)));
        for bad in ["", "laika", "a@b.co\r\nBcc: c@d.co", "<a@b.co>"] {
            let said = json!({ "sub": "1", "email": bad, "email_verified": true });
            assert_eq!(read(Trust::Verified, said, None).unwrap().email, None, "{bad}");
        }
    }

    #[test]
    fn of_several_e_mails_the_primary_one_counts_and_what_the_profile_shows_does_not() {
        let said = json!({ "sub": "1", "email": "shown@kennel.org", "email_verified": true });
        let email = |list: Value| {
            let list = list.as_array().unwrap().clone();
            let email = read(Trust::Verified, said.clone(), Some(&list)).unwrap().email;
            email.map(|email| (email.address, email.proved))
        };
        let entry = |address: &str, primary: bool, verified: bool| json!({ "email": address, "primary": primary, "verified": verified });
        let (other, main) = (entry("o@kennel.org", false, true), entry("m@kennel.org", true, true));
        assert_eq!(email(json!([other, main])), Some(("m@kennel.org".to_owned(), true)));
        let unproved = entry("m@kennel.org", true, false);
        assert_eq!(email(json!([other, unproved])), Some(("m@kennel.org".to_owned(), false)));
        assert_eq!(email(json!([other])), None);
        assert_eq!(email(json!([])), None);
        let hidden = entry("7+laika@users.noreply.github.com", true, true);
        assert_eq!(email(json!([hidden])), None);
    }

    #[test]
    fn what_is_shown_is_plain() {
        let said = json!({
            "sub": "1", "name": " <b>Лайка</b>\u{0} ", "preferred_username": "x".repeat(200),
            "picture": "javascript:alert(1)",
        });
        let read = read(Trust::Never, said, None).unwrap();
        assert_eq!(read.name.as_deref(), Some("bЛайка/b"));
        assert_eq!(read.username.unwrap().len(), MAX_NAME);
        assert_eq!(read.picture, None);
        let nested = Claims { subject: "/data/id".to_owned(), ..Claims::default() };
        let said = json!({ "data": { "id": 7 } });
        let read =
            Assertion::read(&provider(Trust::Never, nested), said.as_object().unwrap(), None);
        assert_eq!(read.unwrap().subject, "7");
    }
}
