//! The pretend gateway of Alibaba Cloud and its SendSms, 2017-05-25.

use super::{Sandbox, Sms, Vendor, digits, host, mainland, path, reply};
use crate::http::{HttpCall, HttpReply};
use crate::mac::{hex, same, sha256};
use crate::sign::encode::{canonical, pairs};
use crate::sign::{Signed, aliyun_acs3, aliyun_rpc};
use crate::time::UnixMillis;
use serde_json::{Map, Value, json};

/// A refusal: HTTP status, code, words. Status 200 is the API's, all others are the gateway's.
type Refusal = (u16, String, String);

/// A call whose signature held.
struct Request {
    action: String,
    version: String,
    params: Vec<(String, String)>,
}

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
        let accepted = self.aliyun_request(call, now).and_then(|request| self.aliyun_api(&request, now));
        match accepted {
            Ok(biz_id) => {
                reply(200, &json!({"Message": "OK", "RequestId": request_id, "BizId": biz_id, "Code": "OK"}))
            }
            Err((200, code, message)) => {
                reply(200, &json!({"Message": message, "RequestId": request_id, "Code": code}))
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

    /// Does what SendSms does; returns the BizId.
    fn aliyun_api(&mut self, request: &Request, now: UnixMillis) -> Result<String, Refusal> {
        if request.action != "SendSms" {
            let message = "Specified api is not found, please check your url and method.";
            return Err((404, "InvalidAction.NotFound".into(), message.into()));
        }
        if request.version != "2017-05-25" {
            return Err((400, "InvalidVersion".into(), "Specified parameter Version is not valid.".into()));
        }
        let find =
            |name: &str| request.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let need = |name: &str| find(name).filter(|value| !value.is_empty()).ok_or_else(|| missing(name));
        let (numbers, sign, code) = (need("PhoneNumbers")?, need("SignName")?, need("TemplateCode")?);
        if find("OutId").is_some_and(|text| text.chars().count() > 256) {
            return Err((
                400,
                "InvalidParameter".into(),
                "The specified parameter OutId is not valid.".into(),
            ));
        }
        let mut to = Vec::new();
        for number in numbers.split(',') {
            to.push(
                recipient(number)
                    .ok_or_else(|| isv("MOBILE_NUMBER_ILLEGAL", &format!("{number}invalid mobile number")))?,
            );
        }
        if to.len() > 1_000 {
            return Err(isv("MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制"));
        }
        if !self.settings.aliyun.signs.iter().any(|known| known == sign) {
            return Err(isv("SMS_SIGNATURE_ILLEGAL", "短信签名不合法"));
        }
        let template = self
            .settings
            .aliyun
            .template(code)
            .ok_or_else(|| isv("SMS_TEMPLATE_ILLEGAL", "短信模板不合法"))?;
        let (text, params) = fill(template, find("TemplateParam"))?;
        let text = format!("【{sign}】{text}");
        for number in to.iter().filter_map(|number| mainland(number)) {
            if let Some(tier) = self.flow.check(Vendor::Aliyun, sign, number, now) {
                return Err((200, tier.code.to_owned(), tier.message.to_owned()));
            }
        }
        let message_id = self.biz_id();
        for number in to {
            if let Some(bare) = mainland(&number) {
                self.flow.count(Vendor::Aliyun, sign, bare, now);
            }
            self.take_in(Sms {
                to: number,
                vendor: Vendor::Aliyun,
                sign: sign.to_owned(),
                template: code.to_owned(),
                params: params.clone(),
                text: text.clone(),
                message_id: message_id.clone(),
                at: now,
            });
        }
        Ok(message_id)
    }

    fn biz_id(&self) -> String {
        let number =
            crate::mac::sha256(&[b"biz", &self.settings.seed.to_be_bytes(), &self.requests.to_be_bytes()]);
        let number = number.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        format!("{:018}^0", number % 1_000_000_000_000_000_000)
    }
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

/// Fills a template `…${name}…`; returns the text and the variables in it.
fn fill(template: &str, values: Option<&str>) -> Result<(String, Vec<(String, String)>), Refusal> {
    let values = match values.filter(|text| !text.is_empty()) {
        None => Map::new(),
        Some(text) => match serde_json::from_str(text) {
            Ok(Value::Object(map)) if map.values().all(Value::is_string) => map,
            _ => return Err(isv("INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值")),
        },
    };
    let (mut out, mut params, mut rest) = (String::new(), Vec::new(), template);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        let Some(value) = values.get(name).and_then(Value::as_str).filter(|value| !value.is_empty()) else {
            return Err(isv("TEMPLATE_MISSING_PARAMETERS", &format!("模板缺少变量{name}")));
        };
        check(name, value)?;
        out.push_str(before);
        out.push_str(value);
        params.push((name.to_owned(), value.to_owned()));
        rest = tail;
    }
    out.push_str(rest);
    Ok((out, params))
}

/// A code has 4 to 6 letters or digits; other variables have 35 characters at most, no URL and no emoji.
fn check(name: &str, value: &str) -> Result<(), Refusal> {
    let length = value.chars().count();
    if (name == "code" && !(4..=6).contains(&length)) || length > 35 {
        return Err(isv("PARAM_LENGTH_LIMIT", "参数超出长度限制"));
    }
    if name == "code" && !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(isv("TEMPLATE_PARAMS_ILLEGAL", "模板变量里包含非法关键字"));
    }
    if ["http://", "https://", "www."].iter().any(|start| value.contains(start)) {
        return Err(isv("PARAM_NOT_SUPPORT_URL", "不支持URL"));
    }
    if value.chars().any(|char| char > '\u{ffff}') {
        return Err(isv("UNSUPPORTED_CONTENT", "内容含有不支持的字符"));
    }
    Ok(())
}

/// 15 minutes either way, in seconds.
const WINDOW: u64 = 15 * 60;
