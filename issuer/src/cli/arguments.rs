//! What may be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::administration::{
    AuditCommand, GrantCommand, HookCommand, List, RoleCommand, ServiceCommand, UserCommand,
};
use super::offline::arguments::{JwkArguments, PolicyCommand, TokenCommand as OfflineTokenCommand};
use crate::oauth2::service_accounts::OVERLAP;

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
    /// Service accounts: programs with an account of their own
    #[command(subcommand)]
    ServiceAccount(ServiceAccountCommand),
    /// Registered clients: applications that ask for tokens in the name of people
    #[command(subcommand)]
    Client(ClientCommand),
    /// Grants: permissions that a user or a service account has besides roles
    #[command(subcommand)]
    Grant(GrantCommand),
    /// Hooks: endpoints that are told what happens
    #[command(subcommand)]
    Hook(HookCommand),
    /// The audit log: who did what, to whom, when
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Signing keys, and keys as JWKs
    #[command(subcommand)]
    Key(KeyCommand),
    /// Tokens: minted for somebody; what one says, and whether it holds
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
pub(super) enum ServiceAccountCommand {
    /// Make a service account; prints its secret, once
    Create {
        /// Its name; `svc:NAME` is the `sub` of its tokens
        name: String,
        /// The service it speaks for: it may introspect and exchange tokens of that service
        #[arg(long)]
        service: Option<String>,
        /// A role, such as `auditor` or `orders/clerk`; may be given several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a new secret of a service account and print it, once
    Rotate {
        /// Name of the service account
        name: String,
        /// How long the old secret still counts, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = OVERLAP)]
        overlap: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace the roles of a service account
    SetRoles {
        /// Name of the service account
        name: String,
        /// A role it has from now on; may be given several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Let no secret of a service account count
    Disable {
        /// Name of the service account
        name: String,
    },
    /// Let the secret of a service account count again
    Enable {
        /// Name of the service account
        name: String,
    },
    /// Delete a service account; its name stays reserved
    Delete {
        /// Name of the service account
        name: String,
    },
    /// List service accounts by name
    List(List),
}

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Register a client; prints the secret of a confidential one, once
    Create {
        /// What it calls itself in requests: claim `client_id`
        client_id: String,
        /// What people read [default: the id]
        #[arg(long)]
        name: Option<String>,
        /// It runs on a server and can keep a secret
        #[arg(long)]
        confidential: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a new secret of a client and print it, once; the old one stops counting
    Rotate {
        /// Its id
        client_id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a client
    Delete {
        /// Its id
        client_id: String,
    },
    /// List clients by id
    List(List),
}

const MINT_EXAMPLES: &str = "\
Examples:
  laika token mint ann --service orders
  laika token mint svc:depot --service orders --permission orders:read --json

A user's token is bound to a session that is begun for it: `laika user sessions ann` shows it,
`laika user end-sessions ann` revokes the token with it.";

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Mint a micro token as a user or a service account would get it; prints it
    #[command(after_help = MINT_EXAMPLES)]
    Mint(TokenMint),
    #[command(flatten)]
    Offline(OfflineTokenCommand),
}

#[derive(Debug, Args)]
pub(super) struct TokenMint {
    /// Name, e-mail or id of a user, or `svc:NAME` of a service account
    pub holder: String,
    /// The service it is for; may be given several times, where they share tokens
    #[arg(long = "service", value_name = "SERVICE", required = true)]
    pub services: Vec<String>,
    /// Only this permission, which must be granted; may be given several times
    #[arg(long = "permission", value_name = "PERMISSION")]
    pub permissions: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

const KEY_EXAMPLES: &str = "\
Examples:
  laika key list
  laika key rotate --algorithm ES256
  laika key revoke KID
  laika key export KID --passphrase-file secret.txt > key.pem
  laika key import key.pem --algorithm ES256 --passphrase-file secret.txt";

#[derive(Debug, Subcommand)]
#[command(after_help = KEY_EXAMPLES)]
pub(super) enum KeyCommand {
    /// List signing keys, oldest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Publish the next key; it signs when every verifier knows it
    Rotate(KeyRotate),
    /// Take a key back: whatever it signed is refused from then on
    Revoke {
        /// Its name, as `laika key list` has it
        #[arg(allow_hyphen_values = true)]
        kid: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a private key as PKCS#8 in PEM
    Export(KeyExport),
    /// Take in a private key in PEM; it signs when every verifier knows it
    Import(KeyImport),
    /// Turn a public key or a certificate in PEM into a JWK
    Jwk(JwkArguments),
}

#[derive(Debug, Args)]
pub(super) struct KeyRotate {
    /// RS256, PS256, ES256 or EdDSA [default: the issuer's]
    #[arg(long)]
    pub algorithm: Option<String>,
    /// Sign with the next key at once, and say what that costs
    #[arg(long)]
    pub now: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct KeyExport {
    /// Its name, as `laika key list` has it
    #[arg(allow_hyphen_values = true)]
    pub kid: String,
    /// Encrypt it under the first line of this file (PBES2)
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct KeyImport {
    /// The key: PKCS#8, plain or encrypted, PKCS#1 or SEC 1
    pub file: PathBuf,
    /// What it signs with: RS256, PS256, ES256 or EdDSA
    #[arg(long)]
    pub algorithm: String,
    /// What it is encrypted under is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    const PAGE: &str = include_str!("../../../docs/commands.md");

    /// A row for each command that does something.
    fn rows(path: &str, command: &clap::Command) -> Vec<String> {
        let within =
            |command: &clap::Command| rows(&format!("{path} {}", command.get_name()), command);
        let about = command.get_about().unwrap_or_default();
        match command.has_subcommands() {
            true => command.get_subcommands().flat_map(within).collect(),
            false => vec![format!("| `{path}` | {about} |")],
        }
    }

    #[test]
    fn the_page_has_a_row_for_every_command_and_no_other() {
        let expected = rows("laika", &Arguments::command()).join("\n");
        let found: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| `laika")).collect();
        assert_eq!(
            found.join("\n"),
            expected,
            "`docs/commands.md` is not up to date:\n{expected}\n"
        );
    }
}
