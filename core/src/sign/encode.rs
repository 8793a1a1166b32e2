//! The encodings under every signature: percent, form, JSON text, dates.
//!
//! Servers decode what came over the wire and encode it again with [`pct`] before they check a signature, so
//! the wire's own encoding is free. No Unicode normalisation anywhere: text is UTF-8 bytes.

use crate::text::decimal;
use crate::time::{Civil, UnixMillis};
use alloc::string::String;
use alloc::vec::Vec;

/// Returns text percent-encoded: `A-Z a-z 0-9 - _ . ~` stay, every other byte becomes `%XX`.
///
/// RFC 3986 with upper-case hex, as Alibaba Cloud's signature pages ask for.
#[must_use]
pub fn pct(text: &str) -> String {
    let mut ink = Ink::with_capacity(text.len() * 3);
    ink.pct(text);
    ink.done()
}

/// Returns the name-value pairs of a query or of a form body, decoded, in the order they stand in.
///
/// `+` and `%20` are both a blank; a `%` that begins no hex pair stays as it is; bytes that are no UTF-8 become
/// U+FFFD.
#[must_use]
pub fn pairs(wire: &str) -> Vec<(String, String)> {
    wire.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Returns pairs in the canonical form that Alibaba Cloud signs: sorted by name, encoded with [`pct`].
#[must_use]
pub fn canonical(pairs: &[(&str, &str)]) -> String {
    let mut sorted: Vec<(&str, &str)> = pairs.to_vec();
    sort(&mut sorted);
    let mut ink = Ink::with_capacity(room(&sorted));
    ink.pairs(&sorted);
    ink.done()
}

/// Sorts pairs by name, in byte order; those of one name stay as they stood.
///
/// By insertion: there are few, nearly sorted already, and a general sort is 4 kB of code at the edge.
pub(crate) fn sort(pairs: &mut [(&str, &str)]) {
    for end in 1..pairs.len() {
        for at in (0..end).rev() {
            match pairs.get_mut(at..at + 2) {
                Some([before, after]) if before.0 > after.0 => core::mem::swap(before, after),
                _ => break,
            }
        }
    }
}

/// Returns the room that pairs are likely to take once they are percent-encoded.
///
/// Close, because a buffer of more than a kilobyte costs an allocator much more than one below.
pub(crate) fn room(pairs: &[(&str, &str)]) -> usize {
    let value = |text: &str| if text.is_ascii() { text.len() * 3 / 2 } else { text.len() * 3 };
    pairs.iter().map(|(name, text)| name.len() + 2 + value(text)).sum()
}

/// Text under construction; bytes are cheaper to append than characters.
pub(crate) struct Ink(Vec<u8>);

impl Ink {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Returns the text. Everything below appends whole characters, so the bytes are UTF-8.
    pub(crate) fn done(self) -> String {
        String::from_utf8(self.0).unwrap_or_default()
    }

    /// Returns what is there so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Appends one byte known to be ASCII.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Appends bytes known to be ASCII.
    pub(crate) fn ascii(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends text percent-encoded.
    pub(crate) fn pct(&mut self, text: &str) {
        each(text.as_bytes(), |run, byte| {
            self.0.extend_from_slice(run);
            if let Some(byte) = byte {
                self.0.extend_from_slice(&escape(byte));
            }
        });
    }

    /// Appends text form-encoded: as percent-encoded, but a blank is `+`.
    pub(crate) fn form(&mut self, text: &str) {
        for (index, word) in text.split(' ').enumerate() {
            if index > 0 {
                self.0.push(b'+');
            }
            self.pct(word);
        }
    }

    /// Appends `name=value` pairs joined by `&`, percent-encoded.
    pub(crate) fn pairs(&mut self, pairs: &[(&str, &str)]) {
        for (index, (name, value)) in pairs.iter().enumerate() {
            if index > 0 {
                self.0.push(b'&');
            }
            self.pct(name);
            self.0.push(b'=');
            self.pct(value);
        }
    }

    /// Appends `name=value` pairs joined by `&`, form-encoded.
    pub(crate) fn form_pairs(&mut self, pairs: &[(&str, &str)]) {
        for (index, (name, value)) in pairs.iter().enumerate() {
            if index > 0 {
                self.0.push(b'&');
            }
            self.form(name);
            self.0.push(b'=');
            self.form(value);
        }
    }

    /// Appends a JSON string with its quotes, compact UTF-8.
    ///
    /// Escapes what `JSON.stringify` escapes and, like the official Node SDK (its json-bigint has the set from
    /// Crockford's json2.js), characters that are invisible or that some parsers stumble over.
    pub(crate) fn json(&mut self, text: &str) {
        self.0.push(b'"');
        for char in text.chars() {
            match char {
                '"' => self.text("\\\""),
                '\\' => self.text("\\\\"),
                '\u{8}' => self.text("\\b"),
                '\t' => self.text("\\t"),
                '\n' => self.text("\\n"),
                '\u{c}' => self.text("\\f"),
                '\r' => self.text("\\r"),
                '\0'..='\u{1f}'
                | '\u{7f}'..='\u{9f}'
                | '\u{ad}'
                | '\u{600}'..='\u{604}'
                | '\u{70f}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{200c}'..='\u{200f}'
                | '\u{2028}'..='\u{202f}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{ffff}' => {
                    self.text("\\u");
                    for shift in [12, 8, 4, 0] {
                        self.0.push(nibble(u32::from(char) >> shift, b'a'));
                    }
                }
                char if char.is_ascii() => self.0.push(u8::try_from(char).unwrap_or(b'?')),
                char => self.text(char.encode_utf8(&mut [0; 4])),
            }
        }
        self.0.push(b'"');
    }

    /// Appends a hash in lower-case hex.
    pub(crate) fn hex(&mut self, bytes: &[u8; 32]) {
        let mut digits = [[0; 2]; 32];
        for (pair, byte) in digits.iter_mut().zip(bytes) {
            *pair = [nibble(u32::from(*byte) >> 4, b'a'), nibble(u32::from(*byte), b'a')];
        }
        self.0.extend_from_slice(digits.as_flattened());
    }

    /// Appends a number in decimal.
    pub(crate) fn number(&mut self, number: u64) {
        self.text(&decimal(number));
    }

    /// Appends `YYYY-MM-DD` in UTC.
    pub(crate) fn day(&mut self, now: UnixMillis) {
        self.civil_day(&now.civil());
    }

    /// Appends `YYYY-MM-DDTHH:MM:SSZ` in UTC.
    pub(crate) fn instant(&mut self, now: UnixMillis) {
        let civil = now.civil();
        self.civil_day(&civil);
        for (mark, part) in [(b'T', civil.hour), (b':', civil.minute), (b':', civil.second)] {
            self.0.extend_from_slice(&[mark, last_digit(part / 10), last_digit(part)]);
        }
        self.0.push(b'Z');
    }

    fn civil_day(&mut self, civil: &Civil) {
        self.number(civil.year);
        for part in [civil.month, civil.day] {
            self.0.extend_from_slice(&[b'-', last_digit(part / 10), last_digit(part)]);
        }
    }
}

/// Percent-encoded pairs, and the same percent-encoded once more, written in one go.
pub(crate) struct Twice {
    /// `name=value&…`.
    pub(crate) once: Ink,
    /// What precedes, and `name%3Dvalue%26…`.
    pub(crate) twice: Ink,
}

impl Twice {
    /// Encodes the pairs; the second text begins with `front`.
    pub(crate) fn pairs(front: &[&str], pairs: &[(&str, &str)]) -> Self {
        let room = room(pairs);
        let (mut once, mut twice) = (Ink::with_capacity(room + 64), Ink::with_capacity(room * 4 / 3 + 64));
        front.iter().for_each(|text| twice.text(text));
        for (index, (name, value)) in pairs.iter().enumerate() {
            if index > 0 {
                once.0.push(b'&');
                twice.0.extend_from_slice(b"%26");
            }
            Self::escaped(&mut once.0, &mut twice.0, name);
            once.0.push(b'=');
            twice.0.extend_from_slice(b"%3D");
            Self::escaped(&mut once.0, &mut twice.0, value);
        }
        Self { once, twice }
    }

    fn escaped(once: &mut Vec<u8>, twice: &mut Vec<u8>, text: &str) {
        each(text.as_bytes(), |run, byte| {
            once.extend_from_slice(run);
            twice.extend_from_slice(run);
            if let Some(byte) = byte {
                let [percent, high, low] = escape(byte);
                once.extend_from_slice(&[percent, high, low]);
                twice.extend_from_slice(&[percent, b'2', b'5', high, low]);
            }
        });
    }
}

/// Splits text into runs of bytes that stand for themselves and the byte after each, if any.
#[inline]
fn each(text: &[u8], mut write: impl FnMut(&[u8], Option<u8>)) {
    // Most texts are plain as a whole. Blocks of eight without a branch inside are quicker than byte after byte.
    let (blocks, last) = text.as_chunks::<8>();
    let odd = |bytes: &[u8]| bytes.iter().fold(false, |odd, byte| odd | !plain(*byte));
    if !blocks.iter().any(|block| odd(block)) && !odd(last) {
        return write(text, None);
    }
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        if plain(*byte) {
            let run = rest.iter().position(|byte| !plain(*byte)).unwrap_or(rest.len());
            let Some((run, tail)) = rest.split_at_checked(run) else { return };
            write(run, None);
            rest = tail;
        } else {
            write(&[], Some(*byte));
            rest = tail;
        }
    }
}

fn escape(byte: u8) -> [u8; 3] {
    [b'%', nibble(u32::from(byte) >> 4, b'A'), nibble(u32::from(byte), b'A')]
}

/// Tells whether a byte stands for itself in a percent-encoded text.
fn plain(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).is_some_and(|plain| *plain)
}

/// Whether each byte stands for itself.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &mut [bool] = &mut table;
    let mut byte = 0_u8;
    while let Some((plain, tail)) = rest.split_first_mut() {
        *plain = matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~');
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    table
};

/// Returns the hex digit of the low four bits; `ten` is the digit for 10.
fn nibble(bits: u32, ten: u8) -> u8 {
    let low = (bits & 15) as u8;
    if low < 10 { b'0' + low } else { ten + low - 10 }
}

/// Returns the last digit of a number, in ASCII.
fn last_digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

fn decode(text: &str) -> String {
    let mut rest = text.as_bytes();
    let mut out = Vec::with_capacity(text.len());
    loop {
        rest = match rest {
            [] => break,
            [b'%', high, low, tail @ ..] => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    tail
                }
                _ => {
                    out.push(b'%');
                    rest.get(1..).unwrap_or_default()
                }
            },
            [b'+', tail @ ..] => {
                out.push(b' ');
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(write: impl FnOnce(&mut Ink)) -> String {
        let mut ink = Ink::with_capacity(0);
        write(&mut ink);
        ink.done()
    }

    #[test]
    fn pairs_are_sorted_by_name_and_joined() {
        let mut pairs = [("b", "2 "), ("a", "2"), ("b", "1"), ("A", ""), ("a", "1")];
        sort(&mut pairs);
        assert_eq!(pairs, [("A", ""), ("a", "2"), ("a", "1"), ("b", "2 "), ("b", "1")]);
        assert_eq!(ink(|ink| ink.form_pairs(&pairs)), "A=&a=2&a=1&b=2+&b=1");
        assert_eq!(ink(|ink| ink.pairs(&pairs)), "A=&a=2&a=1&b=2%20&b=1");
        assert_eq!(ink(|ink| [b'a', b' '].into_iter().for_each(|byte| ink.byte(byte))), "a ");
    }

    #[test]
    fn percent_and_form_differ_in_the_blank_only() {
        let text = "aZ09-_.~ *+/!'()\u{e9}\u{feff}\n\u{1f600}";
        let escaped = "%2A%2B%2F%21%27%28%29%C3%A9%EF%BB%BF%0A%F0%9F%98%80";
        assert_eq!(pct(text), format!("aZ09-_.~%20{escaped}"));
        assert_eq!(ink(|ink| ink.form(text)), format!("aZ09-_.~+{escaped}"));
    }

    #[test]
    fn wire_pairs_decode_whoever_wrote_them() {
        let expected =
            [("a".to_owned(), "x y z".to_owned()), ("b".into(), String::new()), ("c".into(), "%zz+".into())];
        assert_eq!(pairs("a=x+y%20z&b&&c=%zz%2B"), expected);
        assert_eq!(pairs("a=%ff%"), [("a".to_owned(), "\u{fffd}%".to_owned())]);
    }

    #[test]
    fn canonical_pairs_are_sorted_by_name() {
        assert_eq!(canonical(&[("b", "2 "), ("a", "1"), ("B", "")]), "B=&a=1&b=2%20");
    }

    #[test]
    fn json_text_escapes_what_the_node_sdk_escapes() {
        let text = "\"\\/\n\u{1}\u{7f}\u{200d}\u{2028}\u{feff}\u{e9}\u{1f600}";
        assert_eq!(
            ink(|ink| ink.json(text)),
            "\"\\\"\\\\/\\n\\u0001\\u007f\\u200d\\u2028\\ufeff\u{e9}\u{1f600}\""
        );
    }

    #[test]
    fn numbers_and_dates_are_plain() {
        for number in [0, 7, 10, 1_694_615_694, u64::MAX] {
            assert_eq!(ink(|ink| ink.number(number)), number.to_string());
        }
        for millis in [0, 951_782_399_000, 1_694_615_694_999, 4_107_542_400_000] {
            let now = UnixMillis(millis);
            assert_eq!(ink(|ink| ink.instant(now)), now.civil().to_string());
            assert_eq!(ink(|ink| ink.day(now)), now.civil().to_string().split('T').next().unwrap());
        }
        assert_eq!(ink(|ink| ink.hex(&[0xa5; 32])), "a5".repeat(32));
    }
}
