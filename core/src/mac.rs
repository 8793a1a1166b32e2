//! The hash functions in use, each wrapped once, and their text forms.

#[cfg(feature = "gateway")]
use crate::hash::MD5;
use crate::hash::{Digest, SHA1, SHA256};
use alloc::string::String;
use alloc::vec::Vec;
use subtle::ConstantTimeEq as _;

/// Returns SHA-256 of the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    SHA256.digest(parts)
}

/// Returns HMAC-SHA-256 of the parts, one after the other, under `key` of any length.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    SHA256.hmac(key, parts)
}

/// Returns HMAC-SHA-1 of the parts, one after the other, under `key` of any length.
#[must_use]
pub fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    head(SHA1.hmac(key, parts))
}

/// Returns SHA-1 of the parts, one after the other.
#[must_use]
pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    head(SHA1.digest(parts))
}

/// Returns MD5 of the parts, one after the other; for gateways that want it, and for nothing else.
#[cfg(feature = "gateway")]
#[must_use]
pub fn md5(parts: &[&[u8]]) -> [u8; 16] {
    head(MD5.digest(parts))
}

/// Returns HMAC-MD5 of the parts, one after the other, under `key` of any length.
#[cfg(feature = "gateway")]
#[must_use]
pub fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    head(MD5.hmac(key, parts))
}

fn head<const N: usize>(digest: Digest) -> [u8; N] {
    digest.first_chunk().copied().unwrap_or([0; N])
}

/// Tells whether two byte strings are equal, in time that depends on their lengths only.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Appends lower-case hex to `out`.
pub fn hex_into(out: &mut String, bytes: &[u8]) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }));
        }
    }
}

/// Returns lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    hex_into(&mut out, bytes);
    out
}

/// Reads lower- or upper-case hex; `None` if it is not hex of whole bytes.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(pairs.len());
    for &[high, low] in pairs {
        out.push(digit(high)? << 4 | digit(low)?);
    }
    Some(out)
}

/// Returns standard base64 with padding.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    let mut out = sextets(bytes, STANDARD);
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

/// Returns base64 for URLs, without padding.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    sextets(bytes, URL_SAFE)
}

/// Reads base64 for URLs without padding; `None` if it is not that, in the one form that [`base64url`] writes.
#[must_use]
pub fn unbase64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for letter in group {
            let value = URL_SAFE.iter().position(|symbol| symbol == letter)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        let [_, bytes @ ..] = (bits << (24 - 6 * group.len())).to_be_bytes();
        out.extend(bytes.iter().take(group.len() * 3 / 4));
    }
    // Bits left over must be zero, and no letter stands alone.
    (base64url(&out) == text).then_some(out)
}

/// Writes six bits a letter, the last ones filled up with zeros.
fn sextets(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().zip([16, 8, 0]).fold(0, |bits, (byte, by)| bits | usize::from(*byte) << by);
        for by in [18, 12, 6, 0].into_iter().take(group.len() + 1) {
            out.push(alphabet.get(bits >> by & 63).map_or('A', |letter| char::from(*letter)));
        }
    }
    out
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(hex(&[0, 15, 171, 255]), "000fabff");
        assert_eq!(unhex("000fABff"), Some(vec![0, 15, 171, 255]));
        assert_eq!(unhex("0"), None);
        assert_eq!(unhex("zz"), None);
    }

    /// RFC 4648, section 10, and what its section 3.5 lets a reader refuse.
    #[test]
    fn base64_goes_both_ways() {
        let texts = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        for (length, text) in texts.iter().enumerate() {
            let bytes = b"foobar".get(..length).unwrap();
            assert_eq!(base64(bytes), *text);
            assert_eq!(base64url(bytes), text.trim_end_matches('='));
            assert_eq!(unbase64url(text.trim_end_matches('=')).as_deref(), Some(bytes));
        }
        assert_eq!((base64(&[251, 255]), base64url(&[251, 255])), ("+/8=".into(), "-_8".into()));
        assert_eq!(unbase64url("-_8"), Some(vec![251, 255]));
        for text in ["A", "Zm9vA", "Zg==", "Zh", "Zm9", "+/8", "Zm 9v", "é"] {
            assert_eq!(unbase64url(text), None, "{text}");
        }
    }

    /// RFC 4231 case 2 and RFC 2202 case 2.
    #[test]
    fn hmacs_match_their_rfcs() {
        let data: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", &data)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(hex(&hmac_sha1(b"Jefe", &data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }
}
