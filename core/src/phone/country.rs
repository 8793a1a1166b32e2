//! Which country a number belongs to, and which of its digits are the national number.

use super::PhoneError;
use super::read::Typed;
use super::row::{Row, Trunk, area_row, exact_steps};
use super::table::LEADS;
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

/// A number and the country that it belongs to.
pub(super) struct Found<'a> {
    pub(super) row: Row,
    pub(super) national: &'a [u8],
    /// False when it begins with an area code of calling code 1 that the table does not know.
    known: bool,
}

/// Finds the country and the national number of what was typed; a bare number belongs to `home`.
pub(super) fn find<'a>(typed: &'a Typed, home: Row) -> Result<Found<'a>, PhoneError> {
    let digits = typed.digits();
    let international = if typed.plus { Some(digits) } else { digits.strip_prefix(b"00") };
    let Some(digits) = international else { return bare(digits, home) };
    let (main, national) = split(digits).ok_or(PhoneError::CallingCode)?;
    let inner = main.trunk().cut(national);
    Ok(choose(main, &[Some(national), inner])?.unwrap_or_else(|| {
        // Neither fits: count what would be left of the better reading.
        let zero = inner.filter(|_| national.first() == Some(&b'0'));
        Found::new(main, zero.unwrap_or(national))
    }))
}

/// Reads a number without `+` or `00`: with a trunk prefix, as it stands, or with the calling code.
fn bare<'a>(digits: &'a [u8], home: Row) -> Result<Found<'a>, PhoneError> {
    let main = Row::group(home.code()).next().unwrap_or(home);
    let inner = home.trunk().cut(digits);
    let coded = home.code_of(digits);
    let both = coded.and_then(|rest| home.trunk().cut(rest));
    Ok(choose(main, &[inner, Some(digits), coded, both])?.unwrap_or_else(|| {
        let coded = coded.filter(|rest| !home.begins_with(digits.first()) && home.begins_with(rest.first()));
        Found::new(main, inner.or(coded).unwrap_or(digits))
    }))
}

/// Takes the first reading that fits in length and first digit, or else in length alone.
///
/// Where a later one has the length too, a guess could send someone's code to a stranger.
fn choose<'a>(main: Row, readings: &[Option<&'a [u8]>]) -> Result<Option<Found<'a>>, PhoneError> {
    for strict in [true, false] {
        let mut chosen: Option<Found<'a>> = None;
        for national in readings.iter().flatten() {
            let found = Found::new(main, national);
            match &chosen {
                None if found.fits(strict) => chosen = Some(found),
                Some(first) if found.fits(false) && found.national != first.national => {
                    return Err(PhoneError::Ambiguous { country: first.row.iso() });
                }
                _ => {}
            }
        }
        if chosen.is_some() {
            return Ok(chosen);
        }
    }
    Ok(None)
}

/// Takes a calling code off; returns the main country that has it.
fn split(digits: &[u8]) -> Option<(Row, &[u8])> {
    let mut code = 0_u16;
    if digits.first() == Some(&b'0') {
        return None;
    }
    for count in 1..=3 {
        let (head, rest) = digits.split_at_checked(count)?;
        code = code.saturating_mul(10).saturating_add(u16::from(head.last()? & 15));
        if let Some(row) = Row::group(code).next() {
            return Some((row, rest));
        }
    }
    None
}

impl<'a> Found<'a> {
    fn new(main: Row, national: &'a [u8]) -> Self {
        let code = main.code();
        if code == 1 {
            let row = area_of(national).and_then(area_row);
            return Self { row: row.unwrap_or(main), national, known: row.is_some() };
        }
        let leads = |leads: &str| leads.split(' ').any(|lead| national.starts_with(lead.as_bytes()));
        let lead = LEADS.iter().find(|(of, _, theirs)| *of == code && leads(theirs));
        let row = lead.and_then(|(_, iso, _)| Row::of(iso)).unwrap_or(main);
        Self { row, national, known: true }
    }

    /// Returns the area code, when it is of calling code 1 and not in the table.
    pub(super) fn unknown_area(&self) -> Option<u16> {
        if self.known { None } else { area_of(self.national) }
    }

    /// Tells whether some country with the same calling code passes `test`.
    pub(super) fn any_neighbour(&self, test: impl Fn(Row) -> bool) -> bool {
        Row::group(self.row.code()).any(test)
    }

    /// Tells whether its length, and if `strict` its first digit too, is that of a mobile number.
    fn fits(&self, strict: bool) -> bool {
        let length = self.row.lengths().has(self.national.len());
        length && !self.is_stray() && (!strict || self.row.begins_with(self.national.first()))
    }

    /// Tells whether it begins with 0 where no national number does: in every country with a trunk prefix.
    fn is_stray(&self) -> bool {
        self.row.trunk() != Trunk::None && self.national.first() == Some(&b'0')
    }

    /// Tells whether it is a mobile number; `None` where the table knows lengths only.
    pub(super) fn is_mobile(&self) -> Option<bool> {
        if self.is_stray() {
            return Some(false);
        }
        let steps = exact_steps(self.row.code())?;
        let thousands = number(self.national) / 1_000;
        let (mut at, mut inside) = (0, false);
        for step in steps {
            at += step;
            if thousands < at {
                break;
            }
            inside = !inside;
        }
        Some(inside)
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
            expected: self.row.lengths(),
        }
    }
}

fn area_of(national: &[u8]) -> Option<u16> {
    national.get(..3).map(|area| u16::try_from(number(area)).unwrap_or_default())
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum: u32, digit| sum.saturating_mul(10).saturating_add(u32::from(digit & 15)))
}
