//! The methods a rule is about.

use super::{PolicyError, fields};

/// Which methods a rule decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Methods {
    /// Every method: the rule names none.
    All,
    /// These, and HEAD where GET is among them.
    Some(Vec<String>),
}

impl Methods {
    pub(super) fn read(
        items: Option<Vec<(String, &serde_json::Value)>>,
        at: &str,
    ) -> Result<Self, PolicyError> {
        let Some(items) = items else {
            return Ok(Self::All);
        };
        if items.is_empty() {
            return Err(PolicyError::new(
                at,
                "name at least one method, or leave `methods` out for every method",
            ));
        }
        let mut methods = Vec::with_capacity(items.len());
        for (at, item) in items {
            let method = fields::text(item, &at)?;
            if !is_token(method) {
                return Err(PolicyError::new(at, format!("`{method}` is not a method")));
            }
            if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
                let upper = method.to_ascii_uppercase();
                return Err(PolicyError::new(
                    at,
                    format!("methods are case-sensitive: write `{upper}`"),
                ));
            }
            methods.push(method.to_owned());
        }
        Ok(Self::Some(methods))
    }

    /// Whether a request with `method` is among them.
    pub(super) fn contain(&self, method: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(named) => {
                let is = |wanted: &str| named.iter().any(|name| name == wanted);
                is(method) || method == "HEAD" && is("GET")
            }
        }
    }

    /// Whether one method is in both.
    pub(super) fn overlap(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Some(these), Self::Some(those)) => {
                these.iter().any(|method| other.contain(method))
                    || those.iter().any(|method| self.contain(method))
            }
            _ => true,
        }
    }
}

/// Whether `method` is a token (RFC 9110 section 5.6.2).
pub(super) fn is_token(method: &str) -> bool {
    !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
