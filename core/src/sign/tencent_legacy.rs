//! Tencent's SMS service before the cloud API, "v5" at yun.tim.qq.com: a plain SHA-256, not an HMAC.
//!
//! Source: Tencent's legacy SMS v5 page "sendsms" and the official SDK qcloudsms_py 0.1.4.

use super::Signed;
use super::encode::Ink;
use crate::mac::sha256;
use crate::secret::Secret;
use alloc::string::String;

/// Signs a call: `sig` of its JSON body.
///
/// The text to sign holds the key itself. `random` must stand in the URL and `time` (Unix seconds, within 10 minutes of real time) in the body.
/// `mobiles` are bare numbers without calling code, in the order of the request; none for the calls that pull.
#[must_use]
pub fn sign(key: &Secret<String>, random: &str, time: u64, mobiles: &[&str]) -> Signed {
    let mut text = Ink::with_capacity(key.expose().len() + random.len() + 16 * mobiles.len() + 60);
    for part in ["appkey=", key.expose(), "&random=", random, "&time="] {
        text.text(part);
    }
    text.number(time);
    for (index, mobile) in mobiles.iter().enumerate() {
        text.text(if index > 0 { "," } else { "&mobile=" });
        text.text(mobile);
    }
    let mut signature = Ink::with_capacity(64);
    signature.hex(&sha256(&[text.bytes()]));
    Signed { canonical_request: String::new(), string_to_sign: text.done(), signature: signature.done() }
}
