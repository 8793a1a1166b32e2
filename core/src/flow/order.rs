//! In which order a message goes through the providers.

use super::breaker::Breaker;
use crate::mac::sha256;
use crate::provider::Provider;
use crate::time::UnixMillis;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Returns the places of `able` providers in the order to ask them.
///
/// Weighted ones come first, drawn by their weights from `draw`, which is the challenge's own, so that its resends
/// see one order; the others follow as listed. Resend number `round` begins that many places further on. Those that
/// fail just now go last.
pub(super) fn order(
    providers: &[Box<dyn Provider>],
    able: impl Fn(&dyn Provider) -> bool,
    breaker: &Breaker,
    (round, draw): (u8, &[u8]),
    now: UnixMillis,
) -> Vec<usize> {
    let able = providers.iter().enumerate().filter(|(_, provider)| able(provider.as_ref()));
    let (mut drawn, listed): (Vec<_>, Vec<_>) =
        able.map(|(at, provider)| (at, u64::from(provider.weight()))).partition(|(_, weight)| *weight > 0);
    let mut order = Vec::with_capacity(drawn.len().saturating_add(listed.len()));
    while !drawn.is_empty() {
        let total = drawn.iter().map(|(_, weight)| weight).sum();
        let place = pick(draw, order.len(), total);
        let mut before = 0;
        let found = drawn.iter().position(|(_, weight)| {
            before += weight;
            place < before
        });
        order.push(drawn.remove(found.unwrap_or(0)).0);
    }
    order.extend(listed.into_iter().map(|(at, _)| at));
    if !order.is_empty() {
        let by = usize::from(round) % order.len();
        order.rotate_left(by);
    }
    breaker.sort(order, now)
}

/// Draws a number below `total`; 2^64 is so much larger than any sum of weights that the rest doesn't matter.
fn pick(draw: &[u8], turn: usize, total: u64) -> u64 {
    // Eight bytes everywhere: `usize` has four in wasm, and hosts must agree on the order.
    let turn = u64::try_from(turn).unwrap_or(u64::MAX);
    let hash = sha256(&[b"sansms/1/order", draw, &turn.to_be_bytes()]);
    let head = hash.first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
    head.checked_rem(total).unwrap_or(0)
}
