//! A wave: operations on several partitions at once, and what it comes to.

use super::{Heard, unavailable};
use crate::limit::{Lease, Part, Reply};
use crate::outcome::{Code, Outcome};
use crate::store::StoreOp;
use crate::time::Millis;
use alloc::string::String;
use alloc::vec::Vec;

/// Returns the outcome of a wave that was not granted whole.
///
/// A partition that can't answer weighs most, then an earlier attempt, then the longest wait.
pub(super) fn refusal(parts: &[Part], heard: &[Heard]) -> Option<Outcome> {
    if let Some(code) = heard.iter().find_map(|heard| heard.as_ref().err()) {
        return Some(unavailable(*code));
    }
    let mut longest: Option<(u64, Code)> = None;
    for (part, heard) in parts.iter().zip(heard) {
        let (wait, code) = match heard {
            Ok(Reply::Granted { .. }) => continue,
            Ok(Reply::Replayed { remaining_ms, .. }) => {
                let mut outcome = Outcome::new(Code::SentReplayed);
                outcome.replayed = true;
                outcome.expires_in = Some(Millis(*remaining_ms));
                return Some(outcome);
            }
            Ok(Reply::Denied { rule, retry_ms }) => match part.rules.get(usize::from(*rule)) {
                Some((_, code)) => (*retry_ms, *code),
                None => return Some(unavailable(Code::StoreReply)),
            },
            Ok(Reply::Full { retry_ms }) => (*retry_ms, Code::LimitSlots),
            _ => return Some(unavailable(Code::StoreReply)),
        };
        longest = longest.max(Some((wait, code)));
    }
    longest.map(|(wait, code)| Outcome::new(code).after(Millis(wait)))
}

/// Returns the operations that reserve partitions which keep no challenge.
#[inline(never)]
pub(super) fn reserved(parts: &[Part], lease: Lease) -> Vec<StoreOp> {
    let mut ops = Vec::with_capacity(parts.len());
    for part in parts {
        ops.push(store_op(part, part.reserve(lease, None, None).write()));
    }
    ops
}

pub(super) fn store_op(part: &Part, op: String) -> StoreOp {
    StoreOp { key: part.key.clone(), op }
}
