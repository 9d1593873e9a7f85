//! The filter that guards services behind Envoy, Istio and every other host of the proxy-wasm ABI.
//!
//! # Design
//!
//! * **One core.** Tokens and policies are judged by `laika-verifier`; the filter adds only what a
//!   proxy has to do: where a token stands, which headers go on, how a denial is answered.
//! * **Decisions know no host.** [`Filter`] takes headers and the time and says what to do. Only the
//!   adapter, compiled for wasm32 alone, calls the host; it converts and decides nothing.
//! * **Closed when in doubt.** A configuration that is not understood refuses every request. A
//!   stream goes on only after a judgement has said so.
//! * **Bytes.** Headers are bytes until proved to be text, and stay where the host has put them: a
//!   panic about one that is not UTF-8 would take the whole module down.
//!
//! | module | what lives there |
//! |---|---|
//! | [`filter`] | [`Filter`]: from the headers of a request to an [`Outcome`] |
//! | [`config`] | the plugin configuration |
//! | [`denial`] | the answer to a request that was denied |
//! | [`shared`] | what the workers of one proxy share |
//! | [`signatures`] | Envoy's host call that checks a signature |
//! | [`tokens`] | where tokens stand in a request |
//! | [`forward`] | claims as headers, and forged ones removed |
//! | `contexts` | finds what belongs to a context by its number |
//! | `host` | the adapter (wasm32 only) |

#![forbid(unsafe_code)]

pub mod config;
#[cfg(any(target_arch = "wasm32", test))]
mod contexts;
pub mod denial;
pub mod filter;
pub mod forward;
#[cfg(target_arch = "wasm32")]
mod host;
pub mod shared;
pub mod signatures;
pub mod tokens;

pub use config::Config;
pub use denial::Denial;
pub use filter::{Arrived, Call, Edit, Filter, Headers, Judgement, Outcome, Verdict};
