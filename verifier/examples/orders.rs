//! A backend that guards its routes with the layer: who may do what stands in the policy alone.
//!
//! ```text
//! cargo run -p laika-verifier --features tower --example orders -- \
//!     --issuer http://127.0.0.1:8080 --policy www/demo/policy.json
//! ```

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Extension, Json, Router};
use clap::Parser;
use laika_verifier::tower::LaikaLayer;
use laika_verifier::{Options, VerifiedToken, Verifier};
use serde_json::{Value, json};

/// A small service whose orders live in memory.
#[derive(Debug, Parser)]
struct Arguments {
    /// Whose tokens are accepted; their keys are fetched from its /.well-known/jwks.json
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    issuer: String,
    /// The audience of this service
    #[arg(long, default_value = "orders")]
    audience: String,
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// The policy, a JSON file
    #[arg(long)]
    policy: PathBuf,
}

/// What a client sends to place an order.
#[derive(Debug, serde::Deserialize)]
struct NewOrder {
    item: String,
}

/// Orders by number, with who placed them.
type Orders = Arc<Mutex<Vec<Option<Value>>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let policy = std::fs::read_to_string(&arguments.policy)
        .map_err(|error| format!("can't read `{}`: {error}", arguments.policy.display()))?;
    let options = Options::from_value(json!({
        "issuers": [{
            "issuer": arguments.issuer,
            "audience": arguments.audience,
            "jwks_uri": format!("{}/.well-known/jwks.json", arguments.issuer),
        }],
        "policy": policy,
    }))?;
    let layer = LaikaLayer::with_realm(Verifier::new(options), &arguments.audience)?;
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    announce(listener.local_addr()?);
    axum::serve(listener, routes().layer(layer)).with_graceful_shutdown(asked_to_stop()).await?;
    Ok(())
}

fn routes() -> Router {
    let orders = Orders::default();
    if let Ok(mut orders) = orders.lock() {
        orders.push(Some(json!({ "id": 0, "item": "a ball", "by": "somebody" })));
    }
    Router::new()
        .route("/health", get(async || "ok\n"))
        .route("/orders", get(list).post(create))
        .route("/orders/{id}", get(read).delete(cancel))
        .route("/users/{user}/{*rest}", get(profile).put(profile))
        .with_state(orders)
}

async fn list(State(orders): State<Orders>) -> Json<Value> {
    let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({ "items": orders.iter().flatten().collect::<Vec<_>>() }))
}

async fn create(
    State(orders): State<Orders>,
    Extension(token): Extension<VerifiedToken>,
    Json(order): Json<NewOrder>,
) -> (StatusCode, Json<Value>) {
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    let order = json!({ "id": orders.len(), "item": order.item, "by": token.subject() });
    orders.push(Some(order.clone()));
    (StatusCode::CREATED, Json(order))
}

async fn read(
    State(orders): State<Orders>,
    Path(id): Path<usize>,
) -> Result<Json<Value>, StatusCode> {
    let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    orders.get(id).cloned().flatten().map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn cancel(State(orders): State<Orders>, Path(id): Path<usize>) -> StatusCode {
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    match orders.get_mut(id).and_then(Option::take) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}

async fn profile(Extension(token): Extension<VerifiedToken>) -> Json<Value> {
    Json(json!({ "subject": token.subject(), "claims": token.claims() }))
}

#[expect(clippy::print_stdout, reason = "whoever starts it waits for this line")]
fn announce(address: SocketAddr) {
    println!("ready http://{address}");
}

async fn asked_to_stop() {
    // Without a signal handler the process ends at once, which is as good.
    drop(tokio::signal::ctrl_c().await);
}
