//! Passkeys: enrolled, used, renamed, removed.
//!
//! # Design
//!
//! * **One passkey is two factors**, since its authenticator verifies the user each time; so it opens
//!   an account by itself, and what it opens asks for nothing more.
//! * **A challenge is good once**, for five minutes, for the one thing that it was made for: a
//!   session's enrolment or step-up, a log-in that waits, or a sign-in. It is used up before what was
//!   signed for it is believed, whatever comes of that.
//! * **A counter that does not go on** means that there are two of what should be one: that use is
//!   refused, and the audit log says so. Passkeys that synchronise do not count, and say 0.
//! * **Whoever has no passkey of here learns nothing**: a sign-in begins the same for everybody, and
//!   ends with one answer for an unknown passkey and a wrong signature.
//!
//! What is signed is read and checked in [`webauthn`](crate::webauthn).

mod challenge;
mod enrol;
mod own;
mod prove;
mod sign_in;

use laika_claims::IssuerCode;

pub use challenge::{LIFETIME, Purpose};
pub(super) use enrol::described;
pub use enrol::{Enrolled, MOST, confirm, offer};
pub use own::{Name, remove, rename};
pub(super) use prove::prove;
pub use prove::{ask_second_factor, ask_step_up};
pub use sign_in::{SignIn, begin, finish};

use crate::app::App;
use crate::problem::Problem;
use crate::webauthn::RelyingParty;

/// What passkeys of this issuer belong to.
fn relying_party(app: &App) -> Result<&RelyingParty, Problem> {
    app.passkeys.as_ref().ok_or_else(|| {
        let detail = format!(
            "browsers know no passkeys for `{}`: set `public_url` to an https URL whose host is no \
             number, or to `http://localhost`",
            app.issuer.as_str()
        );
        Problem::issuer(IssuerCode::NotFound, detail)
    })
}

fn none_such() -> Problem {
    let detail = "there is no such passkey; `GET /v1/me/passkeys` lists those there are";
    Problem::issuer(IssuerCode::NotFound, detail)
}
