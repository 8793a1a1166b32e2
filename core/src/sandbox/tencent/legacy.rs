//! The SMS and voice service before the cloud API, "v5".
//!
//! Source: Tencent's legacy SMS v5 pages and their table of results.

use super::{One, recipient};
use crate::http::{HttpCall, HttpReply, Method};
use crate::mac::same;
use crate::sandbox::receipt::Failed;
use crate::sandbox::{Sandbox, Sms, Vendor, digits, mainland, path, reply};
use crate::sign::encode::pairs;
use crate::sign::tencent_legacy;
use crate::time::UnixMillis;
use serde_json::{Map, Value, json};

/// A result that isn't 0, and words.
type Refusal = (u32, &'static str);

/// Sign, template, variables and the whole text.
type Words = (String, String, Vec<(String, String)>, String);

/// Tells whether a call is meant for the older service.
pub(super) fn is_for(call: &HttpCall) -> bool {
    path(call).starts_with("/v5/tls")
}

/// A call whose signature was right.
struct Asked {
    name: &'static str,
    app_id: String,
    body: Map<String, Value>,
    tels: Vec<Tel>,
}

struct Tel {
    nation: String,
    mobile: String,
}

impl Sandbox {
    pub(super) fn tencent_legacy(&mut self, call: &HttpCall, now: UnixMillis) -> HttpReply {
        let answer = self.legacy_claim(call, now).and_then(|asked| match asked.name {
            "pullstatus" => self.legacy_pull(&asked),
            "pullstatus4mobile" => self.legacy_pull_number(&asked),
            "sendmultisms2" => self.legacy_many(&asked, now),
            _ => self.legacy_one(&asked, now),
        });
        let body =
            answer.unwrap_or_else(|(result, words)| json!({"result": result, "errmsg": words, "ext": ""}));
        reply(200, &body)
    }

    fn legacy_claim(&self, call: &HttpCall, now: UnixMillis) -> Result<Asked, Refusal> {
        let name = NAMES.iter().find(|(known, _)| path(call) == *known).map(|(_, name)| *name);
        let name = name.filter(|_| call.method == Method::Post).ok_or((1011, "no such api"))?;
        let query = pairs(call.query());
        let find = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let app_id = find("sdkappid").filter(|id| self.settings.app_ids.contains(id));
        let app_id = app_id.ok_or((1019, "sdkappid not exists"))?;
        let random = find("random").ok_or((1004, "package format error, random is missing"))?;
        let Ok(Value::Object(body)) = serde_json::from_slice(&call.body) else {
            return Err((1004, "package format error, the body is no JSON object"));
        };
        let sig = body.get("sig").and_then(Value::as_str).ok_or((1003, "sig field missing"))?;
        let time = body
            .get("time")
            .and_then(Value::as_u64)
            .ok_or((1004, "package format error, time is missing"))?;
        if now.seconds().abs_diff(time) > 600 {
            return Err((1021, "request time exceeds 10 minutes"));
        }
        let tels = tels(body.get("tel"))?;
        let mobiles: Vec<&str> = tels.iter().map(|tel| tel.mobile.as_str()).collect();
        let computed = tencent_legacy::sign(&self.settings.app_key, &random, time, &mobiles);
        if !same(sig.as_bytes(), computed.signature.as_bytes()) {
            return Err((1001, "sig check failed"));
        }
        Ok(Asked { name, app_id, tels, body })
    }

    fn legacy_one(&mut self, asked: &Asked, now: UnixMillis) -> Result<Value, Refusal> {
        let [tel] = asked.tels.as_slice() else { return Err((1004, "package format error, tel is missing")) };
        let id = self.legacy_number(asked, tel, 0, now)?;
        let ext = asked.body.get("ext").cloned().unwrap_or_else(|| json!(""));
        let named = if asked.name == "sendsms" { "sid" } else { "callid" };
        let mut answer = json!({"result": 0, "errmsg": "OK", "ext": ext, "fee": 1});
        if let Value::Object(members) = &mut answer {
            members.insert(named.to_owned(), json!(id));
        }
        Ok(answer)
    }

    fn legacy_many(&mut self, asked: &Asked, now: UnixMillis) -> Result<Value, Refusal> {
        if asked.tels.len() > 200 {
            return Err((1046, "more than 200 numbers"));
        }
        let home = asked.tels.iter().filter(|tel| tel.nation == "86").count();
        if asked.tels.is_empty() || (home != 0 && home != asked.tels.len()) {
            return Err((1034, "numbers of the mainland and of elsewhere are mixed"));
        }
        let mut detail = Vec::new();
        for (index, tel) in asked.tels.iter().enumerate() {
            let taken = self.legacy_number(asked, tel, index, now);
            let (result, words, sid, fee) = match &taken {
                Ok(sid) => (0, "OK", sid.as_str(), 1),
                Err((result, words)) => (*result, *words, "", 0),
            };
            detail.push(
                json!({"result": result, "errmsg": words, "nationcode": tel.nation, "mobile": tel.mobile,
                               "sid": sid, "fee": fee}),
            );
        }
        let ext = asked.body.get("ext").cloned().unwrap_or_else(|| json!(""));
        Ok(json!({"result": 0, "errmsg": "OK", "ext": ext, "detail": detail}))
    }

    fn legacy_number(
        &mut self,
        asked: &Asked,
        tel: &Tel,
        index: usize,
        now: UnixMillis,
    ) -> Result<String, Refusal> {
        let to = recipient(&["+", &tel.nation, &tel.mobile].concat())
            .ok_or((1016, "phone number format error"))?;
        let (sign, template, params, text) = self.legacy_text(asked)?;
        let bare = mainland(&to).map(str::to_owned);
        if let Some(bare) = &bare {
            if let Some(tier) = self.flow.check(Vendor::Tencent, &sign, bare, now) {
                let known = TIERS.iter().find(|(code, ..)| *code == tier.code);
                return Err(known.map_or((1013, "frequency limit"), |(_, result, words)| (*result, *words)));
            }
            self.flow.count(Vendor::Tencent, &sign, bare, now);
        }
        let serial = self.serial_no(index);
        let context = asked.body.get("ext").and_then(Value::as_str).unwrap_or_default().to_owned();
        let app_id = asked.app_id.clone();
        let voice = !["sendsms", "sendmultisms2"].contains(&asked.name);
        self.sent.note(One {
            kind: if voice { "" } else { "tencent_legacy" },
            app_id,
            to: to.clone(),
            serial: serial.clone(),
            context,
            at: now,
            taken: true,
            pulled: false,
        });
        let (vendor, message_id) = (Vendor::Tencent, serial.clone());
        self.take_in(Sms { to, vendor, sign, template, params, text, message_id, at: now });
        Ok(serial)
    }

    /// Returns what the call says.
    fn legacy_text(&self, asked: &Asked) -> Result<Words, Refusal> {
        let field = |name: &str| asked.body.get(name).and_then(Value::as_str).unwrap_or_default();
        if asked.body.get("playtimes").is_some_and(|times| !matches!(times.as_u64(), Some(1..=3))) {
            return Err((1004, "package format error, playtimes must be 1 to 3"));
        }
        match asked.name {
            "sendcvoice" if digits(field("msg")) => {
                let params = vec![("1".to_owned(), field("msg").to_owned())];
                return Ok((String::new(), String::new(), params, field("msg").to_owned()));
            }
            "sendcvoice" => return Err((1004, "package format error, msg must be digits")),
            "sendvoiceprompt" | "sendfvoice" => {
                let name = if asked.name == "sendfvoice" { "fid" } else { "promptfile" };
                let text = field(name).to_owned();
                return if text.is_empty() {
                    Err((1004, "package format error"))
                } else {
                    Ok((String::new(), String::new(), Vec::new(), text))
                };
            }
            _ => {}
        }
        let account = &self.settings.tencent;
        let Some(template) = asked.body.get("tpl_id") else { return self.legacy_words(field("msg")) };
        let voice = asked.name == "sendtvoice";
        let own = account.signs.first().map(String::as_str).unwrap_or_default();
        let sign = if field("sign").is_empty() { own } else { field("sign") };
        if !voice && !account.signs.iter().any(|known| known == sign) {
            return Err((1012, "sign format error or not approved"));
        }
        let template =
            template.as_u64().ok_or((1004, "package format error, tpl_id must be a number"))?.to_string();
        let text = account.template(&template).ok_or((1014, "template not approved or content differs"))?;
        let params: Option<Vec<String>> = match asked.body.get("params") {
            None => Some(Vec::new()),
            Some(params) => params
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .map(|it| it.as_str().map(str::to_owned))
                .collect(),
        };
        let params = params.ok_or((1004, "package format error, params must be texts"))?;
        let text = super::fill(text, &params).map_err(|(code, _)| match code.as_str() {
            "InvalidParameterValue.TemplateParameterLengthLimit" => {
                (1036, "a template parameter is too long")
            }
            "InvalidParameterValue.TemplateParameterFormatError" => {
                (1038, "a code template takes 0 to 6 digits")
            }
            _ => (1014, "template not approved or content differs"),
        })?;
        let sign = if voice { String::new() } else { sign.to_owned() };
        let whole = if voice { text } else { format!("【{sign}】{text}") };
        let named = params.into_iter().enumerate().map(|(index, value)| ((index + 1).to_string(), value));
        Ok((sign, template, named.collect(), whole))
    }

    /// Finds the approved template that a whole text is made by.
    fn legacy_words(&self, msg: &str) -> Result<Words, Refusal> {
        let inside = msg.strip_prefix('【').and_then(|rest| rest.split_once('】'));
        let (sign, rest) = inside.ok_or((1012, "sign format error or not approved"))?;
        if !self.settings.tencent.signs.iter().any(|known| known == sign) {
            return Err((1012, "sign format error or not approved"));
        }
        let found = self.settings.tencent.templates().find_map(|(id, text)| Some((id, values(text, rest)?)));
        let (id, values) = found.ok_or((1014, "template not approved or content differs"))?;
        if !values.iter().all(|value| value.len() <= 6 && digits(value)) {
            return Err((1038, "a code template takes 0 to 6 digits"));
        }
        let named = values.into_iter().enumerate().map(|(index, value)| ((index + 1).to_string(), value));
        Ok((sign.to_owned(), id.to_owned(), named.collect(), msg.to_owned()))
    }

    fn legacy_pull(&mut self, asked: &Asked) -> Result<Value, Refusal> {
        let (replies, max) = pulled(asked)?;
        let found = if replies { Vec::new() } else { self.sent.pull(&asked.app_id, max) };
        Ok(statuses(&self.failed, found.into_iter()))
    }

    fn legacy_pull_number(&self, asked: &Asked) -> Result<Value, Refusal> {
        let (replies, max) = pulled(asked)?;
        let number =
            |name: &str| asked.body.get(name).and_then(Value::as_u64).ok_or((1004, "package format error"));
        let text =
            |name: &str| asked.body.get(name).and_then(Value::as_str).ok_or((1004, "package format error"));
        let (begin, end) = (number("begin_time")?, number("end_time")?);
        let to = recipient(&["+", text("nationcode")?, text("mobile")?].concat())
            .ok_or((1016, "phone number format error"))?;
        let most = if replies { 0 } else { max };
        Ok(statuses(&self.failed, self.sent.of(&asked.app_id, &to, begin, end).take(most)))
    }
}

fn tels(tel: Option<&Value>) -> Result<Vec<Tel>, Refusal> {
    let one = |tel: &Value| {
        let text = |name: &str| tel.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Tel { nation: text("nationcode")?, mobile: text("mobile")? })
    };
    let read: Option<Vec<Tel>> = match tel {
        None => Some(Vec::new()),
        Some(Value::Array(many)) => many.iter().map(one).collect(),
        Some(tel) => one(tel).map(|tel| vec![tel]),
    };
    read.ok_or((1004, "package format error, tel is malformed"))
}

/// Reads whether replies are pulled instead of receipts, and how many.
fn pulled(asked: &Asked) -> Result<(bool, usize), Refusal> {
    let number =
        |name: &str| asked.body.get(name).and_then(Value::as_u64).ok_or((1004, "package format error"));
    let max = usize::try_from(number("max")?).ok().filter(|max| (1..=100).contains(max));
    Ok((number("type")? == 1, max.ok_or((1004, "package format error, max must be 1 to 100"))?))
}

fn statuses<'a>(failed: &Failed, found: impl Iterator<Item = &'a One>) -> Value {
    let data: Vec<Value> = found.map(|one| one.report(failed.has(&one.serial, &one.to))).collect();
    json!({"result": 0, "errmsg": "", "count": data.len(), "data": data})
}

/// Returns what stands in a template's places `{1}`, `{2}` … if a text is made by it.
fn values(template: &str, text: &str) -> Option<Vec<String>> {
    let (mut template, mut text, mut out) = (template, text, Vec::new());
    while let Some((before, after)) = template.split_once(&format!("{{{}}}", out.len() + 1)) {
        text = text.strip_prefix(before)?;
        let fixed = after.split('{').next().unwrap_or_default();
        let at = if fixed.is_empty() { text.len() } else { text.find(fixed)? };
        let (value, rest) = text.split_at_checked(at)?;
        out.push(value.to_owned());
        (template, text) = (after, rest);
    }
    (template == text).then_some(out)
}

const NAMES: &[(&str, &str)] = &[
    ("/v5/tlssmssvr/sendsms", "sendsms"),
    ("/v5/tlssmssvr/sendmultisms2", "sendmultisms2"),
    ("/v5/tlssmssvr/pullstatus", "pullstatus"),
    ("/v5/tlssmssvr/pullstatus4mobile", "pullstatus4mobile"),
    ("/v5/tlsvoicesvr/sendcvoice", "sendcvoice"),
    ("/v5/tlsvoicesvr/sendvoiceprompt", "sendvoiceprompt"),
    ("/v5/tlsvoicesvr/sendtvoice", "sendtvoice"),
    ("/v5/tlsvoicesvr/sendfvoice", "sendfvoice"),
];

/// The cloud's codes of flow control, and what this service says instead.
const TIERS: &[(&str, u32, &str)] = &[
    ("LimitExceeded.PhoneNumberThirtySecondLimit", 1023, "too many messages to the number within 30 seconds"),
    ("LimitExceeded.DeliveryFrequencyLimit", 1013, "frequency limit"),
    ("LimitExceeded.PhoneNumberOneHourLimit", 1024, "too many messages to the number within an hour"),
    ("LimitExceeded.PhoneNumberDailyLimit", 1025, "too many messages to the number within a day"),
];
