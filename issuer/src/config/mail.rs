//! The section `[mail]`.

use std::path::PathBuf;

use http::uri::Authority;
use lettre::message::Mailbox;

use super::ConfigError;
use super::settings::number;
use super::{file, secret};
use crate::mail::Templates;
use crate::mail::template::ENGLISH;
use crate::outgoing::is_loopback;
use crate::secret::Secret;

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Host of the SMTP server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub encryption: Encryption,
    /// User name and password at the server.
    pub credentials: Option<(String, Secret)>,
    /// Whom mails come from.
    pub from: Mailbox,
    /// Seconds that sending one mail may take.
    pub timeout: u64,
    /// How mails read.
    pub templates: Templates,
}

/// Whether and when a connection to the SMTP server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// TLS before the first word (RFC 8314).
    FromTheStart,
    /// STARTTLS, or nothing is sent.
    Required,
    /// STARTTLS where the server offers it, which whoever is in between can take out.
    WhereOffered,
    /// Never.
    None,
}

const EXAMPLE: &str =
    "write it like `smtps://user@mail.example.com` or `smtp://mail.example.com:25?tls=offered`";

/// Checks what was written; `None` where no mail is to be sent.
///
/// # Errors
/// The first setting that can't be used.
pub(super) fn check(file: file::Mail) -> Result<Option<Mail>, ConfigError> {
    let password = secret::read("mail.password", file.password, file.password_file.as_deref())?;
    let Some(url) = file.url else {
        if file.from.is_some() || password.is_some() {
            return Err(ConfigError::new("mail.url", format!("missing; {EXAMPLE}")));
        }
        return Ok(None);
    };
    let refused =
        |message: &str| Err(ConfigError::new("mail.url", format!("`{url}` {message}; {EXAMPLE}")));
    let Some((scheme, rest)) = url.split_once("://") else {
        return refused("is not an smtp or smtps URL");
    };
    let (authority, query) = rest.split_once('?').map_or((rest, None), |(a, q)| (a, Some(q)));
    // From the right: user names are often e-mail addresses.
    let (user, address) =
        authority.rsplit_once('@').map_or((None, authority), |(user, rest)| (Some(user), rest));
    if user.is_some_and(|user| user.contains(':')) {
        // Not with the URL in the message: it holds a password.
        let message = "holds a password; give it by `mail.password_file` or `mail.password`";
        return Err(ConfigError::new("mail.url", message));
    }
    let Ok(server) = address.trim_end_matches('/').parse::<Authority>() else {
        return refused("names no server");
    };
    let host = server.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let credentials = match (user, password) {
        (None, None) => None,
        (Some(user), Some(password)) => Some((user.to_owned(), password)),
        (Some(_), None) => {
            let message = "missing, since `mail.url` names a user; or give `mail.password_file`";
            return Err(ConfigError::new("mail.password", message));
        }
        (None, Some(_)) => return refused("names no user that the password could belong to"),
    };
    let default = match (credentials.is_some(), is_loopback(&host)) {
        (true, false) => Encryption::Required,
        (true, true) | (false, _) => Encryption::WhereOffered,
    };
    let encryption = match (scheme, query) {
        ("smtps", None) => Encryption::FromTheStart,
        ("smtp", None) => default,
        ("smtp", Some("tls=required")) => Encryption::Required,
        ("smtp", Some("tls=offered")) => Encryption::WhereOffered,
        ("smtp", Some("tls=none")) => Encryption::None,
        ("smtp", Some(_)) => return refused("has another query than `tls=required|offered|none`"),
        ("smtps", Some(_)) => return refused("has a query, which `smtps` does not need"),
        _ => return refused("is not an smtp or smtps URL"),
    };
    let open = matches!(encryption, Encryption::WhereOffered | Encryption::None);
    if credentials.is_some() && open && !is_loopback(&host) {
        return refused("would send the password unencrypted");
    }
    let port = server.port_u16().unwrap_or(match encryption {
        Encryption::FromTheStart => 465,
        Encryption::Required => 587,
        Encryption::WhereOffered | Encryption::None => 25,
    });
    let timeout = number("mail.timeout", file.timeout, 20, 1..=300)?;
    let (from, templates) = (from(file.from)?, templates(file.templates, file.language)?);
    Ok(Some(Mail { host, port, encryption, credentials, from, timeout, templates }))
}

fn templates(folder: Option<PathBuf>, language: Option<String>) -> Result<Templates, ConfigError> {
    let language = language.unwrap_or_else(|| ENGLISH.to_owned());
    let templates = Templates::new(folder, language.clone());
    templates.check().map_err(|why| ConfigError::new("mail.templates", why))?;
    let languages = templates.languages();
    if !languages.contains(&language) {
        let known: Vec<_> = languages.into_iter().collect();
        let message = format!(
            "`{language}` is not there; choose {}, or put a folder of that name into \
             `mail.templates`",
            known.join(", ")
        );
        return Err(ConfigError::new("mail.language", message));
    }
    Ok(templates)
}

fn from(text: Option<String>) -> Result<Mailbox, ConfigError> {
    let example = "write it like `Laika <no-reply@example.com>`";
    let Some(text) = text else {
        return Err(ConfigError::new("mail.from", format!("missing; {example}")));
    };
    match text.parse::<Mailbox>() {
        Ok(mailbox) if !text.chars().any(char::is_control) => Ok(mailbox),
        _ => Err(ConfigError::new("mail.from", format!("`{text}` is no sender; {example}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(url: &str, password: Option<&str>) -> file::Mail {
        file::Mail {
            url: Some(url.to_owned()),
            password: password.map(|text| Secret::from(text.to_owned())),
            password_file: None,
            timeout: None,
            templates: None,
            language: None,
            from: Some("Laika <no-reply@example.com>".to_owned()),
        }
    }

    #[test]
    fn ports_and_encryption_follow_the_url() {
        for (url, password, port, encryption) in [
            ("smtps://a@b.co@mx.example.com", Some("x"), 465, Encryption::FromTheStart),
            ("smtp://a@mx.example.com", Some("x"), 587, Encryption::Required),
            ("smtp://mx.example.com", None, 25, Encryption::WhereOffered),
            ("smtp://mx.example.com:1025?tls=none", None, 1025, Encryption::None),
            ("smtp://a@127.0.0.1:2525", Some("x"), 2525, Encryption::WhereOffered),
            ("smtp://[::1]:2525/", None, 2525, Encryption::WhereOffered),
        ] {
            let mail = check(written(url, password)).unwrap().unwrap();
            assert_eq!((mail.port, mail.encryption), (port, encryption), "{url}");
            assert_eq!(mail.credentials.is_some(), password.is_some());
        }
        let user = check(written("smtps://a@b.co@mx.example.com", Some("x"))).unwrap().unwrap();
        assert_eq!(user.credentials.unwrap().0, "a@b.co");
        assert!(check(file::Mail::default()).unwrap().is_none());
    }

    #[test]
    fn what_can_not_be_used_is_named_and_no_password_is_shown() {
        for (url, password, part) in [
            ("http://mx.example.com", None, "smtp"),
            ("mx.example.com", None, "smtp"),
            ("smtp://", None, "names no server"),
            ("smtp://a:hunter2@mx.example.com", None, "mail.password_file"),
            ("smtp://a@mx.example.com", None, "mail.password"),
            ("smtp://mx.example.com", Some("hunter2"), "names no user"),
            ("smtp://a@mx.example.com?tls=offered", Some("hunter2"), "unencrypted"),
            ("smtp://mx.example.com?tls=maybe", None, "tls=required"),
            ("smtps://mx.example.com?tls=none", None, "smtps"),
        ] {
            let error = check(written(url, password)).unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
        for from in [None, Some("nobody"), Some("a@b.co\r\nBcc: c@d.co")] {
            let mut mail = written("smtp://mx.example.com", None);
            mail.from = from.map(str::to_owned);
            assert!(check(mail).unwrap_err().to_string().contains("mail.from"));
        }
    }

    #[test]
    fn languages_and_templates_are_there_or_the_start_says_so() {
        let with = |folder: Option<&str>, language: Option<&str>| {
            let mut mail = written("smtp://mx.example.com", None);
            mail.templates = folder.map(PathBuf::from);
            mail.language = language.map(str::to_owned);
            check(mail)
        };
        assert!(with(None, Some("de")).is_ok());
        for (folder, language, place) in [
            (None, Some("xx"), "mail.language"),
            (None, Some("../de"), "mail.language"),
            (Some("/nowhere/at/all"), None, "mail.templates"),
        ] {
            assert_eq!(with(folder, language).unwrap_err().place, place);
        }
    }

    #[test]
    fn a_secret_comes_by_value_or_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "hunter2\n").unwrap();
        let mut mail = written("smtp://a@mx.example.com", None);
        mail.password_file = Some(path);
        let (_, password) = check(mail.clone()).unwrap().unwrap().credentials.unwrap();
        assert_eq!(password.reveal(), "hunter2");
        mail.password = Some("other".to_owned().into());
        assert!(check(mail).unwrap_err().to_string().contains("given twice"));
    }
}
