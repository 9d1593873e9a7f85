//! The issuer as a library: what the binary runs, with parts of one's own.
//!
//! ```no_run
//! use laika_issuer::issuer::Issuer;
//! use laika_issuer::permissions::{Asked, PermissionProvider};
//!
//! struct Everybody;
//!
//! impl PermissionProvider for Everybody {
//!     fn permissions<'a>(&'a self, _service: &'a str, _subject: &'a str) -> Asked<'a> {
//!         Box::pin(async { Ok(vec!["storage:read".to_owned()]) })
//!     }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! Issuer::builder().permission_provider("storage", Everybody).build()?.serve().await?;
//! # Ok(())
//! # }
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use crate::app::App;
use crate::config::{self, ConfigError, Settings};
use crate::permissions::{Library, PermissionProvider};
use crate::serve::{self, ServeError};

/// An issuer that is not started yet.
#[derive(Debug)]
pub struct Issuer {
    settings: Settings,
    library: Parts,
}

/// Puts an [`Issuer`] together.
#[derive(Debug, Default)]
pub struct Builder {
    settings: Option<Settings>,
    library: Parts,
}

/// Providers, which have nothing to show in `Debug` but whom they are for.
#[derive(Default)]
struct Parts(Library);

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Issuer {
    /// One without any settings and parts.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Runs the service until it is told to end.
    ///
    /// # Errors
    /// It can't start; see [`ServeError`].
    pub async fn serve(self) -> Result<(), ServeError> {
        serve::serve_with(self.settings, self.library.0).await
    }

    /// The state of a service that listens on `local`, for whoever serves
    /// [`router`](crate::http::router()) on their own.
    ///
    /// # Errors
    /// Folder, database or keys can't be used.
    pub async fn open(self, local: SocketAddr) -> Result<App, ServeError> {
        serve::open_with(self.settings, local, self.library.0).await
    }
}

impl Builder {
    /// With these settings, instead of those of the environment.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings: Some(settings), ..self }
    }

    /// With somebody who says what holders may do at `service`, instead of roles and of what the
    /// service itself names.
    #[must_use]
    pub fn permission_provider(
        mut self,
        service: &str,
        provider: impl PermissionProvider + 'static,
    ) -> Self {
        self.library.0.insert(service.to_owned(), Arc::new(provider));
        self
    }

    /// The issuer.
    ///
    /// # Errors
    /// No settings were given, and those of the environment can't be used.
    pub fn build(self) -> Result<Issuer, ConfigError> {
        let settings = match self.settings {
            Some(settings) => settings,
            None => config::load(None, config::process_environment())?,
        };
        Ok(Issuer { settings, library: self.library })
    }
}
