//! What may be written in the settings file. Every field is optional; the names here are the names
//! of the settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ConfigError, secret};
use crate::secret::Secret;

/// The settings file, as it is written.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: Option<String>,
    /// URL of this issuer as others reach it: the `iss` of its tokens.
    pub public_url: Option<String>,
    /// Folder of the database and the master key.
    pub data_dir: Option<PathBuf>,
    /// Another database than the one in the data folder.
    pub database_url: Option<String>,
    /// Another master key than the one in the data folder.
    pub master_key_file: Option<PathBuf>,
    /// `RS256`, `PS256`, `ES256` or `EdDSA`.
    pub signing_algorithm: Option<String>,
    /// Origins of web pages that may call this issuer, besides its own.
    pub allowed_origins: Option<Vec<String>>,
    /// Names besides the public URL's by which this issuer may be called, such as one inside a
    /// cluster.
    pub allowed_hosts: Option<Vec<String>>,
    /// Where a browser may be sent after a log-in at a provider, besides this issuer's own page: whole
    /// URLs, or `/*` at the end for everything below one.
    pub allowed_next: Option<Vec<String>>,
    /// Networks of proxies whose `X-Forwarded-For` and `Forwarded` are believed.
    pub trusted_proxies: Option<Vec<String>>,
    /// User names that nobody may register, besides those that nobody ever may.
    pub reserved_names: Option<Vec<String>>,
    /// Seconds a request may take.
    pub request_timeout: Option<i64>,
    /// Seconds the headers of a request may take, and a connection may be idle.
    pub header_timeout: Option<i64>,
    /// Seconds between the signal to end, from which on `/readyz` refuses, and the end of listening.
    pub shutdown_delay: Option<i64>,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter of tracing.
    pub log: Option<String>,
    /// `text` or `json`.
    pub log_format: Option<String>,
    /// Address and port where Prometheus reads metrics; absent: nowhere.
    pub metrics_listen: Option<String>,
    /// OpenTelemetry collector that gets a span of each request, by OTLP over HTTP; absent: none.
    pub otel_endpoint: Option<String>,
    /// Events.
    #[serde(default)]
    pub hooks: Hooks,
    /// The hook that adds claims to tokens; absent: nobody does.
    #[serde(default)]
    pub before_token: BeforeToken,
    /// RabbitMQ, which also gets every event; absent: not.
    #[serde(default)]
    pub amqp: Amqp,
    /// How mail is sent; without it, none is.
    #[serde(default)]
    pub mail: Mail,
    /// Main tokens.
    #[serde(default)]
    pub main: Main,
    /// Micro tokens.
    #[serde(default)]
    pub micro: Micro,
    /// Tokens without an account.
    #[serde(default)]
    pub anonymous: Anonymous,
    /// Connections to the database.
    #[serde(default)]
    pub database: Database,
    /// The role of every registered user.
    #[serde(default)]
    pub default_role: DefaultRole,
    /// Passkeys.
    #[serde(default)]
    pub passkeys: Passkeys,
    /// Passwords.
    #[serde(default)]
    pub password: Password,
    /// Rotation of signing keys.
    #[serde(default)]
    pub keys: Keys,
    /// Rate limits, and how much is done at once.
    #[serde(default)]
    pub limits: Limits,
    /// Administrators.
    #[serde(default)]
    pub admin: Admin,
    /// Requests that this issuer makes to others.
    #[serde(default)]
    pub outgoing: Outgoing,
    /// Where people may log in besides here, by name.
    #[serde(default)]
    pub providers: BTreeMap<String, Provider>,
}

/// Passkeys.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passkeys {
    /// The domain that passkeys belong to: the host of `public_url`, or one above it, so that pages
    /// of `allowed_origins` below it can ask for them too. Passkeys of before are worth nothing where
    /// it changes.
    pub rp_id: Option<String>,
}

/// Requests that this issuer makes to others.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outgoing {
    /// Private networks that may be reached; public ones always may.
    pub private_networks: Option<Vec<String>>,
}

/// A provider at which people may log in.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// `google`, `github`, `gitlab`, `microsoft` or `facebook`; where neither this nor `kind` is
    /// set, the name of the section.
    pub preset: Option<String>,
    /// `oidc` or `oauth2`, for any other provider.
    pub kind: Option<String>,
    /// What its button says.
    pub title: Option<String>,
    /// The exact `iss` of its ID tokens; its metadata say the rest.
    pub issuer: Option<String>,
    /// Microsoft: the id of the tenant.
    pub tenant: Option<String>,
    /// What the provider knows this issuer by.
    pub client_id: Option<String>,
    /// What this issuer proves itself by there.
    #[serde(serialize_with = "secret::write")]
    pub client_secret: Option<Secret>,
    /// A file that holds it.
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for.
    pub scopes: Option<Vec<String>>,
    /// Where people log in; for `oauth2`, like the four that follow.
    pub authorization_endpoint: Option<String>,
    /// Where a code becomes an access token.
    pub token_endpoint: Option<String>,
    /// `basic` or `post`: how this issuer proves itself there.
    pub token_auth: Option<String>,
    /// Where the access token leads to the person.
    pub user_endpoint: Option<String>,
    /// Where it leads to a list of their e-mails, as GitHub has it.
    pub emails_endpoint: Option<String>,
    /// Whether an e-mail that the provider calls verified is a proof that it is theirs.
    pub trust_email: Option<bool>,
    /// Where its answers say what.
    pub claims: Option<ProviderClaims>,
}

/// Where a provider's answers say what: names of members, or JSON pointers.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderClaims {
    /// What never changes about a person: a text or a whole number.
    pub subject: Option<String>,
    /// An e-mail.
    pub email: Option<String>,
    /// Whether the provider has seen that the e-mail is theirs.
    pub email_verified: Option<String>,
    /// What they are called.
    pub name: Option<String>,
    /// What they call themselves there.
    pub username: Option<String>,
    /// The address of a picture.
    pub picture: Option<String>,
}

/// Administrators.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Admin {
    /// Weakest level of a global role that makes its holders administrators; lower is stronger.
    pub level: Option<i64>,
}

/// Rotation of signing keys.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Days that a key signs; 0: until it is rotated by command.
    pub rotate_every: Option<i64>,
    /// Seconds that the next key is published before it signs; at least 900.
    pub publish_ahead: Option<i64>,
}

/// Events.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hooks {
    /// Seconds for which an event is sent again and again, before it is given up.
    pub give_up_after: Option<i64>,
}

/// The hook that adds claims to tokens.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeforeToken {
    /// Where it is asked: https, to an address that is public or listed.
    pub url: Option<String>,
    /// What signs the requests: `whsec_` and base64.
    #[serde(serialize_with = "secret::write")]
    pub secret: Option<Secret>,
    /// Or a file that holds it.
    pub secret_file: Option<PathBuf>,
    /// Milliseconds it may take.
    pub budget: Option<i64>,
    /// Where it does not answer: `closed`, no token; `open`, one without its claims.
    pub on_failure: Option<String>,
}

/// RabbitMQ, which gets every event.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amqp {
    /// The server: `amqps://user@host/vhost`; the virtual host `/` is written `%2F`.
    pub url: Option<String>,
    /// The user's password there.
    #[serde(serialize_with = "secret::write")]
    pub password: Option<Secret>,
    /// Or a file that holds it.
    pub password_file: Option<PathBuf>,
    /// The exchange, of kind topic; made where there is none. Routing keys are names of events.
    pub exchange: Option<String>,
}

/// How mail is sent.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// The SMTP server: `smtps://user@host` or `smtp://user@host:port?tls=required|offered|none`.
    pub url: Option<String>,
    /// The user's password there.
    #[serde(serialize_with = "secret::write")]
    pub password: Option<Secret>,
    /// A file that holds it.
    pub password_file: Option<PathBuf>,
    /// Whom mails come from.
    pub from: Option<String>,
    /// Seconds that sending one mail may take.
    pub timeout: Option<i64>,
    /// A folder with templates instead of those that are built in: `<language>/<mail>.txt`, `.html`.
    pub templates: Option<PathBuf>,
    /// The language of mails where whoever asks for one understands none that there is.
    pub language: Option<String>,
}

/// Main tokens; all in seconds.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Main {
    /// Life of a main token; begins anew at each rotation.
    pub lifetime: Option<i64>,
    /// Life of a session, however often it is rotated.
    pub max_lifetime: Option<i64>,
    /// Age at which a request for a micro token also rotates the main token.
    pub rotate_after: Option<i64>,
}

/// Micro tokens.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Micro {
    /// Life in seconds for services that do not set their own.
    pub lifetime: Option<i64>,
    /// Largest size in bytes.
    pub max_size: Option<i64>,
    /// The secret of HS256, in base64url; lets one service choose that.
    #[serde(serialize_with = "secret::write")]
    pub secret: Option<Secret>,
    /// Or a file that holds it.
    pub secret_file: Option<PathBuf>,
}

/// Tokens without an account.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anonymous {
    /// Seconds that each request from one address block waits for its turn; 0 for none.
    pub delay: Option<i64>,
}

/// The global role of every registered user.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultRole {
    /// Its name.
    pub name: Option<String>,
    /// Its level where it is made, at the first start; lower is stronger.
    pub level: Option<i64>,
}

/// Connections to the database; all but the password for PostgreSQL alone.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The password, where it does not stand in `database_url`.
    #[serde(serialize_with = "secret::write")]
    pub password: Option<Secret>,
    /// Or a file that holds it.
    pub password_file: Option<PathBuf>,
    /// Connections of this process.
    pub connections: Option<i64>,
    /// Seconds the database may work on a statement of a request.
    pub statement_timeout: Option<i64>,
}

/// Passwords.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// Argon2id: memory in KiB.
    pub memory: Option<i64>,
    /// Argon2id: passes.
    pub passes: Option<i64>,
    /// Argon2id: lanes.
    pub lanes: Option<i64>,
    /// How many hashes are computed at once.
    pub workers: Option<i64>,
    /// How many may wait for their turn.
    pub queue: Option<i64>,
}

/// Rate limits like `10/15m` or `off`, and how much is done at once.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Failed log-ins of one account from one address block.
    pub login: Option<String>,
    /// Failed log-ins of one account from everywhere.
    pub login_account: Option<String>,
    /// Failed log-ins of any account from one address block.
    pub login_address: Option<String>,
    /// Failed second factors of one account.
    pub second_factor: Option<String>,
    /// Registrations from one address block.
    pub registration: Option<String>,
    /// Log-ins at providers that are begun from one address block.
    pub external_login: Option<String>,
    /// Sign-ins by passkey that are begun from one address block.
    pub passkey: Option<String>,
    /// Resets of a password, for one account and from one address block.
    pub reset: Option<String>,
    /// Mails that are asked for again.
    pub resend: Option<String>,
    /// Anonymous tokens for one address block.
    pub anonymous: Option<String>,
    /// Codes of mails that are tried from one address block.
    pub verification: Option<String>,
    /// Failures of a service account's secret.
    pub client_credentials: Option<String>,
    /// Requests of one address block to one process.
    pub requests: Option<String>,
    /// Networks that `requests` does not hold for.
    pub unlimited: Option<Vec<String>>,
    /// Requests that one process works on at once.
    pub in_flight: Option<i64>,
    /// Connections that one process holds at once.
    pub connections: Option<i64>,
}

/// The JSON Schema of the settings file.
#[must_use]
pub fn schema() -> Value {
    SchemaGenerator::default().into_root_schema_for::<File>().to_value()
}

/// Reads a settings file.
///
/// # Errors
/// It can't be read, is not TOML, or names something unknown; with line and column.
pub fn read(path: &Path) -> Result<File, ConfigError> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::new(&place, format!("can't be read: {error}")))?;
    // The parser's message is several lines: where, the line itself, what is wrong with it.
    toml::from_str(&text).map_err(|error| ConfigError::new(place, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_the_one_of_the_code() {
        let published = include_str!("../../../docs/schema/settings.json");
        let published: Value = serde_json::from_str(published).unwrap();
        let message = "run `laika config schema > docs/schema/settings.json`";
        assert_eq!(published, schema(), "{message}");
    }
}
