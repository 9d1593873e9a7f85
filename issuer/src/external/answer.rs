//! What comes back through the browser (RFC 6749 section 4.1.2, RFC 9207).

use super::ExternalError;
use crate::secret::Secret;

/// The parameters of an answer.
#[derive(Debug, Default)]
pub struct Parameters {
    /// The code.
    pub code: Option<Secret>,
    /// Why there is none.
    pub error: Option<String>,
    /// Who answers.
    pub iss: Option<String>,
}

/// What is known of who answers.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Its `iss`, where it has one.
    pub issuer: Option<&'a str>,
    /// Whether it says so in every answer.
    pub names_itself: bool,
}

/// Error codes that may be handed on (RFC 6749 section 4.1.2.1, OpenID Connect Core section
/// 3.1.2.6): whoever waits for the answer can do something about these.
const HANDED_ON: [&str; 5] = [
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "login_required",
];

/// The code of an answer.
///
/// # Errors
/// The answer is another issuer's, a refusal, or neither; the issuer is looked at first, since a
/// refusal may be forged as well.
pub fn read(answer: Parameters, expected: Expected<'_>) -> Result<Secret, ExternalError> {
    let right = match (&answer.iss, expected.issuer) {
        (Some(named), Some(issuer)) => named == issuer,
        (None, Some(_)) => !expected.names_itself,
        // Nothing to compare it with (RFC 9207 section 2.4).
        (_, None) => true,
    };
    if !right {
        return Err(ExternalError::Issuer);
    }
    match (answer.code, answer.error) {
        (Some(code), None) if !code.reveal().is_empty() => Ok(code),
        (_, Some(error)) => {
            let known = HANDED_ON.into_iter().find(|known| *known == error);
            Err(ExternalError::Refused(known.unwrap_or("provider_failed")))
        }
        (_, None) => Err(ExternalError::answer("answer", "has neither `code` nor `error`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: &str, error: &str, iss: &str, expected: Expected<'_>) -> &'static str {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let answer =
            Parameters { code: some(code).map(Secret::from), error: some(error), iss: some(iss) };
        match read(answer, expected) {
            Ok(code) => {
                assert_eq!(code.reveal(), "c");
                "code"
            }
            Err(ExternalError::Issuer) => "issuer",
            Err(error) => error.code(),
        }
    }

    #[test]
    fn an_answer_is_a_code_of_the_issuer_that_was_asked() {
        let silent = Expected { issuer: Some("https://a"), names_itself: false };
        let named = Expected { issuer: Some("https://a"), names_itself: true };
        let nameless = Expected { issuer: None, names_itself: false };
        for (code, error, iss, expected, found) in [
            ("c", "", "", silent, "code"),
            ("c", "", "https://a", silent, "code"),
            ("c", "", "https://b", silent, "issuer"),
            ("c", "", "", named, "issuer"),
            ("c", "", "https://a", named, "code"),
            ("c", "", "https://a/", named, "issuer"),
            ("c", "", "https://b", nameless, "code"),
            ("", "access_denied", "", silent, "access_denied"),
            ("", "access_denied", "", named, "issuer"),
            ("c", "access_denied", "", silent, "access_denied"),
            ("", "<script>", "", silent, "provider_failed"),
            ("", "", "", silent, "provider_failed"),
        ] {
            assert_eq!(verdict(code, error, iss, expected), found, "{code} {error} {iss}");
        }
    }
}
