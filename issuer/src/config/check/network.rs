//! Who reaches whom, and whether somebody can listen in.

use std::net::IpAddr;

use http::Uri;

use super::{Facts, Finding, Rows};
use crate::config::PublicUrl;
use crate::outgoing::is_loopback;
use crate::webauthn::relying_party::{belongs, is_possible};

/// Names that stand in examples (RFC 2606), and never in a service that works.
const EXAMPLES: [&str; 5] = ["example.com", "example.net", "example.org", "example", "invalid"];

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
    if EXAMPLES.iter().any(|example| belongs(host, example)) {
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

/// This program speaks http, so before an https URL there is somebody who ends TLS. As long as nobody
/// believes him, every client has his address.
pub(super) fn proxies(facts: &Facts<'_>) -> Vec<Finding> {
    let settings = facts.settings;
    if let Some(everybody) = settings.trusted_proxies.iter().find(|net| net.prefix_len() == 0) {
        let message = format!(
            "`{everybody}` is everybody: each client may say that it is another, and no limit holds; \
             name the networks of your proxies alone"
        );
        return vec![Finding::error("trusted_proxies", message)];
    }
    let Some(url) = settings.public_url.as_ref().map(PublicUrl::as_str) else { return Vec::new() };
    if !url.starts_with("https://") || !settings.trusted_proxies.is_empty() {
        return Vec::new();
    }
    let listen = settings.listen;
    let example = if listen.ip().is_loopback() { "127.0.0.1" } else { "10.96.7.0/28" };
    let message = format!(
        "`{url}` is https and `{listen}` is not, so a proxy is in front; as long as it is not trusted, \
         every client has its address, all share its limits, and logs name nobody else; write where it \
         calls from, and nobody else does, like `[\"{example}\"]`"
    );
    vec![Finding::warning("trusted_proxies", message)]
}

/// Whoever reads metrics learns who comes when and what fails, and nobody is asked who he is there.
pub(super) fn metrics(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(listen) = facts.settings.metrics_listen else { return Vec::new() };
    let near = match listen.ip().to_canonical() {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    };
    if near {
        return Vec::new();
    }
    let message = format!(
        "`{listen}` may be open to everybody, and nobody is asked there who he is; listen on the \
         address of a network of your own, or on `127.0.0.1`"
    );
    vec![Finding::warning("metrics_listen", message)]
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
        let home = own.filter(|own| own.starts_with("https://") && !is_loopback(host(own)))?;
        if origin.starts_with("https://") && site(host(origin)) != site(host(home)) {
            let message = format!(
                "`{origin}` is another site than `{home}`, so browsers send no cookie of this issuer \
                 along from there, and script must keep the main token; serve the page under `{}`",
                site(host(home))
            );
            return Some(Finding::warning("allowed_origins", message));
        }
        None
    };
    settings.allowed_origins.iter().filter_map(judge).collect()
}

/// Passkeys are bound to a domain: a number has none, and a page elsewhere is refused by its browser.
pub(super) fn passkeys(facts: &Facts<'_>) -> Vec<Finding> {
    let settings = facts.settings;
    let Some(url) = &settings.public_url else { return Vec::new() };
    if url.is_https() && !is_possible(url) {
        let message = format!(
            "`{}` is a number, and browsers know no passkeys for numbers; give this issuer a name",
            url.as_str()
        );
        return vec![Finding::warning("public_url", message)];
    }
    let Some(id) = &settings.passkeys.rp_id else { return Vec::new() };
    let outside = settings.allowed_origins.iter().filter(|origin| !belongs(host(origin), id));
    let found = outside.map(|origin| {
        let message = format!(
            "`{origin}` is not below `{id}`, so its pages can't use passkeys of this issuer; serve \
             them there, or send people to this issuer to sign in"
        );
        Finding::warning("allowed_origins", message)
    });
    found.collect()
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

/// A database that no start could use.
pub(super) fn database_opens(facts: &Facts<'_>) -> Vec<Finding> {
    match &facts.machine.rows {
        Rows::Unusable(why) => vec![Finding::error("database_url", why)],
        Rows::Absent | Rows::Found { .. } | Rows::Silent(_) => Vec::new(),
    }
}

/// Whether a database is on this machine: by its name, or by a socket in the file system.
fn is_near(url: &str) -> bool {
    let host = host(url);
    host.is_empty() || host.starts_with(['/', '%']) || is_loopback(host)
}

/// The registrable domain of a host, or nearly: its last two labels. Names under `co.uk` count as one
/// site, so nothing is found where there may be nothing.
pub(super) fn site(host: &str) -> &str {
    if host.parse::<IpAddr>().is_ok() {
        return host;
    }
    host.rmatch_indices('.').nth(1).and_then(|(at, _)| host.get(at + 1..)).unwrap_or(host)
}

/// The host of a URL, without user, port and brackets.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, _)) => host,
        None => host.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level::{Error, Warning};
    use super::super::tests::each_finds;
    use super::*;

    #[test]
    fn a_name_for_examples_is_told_by_whole_labels() {
        let is_example = |host: &str| EXAMPLES.iter().any(|example| belongs(host, example));
        for host in ["example.com", "id.example.com", "laika.example", "a.invalid"] {
            assert!(is_example(host), "{host}");
        }
        for host in ["counterexample.com", "myexample.org", "example.com.kennel.org", "kennel.org"]
        {
            assert!(!is_example(host), "{host}");
        }
    }

    #[test]
    fn what_others_can_listen_to_or_never_reach_is_found() {
        each_finds(&[
            ("public_url = 'http://id.kennel.org'", Error, "public_url", "https"),
            (
                "public_url = 'https://id.example.com'\ntrusted_proxies = ['127.0.0.1']",
                Error,
                "public_url",
                "examples",
            ),
            (
                "listen = '0.0.0.0:8080'\npublic_url = 'https://id.kennel.org'",
                Warning,
                "trusted_proxies",
                "10.96.7.0/28",
            ),
            ("public_url = 'https://id.kennel.org'", Warning, "trusted_proxies", "127.0.0.1"),
            ("trusted_proxies = ['10.0.0.0/8', '::/0']", Error, "trusted_proxies", "`::/0`"),
            ("metrics_listen = '0.0.0.0:9090'", Warning, "metrics_listen", "everybody"),
            ("metrics_listen = '192.0.2.7:9090'", Warning, "metrics_listen", "everybody"),
            ("metrics_listen = '[2001:db8::1]:9090'", Warning, "metrics_listen", "everybody"),
            (
                "public_url = 'https://id.kennel.org'\ntrusted_proxies = ['::1']\n\
                 allowed_origins = ['https://kennel.net']",
                Warning,
                "allowed_origins",
                "another site",
            ),
            (
                "listen = '0.0.0.0:8080'\npublic_url = 'http://localhost:8080'",
                Warning,
                "public_url",
                "own machine",
            ),
            ("public_url = 'http://127.0.0.1:9000'", Warning, "public_url", "another port"),
            ("allowed_origins = ['http://app.kennel.org']", Warning, "allowed_origins", "https"),
            (
                "public_url = 'https://id.kennel.org'\ntrusted_proxies = ['::1']\n\
                 allowed_origins = ['https://id.kennel.org']",
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
                "database_url = 'postgres://a:x7kQ9vTz2m@[2001:db8::1]:5/laika?sslmode=prefer'",
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
