//! Every provider of Tencent's against its pretend gateway, right and wrong.
#![cfg(feature = "sandbox")]

use crate::Engine;
use crate::flow::{Flow, Reply, SendRequest, Step};
use crate::http::{HttpCall, HttpReply};
use crate::outcome::{Code, Kind, Outcome};
use crate::sandbox::{Answer, Fault, Sandbox};
use crate::time::UnixMillis;
use crate::wire::MemoryStore;
use serde_json::{Value, json};

const T0: u64 = 1_790_000_000_000;
const HOST: &str = "http://127.0.0.1:1";

/// A deployment of one provider, its sandbox and a clock.
struct World {
    engine: Engine,
    kind: &'static str,
    store: MemoryStore,
    sandbox: Sandbox,
    now: u64,
    seed: u8,
    /// The clock that the provider sees, ahead of the sandbox's.
    ahead: u64,
    calls: Vec<HttpCall>,
}

fn options(kind: &str) -> Value {
    match kind {
        "tencent_legacy" => json!({"sdk_app_id": "1400000000", "app_key": "sandbox-secret", "endpoint": HOST,
            "templates": {"default": "2"}, "template_params": ["{code}", "{minutes}"]}),
        "tencent_mail" => json!({"secret_id": "sandbox-id", "secret_key": "sandbox-secret", "endpoint": HOST,
            "from_address": "示例 <no-reply@mail.example>", "subject": "验证码 {code}", "templates": {"default": "1"}}),
        _ => json!({"secret_id": "sandbox-id", "secret_key": "sandbox-secret", "endpoint": HOST,
            "sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"default": "1"}}),
    }
}

fn engine(kind: &str, own: Value) -> Result<Engine, String> {
    let mut options = options(kind);
    for (name, value) in own.as_object().unwrap() {
        options[name] = value.clone();
    }
    let config =
        json!({"secret": "0123456789abcdef0123456789abcdef", "ip": "off", "providers": [{kind: options}]});
    Engine::new(&config.to_string()).map_err(|error| error.to_string())
}

impl World {
    fn new(kind: &'static str, own: Value) -> Self {
        let engine = engine(kind, own).unwrap();
        let sandbox = Sandbox::new("{}").unwrap();
        let store = MemoryStore::new();
        Self { engine, kind, store, sandbox, now: T0, seed: 0, ahead: 0, calls: Vec::new() }
    }

    fn drive(&mut self, mut flow: Flow) -> Outcome {
        let ours = UnixMillis(self.now + self.ahead);
        let mut step = flow.start(ours).unwrap();
        loop {
            let (id, reply) = match step {
                Step::Done(outcome) => return *outcome,
                Step::Http { id, call } => {
                    let answer = self.sandbox.handle(&call, UnixMillis(self.now));
                    self.calls.push(call);
                    let reply = match answer {
                        Answer::Reply(reply) => Reply::Http(reply),
                        Answer::Fault { sent } => Reply::HttpFault { sent },
                    };
                    (id, reply)
                }
                Step::Credentials { .. } => panic!("the key is fixed"),
                Step::Store { id, ops } => {
                    let heard = ops.iter().map(|op| Some(self.store.run(&op.key, &op.op, ours)));
                    (id, Reply::Store(heard.collect()))
                }
            };
            step = flow.resume(id, reply, ours).unwrap();
        }
    }

    fn seed(&mut self) -> [u8; 32] {
        self.seed += 1;
        [self.seed; 32]
    }

    fn send(&mut self, to: &str) -> Outcome {
        let (to, purpose, seed) = (to.to_owned(), "login".to_owned(), self.seed());
        let flow = self.engine.send(SendRequest { to, purpose, ..SendRequest::default() }, seed);
        self.drive(flow)
    }

    fn call(&mut self, action: &str, params: Value) -> Outcome {
        let seed = self.seed();
        let flow = self.engine.call(self.kind, action, &params.to_string(), seed);
        self.drive(flow)
    }

    /// Calls an action and returns what the vendor said.
    fn answer(&mut self, action: &str, params: Value) -> Value {
        let outcome = self.call(action, params);
        assert_eq!(outcome.kind, Kind::Answered, "{action}: {outcome:?} {:?}", outcome.events);
        serde_json::from_str(&outcome.answer.unwrap()).unwrap()
    }

    fn body(&self) -> Value {
        serde_json::from_slice(&self.calls.last().unwrap().body).unwrap()
    }
}

#[test]
fn every_signature_is_taken_and_a_wrong_one_is_not() {
    for signature in ["tc3", "hmac_sha1", "hmac_sha256"] {
        let mut world = World::new("tencent", json!({"signature": signature}));
        let sent = world.send("13800138000");
        assert_eq!(
            (sent.kind, sent.message_id.is_some()),
            (Kind::Sent, true),
            "{signature} {:?}",
            sent.events
        );
        let many = json!({"PhoneNumberSet": ["+8613800138001", "13800138002"], "TemplateId": "1",
            "TemplateParamSet": ["123456"], "SessionContext": "a&b=ü"});
        let many = world.answer("SendSms", many);
        assert_eq!(many["SendStatusSet"][1]["Code"], "Ok");
        assert_eq!(many["SendStatusSet"][1]["SessionContext"], "a&b=ü");
        world.ahead = 301_000;
        let late = world.call("PullSmsSendStatus", json!({"Limit": 1}));
        assert_eq!(late.events, ["provider.account tencent AuthFailure.SignatureExpire"]);
        world.ahead = 0;
        let mut other = World::new("tencent", json!({"signature": signature, "secret_key": "sandbox-other"}));
        let refused = other.call("PullSmsSendStatus", json!({"Limit": 1}));
        assert_eq!(refused.events, ["provider.account tencent AuthFailure.SignatureFailure"]);
    }
}

#[test]
fn success_is_told_for_each_number_and_statuses_are_pulled_once() {
    let mut world = World::new("tencent", json!({}));
    let numbers = json!({"PhoneNumberSet": ["+8613800138000", "+8613800138000"], "TemplateId": "1",
        "TemplateParamSet": ["123456"], "SessionContext": "s"});
    let sent = world.answer("SendSms", numbers);
    let codes: Vec<&str> =
        sent["SendStatusSet"].as_array().unwrap().iter().map(|it| it["Code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["Ok", "LimitExceeded.PhoneNumberThirtySecondLimit"]);
    let by_number =
        json!({"BeginTime": T0 / 1000 - 60, "Offset": 0, "Limit": 10, "PhoneNumber": "+8613800138000"});
    let found = world.answer("PullSmsSendStatusByPhoneNumber", by_number.clone());
    assert_eq!(found["PullSmsSendStatusSet"][0]["SerialNo"], sent["SendStatusSet"][0]["SerialNo"]);
    let pulled = world.answer("PullSmsSendStatus", json!({"Limit": 10}));
    let set = pulled["PullSmsSendStatusSet"].as_array().unwrap();
    assert_eq!((set.len(), &set[0]["SubscriberNumber"]), (1, &json!("13800138000")));
    assert_eq!(world.answer("PullSmsSendStatus", json!({"Limit": 10}))["PullSmsSendStatusSet"], json!([]));
    assert_eq!(world.answer("PullSmsSendStatusByPhoneNumber", by_number)["PullSmsSendStatusSet"][0], set[0]);
    // 1790000000 is 2026-09-21T14:13:20Z, so 22 o'clock in China.
    let hours = |begin: &str, end: &str| json!({"BeginTime": begin, "EndTime": end, "Limit": 0, "Offset": 0});
    let counts = world.answer("SendStatusStatistics", hours("2026092122", "2026092122"));
    let expected = json!({"FeeCount": 1, "RequestCount": 2, "RequestSuccessCount": 1});
    assert_eq!(counts["SendStatusStatistics"], expected);
    let none = world.answer("SendStatusStatistics", hours("2026092114", "2026092121"));
    assert_eq!(none["SendStatusStatistics"]["RequestCount"], 0);
    let wrong = world.call("SendStatusStatistics", hours("2026092123", "2026092122"));
    assert_eq!(wrong.events, ["provider.account tencent InvalidParameterValue.InvalidStartTime"]);
    let foreign = json!({"Limit": 1, "SmsSdkAppId": "1400009999"});
    let refused = world.call("PullSmsSendStatus", foreign);
    assert_eq!(refused.events, ["provider.account tencent UnauthorizedOperation.SmsSdkAppIdVerifyFail"]);
}

#[test]
fn the_older_service_sends_by_template_and_by_text() {
    let mut world = World::new("tencent_legacy", json!({"sign_name": "示例"}));
    let sent = world.send("13800138000");
    assert_eq!((sent.kind, sent.message_id.is_some()), (Kind::Sent, true), "{:?}", sent.events);
    let body = world.body();
    assert_eq!((&body["tpl_id"], &body["params"][1]), (&json!(2), &json!("5")));
    assert_eq!(body["ext"], json!(sent.send_id.unwrap()));
    let refused = world.send("13800138000");
    assert_eq!(refused.code, Code::LimitCooldown);
    world.now += 60_000;
    world.seed += 1;
    assert_eq!(world.send("13800138000").kind, Kind::Sent);

    let words = json!({"templates": {"default": "【示例】您的验证码是{code}。"}, "template_params": null});
    let mut world = World::new("tencent_legacy", words);
    let sent = world.send("13800138000");
    assert_eq!(sent.kind, Kind::Sent, "{:?}", sent.events);
    let sms = world.sandbox.inbox().next().unwrap();
    assert_eq!((sms.template.as_str(), sms.sign.as_str()), ("1", "示例"));
    let other = json!({"templates": {"default": "【别人】您的验证码是{code}。"}, "template_params": null});
    let refused = World::new("tencent_legacy", other).send("13800138000");
    assert_eq!((refused.code, refused.events.len()), (Code::ProviderAccount, 1));
    assert_eq!(refused.events, ["provider.account tencent_legacy 1012"]);
}

#[test]
fn the_older_service_reads_codes_out() {
    let mut world = World::new("tencent_legacy", json!({"channel": "voice", "templates": null}));
    let sent = world.send("13800138000");
    assert_eq!((sent.kind, sent.message_id.is_some()), (Kind::Sent, true), "{:?}", sent.events);
    assert!(
        world.calls[0]
            .url
            .starts_with("http://127.0.0.1:1/v5/tlsvoicesvr/sendcvoice?sdkappid=1400000000&random=")
    );
    assert_eq!(world.body()["playtimes"], 2);
    let mut world = World::new("tencent_legacy", json!({"channel": "voice", "play_times": 3}));
    assert_eq!(world.send("13800138000").kind, Kind::Sent);
    assert!(world.calls[0].url.contains("/sendtvoice?"));
    assert_eq!((&world.body()["tpl_id"], &world.body()["playtimes"]), (&json!(2), &json!(3)));
}

#[test]
fn the_older_service_has_its_actions_its_clock_and_its_results() {
    let tel = |mobile: &str| json!({"nationcode": "86", "mobile": mobile});
    let mut world = World::new("tencent_legacy", json!({}));
    let many =
        json!({"tel": [tel("13800138000"), tel("13800138000"), tel("12")], "tpl_id": 1, "params": ["1"]});
    let said = world.answer("sendmultisms2", many);
    let results: Vec<i64> =
        said["detail"].as_array().unwrap().iter().map(|it| it["result"].as_i64().unwrap()).collect();
    assert_eq!(results, [0, 1023, 1016]);
    let one = json!({"type": 0, "max": 10, "begin_time": T0 / 1000, "end_time": T0 / 1000 + 60, "nationcode": "86",
        "mobile": "13800138000"});
    assert_eq!(world.answer("pullstatus4mobile", one)["data"][0]["sid"], said["detail"][0]["sid"]);
    let pulled = world.answer("pullstatus", json!({"type": 0, "max": 10}));
    assert_eq!((&pulled["count"], &pulled["data"][0]["mobile"]), (&json!(1), &json!("13800138000")));
    assert_eq!(pulled["data"][0]["user_receive_time"], "2026-09-21 22:13:21");
    assert_eq!(world.answer("pullstatus", json!({"type": 0, "max": 10}))["count"], 0);
    world.now += 60_000;
    for (action, params) in [
        ("sendsms", json!({"tel": tel("13800138001"), "msg": "【示例】您的验证码是1234。", "type": 0})),
        ("sendcvoice", json!({"tel": tel("13800138002"), "msg": "1234", "playtimes": 3})),
        ("sendtvoice", json!({"tel": tel("13800138003"), "tpl_id": 1, "params": ["1234"]})),
        ("sendvoiceprompt", json!({"tel": tel("13800138004"), "prompttype": 2, "promptfile": "您好"})),
        ("sendfvoice", json!({"tel": tel("13800138005"), "fid": "f1"})),
    ] {
        assert_eq!(world.answer(action, params)["result"], 0);
    }
    let both = json!({"tel": tel("13800138001"), "msg": "【示例】1", "tpl_id": 1});
    let wrong = world.call("sendsms", both);
    assert_eq!(
        (wrong.code, wrong.text_en().as_str()),
        (Code::ActionInput, "params.tpl_id: is required, or msg, and not both")
    );
    let crowd: Vec<Value> = (0..201).map(|_| tel("13800138000")).collect();
    let wrong = world.call("sendmultisms2", json!({"tel": crowd, "tpl_id": 1}));
    assert_eq!(wrong.text_en(), "params.tel: must have 1 to 200 entries");
    world.ahead = 601_000;
    let late = world.call("pullstatus", json!({"type": 0, "max": 1}));
    assert_eq!(late.events, ["provider.account tencent_legacy 1021"]);
    let mut other = World::new("tencent_legacy", json!({"app_key": "sandbox-other"}));
    let refused = other.call("pullstatus", json!({"type": 0, "max": 1}));
    assert_eq!(
        (refused.code, &refused.events[0]),
        (Code::ActionAccount, &"provider.account tencent_legacy 1001".to_owned())
    );
}

#[test]
fn a_front_ends_refusal_and_odd_results_are_read() {
    let engine = engine("tencent_legacy", json!({})).unwrap();
    let read = |body: &str| {
        let mut flow = engine.call("tencent_legacy", "pullstatus", r#"{"type":0,"max":1}"#, [1; 32]);
        let Step::Http { id, .. } = flow.start(UnixMillis(T0)).unwrap() else { panic!("no call") };
        let reply = HttpReply { status: 200, headers: Vec::new(), body: body.into() };
        let Step::Done(outcome) = flow.resume(id, Reply::Http(reply), UnixMillis(T0)).unwrap() else {
            panic!()
        };
        (outcome.code, outcome.events.concat())
    };
    let event = |class: &str, code: &str| format!("provider.{class} tencent_legacy {code}");
    let front = r#"{"ActionStatus":"FAIL","ErrorCode":60008,"ErrorInfo":"service timeout"}"#;
    assert_eq!(read(front), (Code::ActionAmbiguous, event("ambiguous", "60008")));
    assert_eq!(read(r#"{"result":1016}"#), (Code::ActionRejected, event("rejected", "1016")));
    assert_eq!(read(r#"{"result":123456}"#), (Code::ActionAmbiguous, event("ambiguous", "reply.odd_code")));
    assert_eq!(read(r#"{"result":"0"}"#), (Code::ActionAmbiguous, event("ambiguous", "reply.no_code")));
}

#[test]
fn mail_goes_out_by_template() {
    for signature in ["tc3", "hmac_sha256"] {
        let mut world = World::new("tencent_mail", json!({"signature": signature}));
        let mail = json!({"Destination": ["tom@example.com"], "Subject": "你好",
            "Template": {"TemplateID": 2, "TemplateData": "{\"code\":\"123456\",\"minutes\":\"5\"}"}});
        let said = world.answer("SendEmail", mail);
        assert!(said["MessageId"].as_str().unwrap().starts_with("qcloudses-"));
        let sms = world.sandbox.inbox().next().unwrap();
        assert_eq!(
            (sms.to.as_str(), sms.text.as_str()),
            ("tom@example.com", "你好\n\n您的验证码是123456，5分钟内有效。")
        );
    }
    let mut world = World::new("tencent_mail", json!({}));
    let template = |data: &str| {
        json!({"Destination": ["t@example.com"], "Subject": "s",
        "Template": {"TemplateID": 1, "TemplateData": data}})
    };
    let mismatch = world.call("SendEmail", template("{\"other\":\"1\"}"));
    assert_eq!(mismatch.events, ["provider.account tencent_mail InvalidParameterValue.TemplateNotMatchData"]);
    let wrong = world.call("SendEmail", template("no"));
    assert_eq!(wrong.text_en(), "params.Template.TemplateData: must be a JSON object as text");
    let nobody = world.call("SendEmail", json!({"Subject": "s"}));
    assert_eq!(nobody.text_en(), "params.Destination: is required, or Cc or Bcc");
    let empty = world.call("SendEmail", json!({"Subject": "s", "Destination": ["t@example.com"]}));
    assert_eq!(empty.text_en(), "params: must have one of Template, Simple");
    for wrong in ["示例 ", "【示例】", "示\n例"] {
        let sms = json!({"SignName": wrong, "PhoneNumberSet": ["+8613800138000"], "TemplateId": "1"});
        let said = World::new("tencent", json!({})).call("SendSms", sms);
        assert!(said.text_en().starts_with("params.SignName: must be at most 100"), "{}", said.text_en());
        let sms = json!({"sign": wrong, "tel": {"nationcode": "86", "mobile": "13800138000"}, "tpl_id": 1});
        let said = World::new("tencent_legacy", json!({})).call("sendsms", sms);
        assert!(said.text_en().starts_with("params.sign: must be at most 100"), "{}", said.text_en());
    }
}

#[test]
fn a_code_goes_by_mail() {
    use crate::provider::{Message, Provider, Recipient, Signing};
    use crate::time::Millis;
    let options = crate::json::Value::from(options("tencent_mail"));
    let mut section = crate::config::Section::open("", &options).unwrap();
    let mail = super::TencentMail::from_config(&mut section, &|_| None).unwrap();
    section.finish().unwrap();
    let to = Recipient::Email("tom@example.com");
    assert!(mail.serves(&to, "login"));
    let message =
        Message { to, purpose: "login", code: "123456", valid: Millis(300_000), send_id: Some("s") };
    let signing = Signing { now: UnixMillis(T0), nonce: [1; 16], credentials: None };
    let call = mail.call(&message, &signing).unwrap();
    assert_eq!(
        String::from_utf8(call.body.clone()).unwrap(),
        r#"{"FromEmailAddress":"示例 <no-reply@mail.example>","Subject":"验证码 123456","Destination":["tom@example.com"],"Template":{"TemplateID":1,"TemplateData":"{\"code\":\"123456\"}"},"TriggerType":1}"#
    );
    let mut sandbox = Sandbox::new("{}").unwrap();
    let Answer::Reply(reply) = sandbox.handle(&call, UnixMillis(T0)) else { panic!("no reply") };
    assert!(mail.read(&reply).unwrap().message_id.unwrap().starts_with("qcloudses-"));
    sandbox.fault(None, Fault::Throttle, 1);
    let Answer::Reply(reply) = sandbox.handle(&call, UnixMillis(T0)) else { panic!("no reply") };
    assert_eq!(mail.read(&reply).unwrap_err().class.as_str(), "throttled");
}

#[test]
fn options_are_refused_that_the_vendor_would_refuse() {
    for (kind, own, expected) in [
        (
            "tencent",
            json!({"signature": "md5"}),
            "tencent.signature: must be one of tc3, hmac_sha1, hmac_sha256",
        ),
        ("tencent", json!({"host_region": "cn-hangzhou"}), "tencent.host_region: must be one of ap-bangkok"),
        (
            "tencent_legacy",
            json!({"app_key": "real"}),
            "tencent_legacy.app_key: and its secret must begin with `sandbox-`",
        ),
        ("tencent_legacy", json!({"app_key": null}), "tencent_legacy.app_key: is required"),
        ("tencent_legacy", json!({"sdk_app_id": "x"}), "tencent_legacy.sdk_app_id: must be the app's id"),
        (
            "tencent_legacy",
            json!({"templates": {"a": "【示例】您好"}}),
            "tencent_legacy.templates.a: must be a template's id, or a text",
        ),
        (
            "tencent_legacy",
            json!({"channel": "voice", "templates": {"a": "{code}"}}),
            "tencent_legacy.templates.a: must be a template's id, digits",
        ),
        ("tencent_legacy", json!({"play_times": 3}), "tencent_legacy.play_times: is not an option"),
        (
            "tencent_mail",
            json!({"from_address": "a:b <a@b.example>"}),
            "tencent_mail.from_address: must be an address",
        ),
        (
            "tencent_mail",
            json!({"from_address": "a  <a@b.example>"}),
            "tencent_mail.from_address: must be an address",
        ),
        (
            "tencent_mail",
            json!({"subject": "字".repeat(101)}),
            "tencent_mail.subject: must be 1 to 100 characters",
        ),
        (
            "tencent_mail",
            json!({"template_params": {"a": "<b>{code}"}}),
            "tencent_mail.template_params: must be at most 800 bytes",
        ),
        ("tencent_mail", json!({"reply_to": "nobody"}), "tencent_mail.reply_to: must be an address"),
    ] {
        let error = engine(kind, own).unwrap_err();
        assert!(error.starts_with(&format!("providers[0].{expected}")), "{error}");
    }
    let mut real =
        json!({"endpoint": null, "host_region": "ap-hongkong", "secret_id": "AKIDx", "secret_key": "x"});
    assert!(engine("tencent", real.clone()).is_ok());
    real["secret_id"] = json!("sandbox-id");
    assert!(engine("tencent", real).is_err());
}

#[test]
fn each_call_goes_to_its_host() {
    let host = |kind: &'static str, own: Value, action: &str, params: Value| {
        let mut flow = engine(kind, own).unwrap().call(kind, action, &params.to_string(), [1; 32]);
        let Step::Http { call, .. } = flow.start(UnixMillis(T0)).unwrap() else { panic!("no call") };
        call.host().to_owned()
    };
    let keys = |more: Value| {
        let mut own = json!({"endpoint": null, "secret_id": "AKIDx", "secret_key": "x"});
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    let pull = || json!({"Limit": 1});
    assert_eq!(host("tencent", keys(json!({})), "PullSmsSendStatus", pull()), "sms.tencentcloudapi.com");
    let regions = "ap-bangkok ap-beijing ap-chengdu ap-chongqing ap-guangzhou ap-hongkong ap-mumbai ap-seoul \
                   ap-shanghai ap-singapore ap-tokyo eu-frankfurt na-ashburn na-siliconvalley";
    for region in regions.split_whitespace() {
        let called = host("tencent", keys(json!({"host_region": region})), "PullSmsSendStatus", pull());
        assert_eq!(called, format!("sms.{region}.tencentcloudapi.com"));
    }
    let mail = json!({"Destination": ["a@b.example"], "Subject": "s", "Simple": {"Text": "dA=="}});
    assert_eq!(host("tencent_mail", keys(json!({})), "SendEmail", mail), "ses.tencentcloudapi.com");
    let legacy = || json!({"endpoint": null, "app_key": "x"});
    let tel = json!({"nationcode": "86", "mobile": "13800138000"});
    assert_eq!(
        host("tencent_legacy", legacy(), "pullstatus", json!({"type": 0, "max": 1})),
        "yun.tim.qq.com"
    );
    assert_eq!(
        host("tencent_legacy", legacy(), "sendcvoice", json!({"tel": tel, "msg": "1"})),
        "cloud.tim.qq.com"
    );
}
