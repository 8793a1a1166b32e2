//! Which country a number belongs to, and which of its digits are the national number.

use super::PhoneError;
use super::read::Typed;
use super::table::{AREAS, EXACT, LEADS, ROWS};
use crate::text::push_decimal;
use alloc::string::String;
use core::fmt;

/// A set of lengths, in digits of the national number, 1 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths(u16);

impl Lengths {
    pub(super) const fn of(lengths: &[u32]) -> Self {
        let (mut bits, mut rest) = (0, lengths);
        while let [first, tail @ ..] = rest {
            bits |= 1 << *first;
            rest = tail;
        }
        Self(bits)
    }

    /// Tells whether a number may have `digits` digits.
    #[must_use]
    pub fn has(self, digits: usize) -> bool {
        u32::try_from(digits)
            .ok()
            .and_then(|digits| 1_u16.checked_shl(digits))
            .is_some_and(|bit| self.0 & bit != 0)
    }

    /// Returns the lengths in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..16).filter(move |&digits| self.has(digits))
    }

    fn most(self) -> usize {
        self.iter().last().unwrap_or_default()
    }
}

impl Lengths {
    /// Appends `11`, `9, 10` or `7–10`.
    pub(super) fn write(self, out: &mut String) {
        let (least, most) = (self.iter().next().unwrap_or_default(), self.most());
        if most.saturating_sub(least) > 1 && (least..=most).all(|digits| self.has(digits)) {
            push_decimal(out, least as u64);
            out.push('–');
            return push_decimal(out, most as u64);
        }
        for (place, digits) in self.iter().enumerate() {
            out.push_str(if place == 0 { "" } else { ", " });
            push_decimal(out, digits as u64);
        }
    }
}

/// Writes `11`, `9, 10` or `7–10`.
impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

/// One country's numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    code: u16,
    iso: [u8; 2],
    trunk: Trunk,
    pub(super) lengths: Lengths,
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
pub(super) const fn row(code: u16, iso: [u8; 2], trunk: Trunk, lengths: &[u32], firsts: &[u8]) -> Row {
    let (mut bits, mut rest) = (0, firsts);
    while let [first, tail @ ..] = rest {
        bits |= 1 << (*first - b'0');
        rest = tail;
    }
    Row { code, iso, trunk, lengths: Lengths::of(lengths), firsts: bits }
}

impl Row {
    pub(super) fn iso(&self) -> &str {
        core::str::from_utf8(&self.iso).unwrap_or_default()
    }

    /// Returns the row of an ISO 3166-1 code.
    pub(super) fn of(iso: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.iso() == iso)
    }

    /// Returns the calling code's digits, after zeros.
    pub(super) fn code_digits(&self) -> [u8; 3] {
        let digit = |unit: u16| u8::try_from(self.code / unit % 10).unwrap_or_default() | b'0';
        match self.code {
            0..10 => [0, 0, digit(1)],
            10..100 => [0, digit(10), digit(1)],
            _ => [digit(100), digit(10), digit(1)],
        }
    }

    pub(super) fn shares_code(&self, other: &Self) -> bool {
        self.code == other.code
    }

    fn code_of<'a>(&self, digits: &'a [u8]) -> Option<&'a [u8]> {
        let code = self.code_digits();
        let zeros = code.iter().take_while(|&&byte| byte == 0).count();
        digits.strip_prefix(code.get(zeros..)?)
    }

    fn begins_with(&self, first: Option<&u8>) -> bool {
        first.is_some_and(|digit| self.firsts >> (digit & 15) & 1 == 1)
    }
}

impl Trunk {
    fn cut(self, digits: &[u8]) -> Option<&[u8]> {
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

/// A number and the country that it belongs to.
pub(super) struct Found<'a> {
    pub(super) row: &'static Row,
    pub(super) national: &'a [u8],
    /// False when it begins with an area code of calling code 1 that the table does not know.
    known: bool,
}

/// Finds the country and the national number of what was typed; a bare number belongs to `home`.
pub(super) fn find<'a>(typed: &'a Typed, home: &'static Row) -> Result<Found<'a>, PhoneError> {
    let digits = typed.digits();
    let international = if typed.plus { Some(digits) } else { digits.strip_prefix(b"00") };
    let Some(digits) = international else { return bare(digits, home) };
    let (main, national) = split(digits).ok_or(PhoneError::CallingCode)?;
    let inner = main.trunk.cut(national);
    Ok(choose(main, [Some(national), inner])?.unwrap_or_else(|| {
        // Neither fits: count what would be left of the better reading.
        let zero = inner.filter(|_| national.first() == Some(&b'0'));
        Found::new(main, zero.unwrap_or(national))
    }))
}

/// Reads a number without `+` or `00`: with a trunk prefix, as it stands, or with the calling code.
fn bare<'a>(digits: &'a [u8], home: &'static Row) -> Result<Found<'a>, PhoneError> {
    let main = group(home.code).next().unwrap_or(home);
    let inner = home.trunk.cut(digits);
    let coded = home.code_of(digits);
    let both = coded.and_then(|rest| home.trunk.cut(rest));
    Ok(choose(main, [inner, Some(digits), coded, both])?.unwrap_or_else(|| {
        let coded = coded.filter(|rest| !home.begins_with(digits.first()) && home.begins_with(rest.first()));
        Found::new(main, inner.or(coded).unwrap_or(digits))
    }))
}

/// Takes the first reading that fits in length and first digit, or else in length alone.
///
/// Where a later one has the length too, a guess could send someone's code to a stranger.
fn choose<'a, const N: usize>(
    main: &'static Row,
    readings: [Option<&'a [u8]>; N],
) -> Result<Option<Found<'a>>, PhoneError> {
    let readings = || readings.into_iter().flatten().map(|national| Found::new(main, national));
    for strict in [true, false] {
        let mut rest = readings().skip_while(|found| !found.fits(strict));
        if let Some(found) = rest.next() {
            let alone = !rest.any(|other| other.fits(false) && other.national != found.national);
            let country = found.row.iso();
            return if alone { Ok(Some(found)) } else { Err(PhoneError::Ambiguous { country }) };
        }
    }
    Ok(None)
}

/// Takes a calling code off; returns the main country that has it.
fn split(digits: &[u8]) -> Option<(&'static Row, &[u8])> {
    let mut code = 0_u16;
    if digits.first() == Some(&b'0') {
        return None;
    }
    for count in 1..=3 {
        let (head, rest) = digits.split_at_checked(count)?;
        code = code.saturating_mul(10).saturating_add(u16::from(head.last()? & 15));
        if let Some(row) = group(code).next() {
            return Some((row, rest));
        }
    }
    None
}

/// Returns the rows of a calling code, the main country first.
fn group(code: u16) -> impl Iterator<Item = &'static Row> {
    let start = ROWS.partition_point(|row| row.code < code);
    ROWS.get(start..).unwrap_or_default().iter().take_while(move |row| row.code == code)
}

impl<'a> Found<'a> {
    fn new(main: &'static Row, national: &'a [u8]) -> Self {
        let (iso, known) = match main.code {
            1 => match area_of(national).and_then(country_of_area) {
                Some(iso) => (iso, true),
                None => (main.iso, false),
            },
            code => {
                let lead = LEADS.iter().find(|(of, lead, _)| *of == code && national.starts_with(lead));
                (lead.map_or(main.iso, |(_, _, iso)| *iso), true)
            }
        };
        let row = group(main.code).find(|row| row.iso == iso).unwrap_or(main);
        Self { row, national, known }
    }

    /// Returns the area code, when it is of calling code 1 and not in the table.
    pub(super) fn unknown_area(&self) -> Option<u16> {
        if self.known { None } else { area_of(self.national) }
    }

    /// Tells whether some country with the same calling code passes `test`.
    pub(super) fn any_neighbour(&self, test: impl Fn(&'static Row) -> bool) -> bool {
        group(self.row.code).any(test)
    }

    /// Tells whether its length, and if `strict` its first digit too, is that of a mobile number.
    fn fits(&self, strict: bool) -> bool {
        let length = self.row.lengths.has(self.national.len());
        length && !self.is_stray() && (!strict || self.row.begins_with(self.national.first()))
    }

    /// Tells whether it begins with 0 where no national number does: in every country with a trunk prefix.
    fn is_stray(&self) -> bool {
        self.row.trunk != Trunk::None && self.national.first() == Some(&b'0')
    }

    /// Tells whether it is a mobile number; `None` where the table knows lengths only.
    pub(super) fn is_mobile(&self) -> Option<bool> {
        if self.is_stray() {
            return Some(false);
        }
        let (_, ranges) = EXACT.iter().find(|(code, _)| *code == self.row.code)?;
        let number = number(self.national);
        let place = ranges.partition_point(|&(_, high)| high < number);
        Some(ranges.get(place).is_some_and(|&(low, _)| low <= number))
    }

    pub(super) fn check_length(&self, expected: Lengths) -> Result<(), PhoneError> {
        match self.national.len() {
            found if expected.has(found) => Ok(()),
            found if found > expected.most() => {
                Err(PhoneError::TooLong { country: self.row.iso(), found, expected })
            }
            _ => Err(self.too_short(expected)),
        }
    }

    pub(super) fn too_short(&self, expected: Lengths) -> PhoneError {
        PhoneError::TooShort { country: self.row.iso(), found: self.national.len(), expected }
    }

    pub(super) fn too_long(&self) -> PhoneError {
        PhoneError::TooLong {
            country: self.row.iso(),
            found: self.national.len(),
            expected: self.row.lengths,
        }
    }
}

fn area_of(national: &[u8]) -> Option<u16> {
    national.get(..3).map(|area| u16::try_from(number(area)).unwrap_or_default())
}

fn country_of_area(area: u16) -> Option<[u8; 2]> {
    AREAS.iter().find(|(_, areas)| areas.binary_search(&area).is_ok()).map(|(iso, _)| *iso)
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum: u32, digit| sum.saturating_mul(10).saturating_add(u32::from(digit & 15)))
}
