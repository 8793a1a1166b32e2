//! The limiter: one pure function over one record, and the operations it takes.
//!
//! The unit of atomicity is a *partition* (one number, one address, one budget …): one record under one key.
//! [`apply`](fn@apply) takes the record, an operation and the time of the place that keeps the record, and
//! returns the new record, how long to keep it, and the reply. Every store is "take the record, call `apply`,
//! put it back", held together by that place's own lock; Redis runs the same rules as a script.
//!
//! Limits are exact rolling windows, half open: an entry exactly as old as the window is out.

mod apply;
mod op;
mod plan;
mod record;
mod series;
mod slot;
#[cfg(test)]
mod tests;
mod text;

pub use apply::{Applied, apply};
pub use op::{
    Charge, Check, Consume, Count, Lease, Op, Refusal, Release, Reply, Reserve, RuleOp, SlotOp, SlotReply,
    SlotStanding, Standing,
};
pub(crate) use plan::WRONG;
pub use plan::{Held, Kind, Part, Planner};
pub use record::{BINS, Bins, Entry, Form, Record, Series, Slot, SlotState, Unreadable};

/// How far a record may be ahead of the place's clock before the place is at fault.
pub const CLOCK_SLACK_MS: u64 = 600_000;

/// How long a given-back lease is remembered, so that a doubled call counts once: longer than the clocks of two
/// hosts may differ, and a flow lives, together.
pub const LEASE_MEMORY_MS: u32 = 1_800_000;

/// How many recent leases a binned series remembers.
pub const RECENT_MAX: usize = 32;

/// How many entries a log keeps at most; past that, given-back ones go first.
pub const LOG_MAX: usize = 96;
