//! The keys: what names partitions, and what makes codes and proofs.
//!
//! `index` names partitions and never rotates in service. Peppers make codes and proofs and rotate: accept a
//! new one everywhere, make it current, drop the old one ten minutes later.

use crate::config::{Section, error};
use crate::error::{ConfigCode, ConfigError};
use crate::mac::{base64url, hmac_sha256};
use crate::secret::Secret;
use alloc::string::String;
use alloc::vec::Vec;

/// Bytes that a secret must have at least.
pub const SECRET_MIN: usize = 32;

/// How many peppers there may be at once: an operation on a challenge names each.
pub const PEPPERS_MAX: usize = 4;

const SHORT: &str = "must have at least 32 bytes; `python -m sansms secret` makes one";

/// Identifies a pepper: derived from it, so that a label cannot be attached to the wrong secret.
pub type KeyId = [u8; 4];

/// All keys of a deployment.
#[derive(Debug)]
pub struct Keyring {
    partition: Key,
    tag: Key,
    idem: Key,
    device: Key,
    receipts: Key,
    peppers: Vec<Pepper>,
}

/// One pepper, expanded into the keys that are used.
#[derive(Debug)]
pub struct Pepper {
    id: KeyId,
    code: Key,
    proof: Key,
    ticket: Key,
}

/// One derived key.
pub(crate) type Key = Secret<[u8; 32]>;

impl Keyring {
    /// Derives index and pepper from one secret of at least [`SECRET_MIN`] bytes.
    #[must_use]
    pub fn from_secret(secret: &[u8]) -> Self {
        let half = |label: &[u8]| hmac_sha256(secret, &[b"sansms/1/", label]);
        Self::new(&half(b"index"), &[&half(b"pepper")])
    }

    /// Derives from an index and the peppers, the current one first; those past [`PEPPERS_MAX`] are left out.
    #[must_use]
    pub fn new(index: &[u8], peppers: &[&[u8]]) -> Self {
        Self {
            partition: derive(index, "partition"),
            tag: derive(index, "tag"),
            idem: derive(index, "idem"),
            device: derive(index, "device"),
            receipts: derive(index, "receipts"),
            peppers: peppers.iter().take(PEPPERS_MAX).map(|pepper| Pepper::new(pepper)).collect(),
        }
    }

    /// Reads `secret`, or `index` with `peppers`, from the configuration.
    ///
    /// # Errors
    /// When neither or both are there, when one has under [`SECRET_MIN`] bytes, when several peppers come
    /// without an `index`, and when they are more than [`PEPPERS_MAX`].
    pub fn from_config(section: &mut Section<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section);
        section.sound(read)?.ok_or_else(|| error(ConfigCode::Value, "secret", "is wrong"))
    }

    /// Reads the keys; none where something is wrong.
    #[inline(never)]
    pub(crate) fn read_options(section: &mut Section<'_>) -> Option<Self> {
        let secret = section.get_text("secret");
        let index = section.get_text("index");
        let list = section.get_list("peppers");
        if list.len() > PEPPERS_MAX {
            section.note("peppers", "takes at most 4");
        }
        let mut peppers = Vec::with_capacity(list.len());
        for (i, value) in list.iter().enumerate() {
            let option = Section::item("peppers", i);
            if !value.is_string() {
                section.mistyped(&option, "must be text");
            }
            peppers.push(long(section, &option, value.as_str().unwrap_or_default())?);
        }
        match (secret, index, peppers.is_empty()) {
            (Some(secret), None, true) => return Some(Self::from_secret(long(section, "secret", secret)?)),
            (None, Some(index), false) => return Some(Self::new(long(section, "index", index)?, &peppers)),
            (None, None, true) => {
                section.keep(ConfigCode::Missing, "secret", "is required", Some("SANSMS_SECRET"));
            }
            (_, None, false) => {
                section.lacks("index", "is required with `peppers`, and stays the same while they rotate");
            }
            (None, Some(_), true) => section.lacks("peppers", "is required with `index`"),
            (Some(_), Some(_), _) => {
                section.note("secret", "goes alone; with `index` and `peppers` leave it out");
            }
        }
        None
    }

    /// Returns the pepper that new codes are made with.
    #[must_use]
    pub fn current(&self) -> Option<&Pepper> {
        self.peppers.first()
    }

    /// Returns all peppers, the current one first.
    #[must_use]
    pub fn peppers(&self) -> &[Pepper] {
        &self.peppers
    }

    /// Returns the pepper with this id.
    #[must_use]
    pub fn pepper(&self, id: KeyId) -> Option<&Pepper> {
        self.peppers.iter().find(|pepper| pepper.id == id)
    }

    /// Returns the key under which a partition's record is kept.
    #[must_use]
    pub fn partition(&self, namespace: &str, kind: &str, id: &str) -> String {
        let encoded = enc(&[namespace.as_bytes(), kind.as_bytes(), id.as_bytes()]);
        let name: [u8; 16] = head(&hmac_sha256(self.partition.expose(), &[&encoded]));
        ["sansms:1:", namespace, ":", kind, ":", &base64url(&name)].concat()
    }

    /// Returns the tag that finds a slot in the number's record.
    #[must_use]
    pub fn tag(&self, ctx: &[u8]) -> [u8; 8] {
        head(&hmac_sha256(self.tag.expose(), &[ctx]))
    }

    /// Returns the tag of an idempotency key, bound to recipient, purpose and session.
    #[must_use]
    pub fn idem(&self, ctx: &[u8], key: &str) -> [u8; 8] {
        head(&hmac_sha256(self.idem.expose(), &[ctx, &enc(&[key.as_bytes()])]))
    }

    /// Returns a blind name for a device.
    #[must_use]
    pub fn device(&self, device: &str) -> String {
        base64url(&head::<16>(&hmac_sha256(self.device.expose(), &[device.as_bytes()])))
    }

    /// Returns the secret part of the path that takes this namespace's delivery receipts.
    #[must_use]
    pub fn receipts(&self, namespace: &str) -> String {
        base64url(&head::<16>(&hmac_sha256(self.receipts.expose(), &[namespace.as_bytes()])))
    }
}

impl Pepper {
    fn new(pepper: &[u8]) -> Self {
        Self {
            id: head(derive(pepper, "kid").expose()),
            code: derive(pepper, "code"),
            proof: derive(pepper, "proof"),
            ticket: derive(pepper, "ticket"),
        }
    }

    /// Returns the id that slots and tickets carry.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub(crate) fn code(&self) -> &[u8; 32] {
        self.code.expose()
    }

    pub(crate) fn proof(&self) -> &[u8; 32] {
        self.proof.expose()
    }

    pub(crate) fn ticket(&self) -> &[u8; 32] {
        self.ticket.expose()
    }
}

/// Encodes fields injectively: each as its length in four bytes, big-endian, and its bytes.
#[must_use]
pub fn enc(fields: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(fields.iter().map(|field| field.len() + 4).sum());
    for field in fields {
        out.extend_from_slice(&u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(field);
    }
    out
}

/// Returns what is bound into a code, its proof and its tag.
#[must_use]
pub fn ctx(namespace: &str, recipient: &str, purpose: &str, session: &str) -> Vec<u8> {
    enc(&[namespace.as_bytes(), recipient.as_bytes(), purpose.as_bytes(), session.as_bytes()])
}

/// Expands a flow's seed: S(label).
#[must_use]
pub fn expand(seed: &Secret<[u8; 32]>, label: &str) -> [u8; 32] {
    hmac_sha256(seed.expose(), &[b"sansms/1/", label.as_bytes()])
}

/// Returns the first `N` bytes of a digest; `N` is at most 32.
#[must_use]
pub fn head<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    const { assert!(N <= 32) };
    digest.first_chunk::<N>().copied().unwrap_or([0; N])
}

fn derive(key: &[u8], label: &str) -> Key {
    Secret::new(hmac_sha256(key, &[b"sansms/1/", label.as_bytes()]))
}

/// Returns a secret that is long enough.
fn long<'a>(section: &mut Section<'_>, option: &str, text: &'a str) -> Option<&'a [u8]> {
    if text.len() >= SECRET_MIN {
        return Some(text.as_bytes());
    }
    section.note(option, SHORT);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: &Value) -> Result<Keyring, ConfigError> {
        Keyring::from_config(&mut Section::open("", &value.clone().into())?)
    }

    #[test]
    fn secrets_are_checked() {
        let long = "0123456789abcdef0123456789abcdef";
        assert!(read(&json!({ "secret": long })).is_ok());
        assert!(read(&json!({ "index": long, "peppers": vec![long; PEPPERS_MAX] })).is_ok());
        for (value, option) in [
            (json!({}), "secret"),
            (json!({ "secret": "short" }), "secret"),
            (json!({ "peppers": [long, long] }), "index"),
            (json!({ "secret": long, "peppers": [long] }), "index"),
            (json!({ "index": long }), "peppers"),
            (json!({ "index": long, "peppers": [long, "short"] }), "peppers[1]"),
            (json!({ "index": long, "peppers": vec![long; PEPPERS_MAX + 1] }), "peppers"),
            (json!({ "secret": long, "index": long, "peppers": [long] }), "secret"),
        ] {
            let error = read(&value).unwrap_err();
            assert_eq!(error.option, option);
            assert!(!error.to_string().contains("short"));
        }
    }

    #[test]
    fn fields_cannot_be_shifted() {
        assert_ne!(ctx("a", "bc", "", ""), ctx("ab", "c", "", ""));
        let keys = Keyring::from_secret(&[7; 32]);
        assert_ne!(keys.partition("n", "tel", "1"), keys.partition("n", "ip", "1"));
        assert_ne!(keys.idem(b"ab", "c"), keys.idem(b"a", "bc"));
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", Keyring::from_secret(&[7; 32]));
        assert!(text.contains("[secret]") && !text.contains("7, 7"), "{text}");
    }
}
