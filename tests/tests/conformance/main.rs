//! What others say is right: the examples of the RFCs, Wycheproof's vectors, and tokens that foreign
//! libraries make.

mod answers;
mod foreign;
mod host;
mod kernels;
mod rfc;
mod wycheproof;
