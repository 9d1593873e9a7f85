//! Which settings hold, and where each came from.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use toml::{Table, Value};

use super::database::is_password;
use super::environment::{self, Known, PREFIX};
use super::{ConfigError, Settings};

/// The sample of the settings file: every setting with its default. A line that begins with `#` and
/// no space after it is a setting.
pub const SAMPLE: &str = include_str!("../../../docs/laika.toml");

/// What stands behind a setting in the sample that has no default, or one that is computed.
const EXAMPLE: &str = "# example";

/// Where a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The settings file.
    File,
    /// A variable.
    Environment,
}

/// A setting that holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    /// Its name: `main.lifetime`.
    pub name: String,
    /// Its variable: `LAIKA_MAIN_LIFETIME`.
    pub variable: String,
    /// What it is; absent where nothing is set. A secret is shown as `***`.
    pub value: Option<Value>,
    /// Where it came from.
    pub source: Source,
}

/// Every setting that can stand alone, in the order of its name.
///
/// # Errors
/// A setting can't be used.
pub fn show(
    path: Option<&Path>,
    variables: &BTreeMap<String, String>,
) -> Result<Vec<Shown>, ConfigError> {
    let file = super::read(path)?;
    let unreadable = |error: toml::ser::Error| ConfigError::new("the settings", error.to_string());
    let written = Table::try_from(&file).map_err(unreadable)?;
    let pairs = || variables.iter().map(|(name, value)| (name.clone(), value.clone()));
    let laid_over = environment::lay_over(file, pairs())?;
    let effective = Table::try_from(&laid_over).map_err(unreadable)?;
    let settings = Settings::check(laid_over)?;
    let defaults: Table = toml::from_str(&sample(false))
        .map_err(|error| ConfigError::new("docs/laika.toml", error.to_string()))?;
    let shown = environment::known().into_iter().map(|(short, known)| {
        let variable = format!("{PREFIX}{short}");
        let source = match (variables.contains_key(&variable), known.find(&written)) {
            (true, _) => Source::Environment,
            (false, Some(_)) => Source::File,
            (false, None) => Source::Default,
        };
        let name = known.name();
        let value = known
            .find(&effective)
            .cloned()
            .or_else(|| computed(&settings, &name))
            .or_else(|| known.find(&defaults).cloned());
        let value = value.map(|value| redact(&known, &name, value));
        Shown { name, variable, value, source }
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by(|a, b| (a.name.contains('.'), &a.name).cmp(&(b.name.contains('.'), &b.name)));
    Ok(shown)
}

/// Defaults that follow from other settings or from the machine.
fn computed(settings: &Settings, name: &str) -> Option<Value> {
    let number = |number: usize| i64::try_from(number).ok().map(Value::from);
    match name {
        "database_url" => Some(settings.database_url.clone().into()),
        "master_key_file" => Some(settings.master_key_file.display().to_string().into()),
        "main.max_lifetime" => Some(settings.main.max_lifetime.into()),
        "main.rotate_after" => Some(settings.main.rotate_after.into()),
        "password.workers" => number(settings.password.workers),
        _ => None,
    }
}

fn redact(known: &Known, name: &str, value: Value) -> Value {
    if known.secret {
        return "***".into();
    }
    match (name, value.as_str()) {
        ("database_url", Some(url)) => without_password(url).into(),
        _ => value,
    }
}

/// A URL with `***` in place of its password, before the host or in a parameter.
fn without_password(url: &str) -> String {
    let hide = || {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let (user, host) = authority.rsplit_once('@')?;
        let (user, _) = user.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{host}{rest}"))
    };
    let url = hide().unwrap_or_else(|| url.to_owned());
    let Some((start, query)) = url.split_once('?') else { return url };
    let hide = |parameter: &str| match parameter.split_once('=') {
        Some((name, _)) if is_password(name) => format!("{name}=***"),
        _ => parameter.to_owned(),
    };
    let query: Vec<_> = query.split('&').map(hide).collect();
    format!("{start}?{}", query.join("&"))
}

/// The sample as a settings file: every setting, or those alone that show their default.
#[must_use]
pub fn sample(with_examples: bool) -> String {
    let setting = |line: &str| {
        let text = line.strip_prefix('#').filter(|text| text.starts_with(char::is_alphabetic));
        text.map(|text| match text.ends_with(EXAMPLE) && !with_examples {
            true => String::new(),
            false => text.to_owned(),
        })
    };
    let lines = SAMPLE.lines().map(|line| setting(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::File;

    #[test]
    fn the_sample_has_every_setting_and_nothing_else() {
        let table: Table = toml::from_str(&sample(true)).unwrap();
        for known in environment::known().values() {
            assert!(known.find(&table).is_some(), "docs/laika.toml lacks `{}`", known.name());
        }
        // What is unknown is refused here.
        let file: File = toml::from_str(&sample(true)).unwrap();
        assert!(file.listen.is_some());
        let as_it_is: File = toml::from_str(SAMPLE).unwrap();
        assert!(as_it_is.listen.is_none(), "as it is, the sample sets nothing");
    }

    #[test]
    fn the_defaults_of_the_sample_are_the_defaults() {
        let file: File = toml::from_str(&sample(false)).unwrap();
        let written = format!("{:?}", Settings::check(file).unwrap());
        let none = format!("{:?}", Settings::check(File::default()).unwrap());
        assert_eq!(written, none);
    }

    #[test]
    fn the_sample_with_every_example_is_a_good_settings_file() {
        // But that a secret is given once, and its file is there.
        let text = sample(true);
        let text: Vec<_> = text
            .lines()
            .filter(|line| {
                !["password_file", "secret_file", "templates"].iter().any(|n| line.contains(n))
            })
            // Refused by a `laika` that does not export.
            .filter(|line| cfg!(feature = "otel") || !line.starts_with("otel_endpoint"))
            .collect();
        let text: Vec<_> = match text.iter().position(|line| *line == "[amqp]") {
            // Refused by a `laika` that has none.
            Some(at) if !cfg!(feature = "amqp") => {
                let rest = text.iter().skip(at + 1).position(|line| line.starts_with('['));
                let end = rest.map_or(text.len(), |rest| at + 1 + rest);
                text.iter().take(at).chain(text.iter().skip(end)).copied().collect()
            }
            Some(_) | None => text,
        };
        Settings::check(toml::from_str(&text.join("\n")).unwrap()).unwrap();
    }

    #[test]
    fn what_holds_is_shown_with_its_source_and_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("laika.toml");
        std::fs::write(&path, "[main]\nlifetime = 7200\n[database]\npassword = 'hunter2'").unwrap();
        let variables = [
            ("LAIKA_MICRO_LIFETIME", "60"),
            ("LAIKA_DATABASE_URL", "postgres://laika:hunter3@db:5432/laika?sslmode=require"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let shown = show(Some(&path), &variables).unwrap();
        let find = |name: &str| {
            let shown = shown.iter().find(|shown| shown.name == name).unwrap();
            (shown.value.as_ref().map(ToString::to_string), shown.source)
        };
        assert_eq!(find("main.lifetime"), (Some("7200".to_owned()), Source::File));
        assert_eq!(find("micro.lifetime"), (Some("60".to_owned()), Source::Environment));
        assert_eq!(find("request_timeout"), (Some("15".to_owned()), Source::Default));
        assert_eq!(find("public_url"), (None, Source::Default));
        assert_eq!(find("database.password"), (Some("\"***\"".to_owned()), Source::File));
        let text = serde_json::to_string(&shown).unwrap();
        assert!(!text.contains("hunter"), "{text}");
        assert!(text.contains("postgres://laika:***@db:5432/laika?sslmode=require"), "{text}");
    }

    #[test]
    fn a_password_is_hidden_wherever_a_url_has_it() {
        for (url, shown) in [
            (
                "postgres:///laika?host=/run&password=hunter2",
                "postgres:///laika?host=/run&password=***",
            ),
            (
                "postgres://h/laika?p%61ssword=hunter2&user=l",
                "postgres://h/laika?p%61ssword=***&user=l",
            ),
            ("postgres://l:hunter1@h/d?password=hunter2", "postgres://l:***@h/d?password=***"),
            ("sqlite:///var/lib/laika.db?mode=rwc", "sqlite:///var/lib/laika.db?mode=rwc"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
