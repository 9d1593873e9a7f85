//! The section `[passkeys]`.

use super::{ConfigError, PublicUrl, file};
use crate::webauthn::relying_party::{belongs, is_possible};

/// Passkeys.
#[derive(Debug, Clone, Default)]
pub struct Passkeys {
    /// The domain that they belong to; `None`: the host of the public URL.
    pub rp_id: Option<String>,
}

/// Checks what was written.
///
/// # Errors
/// The domain is none that pages of this issuer can ask for passkeys of.
pub(super) fn check(
    file: file::Passkeys,
    public_url: Option<&PublicUrl>,
) -> Result<Passkeys, ConfigError> {
    let Some(rp_id) = file.rp_id else { return Ok(Passkeys::default()) };
    let refused = |message: String| Err(ConfigError::new("passkeys.rp_id", message));
    let Some(url) = public_url else {
        let message = "it belongs to a `public_url`, and there is none; write both, or neither";
        return refused(message.to_owned());
    };
    let (text, host) = (url.as_str(), url.host());
    if !is_possible(url) {
        return refused(format!(
            "browsers know no passkeys for `{text}`: `public_url` must be https with a host that is \
             no number, or `http://localhost`"
        ));
    }
    let whole = rp_id == host || rp_id.contains('.');
    if !whole || !belongs(host, &rp_id) {
        return refused(format!(
            "`{rp_id}` is neither the host of `{text}` nor a domain above it; write `{host}`, or leave \
             the setting out"
        ));
    }
    Ok(Passkeys { rp_id: Some(rp_id) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_belong_to_the_public_host_or_above() {
        for (id, url, good) in [
            ("id.kennel.org", Some("https://id.kennel.org"), true),
            ("kennel.org", Some("https://id.kennel.org:8443"), true),
            ("localhost", Some("http://localhost:8080"), true),
            ("org", Some("https://id.kennel.org"), false),
            ("", Some("https://id.kennel.org"), false),
            (".kennel.org", Some("https://id.kennel.org"), false),
            ("nel.org", Some("https://id.kennel.org"), false),
            ("app.kennel.org", Some("https://id.kennel.org"), false),
            ("127.0.0.1", Some("http://127.0.0.1:8080"), false),
            ("id.kennel.org", Some("http://id.kennel.org"), false),
            ("localhost", None, false),
        ] {
            let url = url.map(|url| PublicUrl::parse(url, "x").unwrap());
            let found = check(file::Passkeys { rp_id: Some(id.to_owned()) }, url.as_ref());
            assert_eq!(found.is_ok(), good, "{id} {found:?}");
        }
        assert_eq!(check(file::Passkeys::default(), None).unwrap().rp_id, None);
    }
}
