//! RabbitMQ as a second sink of events: each one a persistent message on a topic exchange, with its
//! name as routing key, delivered when the broker has confirmed it.
//!
//! What no queue is bound to the broker drops, as is the way of exchanges: whoever wants every event
//! binds a durable queue before.

use std::fmt;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::FieldTable;
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::clock::claim_seconds;
use crate::config::amqp::Amqp;
use crate::db::deliveries::Due;

/// How long the broker may take to confirm a message, or to let us in.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Kept on disk by the broker (AMQP 0-9-1, `delivery-mode`).
const PERSISTENT: u8 = 2;

/// How long a connection may take to be made, whoever waits for it: a broker that vanished in the middle
/// of it would be waited for as long as this process lives.
const PATIENCE: Duration = Duration::from_secs(60);

/// The connection to the broker: made when there is something to publish, and anew when it broke.
pub struct Publisher {
    broker: Mutex<Broker>,
    patience: Duration,
}

#[derive(Default)]
struct Broker {
    open: Option<Open>,
    /// One that is being made, which goes on when nobody waits for it any more: a connection that was
    /// begun can't be called off, and another beside it would be one more that hangs.
    making: Option<JoinHandle<Result<Open, String>>>,
}

struct Open {
    /// It ends with its value.
    _connection: Connection,
    channel: Channel,
}

impl Default for Publisher {
    fn default() -> Self {
        Self { broker: Mutex::default(), patience: PATIENCE }
    }
}

impl Publisher {
    /// Publishes an event, and waits for the broker's word that it has it.
    ///
    /// # Errors
    /// It has not: the broker is away, does not let us in, or refuses.
    pub(super) async fn publish(&self, app: &App, due: &Due) -> Result<(), String> {
        let Some(settings) = &app.settings.amqp else {
            return Err("no broker is configured".to_owned());
        };
        let done = tokio::time::timeout(TIMEOUT, self.attempt(settings, due)).await;
        let done = done.unwrap_or_else(|_| Err("the broker did not confirm in time".to_owned()));
        if done.is_err() {
            // Whatever it was, the next attempt begins with a new connection.
            self.broker.lock().await.open = None;
        }
        done
    }

    async fn attempt(&self, settings: &Amqp, due: &Due) -> Result<(), String> {
        let channel = self.channel(settings).await?;
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(due.event.to_string().into())
            .with_type(due.name.clone().into())
            .with_app_id("laika".into())
            .with_timestamp(claim_seconds(due.created_at));
        let published = channel
            .basic_publish(
                settings.exchange.clone().into(),
                due.name.clone().into(),
                BasicPublishOptions::default(),
                due.body.as_bytes(),
                properties,
            )
            .await
            .map_err(|error| shown(&error))?;
        let confirmed = published.await.map_err(|error| shown(&error))?;
        if confirmed.is_ack() { Ok(()) } else { Err("the broker refused the message".to_owned()) }
    }

    /// A channel that confirms, on the connection there is or on a new one.
    async fn channel(&self, settings: &Amqp) -> Result<Channel, String> {
        let broker = &mut *self.broker.lock().await;
        if let Some(open) = broker.open.as_ref().filter(|open| open.channel.status().connected()) {
            return Ok(open.channel.clone());
        }
        broker.open = None;
        let making = broker
            .making
            .get_or_insert_with(|| tokio::spawn(within(self.patience, connect(settings.clone()))));
        let made = making.await;
        broker.making = None;
        let made = made.map_err(|error| error.to_string())??;
        Ok(broker.open.insert(made).channel.clone())
    }
}

async fn within(
    patience: Duration,
    made: impl Future<Output = Result<Open, lapin::Error>>,
) -> Result<Open, String> {
    match tokio::time::timeout(patience, made).await {
        Ok(made) => made.map_err(|error| shown(&error)),
        Err(_) => Err(format!("the broker did not let us in within {patience:?}")),
    }
}

async fn connect(settings: Amqp) -> Result<Open, lapin::Error> {
    let connection = Connection::connect_uri(uri(&settings)?, properties()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    let exchange = settings.exchange.clone().into();
    channel.exchange_declare(exchange, ExchangeKind::Topic, durable, FieldTable::default()).await?;
    tracing::info!(exchange = settings.exchange, "connected to the broker of events");
    Ok(Open { _connection: connection, channel })
}

fn uri(settings: &Amqp) -> Result<AMQPUri, lapin::Error> {
    let invalid = |error| std::io::Error::new(std::io::ErrorKind::InvalidInput, error);
    let mut uri: AMQPUri = settings.url.parse().map_err(invalid)?;
    if let Some(password) = &settings.password {
        uri.authority.userinfo.password = password.reveal().to_owned();
    }
    Ok(uri)
}

fn properties() -> ConnectionProperties {
    ConnectionProperties::default().with_connection_name("laika".into())
}

/// An error without what was sent: URLs of this crate hold passwords, its errors do not.
fn shown(error: &lapin::Error) -> String {
    error.to_string()
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Publisher(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_broker_that_says_nothing_has_one_connection_of_ours() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = silent.local_addr().unwrap();
        let url = format!("amqp://laika@{address}/%2F");
        let settings = Amqp { url, password: None, exchange: "events".to_owned() };
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((connection, _)) = silent.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                held.push(connection);
            }
        });
        let publisher = Publisher { patience: Duration::from_secs(2), ..Publisher::default() };
        for _ in 0..5 {
            let patience = Duration::from_millis(100);
            let waited = tokio::time::timeout(patience, publisher.channel(&settings)).await;
            assert!(waited.is_err(), "there is no channel yet");
        }
        assert_eq!(accepted.load(Ordering::SeqCst), 1);
        let over = publisher.channel(&settings).await;
        assert!(over.is_err_and(|why| why.contains("within 2s")), "nor is it waited for for ever");
        let waited = tokio::time::timeout(Duration::from_secs(1), publisher.channel(&settings));
        assert!(waited.await.is_err());
        assert_eq!(accepted.load(Ordering::SeqCst), 2);
    }
}
