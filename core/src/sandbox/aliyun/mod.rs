//! The pretend gateway of Alibaba Cloud, and what it leads to.
//!
//! It takes both signatures, and a parameter from the query or the form body, wherever the caller put it.

mod auth;
mod global;
mod mail;
mod sms;
#[cfg(test)]
mod tests;

pub(super) use auth::Codes;

use super::{Sandbox, digits, host, mainland, path, reply};
use crate::http::{HttpCall, HttpReply};
use crate::mac::{hex, same, sha256};
use crate::sign::encode::{canonical, pairs};
use crate::sign::{Signed, aliyun_acs3, aliyun_rpc};
use crate::time::UnixMillis;
use serde_json::{Value, json};

/// A refusal: HTTP status, code, words. Status 200 is the API's, all others are the gateway's.
type Refusal = (u16, String, String);

/// A call whose signature held.
struct Request {
    action: String,
    version: String,
    params: Vec<(String, String)>,
}

impl Request {
    /// Returns a parameter that isn't empty.
    fn find(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.find(name).ok_or_else(|| missing(name))
    }

    /// Returns a whole number within a range, if it is there.
    fn number(&self, name: &str, range: core::ops::RangeInclusive<u64>) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.find(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| digits(text) && range.contains(number));
        number.map(Some).ok_or_else(|| invalid(name))
    }
}

/// An action: its name and version, what answers, and how its own refusals are written.
struct Api {
    action: &'static str,
    version: &'static str,
    answer: fn(&mut Sandbox, &Request, UnixMillis) -> Result<Value, Refusal>,
    fields: (&'static str, &'static str),
    /// Whether a refusal says `Success`, too.
    success: bool,
}

/// Returns the action that is asked for.
fn api(request: &Request) -> Result<&'static Api, Refusal> {
    let named = |api: &&Api| api.action == request.action;
    if !APIS.iter().any(|api| named(&api)) {
        let message = "Specified api is not found, please check your url and method.";
        return Err((404, "InvalidAction.NotFound".into(), message.into()));
    }
    let found = APIS.iter().filter(named).find(|api| api.version == request.version);
    found.ok_or_else(|| (400, "InvalidVersion".into(), "Specified parameter Version is not valid.".into()))
}

const APIS: &[Api] = &[
    Api { action: "SendSms", answer: Sandbox::send_sms, ..SMS },
    Api { action: "SendBatchSms", answer: Sandbox::send_batch_sms, ..SMS },
    Api { action: "QuerySendDetails", answer: Sandbox::query_send_details, ..SMS },
    Api { action: "SendSmsVerifyCode", answer: Sandbox::send_verify_code, success: true, ..SMS },
    Api { action: "CheckSmsVerifyCode", answer: Sandbox::check_verify_code, success: true, ..SMS },
    Api { action: "SendMessageToGlobe", answer: Sandbox::send_to_globe, ..GLOBE },
    Api { action: "BatchSendMessageToGlobe", answer: Sandbox::batch_send_to_globe, ..GLOBE },
    Api { action: "SingleSendMail", version: "2015-11-23", answer: Sandbox::single_send_mail, ..SMS },
];

const SMS: Api = Api {
    action: "",
    version: "2017-05-25",
    answer: Sandbox::send_sms,
    fields: ("Code", "Message"),
    success: false,
};
const GLOBE: Api = Api { version: "2018-05-01", fields: ("ResponseCode", "ResponseDescription"), ..SMS };

/// What the caller claims, whichever wire it came by.
struct Claim<'a> {
    id: &'a str,
    token: Option<&'a str>,
    time: &'a str,
    nonce: &'a str,
    signature: &'a str,
}

impl Sandbox {
    pub(super) fn aliyun(&mut self, call: &HttpCall, now: UnixMillis) -> HttpReply {
        let request_id = self.request_id();
        let asked = self.aliyun_request(call, now).and_then(|request| Ok((api(&request)?, request)));
        let (api, request) = match asked {
            Ok(asked) => asked,
            Err((status, code, message)) => return refusal(status, &code, &message, &request_id),
        };
        match (api.answer)(self, &request, now) {
            Ok(body) => reply(200, &with(body, "RequestId", json!(request_id))),
            Err((200, code, message)) => {
                let (code_field, message_field) = api.fields;
                let body = json!({"RequestId": request_id, code_field: code, message_field: message});
                let body = if api.success { with(body, "Success", json!(false)) } else { body };
                reply(200, &body)
            }
            Err((status, code, message)) => refusal(status, &code, &message, &request_id),
        }
    }

    /// Checks who calls, as the gateway does, before anybody looks at what is asked.
    fn aliyun_request(&mut self, call: &HttpCall, now: UnixMillis) -> Result<Request, Refusal> {
        let mut params = pairs(call.query());
        if call
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
        {
            params.extend(pairs(&String::from_utf8_lossy(&call.body)));
        }
        // The official SDKs send `x-acs-*` headers with RPC calls too, so these tell nothing.
        let rpc = params.iter().any(|(name, _)| name == "AccessKeyId" || name == "Signature");
        let v3 = call.header("authorization").is_some() || !rpc;
        if v3 { self.acs3(call, params, now) } else { self.rpc(call, params, now) }
    }

    fn acs3(
        &mut self,
        call: &HttpCall,
        params: Vec<(String, String)>,
        now: UnixMillis,
    ) -> Result<Request, Refusal> {
        let header = |name: &str| call.header(name).ok_or_else(|| missing(name));
        let authorization = header("authorization")?;
        let (id, names, signature) = credential(authorization).ok_or_else(incomplete)?;
        let mut headers = Vec::new();
        for name in names.split(';') {
            let value = if name == "host" { Some(host(call)) } else { call.header(name) };
            headers.push((name, value.ok_or_else(incomplete)?));
        }
        headers.sort_unstable();
        let signed = |name: &str| headers.iter().any(|(key, _)| *key == name);
        let loose = |name: &str| name.starts_with("x-acs-") && !signed(name);
        if !signed("host") || call.headers.iter().any(|(name, _)| loose(&name.to_ascii_lowercase())) {
            return Err(incomplete());
        }
        let query: Vec<(String, String)> = pairs(call.query());
        let query: Vec<(&str, &str)> =
            query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let hash = hex(&sha256(&[&call.body]));
        let claim = Claim {
            id,
            token: call.header("x-acs-security-token"),
            time: header("x-acs-date")?,
            nonce: header("x-acs-signature-nonce")?,
            signature,
        };
        let stated = header("x-acs-content-sha256")?.to_owned();
        let secret = &self.settings.aliyun.credentials.secret;
        let computed =
            aliyun_acs3::sign(secret, call.method, path(call), &canonical(&query), &headers, &hash);
        self.aliyun_claim(&claim, &computed, now, stated == hash)?;
        let (action, version) = (header("x-acs-action")?.to_owned(), header("x-acs-version")?.to_owned());
        Ok(Request { action, version, params })
    }

    fn rpc(
        &mut self,
        call: &HttpCall,
        params: Vec<(String, String)>,
        now: UnixMillis,
    ) -> Result<Request, Refusal> {
        let find = |name: &str| params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let need = |name: &str| find(name).ok_or_else(|| missing(name));
        let (action, version) = (need("Action")?, need("Version")?);
        if need("SignatureMethod")? != "HMAC-SHA1" || need("SignatureVersion")? != "1.0" {
            let message = "Specified signature method is not supported.";
            return Err((400, "InvalidSignatureMethod".into(), message.into()));
        }
        let claim = Claim {
            id: need("AccessKeyId")?,
            token: find("SecurityToken"),
            time: need("Timestamp")?,
            nonce: need("SignatureNonce")?,
            signature: need("Signature")?,
        };
        let signed = params.iter().filter(|(name, _)| name != "Signature");
        let mut signed: Vec<(&str, &str)> =
            signed.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let secret = &self.settings.aliyun.credentials.secret;
        let (computed, _) = aliyun_rpc::sign(secret, call.method, &mut signed);
        self.aliyun_claim(&claim, &computed, now, true)?;
        let (action, version) = (action.to_owned(), version.to_owned());
        Ok(Request { action, version, params })
    }

    fn aliyun_claim(
        &mut self,
        claim: &Claim<'_>,
        computed: &Signed,
        now: UnixMillis,
        whole: bool,
    ) -> Result<(), Refusal> {
        let refuse =
            |status: u16, code: &str, message: &str| Err((status, code.to_owned(), message.to_owned()));
        let known = &self.settings.aliyun.credentials;
        if ["LTAI", "STS.", "TMP."].iter().any(|start| claim.id.starts_with(start)) {
            let message = "This is the sandbox, and the access key looks like a real one; use one that begins with `sandbox-`.";
            return refuse(404, "InvalidAccessKeyId.NotFound", message);
        }
        if claim.id != known.id {
            return refuse(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
        }
        let Some(time) = instant(claim.time) else {
            return refuse(
                400,
                "InvalidTimeStamp.Format",
                "Specified time stamp or date value is not well formatted.",
            );
        };
        if now.seconds().abs_diff(time) > WINDOW {
            return refuse(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
        }
        match (claim.token, &known.token) {
            (None, Some(_)) => {
                return refuse(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.");
            }
            (Some(token), Some(own)) if same(token.as_bytes(), own.expose().as_bytes()) => {}
            (Some(_), _) => {
                return refuse(
                    400,
                    "InvalidSecurityToken.Malformed",
                    "The specified security token is malformed.",
                );
            }
            (None, None) => {}
        }
        if !whole || !same(claim.signature.as_bytes(), computed.signature.as_bytes()) {
            // The real gateway repeats the request, number and code included, and so does this one.
            let message = if computed.canonical_request.is_empty() {
                format!(
                    "Specified signature is not matched with our calculation. server string to sign is:{}",
                    computed.string_to_sign
                )
            } else {
                format!(
                    "Specified signature does not match our calculation. server StringToSign is [{}] server CanonicalRequest is [{}]",
                    computed.string_to_sign, computed.canonical_request
                )
            };
            return refuse(400, "SignatureDoesNotMatch", &message);
        }
        if claim.nonce.is_empty() {
            return Err(missing("SignatureNonce"));
        }
        if !self.fresh(claim.nonce, now) {
            return refuse(400, "SignatureNonceUsed", "Specified signature nonce was used already.");
        }
        Ok(())
    }

    fn biz_id(&self) -> String {
        format!("{:018}^0", self.serial("biz") % 1_000_000_000_000_000_000)
    }

    /// Returns a number that depends on the seed, the count of calls and what it is for only.
    fn serial(&self, label: &str) -> u64 {
        let (seed, calls) = (self.settings.seed.to_be_bytes(), self.requests.to_be_bytes());
        sha256(&[label.as_bytes(), &seed, &calls]).first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

/// Adds a member to an object.
fn with(mut body: Value, name: &str, value: Value) -> Value {
    if let Value::Object(body) = &mut body {
        body.insert(name.to_owned(), value);
    }
    body
}

/// Returns a refusal in the gateway's own shape.
pub(super) fn refusal(status: u16, code: &str, message: &str, request_id: &str) -> HttpReply {
    let body = json!({
        "RequestId": request_id,
        "Message": message,
        "Recommend": "https://error-center.aliyun.com/",
        "HostId": "dysmsapi.aliyuncs.com",
        "Code": code,
    });
    reply(status, &body)
}

fn isv(code: &str, message: &str) -> Refusal {
    (200, format!("isv.{code}"), message.to_owned())
}

fn invalid(name: &str) -> Refusal {
    (400, "InvalidParameter".into(), format!("The specified parameter {name} is not valid."))
}

fn missing(name: &str) -> Refusal {
    let name = match name {
        "authorization" => "Authorization",
        "x-acs-action" => "Action",
        "x-acs-version" => "Version",
        "x-acs-date" => "Timestamp",
        "x-acs-signature-nonce" => "SignatureNonce",
        name => name,
    };
    (400, format!("Missing{name}"), format!("{name} is mandatory for this action."))
}

fn incomplete() -> Refusal {
    let message = "The request signature does not conform to Aliyun standards.";
    (400, "IncompleteSignature".into(), message.into())
}

/// Reads an `authorization` header: id, signed headers, signature.
fn credential(header: &str) -> Option<(&str, &str, &str)> {
    let rest = header.strip_prefix(aliyun_acs3::ALGORITHM)?.trim_start();
    let part =
        |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    Some((part("Credential")?, part("SignedHeaders")?, part("Signature")?))
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ` as Unix seconds.
fn instant(text: &str) -> Option<u64> {
    let field = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        super::digits(digits).then(|| digits.parse::<u64>().ok()).flatten()
    };
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days before the year's March, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 1;
    let seconds = days.checked_sub(719_468)? * 86_400 + hour * 3_600 + minute * 60 + second;
    // Back to text: whatever isn't the one right way to write it differs.
    (UnixMillis(seconds * 1_000).civil().to_string() == text).then_some(seconds)
}

/// Returns a number in E.164, if the vendor would take it.
fn recipient(number: &str) -> Option<String> {
    if let Some(bare) = mainland(number) {
        return Some(format!("+86{bare}"));
    }
    let foreign = (7..=15).contains(&number.len()) && digits(number) && !number.starts_with(['0', '1']);
    // North America's calling code is 1, so a number there has 11 digits and its second is no 0 or 1.
    let american = number.len() == 11 && digits(number) && number.starts_with('1');
    ((foreign && !number.starts_with("86")) || american).then(|| format!("+{number}"))
}

/// Reads a JSON array of values of one kind.
fn list<T>(text: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    let value: Value = serde_json::from_str(text).ok()?;
    value.as_array()?.iter().map(read).collect()
}

/// 15 minutes either way, in seconds.
const WINDOW: u64 = 15 * 60;
