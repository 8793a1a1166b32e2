//! The placeholders there are, where each may stand, and what it stands for.

use super::super::Recipient;
use crate::sign::encode::Ink;
use crate::text::decimal;
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    E164,
    E164Digits,
    National,
    CallingCode,
    CnOrE164,
    Email,
    Code,
    Minutes,
    Sign,
    Template,
    SendId,
    Timestamp,
    TimestampMs,
    Utc,
    UtcCompact,
    Beijing,
    BeijingCompact,
    Nonce,
    NonceUuid,
    Key,
    Secret,
    Signature,
    Body,
}

/// Where text stands, as a bit: what may be in it depends on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u8);

impl Place {
    /// A segment of the URL's path.
    pub(super) const PATH: Self = Self(1);
    /// The URL's query.
    pub(super) const QUERY: Self = Self(2);
    /// A header's value.
    pub(super) const HEADER: Self = Self(4);
    /// The body.
    pub(super) const BODY: Self = Self(8);
    /// The text that is signed.
    pub(super) const SIGNED: Self = Self(16);
    /// The key it is signed with.
    pub(super) const SIGNING_KEY: Self = Self(32);
    /// A text under `templates`.
    pub(super) const TEMPLATE: Self = Self(64);
}

/// Returns the placeholder of a name, if it may stand there.
pub(super) fn find(name: &str, place: Place) -> Option<Slot> {
    SLOTS.iter().find(|row| row.0 == name && row.2 & place.0 != 0).map(|row| row.1)
}

/// Returns the names of what may stand there, for an error.
pub(super) fn names(place: Place) -> String {
    let mut out = String::new();
    for row in SLOTS.iter().filter(|row| row.2 & place.0 != 0) {
        out.push_str(if out.is_empty() { "" } else { ", " });
        out.push_str(row.0);
    }
    out
}

/// A set of placeholders, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots(u32);

impl Slots {
    /// Those that name a phone.
    pub(super) const PHONE: Self =
        Self(0).with(Slot::E164).with(Slot::E164Digits).with(Slot::National).with(Slot::CnOrE164);

    /// Those that tell a number's country.
    pub(super) const COUNTRY: Self =
        Self(0).with(Slot::E164).with(Slot::E164Digits).with(Slot::CallingCode).with(Slot::CnOrE164);

    /// Returns the set with one more.
    pub(super) const fn with(self, slot: Slot) -> Self {
        Self(self.0 | 1 << slot as u32)
    }

    /// Returns what is in this set or in the other.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Tells whether a placeholder is in it.
    pub(super) const fn has(self, slot: Slot) -> bool {
        self.any(Self(0).with(slot))
    }

    /// Tells whether any of the other set is in it.
    pub(super) const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Slot {
    /// Tells whether its value is always a whole number as JSON writes it: digits, no zero in front.
    pub(super) fn is_number(self) -> bool {
        matches!(
            self,
            Self::E164Digits | Self::CallingCode | Self::Minutes | Self::Timestamp | Self::TimestampMs
        )
    }
}

/// What the placeholders of one message stand for.
pub(super) struct Values<'a> {
    pub(super) to: Recipient<'a>,
    pub(super) code: &'a str,
    pub(super) minutes: u32,
    pub(super) sign: &'a str,
    pub(super) template: &'a str,
    pub(super) send_id: &'a str,
    pub(super) now: UnixMillis,
    pub(super) nonce: [u8; 16],
    pub(super) key: &'a str,
    pub(super) secret: &'a str,
    pub(super) signature: &'a str,
    pub(super) body: &'a str,
}

impl Values<'_> {
    /// Returns what a placeholder stands for, as plain text.
    pub(super) fn text(&self, slot: Slot) -> String {
        let now = self.now;
        // Which of both there is was checked; the other's placeholders are not in the declaration.
        let (e164, calling_code, national, email) = match self.to {
            Recipient::Phone(to) => (to.e164, to.calling_code, to.national, ""),
            Recipient::Email(email) => ("", "", "", email),
        };
        let text = match slot {
            Slot::E164 => e164,
            Slot::E164Digits => e164.strip_prefix('+').unwrap_or(e164),
            Slot::National => national,
            Slot::CallingCode => calling_code,
            Slot::CnOrE164 if calling_code == "86" => national,
            Slot::CnOrE164 => e164,
            Slot::Email => email,
            Slot::Code => self.code,
            Slot::Sign => self.sign,
            Slot::Template => self.template,
            Slot::SendId => self.send_id,
            Slot::Key => self.key,
            Slot::Secret => self.secret,
            Slot::Signature => self.signature,
            Slot::Body => self.body,
            Slot::Minutes => return decimal(self.minutes.into()),
            Slot::Timestamp => return decimal(now.seconds()),
            Slot::TimestampMs => return decimal(now.0),
            Slot::Utc => return instant(now),
            Slot::UtcCompact => return compact(now),
            // China has had one time zone and no summer time since 1991.
            Slot::Beijing => {
                let text = instant(now.plus(EIGHT_HOURS));
                return text.chars().filter(|c| *c != 'Z').map(|c| if c == 'T' { ' ' } else { c }).collect();
            }
            Slot::BeijingCompact => return compact(now.plus(EIGHT_HOURS)),
            Slot::Nonce => return crate::mac::hex(&self.nonce),
            Slot::NonceUuid => return uuid(self.nonce),
        };
        text.to_owned()
    }
}

/// Returns `YYYY-MM-DDThh:mm:ssZ`.
fn instant(at: UnixMillis) -> String {
    let mut ink = Ink::with_capacity(20);
    ink.instant(at);
    ink.done()
}

/// Returns `YYYYMMDDhhmmss`.
fn compact(at: UnixMillis) -> String {
    instant(at).chars().filter(char::is_ascii_digit).collect()
}

/// Returns a UUID of version 4 (RFC 9562, section 5.4) made of these bytes.
fn uuid(mut bytes: [u8; 16]) -> String {
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let mut out = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        out.push_str(if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" });
        crate::mac::hex_into(&mut out, &[*byte]);
    }
    out
}

const EIGHT_HOURS: crate::time::Millis = crate::time::Millis(8 * 3_600_000);

const REQUEST: u8 = 1 | 2 | 4 | 8;
const SIGNED: u8 = 16;
const ALL: u8 = REQUEST | SIGNED;

/// Name, meaning, and the places it may stand in.
///
/// `email` and `send_id` are freer than ASCII words, so they stay out of headers, and of the path, where dots count.
const SLOTS: &[(&str, Slot, u8)] = &[
    ("e164", Slot::E164, ALL),
    ("e164_digits", Slot::E164Digits, ALL),
    ("national", Slot::National, ALL),
    ("calling_code", Slot::CallingCode, ALL),
    ("cn_or_e164", Slot::CnOrE164, ALL),
    ("email", Slot::Email, 2 | 8 | SIGNED),
    ("code", Slot::Code, ALL | 64),
    ("minutes", Slot::Minutes, ALL | 64),
    ("sign", Slot::Sign, ALL | 64),
    ("template", Slot::Template, ALL),
    ("send_id", Slot::SendId, 2 | 8 | SIGNED),
    ("timestamp", Slot::Timestamp, ALL),
    ("timestamp_ms", Slot::TimestampMs, ALL),
    ("utc", Slot::Utc, ALL),
    ("utc_compact", Slot::UtcCompact, ALL),
    ("beijing", Slot::Beijing, ALL),
    ("beijing_compact", Slot::BeijingCompact, ALL),
    ("nonce", Slot::Nonce, ALL),
    ("nonce_uuid", Slot::NonceUuid, ALL),
    ("key", Slot::Key, ALL | 32),
    ("secret", Slot::Secret, SIGNED | 32),
    ("signature", Slot::Signature, REQUEST),
    ("body", Slot::Body, SIGNED),
];
