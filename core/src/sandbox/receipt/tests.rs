use super::*;
use crate::config::Section;
use crate::http::HttpReply;
use crate::provider::{self, Message, Number, Provider, Recipient, Signing};
use crate::receipt::{self, DeliveryReceipt, Status};
use crate::sandbox::Answer;
use crate::time::{Millis, UnixMillis};

const NOW: UnixMillis = UnixMillis(1_694_615_694_000);
const AT: &str = "http://127.0.0.1";
const ALIYUN: &str =
    r#""access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret", "sign_name": "示例""#;
const APP: &str = r#""sdk_app_id": "1400000000", "sign_name": "示例", "templates": {"login": "1"}"#;

struct World {
    sandbox: Sandbox,
    providers: Vec<Box<dyn Provider>>,
    calls: u8,
}

impl World {
    fn new() -> Self {
        let config = format!(
            r#"{{"providers": [
                {{"aliyun": {{{ALIYUN}, "endpoint": "{AT}", "templates": {{"login": "SMS_1"}}}}}},
                {{"tencent": {{"secret_id": "sandbox-id", "secret_key": "sandbox-secret", "endpoint": "{AT}", {APP}}}}},
                {{"tencent_legacy": {{"app_key": "sandbox-secret", "endpoint": "{AT}", {APP}}}}},
                {{"aliyun_auth": {{{ALIYUN}, "endpoint": "{AT}", "templates": {{"login": "100001"}}}}}},
                {{"tencent_legacy": {{"name": "voice", "channel": "voice", "app_key": "sandbox-secret", "endpoint": "{AT}",
                                      "sdk_app_id": "1400000000"}}}}
            ]}}"#
        );
        let top = crate::json::parse(config.as_bytes()).unwrap();
        let mut top = Section::open("", &top).unwrap();
        let providers = provider::from_config(&mut top, &|_| None).unwrap();
        Self { sandbox: Sandbox::new("{}").unwrap(), providers, calls: 0 }
    }

    fn provider(&self, name: &str) -> &dyn Provider {
        &**self.providers.iter().find(|provider| provider.name() == name).unwrap()
    }

    fn signing(&mut self) -> Signing<'static> {
        self.calls += 1;
        Signing { now: NOW, nonce: [self.calls; 16], credentials: None }
    }

    fn answer(&mut self, call: &crate::http::HttpCall) -> HttpReply {
        let Answer::Reply(reply) = self.sandbox.handle(call, NOW) else { panic!("no fault was asked for") };
        reply
    }

    /// Sends a code; returns the message's id.
    fn send(&mut self, name: &str) -> String {
        let signing = self.signing();
        let to = Number { e164: "+8613800138000", calling_code: "86", national: "13800138000" };
        let (to, valid) = (Recipient::Phone(to), Millis(300_000));
        let message =
            Message { to, purpose: "login", code: "123456", valid, send_id: Some("AbCdEfGhIjKlMnOp") };
        let call = self.provider(name).call(&message, &signing).unwrap();
        let reply = self.answer(&call);
        self.provider(name).read(&reply).unwrap().message_id.unwrap()
    }

    /// Asks what became of it, and reads the answer as receipts.
    fn ask(&mut self, name: &str, action: &str, params: &str) -> Vec<DeliveryReceipt> {
        let params = crate::json::parse(params.as_bytes()).unwrap();
        let signing = self.signing();
        let call = self.provider(name).action(action, &params, &signing).unwrap();
        let reply = self.answer(&call);
        let answer = self.provider(name).read_action(action, &reply).unwrap();
        receipt::read(name, answer.json.as_bytes()).unwrap()
    }

    fn settle(&mut self, id: &str, delivery: Delivery) -> Option<Push> {
        self.sandbox.receipt(id, "+8613800138000", delivery)
    }
}

const SETTLED: [(Delivery, Status); 3] = [
    (Delivery::Delivered, Status::Delivered),
    (Delivery::Failed, Status::Failed),
    (Delivery::Delivered, Status::Delivered),
];

#[test]
fn what_is_pushed_is_what_is_read_and_who_asks_hears_the_same() {
    let since = r#"{"BeginTime": 1694610000, "EndTime": 1694620000, "Offset": 0, "Limit": 9, "PhoneNumber": "+8613800138000"}"#;
    let of = r#"{"type": 0, "max": 9, "begin_time": 1694610000, "end_time": 1694620000, "nationcode": "86", "mobile": "13800138000"}"#;
    let day = r#"{"PhoneNumber": "13800138000", "SendDate": "20230913", "PageSize": 9, "CurrentPage": 1}"#;
    for (name, action, params, send_id) in [
        ("aliyun", "QuerySendDetails", day, Some("AbCdEfGhIjKlMnOp")),
        ("tencent", "PullSmsSendStatusByPhoneNumber", since, None),
        ("tencent_legacy", "pullstatus4mobile", of, None),
    ] {
        let mut world = World::new();
        let id = world.send(name);
        assert_eq!(world.ask(name, action, params)[0].status, Status::Delivered);
        for (delivery, status) in SETTLED {
            let push = world.settle(&id, delivery).unwrap();
            assert_eq!(push.provider, name);
            let told = receipt::read(name, push.body.as_bytes()).unwrap();
            let [told] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((told.status, told.message_id.as_deref()), (status, Some(id.as_str())));
            assert_eq!((told.send_id.as_deref(), told.masked.as_deref()), (send_id, Some("•••••••00")));
            assert!(told.at.is_some_and(|at| at > NOW) && told.code.is_some());
            let asked = world.ask(name, action, params).remove(0);
            let found = (asked.status, &asked.code, &asked.masked, asked.at);
            assert_eq!(found, (status, &told.code, &told.masked, told.at), "{name}");
        }
    }
}

#[test]
fn a_failure_waits_to_be_pulled() {
    for (name, action, params) in [
        ("tencent", "PullSmsSendStatus", r#"{"Limit": 9}"#),
        ("tencent_legacy", "pullstatus", r#"{"type": 0, "max": 9}"#),
    ] {
        let mut world = World::new();
        let id = world.send(name);
        world.settle(&id, Delivery::Failed).unwrap();
        let pulled = world.ask(name, action, params);
        assert_eq!(pulled.iter().map(|receipt| receipt.status).collect::<Vec<_>>(), [Status::Failed]);
        assert!(world.ask(name, action, params).is_empty());
    }
}

#[test]
fn a_push_has_what_the_vendor_writes() {
    let mut world = World::new();
    let id = world.send("aliyun");
    let pushed: serde_json::Value =
        serde_json::from_str(&world.settle(&id, Delivery::Failed).unwrap().body).unwrap();
    let expected = json!([{"phone_number": "13800138000", "send_time": "2023-09-13 22:34:54",
        "report_time": "2023-09-13 22:34:57", "success": false, "err_code": "MOBILE_NOT_ON_SERVICE",
        "err_msg": "停机、空号、关机或无服务", "sms_size": "1", "biz_id": id, "out_id": "AbCdEfGhIjKlMnOp"}]);
    assert_eq!(pushed, expected);
    let id = world.send("tencent");
    let json = world.sandbox.receipt_json(&id, "+8613800138000", Delivery::Delivered).unwrap();
    let push: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&push["provider"], &push["content_type"]), (&json!("tencent"), &json!("application/json")));
    let pushed: serde_json::Value = serde_json::from_str(push["body"].as_str().unwrap()).unwrap();
    let expected = json!([{"user_receive_time": "2023-09-13 22:34:55", "nationcode": "86", "mobile": "13800138000",
        "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": id}]);
    assert_eq!(pushed, expected);
}

#[test]
fn nothing_is_pushed_of_what_was_not_sent_or_has_no_push() {
    let mut world = World::new();
    let id = world.send("aliyun");
    assert_eq!(world.settle("1^0", Delivery::Failed), None);
    assert_eq!(world.sandbox.receipt(&id, "+8613800138001", Delivery::Failed), None);
    for name in ["aliyun_auth", "voice"] {
        let id = world.send(name);
        assert_eq!(world.settle(&id, Delivery::Failed), None, "{name}");
    }
    let words = ["delivered", "failed", "pending"].map(Delivery::named);
    assert_eq!(words, [Some(Delivery::Delivered), Some(Delivery::Failed), None]);
    assert_eq!(format!("{:?}", world.settle(&id, Delivery::Failed).unwrap()), "Push(aliyun)");
}
