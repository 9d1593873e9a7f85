//! What is measured, for Prometheus.
//!
//! Labels come from lists that we own (routes, methods, kinds), never from what a client sends, so
//! the number of series is bounded. They are shown on an address of their own (`metrics_listen`),
//! which nobody has to protect on the public one.

use std::fmt;
use std::time::Duration;

use http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::app::App;
use crate::db::deliveries::Load;
use crate::db::mails::Outbox;
use crate::db::{self, DbError};

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histogram of durations, in seconds: a token is minted below the first, a
/// password is checked between the middle ones.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Upper bounds of the histogram of events' delays, in seconds: at once, at the second attempt,
/// after an outage.
const DELAYS: [f64; 8] = [1.0, 3.0, 10.0, 30.0, 120.0, 600.0, 3600.0, 86_400.0];

/// Counters of this process.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    log_ins: Family<Labels, Counter>,
    minted: Family<Labels, Counter>,
    rate_limited: Family<Labels, Counter>,
    hashing: Family<Labels, Gauge>,
    connections: Family<Labels, Gauge>,
    mails: Family<StateLabels, Gauge>,
    events: Family<StateLabels, Gauge>,
    oldest_event: Family<NoLabels, Gauge>,
    deliveries: Family<OutcomeLabels, Counter>,
    event_delays: Histogram,
    outside: Family<OutsideLabels, Counter>,
    outside_durations: Family<Labels, Histogram, fn() -> Histogram>,
    tasks: Family<TaskLabels, Counter>,
}

/// How a log-in went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogInOutcome {
    /// A session began.
    Done,
    /// The first step was good, and a second factor was asked for.
    Waits,
    /// Unknown user or wrong password.
    Refused,
    /// Not looked at: too many failures before.
    Limited,
}

/// How an attempt to deliver an event went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The endpoint took it.
    Delivered,
    /// It did not, and it is tried again.
    Failed,
    /// It did not, and it was given up.
    Dead,
}

/// Who is asked outside, in the path of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// The hook `before_token`.
    BeforeToken,
    /// A permission provider.
    PermissionProvider,
}

impl Outside {
    fn as_str(self) -> &'static str {
        match self {
            Self::BeforeToken => "before_token",
            Self::PermissionProvider => "permission_provider",
        }
    }
}

/// What was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minted {
    /// A main token.
    Main,
    /// A micro token.
    Micro,
}

/// Of what is one number, and perhaps unknown.
type NoLabels = [(&'static str, &'static str); 0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutsideLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TaskLabels {
    task: &'static str,
    outcome: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("laika"),
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            in_flight: Gauge::default(),
            log_ins: Family::default(),
            minted: Family::default(),
            rate_limited: Family::default(),
            hashing: Family::default(),
            connections: Family::default(),
            mails: Family::default(),
            events: Family::default(),
            oldest_event: Family::default(),
            deliveries: Family::default(),
            event_delays: Histogram::new(DELAYS),
            outside: Family::default(),
            outside_durations: Family::new_with_constructor(durations),
            tasks: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("http_requests", "Requests that were answered", metrics.requests.clone());
        registry.register(
            "http_request_seconds",
            "How long requests took",
            metrics.durations.clone(),
        );
        registry.register("http_in_flight", "Requests being worked on", metrics.in_flight.clone());
        registry.register("log_ins", "Log-ins, by outcome", metrics.log_ins.clone());
        registry.register("tokens_minted", "Tokens that were signed", metrics.minted.clone());
        registry.register(
            "rate_limited",
            "Requests that a rate limit refused",
            metrics.rate_limited.clone(),
        );
        registry.register(
            "password_hashing",
            "Password hashes being computed, and waiting",
            metrics.hashing.clone(),
        );
        registry.register(
            "db_connections",
            "Connections to the database",
            metrics.connections.clone(),
        );
        registry.register(
            "mails",
            "Mails in the outbox: waiting, given up within 30 days, or of those refused for good",
            metrics.mails.clone(),
        );
        registry.register(
            "events",
            "Events on their way to an endpoint: waiting, or given up within 30 days",
            metrics.events.clone(),
        );
        registry.register(
            "event_oldest_seconds",
            "Age of the oldest event that waits",
            metrics.oldest_event.clone(),
        );
        registry.register(
            "event_deliveries",
            "Attempts to deliver an event, by outcome",
            metrics.deliveries.clone(),
        );
        registry.register(
            "event_delay_seconds",
            "From what happened to the endpoint that took it",
            metrics.event_delays.clone(),
        );
        registry.register(
            "outside_questions",
            "Questions to hooks and permission providers in the path of a request",
            metrics.outside.clone(),
        );
        registry.register(
            "outside_seconds",
            "How long their answers took",
            metrics.outside_durations.clone(),
        );
        registry.register("background_runs", "Runs of background tasks", metrics.tasks.clone());
        metrics
    }
}

impl Metrics {
    /// A request has begun; it is in flight until the value is dropped.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let (method, route) = (known(method), route.to_owned());
        let labels = RouteLabels { method, route: route.clone() };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }

    /// A log-in has ended.
    pub fn log_in(&self, outcome: LogInOutcome) {
        let kind = match outcome {
            LogInOutcome::Done => "done",
            LogInOutcome::Waits => "second_factor",
            LogInOutcome::Refused => "refused",
            LogInOutcome::Limited => "limited",
        };
        self.log_ins.get_or_create(&Labels { kind }).inc();
    }

    /// A token was signed.
    pub fn minted(&self, minted: Minted) {
        let kind = match minted {
            Minted::Main => "main",
            Minted::Micro => "micro",
        };
        self.minted.get_or_create(&Labels { kind }).inc();
    }

    /// A rate limit refused a request.
    pub fn rate_limited(&self, kind: &'static str) {
        self.rate_limited.get_or_create(&Labels { kind }).inc();
    }

    /// An attempt to deliver an event has ended; how long it was on its way, where that is over.
    pub(crate) fn sent(&self, sent: Sent, delay: Option<Duration>) {
        let outcome = match sent {
            Sent::Delivered => "delivered",
            Sent::Failed => "failed",
            Sent::Dead => "dead",
        };
        self.deliveries.get_or_create(&OutcomeLabels { outcome }).inc();
        if let Some(delay) = delay {
            self.event_delays.observe(delay.as_secs_f64());
        }
    }

    /// Somebody outside was asked; whether they answered.
    pub(crate) fn asked(&self, outside: Outside, well: bool) {
        let (kind, outcome) = (outside.as_str(), if well { "answered" } else { "failed" });
        self.outside.get_or_create(&OutsideLabels { kind, outcome }).inc();
    }

    /// How long an answer from outside took.
    pub(crate) fn waited(&self, outside: Outside, took: Duration) {
        let kind = outside.as_str();
        self.outside_durations.get_or_create(&Labels { kind }).observe(took.as_secs_f64());
    }

    /// Somebody outside was not asked, because they did not answer before.
    pub(crate) fn spared(&self, outside: Outside) {
        let (kind, outcome) = (outside.as_str(), "spared");
        self.outside.get_or_create(&OutsideLabels { kind, outcome }).inc();
    }

    /// A background task has run.
    pub(crate) fn ran(&self, task: &'static str, well: bool) {
        let outcome = if well { "done" } else { "failed" };
        self.tasks.get_or_create(&TaskLabels { task, outcome }).inc();
    }

    /// Everything as OpenMetrics text, which Prometheus reads.
    ///
    /// # Errors
    /// Never, in effect: it is written into memory.
    pub async fn text(&self, app: &App) -> Result<String, fmt::Error> {
        let hashing = app.passwords.load();
        for (kind, value) in [("running", hashing.running), ("waiting", hashing.waiting)] {
            self.hashing.get_or_create(&Labels { kind }).set(value);
        }
        for (kind, value) in app.db.connections() {
            self.connections.get_or_create(&Labels { kind }).set(value);
        }
        match outbox(app).await {
            Ok(Outbox { waiting, failed, bounced }) => {
                let states = [("waiting", waiting), ("failed", failed), ("bounced", bounced)];
                for (state, value) in states {
                    self.mails.get_or_create(&StateLabels { state }).set(value);
                }
            }
            // The rest is told all the more where the database is away, and no number that was.
            Err(error) => {
                self.mails.clear();
                tracing::warn!(%error, "the outbox could not be counted");
            }
        }
        match on_their_way(app).await {
            Ok(Load { waiting, dead, oldest }) => {
                for (state, value) in [("waiting", waiting), ("dead", dead)] {
                    self.events.get_or_create(&StateLabels { state }).set(value);
                }
                let now = app.clock.now();
                let age = oldest.map_or(0, |oldest| (now - oldest).max(0));
                self.oldest_event.get_or_create(&[]).set(age);
            }
            Err(error) => {
                self.events.clear();
                self.oldest_event.clear();
                tracing::warn!(%error, "events could not be counted");
            }
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

async fn on_their_way(app: &App) -> Result<Load, DbError> {
    let mut connection = app.db.read().await?;
    db::deliveries::load(&mut connection).await
}

async fn outbox(app: &App) -> Result<Outbox, DbError> {
    let mut connection = app.db.read().await?;
    db::mails::outbox(&mut connection).await
}

/// A request that is being worked on.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// The method, of a list that a client can't lengthen.
fn known(method: &Method) -> &'static str {
    [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ]
    .iter()
    .zip(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    .find_map(|(known, name)| (known == method).then_some(name))
    .unwrap_or("other")
}
