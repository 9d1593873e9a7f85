//! Connections: accepted, bounded, and ended.
//!
//! axum's own loop sets no time-outs. Here a client has [`Bounds::header_timeout`] to send the
//! headers of a request, which is also how long a connection may be idle; a handler's time limit
//! covers the body; and a connection ends after `LIFE`, so that one that never reads its answers
//! holds its place for minutes, not for ever.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::Service as _;

/// How long a connection lives, however busy it is.
const LIFE: Duration = Duration::from_secs(600);

/// Room for the headers of a request, in bytes: the largest token twice, and more than browsers
/// send.
const MAX_HEADERS: usize = 64 * 1024;

/// Most header lines.
const MAX_HEADER_LINES: usize = 100;

/// How long accepting rests after it has failed: most often there is no file descriptor left, and
/// one must be closed before the next try makes sense.
const REST: Duration = Duration::from_millis(100);

/// What a server allows.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at once; others wait to be accepted.
    pub connections: usize,
    /// How long the headers of a request may take, and a connection may be idle.
    pub header_timeout: Duration,
    /// How long what is in flight may take at the end.
    pub drain: Duration,
}

/// Serves until `ends` is true; then nothing is accepted any more, and requests in flight are
/// finished, as far as they are within [`Bounds::drain`]. Whether all of them were.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    mut ends: watch::Receiver<bool>,
) -> bool {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.header_timeout)
        .max_header_size(MAX_HEADERS)
        .max_headers(MAX_HEADER_LINES);
    let places = Arc::new(Semaphore::new(bounds.connections));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            // Also where nobody holds the other end any more.
            _ = ends.wait_for(|ended| *ended) => None,
        };
        match accepted {
            None => break,
            Some((place, Ok((stream, peer)))) => {
                let served = connection(
                    http.clone(),
                    stream,
                    peer,
                    router.clone(),
                    bounds.drain,
                    ends.clone(),
                );
                connections.spawn(async move {
                    let _place = place;
                    served.await
                });
            }
            Some((_, Err(error))) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(REST).await;
            }
        }
    }
    drop(listener);
    let mut all = true;
    while let Some(finished) = connections.join_next().await {
        all &= finished.unwrap_or(true);
    }
    all
}

/// One connection; whether it was at rest when it ended.
async fn connection(
    http: http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    drain: Duration,
    mut ends: watch::Receiver<bool>,
) -> bool {
    // Answers are small; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // What a client does to its connection is its own affair.
        _ = connection.as_mut() => return true,
        _ = ends.wait_for(|ended| *ended) => {}
        () = sleep(LIFE) => {}
    }
    connection.as_mut().graceful_shutdown();
    timeout(drain, connection).await.is_ok()
}
