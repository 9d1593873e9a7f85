//! How somebody proved who they are, as sessions and tokens write it: `amr` (RFC 8176) and `acr`.

/// The first step of a log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By the account's password.
    Password,
    /// By a log-in at a provider.
    External,
    /// By a passkey, which is two factors: something one has, and the PIN, finger or face that it asks
    /// for.
    Passkey,
}

/// What somebody showed besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// A code of an authenticator app, or a backup code.
    Code,
    /// A passkey.
    Passkey,
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
            Self::Passkey => "passkey",
        }
    }

    /// The way of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Password, Self::External, Self::Passkey].into_iter().find(|way| way.as_str() == name)
    }

    /// `amr`: `fed`, which the registry lacks, is what Microsoft writes for a log-in elsewhere.
    #[must_use]
    pub fn amr(self) -> Vec<String> {
        match self {
            Self::Password => vec!["pwd".to_owned()],
            Self::External => vec!["fed".to_owned()],
            Self::Passkey => with(&[], Factor::Passkey),
        }
    }

    /// Whether it shows more than one factor by itself.
    #[must_use]
    pub fn is_several(self) -> bool {
        is_several(&self.amr())
    }
}

impl Factor {
    /// Its names in `amr`. Whether a passkey's key is kept in hardware (`hwk`) nobody says here, so it
    /// is the possession of a key (`pop`), by somebody who was there (`user`).
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Code => &["otp"],
            Self::Passkey => &["pop", "user"],
        }
    }
}

/// `amr` of whoever showed what `before` names, and then this as well.
#[must_use]
pub fn with(before: &[String], factor: Factor) -> Vec<String> {
    let mut amr: Vec<String> = before.iter().filter(|name| *name != SEVERAL).cloned().collect();
    for name in factor.names() {
        if !amr.iter().any(|shown| shown == name) {
            amr.push((*name).to_owned());
        }
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
            (pwd.clone(), Factor::Passkey, "pwd pop user mfa"),
            (with(&pwd, Factor::Code), Factor::Passkey, "pwd otp pop user mfa"),
            (Way::Passkey.amr(), Factor::Passkey, "pop user mfa"),
        ] {
            assert_eq!(with(&before, factor).join(" "), expected);
        }
        assert_eq!(acr(&[]), None);
        assert_eq!(acr(&pwd), Some("aal1"));
        assert_eq!(acr(&with(&pwd, Factor::Code)), Some("aal2"));
        assert_eq!(acr(&Way::Passkey.amr()), Some("aal2"));
        assert!(Way::Passkey.is_several() && !Way::Password.is_several());
    }

    #[test]
    fn names_lead_back_to_ways() {
        for way in [Way::Password, Way::External, Way::Passkey] {
            assert_eq!(Way::from_name(way.as_str()), Some(way));
        }
        assert_eq!(Way::from_name("fed"), None);
    }
}
