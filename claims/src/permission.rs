//! Permissions, and the grants that cover them.
//!
//! A permission is what a policy demands: `orders:read`, two to eight segments joined by `:`. A
//! grant is what a token carries: a permission, or a pattern whose last segment is `*`.
//! `orders:*` covers `orders:read` and `orders:read:own`, not `orders`; `*` covers everything.

use std::fmt;

use crate::text::quoted;

/// First segments that mean something else in a policy, and so are no service's name.
pub const RESERVED_SERVICES: [&str; 6] =
    ["role", "anyone", "authenticated", "user", "any_token", "laika"];

const MIN_SEGMENTS: usize = 2;
const MAX_SEGMENTS: usize = 8;
const MAX_SEGMENT_LENGTH: usize = 64;

/// A permission, as a policy demands it: no wildcard.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission(String);

/// A grant, as a role or a token carries it: a permission, or a pattern that ends in `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant(String);

/// Why a text is no permission or grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionError {
    /// Fewer than two segments.
    TooFewSegments,
    /// More than eight segments.
    TooManySegments,
    /// A segment that is empty, too long, or has a character outside `a-z 0-9 . _ -`.
    Segment(String),
    /// A `*` that is not the last segment, or one where no wildcard may be.
    Wildcard,
    /// The first segment is a word of the policy language.
    Reserved(String),
}

impl Permission {
    /// Reads `service:action`.
    ///
    /// # Errors
    /// What is wrong with `text`, in words fit for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, PermissionError> {
        if text.split(':').any(|segment| segment == "*") {
            return Err(PermissionError::Wildcard);
        }
        check_segments(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The permission as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The service it belongs to: the first segment.
    #[must_use]
    pub fn service(&self) -> &str {
        first_segment(&self.0)
    }
}

impl Grant {
    /// Reads `service:action`, `service:*` or `*`.
    ///
    /// # Errors
    /// What is wrong with `text`, in words fit for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, PermissionError> {
        match text.strip_suffix(":*") {
            _ if text == "*" => {}
            // The pattern has one segment more than what stands before its `*`.
            Some(prefix) => check_segments(&format!("{prefix}:x"))?,
            None => {
                Permission::parse(text)?;
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The grant as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The service it belongs to, or `None` for `*`.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        (self.0 != "*").then(|| first_segment(&self.0))
    }

    /// Whether whoever holds this grant holds `permission`.
    #[must_use]
    pub fn covers(&self, permission: &Permission) -> bool {
        covers(&self.0, permission)
    }

    /// Whether this grant reaches at least as far as `other`.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => {
                other.0.len() > prefix.len() && other.0.starts_with(prefix) || self == other
            }
            None => self == other,
        }
    }
}

/// Whether the text `grant`, as a verified token carries it, covers `permission`.
///
/// A text that is no grant covers nothing: its pattern could only match segments that a
/// [`Permission`] can't have.
#[must_use]
pub fn covers(grant: &str, permission: &Permission) -> bool {
    match grant.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => {
            prefix.ends_with(':')
                && permission.0.len() > prefix.len()
                && permission.0.starts_with(prefix)
        }
        None => grant == permission.0,
    }
}

fn first_segment(text: &str) -> &str {
    text.split(':').next().unwrap_or(text)
}

fn check_segments(text: &str) -> Result<(), PermissionError> {
    let mut count = 0;
    for segment in text.split(':') {
        count += 1;
        if segment == "*" {
            return Err(PermissionError::Wildcard);
        }
        let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        if !(1..=MAX_SEGMENT_LENGTH).contains(&segment.len()) || !segment.bytes().all(known) {
            return Err(PermissionError::Segment(segment.to_owned()));
        }
    }
    if count < MIN_SEGMENTS {
        return Err(PermissionError::TooFewSegments);
    }
    if count > MAX_SEGMENTS {
        return Err(PermissionError::TooManySegments);
    }
    let service = first_segment(text);
    if RESERVED_SERVICES.contains(&service) {
        return Err(PermissionError::Reserved(service.to_owned()));
    }
    Ok(())
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PermissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewSegments => {
                f.write_str("a permission names a service and an action, such as `orders:read`")
            }
            Self::TooManySegments => {
                write!(f, "a permission has at most {MAX_SEGMENTS} segments")
            }
            Self::Segment(segment) => write!(
                f,
                "the segment `{}` is not 1 to {MAX_SEGMENT_LENGTH} characters of `a-z 0-9 . _ -`",
                quoted(segment)
            ),
            Self::Wildcard => f.write_str(
                "`*` may stand only as the last segment of a grant, never in a requirement",
            ),
            Self::Reserved(service) => {
                write!(f, "`{service}` is a word of the policy language and can't name a service")
            }
        }
    }
}

impl std::error::Error for PermissionError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(text: &str) -> Permission {
        Permission::parse(text).unwrap()
    }

    #[test]
    fn grants_cover_what_the_contract_says() {
        for (grant, demanded, covered) in [
            ("orders:read", "orders:read", true),
            ("orders:read", "orders:reads", false),
            ("orders:read", "orders:read:own", false),
            ("orders:*", "orders:read", true),
            ("orders:*", "orders:read:own", true),
            ("orders:*", "orders2:read", false),
            ("orders:read:*", "orders:read", false),
            ("orders:read:*", "orders:read:own", true),
            ("*", "orders:read", true),
        ] {
            assert_eq!(covers(grant, &permission(demanded)), covered, "{grant} {demanded}");
            assert_eq!(Grant::parse(grant).unwrap().covers(&permission(demanded)), covered);
        }
    }

    #[test]
    fn what_is_no_grant_covers_nothing() {
        for grant in ["", ":", ":*", "orders*", "orders:r*", "o*", "**", "orders:*:*", "*:read"] {
            assert!(!covers(grant, &permission("orders:read")), "{grant}");
            assert!(Grant::parse(grant).is_err(), "{grant}");
        }
    }

    #[test]
    fn permissions_are_checked_segment_by_segment() {
        let longest = "a".repeat(64);
        for good in ["a:b", "a.b_c-9:read", "a:b:c:d:e:f:g:h", &format!("{longest}:{longest}")] {
            assert_eq!(permission(good).as_str(), good);
        }
        for bad in [
            "",
            "orders",
            "orders:",
            ":read",
            "Orders:read",
            "orders:re ad",
            "orders:*",
            "*",
            "a:b:c:d:e:f:g:h:i",
            "role:x",
            "laika:admin",
            "anyone:x",
            "orders:é",
            &format!("a{longest}:b"),
        ] {
            assert!(Permission::parse(bad).is_err(), "{bad}");
        }
        assert!(Grant::parse("a:b:c:d:e:f:g:*").is_ok());
        assert!(Grant::parse("a:b:c:d:e:f:g:h:*").is_err());
        assert!(Grant::parse("role:*").is_err());
    }

    #[test]
    fn a_grant_includes_what_it_reaches() {
        let grant = |text| Grant::parse(text).unwrap();
        assert!(grant("*").includes(&grant("orders:*")));
        assert!(grant("*").includes(&grant("*")));
        assert!(grant("orders:*").includes(&grant("orders:read")));
        assert!(grant("orders:*").includes(&grant("orders:read:*")));
        assert!(!grant("orders:read:*").includes(&grant("orders:*")));
        assert!(!grant("orders:read").includes(&grant("orders:*")));
        assert_eq!(grant("orders:*").service(), Some("orders"));
        assert_eq!(grant("*").service(), None);
    }
}
