//! What a policy lets an attacker do, in figures, and where it is weaker than the norms.
//!
//! Everything is whole numbers, and each is the most that can happen: of several rules the one that allows least
//! counts. Three steps lead to every figure; a *day* is any 24 hours.
//!
//! * A rule of `limit` in any `window` lets `limit · ⌈span / window⌉` through in any `span`.
//! * `s` sends of codes with `t` tries each give `s · t` guesses. A gate of `g` wrong tries stops new codes only, so it
//!   lets `g − 1 + slots · t` through in its window: all live codes may still be spent after the last that it let by.
//! * `g` guesses among `n` codes hit with a chance of at most `g / n`. (Guesses at one code are never the same twice;
//!   over several codes the chance is less than that by under half its square.)
//!
//! An address is an IPv4 address or an IPv6 /64; a /48 has ten times the limit, whatever it holds. An attacker pays
//! with one attempt for each send and for each guess. Without a session of their own to bind them, codes that others
//! asked for can be guessed too, so there the attacker's addresses bound the guesses and not the sends. Not counted:
//! `device`, which an attacker names as it likes, and what an attacker wins by reading SMS (SIM swaps, malware); the
//! norms call SMS *restricted* for that, whatever the policy (NIST SP 800-63B-4 3.1.3.3).

#[cfg(test)]
mod tests;
mod text;
mod weakness;

pub use weakness::{Warning, Weakness};

use super::{IpMode, Policy, Rule, SessionMode};
use crate::code::Alphabet;
use crate::time::Millis;
use alloc::vec::Vec;

/// What a policy comes to: figures under assumptions, and warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// What was taken for granted.
    pub assumptions: Assumptions,
    /// What can happen at most.
    pub figures: Figures,
    /// Where the policy is weaker than the norms.
    pub warnings: Vec<Warning>,
}

/// What an audit takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumptions {
    /// Addresses at the attacker's hand; 1,000.
    pub addresses: u32,
    /// Honest users behind one shared address, each with one send and one check; 1,000.
    pub users: u32,
    /// What one message costs, in any unit; not known.
    pub price: Option<u32>,
}

/// What can happen at most, in any 24 hours unless said otherwise; `None` where nothing limits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Codes there are to guess among.
    pub codes: u64,
    /// The same in hundredths of a bit, rounded down; 1993 for six digits.
    pub centibits: u32,
    /// Codes sent to one number.
    pub sends_to_number: Option<u64>,
    /// Guesses at one number.
    pub guesses_at_number: Option<u64>,
    /// The chance that a number's code is guessed.
    pub number_falls: Chance,
    /// Guesses at all numbers together.
    pub guesses_at_any: Option<u64>,
    /// The chance that any number's code is guessed, one guess at each of many.
    pub any_falls: Chance,
    /// Messages sent: the largest bill.
    pub messages: Option<u64>,
    /// The largest bill in the unit of the assumed price; `None` without a price too.
    pub cost: Option<u64>,
    /// Messages sent to one prefix.
    pub messages_to_prefix: Option<u64>,
    /// Messages sent to one calling code.
    pub messages_to_country: Option<u64>,
    /// Addresses that together can spend the budget, and so shut everybody out.
    pub addresses_to_spend_budget: Option<u64>,
    /// Users served behind one address in ten minutes.
    pub served_in_ten_minutes: Option<u64>,
    /// Of the users behind one address, those shut out when all come within ten minutes.
    pub shut_out_in_ten_minutes: u64,
    /// Users served behind one address in a day.
    pub served_in_day: Option<u64>,
    /// Of the users behind one address, those shut out when they come over the day.
    pub shut_out_in_day: u64,
}

/// A chance of `guesses` in `codes`, never above one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// How many are tried, at most `codes`.
    pub guesses: u64,
    /// How many there are; at least 1.
    pub codes: u64,
}

impl Policy {
    /// Tells what this policy lets an attacker do, under the usual assumptions.
    #[must_use]
    pub fn audit(&self) -> Audit {
        self.audit_with(Assumptions::default())
    }

    /// Tells what this policy lets an attacker do, under these assumptions.
    #[must_use]
    pub fn audit_with(&self, assumptions: Assumptions) -> Audit {
        let figures = self.figures(assumptions);
        Audit { assumptions, figures, warnings: self.warnings(&figures) }
    }

    fn figures(&self, assumptions: Assumptions) -> Figures {
        let (codes, centibits) = self.code_space();
        let budget = most(&self.budget, DAY);
        let cooldown = Rule { limit: 1, window: self.cooldown };
        let cooldown = if self.cooldown.0 > 0 { most(&[cooldown], DAY) } else { None };
        let reach = self.reach(assumptions);
        let sends = least(&[budget, reach.sends]);
        let sends_to_number = least(&[sends, cooldown, most(&self.number, DAY)]);
        let guesses_at_number = least(&[self.guesses(sends_to_number), self.gates(), reach.guesses]);
        let guesses_at_any = least(&[self.guesses(sends), reach.guesses]);
        let address = |span| match self.ip_mode {
            IpMode::Required => (most(&self.ip, span), most(&self.ip_attempts, span)),
            IpMode::Off => (None, None),
        };
        let served = |span| {
            let (sends, attempts) = address(span);
            least(&[sends, attempts.map(|attempts| attempts / 2)])
        };
        let shut_out = |served: Option<u64>| {
            served.map_or(0, |served| u64::from(assumptions.users).saturating_sub(served))
        };
        let (sends_a_day, attempts_a_day) = address(DAY);
        let spent_by = least(&[sends_a_day, attempts_a_day]);
        let (in_ten_minutes, in_day) = (served(TEN_MINUTES), served(DAY));
        Figures {
            codes,
            centibits,
            sends_to_number,
            guesses_at_number,
            number_falls: Chance::of(guesses_at_number, codes),
            guesses_at_any,
            any_falls: Chance::of(guesses_at_any, codes),
            messages: budget,
            cost: budget
                .zip(assumptions.price)
                .map(|(messages, price)| messages.saturating_mul(price.into())),
            messages_to_prefix: least(&[most(&self.prefix, DAY), budget]),
            messages_to_country: least(&[most(&self.country, DAY), budget]),
            addresses_to_spend_budget: budget
                .zip(spent_by)
                .map(|(budget, by_one)| budget.div_ceil(by_one.max(1))),
            served_in_ten_minutes: in_ten_minutes,
            shut_out_in_ten_minutes: shut_out(in_ten_minutes),
            served_in_day: in_day,
            shut_out_in_day: shut_out(in_day),
        }
    }

    /// Returns how many codes there are, and that in hundredths of a bit.
    ///
    /// Callers' own codes may be as short as four digits.
    fn code_space(&self) -> (u64, u32) {
        let (shortest, of_shortest) = (10_000, 4 * microbits(Alphabet::Digits) / 10_000);
        let bits = u32::from(self.shape.length()) * microbits(self.shape.alphabet()) / 10_000;
        match self.own_codes {
            true => (self.shape.count().min(shortest), bits.min(of_shortest)),
            false => (self.shape.count(), bits),
        }
    }

    /// Returns what the attacker's addresses allow in a day: own sends, and guesses.
    fn reach(&self, assumptions: Assumptions) -> Reach {
        let addresses = u64::from(assumptions.addresses);
        let times = |rules: &[Rule]| most(rules, DAY).map(|one| one.saturating_mul(addresses));
        if self.ip_mode == IpMode::Off {
            return Reach { sends: None, guesses: None };
        }
        let (sends, attempts) = (times(&self.ip), times(&self.ip_attempts));
        if self.session == SessionMode::Optional {
            return Reach { sends: None, guesses: attempts };
        }
        // Each code costs an attempt before its tries do.
        let tries = u64::from(self.tries);
        let guesses = attempts.map(|attempts| attempts.saturating_mul(tries) / tries.saturating_add(1));
        Reach { sends, guesses }
    }

    fn guesses(&self, sends: Option<u64>) -> Option<u64> {
        sends.map(|sends| sends.saturating_mul(u64::from(self.tries)))
    }

    /// Returns how many wrong tries at a number its gates let through in a day.
    fn gates(&self) -> Option<u64> {
        let live = u64::from(self.slots()).saturating_mul(u64::from(self.tries));
        let gates = self.wrong_tries.iter().map(|rule| {
            let each = u64::from(rule.limit).saturating_sub(1).saturating_add(live);
            each.saturating_mul(windows(rule, DAY))
        });
        gates.min()
    }
}

impl Default for Assumptions {
    fn default() -> Self {
        Self { addresses: 1_000, users: 1_000, price: None }
    }
}

impl Chance {
    fn of(guesses: Option<u64>, codes: u64) -> Self {
        Self { guesses: guesses.map_or(codes, |guesses| guesses.min(codes)), codes }
    }

    /// Tells whether this is at least one in `times`.
    #[must_use]
    pub const fn is_one_in(self, times: u64) -> bool {
        self.guesses.saturating_mul(times) >= self.codes
    }
}

/// What the attacker's addresses allow in a day.
struct Reach {
    sends: Option<u64>,
    guesses: Option<u64>,
}

/// Returns the most that rules let through in any `span`; `None` without rules.
fn most(rules: &[Rule], span: Millis) -> Option<u64> {
    rules.iter().map(|rule| u64::from(rule.limit).saturating_mul(windows(rule, span))).min()
}

/// Returns how many windows of a rule a span can touch with full counts.
fn windows(rule: &Rule, span: Millis) -> u64 {
    span.0.div_ceil(rule.window.0.max(1))
}

fn least(limits: &[Option<u64>]) -> Option<u64> {
    limits.iter().copied().flatten().min()
}

/// Returns log₂ of an alphabet's size in millionths, rounded down.
const fn microbits(alphabet: Alphabet) -> u32 {
    match alphabet {
        Alphabet::Digits => 3_321_928,
        Alphabet::Crockford => 5_000_000,
        Alphabet::Upper => 4_700_439,
    }
}

const DAY: Millis = Millis(86_400_000);
const TEN_MINUTES: Millis = Millis(600_000);
