//! A pretend Alibaba Cloud and Tencent Cloud SMS: a pure function from a request to its reply.
//!
//! It behaves as the gateways do: signature, clock window, used nonces, parameters, flow control, codes, HTTP
//! statuses and the shapes of replies; and it has an inbox, and faults on demand. It takes only keys that begin
//! with `sandbox-`, which the real gateways refuse, and refuses those that look real.
//!
//! The inbox is one for SMS and mail. A mail's text is its subject, an empty line and its body; its sign is the
//! sender; where there is no template, the code in the text is its one variable.
//!
//! What it leaves out: XML replies. It pushes nothing by itself: [`Sandbox::receipt`] gives what a vendor would push.

mod aliyun;
mod fault;
mod flow;
#[cfg(feature = "gateway")]
mod gateway;
mod receipt;
mod settings;
mod tencent;
#[cfg(test)]
mod tests;

pub use fault::{Fault, Vendor};
pub use receipt::{Delivery, Push};

use crate::error::ConfigError;
use crate::http::{HttpCall, HttpReply};
use crate::mac::sha256;
use crate::time::{Millis, UnixMillis};
use core::fmt;
use fault::Faults;
use flow::FlowControl;
use receipt::Failed;
use serde_json::{Value, json};
use settings::Settings;
use std::collections::{BTreeMap, VecDeque};

/// Both pretend gateways, their inbox, and the faults to come.
///
/// `Debug` shows counts only.
pub struct Sandbox {
    settings: Settings,
    flow: FlowControl,
    nonces: BTreeMap<String, UnixMillis>,
    codes: aliyun::Codes,
    /// What callers named their SMS, by the vendor's id.
    out_ids: BTreeMap<String, String>,
    faults: Faults,
    inbox: VecDeque<Sms>,
    /// What Tencent's calls can ask for later.
    sent: tencent::Sent,
    failed: Failed,
    requests: u64,
}

/// What a client sees of a call: a reply, or a connection that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A reply.
    Reply(HttpReply),
    /// No reply: a time-out or a broken connection.
    Fault {
        /// Whether bytes of the request left.
        sent: bool,
    },
}

/// An SMS in the inbox; `Debug` shows neither number nor text.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// The number, E.164.
    pub to: String,
    /// Whose gateway took it in.
    pub vendor: Vendor,
    /// The sign name.
    pub sign: String,
    /// The template's code or id.
    pub template: String,
    /// The template's variables, by name or by place (`1`, `2`).
    pub params: Vec<(String, String)>,
    /// The whole text, with the sign in front.
    pub text: String,
    /// The message's id: BizId or SerialNo.
    pub message_id: String,
    /// When it was taken in.
    pub at: UnixMillis,
}

impl Sandbox {
    /// Reads the configuration; `{}` works.
    ///
    /// `{"aliyun": {"access_key_id", "access_key_secret", "security_token", "sign_names": [..], "senders": [..],
    /// "templates": {"SMS_1": "您的验证码是${code}。"}}, "tencent": {"secret_id", "secret_key", "session_token", "app_ids": [..],
    /// "sign_names": [..], "templates": {"1": "您的验证码是{1}。"}, "app_key",
    /// "mail_templates": {"1": "您的验证码是{{code}}。"}}, "gateway": {"key", "secret"}, "seed": 0}`. Unless set: ids `sandbox-id`,
    /// secrets `sandbox-secret`, sign `示例`, the templates `SMS_1` (code), `SMS_2` (code and minutes), `1` and
    /// `2` likewise, and the app `1400000000`; mails come from `no-reply@mail.example.com`, and codes that the vendor makes take the
    /// templates `100001` to `100003`, too.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option.
    pub fn new(config_json: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            settings: Settings::read(config_json)?,
            flow: FlowControl::default(),
            nonces: BTreeMap::new(),
            codes: aliyun::Codes::default(),
            out_ids: BTreeMap::new(),
            faults: Faults::default(),
            inbox: VecDeque::new(),
            sent: tencent::Sent::default(),
            failed: Failed::default(),
            requests: 0,
        })
    }

    /// Answers a call as the gateway that it is meant for would.
    ///
    /// A call in process has its host in the URL; a front end on a socket passes the `host` header it received.
    /// Calls to `/gateway/…` are for the declared gateways; Tencent's are known by their `x-tc-action` or `authorization`; all others are
    /// Alibaba Cloud's.
    pub fn handle(&mut self, call: &HttpCall, now: UnixMillis) -> Answer {
        self.requests += 1;
        let vendor = vendor_of(call);
        let fault = self.faults.take(vendor);
        if let Some(answer) = fault.and_then(|fault| fault.before(vendor, &self.request_id())) {
            return answer;
        }
        let reply = match vendor {
            Vendor::Aliyun => self.aliyun(call, now),
            Vendor::Tencent => self.tencent(call, now),
            #[cfg(feature = "gateway")]
            Vendor::Gateway => self.gateway(call, now),
        };
        match fault {
            Some(fault) => fault.after(reply),
            None => Answer::Reply(reply),
        }
    }

    /// Lets the next `times` calls of a vendor, or of any, fail in a certain way.
    pub fn fault(&mut self, vendor: Option<Vendor>, fault: Fault, times: u32) {
        self.faults.add(vendor, fault, times);
    }

    /// Forgets the faults that were asked for.
    pub fn clear_faults(&mut self) {
        self.faults = Faults::default();
    }

    /// Returns the SMS that were taken in, the oldest first; the last thousand are kept.
    pub fn inbox(&self) -> impl DoubleEndedIterator<Item = &Sms> {
        self.inbox.iter()
    }

    /// Returns the inbox as a JSON list of `{to, vendor, sign, template, params, text, message_id, at}`.
    #[must_use]
    pub fn inbox_json(&self) -> String {
        Value::Array(self.inbox.iter().map(Sms::json).collect()).to_string()
    }

    /// Empties the inbox; flow control and nonces stay.
    pub fn clear_inbox(&mut self) {
        self.inbox.clear();
    }

    /// Returns an id that looks like a UUID and depends on the seed and the count of calls only.
    fn request_id(&self) -> String {
        let hash = sha256(&[b"request", &self.settings.seed.to_be_bytes(), &self.requests.to_be_bytes()]);
        let hex = crate::mac::hex(&hash).to_ascii_uppercase();
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// Notes a nonce down; `false` if it was used within the time that a signature lives.
    fn fresh(&mut self, nonce: &str, now: UnixMillis) -> bool {
        self.nonces.retain(|_, seen| now.since(*seen) <= NONCE_LIFE);
        self.nonces.insert(nonce.to_owned(), now).is_none()
    }

    fn take_in(&mut self, sms: Sms) {
        if self.inbox.len() >= INBOX {
            self.inbox.pop_front();
        }
        self.inbox.push_back(sms);
    }
}

impl Sms {
    fn json(&self) -> Value {
        let params = self.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "to": self.to,
            "vendor": self.vendor.as_str(),
            "sign": self.sign,
            "template": self.template,
            "params": Value::Object(params),
            "text": self.text,
            "message_id": self.message_id,
            "at": self.at.0,
        })
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sandbox({} calls, {} SMS)", self.requests, self.inbox.len())
    }
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sms({}, {})", self.vendor.as_str(), self.template)
    }
}

/// Returns whose gateway a call is meant for.
fn vendor_of(call: &HttpCall) -> Vendor {
    #[cfg(feature = "gateway")]
    if gateway::is_for(call) {
        return Vendor::Gateway;
    }
    if tencent::is_for(call) { Vendor::Tencent } else { Vendor::Aliyun }
}

/// Returns a JSON reply; Tencent's SDK for Python looks for errors under exactly this content type.
fn reply(status: u16, body: &Value) -> HttpReply {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    HttpReply { status, headers, body: body.to_string().into_bytes() }
}

/// Returns the host that the client signed: the header if a front end passed it, else the URL's.
fn host(call: &HttpCall) -> &str {
    call.header("host").unwrap_or_else(|| call.host())
}

/// Returns the path of the URL, without the query.
fn path(call: &HttpCall) -> &str {
    let rest = call.url.split_once("://").map_or(call.url.as_str(), |(_, rest)| rest);
    let rest = rest.split('?').next().unwrap_or_default();
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
}

/// Reads a mainland number from what the vendors take: bare, or with `+86`, `0086` or `86` in front.
fn mainland(number: &str) -> Option<&str> {
    let bare = ["+86", "0086", "86"].iter().find_map(|prefix| number.strip_prefix(prefix)).unwrap_or(number);
    (bare.len() == 11 && bare.starts_with('1') && digits(bare)).then_some(bare)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

const INBOX: usize = 1_000;

/// Longer than a signature's window on both sides.
const NONCE_LIFE: Millis = Millis(31 * 60 * 1_000);
