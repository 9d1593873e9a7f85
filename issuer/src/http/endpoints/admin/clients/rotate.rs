//! `POST /v1/admin/clients/{client}/secret`: make a new secret.

use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;

use super::WithSecret;
use crate::admin;
use crate::app::App;
use crate::http::extract::{AdminCaller, Path, ServiceName};
use crate::oauth2::clients::find;
use crate::problem::Problem;

/// Makes a new secret: 200 with it, shown this once. The one before stops counting at once.
///
/// # Errors
/// 404, 403 below level 0, 409 for a public client.
pub async fn handle(
    State(app): State<App>,
    caller: AdminCaller,
    Path(ServiceName(client)): Path<ServiceName>,
) -> Result<([(HeaderName, &'static str); 1], Json<WithSecret>), Problem> {
    let mut act = caller.act(&app).await?;
    let secret = admin::clients::rotate_secret(&mut act, &client).await?;
    let client = find(act.db(), &client).await?;
    act.commit().await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(WithSecret::of(client, Some(&secret)))))
}
