//! Who reaches whom, and whether somebody can listen in.

use std::net::IpAddr;

use http::Uri;

use super::{Facts, Finding};
use crate::config::PublicUrl;

/// Names that stand in examples (RFC 2606), and never in a service that works.
const EXAMPLES: [&str; 5] = ["example.com", "example.net", "example.org", ".example", ".invalid"];

pub(super) fn public_url(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(url) = &facts.settings.public_url else { return Vec::new() };
    let mut found = Vec::new();
    let (text, host) = (url.as_str(), host(url.as_str()));
    if text.starts_with("http://") && !url.is_plain_loopback() {
        let message = format!(
            "`{text}` is not https: passwords and tokens cross the network in the clear, and \
             browsers keep no `Secure` cookie; put a proxy with TLS in front and write `https://`"
        );
        found.push(Finding::error("public_url", message));
    }
    if EXAMPLES.iter().any(|example| host.ends_with(example)) {
        let message =
            format!("`{text}` is a name for examples; write how others reach this issuer");
        found.push(Finding::error("public_url", message));
    }
    found
}

pub(super) fn listen(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(url) = facts.settings.public_url.as_ref() else { return Vec::new() };
    if !is_loopback(host(url.as_str())) {
        return Vec::new();
    }
    let (listen, text) = (facts.settings.listen, url.as_str());
    if !listen.ip().is_loopback() {
        let message = format!(
            "`{text}` means each caller's own machine, and `listen` is open to others at \
             `{listen}`; write the name by which they reach this issuer"
        );
        return vec![Finding::warning("public_url", message)];
    }
    let port = text.parse::<Uri>().ok().and_then(|uri| uri.port_u16());
    if url.is_plain_loopback() && listen.port() != 0 && port.unwrap_or(80) != listen.port() {
        let message = format!(
            "`{text}` has another port than `listen`, `{listen}`: cookies and metadata point at \
             whatever is there; make them the same, or leave `public_url` out"
        );
        return vec![Finding::warning("public_url", message)];
    }
    Vec::new()
}

pub(super) fn allowed_origins(facts: &Facts<'_>) -> Vec<Finding> {
    let settings = facts.settings;
    let own = settings.public_url.as_ref().map(PublicUrl::as_str);
    let judge = |origin: &String| {
        if own == Some(origin.as_str()) {
            let message = format!("`{origin}` is this issuer's own, and is allowed; leave it out");
            return Some(Finding::warning("allowed_origins", message));
        }
        if origin.starts_with("http://") && !is_loopback(host(origin)) {
            let message = format!(
                "`{origin}` is not https: whoever is on the way can put script into that page and \
                 call as its visitor; serve the page by https"
            );
            return Some(Finding::warning("allowed_origins", message));
        }
        None
    };
    settings.allowed_origins.iter().filter_map(judge).collect()
}

pub(super) fn database(facts: &Facts<'_>) -> Vec<Finding> {
    let url = &facts.settings.database_url;
    if !url.starts_with("postgres") || is_near(url) {
        return Vec::new();
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mode = query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        matches!(name, "sslmode" | "ssl-mode").then_some(value)
    });
    let message = match mode {
        Some("verify-full" | "verify-ca") => return Vec::new(),
        Some("require") => {
            "`sslmode=require` encrypts and does not ask who answers; write `sslmode=verify-full`, \
             with `sslrootcert=FILE` for a certificate authority of your own"
        }
        _ => {
            "password and data may cross the network in the clear; add `?sslmode=verify-full` to \
             the URL"
        }
    };
    vec![Finding::warning("database_url", message)]
}

/// Whether a database is on this machine: by its name, or by a socket in the file system.
fn is_near(url: &str) -> bool {
    let host = host(url);
    host.is_empty() || host.starts_with(['/', '%']) || is_loopback(host)
}

/// The host of a URL, without user, port and brackets.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, _)) => host,
        None => host.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::Level::{Error, Warning};
    use super::super::tests::each_finds;

    #[test]
    fn what_others_can_listen_to_or_never_reach_is_found() {
        each_finds(&[
            ("public_url = 'http://id.kennel.org'", Error, "public_url", "https"),
            ("public_url = 'https://id.example.com'", Error, "public_url", "examples"),
            (
                "listen = '0.0.0.0:8080'\npublic_url = 'http://localhost:8080'",
                Warning,
                "public_url",
                "own machine",
            ),
            ("public_url = 'http://127.0.0.1:9000'", Warning, "public_url", "another port"),
            ("allowed_origins = ['http://app.kennel.org']", Warning, "allowed_origins", "https"),
            (
                "public_url = 'https://id.kennel.org'\nallowed_origins = ['https://id.kennel.org']",
                Warning,
                "allowed_origins",
                "leave it out",
            ),
            (
                "database_url = 'postgres://laika@10.0.0.5/laika'",
                Warning,
                "database_url",
                "verify-full",
            ),
            (
                "database_url = 'postgres://a:b@[2001:db8::1]:5/laika?sslmode=prefer'",
                Warning,
                "database_url",
                "in the clear",
            ),
            (
                "database_url = 'postgres://laika@db.kennel.org/laika?sslmode=require'",
                Warning,
                "database_url",
                "who answers",
            ),
        ]);
    }
}
