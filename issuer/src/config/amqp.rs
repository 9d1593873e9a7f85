//! The section `[amqp]`.

use super::{ConfigError, file, secret};
use crate::secret::Secret;

/// The exchange where nothing else is said.
const EXCHANGE: &str = "laika.events";

/// RabbitMQ, which gets every event.
#[derive(Debug, Clone)]
pub struct Amqp {
    /// URL of the server, without a password.
    pub url: String,
    /// The user's password there.
    pub password: Option<Secret>,
    /// The exchange.
    pub exchange: String,
}

/// Checks what was written; `None` where there is no such server.
///
/// # Errors
/// The first setting that can't be used.
pub(super) fn check(file: file::Amqp) -> Result<Option<Amqp>, ConfigError> {
    let password = secret::read("amqp.password", file.password, file.password_file.as_deref())?;
    let example = "write it like `amqps://laika@mq.example.com/%2F`";
    let Some(url) = file.url else {
        if file.exchange.is_some() || password.is_some() {
            return Err(ConfigError::new("amqp.url", format!("missing; {example}")));
        }
        return Ok(None);
    };
    if !cfg!(feature = "amqp") {
        let message = "this `laika` has no AMQP; build it with `--features amqp`, or leave the \
                       setting out";
        return Err(ConfigError::new("amqp.url", message));
    }
    let refused = |message: String| Err(ConfigError::new("amqp.url", message));
    let Some((scheme, rest)) = url.split_once("://") else {
        return refused(format!("not an amqp or amqps URL; {example}"));
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |parts| parts);
    if user.contains(':') {
        // Not with the URL in the message: it holds a password.
        return refused("holds a password; give it by `amqp.password_file`".to_owned());
    }
    if !matches!(scheme, "amqp" | "amqps") || host.is_empty() {
        return refused(format!("`{url}` is not an amqp or amqps URL; {example}"));
    }
    #[cfg(feature = "amqp")]
    if let Err(why) = url.parse::<lapin::uri::AMQPUri>() {
        return refused(format!("`{url}` can't be used: {why}; {example}"));
    }
    let exchange = file.exchange.unwrap_or_else(|| EXCHANGE.to_owned());
    if exchange.is_empty() || exchange.len() > 127 || exchange.chars().any(char::is_control) {
        let message = "1 to 127 bytes without control characters";
        return Err(ConfigError::new("amqp.exchange", message));
    }
    Ok(Some(Amqp { url, password, exchange }))
}

#[cfg(all(test, feature = "amqp"))]
mod tests {
    use super::*;

    fn written(url: &str) -> file::Amqp {
        file::Amqp { url: Some(url.to_owned()), ..file::Amqp::default() }
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        assert!(check(file::Amqp::default()).unwrap().is_none());
        let good = check(written("amqps://laika@mq.example.com/%2F")).unwrap().unwrap();
        assert_eq!(good.exchange, EXCHANGE);
        for bad in [
            "",
            "mq.example.com",
            "http://mq.example.com",
            "amqp://",
            "amqp://u:hunter2@x",
            "amqp://laika@mq:port/",
            "amqp://laika@mq/%2F?heartbeat=often",
        ] {
            let error = check(written(bad)).unwrap_err();
            assert_eq!(error.place, "amqp.url");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
