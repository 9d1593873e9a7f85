//! Sessions: what a main token means at the moment it is shown.
//!
//! The counter in the session row makes every main token usable once for rotation; [`standing()`]
//! holds the rules, [`check`] applies them to every use, [`rotate()`] moves the counter.

mod caller;
mod ending;
mod methods;
mod rotate;
mod standing;
mod start;

pub use caller::{Caller, check, end, end_all, hold};
pub use ending::{end_own, end_scheduled, schedule_end};
pub use methods::{Factor, Way, acr, is_several, with};
pub use rotate::rotate;
pub use standing::{GRACE, Refusal, Standing, standing};
pub(crate) use start::admit;
pub use start::{Arrival, Entered, enter, first, go_on};
