//! What keeps the service up: who is believed, how much is done at once, a database that fails.

mod database;
mod load;
mod names;
