//! What the tests that cross the parts share: keys and a signer that is not the one under test,
//! the golden vectors, and the processes they start.

pub mod endurance;
pub mod envoy;
pub mod faces;
pub mod fuzz;
pub mod http;
pub mod issuer;
pub mod module;
pub mod process;
pub mod signing;
pub mod traffic;
pub mod vectors;
