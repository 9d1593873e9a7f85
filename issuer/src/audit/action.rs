//! What is written into the audit log: the one list.

use std::fmt;

use schemars::JsonSchema;

macro_rules! actions {
    ($($variant:ident = $name:literal: $meaning:literal;)*) => {
        /// What was done. What does not stand here can't be written into the log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
        pub enum Action {
            $(
                #[doc = $meaning]
                #[schemars(rename = $name)]
                $variant,
            )*
        }

        impl Action {
            /// Every action.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As it is written: `subject.verb`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What has happened then.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }
    };
}

// `docs/audit.md` has the same, which a test sees to.
actions! {
    UserRegistered = "user.registered": "Somebody made themselves an account, here or by a first log-in at a provider";
    UserCreated = "user.created": "An account was made for somebody";
    UserDisabled = "user.disabled": "An account was closed until it is enabled again; its sessions ended";
    UserEnabled = "user.enabled": "An account that was disabled was opened";
    UserDeleted = "user.deleted": "An account was deleted, by its owner or for them; name and e-mail stay reserved";
    UserErased = "user.erased": "What was known of a person was removed for good";
    UserMerged = "user.merged": "An anonymous holder logged in to an account and became one with it";
    UserSessionsEnded = "user.sessions_ended": "All sessions of somebody were ended for them";
    UsernameChanged = "username.changed": "Somebody took another user name";
    EmailChangeRequested = "email.change_requested": "Somebody asked for another e-mail, which is to be proved";
    EmailChanged = "email.changed": "Another e-mail took the place of the one before";
    EmailChangeUndone = "email.change_undone": "A change of e-mail was taken back by the one before";
    EmailDropped = "email.dropped": "An account lost an unproved e-mail to whoever proved it";
    PasswordChanged = "password.changed": "Somebody chose another password, and showed the old one";
    PasswordReset = "password.reset": "Somebody chose another password by a mail";
    TotpAdded = "totp.added": "An authenticator app became a second factor";
    TotpRemoved = "totp.removed": "An authenticator app was taken off the account";
    PasskeyAdded = "passkey.added": "A passkey was added";
    PasskeyRenamed = "passkey.renamed": "A passkey got another name";
    PasskeyRemoved = "passkey.removed": "A passkey was taken off the account";
    PasskeyCountRefused = "passkey.count_refused": "A passkey's counter did not go on and it was refused: there may be two of it";
    BackupCodesRenewed = "backup_codes.renewed": "Fresh backup codes took the place of those before";
    BackupCodesRemoved = "backup_codes.removed": "Backup codes were taken off the account";
    BackupCodeUsed = "backup_code.used": "A backup code stood in for a second factor";
    FactorsRemoved = "factors.removed": "All second factors of somebody were taken off for them; their sessions ended";
    IdentityLinked = "identity.linked": "A log-in at a provider was linked with an account";
    IdentityUnlinked = "identity.unlinked": "A log-in at a provider was taken off an account";
    SessionStarted = "session.started": "A session was begun for somebody, so that a token could be minted";
    SessionSteppedUp = "session.stepped_up": "Somebody proved once more who they are";
    SessionEndScheduled = "session.end_scheduled": "The end of a session was set, or taken back";
    SessionEnded = "session.ended": "A session was ended: by a log-out, for somebody, by the issuer; it says whose";
    TokenMinted = "token.minted": "A micro token was minted for somebody else";
    RoleCreated = "role.created": "A role was made";
    RoleChanged = "role.changed": "A role got another level, description or other permissions";
    RoleDeleted = "role.deleted": "A role was removed from everybody";
    RoleAssigned = "role.assigned": "Somebody was given a role";
    RoleUnassigned = "role.unassigned": "A role was taken from somebody";
    PermissionGranted = "permission.granted": "A permission was granted besides roles";
    PermissionWithdrawn = "permission.withdrawn": "A permission that was granted besides roles was taken away";
    InvitationCreated = "invitation.created": "A link was made with which somebody registers and gets a role";
    ServiceCreated = "service.created": "A service was made";
    ServiceChanged = "service.changed": "What is said about a service was changed";
    ServiceDeleted = "service.deleted": "A service was removed";
    ServiceProviderSecretRotated = "service.provider_secret_rotated": "A new secret signs the requests to a service's permission provider";
    ServiceAccountCreated = "service_account.created": "A service account was made";
    ServiceAccountSecretRotated = "service_account.secret_rotated": "A service account got a new secret";
    ServiceAccountRolesChanged = "service_account.roles_changed": "The roles of a service account were replaced";
    ServiceAccountDisabled = "service_account.disabled": "No secret of a service account counts any more";
    ServiceAccountEnabled = "service_account.enabled": "The secret of a service account counts again";
    ServiceAccountDeleted = "service_account.deleted": "A service account was deleted; its name stays reserved";
    ClientCreated = "client.created": "A client was registered";
    ClientRenamed = "client.renamed": "A client got another name to be read by people";
    ClientSecretRotated = "client.secret_rotated": "A client got a new secret; the old one stopped counting";
    ClientDeleted = "client.deleted": "A client was removed";
    HookCreated = "hook.created": "An endpoint of events was made";
    HookChanged = "hook.changed": "An endpoint of events was changed, enabled or disabled";
    HookSecretRotated = "hook.secret_rotated": "A new secret signs the requests to an endpoint of events";
    HookDeleted = "hook.deleted": "An endpoint of events was removed, with what was to be sent to it";
    HookRepeated = "hook.repeated": "Events that an endpoint was sent, or that were given up, are sent again";
    KeyMade = "key.made": "The first signing key of a further algorithm was made, and signs";
    KeyPublished = "key.published": "The next signing key was made and published; it does not sign yet";
    KeyRotated = "key.rotated": "The next signing key took the place of the one that signed";
    KeyImported = "key.imported": "A signing key was taken in";
    KeyExported = "key.exported": "The private half of a signing key was printed";
    KeyRevoked = "key.revoked": "A signing key was taken back: what it signed is refused";
    DatabaseRestored = "database.restored": "The database was filled with a backup";
}

impl Action {
    /// The action of that name.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text)
    }

    /// Those that are done to the same kind of subject as this text says.
    #[must_use]
    pub fn like(text: &str) -> Vec<Self> {
        let subject = text.split('.').next();
        let is_like = |action: &Self| action.as_str().split('.').next() == subject;
        Self::ALL.iter().copied().filter(is_like).collect()
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/audit.md");

    #[test]
    fn the_page_has_a_row_for_every_action_and_no_other() {
        let rows: Vec<_> =
            PAGE.lines().filter(|line| line.starts_with("| `") && line.contains('.')).collect();
        let expected: Vec<_> = Action::ALL
            .iter()
            .map(|action| format!("| `{action}` | {} |", action.meaning()))
            .collect();
        assert_eq!(rows, expected, "`docs/audit.md` is not up to date");
    }
}
