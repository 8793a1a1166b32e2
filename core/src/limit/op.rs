//! What can be asked of a partition, and what it answers. Durations only, never instants.

use crate::key::KeyId;
use crate::limit::record::{Form, SlotState};
use alloc::vec::Vec;

/// A flow's hold on what it reserved: 64 bits from its seed.
pub type Lease = u64;

/// One operation on one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Take a place in every rule, or in none.
    Reserve(Reserve),
    /// Give places back.
    Release(Release),
    /// Compare a code, count the try, consume on a match.
    Check(Check),
    /// Count a try whose code the provider is then asked about.
    Count(Count),
    /// Spend the challenge whose code the provider found right.
    Consume(Consume),
    /// Tell how the partition stands by these rules; nothing is changed.
    Look(Vec<RuleOp>),
    /// Forget what is counted and every challenge; a call of before that comes late counts anew.
    Forget,
}

/// Takes a place in every rule of the partition, or in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserve {
    /// Who takes it. The same lease asked again hears the same answer and is charged once.
    pub lease: Lease,
    /// Bound form of the caller's idempotency key.
    pub idem: Option<u64>,
    /// The rules, in the order that refusals name them by.
    pub rules: Vec<RuleOp>,
    /// The challenge to store, on a number's partition.
    pub slot: Option<SlotOp>,
}

/// One rule: at most `limit` in any `window_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleOp {
    /// The series it counts; rules with the same number share one.
    pub series: u8,
    /// How the series is kept.
    pub form: Form,
    /// How many, at least 1.
    pub limit: u32,
    /// In any window this long, in milliseconds.
    pub window_ms: u32,
    /// Whether a grant charges it, and what gives back.
    pub charge: Charge,
}

/// Whether a grant charges a rule, and which level of release gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// Given back by any release: what counts deliveries.
    Soft,
    /// Given back only by a release of level 2 (no provider was called).
    Firm,
    /// Not charged at all: the rule only looks.
    Gate,
}

/// A challenge to store, or to find again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotOp {
    /// Finds the slot: purpose and session, blind.
    pub tag: [u8; 8],
    /// The nonce of a new challenge.
    pub nonce: [u8; 16],
    /// The proof of the code that this nonce gives under `kids[0]`.
    pub proof: [u8; 16],
    /// The key ids at hand, the current first; at most four, the rest zero.
    pub kids: [KeyId; 4],
    /// How many of `kids` count, 1 to 4.
    pub kid_count: u8,
    /// How long the code is valid after this send.
    pub validity_ms: u32,
    /// How long a challenge may live in all.
    pub lifetime_ms: u32,
    /// The least remaining validity with which a live challenge is sent again; past `lifetime_ms` never, and then
    /// the new one is never sent again either: its code is the caller's.
    pub least_ms: u32,
    /// Tries of a new challenge.
    pub tries: u8,
    /// How many live challenges a number may have.
    pub max: u8,
}

/// Gives places back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// Whose places.
    pub lease: Lease,
    /// 1 after a provider was called, 2 when none was; 0 gives nothing back, but frees the idempotency key.
    pub level: u8,
    /// The series that give back; for a binned one the bin that was charged.
    pub series: Vec<(u8, Option<u64>)>,
    /// The tag and nonce of a challenge to forget, unless it has been sent since.
    pub slot: Option<([u8; 8], [u8; 16])>,
}

/// Compares a code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// The attempt: the same one asked again hears the same answer and is counted once.
    pub attempt: u32,
    /// Finds the slot.
    pub tag: [u8; 8],
    /// The series of wrong tries.
    pub series: u8,
    /// How long wrong tries are kept.
    pub window_ms: u32,
    /// How many wrong tries are kept at most.
    pub keep: u8,
    /// The proof of the typed code under each pepper at hand.
    pub proofs: Vec<(KeyId, [u8; 16])>,
}

/// Counts a try, as wrong until it is consumed: the provider compares the code.
///
/// The first of three steps: count, ask the provider, consume. A flow that ends between them has spent its try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The attempt: the same one asked again hears the same answer and is counted once.
    pub attempt: u32,
    /// Finds the slot, whichever pepper it was made under.
    pub tag: [u8; 8],
    /// The series of wrong tries.
    pub series: u8,
    /// How long wrong tries are kept.
    pub window_ms: u32,
    /// How many wrong tries are kept at most: the largest limit, and room for those that are taken off again.
    pub keep: u8,
}

/// Spends a challenge, and takes the latest wrong try off: the one that this flow's [`Count`] added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consume {
    /// The attempt that was counted: the same one asked again matches again, another never.
    pub attempt: u32,
    /// The slot's tag.
    pub tag: [u8; 8],
    /// The nonce that the count heard: a challenge made since is another one.
    pub nonce: [u8; 16],
    /// The series of wrong tries.
    pub series: u8,
}

/// What a partition answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The places are taken.
    Granted {
        /// When the same rules would grant again, in milliseconds from now.
        next_ms: u64,
        /// The bins that were charged: series and bin.
        bins: Vec<(u8, u64)>,
        /// How much of each binned rule is used now: rule and count.
        used: Vec<(u8, u32)>,
        /// The challenge that is stored.
        slot: Option<SlotReply>,
    },
    /// A rule refuses.
    Denied {
        /// The rule's place in the operation.
        rule: u8,
        /// When it would grant, in milliseconds from now.
        retry_ms: u64,
    },
    /// Another attempt with this idempotency key came first.
    Replayed {
        /// How long ago, in milliseconds.
        age_ms: u64,
        /// The validity that is left of its challenge; 0 if it is gone.
        remaining_ms: u64,
    },
    /// Every challenge of the number is live.
    Full {
        /// When the first ends, in milliseconds from now.
        retry_ms: u64,
    },
    /// The places were given back, now or before; or all was forgotten.
    Released,
    /// The code is right, and spent.
    Matched,
    /// The code is wrong, and the try is counted.
    Wrong {
        /// Tries that are left on this challenge.
        left: u8,
        /// The validity that is left, in milliseconds.
        remaining_ms: u64,
    },
    /// The try is counted; the provider may be asked.
    Counted {
        /// Tries that are left on this challenge.
        left: u8,
        /// The challenge: what the provider is asked about.
        slot: SlotReply,
    },
    /// No try was left.
    Locked {
        /// The validity that is left, in milliseconds.
        remaining_ms: u64,
    },
    /// There is no live challenge.
    Gone,
    /// How the partition stands.
    Looked {
        /// For each rule that was asked about, in order.
        rules: Vec<Standing>,
        /// The challenges that have not ended, spent ones too.
        slots: Vec<SlotStanding>,
    },
    /// The record can't be used; nothing was changed.
    Refused(Refusal),
}

/// How a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many of its places are taken.
    pub used: u32,
    /// When it would grant, in milliseconds from now; 0 if it does.
    pub wait_ms: u64,
}

/// How a challenge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotStanding {
    /// How often it was sent again, 0 to 15.
    pub round: u8,
    /// Tries that are left.
    pub left: u8,
    /// What the last attempt heard.
    pub state: SlotState,
    /// The validity that is left, in milliseconds.
    pub remaining_ms: u64,
}

/// The challenge that a grant stored or found, or a try was counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotReply {
    /// How often it was sent before: 0 for a new one. Stays at 15.
    pub round: u8,
    /// The pepper that its code is made with.
    pub kid: KeyId,
    /// Its nonce.
    pub nonce: [u8; 16],
    /// The validity that is left, in milliseconds.
    pub remaining_ms: u64,
}

/// Why a record can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is more than ten minutes ahead of the place's clock.
    Clock,
    /// A later release wrote it.
    Version,
    /// It is not a record.
    Corrupt,
    /// The operation can't be read.
    Operation,
    /// Others keep changing it, and the place has given up; only places without locks say so.
    Busy,
}
