//! Which requests are worked on at all: asked for under our name, not too many of one client, not
//! too many at once.
//!
//! What anybody may read (health, keys, status lists, metadata) is answered under any name and at
//! any load: it costs next to nothing, and verifiers must go on while others flood.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::HOST;
use laika_claims::IssuerCode;

use crate::app::App;
use crate::http::client::Client;
use crate::problem::Problem;

/// Lets a request in, or refuses it.
pub(super) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    if open_to_all(request.uri().path()) {
        return next.run(request).await;
    }
    if let Err(problem) = refuse_foreign_host(&app, &request) {
        return problem.into_response();
    }
    let client = request.extensions().get::<Client>();
    let (address, doubtful) =
        client.map_or((None, false), |client| (client.address, client.doubtful));
    if let Err(problem) = app.requests.take(address, doubtful, app.clock.monotonic()) {
        app.metrics.rate_limited("requests");
        return problem.into_response();
    }
    // Nobody waits here: a request that would wait is better sent to another replica.
    let Ok(_place) = app.places.try_acquire() else {
        return Problem::overloaded("too many requests in flight").into_response();
    };
    next.run(request).await
}

fn open_to_all(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/v1/public-key")
        || path.starts_with("/.well-known/")
        || path.starts_with("/status/")
}

/// Refuses a request under a name that is not ours. A page of another site can make its own name
/// lead to our address (DNS rebinding) and would then be of one origin with us; what it can't do is
/// name us by our address. So the public URL's host, names that are allowed, `localhost` and
/// addresses are good, whatever the port; a client that names no host is no browser.
fn refuse_foreign_host(app: &App, request: &Request) -> Result<(), Problem> {
    let mut named = request.headers().get_all(HOST).iter();
    let header = named.next();
    let good = named.next().is_none()
        && header.is_none_or(|host| host.to_str().is_ok_and(|host| is_ours(app, host)))
        // Absolute form, which wins over the header (RFC 9112 section 3.2.2).
        && request.uri().authority().is_none_or(|authority| is_ours(app, authority.as_str()));
    if good {
        return Ok(());
    }
    let detail = "this issuer is not known by that name; use its public URL, or have the name \
                  added to `allowed_hosts`";
    Err(Problem::issuer(IssuerCode::HostRefused, detail))
}

fn is_ours(app: &App, authority: &str) -> bool {
    let host = host_of(authority).trim_end_matches('.').to_ascii_lowercase();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(&host).parse::<IpAddr>().is_ok()
        || host == "localhost"
        || host == app.issuer.host()
        || app.settings.allowed_hosts.contains(&host)
}

/// The host of `host[:port]`.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_no_part_of_a_host() {
        for (authority, host) in [
            ("id.example.com", "id.example.com"),
            ("id.example.com:443", "id.example.com"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("a:b", "a:b"),
        ] {
            assert_eq!(host_of(authority), host);
        }
    }
}
