//! Puts functions that are alike next to each other, which makes a module smaller where it is
//! compressed: gzip finds again what it has seen in the last 32 KiB, and no further back.
//!
//! To an engine it is nothing which function stands where. `wasm-opt` can sort functions by their
//! names, so here they get names that sort as they should stand; whatever ships has no names.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use wasm_encoder::{NameMap, NameSection, Section as _};
use wasmparser::{Parser, Payload};

use crate::files;

/// Bytes that count as alike where two functions have them.
const PIECE: usize = 5;
/// Bytes in which a compressor looks for what it has seen before.
const WINDOW: usize = 32 * 1024;

/// Names the functions of the module at `path`, which imports nothing and has no names yet, after
/// the places that they should have.
pub(crate) fn by_likeness(path: &Path) -> Result<()> {
    let mut module = files::read(path)?;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(&module) {
        let payload = payload.with_context(|| format!("cannot read `{}`", path.display()))?;
        ensure!(!matches!(payload, Payload::ImportSection(_)), "the module has imports");
        if let Payload::CodeSectionEntry(body) = payload {
            bodies.push(body.as_bytes());
        }
    }
    let mut places = vec![String::new(); bodies.len()];
    for (place, index) in order(&bodies).into_iter().enumerate() {
        if let Some(name) = places.get_mut(index) {
            *name = format!("{place:06}");
        }
    }
    let mut names = NameMap::new();
    (0..).zip(&places).for_each(|(index, name)| names.append(index, name));
    let mut section = NameSection::new();
    section.functions(&names);
    section.append_to(&mut module);
    files::write(path, &module)
}

/// Indices of `bodies` in an order: the longest comes first, and then always the one of which the
/// largest part has just been seen.
#[expect(clippy::indexing_slicing, reason = "indices of what is counted here")]
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let mut number = |piece| {
        let next = numbers.len();
        *numbers.entry(piece).or_insert(next)
    };
    let pieces: Vec<BTreeSet<usize>> =
        bodies.iter().map(|body| body.windows(PIECE).map(&mut number).collect()).collect();
    // How many functions within the window have each piece.
    let mut seen = vec![0_usize; numbers.len()];
    let mut order: Vec<usize> = Vec::new();
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let (mut oldest, mut window) = (0, 0);
    while !left.is_empty() {
        let likeness = |index: &usize| {
            let alike = pieces[*index].iter().filter(|piece| seen[**piece] > 0).count();
            (1_000_000 * alike / (pieces[*index].len() + 1), bodies[*index].len())
        };
        let best = left.iter().enumerate().max_by_key(|(_, index)| likeness(index));
        let Some((place, &next)) = best else { break };
        left.remove(place);
        order.push(next);
        pieces[next].iter().for_each(|piece| seen[*piece] += 1);
        window += bodies[next].len();
        while window > WINDOW && oldest + 1 < order.len() {
            let gone = order[oldest];
            pieces[gone].iter().for_each(|piece| seen[*piece] -= 1);
            window -= bodies[gone].len();
            oldest += 1;
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn what_is_alike_stands_together_and_nothing_is_lost() {
        let bodies: [&[u8]; 6] = [
            b"abcdefghijkl",
            b"0123456789abcdef!",
            b"",
            b"x0123456789",
            b"zzzzefghijkl",
            b"bcdefghij",
        ];
        assert_eq!(order(&bodies), [1, 3, 0, 5, 4, 2]);
        assert!(order(&[]).is_empty());
    }
}
