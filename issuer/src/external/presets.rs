//! Providers that need only a client id and a secret.

use super::Trust;
use super::provider::{Claims, ClientAuth};

/// A provider that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Google.
    Google,
    /// GitHub.
    GitHub,
    /// GitLab, theirs or one's own.
    GitLab,
    /// Microsoft, one tenant of it.
    Microsoft,
    /// Facebook.
    Facebook,
}

/// What a preset fills in; each can be set otherwise.
#[derive(Debug, Clone)]
pub struct Filled {
    /// What its button says.
    pub title: &'static str,
    /// What is asked for.
    pub scopes: &'static [&'static str],
    /// When its word on an e-mail counts as proof.
    pub trust: Trust,
    /// Where its answers say what.
    pub claims: Claims,
    /// Where it is.
    pub place: Place,
}

/// Where a preset's provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This issuer of OpenID Connect.
    Issuer(&'static str),
    /// The issuer of a tenant, which must be named.
    Tenant,
    /// These endpoints of OAuth 2.0.
    Endpoints {
        /// Where people log in.
        authorization: &'static str,
        /// Where a code becomes an access token.
        token: &'static str,
        /// Where the access token leads to the person.
        user: &'static str,
        /// Where it leads to their e-mails.
        emails: Option<&'static str>,
        /// How this issuer proves itself.
        auth: ClientAuth,
    },
}

impl Preset {
    const ALL: [Self; 5] =
        [Self::Google, Self::GitHub, Self::GitLab, Self::Microsoft, Self::Facebook];

    /// Every name, for messages.
    pub const NAMES: &'static str = "`google`, `github`, `gitlab`, `microsoft` or `facebook`";

    /// The preset of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    /// As the settings write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Microsoft => "microsoft",
            Self::Facebook => "facebook",
        }
    }

    /// What it fills in.
    #[must_use]
    pub fn fill(self) -> Filled {
        let open_id = |title, trust, place| Filled {
            title,
            scopes: &["openid", "email", "profile"],
            trust,
            claims: Claims::default(),
            place,
        };
        match self {
            Self::Google => {
                open_id("Google", Trust::GoogleOwned, Place::Issuer("https://accounts.google.com"))
            }
            Self::GitLab => open_id("GitLab", Trust::Never, Place::Issuer("https://gitlab.com")),
            Self::Microsoft => open_id("Microsoft", Trust::Never, Place::Tenant),
            Self::GitHub => Filled {
                title: "GitHub",
                scopes: &["read:user", "user:email"],
                trust: Trust::Verified,
                claims: Claims {
                    subject: "id".to_owned(),
                    username: "login".to_owned(),
                    picture: "avatar_url".to_owned(),
                    ..Claims::default()
                },
                place: Place::Endpoints {
                    authorization: "https://github.com/login/oauth/authorize",
                    token: "https://github.com/login/oauth/access_token",
                    user: "https://api.github.com/user",
                    emails: Some("https://api.github.com/user/emails"),
                    auth: ClientAuth::Post,
                },
            },
            Self::Facebook => Filled {
                title: "Facebook",
                scopes: &["public_profile", "email"],
                trust: Trust::Never,
                claims: Claims {
                    subject: "id".to_owned(),
                    picture: "/picture/data/url".to_owned(),
                    ..Claims::default()
                },
                place: Place::Endpoints {
                    authorization: "https://www.facebook.com/dialog/oauth",
                    token: "https://graph.facebook.com/oauth/access_token",
                    user: "https://graph.facebook.com/me?fields=id,name,email,picture",
                    emails: None,
                    auth: ClientAuth::Post,
                },
            },
        }
    }
}
