//! Sessions: their list and their ends.

mod ends;
mod scheduled;
