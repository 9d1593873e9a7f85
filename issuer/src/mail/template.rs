//! How mails read: a text and a page for each, by language, from files that can be replaced.
//!
//! A folder `<mail.templates>/<language>/` may hold `<mail>.txt` and `<mail>.html` for each mail of
//! [`Message::NAMES`]; what it does not hold is built in, in English and German. The text begins with
//! a line `Subject: ...` and an empty one. `{{username}}` and `{{link}}` stand for what they say, and
//! nothing else does; in a page they are escaped, and a subject has none, since nothing that anybody
//! wrote gets into a header. Files are read when a mail is sent, so a change needs no restart.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Message;

/// The language where no other fits and none is set.
pub const ENGLISH: &str = "en";

/// What a text begins with.
const SUBJECT: &str = "Subject: ";

/// Longest template, in bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// A mail as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// A fixed text: nothing that anybody wrote gets into a header.
    pub subject: String,
    /// Lines of text.
    pub body: String,
    /// The same as a page; absent where the text was replaced and the page was not.
    pub html: Option<String>,
}

/// Where mails come from.
#[derive(Debug, Clone)]
pub struct Templates {
    folder: Option<PathBuf>,
    language: String,
}

macro_rules! built_in {
    ($($language:literal: [$($name:literal),* $(,)?]),* $(,)?) => {
        const BUILT_IN: &[(&str, &str, &str, &str)] = &[$($((
            $language,
            $name,
            include_str!(concat!("../../assets/mail/", $language, "/", $name, ".txt")),
            include_str!(concat!("../../assets/mail/", $language, "/", $name, ".html")),
        )),*),*];
    };
}

built_in! {
    "en": [
        "confirm_registration", "already_registered", "prove_email", "confirm_change",
        "change_requested", "reset_password",
    ],
    "de": [
        "confirm_registration", "already_registered", "prove_email", "confirm_change",
        "change_requested", "reset_password",
    ],
}

impl Templates {
    /// Templates of this folder, in this language where a mail has none.
    #[must_use]
    pub fn new(folder: Option<PathBuf>, language: String) -> Self {
        Self { folder, language }
    }

    /// The languages there are.
    #[must_use]
    pub fn languages(&self) -> BTreeSet<String> {
        let mut found: BTreeSet<_> =
            BUILT_IN.iter().map(|(language, ..)| (*language).to_owned()).collect();
        let folders = self.folder.as_ref().and_then(|folder| std::fs::read_dir(folder).ok());
        for entry in folders.into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if is_language(&name) && entry.path().is_dir() {
                found.insert(name);
            }
        }
        found
    }

    /// The language that whoever asks understands best, of `Accept-Language` (RFC 9110 section
    /// 12.5.4); `None` where there is none of theirs.
    #[must_use]
    pub fn choose(&self, accepted: &str) -> Option<String> {
        // Not more than anybody has reason to send.
        let accepted = accepted.get(..accepted.len().min(512)).unwrap_or_default();
        let mut wanted: Vec<(u16, String)> = accepted
            .split(',')
            .filter_map(|item| {
                let (tag, parameters) = item.split_once(';').unwrap_or((item, "q=1"));
                let quality = parameters.trim().strip_prefix("q=")?.parse::<f32>().ok()?;
                // Thousandths: three digits are all that the header has.
                let quality = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
                let tag = tag.trim().to_ascii_lowercase();
                (quality > 0 && is_language(&tag)).then_some((quality, tag))
            })
            .collect();
        // Of those alike, the first.
        wanted.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
        let languages = self.languages();
        wanted.into_iter().find_map(|(_, tag)| {
            let primary = tag.split('-').next().unwrap_or_default().to_owned();
            [tag, primary].into_iter().find(|tag| languages.contains(tag))
        })
    }

    /// The mail as it is read, in this language, else in the one that is set, else in English.
    #[must_use]
    pub fn render(&self, message: &Message, language: Option<&str>) -> Text {
        let name = message.name();
        let languages = [language.unwrap_or(&self.language), &self.language, ENGLISH];
        let found = languages.into_iter().find_map(|language| self.find(language, name));
        let (text, html) = found.unwrap_or_default();
        let (subject, body) = split(&text).unwrap_or((name, &text));
        Text {
            subject: subject.to_owned(),
            body: fill(body, message, str::to_owned),
            html: html.map(|html| fill(&html, message, escape)),
        }
    }

    /// That every template of the folder can be used.
    ///
    /// # Errors
    /// The first that can't, and why.
    pub fn check(&self) -> Result<(), String> {
        let Some(folder) = &self.folder else { return Ok(()) };
        if !folder.is_dir() {
            return Err(format!("`{}` is no folder", folder.display()));
        }
        for language in self.languages() {
            for name in Message::NAMES {
                for ending in ["txt", "html"] {
                    let path = folder.join(&language).join(format!("{name}.{ending}"));
                    if path.exists() {
                        read(&path).map_err(|why| format!("`{}`: {why}", path.display()))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Text and page of a mail: those of the folder first. A page that is built in does not go with
    /// a text that is not.
    fn find(&self, language: &str, name: &str) -> Option<(String, Option<String>)> {
        let built_in = BUILT_IN.iter().find(|(of, called, ..)| *of == language && *called == name);
        let file = |ending: &str| {
            let folder = self.folder.as_ref().filter(|_| is_language(language))?;
            let path = folder.join(language).join(format!("{name}.{ending}"));
            if !path.exists() {
                return None;
            }
            read(&path)
                .inspect_err(|why| {
                    tracing::error!(path = %path.display(), why, "a template of mails can't be used");
                })
                .ok()
        };
        match (file("txt"), file("html")) {
            (Some(text), html) => Some((text, html)),
            (None, html) => built_in.map(|(_, _, text, built_in)| {
                ((*text).to_owned(), Some(html.unwrap_or_else(|| (*built_in).to_owned())))
            }),
        }
    }
}

/// Whether this is a language tag of ours: `en`, `pt-br`. So it is no path either.
#[must_use]
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| {
            (1..=8).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_SIZE {
        return Err(format!("longer than {MAX_SIZE} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let text = text.replace("\r\n", "\n");
    let is_text = path.extension().is_some_and(|ending| ending == "txt");
    let body = match split(&text) {
        Some((subject, body)) if is_text => {
            if subject.contains("{{") || subject.chars().any(char::is_control) {
                return Err("the subject is a fixed text, without `{{..}}`".to_owned());
            }
            body
        }
        None if is_text => {
            return Err(format!("begin with a line `{SUBJECT}...` and an empty one"));
        }
        Some(_) | None => &text,
    };
    for (at, _) in body.match_indices("{{") {
        let rest = body.get(at..).unwrap_or_default();
        if !["{{username}}", "{{link}}"].iter().any(|known| rest.starts_with(known)) {
            let shown: String = rest.chars().take(24).collect();
            return Err(format!(
                "`{shown}` is not known; there are `{{{{username}}}}`, `{{{{link}}}}`"
            ));
        }
    }
    if !body.contains("{{link}}") {
        return Err("without `{{link}}` the mail is of no use".to_owned());
    }
    Ok(text)
}

/// Subject and body of a text.
fn split(text: &str) -> Option<(&str, &str)> {
    let (subject, body) = text.strip_prefix(SUBJECT)?.split_once("\n\n")?;
    Some((subject.trim(), body))
}

/// In one pass: what is filled in is not looked at again.
fn fill(template: &str, message: &Message, write: fn(&str) -> String) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or(("", after));
        match name {
            "username" => filled.push_str(&write(message.username().unwrap_or_default())),
            "link" => filled.push_str(&write(message.link())),
            _ => {}
        }
        rest = after;
    }
    filled + rest
}

fn escape(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{PROOF_LIFETIME, RESET_LIFETIME, UNDO_LIFETIME};

    fn built_in() -> Templates {
        Templates::new(None, ENGLISH.to_owned())
    }

    fn message(username: &str) -> Message {
        let link = "https://id.example.com/#reset=x&y".to_owned();
        Message::ResetPassword { username: username.to_owned(), link }
    }

    #[test]
    fn every_mail_is_there_in_every_language_and_can_be_used() {
        for language in ["en", "de"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mail").join(language);
            for name in Message::NAMES {
                for ending in ["txt", "html"] {
                    read(&folder.join(format!("{name}.{ending}"))).unwrap();
                }
                assert!(built_in().find(language, name).is_some());
            }
        }
    }

    #[test]
    fn what_mails_say_about_time_is_what_codes_live() {
        assert_eq!(
            (PROOF_LIFETIME, RESET_LIFETIME, UNDO_LIFETIME),
            (24 * 3600, 20 * 60, 7 * 24 * 3600)
        );
        for (name, parts) in [
            ("confirm_registration", ["24 hours", "24 Stunden"]),
            ("prove_email", ["24 hours", "24 Stunden"]),
            ("confirm_change", ["24 hours", "24 Stunden"]),
            ("reset_password", ["20 minutes", "20 Minuten"]),
            ("change_requested", ["7 days", "7 Tagen"]),
        ] {
            for (language, part) in ["en", "de"].into_iter().zip(parts) {
                let (text, html) = built_in().find(language, name).unwrap();
                assert!(text.contains(part) && html.unwrap().contains(part), "{language} {name}");
            }
        }
    }

    #[test]
    fn what_anybody_wrote_is_text_in_a_page_and_never_in_a_header() {
        let text = built_in().render(&message("<b>{{link}}</b>"), None);
        assert_eq!(text.subject, "Choose a new password");
        assert!(text.body.starts_with("Hello <b>{{link}}</b>,\n\nopen this link"));
        assert!(text.body.contains("\nhttps://id.example.com/#reset=x&y\n"));
        let html = text.html.unwrap();
        assert!(html.contains("&lt;b&gt;{{link}}&lt;/b&gt;") && !html.contains("<b>"), "{html}");
        assert!(html.contains("href=\"https://id.example.com/#reset=x&amp;y\""), "{html}");
    }

    #[test]
    fn the_language_is_the_best_of_those_that_are_understood() {
        for (accepted, chosen) in [
            ("de", Some("de")),
            ("de-AT,en;q=0.5", Some("de")),
            ("fr, en;q=0.2, de;q=0.7", Some("de")),
            ("fr", None),
            ("de;q=0, en", Some("en")),
            ("*", None),
            ("../../etc", None),
            ("", None),
        ] {
            assert_eq!(built_in().choose(accepted).as_deref(), chosen, "{accepted}");
        }
        assert!(built_in().choose(&"de,".repeat(10_000)).is_some());
        assert!(built_in().render(&message("x"), Some("de")).subject.contains("Passwort"));
        assert!(built_in().render(&message("x"), Some("fr")).subject.contains("password"));
        let german = Templates::new(None, "de".to_owned());
        assert!(german.render(&message("x"), None).subject.contains("Passwort"));
        assert!(german.render(&message("x"), Some("en")).subject.contains("password"));
    }

    #[test]
    fn files_replace_what_is_built_in_and_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fr");
        std::fs::create_dir(&path).unwrap();
        let templates = Templates::new(Some(folder.path().to_owned()), ENGLISH.to_owned());
        let write = |name: &str, text: &str| std::fs::write(path.join(name), text).unwrap();
        write(
            "reset_password.txt",
            "Subject: Mot de passe\r\n\r\nBonjour {{username}}: {{link}}\n",
        );
        templates.check().unwrap();
        assert_eq!(templates.choose("fr-CH").as_deref(), Some("fr"));
        let text = templates.render(&message("laika"), Some("fr"));
        assert_eq!(text.subject, "Mot de passe");
        assert_eq!(text.body, "Bonjour laika: https://id.example.com/#reset=x&y\n");
        assert!(text.html.is_none(), "an English page would not fit");
        for (name, bad, part) in [
            ("reset_password.txt", "Bonjour {{link}}", "Subject"),
            ("reset_password.txt", "Subject: x\n\nBonjour", "{{link}}"),
            ("reset_password.txt", "Subject: {{username}}\n\n{{link}}", "subject"),
            ("reset_password.txt", "Subject: x\n\n{{link}} {{password}}", "{{password}}"),
            ("reset_password.html", "<p>{{ link }}</p>", "{{ link }}"),
        ] {
            write("reset_password.txt", "Subject: x\n\n{{link}}");
            write("reset_password.html", "{{link}}");
            write(name, bad);
            let error = templates.check().unwrap_err();
            assert!(error.contains(name) && error.contains(part), "{error}");
            // And one that breaks later does not keep a mail from being sent.
            assert!(templates.render(&message("x"), Some("fr")).body.contains("https://"));
        }
    }
}
