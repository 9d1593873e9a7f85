//! The methods a rule is about.

use crate::document::{self, Node};
use crate::text::is_token;

/// Which methods a rule decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Methods {
    /// Every method: the rule names none.
    #[default]
    All,
    /// Those of [`KNOWN`] that have their bit here, and others by name.
    Some(u8, Vec<String>),
}

/// Methods that rules name: of these a bit is looked at, and no text.
const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const GET: u8 = 1;
const HEAD: u8 = 2;

/// The method of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method<'r> {
    /// One of [`KNOWN`], by its bit.
    Known(u8),
    /// Another token.
    Other(&'r str),
}

impl<'r> Method<'r> {
    /// `None` for what is no token (RFC 9110 section 5.6.2).
    pub(super) fn read(method: &'r str) -> Option<Self> {
        match bit(method) {
            Some(bit) => Some(Self::Known(bit)),
            None => is_token(method).then_some(Self::Other(method)),
        }
    }
}

/// The bit of `method`, if it has one.
fn bit(method: &str) -> Option<u8> {
    KNOWN.iter().position(|known| *known == method).map(|place| 1 << place)
}

impl Methods {
    pub(super) fn read(node: &Node<'_, '_>) -> document::Result<Self> {
        let items = node.items()?;
        if items.len() == 0 {
            return Err(node.refuse(format_args!(
                "name at least one method, or leave `methods` out for every method"
            )));
        }
        let (mut known, mut others) = (0, Vec::new());
        for item in items {
            let method = item.text()?;
            let read = Method::read(method)
                .ok_or_else(|| item.refuse(format_args!("`{method}` is not a method")))?;
            if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
                let upper = method.to_ascii_uppercase();
                return Err(
                    item.refuse(format_args!("methods are case-sensitive: write `{upper}`"))
                );
            }
            match read {
                // GET covers HEAD.
                Method::Known(GET) => known |= GET | HEAD,
                Method::Known(bit) => known |= bit,
                Method::Other(name) => others.push(name.to_owned()),
            }
        }
        Ok(Self::Some(known, others))
    }

    /// Whether `method` is among them.
    pub(super) fn contain(&self, method: Method<'_>) -> bool {
        match (self, method) {
            (Self::All, _) => true,
            (Self::Some(known, _), Method::Known(bit)) => known & bit != 0,
            (Self::Some(_, others), Method::Other(name)) => {
                others.iter().any(|other| other == name)
            }
        }
    }

    /// Whether one method is in both.
    pub(super) fn overlap(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Some(these, others), Self::Some(those, _)) => {
                these & those != 0 || others.iter().any(|name| other.contain(Method::Other(name)))
            }
            _ => true,
        }
    }
}
