//! Reading a policy from the configuration.

use super::{IpMode, Policy, Rule, SessionMode};
use crate::code::Shape;
use crate::config::Section;
use crate::error::ConfigError;
use crate::time::Millis;
use alloc::vec::Vec;

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
        top.sound(read)
    }

    pub(crate) fn read_options(top: &mut Section<'_>) -> Self {
        let mut policy = match top.value("policy") {
            None => Self::default(),
            Some(value) if value.is_string() => preset(top, "policy"),
            Some(value) => {
                let mut section = top.enter("policy", value);
                let policy = read(&mut section);
                top.leave(section);
                policy
            }
        };
        if let Some(limit) = top.get_number("budget_per_day", 1, 100_000_000) {
            policy.budget = vec![Rule::hours(u32::try_from(limit).unwrap_or(u32::MAX), 24)];
        }
        if policy.budget.iter().any(|rule| rule.limit < u32::from(policy.budget_parts)) {
            let message = "must not be more than the budget allows: each part has its share of it";
            top.note("policy.budget_parts", message);
        }
        let modes = [("required", IpMode::Required), ("off", IpMode::Off)];
        policy.ip_mode = top.get_choice("ip", &modes).unwrap_or(policy.ip_mode);
        let modes = [
            ("optional", SessionMode::Optional),
            ("required", SessionMode::Required),
            ("challenge", SessionMode::Challenge),
        ];
        policy.session = top.get_choice("session", &modes).unwrap_or(policy.session);
        policy
    }
}

fn preset(section: &mut Section<'_>, option: &'static str) -> Policy {
    type Preset = fn() -> Policy;
    let presets: [(&str, Preset); 3] = [
        ("default", Policy::default),
        ("strict", Policy::strict),
        ("shared_addresses", Policy::shared_addresses),
    ];
    section.get_choice(option, &presets).unwrap_or(Policy::default)()
}

fn read(section: &mut Section<'_>) -> Policy {
    let mut policy = preset(section, "preset");
    policy.shape = Shape::read_options(section).unwrap_or(policy.shape);
    policy.own_codes = section.get_flag("own_codes").unwrap_or(policy.own_codes);
    if let Some(seconds) = section.get_number("validity_s", 60, 600) {
        policy.validity = Millis::from_seconds(seconds);
    }
    let small = |number: Option<u64>, unset: u8| number.and_then(|it| u8::try_from(it).ok()).unwrap_or(unset);
    policy.tries = small(section.get_number("tries", 1, 10), policy.tries);
    if let Some(seconds) = section.get_number("cooldown_s", 0, 3600) {
        policy.cooldown = Millis::from_seconds(seconds);
    }
    policy.budget_parts = small(section.get_number("budget_parts", 1, 64), policy.budget_parts);
    rules(section, "number", &mut policy.number);
    rules(section, "wrong_tries", &mut policy.wrong_tries);
    rules(section, "ip", &mut policy.ip);
    rules(section, "ip_attempts", &mut policy.ip_attempts);
    rules(section, "device", &mut policy.device);
    rules(section, "prefix", &mut policy.prefix);
    rules(section, "country", &mut policy.country);
    rules(section, "budget", &mut policy.budget);
    if policy.wrong_tries.iter().any(|rule| rule.limit > WRONG_TRIES_MAX) {
        section.note("wrong_tries", "must allow at most 64 in each window");
    }
    policy
}

/// Reads a list of rules over those that stand there.
#[inline(never)]
fn rules(section: &mut Section<'_>, option: &'static str, rules: &mut Vec<Rule>) {
    if section.value(option).is_none() {
        return;
    }
    rules.clear();
    let list = section.get_list(option);
    if list.len() > 6 {
        section.note(option, "takes at most 6 rules");
    }
    for (i, value) in list.iter().enumerate() {
        match value.as_str().and_then(Rule::read) {
            Some(rule) => rules.push(rule),
            None => {
                let message =
                    "must be a rule such as \"5/24h\" (units s, m, h, d; up to 31 days; at least 1)";
                section.note(&Section::item(option, i), message);
            }
        }
    }
}
