//! Log-ins at other providers, against providers that the tests script.

mod anonymous;
mod browser;
mod factors;
mod github;
mod headless;
mod hostile;
mod kennel;
mod linking;
mod log_in;
mod oauth2;
mod secrets;

use crate::support::Issuer;
use kennel::Kennel;

/// An issuer at which people may log in by a provider of OpenID Connect.
async fn stage() -> (Issuer, Kennel) {
    stage_with("trust_email = true", &[]).await
}

/// The same with this in the provider's section, and these variables.
async fn stage_with(section: &str, variables: &[(&str, &str)]) -> (Issuer, Kennel) {
    let kennel = Kennel::start().await;
    let issuer = Issuer::configured(&settings(&kennel, section), variables).await;
    (issuer, kennel)
}

fn settings(kennel: &Kennel, section: &str) -> String {
    format!(
        "allowed_next = ['https://app.example.com/in', 'org.example.app:/in']\n\
         [outgoing]\nprivate_networks = ['127.0.0.0/8']\n\
         [providers.kennel]\nkind = 'oidc'\ntitle = 'Kennel'\nissuer = '{}'\n\
         client_id = 'laika'\nclient_secret = 'kennel:secret'\n{section}\n",
        kennel.url
    )
}

/// As if a mail had proved it.
async fn prove(issuer: &Issuer, email: &str) {
    let mut tx = issuer.app.db.write().await.unwrap();
    sqlx::query("UPDATE users SET email_verified_at = 5 WHERE email_key = $1")
        .bind(email.to_owned())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
