//! Tickets: short-lived proof of a verification, for the form that comes after.
//!
//! ```text
//! ticket = b64url(1 ‖ ends u48be seconds ‖ kid ‖ HMAC(K(p,ticket), enc(namespace, recipient, purpose, bound, ends))[0..16])
//! ```

use crate::key::{Keyring, Pepper, enc, head};
use crate::mac::{base64url, hmac_sha256, same, unbase64url};
use crate::time::{Millis, UnixMillis};
use alloc::string::String;

/// How long a ticket is good for.
pub(crate) const VALIDITY: Millis = Millis(600_000);

const VERSION: u8 = 1;

/// What a ticket is bound to.
#[derive(Clone, Copy)]
pub(crate) struct Ticket<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) recipient: &'a str,
    pub(crate) purpose: &'a str,
    pub(crate) bound: &'a str,
}

/// Issues a ticket under the current pepper.
pub(crate) fn issue(keys: &Keyring, ticket: &Ticket<'_>, now: UnixMillis) -> Option<String> {
    let pepper = keys.current()?;
    let ends = now.plus(VALIDITY).seconds().to_be_bytes();
    let [_, _, ends @ ..] = ends;
    let mac = seal(pepper, ticket, ends);
    Some(base64url(&[&[VERSION][..], &ends, &pepper.id(), &mac].concat()))
}

/// Tells whether a ticket is genuine, fresh, and bound to just this.
pub(crate) fn verify(keys: &Keyring, text: &str, ticket: &Ticket<'_>, now: UnixMillis) -> bool {
    let Some(bytes) = unbase64url(text) else { return false };
    let Some((&[version], rest)) = bytes.split_first_chunk::<1>() else { return false };
    let Some((ends, rest)) = rest.split_first_chunk::<6>() else { return false };
    let Some((kid, mac)) = rest.split_first_chunk::<4>() else { return false };
    let Some(pepper) = keys.pepper(*kid) else { return false };
    let fresh = now.seconds() < ends.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    version == VERSION && same(mac, &seal(pepper, ticket, *ends)) && fresh
}

fn seal(pepper: &Pepper, ticket: &Ticket<'_>, ends: [u8; 6]) -> [u8; 16] {
    let Ticket { namespace, recipient, purpose, bound } = ticket;
    let fields: [&[u8]; 5] =
        [namespace.as_bytes(), recipient.as_bytes(), purpose.as_bytes(), bound.as_bytes(), &ends];
    head(&hmac_sha256(pepper.ticket(), &[&enc(&fields)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_bound_and_end() {
        let keys = Keyring::from_secret(&[1; 32]);
        let claim =
            Ticket { namespace: "n", recipient: "tel:+8613800138000", purpose: "reset", bound: "user 7" };
        let text = issue(&keys, &claim, UnixMillis(1_000)).unwrap();
        assert!(verify(&keys, &text, &claim, UnixMillis(600_999)));
        assert!(!verify(&keys, &text, &claim, UnixMillis(601_000)), "ended");
        for other in [
            Ticket { namespace: "m", ..claim },
            Ticket { recipient: "tel:+8613800138001", ..claim },
            Ticket { purpose: "login", ..claim },
            Ticket { bound: "user 8", ..claim },
        ] {
            assert!(!verify(&keys, &text, &other, UnixMillis(2_000)));
        }
        assert!(!verify(&Keyring::from_secret(&[2; 32]), &text, &claim, UnixMillis(2_000)));
        for at in 0..text.len() {
            let mut broken = text.clone().into_bytes();
            broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
            assert!(!verify(&keys, &String::from_utf8(broken).unwrap(), &claim, UnixMillis(2_000)), "{at}");
        }
        assert!(!verify(&keys, "", &claim, UnixMillis(0)) && !verify(&keys, "é", &claim, UnixMillis(0)));
    }
}
