//! The section `[before_token]`.

use std::time::Duration;

use ipnet::IpNet;

use super::settings::number;
use super::{ConfigError, file, secret};
use crate::outgoing::{self, WebhookSecret};

/// The hook that adds claims to tokens.
#[derive(Debug, Clone)]
pub struct BeforeToken {
    /// Where it is asked.
    pub url: String,
    /// What signs the requests.
    pub secret: WebhookSecret,
    /// How long it may take.
    pub budget: Duration,
    /// What happens where it does not answer.
    pub on_failure: OnFailure,
}

/// What happens where the hook does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The token is made without what it would have added.
    Open,
    /// No token is made.
    Closed,
}

/// Checks what was written; `None` where there is no such hook.
///
/// # Errors
/// The first setting that can't be used.
pub(super) fn check(
    file: file::BeforeToken,
    private: &[IpNet],
) -> Result<Option<BeforeToken>, ConfigError> {
    let secret = secret::read("before_token.secret", file.secret, file.secret_file.as_deref())?;
    let Some(url) = file.url else {
        if secret.is_some() {
            let message = "missing; write it like `https://hooks.example.com/before-token`";
            return Err(ConfigError::new("before_token.url", message));
        }
        return Ok(None);
    };
    let refused =
        |detail: String| ConfigError::new("before_token.url", format!("`{url}`: {detail}"));
    outgoing::check(&url, private).map_err(|error| refused(error.to_string()))?;
    let example = "write `whsec_` and the base64 of 24 to 64 random bytes, such as \
                   `echo whsec_$(openssl rand -base64 32)` makes";
    let Some(secret) = secret else {
        return Err(ConfigError::new("before_token.secret", format!("missing; {example}")));
    };
    let Some(secret) = WebhookSecret::parse(secret.reveal()) else {
        return Err(ConfigError::new("before_token.secret", format!("not a secret; {example}")));
    };
    let on_failure = match file.on_failure.as_deref() {
        None | Some("closed") => OnFailure::Closed,
        Some("open") => OnFailure::Open,
        Some(other) => {
            let message = format!(
                "`{other}` is not known; choose `closed`, for no token, or `open`, for one without \
                 what the hook would have added"
            );
            return Err(ConfigError::new("before_token.on_failure", message));
        }
    };
    let budget = number("before_token.budget", file.budget, 500, 10..=5000)?;
    Ok(Some(BeforeToken { url, secret, budget: Duration::from_millis(budget), on_failure }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_whole_or_there_is_none() {
        assert!(check(file::BeforeToken::default(), &[]).unwrap().is_none());
        let written = |url: &str, secret: &str, on_failure: Option<&str>| file::BeforeToken {
            url: Some(url.to_owned()),
            secret: (!secret.is_empty()).then(|| secret.to_owned().into()),
            on_failure: on_failure.map(str::to_owned),
            ..file::BeforeToken::default()
        };
        let (url, secret) = ("https://x.example.com/", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let good = check(written(url, secret, None), &[]).unwrap().unwrap();
        assert_eq!((good.on_failure, good.budget.as_millis()), (OnFailure::Closed, 500));
        for (file, place) in [
            (written("http://x.example.com", secret, None), "before_token.url"),
            (written("http://127.0.0.1:1", secret, None), "before_token.url"),
            (written("https://169.254.169.254", secret, None), "before_token.url"),
            (written(url, "", None), "before_token.secret"),
            (written(url, "hunter2", None), "before_token.secret"),
            (written(url, secret, Some("maybe")), "before_token.on_failure"),
        ] {
            let error = check(file, &[]).unwrap_err();
            assert_eq!(error.place, place);
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
