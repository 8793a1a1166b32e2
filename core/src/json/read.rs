//! The reader.

use super::{Object, Value};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// How deep lists and objects may stand in one another; vendors' replies have four levels.
pub const MAX_DEPTH: u32 = 32;

/// The bytes are not JSON, or are nested deeper than [`MAX_DEPTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Reads one value and nothing beside it.
///
/// # Errors
/// [`Malformed`] for anything RFC 8259 doesn't allow, a byte order mark, half a surrogate pair, and bytes that are not
/// UTF-8.
pub fn parse(text: &[u8]) -> Result<Value, Malformed> {
    let mut reader = Reader { rest: text };
    reader.blank();
    reader.value(MAX_DEPTH).filter(|_| reader.rest.is_empty()).ok_or(Malformed)
}

/// What is left to read. `None` from its methods means that the text is malformed.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// Reads a value and the white space after it.
    fn value(&mut self, depth: u32) -> Option<Value> {
        let value = match self.peek() {
            b'{' => Value::Object(self.object(depth.checked_sub(1)?)?),
            b'[' => Value::Array(self.array(depth.checked_sub(1)?)?),
            b'"' => Value::String(self.string()?),
            b'n' => self.word(b"null", Value::Null)?,
            b't' => self.word(b"true", Value::Bool(true))?,
            b'f' => self.word(b"false", Value::Bool(false))?,
            _ => Value::Number(self.number()?),
        };
        self.blank();
        Some(value)
    }

    fn object(&mut self, depth: u32) -> Option<Object> {
        let mut members = Vec::new();
        let mut more = self.opens(b'}');
        while more {
            let name = self.string()?;
            self.blank();
            self.takes(b':').then_some(())?;
            self.blank();
            members.push((name, self.value(depth)?));
            more = self.goes_on(b'}')?;
        }
        Some(Object(members))
    }

    fn array(&mut self, depth: u32) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        let mut more = self.opens(b']');
        while more {
            items.push(self.value(depth)?);
            more = self.goes_on(b']')?;
        }
        Some(items)
    }

    /// Steps over an opening bracket; false when the closing one follows, which is stepped over too.
    fn opens(&mut self, end: u8) -> bool {
        self.step();
        self.blank();
        !self.takes(end)
    }

    /// Steps over what follows an item: true for a comma, false for the closing bracket.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        if self.takes(end) {
            return Some(false);
        }
        let comma = self.takes(b',');
        self.blank();
        comma.then_some(true)
    }

    fn string(&mut self) -> Option<String> {
        let mut out = Vec::new();
        self.takes(b'"').then_some(())?;
        loop {
            match self.step()? {
                b'"' => return String::from_utf8(out).ok(),
                b'\\' => {
                    let char = self.escape()?;
                    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..0x20 => return None,
                byte => out.push(byte),
            }
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Option<char> {
        Some(match self.step()? {
            byte @ (b'"' | b'\\' | b'/') => byte.into(),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hex4()?;
                let high = unit.wrapping_sub(0xd800);
                let point = if high < 0x400 && self.takes(b'\\') && self.takes(b'u') {
                    let low = self.hex4()?.wrapping_sub(0xdc00);
                    (low < 0x400).then(|| 0x1_0000 + (high << 10) + low)?
                } else {
                    unit
                };
                // A surrogate by itself is no character.
                char::from_u32(point)?
            }
            _ => return None,
        })
    }

    fn hex4(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.step()?).to_digit(16)?;
        }
        Some(unit)
    }

    /// Reads a number as it is written.
    fn number(&mut self) -> Option<String> {
        let text = self.rest;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.peek() | 0x20 == b'e' {
            self.step();
            let _sign = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        let length = text.len().saturating_sub(self.rest.len());
        String::from_utf8(text.get(..length)?.to_vec()).ok()
    }

    /// Steps over digits, one at least.
    fn digits(&mut self) -> Option<()> {
        let mut some = None;
        while self.peek().is_ascii_digit() {
            some = self.step().map(drop);
        }
        some
    }

    fn word(&mut self, word: &[u8], value: Value) -> Option<Value> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(value)
    }

    fn blank(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.step();
        }
    }

    /// Steps over a byte if it is this one.
    fn takes(&mut self, byte: u8) -> bool {
        let there = self.peek() == byte;
        if there {
            self.step();
        }
        there
    }

    /// Returns the next byte; NUL, which begins nothing, at the end.
    fn peek(&self) -> u8 {
        self.rest.first().copied().unwrap_or(0)
    }

    fn step(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not JSON")
    }
}

impl core::error::Error for Malformed {}
