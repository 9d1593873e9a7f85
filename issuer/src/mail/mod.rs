//! Mail: an outbox in the database, and the task that empties it by SMTP.
//!
//! What causes a mail puts a row into the outbox, in its own transaction, so there is no change
//! without its mail and no mail without its change. The row says what the mail is about and to whom
//! it goes, and nothing else: [`compose()`] decides when the mail is sent what it says, and makes its
//! code then. So a code never lies anywhere but in the mail, and a request does the same work
//! whether there is an account with the address or not.
//!
//! Links are built from `public_url` alone, with the code in the fragment, which reaches no server
//! log and no `Referer`.

mod compose;
mod deliver;
mod message;
mod outbox;
mod smtp;
pub mod template;

pub use compose::{Composed, compose};
pub use deliver::{deliver, forget_old, run};
pub use message::Message;
pub use outbox::{About, queue, remove_all};
pub use smtp::{Mailer, Refused};
pub use template::{Templates, Text};

/// Seconds a registration waits for its proof, and the life of the code that proves an e-mail.
pub const PROOF_LIFETIME: i64 = 24 * 3600;

/// Life in seconds of the code that lets a new password be chosen.
pub const RESET_LIFETIME: i64 = 20 * 60;

/// Seconds during which a change of e-mail can be taken back.
pub const UNDO_LIFETIME: i64 = 7 * 24 * 3600;
