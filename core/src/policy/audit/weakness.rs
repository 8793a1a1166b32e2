//! Where a policy is weaker than NIST SP 800-63B or ASVS 5.0: the list, and who is on it.
//!
//! What no policy can weaken is not here: a code is accepted once (ASVS 6.5.1), drawn from HMAC-SHA-256 output
//! (6.5.3), and stored as a keyed proof.

use super::Figures;
use super::text::{grouped, hundredths};
use crate::policy::{IpMode, LIFETIME, Policy, SessionMode};
use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

/// One thing that is weaker than a norm asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Which weakness.
    pub weakness: Weakness,
    /// What it comes to in this policy, a sentence without a final stop.
    pub text: String,
}

/// Makes the enum and its table from one list.
macro_rules! weaknesses {
    ($($case:ident = $code:literal, $requirement:literal;)*) => {
        /// A way to be weaker than a norm; each has a stable dotted code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Weakness {
            $(#[doc = concat!("`", $code, "`: ", $requirement)] $case,)*
        }

        impl Weakness {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$case,)*];

            /// Returns the dotted code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$case => $code,)* }
            }

            /// Returns the requirement that is not met, with its place.
            #[must_use]
            pub const fn requirement(self) -> &'static str {
                match self { $(Self::$case => $requirement,)* }
            }
        }
    };
}

weaknesses! {
    SixDigits = "audit.six_digits",
        "NIST SP 800-63B (2017) 5.1.3.2: at least 20 bits";
    CodeSpace = "audit.code_space",
        "ASVS 5.0 6.5.4: at least 20 bits, six digits being enough; NIST SP 800-63B-4 3.1.3.2: six decimal digits";
    OwnCodes = "audit.own_codes",
        "ASVS 5.0 6.5.3 and 6.5.4: a secure random generator, and at least 20 bits";
    Validity = "audit.validity",
        "ASVS 5.0 6.5.5 and NIST SP 800-63B-4 3.1.3.2: valid for ten minutes at most";
    Tries = "audit.tries",
        "ASVS 5.0 6.6.3: rate limits against guessing";
    NoCooldown = "audit.no_cooldown",
        "ASVS 5.0 2.4.1: limits on what costs money";
    NoNumberLimit = "audit.no_number_limit",
        "ASVS 5.0 6.6.3: rate limits against guessing; 2.4.1: limits on what costs money";
    NoWrongTries = "audit.no_wrong_tries",
        "ASVS 5.0 6.6.3 and NIST SP 800-63B-4 3.2.2: limits on failed attempts";
    IpOff = "audit.ip_off",
        "ASVS 5.0 2.4.1: limits on automation";
    NoIpLimit = "audit.no_ip_limit",
        "ASVS 5.0 2.4.1: limits on what costs money";
    NoAttemptLimit = "audit.no_attempt_limit",
        "ASVS 5.0 6.6.3: rate limits against guessing";
    NoBudget = "audit.no_budget",
        "ASVS 5.0 2.4.1: limits on what costs money";
    SessionOptional = "audit.session_optional",
        "ASVS 5.0 6.6.2: codes bound to the request that asked for them";
    ConsecutiveFailures = "audit.consecutive_failures",
        "NIST SP 800-63B-4 3.2.2: at most 100 consecutive failed attempts at an account";
    Spray = "audit.spray",
        "ASVS 5.0 6.6.3: rate limits against guessing, or codes of 64 bits";
}

impl Policy {
    /// Lists what is weaker than the norms.
    #[rustfmt::skip]
    pub(super) fn warnings(&self, figures: &Figures) -> Vec<Warning> {
        let Figures { codes, any_falls, guesses_at_number, .. } = *figures;
        let ip = self.ip_mode == IpMode::Required;
        let (in_a_row, days) = failures(guesses_at_number);
        let checks = [
            (Weakness::SixDigits, (SIX_DIGITS..TWENTY_BITS).contains(&codes), "codes have # bits, which is less than 20 by the letter; ASVS 5.0 6.5.4 and NIST SP 800-63B-4 take six digits as enough"),
            (Weakness::CodeSpace, codes < SIX_DIGITS, "codes have # bits, $ of them in all"),
            (Weakness::OwnCodes, self.own_codes, "callers may bring codes of four characters, made in a way that nobody here can judge"),
            (Weakness::Validity, self.validity > LIFETIME, "codes are valid for # s"),
            (Weakness::Tries, self.tries > TRIES, "a code may be tried # times; three to five are usual"),
            (Weakness::NoCooldown, self.cooldown.0 == 0, "a number can be sent all its codes at once; there is no cooldown"),
            (Weakness::NoNumberLimit, self.number.is_empty(), "nothing but the cooldown limits how many codes a number is sent"),
            (Weakness::NoWrongTries, self.wrong_tries.is_empty(), "wrong tries never keep a number from getting new codes"),
            (Weakness::IpOff, !ip, "addresses are not looked at: one machine can spend the budget, and guess at every number"),
            (Weakness::NoIpLimit, ip && self.ip.is_empty(), "sends of one address are limited by its attempts only"),
            (Weakness::NoAttemptLimit, ip && self.ip_attempts.is_empty(), "one address may check codes without limit"),
            (Weakness::NoBudget, self.budget.is_empty(), "nothing limits the bill; set `budget_per_day`"),
            (Weakness::SessionOptional, self.session == SessionMode::Optional, "a code asked for without a session can be used from any other; set `session` to required or challenge"),
            (Weakness::ConsecutiveFailures, true, in_a_row),
            (Weakness::Spray, any_falls.is_one_in(SPRAY), "# guesses a day, one at each of many numbers, hit with a chance of $"),
        ];
        let mut out = Vec::new();
        for (weakness, weak, text) in checks {
            if weak {
                // What stands for `#` and `$` in the text.
                let (first, second) = match weakness {
                    Weakness::SixDigits | Weakness::CodeSpace => (hundredths(figures.centibits), grouped(codes)),
                    Weakness::Validity => (self.validity.seconds_up().to_string(), String::new()),
                    Weakness::Tries => (u64::from(self.tries).to_string(), String::new()),
                    Weakness::ConsecutiveFailures => (guesses_at_number.unwrap_or(0).to_string(), days.to_string()),
                    Weakness::Spray => {
                        let any = figures.guesses_at_any;
                        (any.map_or_else(|| "any number of".to_owned(), grouped), any_falls.text())
                    }
                    _ => (String::new(), String::new()),
                };
                out.push(Warning { weakness, text: filled(text, &first, &second) });
            }
        }
        out
    }
}

/// Puts two words where `#` and `$` stand.
fn filled(text: &str, first: &str, second: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(['#', '$']) {
        let (rest, word) = match piece.as_bytes().last() {
            Some(b'#') => (piece.strip_suffix('#'), first),
            Some(b'$') => (piece.strip_suffix('$'), second),
            _ => (None, ""),
        };
        out.push_str(rest.unwrap_or(piece));
        out.push_str(word);
    }
    out
}

/// Says when an account has seen more failures in a row than NIST allows, with `#` a day, in `$` days.
///
/// Windows forget, so no policy meets this alone: what is never forgotten is the application's to keep.
#[rustfmt::skip]
fn failures(guesses: Option<u64>) -> (&'static str, u64) {
    let days = FAILURES.saturating_add(1).div_ceil(guesses.unwrap_or(1).max(1));
    let text = match (guesses, days) {
        (Some(0), _) => "windows forget failures; stop codes for an account after 100 failures without a success",
        (Some(_), 1) => "more than 100 failures at one number fit into a day; stop codes for an account after 100 failures without a success",
        (Some(_), _) => "windows forget failures: at # a day, 100 are passed in $ days; stop codes for an account after 100 failures without a success",
        (None, _) => "failures at one number have no limit; stop codes for an account after 100 failures without a success",
    };
    (text, days)
}

const SIX_DIGITS: u64 = 1_000_000;
const TWENTY_BITS: u64 = 1 << 20;
/// Failures in a row at one account.
const FAILURES: u64 = 100;
/// Tries of a code that are usual at most.
const TRIES: u8 = 5;
/// One day in how many an account may fall before that is said; no norm has a figure.
const SPRAY: u64 = 100;
