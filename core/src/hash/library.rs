//! The hash functions as the libraries have them.

use super::Digest;
use hmac::{EagerHash, Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

/// A hash function.
pub(crate) struct Hash {
    size: usize,
    digest: fn(&[&[u8]]) -> Digest,
    hmac: fn(&[u8], &[&[u8]]) -> Digest,
}

/// MD5, of 16 bytes.
#[cfg(feature = "gateway")]
pub(crate) static MD5: Hash = Hash { size: 16, digest: digest::<md5::Md5>, hmac: hmac::<md5::Md5> };

/// SHA-1, of 20 bytes.
pub(crate) static SHA1: Hash = Hash { size: 20, digest: digest::<Sha1>, hmac: hmac::<Sha1> };

/// SHA-256, of 32 bytes.
pub(crate) static SHA256: Hash = Hash { size: 32, digest: digest::<Sha256>, hmac: hmac::<Sha256> };

impl Hash {
    /// Returns the digest of the parts, one after the other.
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> Digest {
        (self.digest)(parts)
    }

    /// Returns the HMAC of the parts, one after the other, under `key` of any length.
    pub(crate) fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> Digest {
        (self.hmac)(key, parts)
    }

    /// Returns what of a digest is this function's.
    pub(crate) fn whole<'a>(&self, digest: &'a Digest) -> &'a [u8] {
        digest.get(..self.size).unwrap_or_default()
    }
}

fn digest<D: sha2::Digest>(parts: &[&[u8]]) -> Digest {
    let mut hash = D::new();
    parts.iter().for_each(|part| hash.update(part));
    head(&hash.finalize())
}

fn hmac<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> Digest
where
    Hmac<D>: hmac::KeyInit + hmac::Mac,
{
    // HMAC takes keys of every length, so the error arm is never reached; it yields zeros, not a panic.
    let Ok(mut mac) = Hmac::<D>::new_from_slice(key) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    head(&mac.finalize().into_bytes())
}

fn head(bytes: &[u8]) -> Digest {
    let mut digest = [0; 32];
    digest.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    digest
}
