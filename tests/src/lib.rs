//! What the tests that cross the parts share: keys and a signer that is not the one under test,
//! the golden vectors, and the processes they start.

pub mod signing;
pub mod vectors;
