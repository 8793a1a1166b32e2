//! One value of every public type, holding canaries wherever it can, as its `Debug` and its texts show it.

use super::{CODE, IP, NUMBER, SECRET, SEED, config, send_request, verify_request};
use sansms::address::Address;
use sansms::code::{Alphabet, CodeError, Shape, fold};
use sansms::config::Section;
use sansms::email::{self, Email, EmailError};
use sansms::error::{ConfigCode, DriveError};
use sansms::http::{HttpCall, HttpReply, Method, TransportFault};
use sansms::key::{Keyring, ctx};
use sansms::limit::{self, Charge, Form, Op, Planner, Refusal, SlotState, Unreadable};
use sansms::outcome::{Code, Kind, Outcome};
use sansms::phone::{self, PhoneError, Unknown};
use sansms::policy::audit::{Assumptions, Weakness};
use sansms::policy::{IpMode, Policy, Rule, SessionMode};
use sansms::provider::{
    Aliyun, AliyunAuth, AliyunGlobal, AliyunMail, BuildError, Channel, Class, Gateway, Guess, Message,
    Number, Provider, Receipt, Recipient, Signing, Tencent, TencentLegacy, TencentMail, action,
};
use sansms::sandbox::{Answer, Delivery, Fault, Push, Sandbox, Vendor};
use sansms::secret::Secret;
use sansms::sign::tencent_v1::Hash;
use sansms::sign::{Credentials, Request, Signed};
use sansms::store::{self, MemoryStore, StoreOp};
use sansms::time::{Millis, UnixMillis};
use sansms::{Engine, flow, wire};
use serde_json::json;
use std::fmt::Debug;

/// Public types that have no `Debug` at all.
pub(super) const MUTE: [&str; 5] = [
    "sign/aliyun_acs3 Call",
    "sign/aliyun_rpc Call",
    "sign/tencent_tc3 Call",
    "sign/tencent_tc3 Parts",
    "sign/tencent_v1 Call",
];

type Shown = Vec<(&'static str, String)>;

/// Returns where each type is, and what it shows.
pub(super) fn all() -> Shown {
    [values(), addresses(), errors(), engine(), limiter(), providers()].concat()
}

fn show(value: impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

fn call() -> HttpCall {
    HttpCall {
        method: Method::Post,
        url: format!("https://host.example/?PhoneNumbers={NUMBER}&code={CODE}"),
        headers: vec![("authorization".into(), "canary".into())],
        body: format!("canary {NUMBER} {CODE}").into(),
        timeout: Millis(1),
        max_reply: 1,
    }
}

fn reply() -> HttpReply {
    HttpReply {
        status: 200,
        headers: vec![("x".into(), "canary".into())],
        body: format!("canary {NUMBER}").into(),
    }
}

fn values() -> Shown {
    let config: sansms::json::Value = config().into();
    let mut section = Section::open("", &config).unwrap();
    let _ = section.value("secret");
    let keys = Keyring::from_secret(SECRET.as_bytes());
    let address = Address::read(IP).unwrap();
    let phone = phone::parse(NUMBER, &phone::Policy::default()).unwrap();
    let audit = Policy::default().audit();
    vec![
        ("address Address", show(address)),
        ("address Scope", show(address.scopes())),
        ("code Shape", show(Shape::DEFAULT)),
        ("code Alphabet", show(Alphabet::Digits)),
        ("config Wrong", show(section.wrong("secret", "is wrong"))),
        ("config Section", show(section)),
        ("http HttpCall", show(call())),
        ("http HttpReply", show(reply())),
        ("http Method", show(Method::Post)),
        ("http TransportFault", show(TransportFault { sent: true })),
        ("json Value", show(&config)),
        ("json Object", show(config.as_object().unwrap())),
        ("json/read Malformed", show(sansms::json::parse(b"canary").unwrap_err())),
        ("key Keyring", show(&keys)),
        ("key Pepper", show(keys.peppers())),
        ("phone Phone", format!("{} {phone} {}", show(&phone), phone.masked())),
        ("phone/mainland Class", show(phone.class())),
        ("phone/policy Policy", show(phone::Policy::default())),
        ("phone/policy Unknown", show(Unknown::Refuse)),
        ("policy Policy", show(Policy::strict())),
        ("policy Rule", show(Rule::hours(1, 1))),
        ("policy IpMode", show(IpMode::Off)),
        ("policy SessionMode", show(SessionMode::Challenge)),
        ("policy/audit Audit", format!("{} {audit} {}", show(&audit), audit.to_json())),
        ("policy/audit Assumptions", show(Assumptions::default())),
        ("policy/audit Figures", show(audit.figures)),
        ("policy/audit Chance", show(audit.figures.any_falls)),
        ("policy/audit/weakness Warning", show(&audit.warnings)),
        ("policy/audit/weakness Weakness", show(Weakness::ALL)),
        ("secret Secret", show((Secret::new(SECRET.to_owned()), Secret::new(SEED), fold(CODE).unwrap()))),
        ("time UnixMillis", show(UnixMillis(1))),
        ("time Millis", show(Millis(1))),
        ("time Civil", show(UnixMillis(1).civil())),
    ]
}

fn addresses() -> Shown {
    let email = Email::parse("canary+canary@canary.example.com").unwrap();
    let typed = [
        "canary",
        "can ary@x.cn",
        "canäry@x.cn",
        "canary@canary_x.cn",
        "canary@xn--canary.cn",
        "canary@canary",
    ];
    let told = |error: &EmailError| format!("{} {error} {} {}", show(error), error.text_zh(), error.code());
    let errors: Vec<String> =
        typed.iter().filter_map(|typed| Email::parse(typed).err()).map(|error| told(&error)).collect();
    assert_eq!(errors.len(), typed.len());
    vec![
        ("email Email", format!("{} {email} {}", show(&email), email.masked())),
        ("email/error EmailError", errors.concat()),
        ("email/policy Policy", show(email::Policy::default())),
    ]
}

fn errors() -> Shown {
    let policy = phone::Policy::default();
    let numbers = [
        "",
        "13800138642x",
        "138001386421",
        "1380013864",
        "+99913800138642",
        "13800138642 13800138642",
        "14600138642",
        "010-138001386",
        "+85213800138642",
        "13800138642转739146",
        "17400138642",
        "<13800138642>",
    ];
    let numbers: Vec<PhoneError> =
        numbers.iter().filter_map(|typed| phone::parse(typed, &policy).err()).collect();
    assert_eq!(numbers.len(), 12);
    let texts =
        |error: &PhoneError| format!("{error} {} {} {}", error.text_zh(), error.text_en(), error.code());
    let lengths = numbers.iter().find_map(|error| match error {
        PhoneError::TooShort { expected, .. } => Some(*expected),
        _ => None,
    });
    let codes = ["", "73914", "739146x", "7391467"].map(|typed| Shape::DEFAULT.read(typed).unwrap_err());
    let codes: Vec<String> = codes.iter().map(|error: &CodeError| format!("{error} {error:?}")).collect();
    let config = Engine::new(&json!({ "secret": "canary" }).to_string()).unwrap_err();
    let drive = [
        DriveError::AlreadyStarted,
        DriveError::NotStarted,
        DriveError::Finished,
        DriveError::WrongId,
        DriveError::WrongKind,
    ];
    vec![
        (
            "phone/error PhoneError",
            format!("{} {}", show(&numbers), numbers.iter().map(texts).collect::<String>()),
        ),
        ("phone/country Lengths", format!("{} {}", show(lengths), lengths.unwrap())),
        ("code CodeError", codes.concat()),
        ("error ConfigError", format!("{config} {}", show(&config))),
        ("error ConfigCode", show(ConfigCode::Missing)),
        ("error DriveError", format!("{} {}", show(drive), drive.map(|error| error.to_string()).concat())),
    ]
}

fn outcome() -> Outcome {
    Outcome {
        to: Some(format!("+86{NUMBER}")),
        masked: Some("+86•••••••42".into()),
        challenge: Some("canary".into()),
        ticket: Some("canary".into()),
        ..Outcome::new(Code::Verified)
    }
}

fn engine() -> Shown {
    let text = config().to_string();
    let engine = Engine::new(&text).unwrap();
    let whole = wire::Engine::new(&text).unwrap();
    let mut store = MemoryStore::new();
    let mut flow = engine.send(send_request(), SEED);
    let step = flow.start(UnixMillis(0)).unwrap();
    let flow::Step::Store { ops, .. } = &step else { panic!("{step:?}") };
    let replies: Vec<_> = ops.iter().map(|op| Some(store.run(&op.key, &op.op, UnixMillis(0)))).collect();
    let keyed = flow::Step::Credentials { id: 1, provider: "vault".into() };
    let steps =
        [step.clone(), flow::Step::Http { id: 1, call: call() }, keyed, flow::Step::Done(outcome().into())];
    let given = Credentials {
        id: "canary-id".into(),
        secret: Secret::new("canary".into()),
        token: Some(Secret::new("canary".into())),
    };
    let heard = [
        flow::Reply::Store(replies),
        flow::Reply::Http(reply()),
        flow::Reply::HttpFault { sent: true },
        flow::Reply::Credentials(Some(given)),
    ];
    let ops: Vec<StoreOp> = ops.clone();
    let applied = ops.first().map(|op| store::apply(None, &op.op, UnixMillis(0)));
    let flat: wire::Outcome = outcome().into();
    let flat_steps = steps.clone().map(wire::Step::from);
    let texts = Code::ALL.iter().map(|code| format!("{} {}", code.text_zh(), code.text_en()));
    vec![
        ("engine Engine", show(&engine)),
        ("flow/request SendRequest", show(send_request())),
        ("flow/request VerifyRequest", show(verify_request(CODE))),
        ("flow Flow", show(&flow)),
        ("flow Step", show(&steps)),
        ("flow Reply", show(&heard)),
        ("outcome Outcome", format!("{} {} {}", show(outcome()), outcome().text_zh(), outcome().text_en())),
        ("outcome Kind", show(Kind::ALL)),
        ("outcome/code Code", format!("{} {}", show(Code::ALL), texts.collect::<String>())),
        ("store StoreOp", show(&ops)),
        ("store Applied", show(applied)),
        ("store/redis RedisCall", show(ops.first().map(store::redis::lower))),
        ("store/memory MemoryStore", show(&store)),
        ("wire Engine", show(&whole)),
        ("wire Flow", show(whole.verify(verify_request(CODE), SEED))),
        ("wire Step", show(&flat_steps)),
        ("wire Outcome", format!("{} {} {}", show(&flat), flat.text_zh, flat.text_en)),
    ]
}

/// The limiter holds no canary but what is made of them: keys, tags and proofs.
fn limiter() -> Shown {
    let keys = Keyring::from_secret(SECRET.as_bytes());
    let policy = Policy::default();
    let planner = Planner { keys: &keys, namespace: "app", policy: &policy };
    let recipient = format!("tel:+86{NUMBER}");
    let bound = ctx("app", &recipient, "login", "canary-session");
    let pepper = keys.current().unwrap();
    let code = Secret::new(CODE.to_owned());
    let slot = limit::SlotOp {
        tag: keys.tag(&bound),
        nonce: [1; 16],
        proof: sansms::code::proof(pepper, &bound, &code),
        kids: [pepper.id(), [0; 4], [0; 4], [0; 4]],
        kid_count: 1,
        validity_ms: 300_000,
        lifetime_ms: 600_000,
        least_ms: 120_000,
        tries: 3,
        max: 5,
    };
    let part = planner.number(&recipient);
    let op = part.reserve(7, Some(u64::from_be_bytes(keys.idem(&bound, "canary-idem"))), Some(slot));
    let applied = limit::apply(None, &op, UnixMillis(1_000));
    let record = limit::Record::read(applied.record.as_deref().unwrap()).unwrap();
    let Op::Reserve(reserve) = &op else { panic!("{op:?}") };
    let limit::Reply::Granted { slot: granted, .. } = &applied.reply else { panic!("{applied:?}") };
    let held = part.clone().held(Some(&applied.reply), Some(&slot)).unwrap();
    let Some(Op::Release(release)) = held.release(7, 2) else { panic!("{held:?}") };
    let check =
        limit::Check { tag: slot.tag, proofs: vec![(pepper.id(), slot.proof)], ..limit::Check::default() };
    let parts = planner.sends_from(&Address::read(IP).unwrap());
    let device = planner.device("canary-device");
    vec![
        ("limit/op Op", show(&op)),
        ("limit/op Reserve", show(reserve)),
        ("limit/op RuleOp", show(&reserve.rules)),
        ("limit/op Charge", show(Charge::Soft)),
        ("limit/op SlotOp", show(slot)),
        ("limit/op Release", show(release)),
        ("limit/op Check", show(check)),
        ("limit/op Count", show(limit::Count::default())),
        ("limit/op Consume", show(limit::Consume { attempt: 1, tag: [1; 8], nonce: [2; 16], series: 2 })),
        ("limit/op Reply", show(&applied.reply)),
        ("limit/op SlotReply", show(granted)),
        (
            "limit/op SlotStanding",
            show(limit::SlotStanding { round: 0, left: 3, state: SlotState::Fresh, remaining_ms: 1 }),
        ),
        ("limit/op Standing", show(limit::Standing { used: 1, wait_ms: 0 })),
        ("limit/op Refusal", show(Refusal::ALL)),
        ("limit/apply Applied", show(&applied)),
        ("limit/plan Kind", show(limit::Kind::Number)),
        ("limit/plan Part", show((&part, &parts, &device))),
        ("limit/plan Held", show(&held)),
        ("limit/plan Planner", show(planner)),
        ("limit/record Form", show(Form::Log)),
        ("limit/record Record", show(&record)),
        ("limit/record Series", show(&record.series)),
        ("limit/record Entry", show(record.series.first().map(|series| &series.entries))),
        ("limit/record Bins", show(limit::Bins::default())),
        ("limit/record Slot", show(&record.slots)),
        ("limit/record SlotState", show(SlotState::Fresh)),
        ("limit/record Unreadable", show(Unreadable::Corrupt)),
    ]
}

/// A push that has the number, and one that hides it where an id or a code belongs.
fn receipts() -> Vec<sansms::receipt::DeliveryReceipt> {
    let body = format!(
        r#"[{{"success":true,"phone_number":"{NUMBER}","err_code":"{NUMBER}","err_msg":"canary"}},
            {{"success":true,"phone_number":"+86{NUMBER}","out_id":"to {NUMBER}"}}]"#
    );
    sansms::receipt::read("aliyun", body.as_bytes()).unwrap()
}

/// Shows what another provider of Tencent Cloud says of itself.
fn other_of_tencent(kind: &str) -> String {
    let legacy = json!({"sdk_app_id": "1400006666", "app_key": "canary", "sign_name": "示例", "templates": {"default": "1"}});
    let mail = json!({"secret_id": "AKIDcanary", "secret_key": "canary", "from_address": "codes@mail.example",
        "subject": "code", "templates": {"default": "1"}});
    if kind == "tencent_mail" {
        let mail = mail.into();
        return show(TencentMail::from_config(&mut Section::open("", &mail).unwrap(), &|_| None).unwrap());
    }
    let legacy = legacy.into();
    show(TencentLegacy::from_config(&mut Section::open("", &legacy).unwrap(), &|_| None).unwrap())
}

/// Shows what another provider of Alibaba Cloud says of itself, with canaries where secrets and texts belong.
fn other(kind: &str, template: impl Into<serde_json::Value>) -> String {
    let mut config = json!({"access_key_id": "LTAIcanary", "access_key_secret": "canary", "templates": {"default": template.into()}});
    match kind {
        "aliyun_auth" => config["sign_name"] = json!("示例"),
        "aliyun_mail" => config["account_name"] = json!("codes@mail.example"),
        _ => {}
    }
    let config = config.into();
    let mut section = Section::open("", &config).unwrap();
    match kind {
        "aliyun_auth" => show(AliyunAuth::from_config(&mut section, &|_| None).unwrap()),
        "aliyun_mail" => show(AliyunMail::from_config(&mut section, &|_| None).unwrap()),
        _ => show(AliyunGlobal::from_config(&mut section, &|_| None).unwrap()),
    }
}

fn providers() -> Shown {
    let config = config();
    let (first, second) = (&config["providers"][0]["aliyun"], &config["providers"][1]["tencent"]);
    let (first, second) = (first.clone().into(), second.clone().into());
    let mut section = Section::open("", &first).unwrap();
    let aliyun = Aliyun::from_config(&mut section, &|_| None).unwrap();
    let mut section = Section::open("", &second).unwrap();
    let tencent = Tencent::from_config(&mut section, &|_| None).unwrap();
    let declared = json!({
        "url": "https://gateway.example/canary", "secret": "canary", "templates": {"default": "canary {code}"},
        "headers": {"x-canary": "canary"}, "signature": {"method": "bearer"},
        "body": {"to": "{e164}", "text": "{template}", "canary": "canary"}, "reply": {"success": "message_id", "message_id": "id"},
    });
    let declared = declared.into();
    let mut section = Section::open("", &declared).unwrap();
    let gateway = Gateway::from_config(&mut section, &|_| None).unwrap();
    let days = sansms::sign::tencent_tc3::DayKeys::default();
    let _ = days.at(&Secret::new("canary".to_owned()), "sms", UnixMillis(1));
    let options =
        json!({"sdk_app_id": "1400006666", "app_key": "canary", "templates": {"default": "1"}}).into();
    let legacy = TencentLegacy::from_config(&mut Section::open("", &options).unwrap(), &|_| None).unwrap();
    let options = json!({"secret_id": "AKIDcanary", "secret_key": "canary", "from_address": "a@mail.example",
                         "subject": "s", "templates": {"default": "1"}});
    let options = options.into();
    let mail = TencentMail::from_config(&mut Section::open("", &options).unwrap(), &|_| None).unwrap();
    let e164 = format!("+86{NUMBER}");
    let to = Recipient::Phone(Number { e164: &e164, calling_code: "86", national: NUMBER });
    let message =
        Message { to, purpose: "login", code: CODE, valid: Millis(300_000), send_id: Some("canary") };
    let body =
        format!(r#"{{"Code":"isv.X","Message":"{NUMBER} {CODE} to {e164}={NUMBER}","RequestId":"r"}}"#);
    let refusal = HttpReply { status: 200, headers: Vec::new(), body: body.into() };
    let failures = [aliyun.read(&refusal).unwrap_err(), tencent.read(&refusal).unwrap_err()];
    let errors = [BuildError::NoTemplate, BuildError::Code, BuildError::Recipient, BuildError::SendId];
    let signing = Signing { now: UnixMillis(1), nonce: [7; 16], credentials: None };
    let answered = format!(r#"{{"PhoneNumber":"{NUMBER}"}}"#);
    let params = json!({ NUMBER: CODE, "TemplateId": CODE });
    let misplaced = tencent.action("SendSms", &params.into(), &signing).unwrap_err();
    let secret = || Secret::new("canary".to_owned());
    let key = Credentials { id: "LTAIcanary".into(), secret: secret(), token: Some(secret()) };
    let signed = Signed {
        canonical_request: "canary".into(),
        string_to_sign: NUMBER.into(),
        signature: "canary".into(),
    };
    let request = Request {
        method: Method::Post,
        query: NUMBER.into(),
        headers: vec![("authorization", "canary".into())],
        body: CODE.into(),
        signed: signed.clone(),
    };
    let sandbox_config = json!({"aliyun": {"access_key_secret": "sandbox-canary", "sign_names": ["canary"]}});
    let mut sandbox = Sandbox::new(&sandbox_config.to_string()).unwrap();
    let answer = sandbox.handle(&call(), UnixMillis(0));
    let push =
        Push { provider: "aliyun", body: format!(r#"[{{"phone_number":"{NUMBER}","content":"{CODE}"}}]"#) };
    let sms = sansms::sandbox::Sms {
        to: e164.clone(),
        vendor: Vendor::Aliyun,
        sign: "示例".into(),
        template: "SMS_1".into(),
        params: vec![("code".into(), CODE.into())],
        text: CODE.into(),
        message_id: "1".into(),
        at: UnixMillis(0),
    };
    vec![
        ("provider Message", show(message)),
        ("provider Recipient", show([to, Recipient::Email("canary@canary.example")])),
        ("provider Number", show(to.phone())),
        ("provider Guess", show(Guess { to, purpose: "login", code: CODE })),
        ("provider Signing", show(Signing { now: UnixMillis(1), nonce: [7; 16], credentials: Some(&key) })),
        ("provider/gateway Gateway", show(&gateway)),
        ("sign/tencent_tc3 DayKeys", show(&days)),
        ("provider Channel", show(Channel::Email)),
        ("provider Receipt", show(Receipt { message_id: Some("1^0".into()), request_id: Some("r".into()) })),
        ("provider Failure", show(&failures)),
        ("receipt DeliveryReceipt", show(receipts())),
        ("receipt Status", show(sansms::receipt::Status::Failed)),
        ("receipt Unreadable", show(sansms::receipt::Unreadable)),
        ("provider Class", show(Class::Rejected)),
        (
            "provider BuildError",
            format!("{} {}", show(errors), errors.map(|error| error.to_string()).concat()),
        ),
        ("provider/aliyun/sms Aliyun", show(&aliyun)),
        ("provider/tencent/legacy TencentLegacy", other_of_tencent("tencent_legacy")),
        ("provider/tencent/mail TencentMail", other_of_tencent("tencent_mail")),
        ("provider/aliyun/auth AliyunAuth", (other("aliyun_auth", "100001"))),
        ("provider/aliyun/global AliyunGlobal", (other("aliyun_global", "code {code}"))),
        (
            "provider/aliyun/mail AliyunMail",
            (other("aliyun_mail", json!({"subject": "code", "text": "{code}"}))),
        ),
        ("provider/tencent/sms Tencent", show(&tencent)),
        ("provider/tencent/legacy TencentLegacy", show(&legacy)),
        ("provider/tencent/mail TencentMail", show(&mail)),
        ("provider/action Action", show(tencent.actions())),
        ("provider/action Param", show(tencent.actions().first().map(|action| action.params))),
        ("provider/action Kind", show(action::Kind::Texts)),
        ("provider/action Place", show(action::Place::Body)),
        (
            "provider/action Answer",
            show(action::Answer { json: answered.clone(), request_id: Some("r".into()) }),
        ),
        ("provider/action ActionError", format!("{} {misplaced}", show(&misplaced))),
        ("sandbox Sandbox", show(&sandbox)),
        ("sandbox Answer", show((answer, Answer::Reply(reply())))),
        ("sandbox Sms", show(sms)),
        ("sandbox/receipt Delivery", show(Delivery::Failed)),
        ("sandbox/receipt Push", show(push)),
        ("sandbox/fault Vendor", show(Vendor::Aliyun)),
        ("sandbox/fault Fault", show(Fault::ALL)),
        ("sign Credentials", show(&key)),
        ("sign Signed", show(&signed)),
        ("sign Request", show(request)),
        ("sign/tencent_v1 Hash", show(Hash::Sha256)),
    ]
}
