//! `laika import`.

use std::path::Path;

use super::exit::Failure;
use super::output;
use crate::app::App;
use crate::seed::{self, Seed};

pub(super) async fn run(app: &App, file: &Path, json: bool) -> Result<(), Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Refused(format!("`{shown}` can't be read: {error}")))?;
    let seed: Seed = toml::from_str(&text)
        .map_err(|error| Failure::Refused(format!("`{shown}` is no seed file: {error}")))?;
    let done = seed::import(app, &seed).await?;
    if json {
        return output::value(&done);
    }
    output::line(&format!(
        "{} services, {} roles, {} users made, {} users present",
        done.services, done.roles, done.users, done.users_present
    ))
}
