//! The sections `[providers.<name>]`: where people may log in besides here.

use std::collections::BTreeMap;

use super::{ConfigError, file, secret};
use crate::external::presets::{Place, Preset};
use crate::external::provider::{Claims, ClientAuth, OAuth2, Protocol, Provider, is_endpoint};
use crate::external::{Allowed, Trust};

/// Longest name of a provider, in bytes.
const MAX_NAME: usize = 32;

/// Checks every section.
///
/// # Errors
/// The first setting that can't be used.
pub(super) fn check(
    sections: BTreeMap<String, file::Provider>,
) -> Result<Vec<Provider>, ConfigError> {
    sections.into_iter().map(|(name, section)| Section::new(name, section).check()).collect()
}

/// Checks `allowed_next`.
///
/// # Errors
/// The first entry that can't be used.
pub(super) fn allowed_next(written: Option<Vec<String>>) -> Result<Vec<Allowed>, ConfigError> {
    let entry = |text: String| {
        Allowed::parse(&text).map_err(|why| {
            let help = "write it like `https://app.kennel.org/signed-in`";
            ConfigError::new("allowed_next", format!("`{text}` {why}; {help}"))
        })
    };
    written.unwrap_or_default().into_iter().map(entry).collect()
}

/// A section, with its name for messages.
struct Section {
    name: String,
    file: file::Provider,
}

impl Section {
    fn new(name: String, file: file::Provider) -> Self {
        Self { name, file }
    }

    fn error(&self, setting: &str, message: impl Into<String>) -> ConfigError {
        ConfigError::new(format!("providers.{}.{setting}", self.name), message)
    }

    fn check(mut self) -> Result<Provider, ConfigError> {
        let letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if !(1..=MAX_NAME).contains(&self.name.len()) || !self.name.bytes().all(letter) {
            let message = format!(
                "`{}` names no provider; write 1 to {MAX_NAME} of `a` to `z`, digits, `-` and `_`",
                self.name
            );
            return Err(ConfigError::new("providers", message));
        }
        let filled = self.preset()?.map(Preset::fill);
        let protocol = self.protocol(filled.as_ref().map(|filled| filled.place))?;
        let Some(client_id) = self.file.client_id.take().filter(|id| !id.is_empty()) else {
            let message = "missing; the provider gives it to whoever registers a client there";
            return Err(self.error("client_id", message));
        };
        let place = format!("providers.{}.client_secret", self.name);
        let file = self.file.client_secret_file.take();
        let client_secret = secret::read(&place, self.file.client_secret.take(), file.as_deref())?;
        let scopes = match self.file.scopes.take() {
            Some(scopes) => scopes,
            None => match (&filled, &protocol) {
                (Some(filled), _) => filled.scopes.iter().map(|&scope| scope.to_owned()).collect(),
                (None, Protocol::OpenId { .. }) => {
                    ["openid", "email", "profile"].map(str::to_owned).to_vec()
                }
                (None, Protocol::OAuth2(_)) => Vec::new(),
            },
        };
        if matches!(protocol, Protocol::OpenId { .. }) && !scopes.iter().any(|s| s == "openid") {
            return Err(self.error("scopes", "without `openid` there is no ID token; add it"));
        }
        if let Some(bad) = scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(self.error("scopes", format!("`{bad}` is no scope")));
        }
        let defaults = filled.as_ref().map(|filled| filled.claims.clone()).unwrap_or_default();
        let trust = match (self.file.trust_email, &filled) {
            (Some(true), _) => Trust::Verified,
            (None, Some(filled)) => filled.trust,
            (Some(false), _) | (None, None) => Trust::Never,
        };
        let title = self.file.title.take();
        let title = title.or_else(|| Some(filled.as_ref()?.title.to_owned()));
        let title = title.unwrap_or_else(|| self.name.clone());
        if title.is_empty() || title.len() > 64 || title.chars().any(char::is_control) {
            return Err(self.error("title", "write 1 to 64 bytes without control characters"));
        }
        Ok(Provider {
            title,
            client_id,
            client_secret,
            scopes,
            protocol,
            trust,
            claims: claims(self.file.claims.take().unwrap_or_default(), defaults),
            name: self.name,
        })
    }

    /// The preset that is named; or, where nothing else is said, the one that the section is called
    /// by.
    fn preset(&self) -> Result<Option<Preset>, ConfigError> {
        match (&self.file.preset, &self.file.kind) {
            (Some(_), Some(_)) => {
                Err(self.error("kind", "a preset has its kind; leave one of the two out"))
            }
            (Some(name), None) => Preset::from_name(name).map(Some).ok_or_else(|| {
                let message = format!("`{name}` is not known; choose {}", Preset::NAMES);
                self.error("preset", message)
            }),
            (None, Some(_)) => Ok(None),
            (None, None) => Preset::from_name(&self.name).map(Some).ok_or_else(|| {
                let message = format!(
                    "missing; write `oidc` or `oauth2`, or set `preset` to {}",
                    Preset::NAMES
                );
                self.error("kind", message)
            }),
        }
    }

    fn protocol(&mut self, place: Option<Place>) -> Result<Protocol, ConfigError> {
        let tenant = self.file.tenant.take();
        match (place, self.file.kind.as_deref()) {
            (Some(Place::Tenant), _) => {
                let issuer = match (tenant, self.file.issuer.take()) {
                    (Some(tenant), None) => self.tenant(&tenant)?,
                    (None, Some(issuer)) => issuer,
                    _ => {
                        let message = "missing; write the id of the tenant whose people may log in";
                        return Err(self.error("tenant", message));
                    }
                };
                self.open_id(issuer)
            }
            (_, _) if tenant.is_some() => {
                Err(self.error("tenant", "only Microsoft has tenants; leave it out"))
            }
            (Some(Place::Issuer(issuer)), _) => {
                let issuer = self.file.issuer.take().unwrap_or_else(|| issuer.to_owned());
                self.open_id(issuer)
            }
            (None, Some("oidc")) => match self.file.issuer.take() {
                Some(issuer) => self.open_id(issuer),
                None => {
                    Err(self.error("issuer", "missing; write the exact `iss` of its ID tokens"))
                }
            },
            (Some(Place::Endpoints { authorization, token, user, emails, auth }), _) => {
                self.oauth2(Some((authorization, token, user, emails)), auth)
            }
            (None, Some("oauth2")) => self.oauth2(None, ClientAuth::Basic),
            (None, kind) => {
                let kind = kind.unwrap_or_default();
                Err(self.error("kind", format!("`{kind}` is no kind; write `oidc` or `oauth2`")))
            }
        }
    }

    /// Every tenant's administrators can say who their people are, so "any tenant" is nobody.
    fn tenant(&self, tenant: &str) -> Result<String, ConfigError> {
        if uuid::Uuid::parse_str(tenant).is_ok() {
            let tenant = tenant.to_ascii_lowercase();
            return Ok(format!("https://login.microsoftonline.com/{tenant}/v2.0"));
        }
        let message = format!("`{tenant}` is not the id of a tenant, which is a UUID");
        Err(self.error("tenant", message))
    }

    fn open_id(&self, issuer: String) -> Result<Protocol, ConfigError> {
        let endpoints = [
            ("authorization_endpoint", &self.file.authorization_endpoint),
            ("token_endpoint", &self.file.token_endpoint),
            ("user_endpoint", &self.file.user_endpoint),
            ("emails_endpoint", &self.file.emails_endpoint),
            ("token_auth", &self.file.token_auth),
        ];
        if let Some((name, _)) = endpoints.into_iter().find(|(_, setting)| setting.is_some()) {
            return Err(self.error(name, "the issuer's metadata say this; leave it out"));
        }
        let issuer = self.url("issuer", issuer)?;
        if issuer.contains('?') {
            return Err(self.error("issuer", format!("`{issuer}` has a query")));
        }
        Ok(Protocol::OpenId { issuer })
    }

    fn oauth2(
        &mut self,
        known: Option<(&str, &str, &str, Option<&str>)>,
        auth: ClientAuth,
    ) -> Result<Protocol, ConfigError> {
        let (authorization, token, user, emails) = match known {
            Some((authorization, token, user, emails)) => {
                (Some(authorization), Some(token), Some(user), emails)
            }
            None => (None, None, None, None),
        };
        let need = |section: &Self, name: &str, written: Option<String>, known: Option<&str>| {
            let url = written.or_else(|| known.map(str::to_owned));
            let url = url.ok_or_else(|| section.error(name, "missing; write a URL"))?;
            section.url(name, url)
        };
        let written = self.file.authorization_endpoint.take();
        let authorization = need(self, "authorization_endpoint", written, authorization)?;
        let written = self.file.token_endpoint.take();
        let token = need(self, "token_endpoint", written, token)?;
        let written = self.file.user_endpoint.take();
        let moved = written.is_some();
        let user = need(self, "user_endpoint", written, user)?;
        // Where the people are asked for elsewhere, so are their e-mails, or nowhere.
        let emails = emails.filter(|_| !moved).map(str::to_owned);
        let emails = self.file.emails_endpoint.take().or(emails);
        let emails = emails.map(|url| self.url("emails_endpoint", url)).transpose()?;
        let auth = match self.file.token_auth.as_deref() {
            None => auth,
            Some("basic") => ClientAuth::Basic,
            Some("post") => ClientAuth::Post,
            Some(other) => {
                let message = format!("`{other}` is not known; write `basic` or `post`");
                return Err(self.error("token_auth", message));
            }
        };
        let issuer = self.file.issuer.take();
        Ok(Protocol::OAuth2(OAuth2 { authorization, token, user, emails, auth, issuer }))
    }

    fn url(&self, setting: &str, text: String) -> Result<String, ConfigError> {
        if is_endpoint(&text) {
            return Ok(text);
        }
        let message = format!("`{text}` is no https URL; plain http leads to this machine alone");
        Err(self.error(setting, message))
    }
}

fn claims(written: file::ProviderClaims, defaults: Claims) -> Claims {
    Claims {
        subject: written.subject.unwrap_or(defaults.subject),
        email: written.email.unwrap_or(defaults.email),
        email_verified: written.email_verified.unwrap_or(defaults.email_verified),
        name: written.name.unwrap_or(defaults.name),
        username: written.username.unwrap_or(defaults.username),
        picture: written.picture.unwrap_or(defaults.picture),
    }
}

/// RFC 6749 section 3.3.
fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Provider>, ConfigError> {
        let file: file::File = toml::from_str(text).unwrap();
        check(file.providers)
    }

    fn one(text: &str) -> Provider {
        read(text).unwrap().remove(0)
    }

    #[test]
    fn a_preset_needs_a_client_alone() {
        let google = one("[providers.google]\nclient_id = 'a'\nclient_secret = 'b'");
        assert_eq!(google.title, "Google");
        let issuer = "https://accounts.google.com".to_owned();
        assert_eq!(google.protocol, Protocol::OpenId { issuer });
        assert_eq!(google.trust, Trust::GoogleOwned);
        let github =
            one("[providers.code]\npreset = 'github'\nclient_id = 'a'\ntrust_email = false");
        assert_eq!((github.name.as_str(), github.title.as_str()), ("code", "GitHub"));
        assert_eq!(github.authority(), "https://api.github.com");
        assert_eq!((github.claims.subject.as_str(), github.trust), ("id", Trust::Never));
        let lab = one("[providers.gitlab]\nclient_id = 'a'\nissuer = 'https://git.kennel.org'");
        assert_eq!((lab.authority(), lab.trust), ("https://git.kennel.org", Trust::Never));
        let tenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
        let microsoft =
            one(&format!("[providers.microsoft]\nclient_id = 'a'\ntenant = '{tenant}'"));
        assert_eq!(
            microsoft.authority(),
            format!("https://login.microsoftonline.com/{tenant}/v2.0")
        );
        let facebook = one("[providers.facebook]\nclient_id = 'a'");
        assert_eq!(facebook.claims.picture, "/picture/data/url");
    }

    #[test]
    fn any_provider_is_described() {
        let own = one("[providers.own]\nkind = 'oidc'\nclient_id = 'a'\n\
             issuer = 'https://id.kennel.org/realm'\ntrust_email = true\ntitle = 'Kennel'");
        assert_eq!((own.title.as_str(), own.trust), ("Kennel", Trust::Verified));
        assert_eq!(own.scopes, ["openid", "email", "profile"]);
        let plain = one("[providers.own]\nkind = 'oauth2'\nclient_id = 'a'\nscopes = ['me']\n\
             authorization_endpoint = 'https://k.org/a'\ntoken_endpoint = 'https://k.org/t'\n\
             user_endpoint = 'https://api.k.org/u'\ntoken_auth = 'post'\n\
             [providers.own.claims]\nsubject = '/data/id'\nemail = '/data/mail'");
        assert_eq!(plain.claims.subject, "/data/id");
        assert_eq!((plain.claims.name.as_str(), plain.authority()), ("name", "https://api.k.org"));
        let Protocol::OAuth2(endpoints) = plain.protocol else { panic!() };
        assert_eq!((endpoints.auth, endpoints.emails), (ClientAuth::Post, None));
    }

    #[test]
    fn what_can_not_be_used_is_named() {
        for (text, place, part) in [
            ("[providers.google]", "providers.google.client_id", "missing"),
            ("[providers.Google]\nclient_id = 'a'", "providers", "`Google`"),
            ("[providers.own]\nclient_id = 'a'", "providers.own.kind", "oidc"),
            ("[providers.own]\nkind = 'saml'\nclient_id = 'a'", "providers.own.kind", "`saml`"),
            ("[providers.own]\npreset = 'x'\nclient_id = 'a'", "providers.own.preset", "`x`"),
            (
                "[providers.own]\npreset = 'google'\nkind = 'oidc'\nclient_id = 'a'",
                "providers.own.kind",
                "one of the two",
            ),
            ("[providers.own]\nkind = 'oidc'\nclient_id = 'a'", "providers.own.issuer", "`iss`"),
            (
                "[providers.own]\nkind = 'oidc'\nclient_id = 'a'\nissuer = 'http://k.org'",
                "providers.own.issuer",
                "https",
            ),
            (
                "[providers.own]\nkind = 'oidc'\nclient_id = 'a'\nissuer = 'https://u@k.org'",
                "providers.own.issuer",
                "https",
            ),
            (
                "[providers.google]\nclient_id = 'a'\ntoken_endpoint = 'https://k.org'",
                "providers.google.token_endpoint",
                "metadata",
            ),
            (
                "[providers.google]\nclient_id = 'a'\nscopes = []",
                "providers.google.scopes",
                "openid",
            ),
            (
                "[providers.google]\nclient_id = 'a'\ntenant = 'x'",
                "providers.google.tenant",
                "only",
            ),
            ("[providers.microsoft]\nclient_id = 'a'", "providers.microsoft.tenant", "missing"),
            (
                "[providers.microsoft]\nclient_id = 'a'\ntenant = 'common'",
                "providers.microsoft.tenant",
                "`common`",
            ),
            (
                "[providers.own]\nkind = 'oauth2'\nclient_id = 'a'",
                "providers.own.authorization_endpoint",
                "missing",
            ),
            (
                "[providers.github]\nclient_id = 'a'\ntoken_auth = 'jwt'",
                "providers.github.token_auth",
                "`jwt`",
            ),
            (
                "[providers.github]\nclient_id = 'a'\nclient_secret = 'hunter2'\n\
                 client_secret_file = '/x'",
                "providers.github.client_secret",
                "given twice",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.place, place, "{text}");
            assert!(error.message.contains(part), "{error}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        for bad in ["http://k.org/in", "https://k.org", "javascript:alert(1)"] {
            let error = allowed_next(Some(vec![bad.to_owned()])).unwrap_err();
            assert!(error.message.contains(bad), "{error}");
        }
    }
}
