//! `[limits]`: how much is let through.

use std::net::IpAddr;

use ipnet::IpNet;

use super::settings::number;
use super::{ConfigError, file};

/// Limits, each within its range; `None` where one is `off`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Failed log-ins of one account from one address block.
    pub login: Option<Rate>,
    /// Failed log-ins of one account from everywhere.
    pub login_account: Option<Rate>,
    /// Failed log-ins of any account from one address block.
    pub login_address: Option<Rate>,
    /// Failed second factors of one account.
    pub second_factor: Option<Rate>,
    /// Registrations from one address block.
    pub registration: Option<Rate>,
    /// Log-ins at providers that are begun from one address block.
    pub external_login: Option<Rate>,
    /// Sign-ins by passkey that are begun from one address block.
    pub passkey: Option<Rate>,
    /// Resets of a password, for one account and from one address block.
    pub reset: Option<Rate>,
    /// Mails that are asked for again.
    pub resend: Option<Rate>,
    /// Anonymous tokens for one address block.
    pub anonymous: Option<Rate>,
    /// Codes of mails that are tried from one address block.
    pub verification: Option<Rate>,
    /// Failures of a service account's secret.
    pub client_credentials: Option<Rate>,
    /// Requests of one address block to this process.
    pub requests: Option<Rate>,
    /// Networks that `requests` does not hold for.
    pub unlimited: Vec<IpNet>,
    /// Requests that this process works on at once.
    pub in_flight: usize,
    /// Connections that this process holds at once.
    pub connections: usize,
}

/// So many in so much time. All of them may come at once; then one at a time, evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: i64,
    /// In how many seconds.
    pub period: i64,
}

const MAX_COUNT: i64 = 1_000_000;
const MAX_PERIOD: i64 = 24 * 3600;

impl Rate {
    /// Reads `10/15m`: a number, and a time of seconds, minutes, hours or a day.
    ///
    /// # Errors
    /// It is written in another way, or out of range.
    pub fn parse(setting: &str, text: &str) -> Result<Self, ConfigError> {
        let refused = |message: &str| {
            let help = "write how many in how much time, like `10/15m` or `100/h`, or `off`";
            Err(ConfigError::new(setting, format!("`{text}` {message}; {help}")))
        };
        let Some((count, time)) = text.split_once('/') else {
            return refused("is no rate");
        };
        let (many, unit) =
            time.split_at(time.len() - time.chars().next_back().map_or(0, char::len_utf8));
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 24 * 3600,
            _ => return refused("has no unit of time"),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let many = if many.is_empty() { Ok(1) } else { many.parse::<i64>() };
        let (Ok(count), Ok(many), true) = (count.parse::<i64>(), many, digits(count)) else {
            return refused("is no rate");
        };
        let period = many.saturating_mul(unit);
        if !(1..=MAX_COUNT).contains(&count) || !(1..=MAX_PERIOD).contains(&period) {
            return refused("is out of range: 1 to 1000000, within at most a day");
        }
        Ok(Self { count, period })
    }
}

/// Checks the section.
///
/// # Errors
/// The first setting that can't be used.
pub(super) fn check(file: &file::Limits) -> Result<Limits, ConfigError> {
    let unlimited = ["127.0.0.0/8".to_owned(), "::1".to_owned()];
    let unlimited = file.unlimited.as_deref().unwrap_or(&unlimited);
    Ok(Limits {
        login: rate("limits.login", file.login.as_deref(), "10/15m")?,
        login_account: rate("limits.login_account", file.login_account.as_deref(), "100/h")?,
        login_address: rate("limits.login_address", file.login_address.as_deref(), "100/h")?,
        second_factor: rate("limits.second_factor", file.second_factor.as_deref(), "20/h")?,
        registration: rate("limits.registration", file.registration.as_deref(), "60/h")?,
        external_login: rate("limits.external_login", file.external_login.as_deref(), "300/h")?,
        passkey: rate("limits.passkey", file.passkey.as_deref(), "300/h")?,
        reset: rate("limits.reset", file.reset.as_deref(), "10/h")?,
        resend: rate("limits.resend", file.resend.as_deref(), "10/h")?,
        anonymous: rate("limits.anonymous", file.anonymous.as_deref(), "60/m")?,
        verification: rate("limits.verification", file.verification.as_deref(), "30/h")?,
        client_credentials: rate(
            "limits.client_credentials",
            file.client_credentials.as_deref(),
            "20/m",
        )?,
        requests: rate("limits.requests", file.requests.as_deref(), "500/s")?,
        unlimited: networks("limits.unlimited", unlimited)?,
        in_flight: number("limits.in_flight", file.in_flight, 1024, 1..=1_000_000)?,
        connections: number("limits.connections", file.connections, 10_000, 1..=1_000_000)?,
    })
}

/// Networks as they are written: `10.0.0.0/8`, or one address.
///
/// # Errors
/// One of them is neither.
pub(super) fn networks(setting: &str, written: &[String]) -> Result<Vec<IpNet>, ConfigError> {
    let network = |text: &String| {
        let address =
            || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
        text.parse::<IpNet>().ok().or_else(address).ok_or_else(|| {
            let help = "write a network like `10.0.0.0/8`, or one address";
            ConfigError::new(setting, format!("`{text}` is no network; {help}"))
        })
    };
    written.iter().map(network).collect()
}

fn rate(setting: &str, written: Option<&str>, default: &str) -> Result<Option<Rate>, ConfigError> {
    match written.unwrap_or(default) {
        "off" => Ok(None),
        text => Rate::parse(setting, text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_they_are_written() {
        for (text, count, period) in
            [("10/15m", 10, 900), ("100/h", 100, 3600), ("1/s", 1, 1), ("5/1d", 5, 86_400)]
        {
            assert_eq!(Rate::parse("x", text).unwrap(), Rate { count, period }, "{text}");
        }
        for bad in [
            "", "/", "10", "10/", "/h", "0/h", "-1/h", "+1/h", "1/0s", "1/2d", "1/h h", "1/é",
            "1/-1h",
        ] {
            let error = Rate::parse("limits.login", bad).unwrap_err().to_string();
            assert!(error.contains("limits.login") && error.contains("10/15m"), "{error}");
        }
    }

    #[test]
    fn one_address_is_a_network_too() {
        let written = ["10.0.0.0/8", "::1", "::ffff:192.0.2.1"].map(str::to_owned);
        let networks = networks("x", &written).unwrap();
        assert!(networks[2].contains(&"192.0.2.1".parse::<IpAddr>().unwrap()));
        assert!(super::networks("trusted_proxies", &["10.0.0.0/33".to_owned()]).is_err());
    }
}
