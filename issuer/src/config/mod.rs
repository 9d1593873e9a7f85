//! Settings: from a TOML file and the environment, checked once, then never read again.
//!
//! [`mod@file`] holds what may be written, [`environment`] lays `LAIKA_*` over it, and [`settings`]
//! checks the result. Whatever is unknown or out of range stops the start with its name, its place
//! and how to mend it. [`mod@check`] looks further, for what is within range and still a mistake, and
//! [`show`] says where each setting came from.

pub mod amqp;
pub mod before_token;
pub mod check;
pub mod database;
pub mod environment;
pub mod file;
pub mod limits;
pub mod mail;
pub mod passkeys;
mod providers;
pub mod secret;
pub mod settings;
pub mod show;
pub mod url;

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

pub use settings::{MAX_LEVEL, Settings};
pub use url::PublicUrl;

/// A setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// Where the setting came from: a file with a line, a variable, or the setting's name.
    pub place: String,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl ConfigError {
    /// What is wrong at `place`.
    #[must_use]
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

/// Reads the file, if one is named, lays the environment over it, and checks the result.
///
/// # Errors
/// The first setting that can't be used.
pub fn load(
    path: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Settings, ConfigError> {
    Settings::check(environment::lay_over(read(path)?, environment)?)
}

/// The settings file, if one is named.
fn read(path: Option<&Path>) -> Result<file::File, ConfigError> {
    path.map_or_else(|| Ok(file::File::default()), file::read)
}

/// The environment of this process, as pairs of text; what is not UTF-8 keeps its name and loses
/// its value's odd bytes, and is refused where it is one of ours and must be exact.
pub fn process_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
    })
}

/// What is encoded in a path of files.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Where the database is when nothing is said about it.
#[must_use]
pub fn default_database_url(data_dir: &Path) -> String {
    // Absolute: in `sqlite://a/../b` a URL's reader takes `a` for a host.
    let folder = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let path = folder.join("laika.db");
    // A folder may have any name, also one with `?`, `#` or `%`, which mean something in a URL.
    let path = percent_encode(path.as_os_str().as_encoded_bytes(), PATH);
    format!("sqlite://{path}?mode=rwc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("laika.toml");
        std::fs::write(&path, text).unwrap();
        let variables = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        load(Some(&path), variables)
    }

    #[test]
    fn nothing_at_all_gives_the_documented_defaults() {
        let settings = load(None, std::iter::empty()).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.data_dir, Path::new("./laika-data"));
        assert_eq!(settings.main.lifetime, 30 * 24 * 3600);
        assert_eq!(settings.main.rotate_after, 3600);
        assert_eq!(settings.micro.max_size, 4096);
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let settings =
            load_text("listen = '127.0.0.1:1'", &[("LAIKA_LISTEN", "127.0.0.1:2")]).unwrap();
        assert_eq!(settings.listen.port(), 2);
        let settings = load_text("listen = '127.0.0.1:1'", &[("PATH", "/bin")]).unwrap();
        assert_eq!(settings.listen.port(), 1);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, variables, parts) in [
            ("lisen = 'x'", &[][..], &["line 1", "lisen"][..]),
            ("\n[main]\nlifetime = 'x'", &[], &["line 3", "lifetime"]),
            ("listen = 'nowhere'", &[], &["listen", "`nowhere`", "127.0.0.1:8080"]),
            ("listen = '0.0.0.0:80'", &[], &["public_url", "`0.0.0.0:80`"]),
            ("", &[("LAIKA_LISEN", "x")], &["LAIKA_LISEN", "no such setting"]),
            ("", &[("LAIKA_MAIN_LIFETIME", "soon")], &["LAIKA_MAIN_LIFETIME", "`soon`"]),
            ("[main]\nlifetime = 5", &[], &["main.lifetime", "`5`"]),
            ("[main]\nrotate_after = 99999999", &[], &["main.rotate_after"]),
            ("", &[("LAIKA_SIGNING_ALGORITHM", "HS256")], &["signing_algorithm", "EdDSA"]),
            ("public_url = 'ftp://x'", &[], &["public_url", "http"]),
            ("allowed_origins = ['*']", &[], &["allowed_origins", "`*`"]),
            ("allowed_origins = ['null']", &[], &["allowed_origins", "`null`"]),
            ("[database]\nconnections = 1", &[], &["database.connections", "`1`", "2 to 1000"]),
            (
                "[database]\npassword = 'x'",
                &[("LAIKA_DATABASE_PASSWORD_FILE", "/nowhere")],
                &["database.password", "given twice"],
            ),
        ] {
            let error = load_text(text, variables).unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "`{error}` lacks `{part}`");
            }
        }
    }
}
