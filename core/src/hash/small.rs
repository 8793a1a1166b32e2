//! The hash functions in few bytes: one buffer for all, and one HMAC (RFC 2104).
//!
//! SHA-256 (FIPS 180-4) is the library's, one block at a time. SHA-1 (FIPS 180-4) and MD5 (RFC 1321), which only some
//! vendors still want, are loops: unrolled, as the libraries have them, they are 5 kB of code.

use super::Digest;
use sha2::block_api::compress256;

/// A hash function with blocks of 64 bytes.
pub(crate) struct Hash {
    /// How long a digest is, in bytes.
    size: usize,
    /// As many words as the function has; the rest are nobody's.
    start: [u32; 8],
    compress: fn(&mut [u32; 8], &[u8; BLOCK]),
    /// Whether numbers are written with their last byte first.
    little_endian: bool,
}

/// MD5, of 16 bytes.
#[cfg(feature = "gateway")]
pub(crate) static MD5: Hash = Hash { size: 16, start: SHA1_START, compress: md5, little_endian: true };

/// SHA-1, of 20 bytes.
pub(crate) static SHA1: Hash = Hash { size: 20, start: SHA1_START, compress: sha1, little_endian: false };

/// SHA-256, of 32 bytes.
pub(crate) static SHA256: Hash =
    Hash { size: 32, start: SHA256_START, compress: sha256, little_endian: false };

impl Hash {
    /// Returns the digest of the parts, one after the other.
    #[inline(never)]
    pub(crate) fn digest(&self, parts: &[&[u8]]) -> Digest {
        let mut message = Message::new(self);
        parts.iter().for_each(|part| message.add(part));
        message.finish()
    }

    /// Returns the HMAC of the parts, one after the other, under `key` of any length.
    #[inline(never)]
    pub(crate) fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> Digest {
        let hashed;
        let mut key = key;
        if key.len() > BLOCK {
            hashed = self.digest(&[key]);
            key = self.whole(&hashed);
        }
        let keyed = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(place, byte)| *place ^= byte);
            let mut message = Message::new(self);
            message.add(&block);
            message
        };
        let mut inner = keyed(0x36);
        parts.iter().for_each(|part| inner.add(part));
        let mut outer = keyed(0x5c);
        outer.add(self.whole(&inner.finish()));
        outer.finish()
    }

    /// Returns what of a digest is this function's.
    pub(crate) fn whole<'a>(&self, digest: &'a Digest) -> &'a [u8] {
        digest.get(..self.size).unwrap_or_default()
    }
}

const BLOCK: usize = 64;

/// A message on its way through a hash function.
struct Message<'a> {
    hash: &'a Hash,
    state: [u32; 8],
    block: [u8; BLOCK],
    /// How much of the block is filled.
    filled: usize,
    blocks: u64,
}

impl<'a> Message<'a> {
    fn new(hash: &'a Hash) -> Self {
        Self { hash, state: hash.start, block: [0; BLOCK], filled: 0, blocks: 0 }
    }

    #[inline(never)]
    fn add(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        while !bytes.is_empty() {
            let room = self.block.get_mut(self.filled..).unwrap_or_default();
            let (now, later) = bytes.split_at(room.len().min(bytes.len()));
            room.iter_mut().zip(now).for_each(|(place, byte)| *place = *byte);
            self.filled += now.len();
            bytes = later;
            if self.filled == BLOCK {
                (self.hash.compress)(&mut self.state, &self.block);
                self.filled = 0;
                self.blocks += 1;
            }
        }
    }

    /// Fills the last block up: a one bit, zeros, and the message's length in bits.
    #[inline(never)]
    fn finish(mut self) -> Digest {
        let bits = (self.blocks * BLOCK as u64 + self.filled as u64) * 8;
        let little = self.hash.little_endian;
        self.add(&[0x80]);
        while self.filled != BLOCK - 8 {
            self.add(&[0]);
        }
        self.add(&if little { bits.to_le_bytes() } else { bits.to_be_bytes() });
        let mut digest = [0; 32];
        for (place, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.state) {
            *place = if little { word.to_le_bytes() } else { word.to_be_bytes() };
        }
        digest
    }
}

fn sha256(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    compress256(state, core::slice::from_ref(block));
}

/// FIPS 180-4, 6.1.2.
fn sha1(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut words = words(block, u32::from_be_bytes);
    let [mut a, mut b, mut c, mut d, mut e, ..] = *state;
    for round in 0..80_u32 {
        let (mix, constant) = match round / 20 {
            0 => (b & c | !b & d, 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        // The words of the rounds to come, of which the first is this one's.
        let [word, _, third, _, _, _, _, _, ninth, _, _, _, _, fourteenth, ..] = words;
        words.copy_within(1.., 0);
        let [.., last] = &mut words;
        *last = (word ^ third ^ ninth ^ fourteenth).rotate_left(1);
        let sum =
            a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant).wrapping_add(word);
        (a, b, c, d, e) = (sum, a, b.rotate_left(30), c, d);
    }
    add(state, &[a, b, c, d, e]);
}

/// RFC 1321, 3.4.
#[cfg(feature = "gateway")]
fn md5(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let words = words(block, u32::from_le_bytes);
    let [mut a, mut b, mut c, mut d, ..] = *state;
    for (round, constant) in SINES.iter().enumerate() {
        let (mix, at, turns) = match round / 16 {
            0 => (b & c | !b & d, round, [7, 12, 17, 22]),
            1 => (b & d | c & !d, 5 * round + 1, [5, 9, 14, 20]),
            2 => (b ^ c ^ d, 3 * round + 5, [4, 11, 16, 23]),
            _ => (c ^ (b | !d), 7 * round, [6, 10, 15, 21_u32]),
        };
        let word = words.get(at % 16).copied().unwrap_or_default();
        let turn = turns.get(round % 4).copied().unwrap_or_default();
        let sum = a.wrapping_add(mix).wrapping_add(*constant).wrapping_add(word);
        (a, b, c, d) = (d, b.wrapping_add(sum.rotate_left(turn)), b, c);
    }
    add(state, &[a, b, c, d]);
}

fn words(block: &[u8; BLOCK], read: fn([u8; 4]) -> u32) -> [u32; 16] {
    let mut words = [0; 16];
    words.iter_mut().zip(block.as_chunks::<4>().0).for_each(|(word, bytes)| *word = read(*bytes));
    words
}

fn add(state: &mut [u32; 8], words: &[u32]) {
    state.iter_mut().zip(words).for_each(|(sum, word)| *sum = sum.wrapping_add(*word));
}

/// FIPS 180-4, 5.3.3.
const SHA256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// FIPS 180-4, 5.3.1; the first four words are those of RFC 1321, 3.3, too.
const SHA1_START: [u32; 8] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0, 0, 0, 0];

/// RFC 1321, 3.4: 2^32 times the absolute sine of 1 to 64, rounded down.
#[cfg(feature = "gateway")]
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

#[cfg(test)]
mod tests {
    use super::*;
    use ::hmac::{Hmac, KeyInit as _, Mac as _};
    use ::sha1::Sha1;
    use md5::Md5;
    use sha2::{Digest as _, Sha256};

    /// Bytes that repeat late.
    fn message(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 131 % 251) as u8).collect()
    }

    #[test]
    fn digests_of_every_length_are_the_libraries() {
        for length in 0..300 {
            let whole = message(length);
            let (head, tail) = whole.split_at(length / 3);
            let parts = [head, tail];
            assert_eq!(MD5.digest(&parts)[..16], Md5::digest(&whole)[..], "{length}");
            assert_eq!(SHA1.digest(&parts)[..20], Sha1::digest(&whole)[..], "{length}");
            assert_eq!(SHA256.digest(&parts)[..], Sha256::digest(&whole)[..], "{length}");
        }
    }

    #[test]
    fn hmacs_under_keys_of_every_length_are_the_libraries() {
        macro_rules! library {
            ($hash:ty, $key:expr, $text:expr) => {{
                let mut mac = Hmac::<$hash>::new_from_slice($key).unwrap();
                mac.update($text);
                mac.finalize().into_bytes().to_vec()
            }};
        }
        for length in 0..150 {
            let (key, text) = (message(length), message(200 - length));
            assert_eq!(MD5.hmac(&key, &[&text])[..16], library!(Md5, &key, &text), "{length}");
            assert_eq!(SHA1.hmac(&key, &[&text])[..20], library!(Sha1, &key, &text), "{length}");
            assert_eq!(SHA256.hmac(&key, &[&text])[..], library!(Sha256, &key, &text), "{length}");
        }
    }

    /// The sines are what the RFC says, though libraries have them too.
    #[test]
    fn sines_are_sines() {
        for (at, sine) in (1..).zip(SINES) {
            assert_eq!((f64::from(at).sin().abs() * 4_294_967_296.0) as u32, sine, "{at}");
        }
    }
}
