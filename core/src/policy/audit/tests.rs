use super::*;
use crate::code::Shape;
use crate::engine::Engine;
use crate::flow::{Flow, Reply, Step};
use crate::flow::{SendRequest, VerifyRequest};
use crate::outcome::{Kind, Outcome};
use crate::store::MemoryStore;
use crate::time::UnixMillis;
use proptest::prelude::*;
use serde_json::{Value, json};

fn codes(audit: &Audit) -> Vec<&'static str> {
    audit.warnings.iter().map(|warning| warning.weakness.as_str()).collect()
}

/// By hand: 5 codes a day of 3 tries are 15 guesses (gates would let 9+15 an hour and 19+15 a day through, the
/// cooldown 1,440 codes). 1,000 codes of 3 tries are 3,000 guesses. 1,000 sends at 10 an address take 100 addresses.
#[test]
fn the_default_comes_to_this() {
    let audit = Policy::default().audit_with(Assumptions { price: Some(45), ..Assumptions::default() });
    let expected = Figures {
        codes: 1_000_000,
        centibits: 1_993,
        sends_to_number: Some(5),
        guesses_at_number: Some(15),
        number_falls: Chance { guesses: 15, codes: 1_000_000 },
        guesses_at_any: Some(3_000),
        any_falls: Chance { guesses: 3_000, codes: 1_000_000 },
        messages: Some(1_000),
        cost: Some(45_000),
        messages_to_prefix: Some(1_000),
        messages_to_country: Some(1_000),
        addresses_to_spend_budget: Some(100),
        served_in_ten_minutes: Some(10),
        shut_out_in_ten_minutes: 990,
        served_in_day: Some(10),
        shut_out_in_day: 990,
    };
    assert_eq!(audit.figures, expected);
    assert_eq!(codes(&audit), ["audit.six_digits", "audit.session_optional", "audit.consecutive_failures"]);
}

/// By hand: 3 codes of 3 tries; 1,000 sends at 5 an address take 200; half of 15 attempts are more than 5 sends.
#[test]
fn strict_comes_to_this() {
    let audit = Policy::strict().audit();
    let figures = audit.figures;
    assert_eq!((figures.sends_to_number, figures.guesses_at_number), (Some(3), Some(9)));
    assert_eq!((figures.guesses_at_any, figures.addresses_to_spend_budget), (Some(3_000), Some(200)));
    assert_eq!((figures.served_in_ten_minutes, figures.served_in_day), (Some(5), Some(5)));
    assert_eq!((figures.shut_out_in_ten_minutes, figures.shut_out_in_day), (995, 995));
    assert_eq!(codes(&audit), ["audit.six_digits", "audit.consecutive_failures"]);
}

/// By hand: 600 a day for an address, so two of them spend 1,000; 60 of them in ten minutes; a prefix has
/// 24 · 100 = 2,400 a day and thus the whole budget.
#[test]
fn shared_addresses_come_to_this() {
    let figures = Policy::shared_addresses().audit().figures;
    assert_eq!((figures.guesses_at_number, figures.guesses_at_any), (Some(15), Some(3_000)));
    assert_eq!((figures.messages_to_prefix, figures.addresses_to_spend_budget), (Some(1_000), Some(2)));
    assert_eq!((figures.served_in_ten_minutes, figures.shut_out_in_ten_minutes), (Some(60), 940));
    assert_eq!((figures.served_in_day, figures.shut_out_in_day), (Some(600), 400));
}

/// A change to a policy and what warns of it, if anything.
type Knob = (&'static str, fn(&mut Policy), Option<Weakness>);

const KNOBS: &[Knob] = &[
    ("shape", |p| p.shape = Shape::new(5, Alphabet::Digits).unwrap(), Some(Weakness::CodeSpace)),
    ("alphabet", |p| p.shape = Shape::new(4, Alphabet::Crockford).unwrap(), None),
    ("own_codes", |p| p.own_codes = true, Some(Weakness::OwnCodes)),
    ("validity", |p| p.validity = Millis(600_001), Some(Weakness::Validity)),
    ("tries", |p| p.tries = 6, Some(Weakness::Tries)),
    ("cooldown", |p| p.cooldown = Millis(0), Some(Weakness::NoCooldown)),
    ("number", |p| p.number.clear(), Some(Weakness::NoNumberLimit)),
    ("wrong_tries", |p| p.wrong_tries.clear(), Some(Weakness::NoWrongTries)),
    ("wrong_tries tight", |p| p.wrong_tries = vec![Rule { limit: 1, window: Millis(31 * 86_400_000) }], None),
    ("ip", |p| p.ip.clear(), Some(Weakness::NoIpLimit)),
    ("ip_attempts", |p| p.ip_attempts.clear(), Some(Weakness::NoAttemptLimit)),
    ("prefix", |p| p.prefix = vec![Rule::hours(10, 24)], None),
    ("country", |p| p.country = vec![Rule::hours(10, 24)], None),
    ("budget", |p| p.budget = vec![Rule::hours(2_000, 24)], None),
    ("no budget", |p| p.budget.clear(), Some(Weakness::NoBudget)),
    ("spray", |p| p.budget = vec![Rule::hours(3_334, 24)], Some(Weakness::Spray)),
    ("ip off", |p| p.ip_mode = IpMode::Off, Some(Weakness::IpOff)),
    ("session", |p| p.session = SessionMode::Challenge, None),
];

/// Other knobs of the default allow less; the next test has them where they bind.
const DO_NOT_BIND: &[&str] =
    &["validity", "cooldown", "wrong_tries", "wrong_tries tight", "ip_attempts", "session"];

#[test]
fn every_knob_shows() {
    let usual = Policy::default().audit();
    for (name, turn, weakness) in KNOBS {
        let mut policy = Policy::default();
        turn(&mut policy);
        let audit = policy.audit();
        if !DO_NOT_BIND.contains(name) {
            assert_ne!(audit.figures, usual.figures, "{name}");
        }
        let new = audit.warnings.iter().map(|warning| warning.weakness);
        let new: Vec<_> = new.filter(|weakness| !codes(&usual).contains(&weakness.as_str())).collect();
        assert!(weakness.is_none_or(|weakness| new.contains(&weakness)), "{name}: {new:?}");
        assert!(weakness.is_some() || new.is_empty(), "{name}: {new:?}");
    }
    let warned = KNOBS.iter().filter_map(|(_, _, weakness)| *weakness);
    let always = [Weakness::SixDigits, Weakness::SessionOptional, Weakness::ConsecutiveFailures];
    let all: std::collections::BTreeSet<_> = warned.chain(always).collect();
    assert_eq!(all.len(), Weakness::ALL.len(), "a weakness that no knob shows");
}

/// Where they bind, the knobs that leave the default's figures alone change them too.
#[test]
fn knobs_show_in_the_figures_where_they_bind() {
    let gated = Policy {
        number: Vec::new(),
        wrong_tries: vec![Rule::hours(20, 24)],
        budget: Vec::new(),
        session: SessionMode::Required,
        ..Policy::default()
    };
    // 19 wrong tries, then five live codes of three.
    assert_eq!(gated.audit().figures.guesses_at_number, Some(34));
    let short = Policy { validity: Millis(120_000), ..gated.clone() };
    assert_eq!(short.audit().figures.guesses_at_number, Some(25), "two live codes");
    let open = Policy { wrong_tries: Vec::new(), ..gated };
    assert_eq!(open.audit().figures.guesses_at_number, Some(4_320), "1,440 codes of three");
    let slow = Policy { cooldown: Millis(600_000), ..open.clone() };
    assert_eq!(slow.audit().figures.guesses_at_number, Some(432), "144 codes of three");
    // One address: 10 codes of its own, or 4,320 guesses at those of others.
    let one = Assumptions { addresses: 1, ..Assumptions::default() };
    assert_eq!(open.audit_with(one).figures.guesses_at_any, Some(30));
    let loose = Policy { session: SessionMode::Optional, ..open.clone() };
    assert_eq!(loose.audit_with(one).figures.guesses_at_any, Some(4_320));
    // 8 attempts: two codes, of three tries each.
    let few = Policy { ip_attempts: vec![Rule::hours(8, 24)], ..open };
    assert_eq!(few.audit_with(one).figures.guesses_at_any, Some(6));
}

#[test]
fn six_digits_are_weighed_precisely() {
    let with = |length, alphabet| {
        Policy { shape: Shape::new(length, alphabet).unwrap(), ..Policy::default() }.audit()
    };
    let six = with(6, Alphabet::Digits);
    let warning = six.warnings.first().unwrap();
    assert_eq!(warning.weakness, Weakness::SixDigits);
    assert!(warning.text.contains("19.93 bits") && warning.text.contains("6.5.4"), "{}", warning.text);
    assert_eq!(codes(&with(5, Alphabet::Digits)).first(), Some(&"audit.code_space"));
    // 2^20 codes to the letter; 26^4 are 18.80 bits.
    assert_eq!(with(4, Alphabet::Crockford).figures.centibits, 2_000);
    assert!(
        !codes(&with(4, Alphabet::Crockford))
            .iter()
            .any(|code| code.contains("code") || code.contains("six"))
    );
    assert_eq!(with(4, Alphabet::Upper).figures.centibits, 1_880);
    assert_eq!(codes(&with(4, Alphabet::Upper)).first(), Some(&"audit.code_space"));
}

#[test]
fn what_nothing_limits_is_said_to_be_so() {
    let policy = Policy {
        cooldown: Millis(0),
        number: Vec::new(),
        wrong_tries: Vec::new(),
        budget: Vec::new(),
        ip_mode: IpMode::Off,
        ..Policy::default()
    };
    let audit = policy.audit();
    let figures = audit.figures;
    assert_eq!((figures.guesses_at_number, figures.messages, figures.served_in_day), (None, None, None));
    assert_eq!(figures.number_falls, Chance { guesses: 1_000_000, codes: 1_000_000 });
    let text = audit.to_string();
    assert!(text.contains("unlimited guesses in unlimited codes; a chance of 1, certainty"), "{text}");
    assert!(text.contains("all served"), "{text}");
    let json: Value = serde_json::from_str(&audit.to_json()).unwrap();
    assert_eq!(json["figures"]["messages"], Value::Null);
}

#[test]
fn the_text_and_the_json_say_the_same() {
    let audit = Policy::default().audit();
    let text = audit.to_string();
    for line in [
        "At most, in any 24 hours, with 1,000 addresses at the attacker's hand:\n",
        "  one number           15 guesses in 5 codes; a chance of 15 in 1,000,000\n",
        "  any number           3,000 guesses; a chance of 3,000 in 1,000,000\n",
        "  everybody shut out   100 addresses can spend the budget together\n",
        "  in a day             10 served, 990 shut out\n",
        "  audit.session_optional: ",
        "100 are passed in 7 days",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let json: Value = serde_json::from_str(&audit.to_json()).unwrap();
    assert_eq!(json["figures"]["any_falls"], json!({ "guesses": 3_000, "codes": 1_000_000 }));
    assert_eq!(json["warnings"][1]["code"], "audit.session_optional");
    assert!(json["warnings"][1]["requirement"].as_str().unwrap().contains("6.6.2"));
}

/// An attacker at the real limiter, with as many addresses and sessions as it likes.
struct Attacker {
    engine: Engine,
    store: MemoryStore,
    now: u64,
    calls: u32,
}

impl Attacker {
    fn new(policy: &Policy) -> Self {
        let keys = crate::key::Keyring::from_secret(&[5; 32]);
        let config = json!([{"aliyun": {"access_key_id": "i", "access_key_secret": "s", "sign_name": "n",
            "templates": {"login": "SMS_1"}}}]);
        let top = json!({ "providers": config }).into();
        let mut top = crate::config::Section::open("", &top).unwrap();
        let providers = crate::provider::from_config(&mut top, &|_| None).unwrap();
        let phone = crate::phone::Policy::default();
        let engine = Engine::from_parts(keys, "audit", policy.clone(), phone, providers);
        Self { engine, store: MemoryStore::new(), now: 1_790_000_000_000, calls: 0 }
    }

    /// Asks for a code under a session; tells whether one was sent.
    fn send(&mut self, session: u32) -> bool {
        let request = SendRequest {
            to: "13800138000".into(),
            purpose: "login".into(),
            ip: Some(self.address()),
            session: Some(session.to_string()),
            deliver: false,
            ..SendRequest::default()
        };
        let seed = self.seed();
        let flow = self.engine.send(request, seed);
        self.drive(flow).kind == Kind::Sent
    }

    /// Guesses at a session's code; tells whether the guess was taken.
    fn guess(&mut self, session: u32) -> bool {
        let request = VerifyRequest {
            to: "13800138000".into(),
            code: "000000".into(),
            purpose: "login".into(),
            ip: Some(self.address()),
            session: Some(session.to_string()),
            ..VerifyRequest::default()
        };
        let seed = self.seed();
        let flow = self.engine.verify(request, seed);
        self.drive(flow).kind == Kind::WrongCode
    }

    fn address(&self) -> String {
        let [_, b, c, d] = self.calls.to_be_bytes();
        format!("10.{b}.{c}.{d}")
    }

    fn seed(&mut self) -> [u8; 32] {
        self.calls += 1;
        crate::mac::sha256(&[&self.calls.to_be_bytes()])
    }

    fn drive(&mut self, mut flow: Flow) -> Outcome {
        let mut step = flow.start(UnixMillis(self.now)).unwrap();
        while let Step::Store { id, ops } = step {
            let now = UnixMillis(self.now);
            let replies = ops.iter().map(|op| Some(self.store.run(&op.key, &op.op, now))).collect();
            step = flow.resume(id, Reply::Store(replies), now).unwrap();
        }
        let Step::Done(outcome) = step else { panic!("nothing is delivered") };
        *outcome
    }
}

#[test]
fn an_attacker_gets_just_as_far_as_the_figures_say() {
    let policy = Policy::default();
    let mut attacker = Attacker::new(&policy);
    let (mut sends, mut guesses) = (0, 0);
    for minute in 0..24 * 60 {
        if attacker.send(minute) {
            sends += 1;
            guesses += (0..10).filter(|_| attacker.guess(minute)).count() as u64;
        }
        attacker.now += 60_000;
    }
    let figures = policy.audit().figures;
    assert_eq!((Some(sends), Some(guesses)), (figures.sends_to_number, figures.guesses_at_number));
}

/// The worst that a gate lets by: all but one of its wrong tries, then a last code, then every code alive.
#[test]
fn an_attacker_at_a_gate_gets_just_as_far_too() {
    let policy =
        Policy { number: Vec::new(), tries: 10, wrong_tries: vec![Rule::hours(10, 24)], ..Policy::default() };
    let mut attacker = Attacker::new(&policy);
    for session in 0..5 {
        assert!(attacker.send(session));
        attacker.now += if session < 4 { 60_000 } else { 59_000 };
    }
    let mut guesses = (0..9).filter(|_| attacker.guess(0)).count() as u64;
    attacker.now += 1_000;
    for session in 5..24 + 5 {
        attacker.send(session);
        for live in session.saturating_sub(5)..=session {
            guesses += (0..11).filter(|_| attacker.guess(live)).count() as u64;
        }
        attacker.now += 3_580_000;
    }
    assert_eq!(policy.audit().figures.guesses_at_number, Some(59));
    assert_eq!(guesses, 59);
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (1u32..2_000, 1u64..2_000).prop_map(|(limit, minutes)| Rule::minutes(limit, minutes));
    proptest::collection::vec(rule, 0..4)
}

prop_compose! {
    fn policies()(
        length in 4u8..=8, alphabet in 0usize..3, own_codes: bool, validity in 60u64..=600, tries in 1u8..=10,
        cooldown in 0u64..=3600, number in rules(), wrong_tries in rules(), ip in rules(), ip_attempts in rules(),
        (prefix, budget) in (rules(), rules()), required: bool, session in 0usize..3,
    ) -> Policy {
        let alphabets = [Alphabet::Digits, Alphabet::Crockford, Alphabet::Upper];
        let sessions = [SessionMode::Optional, SessionMode::Required, SessionMode::Challenge];
        Policy {
            shape: Shape::new(length, alphabets[alphabet]).unwrap(),
            own_codes, validity: Millis(validity * 1_000), tries, cooldown: Millis(cooldown * 1_000),
            number, wrong_tries, ip, ip_attempts, device: Vec::new(), prefix, country: Vec::new(), budget, budget_parts: 1,
            ip_mode: if required { IpMode::Required } else { IpMode::Off }, session: sessions[session],
        }
    }
}

/// What an attacker wants much of; nothing limits it: the most there is.
fn gains(figures: &Figures) -> Vec<u64> {
    let open = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
    let Figures { codes, number_falls, any_falls, .. } = figures;
    vec![
        open(figures.sends_to_number),
        open(figures.guesses_at_number),
        open(figures.guesses_at_any),
        open(figures.messages),
        open(figures.messages_to_prefix),
        number_falls.guesses.saturating_mul(1 << 20) / codes,
        any_falls.guesses.saturating_mul(1 << 20) / codes,
    ]
}

fn no_worse(tight: &Policy, loose: &Policy) -> Result<(), TestCaseError> {
    let (tight, loose) = (gains(&tight.audit().figures), gains(&loose.audit().figures));
    prop_assert!(tight.iter().zip(&loose).all(|(tight, loose)| tight <= loose), "{tight:?} {loose:?}");
    Ok(())
}

proptest! {
    #[test]
    fn tighter_knobs_never_give_an_attacker_more(policy in policies(), rule in rules(), pick in 0usize..6) {
        let lists: [fn(&mut Policy) -> &mut Vec<Rule>; 6] = [
            |p| &mut p.number, |p| &mut p.wrong_tries, |p| &mut p.ip, |p| &mut p.ip_attempts, |p| &mut p.prefix,
            |p| &mut p.budget,
        ];
        let mut added = policy.clone();
        lists[pick](&mut added).extend(rule);
        no_worse(&added, &policy)?;
        let mut doubled = policy.clone();
        lists[pick](&mut doubled).iter_mut().for_each(|rule| rule.limit *= 2);
        no_worse(&policy, &doubled)?;
        let mut longer = policy.clone();
        lists[pick](&mut longer).iter_mut().for_each(|rule| rule.window.0 *= 2);
        no_worse(&longer, &policy)?;
    }

    #[test]
    fn fewer_tries_longer_codes_and_binding_never_give_more(policy in policies()) {
        let tries = policy.tries.saturating_add(1);
        no_worse(&policy, &Policy { tries, ..policy.clone() })?;
        no_worse(&policy, &Policy { validity: Millis(policy.validity.0 * 2), ..policy.clone() })?;
        no_worse(&Policy { cooldown: Millis(policy.cooldown.0 + 1_000), ..policy.clone() }, &policy)?;
        if let Some(shape) = Shape::new(policy.shape.length() + 1, policy.shape.alphabet()) {
            no_worse(&Policy { shape, ..policy.clone() }, &policy)?;
        }
        no_worse(&Policy { own_codes: false, ..policy.clone() }, &policy)?;
        no_worse(&Policy { session: SessionMode::Required, ..policy.clone() }, &Policy { session: SessionMode::Optional, ..policy.clone() })?;
        no_worse(&Policy { ip_mode: IpMode::Required, ..policy.clone() }, &Policy { ip_mode: IpMode::Off, ..policy })?;
    }

    #[test]
    fn shut_out_and_served_make_up_the_users(policy in policies(), users in 0u32..5_000) {
        let figures = policy.audit_with(Assumptions { users, ..Assumptions::default() }).figures;
        let users = u64::from(users);
        for (served, out) in [
            (figures.served_in_ten_minutes, figures.shut_out_in_ten_minutes),
            (figures.served_in_day, figures.shut_out_in_day),
        ] {
            prop_assert_eq!(served.unwrap_or(users).min(users) + out, users);
        }
        prop_assert!(figures.shut_out_in_day <= figures.shut_out_in_ten_minutes);
        // Every number that JavaScript reads as it stands.
        let json: Value = serde_json::from_str(&policy.audit().to_json()).unwrap();
        let fits = |value: &Value| value.as_u64().is_none_or(|number| number < 1 << 53);
        prop_assert!(json["figures"].as_object().unwrap().values().all(fits));
    }
}
