//! The cookies of a browser, where script can't read them: one holds its main token, one tells that
//! somebody has logged in from there before.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::external::flow::STATE_LIFETIME;
use crate::limits::log_in::DEVICE_LIFETIME;
use crate::mint::MainToken;
use crate::problem::Problem;
use crate::secret::Secret;

/// The name where there is TLS. With this prefix a browser takes the cookie only from this very host, over TLS, for all paths
/// (RFC 6265bis section 4.1.3.2).
pub const SECURE_NAME: &str = "__Host-laika_main";
/// The name on plain loopback, where there is no TLS.
pub const PLAIN_NAME: &str = "laika_main";

/// The cookie that tells a browser from which somebody has logged in before.
const SECURE_DEVICE: &str = "__Host-laika_device";
const PLAIN_DEVICE: &str = "laika_device";

/// The cookie that ties a browser to the log-ins at providers that began in it.
const SECURE_BINDING: &str = "__Host-laika_login";
const PLAIN_BINDING: &str = "laika_login";

/// The cookie's name; on plain loopback, where there is no TLS, without the prefix.
#[must_use]
pub fn name(app: &App) -> &'static str {
    if app.issuer.is_plain_loopback() { PLAIN_NAME } else { SECURE_NAME }
}

/// `Set-Cookie` that stores a main token.
///
/// # Errors
/// The token is no header value; it always is.
pub fn store(app: &App, main: &MainToken) -> Result<HeaderValue, Problem> {
    set(app, name(app), &main.token, main.expires_in)
}

/// `Set-Cookie` that makes the browser known.
///
/// # Errors
/// Never, in effect: see [`store`].
pub fn store_device(app: &App, device: &Secret) -> Result<HeaderValue, Problem> {
    set(app, device_name(app), device.reveal(), DEVICE_LIFETIME)
}

/// What the device cookie of a request holds; nothing where there are several.
#[must_use]
pub fn device(app: &App, headers: &HeaderMap) -> Option<Secret> {
    let mut found = values(headers, device_name(app));
    let first = found.next();
    first.filter(|_| found.next().is_none()).map(Secret::from)
}

/// `Set-Cookie` that ties the browser to a log-in that begins.
///
/// # Errors
/// Never, in effect: see [`store`].
pub fn store_binding(app: &App, binding: &Secret) -> Result<HeaderValue, Problem> {
    set(app, binding_name(app), binding.reveal(), STATE_LIFETIME)
}

/// What ties the browser of a request to its log-ins; nothing where there are several.
#[must_use]
pub fn binding(app: &App, headers: &HeaderMap) -> Option<Secret> {
    let mut found = values(headers, binding_name(app));
    let first = found.next();
    first.filter(|_| found.next().is_none()).map(Secret::from)
}

fn binding_name(app: &App) -> &'static str {
    if app.issuer.is_plain_loopback() { PLAIN_BINDING } else { SECURE_BINDING }
}

/// The values of every cookie of this name in a request.
pub(super) fn values<'a>(
    headers: &'a HeaderMap,
    name: &'a str,
) -> impl Iterator<Item = String> + 'a {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn device_name(app: &App) -> &'static str {
    if app.issuer.is_plain_loopback() { PLAIN_DEVICE } else { SECURE_DEVICE }
}

/// `Set-Cookie` that removes the main token.
///
/// # Errors
/// Never, in effect: see [`store`].
pub fn clear(app: &App) -> Result<HeaderValue, Problem> {
    set(app, name(app), "", 0)
}

fn set(app: &App, name: &str, value: &str, max_age: i64) -> Result<HeaderValue, Problem> {
    let secure = if app.issuer.is_plain_loopback() { "" } else { "; Secure" };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).map_err(Problem::internal)
}
