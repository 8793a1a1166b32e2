//! The table of countries as a build keeps it: by columns, in small steps.
//!
//! The compiler makes it of [`table`](super::table). Zipped, as wasm is sent, it is half of what rows would be.

use super::country::Lengths;
use super::table::{AREAS, EXACT, ROWS};

/// One country's numbers, as the table has them.
pub(super) struct Entry {
    code: u16,
    iso: [u8; 2],
    trunk: Trunk,
    lengths: Lengths,
    /// Bit n: mobile numbers may begin with n. Only chooses between readings; no number is refused for it.
    firsts: u16,
}

/// What people dial before a national number within the country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trunk {
    None,
    Zero,
    One,
    Eight,
    ZeroSix,
    /// Belarus: 8 for the trunk line, 0 within it, or both.
    EightZero,
    /// Lithuania: 0, and 8 as it was.
    ZeroEight,
}

/// Makes a row of the table.
pub(super) const fn row(code: u16, iso: [u8; 2], trunk: Trunk, lengths: &[u32], firsts: &[u8]) -> Entry {
    let (mut bits, mut rest) = (0, firsts);
    while let [first, tail @ ..] = rest {
        bits |= 1 << (*first - b'0');
        rest = tail;
    }
    Entry { code, iso, trunk, lengths: Lengths::of(lengths), firsts: bits }
}

/// A country, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row(u8);

impl Row {
    /// Mainland China, the default country.
    pub(super) const CN: Self = Self(place_of(*b"CN"));

    /// Returns every country, in order of the calling code, a code's main country first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..).take(ROWS.len()).map(Self)
    }

    /// Returns the row of an ISO 3166-1 code.
    pub(super) fn of(iso: &str) -> Option<Self> {
        Self::all().find(|row| row.iso() == iso)
    }

    /// Returns the rows of a calling code, the main country first.
    pub(super) fn group(code: u16) -> impl Iterator<Item = Self> {
        let (mut first, mut end, mut at) = (0, 0, 0);
        for step in &STEPS {
            at += u16::from(*step);
            if at > code {
                break;
            }
            end += 1;
            first = if at < code { end } else { first };
        }
        (first..end).map(Self)
    }

    /// Returns the ISO 3166-1 code.
    pub(super) fn iso(self) -> &'static str {
        ISOS.get(self.place()).and_then(|iso| core::str::from_utf8(iso).ok()).unwrap_or_default()
    }

    /// Returns the calling code.
    pub(super) fn code(self) -> u16 {
        STEPS.iter().take(self.place() + 1).map(|step| u16::from(*step)).sum()
    }

    /// Returns the calling code's digits, after zeros.
    pub(super) fn code_digits(self) -> [u8; 3] {
        let code = self.code();
        let digit = |unit: u16| u8::try_from(code / unit % 10).unwrap_or_default() | b'0';
        match code {
            0..10 => [0, 0, digit(1)],
            10..100 => [0, digit(10), digit(1)],
            _ => [digit(100), digit(10), digit(1)],
        }
    }

    pub(super) fn shares_code(self, other: Self) -> bool {
        self.code() == other.code()
    }

    /// Returns what follows the calling code, where that comes first.
    pub(super) fn code_of(self, digits: &[u8]) -> Option<&[u8]> {
        let code = self.code_digits();
        let zeros = code.iter().take_while(|&&byte| byte == 0).count();
        digits.strip_prefix(code.get(zeros..)?)
    }

    pub(super) fn trunk(self) -> Trunk {
        TRUNKS.get(self.place()).copied().unwrap_or(Trunk::None)
    }

    /// Returns the lengths of mobile numbers.
    pub(super) fn lengths(self) -> Lengths {
        LENGTHS.get(self.place()).copied().unwrap_or(Lengths::of(&[]))
    }

    pub(super) fn begins_with(self, first: Option<&u8>) -> bool {
        let firsts = FIRSTS.get(self.place()).copied().unwrap_or_default();
        first.is_some_and(|digit| firsts >> (digit & 15) & 1 == 1)
    }

    fn place(self) -> usize {
        usize::from(self.0)
    }
}

impl Trunk {
    pub(super) fn cut(self, digits: &[u8]) -> Option<&[u8]> {
        let prefixes: &[&[u8]] = match self {
            Self::None => &[],
            Self::Zero => &[b"0"],
            Self::One => &[b"1"],
            Self::Eight => &[b"8"],
            Self::ZeroSix => &[b"06"],
            Self::EightZero => &[b"80", b"8", b"0"],
            Self::ZeroEight => &[b"0", b"8"],
        };
        prefixes.iter().find_map(|prefix| digits.strip_prefix(*prefix))
    }
}

/// Returns the country of an area code of calling code 1.
pub(super) fn area_row(area: u16) -> Option<Row> {
    let place = AREA_PLACES.get(usize::from(area).checked_sub(FIRST_AREA)?)?;
    place.checked_sub(1).map(Row)
}

/// Returns where the mobile numbers of a calling code begin and end, in turn, each as the thousands since the last.
pub(super) fn exact_steps(code: u16) -> Option<&'static [u32]> {
    let mut rest = EXACT_STEPS.as_slice();
    while let [of, count, more @ ..] = rest {
        let (steps, later) = more.split_at_checked(usize::try_from(*count).ok()?)?;
        if *of == u32::from(code) {
            return Some(steps);
        }
        rest = later;
    }
    None
}

/// Makes a column of the table.
macro_rules! column {
    ($name:ident: $type:ty = $empty:expr, $entry:ident => $value:expr) => {
        static $name: [$type; ROWS.len()] = {
            let mut column = [$empty; ROWS.len()];
            let (mut places, mut rows): (&mut [$type], &[Entry]) = (&mut column, ROWS);
            while let ([place, later @ ..], [$entry, more @ ..]) = (places, rows) {
                *place = $value;
                places = later;
                rows = more;
            }
            column
        };
    };
}

column!(ISOS: [u8; 2] = [0; 2], entry => entry.iso);
column!(TRUNKS: Trunk = Trunk::None, entry => entry.trunk);
column!(LENGTHS: Lengths = Lengths::of(&[]), entry => entry.lengths);
column!(FIRSTS: u16 = 0, entry => entry.firsts);

/// How much larger each calling code is than the one before.
static STEPS: [u8; ROWS.len()] = {
    assert!(ROWS.len() < 256, "a byte can't say every place");
    let mut column = [0; ROWS.len()];
    let (mut places, mut rows, mut before): (&mut [u8], &[Entry], u16) = (&mut column, ROWS, 0);
    while let ([place, later @ ..], [entry, more @ ..]) = (places, rows) {
        let [high, low] = (entry.code - before).to_be_bytes();
        assert!(high == 0, "calling codes lie further apart than a byte can say");
        *place = low;
        before = entry.code;
        places = later;
        rows = more;
    }
    column
};

const FIRST_AREA: usize = 200;

/// For each area code of calling code 1 from [`FIRST_AREA`] on, one more than its country's place; 0 for nobody's.
static AREA_PLACES: [u8; 800] = {
    let mut column = [0; 800];
    let mut countries = AREAS;
    while let [(iso, areas), more @ ..] = countries {
        let mut areas = *areas;
        while let [area, later @ ..] = areas {
            let (_, from) = column.split_at_mut(*area as usize - FIRST_AREA);
            if let [place, ..] = from {
                *place = place_of(*iso) + 1;
            }
            areas = later;
        }
        countries = more;
    }
    column
};

/// For each calling code of [`EXACT`]: itself, the number of its steps, the steps.
static EXACT_STEPS: [u32; exact_size()] = {
    let mut column = [0; exact_size()];
    let (mut places, mut codes): (&mut [u32], _) = (&mut column, EXACT);
    while let ([of, count, steps @ ..], [(code, ranges), more @ ..]) = (places, codes) {
        *of = *code as u32;
        let (mut steps, others) = steps.split_at_mut(2 * ranges.len());
        let (mut ranges, mut at) = (*ranges, 0);
        while let ([gap, width, later @ ..], [range, rest @ ..]) = (steps, ranges) {
            let (low, high) = *range;
            assert!(low % 1_000 == 0 && high % 1_000 == 999, "a range ends within a thousand");
            *gap = low / 1_000 - at;
            at = high / 1_000 + 1;
            *width = at - low / 1_000;
            *count += 2;
            steps = later;
            ranges = rest;
        }
        places = others;
        codes = more;
    }
    column
};

const fn exact_size() -> usize {
    let (mut size, mut codes) = (0, EXACT);
    while let [(_, ranges), more @ ..] = codes {
        size += 2 + 2 * ranges.len();
        codes = more;
    }
    size
}

/// Returns the place of an ISO 3166-1 code that the table has.
const fn place_of(iso: [u8; 2]) -> u8 {
    let (mut place, mut rows) = (0, ROWS);
    while let [entry, more @ ..] = rows {
        if entry.iso[0] == iso[0] && entry.iso[1] == iso[1] {
            break;
        }
        place += 1;
        rows = more;
    }
    assert!(!rows.is_empty(), "the table lacks a country");
    place
}
