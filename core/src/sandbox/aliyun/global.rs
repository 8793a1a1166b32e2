//! Texts abroad: SendMessageToGlobe and BatchSendMessageToGlobe, 2018-05-01.

use super::super::{Sandbox, Sms, Vendor, digits, mainland};
use super::{Refusal, Request, invalid, isv, list};
use crate::time::UnixMillis;
use serde_json::{Value, json};

impl Sandbox {
    pub(super) fn send_to_globe(&mut self, request: &Request, now: UnixMillis) -> Result<Value, Refusal> {
        let to = abroad(request.need("To")?)?;
        let text = request.need("Message")?;
        let sender = options(request, &["OTP", "NOTIFY", "MKT"])?;
        let message_id = self.text_abroad(&to, sender, text, 0, now);
        Ok(json!({
            "ResponseCode": "OK", "ResponseDescription": "OK", "MessageId": message_id, "To": to, "From": sender,
            "Segments": "1", "NumberDetail": {"Country": "Sandbox", "Region": "Sandbox", "Carrier": "Sandbox"},
        }))
    }

    pub(super) fn batch_send_to_globe(
        &mut self,
        request: &Request,
        now: UnixMillis,
    ) -> Result<Value, Refusal> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = |name: &str| list(request.need(name)?, text).ok_or_else(|| invalid(name));
        let (to, messages) = (texts("To")?, texts("Message")?);
        let sender = options(request, &["NOTIFY", "MKT"])?;
        if to.len() > 1_000 {
            return Err(isv("PHONE_NUMBER_COUNT_OVER_LIMIT", "too many numbers"));
        }
        if to.is_empty() || to.len() != messages.len() {
            return Err(invalid("Message"));
        }
        let to = to.iter().map(|number| abroad(number)).collect::<Result<Vec<String>, Refusal>>()?;
        let each = to.iter().zip(&messages).zip(0..);
        let ids: Vec<String> =
            each.map(|((to, text), at)| self.text_abroad(to, sender, text, at, now)).collect();
        Ok(json!({
            "ResponseCode": "OK", "ResponseDescription": "OK", "SuccessCount": ids.len().to_string(),
            "MessageIdList": Value::from(ids).to_string(), "FailedList": "[]", "From": sender,
        }))
    }

    fn text_abroad(&mut self, to: &str, sender: &str, text: &str, at: u64, now: UnixMillis) -> String {
        let message_id = self.serial("globe").wrapping_add(at).to_string();
        self.take_in(Sms {
            to: format!("+{to}"),
            vendor: Vendor::Aliyun,
            sign: sender.to_owned(),
            template: String::new(),
            params: code_in(text, false),
            text: text.to_owned(),
            message_id: message_id.clone(),
            at: now,
        });
        message_id
    }
}

/// Returns a number outside the mainland: its calling code and the rest, without a plus.
///
/// Eleven digits that begin with 1 are of North America if they can be, `NXX NXX XXXX` with an N of 2 to 9; else they
/// are of the mainland, without its calling code.
fn abroad(number: &str) -> Result<String, Refusal> {
    if !digits(number) || !(7..=15).contains(&number.len()) || number.starts_with('0') {
        return Err(isv("MOBILE_NUMBER_ILLEGAL", "invalid mobile number"));
    }
    let american = [1, 4].iter().all(|at| matches!(number.as_bytes().get(*at), Some(b'2'..=b'9')));
    if mainland(number).is_some_and(|bare| bare != number || !american) {
        return Err(isv("COUNTRY_RESTRICTED", "mainland numbers are not accepted here"));
    }
    Ok(number.to_owned())
}

/// Checks what both actions take besides; returns the sender.
fn options<'a>(request: &'a Request, kinds: &[&str]) -> Result<&'a str, Refusal> {
    let sender = request.find("From").unwrap_or_default();
    let most = if sender.is_empty() || digits(sender) { 15 } else { 11 };
    if sender.len() > most || !sender.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(isv("SENDERID_ERROR", "sender id not accepted"));
    }
    if request.find("Type").is_some_and(|kind| !kinds.contains(&kind)) {
        return Err(invalid("Type"));
    }
    if request.find("TaskId").is_some_and(|task| task.chars().count() > 255) {
        return Err(invalid("TaskId"));
    }
    request.number("ValidityPeriod", 1..=u64::from(u32::MAX))?;
    Ok(sender)
}

/// Finds the code in a text, for the inbox: the first 4 to 8 digits that stand alone, not in a tag of HTML.
pub(super) fn code_in(text: &str, html: bool) -> Vec<(String, String)> {
    let (mut run, mut before, mut tag) = (String::new(), ' ', false);
    for char in text.chars().chain([' ']) {
        if char.is_ascii_digit() && !tag {
            run.push(char);
            continue;
        }
        let alone = !before.is_ascii_alphanumeric() && before != '#' && !char.is_ascii_alphanumeric();
        if alone && (4..=8).contains(&run.len()) {
            return vec![("code".to_owned(), run)];
        }
        run.clear();
        before = char;
        tag = html && (char == '<' || (tag && char != '>'));
    }
    Vec::new()
}
