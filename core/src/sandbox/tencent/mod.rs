//! The pretend Tencent: SMS 2021-01-11 and mail 2020-10-02 of the cloud, and the SMS service "v5" before it.

mod claim;
mod legacy;
mod mail;
mod sms;

use super::{Sandbox, Sms, digits, host, mainland, reply};
use crate::http::{HttpCall, HttpReply};
use crate::sign::tencent_tc3;
use crate::time::{Millis, UnixMillis};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// A refusal of the call as a whole: code and words.
type Refusal = (String, String);

/// A call whose signature was right.
struct Asked {
    api: &'static str,
    action: String,
    params: Map<String, Value>,
    /// Whether every value came as text, as in a query.
    texts: bool,
}

/// What was sent, for the calls that ask.
#[derive(Default)]
pub(super) struct Sent(VecDeque<One>);

/// One number's part of a send.
struct One {
    /// The provider's kind, as receipts have it; empty for what nobody pushes: voice.
    kind: &'static str,
    app_id: String,
    to: String,
    serial: String,
    context: String,
    at: UnixMillis,
    taken: bool,
    /// Whether its status was pulled: each can be pulled once.
    pulled: bool,
}

/// Tells whether a call is meant for Tencent.
pub(super) fn is_for(call: &HttpCall) -> bool {
    call.header("x-tc-action").is_some()
        || call.header("authorization").is_some_and(|text| text.starts_with(tencent_tc3::ALGORITHM))
        || host(call).ends_with(".tencentcloudapi.com")
        || legacy::is_for(call)
        || claim::is_v1(call)
}

impl Sandbox {
    pub(super) fn tencent(&mut self, call: &HttpCall, now: UnixMillis) -> HttpReply {
        if legacy::is_for(call) {
            return self.tencent_legacy(call, now);
        }
        let request_id = self.request_id().to_ascii_lowercase();
        let answer =
            self.tencent_claim(call, now).and_then(|asked| match (asked.api, asked.action.as_str()) {
                ("sms", "SendSms") => self.tencent_send(&asked, now),
                ("sms", "PullSmsSendStatus") => self.tencent_pull(&asked),
                ("sms", "PullSmsSendStatusByPhoneNumber") => self.tencent_pull_number(&asked, now),
                ("sms", "SendStatusStatistics") => self.tencent_statistics(&asked),
                ("ses", "SendEmail") => self.tencent_mail(&asked, now),
                _ => Err(refusal(
                    "InvalidAction",
                    "The action does not exist, or the sandbox does not pretend it.",
                )),
            });
        let response = match answer {
            Ok(mut members) => {
                members.insert("RequestId".to_owned(), json!(request_id));
                Value::Object(members)
            }
            Err((code, message)) => {
                json!({"Error": {"Code": code, "Message": message}, "RequestId": request_id})
            }
        };
        reply(200, &json!({"Response": response}))
    }

    /// Writes the entry of a push; only SMS have one.
    pub(super) fn tencent_report(&self, sms: &Sms, failed: bool) -> Option<(&'static str, Value)> {
        let one = self.sent.0.iter().rev().find(|one| one.serial == sms.message_id && one.to == sms.to)?;
        Some((one.kind, one.report(failed))).filter(|(kind, _)| !kind.is_empty())
    }

    /// Makes an id that depends on the seed, the count of calls and `index` only.
    fn serial_no(&self, index: usize) -> String {
        let (seed, requests) = (self.settings.seed.to_be_bytes(), self.requests.to_be_bytes());
        let id = crate::mac::sha256(&[b"serial", &seed, &requests, &index.to_string().into_bytes()]);
        let id = id.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        format!("2640:{id:020}")
    }
}

impl Sent {
    fn note(&mut self, one: One) {
        if self.0.len() >= 10_000 {
            self.0.pop_front();
        }
        self.0.push_back(one);
    }

    /// Takes statuses of an app that nobody pulled yet.
    fn pull(&mut self, app_id: &str, most: usize) -> Vec<&One> {
        let waiting = self.0.iter_mut().filter(|one| one.taken && !one.pulled && one.app_id == app_id);
        waiting.take(most).map(One::pull).collect()
    }

    /// Finds what went to a number within these seconds, both included.
    fn of<'a>(
        &'a self,
        app_id: &'a str,
        to: &'a str,
        from: u64,
        until: u64,
    ) -> impl Iterator<Item = &'a One> {
        let within = move |one: &&One| (from..=until).contains(&one.at.seconds());
        self.0.iter().filter(move |one| one.taken && one.app_id == app_id && one.to == to).filter(within)
    }
}

impl One {
    fn pull(&mut self) -> &Self {
        self.pulled = true;
        self
    }

    /// Writes the status as it is pushed, and as the older service has it pulled.
    fn report(&self, failed: bool) -> Value {
        let (nation, mobile) = self.parts();
        let State { status, code, words } = state(failed);
        json!({"user_receive_time": china(self.at.plus(ON_ITS_WAY)), "nationcode": nation, "mobile": mobile,
               "report_status": status, "errmsg": code, "description": words, "sid": self.serial})
    }

    /// Returns calling code and national number; of a foreign number all digits count as national.
    fn parts(&self) -> (&str, &str) {
        match self.to.strip_prefix("+86") {
            Some(national) => ("86", national),
            None => ("", self.to.trim_start_matches('+')),
        }
    }
}

impl Asked {
    /// Refuses parameters that the action doesn't have.
    fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.params.keys().find(|name| !known.contains(&name.as_str())) {
            Some(stray) => {
                Err(refusal("UnknownParameter", &format!("The parameter `{stray}` is not recognized.")))
            }
            None => Ok(()),
        }
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.params.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong_type(name)),
        }
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        match self.params.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if self.texts => text.parse().map(Some).map_err(|_| wrong_type(name)),
            Some(Value::Number(number)) if !self.texts => {
                number.as_u64().map(Some).ok_or_else(|| wrong_type(name))
            }
            Some(_) => Err(wrong_type(name)),
        }
    }

    fn need_number(&self, name: &str) -> Result<u64, Refusal> {
        self.number(name)?.ok_or_else(|| missing(name))
    }

    fn list(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let text = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name));
        match self.params.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(text).collect(),
            Some(_) => Err(wrong_type(name)),
        }
    }
}

/// A delivery state in the service's words.
struct State {
    status: &'static str,
    code: &'static str,
    words: &'static str,
}

/// Source: cloud.tencent.com, the push of delivery states and its table of codes.
fn state(failed: bool) -> State {
    match failed {
        true => State { status: "FAIL", code: "002", words: "关机、停机或无服务" },
        false => State { status: "SUCCESS", code: "DELIVRD", words: "用户短信送达成功" },
    }
}

/// From the service to the handset.
const ON_ITS_WAY: Millis = Millis(1_000);

fn missing(name: &str) -> Refusal {
    refusal("MissingParameter", &format!("The request is missing the parameter `{name}`."))
}

fn wrong_type(name: &str) -> Refusal {
    refusal("InvalidParameter", &format!("The parameter `{name}` has the wrong type."))
}

fn refusal(code: &str, message: &str) -> Refusal {
    (code.to_owned(), message.to_owned())
}

/// Returns a time of China as the service writes it, `2015-10-17 08:03:04`.
fn china(at: UnixMillis) -> String {
    let text = at.plus(Millis(8 * 3_600_000)).civil().to_string();
    text.trim_end_matches('Z').replace('T', " ")
}

/// Returns a number in E.164, if the vendor would take it.
fn recipient(number: &str) -> Option<String> {
    if let Some(bare) = mainland(number) {
        return Some(format!("+86{bare}"));
    }
    let foreign = number.strip_prefix('+')?;
    let good = (7..=15).contains(&foreign.len()) && digits(foreign) && !foreign.starts_with(['0']);
    (good && !foreign.starts_with("86")).then(|| number.to_owned())
}

/// Fills a template `…{1}…{2}…`; a code template's variables have up to 6 digits.
fn fill(template: &str, values: &[String]) -> Result<String, Refusal> {
    let mut text = template.to_owned();
    let mut places = 0;
    while template.contains(&format!("{{{}}}", places + 1)) {
        places += 1;
    }
    if places != values.len() {
        let code = "FailedOperation.TemplateParamSetNotMatchApprovedTemplate";
        return Err(refusal(code, "The number of parameters differs from the template's."));
    }
    for (index, value) in values.iter().enumerate() {
        if value.len() > 6 {
            let code = "InvalidParameterValue.TemplateParameterLengthLimit";
            return Err(refusal(code, "A template parameter is too long."));
        }
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            let code = "InvalidParameterValue.TemplateParameterFormatError";
            return Err(refusal(code, "A code template takes up to 6 digits only."));
        }
        text = text.replace(&format!("{{{}}}", index + 1), value);
    }
    Ok(text)
}
