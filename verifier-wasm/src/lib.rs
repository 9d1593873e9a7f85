//! WebAssembly face of `laika-verifier` for JavaScript: conversion only.
//!
//! # Design
//!
//! Nothing but numbers crosses. Texts and bytes are written by the package into the module's memory,
//! at [`input`], and what is said is left there and read at the places that [`report`] names, so that
//! no bindings are needed, and nothing is copied that need not be. A verifier is a number, too.
//!
//! What happens for each request has an export of its own: [`prove`] for a token that is new, whose
//! claims are left as they were signed, after the verifier has read them strictly; [`recall`] for a
//! token that comes again: the package finds its text, which JavaScript compares whole, and asks by
//! the serial that came with the first answer; [`decide`] for a request, which is answered by a
//! number where it is allowed. All else goes through [`ask`]: a question in JSON, an answer in JSON,
//! read by the parser that reads tokens. Nothing is decided here; the package in `pkg/` is the only
//! user.

#![forbid(unsafe_code)]

#[cfg(target_family = "wasm")]
mod allocator;
mod ask;
mod held;
mod memory;
mod outcome;

use std::cell::RefCell;

use laika_verifier::Timestamp;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::held::{GONE, Held, SEE_ANSWER, UNKNOWN};
use crate::memory::Memory;
use crate::outcome::Refusal;

/// All that stands behind the exports.
#[derive(Debug)]
struct Module {
    /// The verifiers by their numbers; a number is given again after [`release`].
    verifiers: Vec<Option<Box<Held>>>,
    memory: Memory,
}

thread_local! {
    static MODULE: RefCell<Module> =
        const { RefCell::new(Module { verifiers: Vec::new(), memory: Memory::new() }) };
}

/// The address of a place where so many bytes may be written, which stays until more are asked for;
/// 0 lets go of it.
#[wasm_bindgen]
pub fn input(bytes: usize) -> *mut u8 {
    MODULE.with_borrow_mut(|module| module.memory.input(bytes))
}

/// The address of five doubles: address and length in bytes of the claims that [`prove`] has left,
/// and of the last answer, both as JSON text, and the serial of the token. It never changes.
#[wasm_bindgen]
pub fn report() -> *const f64 {
    MODULE.with_borrow(|module| module.memory.report())
}

/// Verifies the token of so many bytes that was written to [`input`]. 1 when it holds, its claims
/// are all that is to be said of it (issuer, subject, permissions, roles and expiry are what the
/// claims of these names say) and the package knows all else, its header too, which is the one that
/// came last from this verifier; 2 when the answer is its header. The claims are where the report
/// says, until the next call. 0 when the answer, a `VerifyOutcome`, is all.
#[wasm_bindgen]
pub fn prove(verifier: usize, length: usize, now: f64, may_fetch: bool) -> i32 {
    enter(verifier, now, SEE_ANSWER, |held, memory, now| held.prove(memory, length, now, may_fetch))
}

/// Whether the token of `serial` still holds: -1 when it does not or is not kept any more, so that
/// its text is to be verified; 0 when it does; 1 when it does and there is news for the package.
#[wasm_bindgen]
pub fn recall(verifier: usize, serial: f64, now: f64, may_fetch: bool) -> i32 {
    enter(verifier, now, GONE, |held, _, now| held.recall(serial, now, may_fetch))
}

/// The place of the rule that allows the request, of so many bytes, which was written to [`input`]
/// (method, path and, where it is known, host, with line feeds between them), for nobody (a `serial`
/// of -1) or for whoever has the token of `serial`. -1 for every other decision and where there is
/// news: then the answer is an `AuthorizeOutcome`. -2 when the token does not hold or is not kept any
/// more, so that its text is needed.
#[wasm_bindgen]
pub fn decide(verifier: usize, serial: f64, length: usize, now: f64, may_fetch: bool) -> i32 {
    enter(verifier, now, UNKNOWN, |held, memory, now| {
        held.decide(memory, serial, length, now, may_fetch)
    })
}

/// Answers the question of `length` bytes that was written to [`input`]: a JSON array of its name
/// and its arguments. As many as `bytes` follow it, where it is about a text or a body. Whether there
/// is an answer; otherwise what stands in its place is the error, `{code, message}`.
#[wasm_bindgen]
pub fn ask(verifier: usize, length: usize, bytes: usize, now: f64) -> bool {
    MODULE.with_borrow_mut(|Module { verifiers, memory }| {
        let (question, bytes) = memory.question(length, bytes);
        let answer = ask::answer(verifiers, verifier, question, bytes, now);
        let is_answer = answer.is_ok();
        memory.answer(answer.unwrap_or_else(|refusal| refusal.json()));
        is_answer
    })
}

/// Lets go of a verifier. Does nothing in a module that has stopped in the middle of its work.
#[wasm_bindgen]
pub fn release(verifier: usize) {
    MODULE.with(|module| {
        if let Ok(mut module) = module.try_borrow_mut()
            && let Some(place) = module.verifiers.get_mut(verifier)
        {
            *place = None;
        }
    });
}

/// Calls a verifier. Where there is none, or `now` is no time, which the package rules out, the
/// answer says so, and `otherwise` is returned.
fn enter(
    verifier: usize,
    now: f64,
    otherwise: i32,
    call: impl FnOnce(&mut Held, &mut Memory, Timestamp) -> i32,
) -> i32 {
    MODULE.with_borrow_mut(|Module { verifiers, memory }| {
        let found = held(verifiers, verifier).and_then(|held| Ok((held, moment(now)?)));
        match found {
            Ok((held, now)) => call(held, memory, now),
            Err(refusal) => {
                let mut answer = outcome::Object::new();
                answer.json("error", &refusal.json());
                memory.answer(answer.end());
                otherwise
            }
        }
    })
}

fn held(verifiers: &mut [Option<Box<Held>>], number: usize) -> Result<&mut Held, Refusal> {
    let held = verifiers.get_mut(number).and_then(Option::as_deref_mut);
    held.ok_or_else(|| Refusal::options("there is no such verifier"))
}

fn moment(now: f64) -> Result<Timestamp, Refusal> {
    Timestamp::from_seconds(now)
        .ok_or_else(|| Refusal::options("`now` must return seconds since 1970, from 0 to 2^53"))
}
