//! 短信认证: SendSmsVerifyCode and CheckSmsVerifyCode, 2017-05-25.
//!
//! The pages don't say whether a right guess spends the code, so here it doesn't: a caller that needs a code to
//! pass once has to see to it.

use super::super::{Sandbox, Sms, Vendor, mainland};
use super::{Refusal, Request, invalid, sms, with};
use crate::mac::sha256;
use crate::time::{Millis, UnixMillis};
use serde_json::{Value, json};

/// Codes that were made, and haven't expired or been replaced.
#[derive(Default)]
pub(in super::super) struct Codes {
    live: Vec<Code>,
    /// When each number got its last one.
    last: std::collections::BTreeMap<String, UnixMillis>,
}

struct Code {
    number: String,
    scheme: String,
    code: String,
    until: UnixMillis,
}

impl Sandbox {
    pub(super) fn send_verify_code(&mut self, request: &Request, now: UnixMillis) -> Result<Value, Refusal> {
        let number = number(request)?;
        let (sign, template) = (request.need("SignName")?, request.need("TemplateCode")?);
        let values = request.need("TemplateParam")?;
        let scheme = scheme(request)?;
        let length = request.number("CodeLength", 4..=8)?.unwrap_or(4);
        let kind = request.number("CodeType", 1..=7)?.unwrap_or(1);
        let valid = request.number("ValidTime", 1..=86_400)?.unwrap_or(300);
        let interval = request.number("Interval", 0..=86_400)?.unwrap_or(60);
        let all = request.number("DuplicatePolicy", 1..=2)? == Some(2);
        request.number("AutoRetry", 0..=1)?;
        let told = flag(request, "ReturnVerifyCode")?;
        let account = &self.settings.aliyun;
        if !account.signs.iter().any(|known| known == sign) {
            return Err(refused("INVALID_PARAMETERS", "短信签名不合法"));
        }
        let given = TEMPLATES.iter().find(|(code, _)| *code == template).map(|(_, text)| *text);
        let text = given.or_else(|| account.template(template));
        let text = text.ok_or_else(|| refused("INVALID_PARAMETERS", "短信模板不合法"))?;

        let made = self.make_code(kind, length);
        let mut values =
            sms::read(Some(values)).map_err(|_| refused("INVALID_PARAMETERS", "TemplateParam"))?;
        let mut marked = false;
        for value in values.values_mut() {
            if value.as_str() == Some(MARK) {
                marked = true;
                *value = json!(made);
            }
        }
        let (text, params) = sms::fill(text, &values, |_, _| Ok(()))
            .map_err(|(_, _, message)| refused("INVALID_PARAMETERS", &message))?;

        let last = self.codes.last.get(number);
        if last.is_some_and(|last| now.since(*last) < Millis::from_seconds(interval)) {
            return Err(refused("biz.FREQUENCY", "check frequency failed"));
        }
        self.codes.last.insert(number.to_owned(), now);
        let live = &mut self.codes.live;
        live.retain(|code| code.until > now && (all || code.number != number || code.scheme != scheme));
        // A literal code is delivered, but nobody can check it.
        if marked {
            let until = now.plus(Millis::from_seconds(valid));
            let (number, scheme) = (number.to_owned(), scheme.to_owned());
            live.push(Code { number, scheme, code: made.clone(), until });
        }
        let message_id = self.biz_id();
        let model =
            json!({"BizId": message_id, "OutId": request.find("OutId"), "RequestId": self.request_id()});
        let model = if told { with(model, "VerifyCode", json!(made)) } else { model };
        self.take_in(Sms {
            to: format!("+86{number}"),
            vendor: Vendor::Aliyun,
            sign: sign.to_owned(),
            template: template.to_owned(),
            params,
            text: format!("【{sign}】{text}"),
            message_id,
            at: now,
        });
        Ok(json!({"Code": "OK", "Message": "成功", "Success": true, "Model": model}))
    }

    pub(super) fn check_verify_code(&mut self, request: &Request, now: UnixMillis) -> Result<Value, Refusal> {
        let (number, guess) = (number(request)?, request.need("VerifyCode")?);
        let scheme = scheme(request)?;
        let exact = request.number("CaseAuthPolicy", 1..=2)? == Some(2);
        let same = |code: &str| if exact { code == guess } else { code.eq_ignore_ascii_case(guess) };
        let right = self.codes.live.iter().any(|code| {
            code.number == number && code.scheme == scheme && code.until > now && same(&code.code)
        });
        if !right {
            return Err((400, "isv.ValidateFail".into(), "验证失败".into()));
        }
        let model = json!({"OutId": request.find("OutId"), "VerifyResult": "PASS"});
        Ok(json!({"Code": "OK", "Message": "成功", "Success": true, "Model": model}))
    }

    /// Makes a code of the seed and the count of calls.
    fn make_code(&self, kind: u64, length: u64) -> String {
        let digits = [1, 5, 6, 7].contains(&kind).then_some("0123456789");
        let upper = [2, 4, 5, 7].contains(&kind).then_some("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        let lower = [3, 4, 6, 7].contains(&kind).then_some("abcdefghijklmnopqrstuvwxyz");
        let letters: Vec<char> = [digits, upper, lower].into_iter().flatten().flat_map(str::chars).collect();
        let hash = sha256(&[b"code", &self.serial("code").to_be_bytes()]);
        let pick = |byte: &u8| letters.get(usize::from(*byte) % letters.len().max(1)).copied();
        hash.iter().take(usize::try_from(length).unwrap_or(4)).filter_map(pick).collect()
    }
}

/// Returns the number, mainland and bare.
fn number(request: &Request) -> Result<&str, Refusal> {
    let bare = mainland(request.need("PhoneNumber")?);
    match (bare, request.find("CountryCode").unwrap_or("86")) {
        (Some(bare), "86") => Ok(bare),
        _ => Err(refused("MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")),
    }
}

fn scheme(request: &Request) -> Result<&str, Refusal> {
    let scheme = request.find("SchemeName").unwrap_or_default();
    if scheme.chars().count() > 20 { Err(invalid("SchemeName")) } else { Ok(scheme) }
}

/// Reads a yes or no, in any case: the SDK for Python writes `True`.
pub(super) fn flag(request: &Request, name: &str) -> Result<bool, Refusal> {
    match request.find(name).map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        _ => Err(invalid(name)),
    }
}

fn refused(code: &str, message: &str) -> Refusal {
    (200, code.to_owned(), message.to_owned())
}

const MARK: &str = "##code##";

/// The templates that come with the product.
const TEMPLATES: &[(&str, &str)] = &[
    ("100001", "您的验证码是${code}，${min}分钟内有效。"),
    ("100002", "您正在修改手机号，验证码是${code}，${min}分钟内有效。"),
    ("100003", "您正在重置密码，验证码是${code}，${min}分钟内有效。"),
];
