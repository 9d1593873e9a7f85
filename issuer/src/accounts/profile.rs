//! What people say about themselves.
//!
//! Texts are plain text, never markup: `<` and `>` are refused, so that a page that forgets to
//! escape them shows nothing that acts. Pictures are `https` URLs, which this issuer never fetches.

use http::Uri;
use unicode_normalization::UnicodeNormalization as _;

use super::Fault;
use super::owner::hold_owner;
use crate::app::App;
use crate::db;
use crate::db::accounts::Profile;
use crate::db::sessions::Session;
use crate::db::users::{User, UserStatus};
use crate::events::{self, Event, UserField};
use crate::problem::{FieldCode, FieldProblem, Problem};

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 500;

/// Longest address of a picture, in bytes.
const MAX_AVATAR_URL: usize = 2048;

/// What is to be changed; the inner `None` takes something away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// What they say about themselves.
    pub description: Option<Option<String>>,
    /// Address of their picture.
    pub avatar_url: Option<Option<String>>,
    /// Whether anybody may read the profile.
    pub public: Option<bool>,
}

/// Changes a profile; the user as they are since.
///
/// # Errors
/// A field that is not acceptable, an anonymous holder, or the session has ended meanwhile.
pub async fn change_profile(
    app: &App,
    session: &Session,
    change: ProfileChange,
) -> Result<User, Problem> {
    let description = change.description.map(|text| text.map(description).transpose());
    let avatar_url = change.avatar_url.map(|text| text.map(avatar_url).transpose());
    let (description, avatar_url) = match (description.transpose(), avatar_url.transpose()) {
        (Ok(description), Ok(avatar_url)) => (description, avatar_url),
        (description, avatar_url) => {
            let fault = |name: &str, fault: Option<Fault>| {
                fault.map(|fault| FieldProblem::new(name, fault.code, fault.detail))
            };
            let faults =
                [fault("description", description.err()), fault("avatar_url", avatar_url.err())];
            return Err(Problem::fields(faults.into_iter().flatten().collect()));
        }
    };
    let mut tx = app.db.write().await?;
    let user = hold_owner(&mut tx, session).await?;
    let profile = Profile {
        description: description.unwrap_or_else(|| user.description.clone()),
        avatar_url: avatar_url.unwrap_or_else(|| user.avatar_url.clone()),
        public: change.public.unwrap_or(user.public),
    };
    db::accounts::set_profile(&mut tx, user.id, &profile).await?;
    events::emit(app, &mut tx, &Event::updated(user.id, UserField::Profile)).await?;
    tx.commit().await?;
    let Profile { description, avatar_url, public } = profile;
    Ok(User { description, avatar_url, public, ..user })
}

/// The user of that name, if anybody may read their profile.
///
/// # Errors
/// The database failed.
pub async fn public_profile(app: &App, username: &str) -> Result<Option<User>, Problem> {
    let Ok(username) = super::Username::parse(username) else { return Ok(None) };
    let mut connection = app.db.read().await?;
    let user = db::users::by_username(&mut connection, username.key()).await?;
    Ok(user.filter(|user| user.public && user.status == UserStatus::Active))
}

fn description(text: String) -> Result<String, Fault> {
    let too_long =
        || Fault::new(FieldCode::TooLong, format!("at most {MAX_DESCRIPTION} characters"));
    // Before the normalisation, which can make a text several times longer.
    if text.len() > MAX_DESCRIPTION * 4 {
        return Err(too_long());
    }
    let text: String = text.nfc().collect();
    if text.chars().count() > MAX_DESCRIPTION {
        return Err(too_long());
    }
    if text.chars().any(|c| matches!(c, '<' | '>') || (c.is_control() && c != '\n')) {
        let detail = "plain text: no `<`, no `>`, and no control characters but line breaks";
        return Err(Fault::new(FieldCode::Malformed, detail));
    }
    Ok(text)
}

/// Whether a text can be the address of a picture.
#[must_use]
pub fn is_picture(text: &str) -> bool {
    avatar_url(text.to_owned()).is_ok()
}

fn avatar_url(text: String) -> Result<String, Fault> {
    if text.len() > MAX_AVATAR_URL {
        return Err(Fault::new(FieldCode::TooLong, format!("at most {MAX_AVATAR_URL} bytes")));
    }
    // Fit for an attribute and for a `url()` in a style sheet, whoever writes it there.
    let plain =
        text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'()<>\\^`{|}".contains(&byte));
    let good = text.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme_str() == Some("https")
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    });
    if plain && good {
        return Ok(text);
    }
    let detail = "not an https URL of a picture, such as `https://example.com/me.png`";
    Err(Fault::new(FieldCode::Malformed, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_plain_text() {
        for good in ["", "barks\nat the moon", "“Лайка” & 'friends'"] {
            assert!(description(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["<script>alert(1)</script>", "a\u{0}b", "a\rb", "\u{1b}[2J"] {
            assert_eq!(description(bad.to_owned()).unwrap_err().code, FieldCode::Malformed);
        }
        for long in ["x".repeat(501), "\u{fdfa}".repeat(501), "x".repeat(100_000)] {
            assert_eq!(description(long).unwrap_err().code, FieldCode::TooLong);
        }
    }

    #[test]
    fn pictures_are_https_urls() {
        for good in ["https://example.com/me.png", "https://cdn.example.com:8443/a?b=c&d=%20"] {
            assert!(avatar_url(good.to_owned()).is_ok(), "{good}");
        }
        for bad in [
            "",
            "me.png",
            "//example.com/me.png",
            "http://example.com/me.png",
            "javascript:alert(1)",
            "data:image/png;base64,AA",
            "https:alert(1)",
            "https://",
            "https://u:p@example.com/me.png",
            "https://example.com/\"onerror=alert(1)",
            "https://example.com/a'b",
            "https://example.com/a b",
            "https://example.com/\r\nSet-Cookie: a=b",
            "https://example.com/\u{202e}gnp.em",
        ] {
            assert!(avatar_url(bad.to_owned()).is_err(), "{bad}");
        }
        assert_eq!(
            avatar_url(format!("https://x.co/{}", "y".repeat(3000))).unwrap_err().code,
            FieldCode::TooLong
        );
    }
}
