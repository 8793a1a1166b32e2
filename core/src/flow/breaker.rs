//! The breaker: a provider that fails goes to the end of the line for a while.
//!
//! It lives in one process and only changes an order, never a limit: a provider that is passed over is still asked
//! when every other one has failed.

use crate::time::{Millis, UnixMillis};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Failures in a row that open the breaker.
const FAILURES: u32 = 3;

/// How long a provider then waits at the end of the line.
const PAUSE: Millis = Millis(30_000);

/// What is known of each provider.
#[derive(Debug)]
pub(crate) struct Breaker(Vec<Health>);

/// What two flows note at once may lose one of the notes: an order is all that it changes.
#[derive(Debug, Default)]
struct Health {
    failures: AtomicU32,
    until: AtomicU64,
}

impl Breaker {
    /// Starts with every provider in health.
    pub(crate) fn new(providers: usize) -> Self {
        Self((0..providers).map(|_| Health::default()).collect())
    }

    /// Returns the providers with those that fail just now at the end.
    pub(crate) fn sort(&self, order: Vec<usize>, now: UnixMillis) -> Vec<usize> {
        let well =
            |at: &usize| self.0.get(*at).is_none_or(|health| health.until.load(Ordering::Relaxed) <= now.0);
        let (well, failing): (Vec<_>, Vec<_>) = order.into_iter().partition(well);
        [well, failing].concat()
    }

    /// Notes how a provider did. After the pause one more failure is enough to open it again.
    pub(crate) fn note(&self, provider: usize, well: bool, now: UnixMillis) {
        let Some(health) = self.0.get(provider) else { return };
        if well {
            health.failures.store(0, Ordering::Relaxed);
            health.until.store(0, Ordering::Relaxed);
            return;
        }
        let failures = health.failures.load(Ordering::Relaxed).saturating_add(1);
        health.failures.store(failures, Ordering::Relaxed);
        if failures >= FAILURES {
            health.until.store(now.plus(PAUSE).0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_provider_goes_last_and_comes_back() {
        let breaker = Breaker::new(3);
        let at = UnixMillis;
        let order = |now| breaker.sort(vec![0, 1, 2], UnixMillis(now));
        assert_eq!(order(0), [0, 1, 2]);
        for _ in 0..3 {
            assert_eq!(order(0), [0, 1, 2]);
            breaker.note(0, false, at(0));
        }
        assert_eq!(order(29_999), [1, 2, 0]);
        assert_eq!(order(30_000), [0, 1, 2]);
        breaker.note(0, false, at(30_000));
        assert_eq!(order(30_001), [1, 2, 0]);
        breaker.note(0, true, at(30_002));
        assert_eq!(order(30_003), [0, 1, 2]);
    }
}
