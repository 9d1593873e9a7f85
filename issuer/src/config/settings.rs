//! Checked settings.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use ipnet::IpNet;

use super::amqp::{self, Amqp};
use super::before_token::{self, BeforeToken};
use super::database::{self, Database};
use super::file::{self, File};
use super::limits::{self, Limits};
use super::mail::{self, Mail};
use super::passkeys::{self, Passkeys};
use super::{ConfigError, PublicUrl, default_database_url, providers, secret};
use crate::accounts::{Username, role_name};
use crate::external::Allowed;
use crate::external::provider::Provider;
use crate::keys::rotation::LEAST_AHEAD;
use crate::keys::{Algorithm, SharedSecret};

const DAY: i64 = 24 * 3600;

/// The weakest level that a role can have.
pub const MAX_LEVEL: i64 = 1_000_000;

/// Settings, each within its range.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// URL as others reach it; absent: where it listens.
    pub public_url: Option<PublicUrl>,
    /// Folder of the database and the master key.
    pub data_dir: PathBuf,
    /// The database.
    pub database_url: String,
    /// The key that wraps the signing keys.
    pub master_key_file: PathBuf,
    /// What tokens are signed with, unless a service says otherwise.
    pub signing_algorithm: Algorithm,
    /// Origins of web pages that may call, besides the issuer's own.
    pub allowed_origins: Vec<String>,
    /// Names besides the public URL's by which the issuer may be called; lower case.
    pub allowed_hosts: Vec<String>,
    /// Where a browser may be sent after a log-in at a provider, besides the issuer's own page.
    pub allowed_next: Vec<Allowed>,
    /// Networks of proxies whose word on the client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Keys of user names that nobody may register, besides those that nobody ever may.
    pub reserved_names: Vec<String>,
    /// Seconds a request may take.
    pub request_timeout: u64,
    /// Seconds the headers of a request may take, and a connection may be idle.
    pub header_timeout: u64,
    /// Seconds between the signal to end and the end of listening.
    pub shutdown_delay: u64,
    /// What is logged.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
    /// Where metrics are read; absent: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Collector that gets a span of each request; absent: none.
    pub otel_endpoint: Option<PublicUrl>,
    /// Events.
    pub hooks: Hooks,
    /// The hook that adds claims to tokens; `None`: nobody does.
    pub before_token: Option<BeforeToken>,
    /// RabbitMQ, which also gets every event; `None`: it does not.
    pub amqp: Option<Amqp>,
    /// How mail is sent; `None`: not at all.
    pub mail: Option<Mail>,
    /// Main tokens.
    pub main: Main,
    /// Micro tokens.
    pub micro: Micro,
    /// Tokens without an account.
    pub anonymous: Anonymous,
    /// Connections to the database.
    pub database: Database,
    /// The role of every registered user.
    pub default_role: DefaultRole,
    /// Passkeys.
    pub passkeys: Passkeys,
    /// Passwords.
    pub password: Password,
    /// Rotation of signing keys.
    pub keys: Keys,
    /// Rate limits, and how much is done at once.
    pub limits: Limits,
    /// Administrators.
    pub admin: Admin,
    /// Private networks that the issuer's own requests may reach.
    pub private_networks: Vec<IpNet>,
    /// Where people may log in besides here, by name.
    pub providers: Vec<Provider>,
}

/// Events.
#[derive(Debug, Clone)]
pub struct Hooks {
    /// Seconds for which an event is sent again and again, before it is given up.
    pub give_up_after: i64,
}

/// Administrators.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Weakest level of a global role that makes its holders administrators; lower is stronger.
    pub level: i64,
}

/// Rotation of signing keys; both in seconds.
#[derive(Debug, Clone)]
pub struct Keys {
    /// How long a key signs; absent: until it is rotated by command.
    pub rotate_every: Option<i64>,
    /// How long the next key is published before it signs.
    pub publish_ahead: i64,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines to read.
    Text,
    /// One JSON object a line.
    Json,
}

/// Main tokens; all in seconds.
#[derive(Debug, Clone)]
pub struct Main {
    /// Life of a main token; begins anew at each rotation.
    pub lifetime: i64,
    /// Life of a session, however often it is rotated.
    pub max_lifetime: i64,
    /// Age at which a request for a micro token also rotates the main token.
    pub rotate_after: i64,
}

/// Micro tokens.
#[derive(Debug, Clone)]
pub struct Micro {
    /// Life in seconds for services that do not set their own.
    pub lifetime: i64,
    /// Largest size in bytes.
    pub max_size: usize,
    /// What the tokens of the one service are signed with that chose HS256; absent: none may.
    pub secret: Option<SharedSecret>,
}

/// Tokens without an account.
#[derive(Debug, Clone)]
pub struct Anonymous {
    /// Seconds that each request from one address block waits for its turn; 0 for none.
    pub delay: u64,
}

/// The global role of every registered user.
#[derive(Debug, Clone)]
pub struct DefaultRole {
    /// Its name.
    pub name: String,
    /// Its level; lower is stronger.
    pub level: i64,
}

/// Argon2id's parameters and its pool.
#[derive(Debug, Clone)]
pub struct Password {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// How many hashes are computed at once.
    pub workers: usize,
    /// How many may wait for their turn.
    pub queue: usize,
}

impl Settings {
    /// Checks what was written, and fills in what was not.
    ///
    /// # Errors
    /// The first setting that can't be used.
    pub fn check(file: File) -> Result<Self, ConfigError> {
        let listen = file.listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let data_dir = file.data_dir.unwrap_or_else(|| PathBuf::from("./laika-data"));
        let public_url = file.public_url.as_deref();
        let origins = file.allowed_origins.unwrap_or_default();
        let listen = address("listen", &listen)?;
        if listen.ip().is_unspecified() && public_url.is_none() {
            let message = format!(
                "needed where `listen` is every address, `{listen}`: say how others reach this \
                 issuer, like `https://id.example.com`"
            );
            return Err(ConfigError::new("public_url", message));
        }
        let request_timeout: u64 = number("request_timeout", file.request_timeout, 15, 1..=300)?;
        // More than half of what a request may take would leave no time for the request itself.
        let most_delay = i64::try_from(request_timeout / 2).unwrap_or_default();
        let private_networks = limits::networks(
            "outgoing.private_networks",
            &file.outgoing.private_networks.unwrap_or_default(),
        )?;
        let public_url = public_url.map(|url| PublicUrl::parse(url, "public_url")).transpose()?;
        Ok(Self {
            listen,
            passkeys: passkeys::check(file.passkeys, public_url.as_ref())?,
            public_url,
            database_url: file.database_url.unwrap_or_else(|| default_database_url(&data_dir)),
            master_key_file: file.master_key_file.unwrap_or_else(|| data_dir.join("master.key")),
            data_dir,
            signing_algorithm: algorithm(file.signing_algorithm.as_deref())?,
            allowed_origins: origins
                .iter()
                .map(|url| Ok(PublicUrl::parse(url, "allowed_origins")?.as_str().to_owned()))
                .collect::<Result<_, _>>()?,
            allowed_hosts: hosts(file.allowed_hosts.unwrap_or_default())?,
            allowed_next: providers::allowed_next(file.allowed_next)?,
            trusted_proxies: limits::networks(
                "trusted_proxies",
                &file.trusted_proxies.unwrap_or_default(),
            )?,
            reserved_names: reserved_names(file.reserved_names)?,
            request_timeout,
            header_timeout: number("header_timeout", file.header_timeout, 30, 1..=300)?,
            shutdown_delay: number("shutdown_delay", file.shutdown_delay, 0, 0..=300)?,
            log: file.log.unwrap_or_else(|| "info,sqlx=warn".to_owned()),
            log_format: log_format(file.log_format.as_deref())?,
            metrics_listen: file
                .metrics_listen
                .map(|text| address("metrics_listen", &text))
                .transpose()?,
            otel_endpoint: otel_endpoint(file.otel_endpoint.as_deref())?,
            before_token: before_token::check(file.before_token, &private_networks)?,
            hooks: Hooks {
                give_up_after: number(
                    "hooks.give_up_after",
                    file.hooks.give_up_after,
                    DAY,
                    60..=30 * DAY,
                )?,
            },
            amqp: amqp::check(file.amqp)?,
            mail: mail::check(file.mail)?,
            main: main(&file.main)?,
            micro: micro(file.micro)?,
            anonymous: Anonymous {
                delay: number("anonymous.delay", file.anonymous.delay, 0, 0..=most_delay)?,
            },
            database: database::check(file.database)?,
            default_role: default_role(file.default_role)?,
            password: password(&file.password)?,
            keys: keys(&file.keys)?,
            limits: limits::check(&file.limits)?,
            admin: Admin { level: number("admin.level", file.admin.level, 10, 0..=MAX_LEVEL)? },
            private_networks,
            providers: providers::check(file.providers)?,
        })
    }
}

fn reserved_names(names: Option<Vec<String>>) -> Result<Vec<String>, ConfigError> {
    let key = |name: String| match Username::parse(&name) {
        Ok(username) => Ok(username.key().to_owned()),
        Err(fault) => {
            let message = format!("`{name}` is no user name: {}", fault.detail);
            Err(ConfigError::new("reserved_names", message))
        }
    };
    names.unwrap_or_default().into_iter().map(key).collect()
}

fn main(file: &file::Main) -> Result<Main, ConfigError> {
    let lifetime = number("main.lifetime", file.lifetime, 30 * DAY, 60..=3650 * DAY)?;
    // A cap below one life, or a rotation after the end, would be settings that never act.
    let cap = (180 * DAY).max(lifetime);
    Ok(Main {
        lifetime,
        max_lifetime: number("main.max_lifetime", file.max_lifetime, cap, lifetime..=3650 * DAY)?,
        rotate_after: number(
            "main.rotate_after",
            file.rotate_after,
            3600.min(lifetime),
            1..=lifetime,
        )?,
    })
}

fn micro(file: file::Micro) -> Result<Micro, ConfigError> {
    let secret = secret::read("micro.secret", file.secret, file.secret_file.as_deref())?;
    let secret = secret.as_ref().map(SharedSecret::parse).transpose();
    Ok(Micro {
        lifetime: number("micro.lifetime", file.lifetime, 300, 10..=DAY)?,
        max_size: number("micro.max_size", file.max_size, 4096, 1024..=16384)?,
        secret: secret.map_err(|why| ConfigError::new("micro.secret", why))?,
    })
}

fn password(file: &file::Password) -> Result<Password, ConfigError> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as i64);
    // OWASP's parameters for Argon2id; less than their weakest choice is refused.
    let memory: u32 = number("password.memory", file.memory, 19 * 1024, 7 * 1024..=1024 * 1024)?;
    Ok(Password {
        memory,
        passes: number("password.passes", file.passes, 2, 1..=100)?,
        lanes: number("password.lanes", file.lanes, 1, 1..=64)?,
        workers: number("password.workers", file.workers, cores, 1..=1024)?,
        queue: number("password.queue", file.queue, 64, 0..=100_000)?,
    })
}

fn keys(file: &file::Keys) -> Result<Keys, ConfigError> {
    let days: i64 = number("keys.rotate_every", file.rotate_every, 90, 0..=3650)?;
    let rotate_every = (days > 0).then_some(days * DAY);
    // Published later than that, a key would sign before the one that replaces it is published.
    let most = rotate_every.map_or(30 * DAY, |every| every / 2).min(30 * DAY);
    let ahead =
        number("keys.publish_ahead", file.publish_ahead, DAY.min(most), LEAST_AHEAD..=most)?;
    Ok(Keys { rotate_every, publish_ahead: ahead })
}

fn default_role(file: file::DefaultRole) -> Result<DefaultRole, ConfigError> {
    let name = file.name.unwrap_or_else(|| "user".to_owned());
    match role_name(&name) {
        Some((None, _)) => {}
        _ => {
            let message = format!("`{name}` is not the name of a global role, such as `user`");
            return Err(ConfigError::new("default_role.name", message));
        }
    }
    Ok(DefaultRole { name, level: number("default_role.level", file.level, 1000, 0..=MAX_LEVEL)? })
}

fn hosts(written: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let host = |name: String| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(plain) {
            let help = "write a host without scheme and port, like `laika.internal`";
            return Err(ConfigError::new("allowed_hosts", format!("`{name}` is no host; {help}")));
        }
        Ok(name.to_ascii_lowercase())
    };
    written.into_iter().map(host).collect()
}

fn log_format(name: Option<&str>) -> Result<LogFormat, ConfigError> {
    match name {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => {
            let message = format!("`{other}` is no format; choose `text` or `json`");
            Err(ConfigError::new("log_format", message))
        }
    }
}

fn otel_endpoint(url: Option<&str>) -> Result<Option<PublicUrl>, ConfigError> {
    if url.is_some() && !cfg!(feature = "otel") {
        let message = "this `laika` can't export spans; build it with `--features otel`, or leave \
                       the setting out";
        return Err(ConfigError::new("otel_endpoint", message));
    }
    url.map(|url| PublicUrl::parse(url, "otel_endpoint")).transpose()
}

fn address(setting: &str, text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        let help = "write an address and a port, like `127.0.0.1:8080`";
        ConfigError::new(setting, format!("`{text}` is no address; {help}"))
    })
}

fn algorithm(name: Option<&str>) -> Result<Algorithm, ConfigError> {
    let Some(name) = name else {
        return Ok(Algorithm::Rs256);
    };
    Algorithm::from_name(name).ok_or_else(|| {
        let message = format!("`{name}` is not supported; choose {}", Algorithm::NAMES);
        ConfigError::new("signing_algorithm", message)
    })
}

/// The number that was written, or the default; in the range, and of the type that is wanted.
pub(super) fn number<T: TryFrom<i64>>(
    name: &str,
    written: Option<i64>,
    default: i64,
    range: RangeInclusive<i64>,
) -> Result<T, ConfigError> {
    let value = written.unwrap_or(default);
    let out_of_range = || {
        let (least, most) = (range.start(), range.end());
        ConfigError::new(name, format!("`{value}` is out of range; choose {least} to {most}"))
    };
    if !range.contains(&value) {
        return Err(out_of_range());
    }
    T::try_from(value).map_err(|_| out_of_range())
}
