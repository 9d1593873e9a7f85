//! How somebody proved who they are, as sessions and tokens write it: `amr` (RFC 8176) and `acr`.

/// The first step of a log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the account's password.
    Password,
    /// By a log-in at a provider.
    External,
}

/// What somebody showed besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// A code of an authenticator app, or a backup code.
    Code,
}

/// What `amr` holds where there was more than one factor.
const SEVERAL: &str = "mfa";

impl Way {
    /// As the database writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::External => "external",
        }
    }

    /// The way of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Password, Self::External].into_iter().find(|way| way.as_str() == name)
    }

    /// `amr`: `fed`, which the registry lacks, is what Microsoft writes for a log-in elsewhere.
    #[must_use]
    pub fn amr(self) -> Vec<String> {
        let name = match self {
            Self::Password => "pwd",
            Self::External => "fed",
        };
        vec![name.to_owned()]
    }
}

impl Factor {
    /// Its name in `amr`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "otp",
        }
    }
}

/// `amr` of whoever showed what `before` names, and then this as well.
#[must_use]
pub fn with(before: &[String], factor: Factor) -> Vec<String> {
    let mut amr: Vec<String> = before.iter().filter(|name| *name != SEVERAL).cloned().collect();
    let name = factor.as_str();
    if !amr.iter().any(|shown| shown == name) {
        amr.push(name.to_owned());
    }
    if amr.len() > 1 {
        amr.push(SEVERAL.to_owned());
    }
    amr
}

/// Whether more than one factor was shown.
#[must_use]
pub fn is_several(amr: &[String]) -> bool {
    amr.iter().any(|name| name == SEVERAL)
}

/// `acr`: an authentication assurance level of NIST SP 800-63B; absent where nothing was proved.
#[must_use]
pub fn acr(amr: &[String]) -> Option<&'static str> {
    match amr {
        [] => None,
        several if is_several(several) => Some("aal2"),
        _ => Some("aal1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_is_named_once_and_together_makes_several() {
        let pwd = Way::Password.amr();
        for (before, factor, expected) in [
            (pwd.clone(), Factor::Code, "pwd otp mfa"),
            (Way::External.amr(), Factor::Code, "fed otp mfa"),
            (with(&pwd, Factor::Code), Factor::Code, "pwd otp mfa"),
            (Vec::new(), Factor::Code, "otp"),
        ] {
            assert_eq!(with(&before, factor).join(" "), expected);
        }
        assert_eq!(acr(&[]), None);
        assert_eq!(acr(&pwd), Some("aal1"));
        assert_eq!(acr(&with(&pwd, Factor::Code)), Some("aal2"));
    }

    #[test]
    fn names_lead_back_to_ways() {
        for way in [Way::Password, Way::External] {
            assert_eq!(Way::from_name(way.as_str()), Some(way));
        }
        assert_eq!(Way::from_name("fed"), None);
    }
}
