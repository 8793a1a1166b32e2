//! The encodings under every signature: percent, form, JSON text, dates.
//!
//! Servers decode what came over the wire and encode it again with [`pct`] before they check a signature, so
//! the wire's own encoding is free. No Unicode normalisation anywhere: text is UTF-8 bytes.

use crate::time::{Civil, UnixMillis};

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
    sorted.sort_by(|a, b| a.0.cmp(b.0));
    let mut ink = Ink::with_capacity(room(&sorted));
    ink.pairs(&sorted);
    ink.done()
}

/// Returns the room that pairs take at most once they are percent-encoded.
pub(crate) fn room(pairs: &[(&str, &str)]) -> usize {
    pairs.iter().map(|(name, value)| name.len() + 2 + value.len() * 3).sum()
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

    /// Appends bytes known to be ASCII.
    pub(crate) fn ascii(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends text percent-encoded.
    pub(crate) fn pct(&mut self, text: &str) {
        self.escaped(text, b"%20");
    }

    /// Appends percent-encoded pairs percent-encoded once more: all they hold to escape is `%`, `=` and `&`.
    pub(crate) fn pct_again(&mut self, pairs: &[u8]) {
        self.0.reserve(pairs.len() * 5 / 3);
        let mut rest = pairs;
        loop {
            let run = rest.iter().take_while(|byte| plain(**byte)).count();
            let Some((run, tail)) = rest.split_at_checked(run) else { return };
            self.0.extend_from_slice(run);
            let Some((byte, tail)) = tail.split_first() else { return };
            self.0.extend_from_slice(match byte {
                b'%' => b"%25",
                b'=' => b"%3D",
                _ => b"%26",
            });
            rest = tail;
        }
    }

    /// Appends text form-encoded: as percent-encoded, but a blank is `+`.
    pub(crate) fn form(&mut self, text: &str) {
        self.escaped(text, b"+");
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

    /// Appends lower-case hex.
    pub(crate) fn hex(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let byte = u32::from(*byte);
            self.0.extend_from_slice(&[nibble(byte >> 4, b'a'), nibble(byte, b'a')]);
        }
    }

    /// Appends a number in decimal.
    pub(crate) fn number(&mut self, number: u64) {
        let mut digits = [0; 20];
        let mut rest = number;
        let mut length = 0;
        for digit in digits.iter_mut().rev() {
            *digit = ascii(rest % 10);
            rest /= 10;
            length += 1;
            if rest == 0 {
                break;
            }
        }
        self.0.extend(digits.iter().skip(20 - length));
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
            self.0.extend_from_slice(&[mark, ascii(part / 10), ascii(part % 10)]);
        }
        self.0.push(b'Z');
    }

    fn civil_day(&mut self, civil: &Civil) {
        self.number(civil.year);
        for part in [civil.month, civil.day] {
            self.0.extend_from_slice(&[b'-', ascii(part / 10), ascii(part % 10)]);
        }
    }

    /// Appends text with every byte escaped that is not unreserved; a blank as `blank`.
    fn escaped(&mut self, text: &str, blank: &[u8]) {
        self.0.reserve(text.len() * 3);
        let mut rest = text.as_bytes();
        loop {
            let run = rest.iter().take_while(|byte| plain(**byte)).count();
            let Some((run, tail)) = rest.split_at_checked(run) else { return };
            self.0.extend_from_slice(run);
            match tail {
                [] => return,
                [b' ', tail @ ..] => {
                    self.0.extend_from_slice(blank);
                    rest = tail;
                }
                [byte, tail @ ..] => {
                    let byte = u32::from(*byte);
                    self.0.extend_from_slice(&[b'%', nibble(byte >> 4, b'A'), nibble(byte, b'A')]);
                    rest = tail;
                }
            }
        }
    }
}

/// Tells whether a byte stands for itself in a percent-encoded text.
fn plain(byte: u8) -> bool {
    byte < 128 && PLAIN >> byte & 1 == 1
}

/// A bit for each byte below 128 that stands for itself.
const PLAIN: u128 = {
    let mut bits = 0;
    let mut byte = 0_u8;
    while byte < 128 {
        if matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~') {
            bits |= 1 << byte;
        }
        byte += 1;
    }
    bits
};

/// Returns the hex digit of the low four bits; `ten` is the digit for 10.
fn nibble(bits: u32, ten: u8) -> u8 {
    let low = (bits & 15) as u8;
    if low < 10 { b'0' + low } else { ten + low - 10 }
}

fn ascii(digit: u64) -> u8 {
    b'0' + (digit % 10) as u8
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
        assert_eq!(ink(|ink| ink.hex(&[0, 0xaf])), "00af");
    }
}
