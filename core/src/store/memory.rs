//! The memory store: for tests, and for one process whose restarts may forget.

use super::apply;
use crate::time::UnixMillis;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{BuildHasherDefault, Hasher};
use hashbrown::HashMap;

/// Keys are MACs, which no outsider can choose; a hasher without a key is safe, draws nothing, and is small.
type Map = HashMap<String, Kept, BuildHasherDefault<Fnv>>;

/// The loop of FNV-1a, its bits mixed once more: the map looks at the highest and at the lowest.
#[derive(Clone, Copy, Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        (self.0 ^ self.0 >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Records in a map. The caller holds it alone during [`MemoryStore::run`].
#[derive(Clone, Default)]
pub struct MemoryStore {
    kept: Map,
    since_sweep: usize,
}

#[derive(Clone)]
struct Kept {
    record: Vec<u8>,
    until: UnixMillis,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs one operation and returns its reply.
    ///
    /// Every so often expired records are dropped, so a call costs constant time on the average.
    pub fn run(&mut self, key: &str, op: &str, now: UnixMillis) -> String {
        self.sweep(now);
        let kept = self.kept.get(key).filter(|kept| now < kept.until);
        let applied = apply(kept.map(|kept| kept.record.as_slice()), op, now);
        if let Some(record) = applied.record {
            let until = now.plus(applied.ttl);
            match self.kept.get_mut(key) {
                Some(kept) => *kept = Kept { record, until: until.max(kept.until) },
                None => drop(self.kept.insert(key.into(), Kept { record, until })),
            }
        }
        applied.reply
    }

    /// Returns how many records there are, expired ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Tells whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    fn sweep(&mut self, now: UnixMillis) {
        self.since_sweep += 1;
        if self.since_sweep >= 1024 && self.since_sweep * 2 > self.kept.len() {
            self.since_sweep = 0;
            self.kept.retain(|_, kept| now < kept.until);
        }
    }
}

/// Shows the number of records.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} records)", self.kept.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OP: &str = "reserve 0000000000000001 1:l:1:1000:s";

    #[test]
    fn records_end_and_are_swept() {
        let mut store = MemoryStore::new();
        assert_eq!(store.run("a", OP, UnixMillis(0)), "granted 1000");
        assert_eq!(store.run("a", "reserve 0000000000000002 1:l:1:1000:s", UnixMillis(999)), "denied 0 1");
        assert_eq!(store.run("a", "reserve 0000000000000003 1:l:1:1000:s", UnixMillis(1000)), "granted 1000");
        for i in 0..5000u64 {
            store.run(&format!("k{i}"), OP, UnixMillis(10_000 + i * 10));
        }
        assert!(store.len() < 2500, "{}", store.len());
        store.since_sweep = 2 * store.len();
        let until = store.kept.values().map(|kept| kept.until).max().unwrap();
        store.sweep(until);
        assert!(store.is_empty(), "what ends now has ended");
        assert_eq!(format!("{store:?}"), format!("MemoryStore({} records)", store.len()));
    }

    #[test]
    fn a_sweep_comes_when_there_were_calls_enough() {
        for (since, records, left) in
            [(1022, 1, 1), (1023, 1, 0), (1023, 2047, 0), (1023, 2048, 2048), (1024, 2048, 0)]
        {
            let mut store = MemoryStore::new();
            for at in 0..records {
                store.kept.insert(format!("k{at}"), Kept { record: Vec::new(), until: UnixMillis(1) });
            }
            assert!(!store.is_empty());
            store.since_sweep = since;
            store.sweep(UnixMillis(1));
            assert_eq!(store.len(), left, "{records} records, {since} calls");
        }
    }

    #[test]
    fn keys_are_spread_as_fnv_spreads_them() {
        let mut hasher = Fnv::default();
        hasher.write(b"san");
        hasher.write(b"sms");
        assert_eq!(hasher.finish(), 0x1b31_85d1_349f_8bca);
    }

    #[test]
    fn a_line_that_is_no_operation_is_refused() {
        assert_eq!(MemoryStore::new().run("a", "drop table", UnixMillis(0)), "refused operation");
    }
}
