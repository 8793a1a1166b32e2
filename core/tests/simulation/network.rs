//! What the network does to a call on its way to the store, and a provider to a message.

use crate::random::Random;

/// How often things go wrong, in percent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    pub(crate) lost_request: u64,
    pub(crate) lost_reply: u64,
    pub(crate) late: u64,
    pub(crate) doubled: u64,
    pub(crate) store_down: u64,
    pub(crate) crash: u64,
    pub(crate) pause: u64,
    pub(crate) provider: u64,
    /// The longest way to the store, in milliseconds: more than a little reorders calls.
    pub(crate) latency_ms: u64,
}

/// What becomes of one call to the store; times are milliseconds from now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// When it is executed; `None` if it is lost.
    pub(crate) there: Option<u64>,
    /// How long the reply takes; `None` if nobody hears it.
    pub(crate) back: Option<u64>,
    /// When a copy of it is executed too.
    pub(crate) again: Option<u64>,
}

/// What a provider does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Rejected,
    Account,
    Throttled,
    /// Answered with the news that nothing was sent.
    Unavailable,
    /// Answered without sense; delivered or not.
    Senseless(bool),
    /// No answer, and bytes may have left; delivered or not.
    TimedOut(bool),
    /// No byte left.
    Unreached,
}

/// After how long a driver gives up waiting for the store.
pub(crate) const PATIENCE_MS: u64 = 1_000;

/// A late call arrives within this time, well under the half hour for which leases are remembered.
const LATE_MS: u64 = 240_000;

impl Faults {
    pub(crate) const NONE: Self = Self {
        lost_request: 0,
        lost_reply: 0,
        late: 0,
        doubled: 0,
        store_down: 0,
        crash: 0,
        pause: 0,
        provider: 0,
        latency_ms: 0,
    };

    pub(crate) fn draw(random: &mut Random) -> Self {
        let calm = Self { latency_ms: *random.pick(&[0, 3, 40]), ..Self::NONE };
        match random.below(6) {
            0 => calm,
            1 => Self { provider: 50, crash: 2, ..calm },
            2 => Self { latency_ms: 800, doubled: 15, ..calm },
            3 => Self { lost_request: 8, lost_reply: 8, late: 4, provider: 20, ..calm },
            4 => Self { lost_reply: 25, doubled: 10, crash: 5, pause: 4, provider: 30, ..calm },
            _ => Self {
                lost_request: 5,
                lost_reply: 5,
                late: 5,
                doubled: 5,
                store_down: 3,
                crash: 3,
                pause: 3,
                provider: 35,
                latency_ms: 400,
            },
        }
    }

    pub(crate) fn fate(&self, random: &mut Random) -> Fate {
        let mut way = || random.below(self.latency_ms + 1);
        let (there, back) = (way(), way());
        let heard = Fate { there: Some(there), back: Some(back), again: None };
        let at = random.below(100);
        let bounds = [self.lost_request, self.lost_reply, self.late, self.doubled];
        let mut sum = 0;
        let which = bounds.iter().position(|percent| {
            sum += percent;
            at < sum
        });
        match which {
            Some(0) => Fate { there: None, back: None, again: None },
            Some(1) => Fate { back: None, ..heard },
            Some(2) => Fate { there: Some(random.between(PATIENCE_MS, LATE_MS)), back: None, again: None },
            Some(3) => {
                let soon = random.chance(50);
                let again = if soon { random.below(2_000) } else { random.below(LATE_MS) };
                Fate { again: Some(again), ..heard }
            }
            _ => heard,
        }
    }

    pub(crate) fn answer(&self, random: &mut Random) -> Answer {
        if !random.chance(self.provider) {
            return Answer::Accepted;
        }
        *random.pick(&[
            Answer::Rejected,
            Answer::Account,
            Answer::Throttled,
            Answer::Unavailable,
            Answer::Unreached,
            Answer::Unreached,
            Answer::Senseless(true),
            Answer::Senseless(false),
            Answer::TimedOut(true),
            Answer::TimedOut(false),
        ])
    }
}

impl Fate {
    /// Tells whether the call did what calls should do, once and heard.
    pub(crate) fn is_plain(&self) -> bool {
        self.back.is_some() && self.again.is_none()
    }
}

impl Answer {
    pub(crate) fn delivered(self) -> bool {
        matches!(self, Self::Accepted | Self::Senseless(true) | Self::TimedOut(true))
    }

    /// Tells whether the flow can't know that nothing was delivered.
    pub(crate) fn possible(self) -> bool {
        matches!(self, Self::Accepted | Self::Senseless(_) | Self::TimedOut(_))
    }
}
