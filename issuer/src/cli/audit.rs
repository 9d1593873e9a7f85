//! `laika audit`.

use super::administration::AuditCommand;
use super::exit::Failure;
use super::output;
use crate::app::App;
use crate::db::audit::{self, Filter};
use crate::http::endpoints::admin::audit::Item;

pub(super) async fn run(app: &App, command: AuditCommand) -> Result<(), Failure> {
    let AuditCommand::List { actor, subject, action, from, to, limit, json } = command;
    let filter = Filter { actor, subject, action, from, to };
    let mut connection = app.db.read().await?;
    let found = audit::list(&mut connection, &filter, None, limit).await?;
    if json {
        let items: Vec<_> = found.into_iter().map(Item::of).collect();
        return output::value(&items);
    }
    found.iter().try_for_each(|entry| {
        let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        output::line(&format!(
            "{}\t{}\t{}\t{}\t{}\t{}",
            entry.at,
            entry.actor,
            entry.action,
            entry.subject,
            side(&entry.before),
            side(&entry.after)
        ))
    })
}
