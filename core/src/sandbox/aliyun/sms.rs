//! SMS from templates: SendSms, SendBatchSms and QuerySendDetails, 2017-05-25.

use super::super::{Sandbox, Sms, Vendor, mainland};
use super::{Refusal, Request, invalid, isv, list, recipient};
use crate::time::{Millis, UnixMillis};
use serde_json::{Map, Value, json};

/// An SMS that may be sent.
struct Ready {
    to: String,
    sign: String,
    text: String,
    params: Vec<(String, String)>,
}

impl Sandbox {
    pub(super) fn send_sms(&mut self, request: &Request, now: UnixMillis) -> Result<Value, Refusal> {
        let (numbers, sign) = (request.need("PhoneNumbers")?, request.need("SignName")?);
        let code = request.need("TemplateCode")?;
        let numbers: Vec<&str> = numbers.split(',').collect();
        if numbers.len() > 1_000 {
            return Err(isv("MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制"));
        }
        let mut all = Vec::with_capacity(numbers.len());
        for number in numbers {
            all.push(self.ready(number, sign, code, request.find("TemplateParam"))?);
        }
        self.send_all(request, all, now)
    }

    pub(super) fn send_batch_sms(&mut self, request: &Request, now: UnixMillis) -> Result<Value, Refusal> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = |name: &str| list(request.need(name)?, text).ok_or_else(|| invalid(name));
        let (numbers, signs) = (texts("PhoneNumberJson")?, texts("SignNameJson")?);
        let code = request.need("TemplateCode")?;
        let values = match request.find("TemplateParamJson") {
            Some(text) => list(text, |value| value.is_object().then(|| value.to_string()))
                .ok_or_else(|| isv("INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值"))?,
            None => vec![String::new(); numbers.len()],
        };
        let extend = match request.find("SmsUpExtendCodeJson") {
            Some(_) => texts("SmsUpExtendCodeJson")?.len(),
            None => numbers.len(),
        };
        if numbers.is_empty() || numbers.len() > 100 {
            return Err(isv("MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制"));
        }
        if [signs.len(), values.len(), extend].iter().any(|length| *length != numbers.len()) {
            return Err(isv("INVALID_PARAMETERS", "参数个数不一致"));
        }
        let mut all = Vec::with_capacity(numbers.len());
        for ((number, sign), values) in numbers.iter().zip(&signs).zip(&values) {
            all.push(self.ready(number, sign, code, Some(values.as_str()))?);
        }
        self.send_all(request, all, now)
    }

    /// Checks one SMS; nothing is sent yet.
    fn ready(&self, number: &str, sign: &str, code: &str, values: Option<&str>) -> Result<Ready, Refusal> {
        let to = recipient(number)
            .ok_or_else(|| isv("MOBILE_NUMBER_ILLEGAL", &format!("{number}invalid mobile number")))?;
        let account = &self.settings.aliyun;
        if !account.signs.iter().any(|known| known == sign) {
            return Err(isv("SMS_SIGNATURE_ILLEGAL", "短信签名不合法"));
        }
        let template = account.template(code).ok_or_else(|| isv("SMS_TEMPLATE_ILLEGAL", "短信模板不合法"))?;
        let (text, params) = fill(template, &read(values)?, check)?;
        Ok(Ready { to, sign: sign.to_owned(), text: format!("【{sign}】{text}"), params })
    }

    fn send_all(&mut self, request: &Request, all: Vec<Ready>, now: UnixMillis) -> Result<Value, Refusal> {
        let out_id = request.find("OutId").unwrap_or_default();
        if out_id.chars().count() > 256 {
            return Err(invalid("OutId"));
        }
        for ready in &all {
            let number = mainland(&ready.to);
            if let Some(tier) =
                number.and_then(|bare| self.flow.check(Vendor::Aliyun, &ready.sign, bare, now))
            {
                return Err((200, tier.code.to_owned(), tier.message.to_owned()));
            }
        }
        let message_id = self.biz_id();
        self.out_ids.insert(message_id.clone(), out_id.to_owned());
        for Ready { to, sign, text, params } in all {
            if let Some(bare) = mainland(&to) {
                self.flow.count(Vendor::Aliyun, &sign, bare, now);
            }
            let template = request.find("TemplateCode").unwrap_or_default().to_owned();
            let (vendor, message_id) = (Vendor::Aliyun, message_id.clone());
            self.take_in(Sms { to, vendor, sign, template, params, text, message_id, at: now });
        }
        Ok(json!({"Message": "OK", "BizId": message_id, "Code": "OK"}))
    }

    /// Tells what became of the SMS to a number on a day of China: they are delivered, unless it was settled otherwise.
    pub(super) fn query_send_details(
        &mut self,
        request: &Request,
        _now: UnixMillis,
    ) -> Result<Value, Refusal> {
        let number = request.need("PhoneNumber")?;
        let to = recipient(number)
            .ok_or_else(|| isv("MOBILE_NUMBER_ILLEGAL", &format!("{number}invalid mobile number")))?;
        let day = request.need("SendDate")?;
        request.need("PageSize").and(request.need("CurrentPage"))?;
        let size = request.number("PageSize", 1..=50)?.unwrap_or(50);
        let page = request.number("CurrentPage", 1..=u64::from(u32::MAX))?.unwrap_or(1);
        let about = |sms: &&Sms| {
            let at = china(sms.at);
            sms.vendor == Vendor::Aliyun
                && sms.template.starts_with("SMS_")
                && sms.to == to
                && at.get(..10).is_some_and(|date| date.replace('-', "") == day)
                && request.find("BizId").is_none_or(|id| id == sms.message_id)
        };
        let found: Vec<&Sms> = self.inbox.iter().rev().filter(about).collect();
        let take = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let page = found.iter().skip(take((page - 1).saturating_mul(size))).take(take(size));
        let details: Vec<Value> = page
            .map(|sms| {
                let failed = self.failed.has(&sms.message_id, &sms.to);
                json!({
                    "PhoneNum": bare(&sms.to),
                    "SendStatus": if failed { 2 } else { 3 },
                    "ErrCode": state(failed).0,
                    "TemplateCode": sms.template,
                    "Content": sms.text,
                    "SendDate": china(sms.at),
                    "ReceiveDate": china(sms.at.plus(ON_ITS_WAY)),
                    "OutId": self.out_ids.get(&sms.message_id).map_or("", String::as_str),
                })
            })
            .collect();
        Ok(json!({
            "Code": "OK", "Message": "OK", "TotalCount": found.len().to_string(),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": details},
        }))
    }

    /// Writes the entry of a push, an SmsReport; only what SendSms and SendBatchSms send has one.
    pub(in super::super) fn aliyun_report(&self, sms: &Sms, failed: bool) -> Option<(&'static str, Value)> {
        let out_id = self.out_ids.get(&sms.message_id)?;
        let (code, words) = state(failed);
        let length = sms.text.chars().count();
        let parts = if length <= 70 { 1 } else { length.div_ceil(67) };
        let entry = json!({
            "phone_number": bare(&sms.to),
            "send_time": china(sms.at),
            "report_time": china(sms.at.plus(ON_ITS_WAY)),
            "success": !failed,
            "err_code": code,
            "err_msg": words,
            "sms_size": parts.to_string(),
            "biz_id": sms.message_id,
            "out_id": out_id,
        });
        Some(("aliyun", entry))
    }
}

/// Returns the carrier's code and words. Source: help.aliyun.com, "API error codes" of SMS, those of receipts.
fn state(failed: bool) -> (&'static str, &'static str) {
    if failed {
        ("MOBILE_NOT_ON_SERVICE", "停机、空号、关机或无服务")
    } else {
        ("DELIVERED", "用户接收成功")
    }
}

/// Returns a number as the vendor writes it: the mainland's alone without its calling code.
fn bare(number: &str) -> &str {
    number.strip_prefix("+86").unwrap_or(number.trim_start_matches('+'))
}

/// From the gateway to the handset.
const ON_ITS_WAY: Millis = Millis(3_000);

/// Writes an instant as the vendor does: China's clock, which is eight hours ahead, `2026-01-31 23:59:59`.
fn china(at: UnixMillis) -> String {
    at.plus(Millis(8 * 3_600_000)).civil().to_string().replace('T', " ").replace('Z', "")
}

/// Reads `TemplateParam`: an object of texts.
pub(super) fn read(values: Option<&str>) -> Result<Map<String, Value>, Refusal> {
    match values.filter(|text| !text.is_empty()).map(serde_json::from_str) {
        None => Ok(Map::new()),
        Some(Ok(Value::Object(map))) if map.values().all(Value::is_string) => Ok(map),
        _ => Err(isv("INVALID_JSON_PARAM", "JSON参数不合法，只接受字符串值")),
    }
}

/// Fills a template `…${name}…`; returns the text and the variables in it.
pub(super) fn fill(
    template: &str,
    values: &Map<String, Value>,
    check: fn(&str, &str) -> Result<(), Refusal>,
) -> Result<(String, Vec<(String, String)>), Refusal> {
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
