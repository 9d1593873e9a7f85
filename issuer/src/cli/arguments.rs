//! What may be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    Migrate {
        /// Print what was done as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write everything that is to be kept into a new file, beside a running service
    ///
    /// The file holds password hashes, and signing keys that the master key wraps. The master key is
    /// not in it: keep that as well, elsewhere.
    Backup {
        /// The file to make
        file: PathBuf,
        /// Print what is in it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Fill an empty database with a backup, of SQLite or PostgreSQL; every session ends
    Restore {
        /// The backup
        file: PathBuf,
        /// Print what was done as JSON
        #[arg(long)]
        json: bool,
    },
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
    /// Print what a shell needs to complete commands and options
    #[command(after_help = "laika completion bash > /etc/bash_completion.d/laika")]
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make a user; the password is the first line of standard input
    Create {
        /// Name of the account
        username: String,
        /// E-mail of the account
        #[arg(long)]
        email: String,
        /// A role, such as `administrator` or `orders/clerk`; may be given several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// List users by name
    List(List),
}

#[derive(Debug, Subcommand)]
pub(super) enum RoleCommand {
    /// Make or change a role
    Create {
        /// Its name: `auditor`, or `orders/clerk` for a role of a service
        name: String,
        /// How strong it is; lower is stronger
        #[arg(long)]
        level: i64,
        /// A permission, such as `orders:read` or `orders:*`; may be given several times
        #[arg(long = "permission", value_name = "PERMISSION")]
        permissions: Vec<String>,
    },
    /// List roles by name
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a user a role
    Assign {
        /// Name of the user
        username: String,
        /// Name of the role
        role: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum ServiceCommand {
    /// Make or change a service
    Create {
        /// Its name: the first part of its permissions
        name: String,
        /// `aud` of its tokens [default: the name]
        #[arg(long)]
        audience: Option<String>,
        /// Life of its micro tokens in seconds
        #[arg(long, value_name = "SECONDS")]
        token_lifetime: Option<i64>,
        /// RS256 or EdDSA [default: the issuer's]
        #[arg(long)]
        algorithm: Option<String>,
        /// A permission of its catalogue; may be given several times
        #[arg(long = "permission", value_name = "PERMISSION")]
        permissions: Vec<String>,
        /// A service that a token of this one may also be for; may be given several times
        #[arg(long = "may-share-with", value_name = "SERVICE")]
        may_share_with: Vec<String>,
    },
    /// List services by name
    List(List),
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
    /// Check the settings, and say what is wrong with them and how to mend it
    ///
    /// Exit code 3 where something does not work or is not safe; warnings alone leave it at 0.
    Check {
        /// Print what was found as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show which settings hold, and where each came from; secrets are hidden
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the settings file
    Schema,
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Begin after this name
    #[arg(long, default_value = "", hide_default_value = true)]
    pub after: String,
    /// How many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub limit: i64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
