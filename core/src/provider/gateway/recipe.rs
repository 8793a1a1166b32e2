//! How a request is signed: a bearer token, a basic password, or a hash over a declared text.

use super::slot::{Place, Slot, Slots, Values};
use super::text::Template;
use crate::config::Section;
use crate::{hash, mac};
use alloc::string::String;

/// How a request shows who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Recipe {
    /// Not at all, or by the key alone.
    None,
    /// `authorization: Bearer` and the secret (RFC 6750).
    Bearer,
    /// `authorization: Basic` with key and secret (RFC 7617).
    Basic,
    /// A hash, put where the declaration has `{signature}`.
    Hash { hash: Hash, over: Template, key: Option<Template>, form: Form },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
}

/// How the bytes of a hash are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Hex,
    HexUpper,
    Base64,
}

/// What the word for a method stands for.
#[derive(Clone, Copy)]
enum Method {
    None,
    Bearer,
    Basic,
    Digest(Hash),
    Hmac(Hash),
}

impl Recipe {
    /// Reads the section of `signature`; the caller finishes it.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        section.get_required("method", None);
        let (hash, keyed) = match section.get_choice("method", METHODS).unwrap_or(Method::None) {
            Method::None => return Self::None,
            Method::Bearer => return Self::Bearer,
            Method::Basic => return Self::Basic,
            Method::Digest(hash) => (hash, false),
            Method::Hmac(hash) => (hash, true),
        };
        let over = template(section, "over", Place::SIGNED);
        if over.is_none() {
            section.lacks("over", "is required: the text that is signed");
        }
        let over = over.unwrap_or_default();
        let key = keyed.then(|| {
            let key = template(section, "key", Place::SIGNING_KEY);
            key.unwrap_or_else(|| Template::read(section, "key", "{secret}", Place::SIGNING_KEY))
        });
        let (option, signed) = key.as_ref().map_or(("over", &over), |key| ("key", key));
        if !signed.has(Slot::Secret) {
            section.note(option, "must hold {secret}, or anybody could make the signature");
        }
        let form = section.get_choice("output", FORMS).unwrap_or(Form::Hex);
        Self::Hash { hash, over, key, form }
    }

    /// Tells whether it gives `{signature}` a value.
    pub(super) fn makes_signature(&self) -> bool {
        matches!(self, Self::Hash { .. })
    }

    /// Returns the placeholders that go into it.
    pub(super) fn slots(&self) -> Slots {
        let none = Slots::default();
        match self {
            Self::None => none,
            Self::Bearer => none.with(Slot::Secret),
            Self::Basic => none.with(Slot::Key).with(Slot::Secret),
            Self::Hash { over, key, .. } => over.slots().and(key.as_ref().map_or(none, Template::slots)),
        }
    }

    /// Tells whether `slot` goes into it.
    pub(super) fn uses(&self, slot: Slot) -> bool {
        self.slots().has(slot)
    }

    /// Returns how large it gets; see [`Template::size`].
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Hash { over, key, .. } => over.size() + key.as_ref().map_or(0, Template::size),
            _ => 0,
        }
    }

    /// Returns the value of `authorization`, for the methods that make one.
    pub(super) fn authorization(&self, key: &str, secret: &str) -> Option<String> {
        match self {
            Self::Bearer => Some(["Bearer ", secret].concat()),
            Self::Basic => Some(["Basic ", &mac::base64([key, ":", secret].concat().as_bytes())].concat()),
            _ => None,
        }
    }

    /// Returns the signature; empty for the methods that make none.
    pub(super) fn sign(&self, values: &Values<'_>) -> String {
        let Self::Hash { hash, over, key, form } = self else { return String::new() };
        let over = over.fill(values);
        let key = key.as_ref().map(|key| key.fill(values));
        hash.write(key.as_deref().map(str::as_bytes), over.as_bytes(), *form)
    }
}

impl Hash {
    /// Returns the hash of a text, an HMAC if there is a key, written in a form.
    pub(super) fn write(self, key: Option<&[u8]>, text: &[u8], form: Form) -> String {
        let hash = match self {
            Self::Md5 => &hash::MD5,
            Self::Sha1 => &hash::SHA1,
            Self::Sha256 => &hash::SHA256,
        };
        let digest = key.map_or_else(|| hash.digest(&[text]), |key| hash.hmac(key, &[text]));
        form.write(hash.whole(&digest))
    }
}

impl Form {
    fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => mac::hex(bytes),
            Self::HexUpper => mac::hex(bytes).to_ascii_uppercase(),
            Self::Base64 => mac::base64(bytes),
        }
    }
}

/// Reads an option that is text with placeholders.
fn template(section: &mut Section<'_>, option: &'static str, place: Place) -> Option<Template> {
    let value = section.value(option)?;
    if !value.is_string() {
        section.mistyped(option, "must be text");
    }
    // White space at the ends may be meant here.
    Some(Template::read(section, option, value.as_str().unwrap_or_default(), place))
}

const METHODS: &[(&str, Method)] = &[
    ("none", Method::None),
    ("bearer", Method::Bearer),
    ("basic", Method::Basic),
    ("md5", Method::Digest(Hash::Md5)),
    ("sha1", Method::Digest(Hash::Sha1)),
    ("sha256", Method::Digest(Hash::Sha256)),
    ("hmac-md5", Method::Hmac(Hash::Md5)),
    ("hmac-sha1", Method::Hmac(Hash::Sha1)),
    ("hmac-sha256", Method::Hmac(Hash::Sha256)),
];

const FORMS: &[(&str, Form)] = &[("hex", Form::Hex), ("HEX", Form::HexUpper), ("base64", Form::Base64)];
