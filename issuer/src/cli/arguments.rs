//! What may be written on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::administration::{AuditCommand, GrantCommand, RoleCommand, ServiceCommand, UserCommand};
use super::offline::arguments::{JwkArguments, PolicyCommand, TokenCommand};

/// Laika's issuer: users, sessions, roles, permissions and tokens.
///
/// Settings come from a TOML file and from LAIKA_* variables, which win. With neither, `laika
/// serve` listens on 127.0.0.1:8080 and keeps its data in ./laika-data.
#[derive(Debug, Parser)]
#[command(name = "laika", version, max_term_width = 100)]
pub(super) struct Arguments {
    /// Settings file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the service until SIGTERM or SIGINT; prints `ready URL` when it listens
    Serve,
    /// Bring the database's tables up to date, and make keys where there are none
    Migrate,
    /// Load services, roles and users from a TOML file; a second time changes nothing
    Import {
        /// The seed file
        file: PathBuf,
        /// Print what was done as JSON
        #[arg(long)]
        json: bool,
    },
    /// Users
    #[command(subcommand)]
    User(UserCommand),
    /// Roles: named sets of permissions
    #[command(subcommand)]
    Role(RoleCommand),
    /// Services: what accepts micro tokens
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Grants: permissions that a user has besides roles
    #[command(subcommand)]
    Grant(GrantCommand),
    /// The audit log: who did what, to whom, when
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Signing keys, and keys as JWKs
    #[command(subcommand)]
    Key(KeyCommand),
    /// Tokens: what one says, and whether it holds
    #[command(subcommand)]
    Token(TokenCommand),
    /// Policies: check, explain and test them
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List signing keys, oldest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Turn a public key or a certificate in PEM into a JWK
    Jwk(JwkArguments),
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the settings, and say what is wrong with them
    Check,
}
