//! Somebody on loopback who is told and asked, and what they heard.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use laika_issuer::outgoing::{Signer, WebhookSecret};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::admin::stage::{Person, root};
use crate::support::Issuer;

/// Loopback is no public address; who wants to be told there lists it.
pub(super) const LISTED: (&str, &str) = ("LAIKA_OUTGOING_PRIVATE_NETWORKS", "127.0.0.0/8");

/// A server that ends with its value.
pub(super) struct Receiver {
    pub(super) url: String,
    heard: Arc<Mutex<Heard>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Heard {
    requests: Vec<Request>,
    answers: VecDeque<Answer>,
    otherwise: Option<Answer>,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Status(u16),
    Json(Value),
    /// So many bytes.
    Long(usize),
    /// Somewhere else.
    Redirect(String),
    /// 204, after a while.
    Late(Duration),
    /// Never.
    Silence,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let heard = Arc::new(Mutex::new(Heard::default()));
        let router = Router::new().fallback(take).with_state(Arc::clone(&heard));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, server }
    }

    /// What is answered next, once each.
    pub(super) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.heard.lock().unwrap().answers.extend(answers);
    }

    /// What is answered when nothing else is.
    pub(super) fn always(&self, answer: Answer) {
        self.heard.lock().unwrap().otherwise = Some(answer);
    }

    /// Waits until something is heard.
    pub(super) async fn hears(&self) {
        for _ in 0..2000 {
            if !self.heard.lock().unwrap().requests.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("nothing is heard");
    }

    /// What was heard since the last time.
    pub(super) fn heard(&self) -> Vec<Request> {
        std::mem::take(&mut self.heard.lock().unwrap().requests)
    }

    /// The events that were told since the last time, as `(name, data)`.
    pub(super) fn events(&self) -> Vec<(String, Value)> {
        self.heard().iter().map(Request::event).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Request {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn event(&self) -> (String, Value) {
        let body = self.json();
        (body["type"].as_str().unwrap().to_owned(), body["data"].clone())
    }

    /// Whether it is signed with this secret, as the specification computes it.
    pub(super) fn is_signed_by(&self, secret: &str) -> bool {
        let secret = WebhookSecret::parse(secret).unwrap();
        let (id, now) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let mut headers = HeaderMap::new();
        let signer = Signer::new(secret, None);
        signer.sign(id, now.parse().unwrap(), self.body.as_bytes(), &mut headers);
        let signature = headers["webhook-signature"].to_str().unwrap();
        self.header("webhook-signature").split(' ').any(|found| found == signature)
    }
}

async fn take(State(heard): State<Arc<Mutex<Heard>>>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = {
        let mut heard = heard.lock().unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        heard.requests.push(Request { headers, body });
        heard.answers.pop_front().or_else(|| heard.otherwise.clone())
    };
    match answer.unwrap_or(Answer::Status(204)) {
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Json(value) => axum::Json(value).into_response(),
        Answer::Long(length) => vec![b' '; length].into_response(),
        Answer::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Answer::Late(wait) => {
            tokio::time::sleep(wait).await;
            StatusCode::NO_CONTENT.into_response()
        }
        Answer::Silence => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::NO_CONTENT.into_response()
        }
    }
}

/// Makes a hook of this receiver; its id and secret.
pub(super) async fn hook(
    issuer: &Issuer,
    root: &Person,
    receiver: &Receiver,
    events: Option<&[&str]>,
) -> (String, String) {
    let body = json!({ "url": receiver.url, "events": events });
    let body = match events {
        Some(_) => body,
        None => json!({ "url": receiver.url }),
    };
    let made = root.sends(issuer, axum::http::Method::POST, "/hooks", body).await;
    made.expect(201);
    (made.text_of("id"), made.text_of("secret"))
}

/// An issuer that may reach loopback, an administrator of level 0, and a receiver with a hook.
pub(super) async fn stage(events: Option<&[&str]>) -> (Issuer, Person, Receiver, String, String) {
    let issuer = Issuer::with(&[LISTED]).await;
    let root = root(&issuer).await;
    let receiver = Receiver::start().await;
    let (id, secret) = hook(&issuer, &root, &receiver, events).await;
    (issuer, root, receiver, id, secret)
}
