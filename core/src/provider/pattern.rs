//! What goes into a template's variable: plain text with `{code}` and `{minutes}` in it.

use super::Message;
use crate::text::{length, push_decimal};
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// A variable's value, to be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Code,
    Minutes,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let (name, tail) = after.split_once('}').ok_or("has a `{` without its `}`")?;
            pieces.push(match name {
                "code" => Piece::Code,
                "minutes" => Piece::Minutes,
                _ => return Err("may hold {code} and {minutes}, nothing else in braces"),
            });
            rest = tail;
        }
        if rest.as_bytes().contains(&b'}') {
            return Err("has a `}` without its `{`");
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Tells whether the code is in it.
    pub(super) fn has_code(&self) -> bool {
        self.0.contains(&Piece::Code)
    }

    /// Tells whether it is just this text.
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self.0.as_slice(), [Piece::Text(own)] if own == text)
    }

    /// Returns how many characters it has at most, once filled.
    pub(super) fn most(&self) -> usize {
        let most = |piece: &Piece| match piece {
            Piece::Text(text) => length(text),
            Piece::Code => 32,
            Piece::Minutes => 10,
        };
        self.0.iter().map(most).sum()
    }

    pub(super) fn fill(&self, message: &Message<'_>) -> String {
        let mut out = String::with_capacity(16);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Code => out.push_str(message.code),
                Piece::Minutes => push_decimal(&mut out, message.minutes().into()),
            }
        }
        out
    }
}
