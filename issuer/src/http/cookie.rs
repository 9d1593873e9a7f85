//! The cookie that holds a browser's main token, where script can't read it.

use http::HeaderValue;

use crate::app::App;
use crate::mint::MainToken;
use crate::problem::Problem;

/// The name where there is TLS. With this prefix a browser takes the cookie only from this very host, over TLS, for all paths
/// (RFC 6265bis section 4.1.3.2).
pub const SECURE_NAME: &str = "__Host-laika_main";
/// The name on plain loopback, where there is no TLS.
pub const PLAIN_NAME: &str = "laika_main";

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
    set(app, &main.token, main.expires_in)
}

/// `Set-Cookie` that removes the main token.
///
/// # Errors
/// Never, in effect: see [`store`].
pub fn clear(app: &App) -> Result<HeaderValue, Problem> {
    set(app, "", 0)
}

fn set(app: &App, value: &str, max_age: i64) -> Result<HeaderValue, Problem> {
    let secure = if app.issuer.is_plain_loopback() { "" } else { "; Secure" };
    let name = name(app);
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).map_err(Problem::internal)
}
