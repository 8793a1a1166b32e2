//! Every action by both signatures, right and wrong; our builders and readers on the other side.

use super::super::{Answer, Sandbox};
use super::*;
use crate::config::Section;
use crate::http::HttpReply;
use crate::provider::aliyun::api::{Asked, Wire};
use crate::provider::{
    Class, Failure, Guess, Message, Number, Provider, Reading, Recipient, Signing, from_config,
};
use crate::secret::Secret;
use crate::sign::Credentials;
use crate::time::Millis;
use serde_json::{Value, json};

const START: UnixMillis = UnixMillis(1_694_615_694_000);
const MOBILE: Recipient<'_> =
    Recipient::Phone(Number { e164: "+8613800138000", calling_code: "86", national: "13800138000" });
const ABROAD: Recipient<'_> =
    Recipient::Phone(Number { e164: "+85261234567", calling_code: "852", national: "61234567" });
const MAIL: Recipient<'_> = Recipient::Email("li.lei@example.com");

fn after(seconds: u64) -> UnixMillis {
    UnixMillis(START.0 + seconds * 1_000)
}

fn provider(kind: &str, change: Value) -> Box<dyn Provider> {
    let mut options = json!({"access_key_id": "sandbox-id", "access_key_secret": "sandbox-secret",
        "endpoint": "http://127.0.0.1:8080"});
    let own = match kind {
        "aliyun_auth" => json!({"sign_name": "示例", "templates": {"default": "100001"}}),
        "aliyun_global" => json!({"templates": {"default": "Your code is {code}, for {minutes} minutes."}}),
        _ => json!({"account_name": "no-reply@mail.example.com", "templates": {"default":
            {"subject": "验证码", "html": "<b style=\"color:#123456\">{code}</b>"}}}),
    };
    for part in [own, change] {
        options.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    let top = json!({"providers": [{kind: options}]}).into();
    from_config(&mut Section::open("", &top).unwrap(), &|_| None).unwrap().pop().unwrap()
}

/// The sandbox, and a count for nonces.
struct World(Sandbox, u64);

impl World {
    fn new() -> Self {
        Self(Sandbox::new("{}").unwrap(), 0)
    }

    fn signing(&mut self, now: UnixMillis) -> Signing<'static> {
        self.1 += 1;
        Signing { now, nonce: *sha256(&[&self.1.to_be_bytes()]).first_chunk().unwrap(), credentials: None }
    }

    fn answer(&mut self, call: &HttpCall, now: UnixMillis) -> HttpReply {
        match self.0.handle(call, now) {
            Answer::Reply(reply) => reply,
            Answer::Fault { .. } => panic!("no fault was asked for"),
        }
    }

    fn send(&mut self, provider: &dyn Provider, to: Recipient<'_>, now: UnixMillis) -> Reading {
        self.send_for(provider, to, "login", now)
    }

    fn send_for(
        &mut self,
        provider: &dyn Provider,
        to: Recipient<'_>,
        purpose: &str,
        now: UnixMillis,
    ) -> Reading {
        let message =
            Message { to, purpose, code: "864209", valid: Millis(300_000), send_id: Some("send-1") };
        let call = provider.call(&message, &self.signing(now)).unwrap();
        let reply = self.answer(&call, now);
        provider.read(&reply)
    }

    fn check(
        &mut self,
        provider: &dyn Provider,
        purpose: &str,
        code: &str,
        now: UnixMillis,
    ) -> Result<bool, Failure> {
        let managed = provider.managed().unwrap();
        let call = managed.check(&Guess { to: MOBILE, purpose, code }, &self.signing(now)).unwrap();
        let reply = self.answer(&call, now);
        managed.read_check(&reply)
    }

    /// Calls an action with any parameters; returns the status and the body.
    fn call(&mut self, wire: Wire, action: &str, params: &Value, now: UnixMillis) -> (u16, Value) {
        let credentials = Credentials {
            id: "sandbox-id".into(),
            secret: Secret::new("sandbox-secret".into()),
            token: None,
        };
        let params: Vec<(&str, &str)> = params
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        self.1 += 1;
        let nonce = self.1.to_string();
        let host = "127.0.0.1:8080";
        let version = APIS.iter().find(|api| api.action == action).unwrap().version;
        let (query, form) = params.split_at(params.len() / 2);
        let request = Asked { action, version, query, form }.request(wire, host, &credentials, now, &nonce);
        let call = request.into_call("http://127.0.0.1:8080", Millis(5_000), 100_000);
        let reply = self.answer(&call, now);
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    /// Calls an action and returns its code.
    fn code(&mut self, action: &str, params: &Value, now: UnixMillis) -> (u16, String) {
        let (status, body) = self.call(Wire::Acs3, action, params, now);
        let code = body.get("Code").or_else(|| body.get("ResponseCode")).cloned().unwrap_or_default();
        (status, code.as_str().unwrap_or_default().to_owned())
    }

    /// Returns the code in the last message.
    fn last_code(&self) -> String {
        let params = &self.0.inbox().next_back().unwrap().params;
        params.iter().find(|(name, _)| name == "code").unwrap().1.clone()
    }
}

fn refused(reading: Reading) -> (Class, String) {
    let Failure { class, code, .. } = reading.unwrap_err();
    (class, code)
}

#[test]
fn a_code_of_the_vendors_goes_round() {
    for wire in ["acs3", "rpc"] {
        let (mut world, provider) = (World::new(), provider("aliyun_auth", json!({"wire": wire})));
        let receipt = world.send(&*provider, MOBILE, START).unwrap();
        let sms = world.0.inbox().next_back().unwrap().clone();
        let code = world.last_code();
        assert_eq!((sms.to.as_str(), sms.template.as_str()), ("+8613800138000", "100001"));
        assert_eq!(sms.text, format!("【示例】您的验证码是{code}，5分钟内有效。"));
        assert_eq!(Some(sms.message_id), receipt.message_id);
        assert!(code.len() == 6 && code != "864209" && digits(&code));

        let wrong = if code == "111111" { "222222" } else { "111111" };
        assert_eq!(world.check(&*provider, "login", wrong, after(1)), Ok(false));
        assert_eq!(world.check(&*provider, "other", &code, after(1)), Ok(false));
        assert_eq!(world.check(&*provider, "login", &code, after(299)), Ok(true));
        // It can pass again, so whoever needs it to pass once has to see to it.
        assert_eq!(world.check(&*provider, "login", &code, after(299)), Ok(true));
        assert_eq!(world.check(&*provider, "login", &code, after(300)), Ok(false));
    }
}

#[test]
fn codes_follow_the_seed_and_the_calls() {
    let code = |config: &str, before: u64| {
        let mut world = World(Sandbox::new(config).unwrap(), 0);
        for _ in 0..before {
            assert_eq!(world.check(&*provider("aliyun_auth", json!({})), "x", "1", START), Ok(false));
        }
        world.send(&*provider("aliyun_auth", json!({})), MOBILE, START).unwrap();
        world.last_code()
    };
    assert_eq!(code("{}", 0), code("{}", 0));
    assert_ne!(code("{}", 0), code("{\"seed\": 1}", 0));
    assert_ne!(code("{}", 0), code("{}", 1));
}

#[test]
fn the_newest_code_replaces_or_joins_the_others() {
    for (policy, older) in [("newest", false), ("all", true)] {
        let (mut world, provider) =
            (World::new(), provider("aliyun_auth", json!({"duplicate_policy": policy})));
        let mut sent = Vec::new();
        for (purpose, seconds) in [("login", 0), ("login", 2), ("other", 4)] {
            world.send_for(&*provider, MOBILE, purpose, after(seconds)).unwrap();
            sent.push(world.last_code());
        }
        assert_eq!(world.check(&*provider, "login", &sent[0], after(5)), Ok(older));
        assert_eq!(world.check(&*provider, "login", &sent[1], after(5)), Ok(true));
        assert_eq!(world.check(&*provider, "other", &sent[2], after(5)), Ok(true));
    }
}

#[test]
fn a_send_within_the_interval_is_refused() {
    let (mut world, provider) = (World::new(), provider("aliyun_auth", json!({"interval_s": 60})));
    world.send(&*provider, MOBILE, START).unwrap();
    let failure = world.send(&*provider, MOBILE, UnixMillis(START.0 + 59_999)).unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (Class::Rejected, "biz.FREQUENCY"));
    assert_eq!(failure.retry_after, Some(Millis(60_000)));
    assert!(world.send(&*provider, MOBILE, after(60)).is_ok());
}

#[test]
fn length_and_kind_of_codes_are_as_asked() {
    for (kind, good) in [
        ("digits", "0-9"),
        ("upper", "A-Z"),
        ("lower", "a-z"),
        ("letters", "A-Za-z"),
        ("digits_upper", "0-9A-Z"),
        ("digits_lower", "0-9a-z"),
        ("all", "0-9A-Za-z"),
    ] {
        let (mut world, mut seen) = (World::new(), String::new());
        let exact = provider(
            "aliyun_auth",
            json!({"code_type": kind, "code_length": 8, "case_auth_policy": "exact"}),
        );
        let loose = provider(
            "aliyun_auth",
            json!({"code_type": kind, "code_length": 8, "case_auth_policy": "ignore"}),
        );
        for seconds in 0..60 {
            world.send(&*exact, MOBILE, after(seconds * 2)).unwrap();
            seen.push_str(&world.last_code());
        }
        let code = world.last_code();
        assert_eq!(
            (code.len(), good.contains("0-9")),
            (8, seen.contains(|char: char| char.is_ascii_digit()))
        );
        assert_eq!(good.contains("A-Z"), seen.contains(|char: char| char.is_ascii_uppercase()));
        assert_eq!(good.contains("a-z"), seen.contains(|char: char| char.is_ascii_lowercase()));
        let other: String = code
            .chars()
            .map(|char| {
                if char.is_ascii_uppercase() { char.to_ascii_lowercase() } else { char.to_ascii_uppercase() }
            })
            .collect();
        assert_eq!(world.check(&*exact, "login", &other, after(119)), Ok(other == code));
        assert_eq!(world.check(&*loose, "login", &other, after(119)), Ok(true));
    }
}

#[test]
fn what_the_vendor_refuses_of_a_code() {
    let good = json!({"PhoneNumber": "13800138000", "SignName": "示例", "TemplateCode": "100001",
        "TemplateParam": "{\"code\":\"##code##\",\"min\":\"5\"}"});
    for (change, status, code) in [
        (json!({}), 200, "OK"),
        (json!({"PhoneNumber": "85261234567"}), 200, "MOBILE_NUMBER_ILLEGAL"),
        (json!({"CountryCode": "852"}), 200, "MOBILE_NUMBER_ILLEGAL"),
        (json!({"PhoneNumber": ""}), 400, "MissingPhoneNumber"),
        (json!({"SignName": "其他"}), 200, "INVALID_PARAMETERS"),
        (json!({"TemplateCode": "100099"}), 200, "INVALID_PARAMETERS"),
        (json!({"TemplateParam": "{\"code\":\"##code##\"}"}), 200, "INVALID_PARAMETERS"),
        (json!({"TemplateParam": "[]"}), 200, "INVALID_PARAMETERS"),
        (json!({"SchemeName": "字".repeat(21)}), 400, "InvalidParameter"),
        (json!({"CodeLength": "3"}), 400, "InvalidParameter"),
        (json!({"CodeLength": "+4"}), 400, "InvalidParameter"),
        (json!({"CodeType": "8"}), 400, "InvalidParameter"),
        (json!({"ReturnVerifyCode": "yes"}), 400, "InvalidParameter"),
    ] {
        let mut params = good.clone();
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let mut world = World::new();
        assert_eq!(world.code("SendSmsVerifyCode", &params, START), (status, code.to_owned()), "{change}");
        assert_eq!(world.0.inbox().count(), usize::from(code == "OK"));
    }
    let mut world = World::new();
    let mut told = good.clone();
    told["ReturnVerifyCode"] = json!("True");
    told["OutId"] = json!("o-1");
    let (_, body) = world.call(Wire::Rpc, "SendSmsVerifyCode", &told, START);
    assert_eq!(
        (&body["Model"]["VerifyCode"], &body["Model"]["OutId"]),
        (&json!(world.last_code()), &json!("o-1"))
    );
    let (_, body) = world.call(Wire::Rpc, "SendSmsVerifyCode", &good, after(60));
    assert!(body["Model"]["VerifyCode"].is_null() && body["Success"] == true);
    // A literal code is delivered, and nobody can check it.
    let mut literal = good;
    literal["TemplateParam"] = json!("{\"code\":\"123456\",\"min\":\"5\"}");
    assert_eq!(world.code("SendSmsVerifyCode", &literal, after(120)).1, "OK");
    let guess = json!({"PhoneNumber": "13800138000", "VerifyCode": "123456"});
    let (status, body) = world.call(Wire::RpcSplit, "CheckSmsVerifyCode", &guess, after(120));
    assert_eq!((status, &body["Code"]), (400, &json!("isv.ValidateFail")));
}

#[test]
fn texts_abroad_go_round() {
    for wire in ["acs3", "rpc"] {
        let (mut world, provider) = (World::new(), provider("aliyun_global", json!({"wire": wire})));
        let receipt = world.send(&*provider, ABROAD, START).unwrap();
        let sms = world.0.inbox().next_back().unwrap().clone();
        assert_eq!(
            (sms.to.as_str(), sms.text.as_str()),
            ("+85261234567", "Your code is 864209, for 5 minutes.")
        );
        assert_eq!((Some(sms.message_id), world.last_code().as_str()), (receipt.message_id, "864209"));
    }
}

#[test]
fn what_the_vendor_refuses_of_texts_abroad() {
    let mut world = World::new();
    for (change, status, code) in [
        (json!({"To": "8613800138000"}), 200, "isv.COUNTRY_RESTRICTED"),
        (json!({"To": "13800138000"}), 200, "isv.COUNTRY_RESTRICTED"),
        (json!({"To": "14155550100"}), 200, "OK"),
        (json!({"To": "+85261234567"}), 200, "isv.MOBILE_NUMBER_ILLEGAL"),
        (json!({"From": "Alicloud3210"}), 200, "isv.SENDERID_ERROR"),
        (json!({"From": "A cme"}), 200, "isv.SENDERID_ERROR"),
        (json!({"Type": "otp"}), 400, "InvalidParameter"),
        (json!({"TaskId": "x".repeat(256)}), 400, "InvalidParameter"),
        (json!({"Message": ""}), 400, "MissingMessage"),
        (json!({"From": "123456789012345", "Type": "OTP", "ValidityPeriod": "600"}), 200, "OK"),
    ] {
        let mut params = json!({"To": "85261234567", "Message": "hello"});
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status_now, body) = world.call(Wire::Acs3, "SendMessageToGlobe", &params, START);
        let said = body.get(if status == 200 { "ResponseCode" } else { "Code" });
        assert_eq!((status_now, said), (status, Some(&json!(code))), "{change}");
    }
}

#[test]
fn mails_go_round() {
    for wire in ["acs3", "rpc"] {
        let (mut world, provider) = (World::new(), provider("aliyun_mail", json!({"wire": wire})));
        let receipt = world.send(&*provider, MAIL, START).unwrap();
        let mail = world.0.inbox().next_back().unwrap().clone();
        assert_eq!(
            (mail.to.as_str(), mail.sign.as_str()),
            ("li.lei@example.com", "no-reply@mail.example.com")
        );
        assert_eq!(mail.text, "验证码\n\n<b style=\"color:#123456\">864209</b>");
        assert_eq!((Some(mail.message_id), world.last_code().as_str()), (receipt.message_id, "864209"));
    }
    let kept = json!({"templates": {"default": {"subject": "s", "template": "t-1"}},
        "template_params": {"code": "{code}", "min": "{minutes}"}});
    let mut world = World::new();
    world.send(&*provider("aliyun_mail", kept), MAIL, START).unwrap();
    let mail = world.0.inbox().next_back().unwrap();
    assert_eq!((mail.template.as_str(), mail.text.as_str()), ("t-1", "s\n\ncode: 864209\nmin: 5"));
    let stranger = provider("aliyun_mail", json!({"account_name": "other@mail.example.com"}));
    let expected = (Class::Account, "InvalidMailAddress.NotFound".to_owned());
    assert_eq!(refused(world.send(&*stranger, MAIL, START)), expected);
}

#[test]
fn what_the_vendor_refuses_of_mails() {
    let mut world = World::new();
    for (change, status, code) in [
        (json!({"ToAddress": "li.lei"}), 400, "InvalidToAddress"),
        (json!({"ToAddress": vec!["a@b.example"; 101].join(",")}), 400, "InvalidToAddress"),
        (json!({"Subject": "字".repeat(257)}), 400, "InvalidSubject.Malformed"),
        (json!({"Subject": ""}), 400, "MissingSubject"),
        (json!({"TextBody": ""}), 400, "InvalidBody"),
        (json!({"Template": "{\"TemplateId\":1}"}), 400, "InvalidBody"),
        (json!({"FromAlias": "x".repeat(16)}), 400, "InvalidParameter"),
        (json!({"AddressType": "2"}), 400, "InvalidParameter"),
        (json!({"ReplyToAddress": "1"}), 400, "InvalidParameter"),
        (json!({"ToAddress": vec!["a@b.example"; 100].join(",")}), 200, ""),
    ] {
        let mut params = json!({"AccountName": "no-reply@mail.example.com", "AddressType": "1",
            "ReplyToAddress": "false", "ToAddress": "a@b.example", "Subject": "s", "TextBody": "t"});
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(world.code("SingleSendMail", &params, START), (status, code.to_owned()), "{change}");
    }
    assert_eq!(world.0.inbox().count(), 100);
}

#[test]
fn many_are_sent_at_once_and_asked_after() {
    let batch = json!({"PhoneNumberJson": "[\"13800138000\",\"+8613800138001\",\"85261234567\"]",
        "SignNameJson": "[\"示例\",\"示例\",\"示例\"]", "TemplateCode": "SMS_1", "OutId": "o-1",
        "TemplateParamJson": "[{\"code\":\"1111\"},{\"code\":\"2222\"},{\"code\":\"3333\"}]"});
    for wire in [Wire::Acs3, Wire::Rpc, Wire::RpcSplit] {
        let mut world = World::new();
        let (status, body) = world.call(wire, "SendBatchSms", &batch, START);
        assert_eq!((status, &body["Code"]), (200, &json!("OK")));
        let got: Vec<(&str, &str)> =
            world.0.inbox().map(|sms| (sms.to.as_str(), sms.params[0].1.as_str())).collect();
        assert_eq!(got, [("+8613800138000", "1111"), ("+8613800138001", "2222"), ("+85261234567", "3333")]);
        // 14:34 UTC of the 13th is 22:34 in China.
        let query = json!({"PhoneNumber": "8613800138001", "SendDate": "20230913", "PageSize": "1",
            "CurrentPage": "1", "BizId": body["BizId"]});
        let (_, details) = world.call(wire, "QuerySendDetails", &query, after(60));
        assert_eq!(details["TotalCount"], "1");
        let detail = &details["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0];
        let expected = json!({"PhoneNum": "13800138001", "SendStatus": 3, "ErrCode": "DELIVERED",
            "TemplateCode": "SMS_1", "Content": "【示例】您的验证码是2222。", "SendDate": "2023-09-13 22:34:54",
            "ReceiveDate": "2023-09-13 22:34:57", "OutId": "o-1"});
        assert_eq!(*detail, expected);
    }
}

#[test]
fn pages_hold_the_newest_first() {
    let mut world = World::new();
    for hour in 0..5 {
        let send = json!({"PhoneNumbers": "13800138000", "SignName": "示例", "TemplateCode": "SMS_1",
            "TemplateParam": format!("{{\"code\":\"000{hour}\"}}")});
        assert_eq!(world.code("SendSms", &send, after(hour * 1_800)).1, "OK");
    }
    // The fourth was sent as the day ended in China: 00:04:54 of the 14th.
    let mut page = |day: &str, size: &str, page: &str| {
        let query =
            json!({"PhoneNumber": "13800138000", "SendDate": day, "PageSize": size, "CurrentPage": page});
        let (_, body) = world.call(Wire::Acs3, "QuerySendDetails", &query, after(9_000));
        let found = body["SmsSendDetailDTOs"]["SmsSendDetailDTO"].as_array().unwrap().iter();
        let codes: Vec<String> = found
            .map(|detail| detail["Content"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect())
            .collect();
        (body["TotalCount"].as_str().unwrap().to_owned(), codes)
    };
    assert_eq!(page("20230913", "2", "1"), ("3".to_owned(), vec!["0002".to_owned(), "0001".to_owned()]));
    assert_eq!(page("20230913", "2", "2").1, ["0000"]);
    assert_eq!(page("20230914", "50", "1").1, ["0004", "0003"]);
    assert_eq!(page("20230915", "50", "1"), ("0".to_owned(), vec![]));
    for change in [json!({"PageSize": "51"}), json!({"PageSize": "0"}), json!({"CurrentPage": "0"})] {
        let mut query = json!({"PhoneNumber": "13800138000", "SendDate": "20230913", "PageSize": "1", "CurrentPage": "1"});
        query.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(world.code("QuerySendDetails", &query, START), (400, "InvalidParameter".to_owned()));
    }
}

#[test]
fn what_the_vendor_refuses_of_batches() {
    let numbers = |count: u64| {
        Value::from((0..count).map(|at| json!((13_800_000_000 + at).to_string())).collect::<Vec<_>>())
    };
    let texts = |text: Value, count: u64| Value::from((0..count).map(|_| text.clone()).collect::<Vec<_>>());
    for (count, signs, change, status, code) in [
        (100, 100, json!({}), 200, "OK"),
        (101, 101, json!({}), 200, "isv.MOBILE_COUNT_OVER_LIMIT"),
        (2, 1, json!({}), 200, "isv.INVALID_PARAMETERS"),
        (1, 1, json!({"PhoneNumberJson": "13800138000"}), 400, "InvalidParameter"),
        (1, 1, json!({"TemplateParamJson": "[1]"}), 200, "isv.INVALID_JSON_PARAM"),
        (1, 1, json!({"TemplateParamJson": "[{\"code\":1}]"}), 200, "isv.INVALID_JSON_PARAM"),
        (1, 1, json!({"SignNameJson": "[\"其他\"]"}), 200, "isv.SMS_SIGNATURE_ILLEGAL"),
        (1, 1, json!({"SmsUpExtendCodeJson": "[\"1\",\"2\"]"}), 200, "isv.INVALID_PARAMETERS"),
    ] {
        let mut params = json!({"PhoneNumberJson": numbers(count).to_string(), "TemplateCode": "SMS_1",
            "SignNameJson": texts(json!("示例"), signs).to_string(),
            "TemplateParamJson": texts(json!({"code": "1234"}), count).to_string()});
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let mut world = World::new();
        assert_eq!(world.code("SendBatchSms", &params, START), (status, code.to_owned()), "{change}");
        assert_eq!(world.0.inbox().count(), if code == "OK" { 100 } else { 0 });
    }
}

#[test]
fn wrong_secrets_and_used_nonces_are_refused_for_each_product() {
    for (kind, to) in [("aliyun_auth", MOBILE), ("aliyun_global", ABROAD), ("aliyun_mail", MAIL)] {
        for wire in ["acs3", "rpc"] {
            let mut world = World::new();
            let wrong = provider(kind, json!({"wire": wire, "access_key_secret": "sandbox-wrong"}));
            let expected = (Class::Account, "SignatureDoesNotMatch".to_owned());
            assert_eq!(refused(world.send(&*wrong, to, START)), expected);
            let right = provider(kind, json!({"wire": wire}));
            world.1 = 0;
            assert!(world.send(&*right, to, START).is_ok());
            world.1 = 0;
            let expected = (Class::Ambiguous, "SignatureNonceUsed".to_owned());
            assert_eq!(refused(world.send(&*right, to, after(60))), expected);
            assert_eq!(world.0.inbox().count(), 1);
        }
    }
}
