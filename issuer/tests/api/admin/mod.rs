//! Administration.

mod attacks;
mod audit;
mod grants;
mod last_administrator;
mod matrix;
mod roles;
mod services;
mod stage;
mod users;
