//! Anonymous holders who turn out to have an account.

use serde_json::json;
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Action, Actor, Entry, Subject};
use crate::db::sessions::EndReason;
use crate::db::{self, Connection};
use crate::events::{self, Event};
use crate::problem::Problem;
use crate::session;

/// An anonymous holder has logged in to an account that exists: the account keeps its id, the holder's
/// sessions end, nobody becomes the holder any more by what still waits, and whoever keeps something
/// under the holder's id learns whose it is now. In the caller's transaction; nothing happens where the
/// holder has become somebody meanwhile.
///
/// # Errors
/// The database failed.
pub async fn merge(
    app: &App,
    db: &mut Connection,
    from: Uuid,
    into: Uuid,
    address: Option<String>,
) -> Result<(), Problem> {
    if !db::accounts::close_holder(db, from, app.clock.now()).await? {
        return Ok(());
    }
    session::end_all(app, db, from, None, EndReason::Holder).await?;
    let entry = Entry::new(Actor::User(into), Action::UserMerged, Subject::User(into))
        .before(json!({ "from": from.to_string() }))
        .after(json!({ "to": into.to_string() }))
        .from(address);
    audit::record(app, db, &entry).await?;
    events::emit(app, db, &Event::UserMerged { from, to: into }).await?;
    tracing::info!(%from, %into, "an anonymous holder has an account");
    Ok(())
}
