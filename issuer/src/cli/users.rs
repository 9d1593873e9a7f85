//! `laika user`.

use std::io::{self, BufRead as _};

use serde::Serialize;
use uuid::Uuid;

use super::administration::UserCommand;
use super::exit::Failure;
use super::{output, roles};
use crate::accounts::login_key;
use crate::admin::{self, Act};
use crate::app::App;
use crate::db::sessions::{self, Session};
use crate::db::users::{self, User};
use crate::db::{self, Connection};
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

#[derive(Debug, Serialize)]
struct Whole {
    #[serde(flatten)]
    row: Row,
    level: Option<i64>,
    roles: Vec<String>,
    grants: Vec<String>,
    last_login_at: Option<i64>,
}

#[derive(Debug, Serialize)]
struct SessionRow {
    id: String,
    client: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
    ends_at: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Invitation {
    role: String,
    link: String,
}

pub(super) async fn run(app: &App, command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create { username, email, email_verified, roles, json } => {
            let password = Some(read_password()?);
            let user = SeedUser {
                username,
                email,
                password,
                email_verified,
                roles,
                ..SeedUser::default()
            };
            let made = create(app, &user).await?;
            let id = made.id.to_string();
            output::made(&row(made), &id, json)
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
        UserCommand::Show { user, json } => show(app, &user.user, json).await,
        UserCommand::Disable(user) => {
            let (mut act, id) = begin(app, &user.user).await?;
            admin::users::disable(&mut act, id).await?;
            Ok(act.commit().await?)
        }
        UserCommand::Enable(user) => {
            let (mut act, id) = begin(app, &user.user).await?;
            admin::users::enable(&mut act, id).await?;
            Ok(act.commit().await?)
        }
        UserCommand::Delete(user) => {
            let (mut act, id) = begin(app, &user.user).await?;
            admin::users::delete(&mut act, id).await?;
            Ok(act.commit().await?)
        }
        UserCommand::Erase(user) => {
            let (mut act, id) = begin(app, &user.user).await?;
            admin::users::erase(&mut act, id).await?;
            Ok(act.commit().await?)
        }
        UserCommand::Roles { user, json } => {
            let mut connection = app.db.read().await?;
            let id = named(&mut connection, &user.user).await?.id;
            roles::print(db::roles::of_user(&mut connection, id).await?, json)
        }
        UserCommand::Sessions { user, limit, json } => {
            let mut connection = app.db.read().await?;
            let id = named(&mut connection, &user.user).await?.id;
            let now = app.clock.now();
            let found = sessions::of_user(&mut connection, id, None, limit, now).await?;
            let rows: Vec<_> = found.into_iter().map(session_row).collect();
            output::list(&rows, json, |row| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                let last = row.last_used_at.to_string();
                vec![row.id.clone(), last, text(&row.address), text(&row.user_agent)]
            })
        }
        UserCommand::EndSessions { user, session } => {
            let (mut act, id) = begin(app, &user.user).await?;
            let ended = match session {
                Some(session) => {
                    admin::sessions::end(&mut act, id, session).await?;
                    1
                }
                None => admin::sessions::end_all(&mut act, id).await?,
            };
            act.commit().await?;
            output::remark(&format!("{ended} sessions ended"));
            Ok(())
        }
        UserCommand::ResetFactors(user) => {
            let (mut act, id) = begin(app, &user.user).await?;
            admin::factors::reset(&mut act, id).await?;
            Ok(act.commit().await?)
        }
        UserCommand::Invite { role, json } => {
            let mut act = Act::of_operator(app).await?;
            let code = admin::users::invite(&mut act, &role).await?;
            act.commit().await?;
            let link = format!("{}/#invitation={code}", app.issuer.as_str());
            if json {
                return output::value(&Invitation { role, link });
            }
            output::line(&link)
        }
    }
}

async fn create(app: &App, user: &SeedUser) -> Result<User, Failure> {
    let new = seed::prepare(app, user).await?;
    let mut act = Act::of_operator(app).await?;
    let made = admin::users::create(&mut act, &new).await?;
    for role in &user.roles {
        admin::roles::assign(&mut act, made.id, role).await?;
    }
    act.commit().await?;
    Ok(made)
}

async fn show(app: &App, name: &str, json: bool) -> Result<(), Failure> {
    let mut connection = app.db.read().await?;
    let user = named(&mut connection, name).await?;
    let (id, last_login_at) = (user.id, user.last_login_at);
    let holder = db::grants::Holder::User(id).to_string();
    let filter = db::grants::Filter { holder: Some(holder), permission: None };
    let grants = db::grants::list(&mut connection, &filter, ("", ""), 10_000).await?;
    let roles = db::roles::of_user(&mut connection, id).await?;
    let whole = Whole {
        row: row(user),
        level: db::roles::level_of(&mut connection, id).await?,
        roles: roles.into_iter().map(|role| role.name).collect(),
        grants: grants.into_iter().map(|grant| grant.permission).collect(),
        last_login_at,
    };
    if json {
        return output::value(&whole);
    }
    let level = whole.level.map_or_else(|| "none".to_owned(), |level| level.to_string());
    output::table(&[
        ["id".to_owned(), whole.row.id],
        ["username".to_owned(), whole.row.username],
        ["email".to_owned(), whole.row.email.unwrap_or_default()],
        ["status".to_owned(), whole.row.status.to_owned()],
        ["level".to_owned(), level],
        ["roles".to_owned(), whole.roles.join(" ")],
        ["grants".to_owned(), whole.grants.join(" ")],
    ])
}

/// Begins a change to a user.
pub(super) async fn begin<'a>(app: &'a App, name: &str) -> Result<(Act<'a>, Uuid), Failure> {
    let mut act = Act::of_operator(app).await?;
    let id = named(act.db(), name).await?.id;
    Ok((act, id))
}

/// The user of this id, name or e-mail.
pub(super) async fn named(db: &mut Connection, name: &str) -> Result<User, Failure> {
    let by_id = match Uuid::parse_str(name) {
        Ok(id) => users::by_id(db, id).await?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(user) => Some(user),
        None => users::by_login(db, &login_key(name)).await?.map(|(user, _)| user),
    };
    found.ok_or_else(|| Failure::Refused(format!("there is no user `{name}`")))
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
        // Anonymous holders and erased people have none.
        username: user.username.unwrap_or_default(),
        email: user.email,
        status: user.status.as_str(),
        created_at: user.created_at,
    }
}

fn session_row(session: Session) -> SessionRow {
    SessionRow {
        id: session.id.to_string(),
        client: session.origin.client,
        address: session.origin.address,
        user_agent: session.origin.user_agent,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        ends_at: session.ends_at,
    }
}
