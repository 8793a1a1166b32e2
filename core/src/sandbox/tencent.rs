//! The pretend gateway of Tencent Cloud and its SendSms, 2021-01-11.

use super::{Sandbox, Sms, Vendor, digits, host, mainland, reply};
use crate::http::{HttpCall, HttpReply, Method};
use crate::mac::same;
use crate::sign::encode::pairs;
use crate::sign::tencent_tc3;
use crate::time::UnixMillis;
use serde_json::{Map, Value, json};

/// A refusal of the call as a whole: code and words.
type Refusal = (String, String);

/// What SendSms is asked.
struct Request {
    numbers: Vec<String>,
    app_id: String,
    template: String,
    sign: String,
    params: Vec<String>,
    context: String,
}

/// Tells whether a call is meant for Tencent's gateway.
pub(super) fn is_for(call: &HttpCall) -> bool {
    call.header("x-tc-action").is_some()
        || call.header("authorization").is_some_and(|text| text.starts_with(tencent_tc3::ALGORITHM))
        || host(call).ends_with(".tencentcloudapi.com")
}

impl Sandbox {
    pub(super) fn tencent(&mut self, call: &HttpCall, now: UnixMillis) -> HttpReply {
        let request_id = self.request_id().to_ascii_lowercase();
        let answer = self
            .tencent_claim(call, now)
            .and_then(|()| request(call))
            .and_then(|request| self.tencent_api(&request, now));
        let response = match answer {
            Ok(statuses) => json!({"SendStatusSet": statuses, "RequestId": request_id}),
            Err((code, message)) => {
                json!({"Error": {"Code": code, "Message": message}, "RequestId": request_id})
            }
        };
        reply(200, &json!({"Response": response}))
    }

    /// Checks who calls, as the gateway does, before anybody looks at what is asked.
    fn tencent_claim(&self, call: &HttpCall, now: UnixMillis) -> Result<(), Refusal> {
        let header = |name: &str| {
            call.header(name).ok_or_else(|| {
                refusal("MissingParameter", &format!("The request is missing the required header `{name}`."))
            })
        };
        let authorization = call.header("authorization").and_then(credential).ok_or_else(|| {
            refusal("AuthFailure.InvalidAuthorization", "The `Authorization` header is malformed.")
        })?;
        let known = &self.settings.tencent.credentials;
        if authorization.id.starts_with("AKID") {
            let message = "This is the sandbox, and the SecretId looks like a real one; use one that begins with `sandbox-`.";
            return Err(refusal("AuthFailure.SecretIdNotFound", message));
        }
        if authorization.id != known.id {
            return Err(refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found."));
        }
        let time = header("x-tc-timestamp")?;
        let time = digits(time).then(|| time.parse::<u64>().ok()).flatten();
        let time = time.filter(|time| *time < 1 << 40);
        let time = time
            .ok_or_else(|| refusal("InvalidParameter", "The header `X-TC-Timestamp` is not a Unix time."))?;
        if now.seconds().abs_diff(time) > WINDOW {
            let message =
                "Signature expired: the timestamp differs from the server's time by more than 5 minutes.";
            return Err(refusal("AuthFailure.SignatureExpire", message));
        }
        let own = known.token.as_ref().map(|token| token.expose().as_bytes());
        match (call.header("x-tc-token").filter(|token| !token.is_empty()), own) {
            (None, None) => {}
            (Some(token), Some(own)) if same(token.as_bytes(), own) => {}
            _ => return Err(refusal("AuthFailure.TokenFailure", "The token is wrong or has expired.")),
        }
        let wrong = || {
            let message =
                "The provided credentials could not be validated. Please check your signature is correct.";
            refusal("AuthFailure.SignatureFailure", message)
        };
        let mut headers = Vec::new();
        for name in authorization.headers.split(';') {
            let value = if name == "host" { Some(host(call)) } else { call.header(name) };
            headers.push((name, value.ok_or_else(wrong)?));
        }
        headers.sort_unstable();
        let signed = |name: &str| headers.iter().any(|(key, _)| *key == name);
        if !signed("content-type") || !signed("host") {
            return Err(wrong());
        }
        let parts = tencent_tc3::Parts {
            method: call.method,
            query: call.query(),
            body: &call.body,
            service: authorization.service,
        };
        let at = UnixMillis(time * 1_000);
        let computed = tencent_tc3::sign(&known.secret, &parts, &headers, at);
        let day = at.civil().to_string();
        let today = day.split('T').next() == Some(authorization.date);
        if !today
            || authorization.service != "sms"
            || !same(authorization.signature.as_bytes(), computed.signature.as_bytes())
        {
            return Err(wrong());
        }
        let (action, version) = (header("x-tc-action")?, header("x-tc-version")?);
        if version != "2021-01-11" {
            return Err(refusal("NoSuchVersion", "The API's version does not exist."));
        }
        if action != "SendSms" {
            return Err(refusal(
                "InvalidAction",
                "The action does not exist, or the sandbox does not pretend it.",
            ));
        }
        if header("x-tc-region")?.is_empty() {
            return Err(refusal("MissingParameter", "The request is missing the parameter `Region`."));
        }
        Ok(())
    }

    /// Does what SendSms does; returns a status for each number.
    fn tencent_api(&mut self, request: &Request, now: UnixMillis) -> Result<Vec<Value>, Refusal> {
        if request.numbers.is_empty() {
            return Err(refusal("MissingParameter.EmptyPhoneNumberSet", "The list of numbers is empty."));
        }
        if request.numbers.len() > 200 {
            return Err(refusal("LimitExceeded.PhoneNumberCountLimit", "There are more than 200 numbers."));
        }
        if !self.settings.app_ids.contains(&request.app_id) {
            let message = "The SmsSdkAppId does not belong to the account of the key.";
            return Err(refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail", message));
        }
        let at_home = request.numbers.iter().filter(|number| mainland(number).is_some()).count();
        if at_home != 0 && at_home != request.numbers.len() {
            let code = "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber";
            return Err(refusal(code, "The list mixes mainland and other numbers."));
        }
        let mut statuses = Vec::new();
        for (index, number) in request.numbers.iter().enumerate() {
            let taken = self.tencent_number(request, number, index, now);
            let (serial, code, message) = match taken {
                Ok(serial) => (serial, "Ok".to_owned(), "send success".to_owned()),
                Err((code, message)) => (String::new(), code, message),
            };
            let to = recipient(number).unwrap_or_else(|| number.clone());
            let fee = u8::from(!serial.is_empty());
            let country = if mainland(number).is_some() { "CN" } else { "" };
            statuses.push(json!({
                "SerialNo": serial,
                "PhoneNumber": to,
                "Fee": fee,
                "SessionContext": request.context,
                "Code": code,
                "Message": message,
                "IsoCode": country,
            }));
        }
        Ok(statuses)
    }

    fn tencent_number(
        &mut self,
        request: &Request,
        number: &str,
        index: usize,
        now: UnixMillis,
    ) -> Result<String, Refusal> {
        let to = recipient(number).ok_or_else(|| {
            refusal("InvalidParameterValue.IncorrectPhoneNumber", &format!("{number} is incorrect"))
        })?;
        if !self.settings.tencent.signs.contains(&request.sign) {
            let message = "The sign is malformed or not approved.";
            return Err(refusal("FailedOperation.SignatureIncorrectOrUnapproved", message));
        }
        let template = self.settings.tencent.template(&request.template).ok_or_else(|| {
            refusal(
                "FailedOperation.TemplateIncorrectOrUnapproved",
                "The template is not approved or differs.",
            )
        })?;
        let text = format!("【{}】{}", request.sign, fill(template, &request.params)?);
        let bare = mainland(number);
        if let Some(tier) = bare.and_then(|bare| self.flow.check(Vendor::Tencent, &request.sign, bare, now)) {
            return Err(refusal(tier.code, tier.message));
        }
        if let Some(bare) = bare {
            self.flow.count(Vendor::Tencent, &request.sign, bare, now);
        }
        let id = crate::mac::sha256(&[
            b"serial",
            &self.settings.seed.to_be_bytes(),
            &self.requests.to_be_bytes(),
            &index.to_string().into_bytes(),
        ]);
        let id = id.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let message_id = format!("2640:{id:020}");
        let params = request.params.iter().enumerate();
        self.take_in(Sms {
            to,
            vendor: Vendor::Tencent,
            sign: request.sign.clone(),
            template: request.template.clone(),
            params: params.map(|(index, value)| ((index + 1).to_string(), value.clone())).collect(),
            text,
            message_id: message_id.clone(),
            at: now,
        });
        Ok(message_id)
    }
}

/// An `authorization` header in its parts.
struct Authorization<'a> {
    id: &'a str,
    date: &'a str,
    service: &'a str,
    headers: &'a str,
    signature: &'a str,
}

fn credential(header: &str) -> Option<Authorization<'_>> {
    let rest = header.strip_prefix(tencent_tc3::ALGORITHM)?.trim_start();
    let part =
        |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let (headers, signature) = (part("SignedHeaders")?, part("Signature")?);
    let mut scope = part("Credential")?.split('/');
    let (id, date, service) = (scope.next()?, scope.next()?, scope.next()?);
    (scope.next() == Some("tc3_request") && scope.next().is_none()).then_some(Authorization {
        id,
        date,
        service,
        headers,
        signature,
    })
}

/// Reads the parameters: a JSON body, or for GET the flattened query.
fn request(call: &HttpCall) -> Result<Request, Refusal> {
    let map = match call.method {
        Method::Get => unflattened(call.query()),
        Method::Post => match serde_json::from_slice(&call.body) {
            Ok(Value::Object(map)) => map,
            _ => return Err(refusal("InvalidParameter", "The body is not a JSON object.")),
        },
    };
    if let Some(stray) = map.keys().find(|name| !PARAMS.contains(&name.as_str())) {
        return Err(refusal("UnknownParameter", &format!("The parameter `{stray}` is not recognized.")));
    }
    let wrong =
        |name: &str| refusal("InvalidParameter", &format!("The parameter `{name}` has the wrong type."));
    let text = |name: &str| match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong(name)),
    };
    let need = |name: &str| {
        let message = format!("The request is missing the parameter `{name}`.");
        text(name)?.ok_or_else(|| refusal("MissingParameter", &message))
    };
    let list = |name: &str| match map.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong(name))).collect()
        }
        Some(_) => Err(wrong(name)),
    };
    let context = text("SessionContext")?.unwrap_or_default();
    if context.len() > 512 {
        return Err(refusal(
            "InvalidParameterValue",
            "The parameter `SessionContext` is longer than 512 bytes.",
        ));
    }
    Ok(Request {
        numbers: list("PhoneNumberSet")?,
        app_id: need("SmsSdkAppId")?,
        template: need("TemplateId")?,
        sign: text("SignName")?.unwrap_or_default(),
        params: list("TemplateParamSet")?,
        context,
    })
}

/// Puts `Name.0=a&Name.1=b` back into lists.
fn unflattened(query: &str) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs(query) {
        match name.split_once('.') {
            Some((name, _)) => {
                let list = map.entry(name.to_owned()).or_insert_with(|| json!([]));
                if let Value::Array(list) = list {
                    list.push(json!(value));
                }
            }
            None => {
                map.insert(name, json!(value));
            }
        }
    }
    map
}

fn refusal(code: &str, message: &str) -> Refusal {
    (code.to_owned(), message.to_owned())
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

/// 5 minutes either way, in seconds.
const WINDOW: u64 = 5 * 60;

const PARAMS: &[&str] = &[
    "ExtendCode",
    "PhoneNumberSet",
    "SenderId",
    "SessionContext",
    "SignName",
    "SmsSdkAppId",
    "TemplateId",
    "TemplateParamSet",
];
