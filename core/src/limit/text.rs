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
//! States: `f` fresh, `w` wrong, `u` used.

use super::op::{
    Charge, Check, Consume, Count, Op, Refusal, Release, Reply, Reserve, RuleOp, SlotOp, SlotReply,
    SlotStanding, Standing,
};
use super::record::{Form, SlotState};
use crate::mac::{hex, hex_into, unhex};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::str::FromStr;

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
            Self::Count(Count { attempt, tag, series, window_ms, keep }) => {
                push(&mut out, format_args!("count {attempt:08x} {} {series}:{window_ms}:{keep}", hex(tag)));
            }
            Self::Consume(Consume { attempt, tag, nonce, series }) => {
                push(&mut out, format_args!("consume {attempt:08x} {}:{} {series}", hex(tag), hex(nonce)));
            }
            Self::Look(rules) => {
                out.push_str("look");
                write_rules(&mut out, rules);
            }
            Self::Forget => out.push_str("forget"),
        }
        out
    }

    /// Reads an operation; `None` if it is not one.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let Some((verb, rest)) = line.split_once(' ') else {
            return match line {
                "look" => Some(Self::Look(Vec::new())),
                "forget" => Some(Self::Forget),
                _ => None,
            };
        };
        match verb {
            "reserve" => read_reserve(rest).map(Self::Reserve),
            "release" => read_release(rest).map(Self::Release),
            "check" => read_check(rest).map(Self::Check),
            "count" => read_count(rest).map(Self::Count),
            "consume" => read_consume(rest).map(Self::Consume),
            "look" => {
                let rules = rest.split(' ').map(read_rule).collect::<Option<Vec<_>>>()?;
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
        match self {
            Self::Granted { next_ms, bins, used, slot } => {
                let mut out = format!("granted {next_ms}");
                bins.iter().for_each(|(series, bin)| push(&mut out, format_args!(" bin={series}:{bin}")));
                used.iter().for_each(|(rule, count)| push(&mut out, format_args!(" used={rule}:{count}")));
                slot.iter().for_each(|slot| write_slot_reply(&mut out, slot));
                out
            }
            Self::Counted { left, slot } => {
                let mut out = format!("counted {left}");
                write_slot_reply(&mut out, slot);
                out
            }
            Self::Denied { rule, retry_ms } => format!("denied {rule} {retry_ms}"),
            Self::Replayed { age_ms, remaining_ms } => format!("replayed {age_ms} {remaining_ms}"),
            Self::Full { retry_ms } => format!("full {retry_ms}"),
            Self::Released => "released".into(),
            Self::Matched => "matched".into(),
            Self::Wrong { left, remaining_ms } => format!("wrong {left} {remaining_ms}"),
            Self::Locked { remaining_ms } => format!("locked {remaining_ms}"),
            Self::Gone => "gone".into(),
            Self::Looked { rules, slots } => {
                let mut out = String::from("looked");
                for Standing { used, wait_ms } in rules {
                    push(&mut out, format_args!(" {used}:{wait_ms}"));
                }
                for SlotStanding { round, left, state, remaining_ms } in slots {
                    push(&mut out, format_args!(" slot={round}:{left}:{}:{remaining_ms}", state.letter()));
                }
                out
            }
            Self::Refused(refusal) => format!("refused {}", refusal.as_str()),
        }
    }

    /// Reads a reply; `None` if it is not one.
    #[must_use]
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let reply = match words.next()? {
            "granted" => return read_granted(words),
            "looked" => return read_looked(words),
            "denied" => Self::Denied { rule: number(words.next())?, retry_ms: number(words.next())? },
            "replayed" => {
                Self::Replayed { age_ms: number(words.next())?, remaining_ms: number(words.next())? }
            }
            "full" => Self::Full { retry_ms: number(words.next())? },
            "released" => Self::Released,
            "matched" => Self::Matched,
            "wrong" => Self::Wrong { left: number(words.next())?, remaining_ms: number(words.next())? },
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
    push(out, format_args!("reserve {:016x}", op.lease));
    if let Some(idem) = op.idem {
        push(out, format_args!(" idem={idem:016x}"));
    }
    write_rules(out, &op.rules);
    if let Some(slot) = &op.slot {
        out.push_str(" slot=");
        hex_into(out, &slot.tag);
        out.push(':');
        hex_into(out, &slot.nonce);
        out.push(':');
        hex_into(out, &slot.proof);
        let SlotOp { validity_ms, lifetime_ms, least_ms, tries, max, .. } = slot;
        push(out, format_args!(":{validity_ms}:{lifetime_ms}:{least_ms}:{tries}:{max}"));
        for (at, kid) in slot.kids.iter().take(usize::from(slot.kid_count)).enumerate() {
            out.push(if at == 0 { ':' } else { ',' });
            hex_into(out, kid);
        }
    }
}

fn write_rules(out: &mut String, rules: &[RuleOp]) {
    for RuleOp { series, form, limit, window_ms, charge } in rules {
        let (form, charge) = (form.letter(), charge.letter());
        push(out, format_args!(" {series}:{form}:{limit}:{window_ms}:{charge}"));
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
    push(out, format_args!("release {:016x} {}", op.lease, op.level));
    for (series, bin) in &op.series {
        match bin {
            Some(bin) => push(out, format_args!(" {series}:{bin}")),
            None => push(out, format_args!(" {series}")),
        }
    }
    if let Some((tag, nonce)) = &op.slot {
        push(out, format_args!(" slot={}:{}", hex(tag), hex(nonce)));
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
    push(out, format_args!("check {attempt:08x} {} {series}:{window_ms}:{keep}", hex(tag)));
    for (kid, proof) in proofs {
        push(out, format_args!(" {}:{}", hex(kid), hex(proof)));
    }
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
    push(out, format_args!(" slot={round}:{}:{}:{remaining_ms}", hex(kid), hex(nonce)));
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
    const fn letter(self) -> char {
        match self {
            Self::Fresh => 'f',
            Self::Wrong => 'w',
            Self::Used => 'u',
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Fresh, Self::Wrong, Self::Used].into_iter().find(|state| letter == state.letter().to_string())
    }
}

impl Form {
    const fn letter(self) -> char {
        match self {
            Self::Log => 'l',
            Self::Bins => 'b',
            Self::Times => 't',
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Log, Self::Bins, Self::Times].into_iter().find(|form| letter == form.letter().to_string())
    }
}

impl Charge {
    const fn letter(self) -> char {
        match self {
            Self::Soft => 's',
            Self::Firm => 'f',
            Self::Gate => 'g',
        }
    }

    fn from_letter(letter: &str) -> Option<Self> {
        [Self::Soft, Self::Firm, Self::Gate].into_iter().find(|charge| letter == charge.letter().to_string())
    }
}

/// Appends to a text; writing to a `String` never fails.
fn push(out: &mut String, text: core::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// Reads a decimal number: digits only.
fn number<T: FromStr>(word: Option<&str>) -> Option<T> {
    let word = word.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    word.parse().ok()
}

fn lease(word: &str) -> Option<u64> {
    bytes(word).map(u64::from_be_bytes)
}

fn bytes<const N: usize>(word: &str) -> Option<[u8; N]> {
    unhex(word).and_then(|bytes| <[u8; N]>::try_from(bytes).ok())
}
