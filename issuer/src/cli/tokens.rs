//! `laika token mint`.

use serde::Serialize;

use super::arguments::TokenMint;
use super::exit::Failure;
use super::{holders, output};
use crate::admin;
use crate::app::App;
use crate::mint::MicroRequest;
use crate::mint::grants::parse_wanted;

#[derive(Debug, Serialize)]
struct Minted {
    micro_token: String,
    expires_in: i64,
    permissions: Vec<String>,
    session_id: Option<String>,
}

pub(super) async fn mint(app: &App, arguments: TokenMint) -> Result<(), Failure> {
    if app.settings.public_url.is_none() && app.settings.listen.port() == 0 {
        let message =
            "the issuer takes a free port, so nobody knows its name yet; set `public_url`";
        return Err(Failure::Refused(message.to_owned()));
    }
    let narrow = match arguments.permissions.as_slice() {
        [] => None,
        wanted => Some(parse_wanted(wanted)?),
    };
    let mut connection = app.db.read().await?;
    let holder = holders::named(&mut connection, &arguments.holder).await?;
    drop(connection);
    let request = MicroRequest { services: arguments.services, narrow, ..MicroRequest::default() };
    let (token, session) = admin::tokens::mint(app, &holder, request).await?;
    if arguments.json {
        return output::value(&Minted {
            micro_token: token.token,
            expires_in: token.expires_in,
            permissions: token.permissions,
            session_id: session.map(|id| id.to_string()),
        });
    }
    output::remark(&format!("good for {} s", token.expires_in));
    output::line(&token.token)
}
