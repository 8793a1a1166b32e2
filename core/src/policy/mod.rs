//! What a deployment allows: the knobs, their defaults and their ranges.

#[cfg(feature = "operations")]
pub mod audit;
mod config;
#[cfg(test)]
mod tests;

use crate::code::Shape;
use crate::time::Millis;
use alloc::vec::Vec;

/// The knobs. [`Policy::default`] is what a site with no wishes of its own should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What codes look like; six digits.
    pub shape: Shape,
    /// Whether callers may bring codes of any shape; `false`: theirs must have ours.
    pub own_codes: bool,
    /// How long a code is valid; 300 s, 60 to 600 (NIST SP 800-63B-4 and ASVS 5.0 6.5.5 cap it at ten minutes).
    pub validity: Millis,
    /// How often a code may be tried; 3, 1 to 10.
    pub tries: u8,
    /// Between two sends to a number; 60 s, 0 to 3600.
    pub cooldown: Millis,
    /// Sends to a number, over all purposes; 5 in 24 h.
    pub number: Vec<Rule>,
    /// Wrong tries at a number, which gate new codes; 10 in 1 h and 20 in 24 h.
    pub wrong_tries: Vec<Rule>,
    /// Sends from an address; 10 in 24 h.
    pub ip: Vec<Rule>,
    /// Sends and checks from an address, never given back; 30 in 10 min.
    pub ip_attempts: Vec<Rule>,
    /// Sends from a device, if the application names one; none.
    pub device: Vec<Rule>,
    /// Sends to a prefix (+86 and seven digits; elsewhere all but the last four digits); none.
    pub prefix: Vec<Rule>,
    /// Sends to a calling code; none.
    pub country: Vec<Rule>,
    /// Sends of the whole deployment; 1,000 in 24 h unless `budget_per_day` says otherwise.
    pub budget: Vec<Rule>,
    /// How many partitions share the budget, which every send touches; 1, up to 64. Each has its share of every rule.
    pub budget_parts: u8,
    /// Whether a client's address must be given.
    pub ip_mode: IpMode,
    /// Where the session comes from.
    pub session: SessionMode,
}

/// At most `limit` in any window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How many; at least 1.
    pub limit: u32,
    /// In any window this long; 1 s to 31 days.
    pub window: Millis,
}

/// Whether a client's address must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpMode {
    /// It must.
    Required,
    /// It is not looked at; the rules for addresses do not hold.
    Off,
}

/// Where the session that a code is bound to comes from (ASVS 5.0 6.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMode {
    /// The application may give one; without one, codes are bound to recipient and purpose only.
    Optional,
    /// The application must give one.
    Required,
    /// Without one from the application, `send` makes a token (`challenge`) for the client to hand back.
    Challenge,
}

/// How long a challenge may live in all, through every resend.
pub const LIFETIME: Millis = Millis(600_000);

/// With less validity left than this, a resend starts a new challenge.
pub const LEAST: Millis = Millis(120_000);

impl Policy {
    /// Returns how many live challenges a number may have: all that the cooldown can make live, at most 8.
    #[must_use]
    pub fn slots(&self) -> u8 {
        let made = self.validity.0.checked_div(self.cooldown.0).unwrap_or(8);
        u8::try_from(made.clamp(1, 8)).unwrap_or(8)
    }

    /// Half the size: for sites that money or accounts depend on.
    #[must_use]
    pub fn strict() -> Self {
        Self {
            validity: Millis(180_000),
            number: vec![Rule::hours(2, 1), Rule::hours(3, 24)],
            wrong_tries: vec![Rule::hours(5, 1), Rule::hours(10, 24)],
            ip: vec![Rule::hours(5, 24)],
            ip_attempts: vec![Rule::minutes(15, 10)],
            session: SessionMode::Required,
            ..Self::default()
        }
    }

    /// For many honest users behind one address: a campus, a factory, a carrier's NAT.
    #[must_use]
    pub fn shared_addresses() -> Self {
        Self {
            ip: vec![Rule::minutes(60, 10), Rule::hours(600, 24)],
            ip_attempts: vec![Rule::minutes(600, 10)],
            prefix: vec![Rule::hours(100, 1)],
            ..Self::default()
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            shape: Shape::DEFAULT,
            own_codes: false,
            validity: Millis(300_000),
            tries: 3,
            cooldown: Millis(60_000),
            number: vec![Rule::hours(5, 24)],
            wrong_tries: vec![Rule::hours(10, 1), Rule::hours(20, 24)],
            ip: vec![Rule::hours(10, 24)],
            ip_attempts: vec![Rule::minutes(30, 10)],
            device: Vec::new(),
            prefix: Vec::new(),
            country: Vec::new(),
            budget: vec![Rule::hours(1000, 24)],
            budget_parts: 1,
            ip_mode: IpMode::Required,
            session: SessionMode::Optional,
        }
    }
}

impl Rule {
    /// Makes a rule over hours.
    #[must_use]
    pub const fn hours(limit: u32, hours: u64) -> Self {
        Self { limit, window: Millis(hours * 3_600_000) }
    }

    /// Makes a rule over minutes.
    #[must_use]
    pub const fn minutes(limit: u32, minutes: u64) -> Self {
        Self { limit, window: Millis(minutes * 60_000) }
    }

    /// Reads `5/24h`, `30/10m`, `1/60s`, `100/7d`; `None` if it is not such a rule.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (limit, window) = text.split_once('/')?;
        let (amount, unit) = window.split_at_checked(window.len().checked_sub(1)?)?;
        let unit = match unit {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let amount: u64 = Some(amount).filter(|text| plain(text))?.parse().ok()?;
        let limit: u64 = Some(limit).filter(|text| plain(text))?.parse().ok()?;
        let limit = u32::try_from(limit).ok()?;
        let window = amount.checked_mul(unit)?;
        let fits = (1..=1_000_000_000).contains(&limit) && (1_000..=31 * 86_400_000).contains(&window);
        fits.then_some(Self { limit, window: Millis(window) })
    }
}
