//! `laika user`.

use std::io::{self, BufRead as _};

use serde::Serialize;

use super::arguments::UserCommand;
use super::exit::Failure;
use super::output;
use crate::accounts;
use crate::app::App;
use crate::db::users::{self, User};
use crate::secret::Secret;
use crate::seed::{self, SeedUser};

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    username: String,
    email: Option<String>,
    status: &'static str,
    created_at: i64,
}

pub(super) async fn run(app: &App, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create { username, email, roles } => {
            let password = Some(read_password()?);
            let user = SeedUser { username, email, password, password_hash: None, roles };
            let new = seed::prepare(app, &user).await?;
            let mut tx = app.db.write().await?;
            let made = accounts::add_user(app, &mut tx, &new).await?;
            for role in &user.roles {
                seed::assign(app, &mut tx, made.id, role).await?;
            }
            tx.commit().await?;
            output::line(&made.id.to_string())
        }
        UserCommand::List(list) => {
            let mut connection = app.db.read().await?;
            let users = users::list(&mut connection, &list.after, list.limit).await?;
            let rows: Vec<_> = users.into_iter().map(row).collect();
            output::list(&rows, list.json, |row| {
                let email = row.email.clone().unwrap_or_default();
                vec![row.username.clone(), email, row.status.to_owned(), row.id.clone()]
            })
        }
    }
}

/// From standard input, so that it stands in no list of processes and no shell history.
fn read_password() -> Result<Secret, Failure> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        let message = "no password on standard input; give it like `laika user create ... < file`";
        return Err(Failure::Refused(message.to_owned()));
    }
    Ok(Secret::from(password))
}

fn row(user: User) -> Row {
    Row {
        id: user.id.to_string(),
        // Only users with a name are listed.
        username: user.username.unwrap_or_default(),
        email: user.email,
        status: user.status.as_str(),
        created_at: user.created_at,
    }
}
