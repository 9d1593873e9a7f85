//! `laika hook`.

use serde::Serialize;

use super::administration::HookCommand;
use super::exit::Failure;
use super::output;
use crate::admin::Act;
use crate::app::App;
use crate::db::deliveries::{self, Endpoint, Filter};
use crate::db::hooks::{self as rows, Hook};
use crate::events::hooks::{self, Change};
use crate::events::{self, EventName};
use crate::http::endpoints::admin::hooks::deliveries::DeliveryItem;

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    url: String,
    description: Option<String>,
    events: Option<Vec<EventName>>,
    enabled: bool,
    created_at: i64,
}

/// What a change leaves to be shown.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Made {
    Hook { id: String, secret: String },
    Secret { secret: String },
    Repeated { events: u64 },
}

impl Made {
    fn print(&self, json: bool) -> Result<(), Failure> {
        let said = match self {
            Self::Hook { id, secret } => format!("{id}\n{secret}"),
            Self::Secret { secret } => secret.clone(),
            Self::Repeated { events } => events.to_string(),
        };
        output::made(self, &said, json)
    }
}

/// The JSON Schema of every event.
pub(super) fn schema() -> Result<(), Failure> {
    output::value(&events::schema())
}

pub(super) async fn run(app: &App, command: HookCommand) -> Result<(), Failure> {
    match command {
        HookCommand::List(list) => {
            let mut connection = app.db.read().await?;
            let found = rows::list(&mut connection, &list.after, list.limit).await?;
            let found: Vec<_> = found.into_iter().map(row).collect();
            output::list(&found, list.json, |row| {
                let state = if row.enabled { "enabled" } else { "disabled" };
                let events = row.events.as_ref().map_or_else(
                    || "every event".to_owned(),
                    |names| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" "),
                );
                vec![row.id.clone(), state.to_owned(), row.url.clone(), events]
            })
        }
        HookCommand::Deliveries { hook, state, limit, json } => {
            let endpoint = endpoint(&hook)?;
            let mut connection = app.db.read().await?;
            hooks::exists(app, &mut connection, endpoint).await?;
            let filter = Filter { endpoint, state: state.map(Into::into) };
            let found = deliveries::list(&mut connection, filter, None, limit).await?;
            let found: Vec<_> = found.into_iter().map(DeliveryItem::of).collect();
            output::list(&found, json, |row| {
                vec![
                    row.event.clone(),
                    row.name.clone(),
                    row.state.as_str().to_owned(),
                    row.attempts.to_string(),
                    row.error.clone().unwrap_or_else(|| "null".to_owned()),
                ]
            })
        }
        HookCommand::Schema => schema(),
        HookCommand::Create { .. }
        | HookCommand::Rotate { .. }
        | HookCommand::Enable { .. }
        | HookCommand::Disable { .. }
        | HookCommand::Delete { .. }
        | HookCommand::Repeat { .. } => change(app, command).await,
    }
}

async fn change(app: &App, command: HookCommand) -> Result<(), Failure> {
    let mut act = Act::of_operator(app).await?;
    let said = match command {
        HookCommand::Create { url, events, description, json } => {
            let wanted = if events.is_empty() { None } else { Some(names(&events)?) };
            let (hook, secret) = hooks::create(&mut act, &url, description, wanted).await?;
            let (id, secret) = (hook.id.to_string(), secret.reveal().to_owned());
            Some((Made::Hook { id, secret }, json))
        }
        HookCommand::Rotate { hook, overlap, json } => {
            let (_, secret) = hooks::rotate_secret(&mut act, hook, overlap).await?;
            Some((Made::Secret { secret: secret.reveal().to_owned() }, json))
        }
        HookCommand::Enable { hook } => {
            let change = Change { enabled: Some(true), ..Change::default() };
            hooks::change(&mut act, hook, change).await?;
            None
        }
        HookCommand::Disable { hook } => {
            let change = Change { enabled: Some(false), ..Change::default() };
            hooks::change(&mut act, hook, change).await?;
            None
        }
        HookCommand::Delete { hook } => {
            hooks::delete(&mut act, hook).await?;
            None
        }
        HookCommand::Repeat { hook, event, json } => {
            let endpoint = endpoint(&hook)?;
            let events = match event {
                Some(event) => hooks::repeat(&mut act, endpoint, event).await.map(|()| 1)?,
                None => hooks::repeat_all(&mut act, endpoint).await?,
            };
            Some((Made::Repeated { events }, json))
        }
        HookCommand::List(_) | HookCommand::Deliveries { .. } | HookCommand::Schema => None,
    };
    act.commit().await?;
    // Only what was committed is shown: a secret that does not count would be looked for in vain.
    said.map_or(Ok(()), |(made, json)| made.print(json))
}

fn endpoint(text: &str) -> Result<Endpoint, Failure> {
    Endpoint::parse(text)
        .ok_or_else(|| Failure::Refused(format!("`{text}` is neither the id of a hook nor `amqp`")))
}

fn names(written: &[String]) -> Result<Vec<EventName>, Failure> {
    let name = |text: &String| {
        EventName::from_name(text).ok_or_else(|| {
            let known: Vec<_> = EventName::ALL.iter().map(|name| name.as_str()).collect();
            Failure::Refused(format!("there is no event `{text}`; there are {}", known.join(", ")))
        })
    };
    written.iter().map(name).collect()
}

fn row(hook: Hook) -> Row {
    Row {
        id: hook.id.to_string(),
        url: hook.url,
        description: hook.description,
        events: hook.events.names(),
        enabled: hook.disabled_at.is_none(),
        created_at: hook.created_at,
    }
}
