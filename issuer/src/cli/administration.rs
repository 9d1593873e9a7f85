//! What may be written behind `laika user`, `role`, `service`, `grant`, `hook` and `audit`.

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};

use crate::audit::Action;
use crate::db::deliveries::State;
use crate::events::hooks::OVERLAP;

const USER_EXAMPLES: &str = "\
Examples:
  laika user create ann --email ann@example.com --role orders/clerk < password.txt
  laika user show ann --json
  laika user disable ann
  laika user invite administrator";

const ROLE_EXAMPLES: &str = "\
Examples:
  laika role create orders/clerk --level 50 --permission orders:read --permission orders:create
  laika role assign ann orders/clerk
  laika role list --json";

const SERVICE_EXAMPLES: &str = "\
Examples:
  laika service create orders --permission orders:read --permission orders:create
  laika service show orders
  laika service provider-secret storage --overlap 3600";

const GRANT_EXAMPLES: &str = "\
Examples:
  laika grant add ann orders:cancel
  laika grant add svc:depot orders:read
  laika grant list --holder ann --json";

const HOOK_EXAMPLES: &str = "\
Examples:
  laika hook create https://hooks.example.com/laika --event user.created --event user.deleted
  laika hook deliveries 01234567-89ab-cdef-0123-456789abcdef --state dead
  laika hook repeat 01234567-89ab-cdef-0123-456789abcdef";

const AUDIT_EXAMPLES: &str = "\
Examples:
  laika audit list --action role.assigned --json
  laika audit list --subject user:01234567-89ab-cdef-0123-456789abcdef --from 1800000000";

#[derive(Debug, Subcommand)]
#[command(after_help = USER_EXAMPLES)]
pub(super) enum UserCommand {
    /// Make a user and print the id; the password is the first line of standard input
    Create {
        /// Name of the account
        username: String,
        /// E-mail of the account
        #[arg(long)]
        email: String,
        /// The e-mail is known to be theirs: nobody asks them to prove it
        #[arg(long)]
        email_verified: bool,
        /// A role, such as `administrator` or `orders/clerk`; may be given several times
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List users by name
    List(List),
    /// Show a user with roles and level
    Show {
        #[command(flatten)]
        user: UserName,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Close an account until it is enabled again; its sessions end
    Disable(UserName),
    /// Open an account that was disabled
    Enable(UserName),
    /// Delete an account; its sessions end, name and e-mail stay reserved
    Delete(UserName),
    /// Remove what is known of a person for good; the id stays, and what the audit log says of it
    Erase(UserName),
    /// List the roles of a user
    Roles {
        #[command(flatten)]
        user: UserName,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the sessions of a user, youngest first
    Sessions {
        #[command(flatten)]
        user: UserName,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End the sessions of a user
    EndSessions {
        #[command(flatten)]
        user: UserName,
        /// Only this one
        #[arg(long, value_name = "ID")]
        session: Option<uuid::Uuid>,
    },
    /// Take second factors off an account whose owner has lost them; sessions end
    ResetFactors(UserName),
    /// Print a link with which somebody registers within a day, once, and gets a role
    Invite {
        /// The role
        role: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct UserName {
    /// Name or e-mail of the account, or its id, which wins
    pub user: String,
}

#[derive(Debug, Args)]
pub(super) struct HolderName {
    /// Name, e-mail or id of a user, or `svc:NAME` of a service account
    pub holder: String,
}

#[derive(Debug, Subcommand)]
#[command(after_help = ROLE_EXAMPLES)]
pub(super) enum RoleCommand {
    /// Make a role, or change what is said about one that exists
    Create {
        /// Its name: `auditor`, or `orders/clerk` for a role of a service
        name: String,
        /// How strong it is; lower is stronger. A new role needs one
        #[arg(long)]
        level: Option<i64>,
        /// A permission, such as `orders:read` or `orders:*`, instead of all it had; may be given
        /// several times
        #[arg(long = "permission", value_name = "PERMISSION")]
        permissions: Option<Vec<String>>,
        /// Take all of its permissions away
        #[arg(long, conflicts_with = "permissions")]
        no_permissions: bool,
        /// What it is for, in words
        #[arg(long)]
        description: Option<String>,
    },
    /// List roles by name
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a role
    Show {
        /// Its name
        name: String,
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
    /// Take a role from a user
    Unassign {
        /// Name of the user
        username: String,
        /// Name of the role
        role: String,
    },
    /// Remove a role from everybody who holds it, and for good
    Delete {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
#[command(after_help = SERVICE_EXAMPLES)]
pub(super) enum ServiceCommand {
    /// Make a service, or change what is said about one that exists
    Create {
        /// Its name: the first part of its permissions
        name: String,
        /// `aud` of its tokens [default: the name]
        #[arg(long)]
        audience: Option<String>,
        /// Life of its micro tokens in seconds
        #[arg(long, value_name = "SECONDS")]
        token_lifetime: Option<i64>,
        /// RS256, PS256, ES256 or EdDSA; or HS256, where `micro.secret` is set [default: the issuer's]
        #[arg(long)]
        algorithm: Option<String>,
        /// A permission, instead of the catalogue it had; may be given several times
        #[arg(long = "permission", value_name = "PERMISSION")]
        permissions: Option<Vec<String>>,
        /// Empty its catalogue
        #[arg(long, conflicts_with = "permissions")]
        no_permissions: bool,
        /// A service that a token of this one may also be for, instead of those before; may be given
        /// several times
        #[arg(long = "may-share-with", value_name = "SERVICE")]
        may_share_with: Option<Vec<String>>,
    },
    /// List services by name
    List(List),
    /// Show a service
    Show {
        /// Its name
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a service that no role and no direct grant needs any more
    Delete {
        /// Its name
        name: String,
    },
    /// Make a new secret for requests to a permission provider and print it, once
    ProviderSecret {
        /// Its name
        name: String,
        /// How long the secret before also signs, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = OVERLAP)]
        overlap: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
#[command(after_help = GRANT_EXAMPLES)]
pub(super) enum GrantCommand {
    /// Grant a user or a service account a permission
    Add {
        #[command(flatten)]
        holder: HolderName,
        /// The permission, such as `orders:read` or `orders:*`
        permission: String,
    },
    /// Take a permission away that was granted directly
    Remove {
        #[command(flatten)]
        holder: HolderName,
        /// The permission
        permission: String,
    },
    /// List direct grants
    List {
        /// Only those of this user or, as `svc:NAME`, service account
        #[arg(long, alias = "user")]
        holder: Option<String>,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
#[command(after_help = AUDIT_EXAMPLES)]
pub(super) enum AuditCommand {
    /// List entries, youngest first; `--help` says what each action is
    List {
        /// Only what this actor did: `user:<id>`, `command-line` or, of the issuer by itself, `issuer`
        #[arg(long)]
        actor: Option<String>,
        /// Only what was done to this: `user:<id>`, `session:<id>`, `role:<name>`, `service:<name>`,
        /// `svc:<name>`, `client:<id>`, `key:<kid>`, `hook:<id>`, `database`
        #[arg(long)]
        subject: Option<String>,
        /// Only this action
        #[arg(long)]
        action: Option<Action>,
        /// Not before this moment, Unix seconds
        #[arg(long)]
        from: Option<i64>,
        /// Before this moment, Unix seconds
        #[arg(long)]
        to: Option<i64>,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl ValueEnum for Action {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()).help(self.meaning()))
    }
}

#[derive(Debug, Subcommand)]
#[command(after_help = HOOK_EXAMPLES)]
pub(super) enum HookCommand {
    /// Make an endpoint; prints its id and, once, the secret that signs
    Create {
        /// Where requests go: https, to an address that is public or listed in the settings
        url: String,
        /// An event it is told, such as `user.login`; may be given several times [default: all]
        #[arg(long = "event", value_name = "EVENT")]
        events: Vec<String>,
        /// What it is for, in words
        #[arg(long)]
        description: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List endpoints by id
    List(List),
    /// Make a new secret of an endpoint and print it, once; for a time both sign
    Rotate {
        /// Its id
        hook: uuid::Uuid,
        /// How long the old secret also signs, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = OVERLAP)]
        overlap: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Send to an endpoint again
    Enable {
        /// Its id
        hook: uuid::Uuid,
    },
    /// Send nothing to an endpoint; what happens meanwhile it is never told
    Disable {
        /// Its id
        hook: uuid::Uuid,
    },
    /// Remove an endpoint, with what was to be sent to it
    Delete {
        /// Its id
        hook: uuid::Uuid,
    },
    /// List what is on its way to an endpoint, was taken or given up, youngest first
    Deliveries {
        /// Its id, or `amqp`
        hook: String,
        /// Only those that have got this far
        #[arg(long)]
        state: Option<DeliveryState>,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Have sent again what was given up, or one event whatever became of it; prints how many
    Repeat {
        /// Its id, or `amqp`
        hook: String,
        /// Only this event
        #[arg(long, value_name = "ID")]
        event: Option<uuid::Uuid>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of every event
    Schema,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DeliveryState {
    /// To be sent
    Waiting,
    /// The endpoint took it
    Delivered,
    /// It was given up
    Dead,
}

impl From<DeliveryState> for State {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Waiting => Self::Waiting,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Dead => Self::Dead,
        }
    }
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
