//! The services a micro token is for.

use std::sync::Arc;

use super::catalogue::{KnownService, Snapshot};
use crate::accounts::service_name;
use crate::app::App;
use crate::keys::Family;
use crate::problem::{FieldCode, Problem};

/// Most services that one token may be for; one for more would pass no size budget.
pub const MAX_SERVICES: usize = 16;

/// The services a micro token is for, as they agree on it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Their names: the first segments of the permissions that matter.
    pub names: Vec<String>,
    /// What becomes `aud`.
    pub audiences: Vec<String>,
    /// Life of the token in seconds: the shortest of theirs.
    pub lifetime: i64,
    /// What the token is signed with.
    pub algorithm: Family,
    pub(super) services: Arc<Snapshot>,
}

/// Checks that these are names of services, and that there is a number of them that can be served.
///
/// # Errors
/// Something else; naming the field.
pub fn check_names(field: &str, names: &[String]) -> Result<(), Problem> {
    check_number(field, names)?;
    names.iter().try_for_each(|name| checked(field, name).map(drop))
}

fn check_number(field: &str, names: &[String]) -> Result<(), Problem> {
    if names.is_empty() {
        return Err(Problem::field(field, FieldCode::TooShort, "at least one service"));
    }
    if names.len() > MAX_SERVICES {
        let detail = format!("at most {MAX_SERVICES} services");
        return Err(Problem::field(field, FieldCode::TooLong, detail));
    }
    Ok(())
}

fn checked<'n>(field: &str, name: &'n str) -> Result<&'n str, Problem> {
    service_name(name).ok_or_else(|| {
        let shown: String = name.chars().take(64).flat_map(char::escape_debug).collect();
        let detail = format!("`{shown}` is not the name of a service, such as `orders`");
        Problem::field(field, FieldCode::Malformed, detail)
    })
}

/// Looks the services up, by name or audience. One that is not known is its own audience and knows no
/// permission.
///
/// # Errors
/// Too many, what is neither a name nor a known audience, services that may not share a token, or the
/// database failed.
pub async fn resolve(app: &App, names: &[String]) -> Result<Target, Problem> {
    let services = app.services.current(&app.db, &*app.clock).await?;
    Target::of(app, services, names)
}

impl Target {
    /// The services of these names among those that are known.
    ///
    /// # Errors
    /// As [`resolve`].
    pub fn of(app: &App, services: Arc<Snapshot>, names: &[String]) -> Result<Self, Problem> {
        check_number("services", names)?;
        let mut target = Self {
            names: Vec::new(),
            audiences: Vec::new(),
            lifetime: i64::MAX,
            algorithm: Family::Pair(app.settings.signing_algorithm),
            services,
        };
        for written in names {
            // What is known by its audience is no stranger of that name; a stranger has a name.
            let name = match target.services.name_of(written) {
                Some(name) => name.to_owned(),
                None => checked("services", written)?.to_owned(),
            };
            if target.names.contains(&name) {
                continue;
            }
            let service = target.services.by_name(&name);
            let algorithm = service.and_then(|service| service.algorithm);
            let algorithm = algorithm.unwrap_or(Family::Pair(app.settings.signing_algorithm));
            if target.names.is_empty() {
                target.algorithm = algorithm;
            } else if target.algorithm != algorithm {
                let detail = format!("`{name}` signs with another algorithm; ask for two tokens");
                return Err(Problem::field("services", FieldCode::NotAllowed, detail));
            }
            let lifetime = service.map_or(app.settings.micro.lifetime, |service| service.lifetime);
            target.lifetime = target.lifetime.min(lifetime);
            target.audiences.push(service.map_or(&name, |service| &service.audience).clone());
            target.names.push(name);
        }
        target.refuse_unshared()?;
        Ok(target)
    }

    /// Life of a token for an anonymous holder in seconds.
    #[must_use]
    pub fn anonymous_lifetime(&self) -> i64 {
        let lifetimes =
            self.known().filter_map(|(_, known)| Some(known.anonymous.as_ref()?.lifetime));
        lifetimes.min().unwrap_or(self.lifetime)
    }

    /// The services that are known, with their names.
    pub fn known(&self) -> impl Iterator<Item = (&str, &KnownService)> {
        self.names.iter().filter_map(|name| Some((name.as_str(), self.services.by_name(name)?)))
    }

    /// Whether what a holder loses makes such a token stale: unless every one of the services is
    /// registered and wants none of it.
    #[must_use]
    pub fn stale(&self) -> bool {
        self.names.iter().any(|name| self.services.by_name(name).is_none_or(|known| known.stale))
    }

    /// A token for several services lets each of them speak to the others in its holder's name, so
    /// each must name all the others.
    fn refuse_unshared(&self) -> Result<(), Problem> {
        for name in &self.names {
            let shares = self.services.by_name(name).map(|service| &service.may_share_with);
            let shared = |other: &String| shares.is_some_and(|shares| shares.contains(other));
            if let Some(other) = self.names.iter().find(|other| *other != name && !shared(other)) {
                let detail =
                    format!("`{name}` does not share tokens with `{other}`; ask for two tokens");
                return Err(Problem::field("services", FieldCode::NotAllowed, detail));
            }
        }
        Ok(())
    }
}
