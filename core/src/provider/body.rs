//! A JSON object, written member by member.

use crate::sign::encode::Ink;
use alloc::string::String;

/// The object under construction, compact.
pub(super) struct Body(Ink);

impl Body {
    pub(super) fn new() -> Self {
        Self(Ink::with_capacity(256))
    }

    /// Begins a member; its value has to follow.
    pub(super) fn name(&mut self, name: &str) -> &mut Ink {
        self.0.text(if self.0.bytes().is_empty() { "{" } else { "," });
        self.0.json(name);
        self.0.text(":");
        &mut self.0
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name).json(text);
    }

    pub(super) fn texts(&mut self, name: &str, texts: impl Iterator<Item = impl AsRef<str>>) {
        let out = self.name(name);
        out.text("[");
        for (index, text) in texts.enumerate() {
            out.text(if index > 0 { "," } else { "" });
            out.json(text.as_ref());
        }
        out.text("]");
    }

    pub(super) fn done(mut self) -> String {
        self.0.text(if self.0.bytes().is_empty() { "{}" } else { "}" });
        self.0.done()
    }
}
