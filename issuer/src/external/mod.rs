//! Log-ins at other providers: Google, GitHub, any issuer of OpenID Connect, any OAuth 2.0 provider
//! that says who somebody is.
//!
//! # Design
//!
//! * **Two halves.** The first brings back what a provider *asserts* about somebody ([`Assertion`]):
//!   it talks to the provider and touches no account. The second decides what that means here
//!   ([`decide`]), in the transaction in which the client exchanges its one-time code; so an answer
//!   that nobody collects makes no account and no session.
//! * **No secret lies in the database.** State, one-time code and what binds a log-in to its browser
//!   are stored as hashes; PKCE's verifier and the nonce are computed from what the browser holds
//!   ([`request`]).
//! * **Nothing of a provider is believed that it has not proved**: ID tokens go through our own
//!   verifier, answers are strict JSON within a size, e-mails count only where the provider is known
//!   to own them ([`Trust`]).
//!
//! | module | what lives there |
//! |---|---|
//! | [`provider`], [`presets`], [`trust`] | what a provider is, those that are known, how far they are believed |
//! | [`next`] | where a browser may be sent afterwards |
//! | [`request`] | the authorisation request: PKCE, state, nonce |
//! | [`flow`] | the log-in from its beginning to the assertion |
//! | [`answer`], [`metadata`] | what comes back through the browser; a provider's metadata |
//! | [`openid`], [`oauth2`], [`token`] | the calls to a provider |
//! | [`assertion`] | what it said, in our terms |
//! | [`decision`] | what that means here: the rules of linking |
//! | [`exchange`], [`settle`] | the one-time code against a session; accounts and identities |
//! | [`identities`] | what somebody's account is linked with |
//! | [`names`] | user names from profiles |

pub mod answer;
pub mod assertion;
pub mod decision;
pub mod error;
pub mod exchange;
pub mod flow;
pub mod identities;
pub mod metadata;
pub mod names;
pub mod next;
pub mod oauth2;
pub mod openid;
pub mod presets;
pub mod provider;
pub mod request;
pub mod settle;
pub mod token;
pub mod trust;

use std::collections::BTreeMap;

use laika_claims::IssuerCode;

pub use assertion::Assertion;
pub use decision::decide;
pub use error::ExternalError;
pub use next::Allowed;
pub use trust::Trust;

use crate::config::Settings;
use crate::problem::Problem;
use openid::OpenId;
use provider::Provider;

/// Every provider that is configured, with what is known of it so far.
#[derive(Debug)]
pub struct Providers(BTreeMap<String, Known>);

/// A provider, and what it was asked before.
#[derive(Debug)]
pub struct Known {
    /// As the settings describe it.
    pub provider: Provider,
    /// Its metadata and keys, where it has some.
    pub open_id: OpenId,
}

impl Providers {
    /// The providers of the settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let known = |provider: &Provider| {
            let known = Known { provider: provider.clone(), open_id: OpenId::default() };
            (provider.name.clone(), known)
        };
        Self(settings.providers.iter().map(known).collect())
    }

    /// The provider of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, name: &str) -> Result<&Known, Problem> {
        self.0.get(name).ok_or_else(|| {
            let detail = "there is no such provider; `GET /v1/providers` lists those there are";
            Problem::issuer(IssuerCode::NotFound, detail)
        })
    }

    /// Every provider, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.values().map(|known| &known.provider)
    }

    /// Whether identities of this provider and authority can be a way in.
    #[must_use]
    pub fn vouches(&self, provider: &str, authority: &str) -> bool {
        self.0.get(provider).is_some_and(|known| known.provider.authority() == authority)
    }
}
