//! Events: what happens here, told to whoever wants to know.
//!
//! An event is written in the transaction of what it tells ([`emit`]), together with one delivery
//! for each endpoint that listens, so there is no change without its event and no event without its
//! change; where nobody listens nothing is written. [`deliver()`] sends what is due: at least once,
//! under the same id at every attempt, in order per user, again and again with growing pauses, until
//! it is given up and waits for an administrator. A process that ends at any point loses none: a
//! delivery that was taken is due again when its lease is over.
//!
//! | module | what lives there |
//! |---|---|
//! | [`event`] | what happens, with its schema |
//! | [`name`] | what events are called |
//! | [`hooks`] | endpoints: made, changed, removed |
//! | [`mod@deliver`] | the task that sends |
//! | [`amqp`] | RabbitMQ, with the feature `amqp` |

#[cfg(feature = "amqp")]
pub mod amqp;
pub mod deliver;
pub mod event;
pub mod hooks;
pub mod name;

use serde_json::Value;
use tokio::sync::Notify;

pub use self::deliver::{deliver, forget_old, run};
pub use self::event::{Event, UserField};
pub use self::name::EventName;
use crate::app::App;
use crate::db::deliveries::{self, Delivery, Endpoint, State};
use crate::db::{self, Connection};
use crate::problem::Problem;
use crate::random;

/// Gets events sent at once; what is written in other processes waits for the next look.
#[derive(Debug, Default)]
pub struct Bell(Notify);

impl Bell {
    /// Says that there is something to send.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until [`ring`](Self::ring) is called, or returns at once if it was since the last time.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Writes an event, in the caller's transaction, for every endpoint that listens; nothing where none
/// does. Called last in a transaction: from here to its end, other events of the same user wait, and
/// so are told in the order in which they came about.
///
/// # Errors
/// The database failed.
pub async fn emit(app: &App, db: &mut Connection, event: &Event) -> Result<(), Problem> {
    let mut endpoints: Vec<_> =
        db::hooks::listeners(db, event.name()).await?.into_iter().map(Endpoint::Hook).collect();
    if app.settings.amqp.is_some() {
        endpoints.push(Endpoint::Amqp);
    }
    if endpoints.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let id = random::uuid(&*app.random)?;
    let (name, stream) = (event.name(), event.stream());
    let body = event.body(now).map_err(Problem::internal)?;
    deliveries::insert_event(db, id, name, &body, now).await?;
    let position = deliveries::advance(db, &stream, now).await?;
    for endpoint in endpoints {
        let delivery = Delivery {
            event: id,
            name: name.as_str().to_owned(),
            endpoint,
            stream: stream.clone(),
            state: State::Waiting,
            attempts: 0,
            due_at: now,
            give_up_at: now.saturating_add(app.settings.hooks.give_up_after),
            status: None,
            error: None,
            created_at: now,
            ended_at: None,
        };
        deliveries::insert(db, &delivery, position).await?;
    }
    app.bell.ring();
    Ok(())
}

/// The JSON Schema of every event.
#[must_use]
pub fn schema() -> Value {
    schemars::SchemaGenerator::default().into_root_schema_for::<event::Message>().to_value()
}
