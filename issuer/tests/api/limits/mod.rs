//! Rate limits, and the ways round them that do not work.

mod log_in;
mod standard;
mod table;
