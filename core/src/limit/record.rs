//! What a partition remembers, and its bytes.
//!
//! ```text
//! record  = version 1 · base 6 · series count 1 · series… · slot count 1 · slot…
//! series  = number 1 · form 1 · window 4 · …
//!   log   … count 1 · entry…          entry = age 4 · lease 8 · flags 1 · idem 8 if flags & 4
//!   times … count 1 · age 4…
//!   bins  … width 4 · 25 counts of 4, oldest first · count 1 · entry…
//! slot    = tag 8 · kid 4 · nonce 16 · proof 16 · age 4 · lifetime 3 · left 1 · state 1 · attempt 4
//! ```
//!
//! A slot's state byte is its state, plus 8 if its code is the caller's, plus 16 for each resend.
//! All big-endian; ages are milliseconds before `base`, the last time that the record was written.

use crate::key::KeyId;
use alloc::vec::Vec;

/// How many bins a series has: 24, and one that the window's edge cuts.
pub const BINS: usize = 25;

const VERSION: u8 = 1;

/// How a series is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Every entry, with its lease.
    Log,
    /// Counts in bins of a 24th of the window.
    Bins,
    /// Instants only.
    Times,
}

/// One partition's memory. Instants are milliseconds since the epoch, by the place's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// When it was last written.
    pub base: u64,
    /// What is counted.
    pub series: Vec<Series>,
    /// The challenges.
    pub slots: Vec<Slot>,
}

/// One thing that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Its number.
    pub number: u8,
    /// How it is kept.
    pub form: Form,
    /// How long entries are kept, in milliseconds.
    pub window: u32,
    /// Log: all entries, oldest first. Bins: the recent leases. Times: instants only.
    pub entries: Vec<Entry>,
    /// The bins, if `form` is [`Form::Bins`].
    pub bins: Bins,
}

/// One place taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: u64,
    /// By whom; 0 in a series of times.
    pub lease: u64,
    /// 0 spent, 1 given back after a provider was called, 2 given back before.
    pub level: u8,
    /// The idempotency tag.
    pub idem: Option<u64>,
}

/// Counts by bin; `counts[24]` is the bin of `base`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bins {
    /// How long a bin is, in milliseconds; 0 without bins.
    pub width: u32,
    /// The counts, oldest first.
    pub counts: [u32; BINS],
}

/// One challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Purpose and session, blind.
    pub tag: [u8; 8],
    /// The pepper of its code.
    pub kid: KeyId,
    /// Its nonce.
    pub nonce: [u8; 16],
    /// The proof of its code.
    pub proof: [u8; 16],
    /// When it was made.
    pub created: u64,
    /// How long after that it is valid, in milliseconds; under 2^24.
    pub lifetime: u32,
    /// Tries left.
    pub left: u8,
    /// What the last attempt heard.
    pub state: SlotState,
    /// How often it was sent again, 0 to 15.
    pub round: u8,
    /// The last attempt.
    pub attempt: u32,
    /// Whether its code can't be made again, because a caller brought it.
    pub fixed: bool,
}

/// What the last attempt on a slot heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// There was none.
    Fresh,
    /// It was wrong.
    Wrong,
    /// It was right: the slot is spent.
    Used,
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A later release wrote it.
    Version,
    /// It is not a record.
    Corrupt,
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// [`Unreadable`]; the record must then be left as it is.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader(bytes);
        match reader.uint(1) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) if version > u64::from(VERSION) => return Err(Unreadable::Version),
            _ => return Err(Unreadable::Corrupt),
        }
        reader.record().filter(|_| reader.0.is_empty()).ok_or(Unreadable::Corrupt)
    }

    /// Writes the record.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer(Vec::with_capacity(320));
        out.uint(1, u64::from(VERSION));
        out.uint(6, self.base);
        out.uint(1, self.series.len() as u64);
        for series in &self.series {
            out.series(series, self.base);
        }
        out.uint(1, self.slots.len() as u64);
        for slot in &self.slots {
            out.slot(slot, self.base);
        }
        out.0
    }

    /// Returns the series with this number.
    #[must_use]
    pub fn find(&self, number: u8) -> Option<&Series> {
        self.series.iter().find(|series| series.number == number)
    }
}

impl Form {
    const ALL: [Self; 3] = [Self::Log, Self::Bins, Self::Times];

    const fn byte(self) -> u8 {
        match self {
            Self::Log => 0,
            Self::Bins => 1,
            Self::Times => 2,
        }
    }
}

impl SlotState {
    const fn byte(self) -> u8 {
        match self {
            Self::Fresh => 0,
            Self::Wrong => 1,
            Self::Used => 2,
        }
    }
}

impl Slot {
    /// Returns when it ends.
    #[must_use]
    pub const fn ends(&self) -> u64 {
        self.created.saturating_add(self.lifetime as u64)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn uint(&mut self, size: usize, value: u64) {
        self.0.extend(value.to_be_bytes().into_iter().skip(8usize.saturating_sub(size)));
    }

    fn age(&mut self, base: u64, at: u64) {
        self.uint(4, base.saturating_sub(at).min(u64::from(u32::MAX)));
    }

    fn series(&mut self, series: &Series, base: u64) {
        self.uint(1, u64::from(series.number));
        self.uint(1, u64::from(series.form.byte()));
        self.uint(4, u64::from(series.window));
        if series.form == Form::Bins {
            self.uint(4, u64::from(series.bins.width));
            series.bins.counts.iter().for_each(|count| self.uint(4, u64::from(*count)));
        }
        self.uint(1, series.entries.len() as u64);
        for entry in &series.entries {
            self.age(base, entry.at);
            if series.form != Form::Times {
                self.uint(8, entry.lease);
                self.uint(1, u64::from(entry.level | if entry.idem.is_some() { 4 } else { 0 }));
                if let Some(idem) = entry.idem {
                    self.uint(8, idem);
                }
            }
        }
    }

    fn slot(&mut self, slot: &Slot, base: u64) {
        self.0.extend_from_slice(&slot.tag);
        self.0.extend_from_slice(&slot.kid);
        self.0.extend_from_slice(&slot.nonce);
        self.0.extend_from_slice(&slot.proof);
        self.age(base, slot.created);
        self.uint(3, u64::from(slot.lifetime));
        self.uint(1, u64::from(slot.left));
        self.uint(1, u64::from(slot.state.byte() | u8::from(slot.fixed) << 3 | slot.round << 4));
        self.uint(4, u64::from(slot.attempt));
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn uint(&mut self, size: usize) -> Option<u64> {
        let (first, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(first.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn u8(&mut self) -> Option<u8> {
        self.uint(1).and_then(|value| u8::try_from(value).ok())
    }

    fn u32(&mut self) -> Option<u32> {
        self.uint(4).and_then(|value| u32::try_from(value).ok())
    }

    fn at(&mut self, base: u64) -> Option<u64> {
        self.uint(4).and_then(|age| base.checked_sub(age))
    }

    fn record(&mut self) -> Option<Record> {
        let base = self.uint(6)?;
        let mut record = Record { base, ..Record::default() };
        for _ in 0..self.u8()? {
            record.series.push(self.series(base)?);
        }
        for _ in 0..self.u8()? {
            record.slots.push(self.slot(base)?);
        }
        Some(record)
    }

    fn series(&mut self, base: u64) -> Option<Series> {
        let number = self.u8()?;
        let form = *Form::ALL.get(usize::from(self.u8()?))?;
        let window = self.u32()?;
        let mut bins = Bins::default();
        if form == Form::Bins {
            bins.width = self.u32().filter(|width| *width > 0)?;
            for count in &mut bins.counts {
                *count = self.u32()?;
            }
        }
        let mut entries = Vec::new();
        for _ in 0..self.u8()? {
            entries.push(self.entry(base, form)?);
        }
        Some(Series { number, form, window, entries, bins })
    }

    fn entry(&mut self, base: u64, form: Form) -> Option<Entry> {
        let at = self.at(base)?;
        if form == Form::Times {
            return Some(Entry { at, lease: 0, level: 0, idem: None });
        }
        let lease = self.uint(8)?;
        let flags = self.u8().filter(|flags| *flags < 8 && flags & 3 < 3)?;
        let idem = if flags & 4 == 0 { None } else { Some(self.uint(8)?) };
        Some(Entry { at, lease, level: flags & 3, idem })
    }

    fn slot(&mut self, base: u64) -> Option<Slot> {
        let (tag, kid, nonce, proof) = (self.bytes()?, self.bytes()?, self.bytes()?, self.bytes()?);
        let created = self.at(base)?;
        let lifetime = self.uint(3).and_then(|value| u32::try_from(value).ok())?;
        let (left, flags) = (self.u8()?, self.u8()?);
        let state = match flags & 7 {
            0 => SlotState::Fresh,
            1 => SlotState::Wrong,
            2 => SlotState::Used,
            _ => return None,
        };
        Some(Slot {
            tag,
            kid,
            nonce,
            proof,
            created,
            lifetime,
            left,
            state,
            round: flags >> 4,
            attempt: self.u32()?,
            fixed: flags & 8 != 0,
        })
    }
}
