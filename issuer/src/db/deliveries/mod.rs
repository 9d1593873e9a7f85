//! Events, and their way to each endpoint.

mod administration;
mod forgetting;
mod sending;
mod writing;

use std::fmt;

use uuid::Uuid;

pub use self::administration::{Filter, Load, list, load, repeat, repeat_all};
pub use self::forgetting::{forget_gone, forget_old, forget_stream};
pub use self::sending::{Due, Outcome, claim, due, give_up, note};
pub use self::writing::{advance, insert, insert_event};
use crate::clock::UnixSeconds;

/// Where an event is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// A hook, by id.
    Hook(Uuid),
    /// The exchange that the settings name.
    Amqp,
}

/// What the endpoint that is no hook is called.
const AMQP: &str = "amqp";

impl Endpoint {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            AMQP => Some(Self::Amqp),
            _ => Uuid::parse_str(text).ok().map(Self::Hook),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hook(id) => write!(f, "{id}"),
            Self::Amqp => f.write_str(AMQP),
        }
    }
}

/// How far a delivery has got.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be sent, now or later.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was given up, and waits for an administrator.
    Dead,
}

impl State {
    const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// An event on its way to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub event: Uuid,
    /// Its name.
    pub name: String,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// What it is in order with.
    pub stream: String,
    /// How far it has got.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, unless another of its stream goes before it.
    pub due_at: UnixSeconds,
    /// When it is given up.
    pub give_up_at: UnixSeconds,
    /// HTTP status of the last answer.
    pub status: Option<i64>,
    /// What became of the last attempt that failed.
    pub error: Option<String>,
    /// When the event happened.
    pub created_at: UnixSeconds,
    /// When it was delivered or given up.
    pub ended_at: Option<UnixSeconds>,
}
