//! Operations and replies as lines of ASCII, for hosts and scripts.
//!
//! ```text
//! reserve <lease> [idem=<tag>] [<series>:<form>:<limit>:<window>:<charge>]… [slot=<tag>:<nonce>:<proof>:<validity>:<lifetime>:<least>:<tries>:<max>:<kid>[,<kid>]…]
//! release <lease> <level> [<series>[:<bin>]]… [slot=<tag>:<nonce>]
//! check <attempt> <tag> <series>:<window>:<keep> [<kid>:<proof>]…
//! count <attempt> <tag> <series>:<window>:<keep>
//! consume <attempt> <tag>:<nonce> <series>
//! look [<series>:<form>:<limit>:<window>:<charge>]…
//! forget
//! granted <next> [bin=<series>:<bin>]… [used=<rule>:<count>]… [slot=<round>:<kid>:<nonce>:<remaining>]
//! denied <rule> <retry>   replayed <age> <remaining>   full <retry>   released
//! counted <left> slot=<round>:<kid>:<nonce>:<remaining>
//! looked [<used>:<wait>]… [slot=<round>:<left>:<state>:<remaining>]…
//! matched   wrong <left> <remaining>   locked <remaining>   gone   refused clock|version|corrupt|operation|busy
//! ```
//!
//! Leases, tags, nonces, proofs and key ids are lower-case hex of fixed length; numbers are decimal;
//! durations are milliseconds. Forms: `l` log, `b` bins, `t` times. Charges: `s` soft, `f` firm, `g` gate.
//! States: `f` fresh, `w` wrong, `u` used. A build that has not every provider leaves out
//! what it never asks, and answers `refused operation` to it: `count` and `consume`, `look` and `forget`.

use super::op::{
    Charge, Check, Consume, Count, Op, Refusal, Release, Reply, Reserve, RuleOp, SlotOp, SlotReply,
    SlotStanding, Standing,
};
use super::record::{Form, SlotState};
use crate::mac::{hex_into, unhex};
use crate::text::push_decimal;
use alloc::string::String;
use alloc::vec::Vec;

/// The largest limit that a log may count; larger ones take bins.
const LOG_LIMIT_MAX: u32 = 64;

/// How many rules one operation may have.
const RULES_MAX: usize = 64;

/// The longest life of a challenge that a slot can hold.
const LIFETIME_MAX: u32 = (1 << 24) - 1;

impl Op {
    /// Writes the operation as one line of ASCII, without a line end.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = String::with_capacity(256);
        match self {
            Self::Reserve(op) => write_reserve(&mut out, op),
            Self::Release(op) => write_release(&mut out, op),
            Self::Check(op) => write_check(&mut out, op),
            #[cfg(feature = "managed")]
            Self::Count(Count { attempt, tag, series, window_ms, keep }) => {
                write_try(
                    &mut out,
                    "count ",
                    *attempt,
                    *tag,
                    &[u64::from(*series), u64::from(*window_ms), u64::from(*keep)],
                );
            }
            #[cfg(feature = "managed")]
            Self::Consume(Consume { attempt, tag, nonce, series }) => {
                hexes(&mut out, "consume ", &[&attempt.to_be_bytes()]);
                hexes(&mut out, " ", &[tag, nonce]);
                numbers(&mut out, " ", &[u64::from(*series)]);
            }
            #[cfg(any(feature = "every-provider", feature = "operations"))]
            Self::Look(rules) => {
                out.push_str("look");
                write_rules(&mut out, rules);
            }
            #[cfg(any(feature = "every-provider", feature = "operations"))]
            Self::Forget => out.push_str("forget"),
            #[cfg(not(feature = "every-provider"))]
            _ => {}
        }
        out
    }

    /// Reads an operation; `None` if it is not one.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let Some((verb, rest)) = line.split_once(' ') else {
            return match line {
                #[cfg(any(feature = "every-provider", feature = "operations"))]
                "look" => Some(Self::Look(Vec::new())),
                #[cfg(any(feature = "every-provider", feature = "operations"))]
                "forget" => Some(Self::Forget),
                _ => None,
            };
        };
        match verb {
            "reserve" => read_reserve(rest).map(Self::Reserve),
            "release" => read_release(rest).map(Self::Release),
            "check" => read_check(rest).map(Self::Check),
            #[cfg(feature = "managed")]
            "count" => read_count(rest).map(Self::Count),
            #[cfg(feature = "managed")]
            "consume" => read_consume(rest).map(Self::Consume),
            #[cfg(any(feature = "every-provider", feature = "operations"))]
            "look" => {
                let mut rules = Vec::new();
                for word in rest.split(' ') {
                    rules.push(read_rule(word)?);
                }
                (rules.len() <= RULES_MAX).then_some(Self::Look(rules))
            }
            _ => None,
        }
    }
}

impl Reply {
    /// Writes the reply as one line of ASCII, without a line end.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = String::with_capacity(64);
        match self {
            Self::Granted { next_ms, bins, used, slot } => {
                numbers(&mut out, "granted ", &[*next_ms]);
                bins.iter().for_each(|(series, bin)| numbers(&mut out, " bin=", &[u64::from(*series), *bin]));
                used.iter().for_each(|(rule, count)| {
                    numbers(&mut out, " used=", &[u64::from(*rule), u64::from(*count)]);
                });
                slot.iter().for_each(|slot| write_slot_reply(&mut out, slot));
            }
            #[cfg(feature = "managed")]
            Self::Counted { left, slot } => {
                numbers(&mut out, "counted ", &[u64::from(*left)]);
                write_slot_reply(&mut out, slot);
            }
            Self::Denied { rule, retry_ms } => {
                numbers(&mut out, "denied ", &[u64::from(*rule)]);
                numbers(&mut out, " ", &[*retry_ms]);
            }
            Self::Replayed { age_ms, remaining_ms } => {
                numbers(&mut out, "replayed ", &[*age_ms]);
                numbers(&mut out, " ", &[*remaining_ms]);
            }
            Self::Full { retry_ms } => numbers(&mut out, "full ", &[*retry_ms]),
            Self::Released => out.push_str("released"),
            Self::Matched => out.push_str("matched"),
            Self::Wrong { left, remaining_ms } => {
                numbers(&mut out, "wrong ", &[u64::from(*left)]);
                numbers(&mut out, " ", &[*remaining_ms]);
            }
            Self::Locked { remaining_ms } => numbers(&mut out, "locked ", &[*remaining_ms]),
            Self::Gone => out.push_str("gone"),
            #[cfg(any(feature = "every-provider", feature = "operations"))]
            Self::Looked { rules, slots } => {
                out.push_str("looked");
                for Standing { used, wait_ms } in rules {
                    numbers(&mut out, " ", &[u64::from(*used), *wait_ms]);
                }
                for SlotStanding { round, left, state, remaining_ms } in slots {
                    numbers(&mut out, " slot=", &[u64::from(*round), u64::from(*left)]);
                    out.push(':');
                    out.push_str(state.letter());
                    numbers(&mut out, ":", &[*remaining_ms]);
                }
            }
            Self::Refused(refusal) => {
                out.push_str("refused ");
                out.push_str(refusal.as_str());
            }
            #[cfg(not(feature = "every-provider"))]
            _ => {}
        }
        out
    }

    /// Reads a reply; `None` if it is not one.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let reply = match words.next()? {
            "granted" => return read_granted(words),
            #[cfg(feature = "operations")]
            "looked" => return read_looked(words),
            "denied" => Self::Denied { rule: number(words.next())?, retry_ms: number(words.next())? },
            "replayed" => {
                Self::Replayed { age_ms: number(words.next())?, remaining_ms: number(words.next())? }
            }
            "full" => Self::Full { retry_ms: number(words.next())? },
            "released" => Self::Released,
            "matched" => Self::Matched,
            "wrong" => Self::Wrong { left: number(words.next())?, remaining_ms: number(words.next())? },
            #[cfg(feature = "managed")]
            "counted" => Self::Counted {
                left: number(words.next())?,
                slot: read_slot_reply(words.next()?.strip_prefix("slot=")?)?,
            },
            "locked" => Self::Locked { remaining_ms: number(words.next())? },
            "gone" => Self::Gone,
            "refused" => {
                let word = words.next()?;
                Self::Refused(Refusal::ALL.into_iter().find(|refusal| refusal.as_str() == word)?)
            }
            _ => return None,
        };
        words.next().is_none().then_some(reply)
    }
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Clock, Self::Version, Self::Corrupt, Self::Operation, Self::Busy];

    /// Returns the word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Version => "version",
            Self::Corrupt => "corrupt",
            Self::Operation => "operation",
            Self::Busy => "busy",
        }
    }
}

fn write_reserve(out: &mut String, op: &Reserve) {
    hexes(out, "reserve ", &[&op.lease.to_be_bytes()]);
    if let Some(idem) = op.idem {
        hexes(out, " idem=", &[&idem.to_be_bytes()]);
    }
    write_rules(out, &op.rules);
    if let Some(slot) = &op.slot {
        hexes(out, " slot=", &[&slot.tag, &slot.nonce, &slot.proof]);
        let SlotOp { validity_ms, lifetime_ms, least_ms, tries, max, .. } = slot;
        let lives = [*validity_ms, *lifetime_ms, *least_ms, u32::from(*tries), u32::from(*max)];
        numbers(out, ":", &lives.map(u64::from));
        for (at, kid) in slot.kids.iter().take(usize::from(slot.kid_count)).enumerate() {
            hexes(out, if at == 0 { ":" } else { "," }, &[kid]);
        }
    }
}

fn write_rules(out: &mut String, rules: &[RuleOp]) {
    for RuleOp { series, form, limit, window_ms, charge } in rules {
        numbers(out, " ", &[u64::from(*series)]);
        out.push(':');
        out.push_str(form.letter());
        numbers(out, ":", &[u64::from(*limit), u64::from(*window_ms)]);
        out.push(':');
        out.push_str(charge.letter());
    }
}

fn read_reserve(rest: &str) -> Option<Reserve> {
    let mut words = rest.split(' ');
    let mut op = Reserve { lease: lease(words.next()?)?, ..Reserve::default() };
    for word in words {
        if let Some(idem) = word.strip_prefix("idem=") {
            op.idem = Some(lease(idem)?);
        } else if let Some(slot) = word.strip_prefix("slot=") {
            op.slot = Some(read_slot(slot)?);
        } else {
            op.rules.push(read_rule(word)?);
        }
    }
    (op.rules.len() <= RULES_MAX).then_some(op)
}

fn read_rule(word: &str) -> Option<RuleOp> {
    let mut parts = word.split(':');
    let series = number(parts.next())?;
    let form = Form::from_letter(parts.next()?)?;
    let (limit, window_ms) = (number(parts.next())?, number(parts.next())?);
    let charge = Charge::from_letter(parts.next()?)?;
    let fits = limit > 0 && window_ms > 0 && (form == Form::Bins || limit <= LOG_LIMIT_MAX);
    let fits = fits && (form != Form::Times || charge == Charge::Gate);
    (fits && parts.next().is_none()).then_some(RuleOp { series, form, limit, window_ms, charge })
}

fn read_slot(word: &str) -> Option<SlotOp> {
    let mut parts = word.split(':');
    let (tag, nonce, proof) = (bytes(parts.next()?)?, bytes(parts.next()?)?, bytes(parts.next()?)?);
    let (validity_ms, lifetime_ms) = (number(parts.next())?, number(parts.next())?);
    let (least_ms, tries, max) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
    let mut kids = [[0; 4]; 4];
    let mut kid_count = 0;
    let mut places = kids.iter_mut();
    for kid in parts.next()?.split(',') {
        *places.next()? = bytes(kid)?;
        kid_count += 1;
    }
    let fits = validity_ms > 0 && lifetime_ms <= LIFETIME_MAX && validity_ms <= lifetime_ms;
    let slot = SlotOp { tag, nonce, proof, kids, kid_count, validity_ms, lifetime_ms, least_ms, tries, max };
    (fits && parts.next().is_none()).then_some(slot)
}

fn write_release(out: &mut String, op: &Release) {
    hexes(out, "release ", &[&op.lease.to_be_bytes()]);
    numbers(out, " ", &[u64::from(op.level)]);
    for (series, bin) in &op.series {
        numbers(out, " ", &[u64::from(*series)]);
        bin.iter().for_each(|bin| numbers(out, ":", &[*bin]));
    }
    if let Some((tag, nonce)) = &op.slot {
        hexes(out, " slot=", &[tag, nonce]);
    }
}

fn read_release(rest: &str) -> Option<Release> {
    let mut words = rest.split(' ');
    let lease = lease(words.next()?)?;
    let level = number(words.next()).filter(|level| *level <= 2)?;
    let mut op = Release { lease, level, ..Release::default() };
    for word in words {
        if let Some(slot) = word.strip_prefix("slot=") {
            let (tag, nonce) = slot.split_once(':')?;
            op.slot = Some((bytes(tag)?, bytes(nonce)?));
        } else if let Some((series, bin)) = word.split_once(':') {
            op.series.push((number(Some(series))?, Some(number(Some(bin))?)));
        } else {
            op.series.push((number(Some(word))?, None));
        }
    }
    (op.series.len() <= 64).then_some(op)
}

fn write_check(out: &mut String, op: &Check) {
    let Check { attempt, tag, series, window_ms, keep, proofs } = op;
    write_try(out, "check ", *attempt, *tag, &[u64::from(*series), u64::from(*window_ms), u64::from(*keep)]);
    proofs.iter().for_each(|(kid, proof)| hexes(out, " ", &[kid, proof]));
}

/// Writes `<verb><attempt> <tag> <series>:<window>:<keep>`.
fn write_try(out: &mut String, verb: &str, attempt: u32, tag: [u8; 8], kept: &[u64]) {
    hexes(out, verb, &[&attempt.to_be_bytes()]);
    hexes(out, " ", &[&tag]);
    numbers(out, " ", kept);
}

fn read_check(rest: &str) -> Option<Check> {
    let mut words = rest.split(' ');
    let Count { attempt, tag, series, window_ms, keep } = read_try(&mut words)?;
    let mut proofs = Vec::new();
    for word in words {
        let (kid, proof) = word.split_once(':')?;
        proofs.push((bytes(kid)?, bytes(proof)?));
    }
    (proofs.len() <= 4).then_some(Check { attempt, tag, series, window_ms, keep, proofs })
}

fn read_count(rest: &str) -> Option<Count> {
    let mut words = rest.split(' ');
    let op = read_try(&mut words)?;
    words.next().is_none().then_some(op)
}

/// Reads `<attempt> <tag> <series>:<window>:<keep>`.
fn read_try<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Count> {
    let attempt = u32::from_be_bytes(bytes(words.next()?)?);
    let tag = bytes(words.next()?)?;
    let mut parts = words.next()?.split(':');
    let (series, window_ms, keep) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
    let fits = window_ms > 0 && parts.next().is_none();
    fits.then_some(Count { attempt, tag, series, window_ms, keep })
}

fn read_consume(rest: &str) -> Option<Consume> {
    let mut words = rest.split(' ');
    let attempt = u32::from_be_bytes(bytes(words.next()?)?);
    let (tag, nonce) = words.next()?.split_once(':')?;
    let op = Consume { attempt, tag: bytes(tag)?, nonce: bytes(nonce)?, series: number(words.next())? };
    words.next().is_none().then_some(op)
}

fn write_slot_reply(out: &mut String, slot: &SlotReply) {
    let SlotReply { round, kid, nonce, remaining_ms } = slot;
    numbers(out, " slot=", &[u64::from(*round)]);
    hexes(out, ":", &[kid, nonce]);
    numbers(out, ":", &[*remaining_ms]);
}

/// Reads `<round>:<kid>:<nonce>:<remaining>`.
fn read_slot_reply(word: &str) -> Option<SlotReply> {
    let mut parts = word.split(':');
    let (round, kid, nonce) = (number(parts.next())?, bytes(parts.next()?)?, bytes(parts.next()?)?);
    let slot = SlotReply { round, kid, nonce, remaining_ms: number(parts.next())? };
    parts.next().is_none().then_some(slot)
}

fn read_granted<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Reply> {
    let next_ms = number(words.next())?;
    let (mut bins, mut used, mut slot) = (Vec::new(), Vec::new(), None);
    for word in words {
        if let Some(told) = word.strip_prefix("slot=") {
            slot = Some(read_slot_reply(told)?);
            continue;
        }
        let (name, value) = word.split_once('=')?;
        let (first, second) = value.split_once(':')?;
        match name {
            "bin" => bins.push((number(Some(first))?, number(Some(second))?)),
            "used" => used.push((number(Some(first))?, number(Some(second))?)),
            _ => return None,
        }
    }
    Some(Reply::Granted { next_ms, bins, used, slot })
}

fn read_looked<'a>(words: impl Iterator<Item = &'a str>) -> Option<Reply> {
    let (mut rules, mut slots) = (Vec::new(), Vec::new());
    for word in words {
        let slot = word.strip_prefix("slot=");
        let mut parts = slot.unwrap_or(word).split(':');
        if slot.is_some() {
            let (round, left) = (number(parts.next())?, number(parts.next())?);
            let state = SlotState::from_letter(parts.next()?)?;
            slots.push(SlotStanding { round, left, state, remaining_ms: number(parts.next())? });
        } else {
            rules.push(Standing { used: number(parts.next())?, wait_ms: number(parts.next())? });
        }
        if parts.next().is_some() {
            return None;
        }
    }
    Some(Reply::Looked { rules, slots })
}

impl SlotState {
    const fn letter(self) -> &'static str {
        match self {
            Self::Fresh => "f",
            Self::Wrong => "w",
            Self::Used => "u",
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Fresh, Self::Wrong, Self::Used].into_iter().find(|state| letter == state.letter())
    }
}

impl Form {
    const fn letter(self) -> &'static str {
        match self {
            Self::Log => "l",
            Self::Bins => "b",
            Self::Times => "t",
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Log, Self::Bins, Self::Times].into_iter().find(|form| letter == form.letter())
    }
}

impl Charge {
    const fn letter(self) -> &'static str {
        match self {
            Self::Soft => "s",
            Self::Firm => "f",
            Self::Gate => "g",
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Soft, Self::Firm, Self::Gate].into_iter().find(|charge| letter == charge.letter())
    }
}

/// Appends `head`, then numbers with colons between them.
#[inline(never)]
fn numbers(out: &mut String, head: &str, all: &[u64]) {
    let mut before = head;
    for number in all {
        out.push_str(before);
        push_decimal(out, *number);
        before = ":";
    }
}

/// Appends `head`, then bytes in hex with colons between them.
#[inline(never)]
fn hexes(out: &mut String, head: &str, all: &[&[u8]]) {
    let mut before = head;
    for bytes in all {
        out.push_str(before);
        hex_into(out, bytes);
        before = ":";
    }
}

/// Reads a decimal number: digits only.
fn number<T: TryFrom<u64>>(word: Option<&str>) -> Option<T> {
    T::try_from(whole(word)?).ok()
}

/// Reads the largest of numbers: one reader for all kinds of them.
#[inline(never)]
fn whole(word: Option<&str>) -> Option<u64> {
    let word = word.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    word.parse().ok()
}

fn lease(word: &str) -> Option<u64> {
    bytes(word).map(u64::from_be_bytes)
}

fn bytes<const N: usize>(word: &str) -> Option<[u8; N]> {
    unhex(word).and_then(|bytes| <[u8; N]>::try_from(bytes).ok())
}
