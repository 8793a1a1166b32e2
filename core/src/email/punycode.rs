//! Punycode (RFC 3492): the characters of a label as letters and digits, and back.

use crate::text::cut_last;
use alloc::string::String;
use alloc::vec::Vec;

/// Encodes the characters of a label, without the prefix.
///
/// A label has at most 63 characters, so that no number here comes near to 32 bits; past that it saturates.
pub(super) fn encode(characters: &[char]) -> String {
    let mut out: String = characters.iter().filter(|character| character.is_ascii()).collect();
    let basic = count(out.len());
    if basic > 0 {
        out.push('-');
    }
    let (mut done, mut reached, mut delta, mut bias) = (basic, FIRST, 0_u32, FIRST_BIAS);
    // 6.3: the next larger code point, as often as there is one.
    while let Some(next) = characters.iter().map(|&c| u32::from(c)).filter(|&c| c >= reached).min() {
        delta = delta.saturating_add(next.saturating_sub(reached).saturating_mul(done.saturating_add(1)));
        for &character in characters {
            let point = u32::from(character);
            if point < next {
                delta = delta.saturating_add(1);
            }
            if point == next {
                push(&mut out, delta, bias);
                bias = adapt(delta, done.saturating_add(1), done == basic);
                delta = 0;
                done = done.saturating_add(1);
            }
        }
        delta = delta.saturating_add(1);
        reached = next.saturating_add(1);
    }
    out
}

/// Decodes a label without its prefix, in lower case; none if it is no Punycode, or has more characters than `most`.
pub(super) fn decode(text: &str, most: usize) -> Option<Vec<char>> {
    let (basic, rest) = cut_last(text, b'-').unwrap_or(("", text));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut point, mut place, mut bias) = (FIRST, 0_u32, FIRST_BIAS);
    let mut digits = rest.bytes();
    while digits.len() > 0 && out.len() < most {
        let before = place;
        let (mut weight, mut k) = (1_u32, BASE);
        loop {
            let digit = value(digits.next()?)?;
            place = place.checked_add(digit.checked_mul(weight)?)?;
            let threshold = threshold(k, bias);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE.saturating_sub(threshold))?;
            k = k.saturating_add(BASE);
        }
        let length = count(out.len()).saturating_add(1);
        bias = adapt(place.saturating_sub(before), length, before == 0);
        point = point.checked_add(place.checked_div(length)?)?;
        place = place.checked_rem(length)?;
        out.insert(usize::try_from(place).ok()?, char::from_u32(point)?);
        place = place.saturating_add(1);
    }
    (digits.len() == 0).then_some(out)
}

/// Writes one delta as a number of variable length (3.3).
fn push(out: &mut String, delta: u32, bias: u32) {
    let (mut rest, mut k) = (delta, BASE);
    loop {
        let threshold = threshold(k, bias);
        let Some(more) = rest.checked_sub(threshold) else { break };
        let base = BASE.saturating_sub(threshold).max(1);
        out.push(digit(threshold.saturating_add(more % base)));
        rest = more / base;
        k = k.saturating_add(BASE);
    }
    out.push(digit(rest));
}

/// Adapts the bias (6.1).
fn adapt(delta: u32, length: u32, is_first: bool) -> u32 {
    let mut delta = delta / if is_first { DAMP } else { 2 };
    delta = delta.saturating_add(delta.checked_div(length).unwrap_or_default());
    let mut k = 0_u32;
    while delta > (BASE - LEAST) * MOST / 2 {
        delta /= BASE - LEAST;
        k = k.saturating_add(BASE);
    }
    k.saturating_add((BASE - LEAST + 1).saturating_mul(delta) / delta.saturating_add(SKEW))
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(LEAST, MOST)
}

/// Writes a digit: `a` to `z`, then `0` to `9`.
fn digit(value: u32) -> char {
    char::from_digit(if value < 26 { value.saturating_add(10) } else { value.saturating_sub(26) }, 36)
        .unwrap_or('a')
}

fn value(digit: u8) -> Option<u32> {
    match digit {
        b'a'..=b'z' => Some(u32::from(digit - b'a')),
        b'0'..=b'9' => Some(u32::from(digit - b'0') + 26),
        _ => None,
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

// 5.
const BASE: u32 = 36;
const LEAST: u32 = 1;
const MOST: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const FIRST_BIAS: u32 = 72;
const FIRST: u32 = 0x80;
