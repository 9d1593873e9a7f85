//! An issuer whose service `storage` asks Rust code what holders may do there, instead of roles:
//! `cargo run -p laika-issuer --example permission_provider`, with the settings of the environment.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use laika_issuer::issuer::Issuer;
use laika_issuer::permissions::{Asked, PermissionProvider, ProviderError};

/// Who owns which bucket; whoever changes it changes the next token.
#[derive(Clone, Default)]
struct Buckets(Arc<RwLock<BTreeMap<String, Vec<String>>>>);

impl PermissionProvider for Buckets {
    fn permissions<'a>(&'a self, service: &'a str, subject: &'a str) -> Asked<'a> {
        Box::pin(async move {
            let owners = self.0.read().map_err(|_| ProviderError::new("the table is broken"))?;
            let owned = owners.get(subject).cloned().unwrap_or_default();
            let write = owned.iter().map(|bucket| format!("{service}:{bucket}:write"));
            Ok(std::iter::once(format!("{service}:read")).chain(write).collect())
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let buckets = Buckets::default();
    if let Some(subject) = std::env::args().nth(1) {
        let mut owners = buckets.0.write().map_err(|_| "the table is broken")?;
        owners.insert(subject, vec!["photos".to_owned()]);
    }
    let issuer = Issuer::builder().permission_provider("storage", buckets).build()?;
    Ok(issuer.serve().await?)
}
