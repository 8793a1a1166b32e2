//! Where partitions are kept: the operations as a host sees them, and the memory store.

mod memory;
pub mod redis;

pub use memory::MemoryStore;

use crate::limit::{Op, Refusal, Reply, apply as apply_op};
use crate::time::{Millis, UnixMillis};
use alloc::string::String;
use alloc::vec::Vec;

/// One operation on one key, as a host hands it to a store.
///
/// The key names a partition blindly; the operation holds MACs and counts, no number and no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOp {
    /// The key: ASCII, no blank, at most 128 bytes.
    pub key: String,
    /// The operation: one line of ASCII.
    pub op: String,
}

/// What became of a record, as a store adapter sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The record to keep from now on; `None` leaves what is there, and its time to live, as it is.
    pub record: Option<Vec<u8>>,
    /// How long to keep `record`, at least.
    pub ttl: Millis,
    /// The reply, to be handed back to the flow.
    pub reply: String,
}

/// Applies one operation to one record: all that a store adapter has to call.
///
/// `record` is what the store holds under the operation's key, `now` the clock of the place that keeps it.
/// The caller holds the key from before it reads the record until after it has written it.
#[must_use]
pub fn apply(record: Option<&[u8]>, op: &str, now: UnixMillis) -> Applied {
    let Some(op) = Op::read(op) else {
        let reply = Reply::Refused(Refusal::Operation).write();
        return Applied { record: None, ttl: Millis(0), reply };
    };
    let applied = apply_op(record, &op, now);
    Applied { record: applied.record, ttl: applied.ttl, reply: applied.reply.write() }
}
