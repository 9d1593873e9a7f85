//! Start and end of the service.

use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[cfg(unix)]
use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::signal;
use tokio::sync::watch;

use crate::app::App;
use crate::background;
use crate::clock::SystemClock;
use crate::config::check::{Finding, Level, stored_default_role};
use crate::config::{ConfigError, PublicUrl, Settings};
use crate::db::{Db, DbError, roles};
use crate::http::server::{self, Bounds};
use crate::http::{operator, router};
use crate::permissions::Library;
use crate::problem::Problem;
use crate::random::SystemRandom;

/// How long connections to the database may take to close.
const CLOSING: Duration = Duration::from_secs(5);

/// Why the service did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder can't be made.
    #[error("the data folder `{}` can't be made: {source}; choose another with `data_dir`", folder.display())]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The address can't be listened on.
    #[error("can't listen on `{address}`: {source}; choose another with `{setting}`")]
    Listen {
        /// Which setting names it.
        setting: &'static str,
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The database can't be opened.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A setting does not go with what is in the database.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The state can't be made.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The connection to the outside broke.
    #[error("the service stopped: {0}")]
    Io(#[from] io::Error),
}

/// Runs the service until it is told to end; requests in flight are finished.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(settings: Settings) -> Result<(), ServeError> {
    serve_with(settings, Library::new()).await
}

/// The same with permission providers of a library's user.
pub(crate) async fn serve_with(settings: Settings, library: Library) -> Result<(), ServeError> {
    let address = settings.listen;
    let listener = listen("listen", address).await?;
    let operators = match settings.metrics_listen {
        Some(address) => Some(listen("metrics_listen", address).await?),
        None => None,
    };
    let local = listener.local_addr()?;
    let app = open_with(settings, local, library).await?;
    check_secret(&app).await?;
    check_default_role(&app).await?;
    // Before anybody hears that it runs: from then on they may end it.
    let told = told_to_end()?;
    announce(&app, local).await?;
    #[cfg(unix)]
    tell_systemd(NotifyState::Ready);
    let (ending, ends) = watch::channel(false);
    let mut tasks = background::start(&app, &ends);
    let bounds = Bounds {
        connections: app.settings.limits.connections,
        header_timeout: Duration::from_secs(app.settings.header_timeout),
        // A client that never finishes its request must not keep the service from ending.
        drain: Duration::from_secs(app.settings.request_timeout),
    };
    if let Some(operators) = operators {
        tasks.spawn(serve_operators(operators, app.clone(), bounds, ends.clone()));
    }
    let service = router(app.clone());
    let state = app.clone();
    tasks.spawn(async move {
        told.await;
        #[cfg(unix)]
        tell_systemd(NotifyState::Stopping);
        // Whoever balances load learns of it before connections are refused.
        state.ending.store(true, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(state.settings.shutdown_delay)).await;
        tracing::info!("ending: requests in flight are finished");
        // Somebody listens as long as the service runs.
        let _ = ending.send(true);
    });
    if !server::serve(listener, service, bounds, ends).await {
        tracing::warn!("ended with requests that were not finished in time");
    }
    tasks.shutdown().await;
    // A connection whose database does not answer is given back only when the network gives it up.
    if tokio::time::timeout(CLOSING, app.db.close()).await.is_err() {
        tracing::warn!("ended with connections that the database did not close in time");
    }
    tracing::info!("ended");
    Ok(())
}

async fn listen(setting: &'static str, address: SocketAddr) -> Result<TcpListener, ServeError> {
    let refused = |source| ServeError::Listen { setting, address, source };
    TcpListener::bind(address).await.map_err(refused)
}

/// The state of a service that listens on `local`: folder, database, keys.
///
/// # Errors
/// See [`ServeError`].
pub async fn open(settings: Settings, local: SocketAddr) -> Result<App, ServeError> {
    open_with(settings, local, Library::new()).await
}

/// The same with permission providers of a library's user.
pub(crate) async fn open_with(
    settings: Settings,
    local: SocketAddr,
    library: Library,
) -> Result<App, ServeError> {
    make_folder(&settings.data_dir)
        .map_err(|source| ServeError::Folder { folder: settings.data_dir.clone(), source })?;
    let db = Db::connect(&settings.connect()).await?;
    let issuer = settings.public_url.clone().unwrap_or_else(|| PublicUrl::of_listener(local));
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    Ok(App::with(settings, issuer, db, clock, random, library).await?)
}

/// Makes the data folder, for its owner alone: database and master key lie in it.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Holds the services against the secret of HS256. Commands don't: one of them has to mend it.
async fn check_secret(app: &App) -> Result<(), ServeError> {
    let services = app.services.current(&app.db, &*app.clock).await?;
    let names: Vec<_> = services.sharing_a_secret().map(|(name, _)| name).collect();
    let message = match (names.as_slice(), &app.settings.micro.secret) {
        ([], None) | ([_], Some(_)) => return Ok(()),
        ([], Some(_)) => {
            tracing::warn!("`micro.secret` is set, and no service signs its tokens with HS256");
            return Ok(());
        }
        (several @ [_, _, ..], _) => format!(
            "`{}` all sign with HS256, and each could make tokens for the others; leave it to one, and \
             choose another algorithm for the rest",
            several.join("`, `")
        ),
        ([name], None) => format!(
            "missing, and `{name}` signs its tokens with HS256; set it, or choose another algorithm \
             for the service"
        ),
    };
    Err(ConfigError::new("micro.secret", message).into())
}

/// Holds the role of every registered user, as it is in the database, against the settings. Commands
/// don't: one of them has to mend it.
async fn check_default_role(app: &App) -> Result<(), ServeError> {
    let mut connection = app.db.read().await?;
    let role = roles::by_name(&mut connection, &app.settings.default_role.name).await?;
    match role.and_then(|role| stored_default_role(&app.settings, role.level)) {
        Some(Finding { level: Level::Error, setting, message }) => {
            Err(ConfigError::new(setting, message).into())
        }
        Some(Finding { level: Level::Warning, setting, message }) => {
            tracing::warn!(setting, "{message}");
            Ok(())
        }
        None => Ok(()),
    }
}

/// Says on standard output that the service is ready, and to the operator what to know.
async fn announce(app: &App, local: SocketAddr) -> Result<(), ServeError> {
    if app.mail.is_none() {
        tracing::warn!(
            "no mail is configured: registration answers at once, so e-mails can be probed"
        );
    }
    let mut out = io::stdout();
    if let Some(link) = app.first_administrator_link().await? {
        // Not through the log: who keeps logs must not keep a link that makes an administrator.
        writeln!(io::stderr(), "no administrator yet; the first one signs up here, once: {link}")?;
    }
    writeln!(out, "ready http://{local}")?;
    out.flush()?;
    Ok(())
}

/// Tells systemd, where it has started us with `Type=notify`; otherwise nobody.
#[cfg(unix)]
fn tell_systemd(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd can't be told how the service is");
    }
}

/// Ends with SIGINT or SIGTERM.
fn told_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = signal::ctrl_c().await;
    })
}

async fn serve_operators(
    listener: TcpListener,
    app: App,
    bounds: Bounds,
    ends: watch::Receiver<bool>,
) {
    server::serve(listener, operator::router(app), bounds, ends).await;
}
