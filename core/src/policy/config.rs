//! Reading a policy from the configuration.

use super::{IpMode, Policy, Rule, SessionMode};
use crate::code::Shape;
use crate::config::{Section, Wrong};
use crate::error::ConfigError;
use crate::time::Millis;

/// Wrong tries are kept as instants, so few of them can be told apart.
const WRONG_TRIES_MAX: u32 = 64;

impl Policy {
    /// Reads `policy`, `budget_per_day`, `ip` and `session` from the top of the configuration.
    ///
    /// `policy` is the name of a preset (`default`, `strict`, `shared_addresses`) or an object with `preset`
    /// and the knobs that differ: `code_length`, `code_alphabet`, `own_codes`, `validity_s`, `tries`,
    /// `cooldown_s`, and rules as lists of texts like `"5/24h"`: `number`, `wrong_tries`, `ip`, `ip_attempts`,
    /// `device`, `prefix`, `country`, `budget`; `budget_parts`, 1 to 64.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option and what would be right.
    pub fn from_config(top: &mut Section<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(top);
        top.settle(read)
    }

    pub(crate) fn read_options(top: &mut Section<'_>) -> Result<Self, Wrong> {
        let mut policy = match top.value("policy") {
            None => Self::default(),
            Some(value) if value.is_string() => preset(top, "policy")?.unwrap_or_default(),
            Some(value) => {
                let mut section = top.inner("policy", value)?;
                let policy = read(&mut section);
                top.close(section, policy)?
            }
        };
        if let Some(limit) = top.number("budget_per_day", 1..=100_000_000)? {
            policy.budget = vec![Rule::hours(u32::try_from(limit).unwrap_or(u32::MAX), 24)];
        }
        if policy.budget.iter().any(|rule| rule.limit < u32::from(policy.budget_parts)) {
            let message = "must not be more than the budget allows: each part has its share of it";
            return Err(top.wrong("policy.budget_parts", message));
        }
        if let Some(mode) = top.choice("ip", &[("required", IpMode::Required), ("off", IpMode::Off)])? {
            policy.ip_mode = mode;
        }
        let modes = [
            ("optional", SessionMode::Optional),
            ("required", SessionMode::Required),
            ("challenge", SessionMode::Challenge),
        ];
        if let Some(mode) = top.choice("session", &modes)? {
            policy.session = mode;
        }
        Ok(policy)
    }
}

fn preset(section: &mut Section<'_>, option: &'static str) -> Result<Option<Policy>, Wrong> {
    type Preset = fn() -> Policy;
    let presets: [(&str, Preset); 3] = [
        ("default", Policy::default),
        ("strict", Policy::strict),
        ("shared_addresses", Policy::shared_addresses),
    ];
    Ok(section.choice(option, &presets)?.map(|preset| preset()))
}

fn read(section: &mut Section<'_>) -> Result<Policy, Wrong> {
    let mut policy = preset(section, "preset")?.unwrap_or_default();
    policy.shape = Shape::read_options(section)?;
    policy.own_codes = section.flag("own_codes")?.unwrap_or(policy.own_codes);
    if let Some(seconds) = section.number("validity_s", 60..=600)? {
        policy.validity = Millis::from_seconds(seconds);
    }
    if let Some(tries) = section.number("tries", 1..=10)? {
        policy.tries = u8::try_from(tries).unwrap_or(policy.tries);
    }
    if let Some(seconds) = section.number("cooldown_s", 0..=3600)? {
        policy.cooldown = Millis::from_seconds(seconds);
    }
    if let Some(parts) = section.number("budget_parts", 1..=64)? {
        policy.budget_parts = u8::try_from(parts).unwrap_or(policy.budget_parts);
    }
    let lists: [(&'static str, &mut Vec<Rule>); 8] = [
        ("number", &mut policy.number),
        ("wrong_tries", &mut policy.wrong_tries),
        ("ip", &mut policy.ip),
        ("ip_attempts", &mut policy.ip_attempts),
        ("device", &mut policy.device),
        ("prefix", &mut policy.prefix),
        ("country", &mut policy.country),
        ("budget", &mut policy.budget),
    ];
    for (option, rules) in lists {
        if let Some(read) = rules_of(section, option)? {
            *rules = read;
        }
    }
    if policy.wrong_tries.iter().any(|rule| rule.limit > WRONG_TRIES_MAX) {
        let message = format!("must allow at most {WRONG_TRIES_MAX} in each window");
        return Err(section.wrong("wrong_tries", &message));
    }
    Ok(policy)
}

fn rules_of(section: &mut Section<'_>, option: &'static str) -> Result<Option<Vec<Rule>>, Wrong> {
    if section.value(option).is_none() {
        return Ok(None);
    }
    let list = section.list(option)?;
    if list.len() > 6 {
        return Err(section.wrong(option, "takes at most 6 rules"));
    }
    let mut rules = Vec::with_capacity(list.len());
    for (i, value) in list.iter().enumerate() {
        let Some(rule) = value.as_str().and_then(Rule::read) else {
            let message = "must be a rule such as \"5/24h\" (units s, m, h, d; up to 31 days; at least 1)";
            return Err(section.wrong(&format!("{option}[{i}]"), message));
        };
        rules.push(rule);
    }
    Ok(Some(rules))
}
