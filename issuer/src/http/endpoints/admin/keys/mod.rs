//! `/v1/admin/keys`: signing keys, without their secrets. What their private halves are needed for,
//! export and import, is the command line's alone.

pub mod list;
pub mod revoke;
pub mod rotate;
