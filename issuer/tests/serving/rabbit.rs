//! A real RabbitMQ, which is told what happens, killed, and told the rest when it is back.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use serde_json::{Value, json};

use crate::support::{Home, Server, call};

const PASSWORD: &str = "seven muddy paws on the moon";
/// A broker of Erlang takes its time, on a busy machine above all.
const PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn a_broker_that_is_killed_has_every_event_in_the_end() {
    let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
    let [port, distribution, mapper] = ports();
    let broker = Broker::start(folder.path(), port, distribution, mapper);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let channel = runtime.block_on(queue(port));
    let url = format!("amqp://guest@127.0.0.1:{port}/%2F");
    let variables = [
        ("LAIKA_PASSWORD_MEMORY", "7168"),
        ("LAIKA_PASSWORD_PASSES", "1"),
        ("LAIKA_AMQP_URL", url.as_str()),
        ("LAIKA_AMQP_PASSWORD", "guest"),
    ];
    let server = Server::start(&home, &variables);
    let user = |name: &str| {
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "password": PASSWORD,
        });
        let answer = call(&server.address, "POST", "/v1/users", None, Some(&body)).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["user"]["id"].as_str().unwrap().to_owned()
    };
    let first = user("belka");
    for name in ["user.created", "user.login"] {
        let message = runtime.block_on(next(&channel));
        assert_eq!(message.routing_key.as_str(), name);
        let properties = &message.properties;
        assert_eq!(*properties.delivery_mode(), Some(2), "persistent");
        assert_eq!(properties.kind().as_ref().unwrap().as_str(), name);
        assert_eq!(properties.content_type().as_ref().unwrap().as_str(), "application/json");
        let id = properties.message_id().as_ref().unwrap().as_str();
        assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
        let body: Value = serde_json::from_slice(&message.data).unwrap();
        assert_eq!((&body["type"], &body["data"]["user"]), (&json!(name), &json!(first)));
    }
    // In the queue when it dies, and while it is dead.
    let second = user("strelka");
    thread::sleep(Duration::from_millis(500));
    drop(broker);
    let third = user("laika");
    let _broker = Broker::start(folder.path(), port, distribution, mapper);
    let channel = runtime.block_on(queue(port));
    let mut told = Vec::new();
    while !(told.contains(&second) && told.contains(&third)) {
        let message = runtime.block_on(next(&channel));
        let body: Value = serde_json::from_slice(&message.data).unwrap();
        if body["type"] == "user.created" {
            told.push(body["data"]["user"].as_str().unwrap().to_owned());
        }
    }
}

/// A durable queue for what happens to users, on the exchange that the issuer declares as well.
async fn queue(port: u16) -> Channel {
    let url = format!("amqp://guest:guest@127.0.0.1:{port}/%2F");
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    // It lives as long as the test.
    std::mem::forget(connection);
    let (exchange, name) = ("laika.events", "counts");
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    let none = FieldTable::default;
    channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, none()).await.unwrap();
    channel.queue_declare(name.into(), QueueDeclareOptions::durable(), none()).await.unwrap();
    let options = QueueBindOptions::default();
    channel
        .queue_bind(name.into(), exchange.into(), "user.*".into(), options, none())
        .await
        .unwrap();
    channel
}

/// The next message of the queue.
async fn next(channel: &Channel) -> BasicGetMessage {
    let mut slept = Duration::ZERO;
    loop {
        let options = BasicGetOptions { no_ack: true };
        if let Some(message) = channel.basic_get("counts".into(), options).await.unwrap() {
            return message;
        }
        assert!(slept < PATIENCE, "nothing came");
        tokio::time::sleep(Duration::from_millis(100)).await;
        slept += Duration::from_millis(100);
    }
}

/// Ports that were free a moment ago.
fn ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// RabbitMQ on loopback, as nobody's service; it is killed with its value.
struct Broker {
    child: Child,
    port: u16,
    mapper: u16,
}

impl Broker {
    fn start(folder: &Path, port: u16, distribution: u16, mapper: u16) -> Self {
        let program = std::env::var_os("LAIKA_RABBITMQ").map(PathBuf::from).unwrap_or_else(|| {
            panic!(
                "`LAIKA_RABBITMQ` names no `rabbitmq-server`: run this by `cargo xtask test`, or \
                 install Debian's package and name `/usr/lib/rabbitmq/bin/rabbitmq-server`"
            )
        });
        let at = |name: &str| folder.join(name);
        let child = Command::new(program)
            .current_dir(folder)
            .env("HOME", folder)
            .env("RABBITMQ_NODENAME", "laika@localhost")
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", port.to_string())
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", at("broker"))
            .env("RABBITMQ_LOG_BASE", at("broker-log"))
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_PID_FILE", at("broker-pid"))
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("broker-plugins"))
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", mapper.to_string())
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-kernel inet_dist_use_interface {127,0,0,1}",
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What it starts dies with it.
            .process_group(0)
            .spawn()
            .unwrap();
        let broker = Self { child, port, mapper };
        wait_until("RabbitMQ did not start", || speaks_amqp(port));
        broker
    }
}

/// Whether somebody answers the first eight bytes of AMQP 0-9-1: the port is open before that.
fn speaks_amqp(port: u16) -> bool {
    let answer = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"AMQP\x00\x00\x09\x01")?;
        stream.read_exact(&mut [0])
    });
    answer.is_ok()
}

fn wait_until(otherwise: &str, done: impl Fn() -> bool) {
    let mut slept = Duration::ZERO;
    while !done() {
        assert!(slept < PATIENCE, "{otherwise}");
        thread::sleep(Duration::from_millis(200));
        slept += Duration::from_millis(200);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
        // What was waited for is the script; until the broker itself is gone, the next one would find
        // its port taken, and its clients would find a broker that dies.
        if !thread::panicking() {
            let is_gone = || TcpStream::connect(("127.0.0.1", self.port)).is_err();
            wait_until("RabbitMQ does not die", is_gone);
        }
        // Erlang's port mapper goes its own way; this one was ours alone.
        let _ = Command::new("epmd")
            .env("ERL_EPMD_RELAXED_COMMAND_CHECK", "1")
            .args(["-port", &self.mapper.to_string(), "-kill"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
