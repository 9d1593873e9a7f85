//! The calls between a proxy-wasm module (ABI 0.2.1) and its host, as far as the filter needs them.
//!
//! * **Bytes.** What a host hands over stays where the host has put it, and is text only where
//!   somebody proves it. Nothing here panics, whatever comes.
//! * **Few.** A host calls each callback that is exported, for each request; there are no others than
//!   those in which there is something to do.
//! * **`unsafe` is here and nowhere else.** A host is reached through functions that the linker knows
//!   by name, and leaves its answers in memory that it was given by the allocator of `calls`. Each such
//!   place says why it holds; what is built on this crate forbids `unsafe`.
//!
//! | module | what lives there |
//! |---|---|
//! | [`map`] | headers as they cross, read in place |
//! | `calls` | what a module asks of its host (wasm32 only) |
//! | `export` | what a host asks of a module: the trait `Module` and the macro `export!` (wasm32 only) |

#![cfg_attr(
    target_arch = "wasm32",
    expect(unsafe_code, reason = "the calls of a host are functions of another language")
)]

#[cfg(target_arch = "wasm32")]
pub mod calls;
#[cfg(target_arch = "wasm32")]
mod export;
pub mod map;

#[cfg(target_arch = "wasm32")]
pub use export::{Action, Module, install};
