//! Laika's issuer: users, sessions, roles, permissions and tokens.
//!
//! # Design
//!
//! The binary `laika` is a thin shell round this library, and tests drive the same router with a
//! clock they hold in their hand. Requests flow downwards: an endpoint under [`http`] converts,
//! [`accounts`], [`session`] and [`mint`] decide, [`db`] holds every line of SQL.
//!
//! | module | what lives there |
//! |---|---|
//! | [`config`] | settings from file and environment, checked once |
//! | [`cli`] | the command line |
//! | [`issuer`] | the issuer as a library, with parts of one's own |
//! | [`serve`] | start and end of the service |
//! | [`app`] | the state every request sees |
//! | [`http`] | router, extractors, one file for each endpoint |
//! | [`accounts`] | names, e-mails, passwords, registration, log-in |
//! | [`admin`] | what administrators and operators do, and the rules for it |
//! | [`session`] | main tokens against their session rows, rotation |
//! | [`mint`] | main and micro tokens |
//! | [`external`] | log-ins at Google, GitHub and other providers, and whose identities those are |
//! | [`factors`] | second factors: authenticator apps, backup codes |
//! | [`outgoing`] | requests that the issuer makes, and what keeps them out of private networks |
//! | [`permissions`] | where permissions come from, besides roles |
//! | [`oauth2`] | service accounts, clients, and the endpoints that standards name |
//! | [`limits`] | rate limits |
//! | [`events`] | what happens, told to whoever wants to know |
//! | [`mail`] | the outbox, what mails say, SMTP |
//! | [`status`] | revocation: slots and lists |
//! | [`audit`] | who did what |
//! | [`backup`] | backup and restore |
//! | [`background`] | what is done beside requests, again and again |
//! | [`metrics`] | what Prometheus reads |
//! | `traces` | what OpenTelemetry gets, with the feature `otel` |
//! | [`keys`] | signing keys: made, wrapped, published |
//! | [`db`] | migrations and queries |
//! | [`seed`] | seed files for `laika import` |
//! | [`problem`] | what is answered when something is refused |
//! | [`clock`], [`random`] | the only places that read the time or draw random numbers |

#![forbid(unsafe_code)]

pub mod accounts;
pub mod admin;
pub mod app;
pub mod audit;
pub mod background;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod events;
pub mod external;
pub mod factors;
pub mod http;
pub mod issuer;
pub mod keys;
pub mod limits;
pub mod mail;
pub mod metrics;
pub mod mint;
pub mod oauth2;
pub mod one_time_code;
pub mod outgoing;
pub mod password;
pub mod permissions;
pub mod problem;
pub mod random;
pub mod readiness;
pub mod secret;
pub mod seed;
pub mod serve;
pub mod session;
pub mod status;
#[cfg(feature = "otel")]
pub mod traces;
pub mod webauthn;
