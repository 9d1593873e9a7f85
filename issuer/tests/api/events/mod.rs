//! What happens, told to others; and others asked what tokens say.

mod administration;
mod attacks;
mod before_token;
mod delivery;
mod providers;
mod receiver;
