//! Names of services and roles.

use laika_claims::permission::RESERVED_SERVICES;

const MAX_LENGTH: usize = 64;

/// `name`, if a service may be called that: the first segment of its permissions.
#[must_use]
pub fn service_name(name: &str) -> Option<&str> {
    (is_plain(name) && !RESERVED_SERVICES.contains(&name)).then_some(name)
}

/// The service, if any, and the name within it of a role: `clerk` or `orders/clerk`.
#[must_use]
pub fn role_name(written: &str) -> Option<(Option<&str>, &str)> {
    match written.split_once('/') {
        Some((service, name)) => (is_plain(name)).then_some((Some(service_name(service)?), name)),
        None => is_plain(written).then_some((None, written)),
    }
}

fn is_plain(name: &str) -> bool {
    let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    (1..=MAX_LENGTH).contains(&name.len()) && name.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_form_of_a_permission_segment() {
        assert_eq!(service_name("orders.v2"), Some("orders.v2"));
        for bad in ["", "Orders", "or ders", "a:b", "role", "user", "laika", &"a".repeat(65)] {
            assert_eq!(service_name(bad), None, "{bad}");
        }
        assert_eq!(role_name("clerk"), Some((None, "clerk")));
        assert_eq!(role_name("user"), Some((None, "user")));
        assert_eq!(role_name("orders/clerk"), Some((Some("orders"), "clerk")));
        for bad in ["", "/", "orders/", "/clerk", "a/b/c", "user/clerk", "a,b"] {
            assert_eq!(role_name(bad), None, "{bad}");
        }
    }
}
