//! Text with placeholders, each to be escaped for the place it stands in.

use super::slot::{self, Place, Slot, Slots, Values};
use crate::config::Section;
use crate::sign::encode::{Ink, pct};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// How a value must be written where it stands: as the inside of JSON strings, so many deep, then on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Escape {
    pub(super) json: u8,
    pub(super) wire: Wire,
}

/// What the wire asks of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// Nothing.
    Plain,
    /// Percent-encoding, of all but `A-Z a-z 0-9 - _ . ~`.
    Percent,
    /// Percent-encoding with `+` for a blank.
    Form,
}

/// Text in pieces: what is fixed is escaped already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
    slots: Slots,
    /// How many bytes are fixed.
    fixed: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Fixed(String),
    Value(Slot, Escape),
}

impl Escape {
    pub(super) const PLAIN: Self = Self { json: 0, wire: Wire::Plain };
    pub(super) const FORM: Self = Self { json: 0, wire: Wire::Form };
    pub(super) const PERCENT: Self = Self { json: 0, wire: Wire::Percent };

    /// Returns how text stands in a JSON string at this place.
    pub(super) const fn deeper(self) -> Self {
        Self { json: self.json.saturating_add(1), wire: self.wire }
    }

    fn write(self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..self.json {
            let mut ink = Ink::with_capacity(text.len() + 2);
            ink.json(&text);
            let quoted = ink.done();
            let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            text = inside.unwrap_or_default().to_owned();
        }
        match self.wire {
            Wire::Plain => text,
            Wire::Percent => pct(&text),
            Wire::Form => {
                let mut ink = Ink::with_capacity(text.len() * 3);
                ink.form(&text);
                ink.done()
            }
        }
    }
}

impl Template {
    /// Returns text without placeholders that stands for itself.
    pub(super) fn fixed(text: &str) -> Self {
        let mut out = Self::default();
        out.push(text, Escape::PLAIN);
        out
    }

    /// Reads text with placeholders that stands as it is; the section keeps what is wrong with it.
    pub(super) fn read(section: &mut Section<'_>, option: &str, text: &str, place: Place) -> Self {
        let mut out = Self::default();
        out.take(section, option, text, place, Escape::PLAIN);
        out
    }

    /// Appends text with placeholders as [`Template::parse`] does; the section keeps what is wrong with it.
    #[inline(never)]
    pub(super) fn take(
        &mut self,
        section: &mut Section<'_>,
        option: &str,
        text: &str,
        place: Place,
        escape: Escape,
    ) {
        if let Err(message) = self.parse(text, place, escape) {
            section.note(option, &message);
        }
    }

    /// Appends fixed text.
    pub(super) fn push(&mut self, text: &str, escape: Escape) {
        if text.is_empty() {
            return;
        }
        let text = escape.write(text);
        self.fixed += text.len();
        match self.pieces.last_mut() {
            Some(Piece::Fixed(last)) => last.push_str(&text),
            _ => self.pieces.push(Piece::Fixed(text)),
        }
    }

    /// Appends text with placeholders in braces, `{{` and `}}` for the braces themselves.
    ///
    /// The error says what is wrong with it. It repeats nothing of the text, which could be a secret.
    pub(super) fn parse(&mut self, text: &str, place: Place, escape: Escape) -> Result<(), String> {
        // The fixed text is gathered first, so that it is escaped as a whole.
        let mut fixed = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
            fixed.push_str(before);
            if let Some(tail) = after.strip_prefix("{{") {
                fixed.push('{');
                rest = tail;
            } else if let Some(tail) = after.strip_prefix("}}") {
                fixed.push('}');
                rest = tail;
            } else if let Some((name, tail)) = after.strip_prefix('{').map(|after| cut(after)) {
                let slot = slot::find(name.ok_or(UNCLOSED)?, place).ok_or_else(|| unknown(name, place))?;
                self.push(&fixed, escape);
                fixed.clear();
                self.slots = self.slots.with(slot);
                self.pieces.push(Piece::Value(slot, escape));
                rest = tail;
            } else {
                return Err("has a `}` without its `{`; a brace itself is written twice".into());
            }
        }
        fixed.push_str(rest);
        self.push(&fixed, escape);
        Ok(())
    }

    /// Returns the text with all its values escaped otherwise; what is fixed stays.
    pub(super) fn with(mut self, escape: Escape) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Value(_, own) = piece {
                *own = escape;
            }
        }
        self
    }

    /// Tells whether anything in it is fixed.
    pub(super) fn has_fixed(&self) -> bool {
        self.fixed > 0
    }

    /// Appends another template's pieces.
    pub(super) fn append(&mut self, other: Self) {
        self.fixed += other.fixed;
        self.slots = self.slots.and(other.slots);
        self.pieces.extend(other.pieces);
    }

    /// Returns the placeholders that are in it.
    pub(super) const fn slots(&self) -> Slots {
        self.slots
    }

    /// Tells whether a placeholder is in it.
    pub(super) const fn has(&self, slot: Slot) -> bool {
        self.slots.has(slot)
    }

    /// Returns the only thing in it, if that is a placeholder.
    pub(super) fn lone_slot(&self) -> Option<Slot> {
        match self.pieces.as_slice() {
            [Piece::Value(slot, _)] => Some(*slot),
            _ => None,
        }
    }

    /// Returns the text if it has no placeholder.
    pub(super) fn as_fixed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Fixed(text)] => Some(text),
            _ => None,
        }
    }

    /// Tells whether all that is fixed consists of such bytes.
    pub(super) fn fixed_is(&self, good: fn(u8) -> bool) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Fixed(text) => text.bytes().all(good),
            Piece::Value(..) => true,
        })
    }

    /// Returns a measure of how large it gets: its fixed bytes, and 64 for each placeholder.
    pub(super) fn size(&self) -> usize {
        let values = self.pieces.iter().filter(|piece| matches!(piece, Piece::Value(..)));
        self.fixed + 64 * values.count()
    }

    /// Returns the text with its values filled in.
    pub(super) fn fill(&self, values: &Values<'_>) -> String {
        let mut out = String::with_capacity(self.size());
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(text) => out.push_str(text),
                Piece::Value(slot, escape) => out.push_str(&escape.write(&values.text(*slot))),
            }
        }
        out
    }
}

/// Cuts a placeholder's name off; `None` if it doesn't end.
fn cut(text: &str) -> (Option<&str>, &str) {
    match text.split_once('}') {
        Some((name, tail)) => (Some(name), tail),
        None => (None, ""),
    }
}

fn unknown(name: Option<&str>, place: Place) -> String {
    if name == Some("secret") {
        return "must not hold {secret}: it goes into a signature, and nowhere else".into();
    }
    let mut out = "has a placeholder that can't stand here; there are ".to_owned();
    out.push_str(&slot::names(place));
    out
}

const UNCLOSED: &str = "has a `{` without its `}`; a brace itself is written twice";
