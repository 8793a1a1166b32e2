//! SendSms, and the calls that ask what became of it.
//!
//! Every SMS that was taken in is delivered at once, unless it was settled otherwise: its status waits to be pulled.

use super::{Asked, ON_ITS_WAY, One, Refusal, State, fill, recipient, refusal, state};
use crate::sandbox::{Sandbox, Sms, Vendor, mainland};
use crate::time::UnixMillis;
use serde_json::{Map, Value, json};

/// What SendSms is asked.
struct Request {
    numbers: Vec<String>,
    app_id: String,
    template: String,
    sign: String,
    params: Vec<String>,
    context: String,
}

impl Sandbox {
    /// Does what SendSms does; returns a status for each number.
    pub(super) fn tencent_send(
        &mut self,
        asked: &Asked,
        now: UnixMillis,
    ) -> Result<Map<String, Value>, Refusal> {
        let request = &request(asked)?;
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
            self.sent.note(One {
                kind: "tencent",
                app_id: request.app_id.clone(),
                to: to.clone(),
                serial: serial.clone(),
                context: request.context.clone(),
                at: now,
                taken: !serial.is_empty(),
                pulled: false,
            });
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
        Ok(members("SendStatusSet", json!(statuses)))
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
        let message_id = self.serial_no(index);
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

    /// Does what PullSmsSendStatus does: hands out each status once.
    pub(super) fn tencent_pull(&mut self, asked: &Asked) -> Result<Map<String, Value>, Refusal> {
        asked.only(&["Limit", "SmsSdkAppId"])?;
        let (limit, app_id) = (limit(asked)?, self.tencent_app(asked)?);
        let failed = &self.failed;
        let pulled = self.sent.pull(&app_id, limit);
        let statuses = pulled.into_iter().map(|one| status(one, failed.has(&one.serial, &one.to)));
        Ok(members("PullSmsSendStatusSet", statuses.collect()))
    }

    /// Does what PullSmsSendStatusByPhoneNumber does, over the last 7 days.
    pub(super) fn tencent_pull_number(
        &self,
        asked: &Asked,
        now: UnixMillis,
    ) -> Result<Map<String, Value>, Refusal> {
        asked.only(&["BeginTime", "EndTime", "Offset", "Limit", "PhoneNumber", "SmsSdkAppId"])?;
        let begin = asked.need_number("BeginTime")?;
        let end = asked.number("EndTime")?.unwrap_or(now.seconds());
        asked.need_number("Offset")?;
        let (limit, app_id) = (limit(asked)?, self.tencent_app(asked)?);
        let number = asked.need("PhoneNumber")?;
        let to = recipient(number).ok_or_else(|| {
            refusal("InvalidParameterValue.IncorrectPhoneNumber", &format!("{number} is incorrect"))
        })?;
        if begin + WEEK < now.seconds() {
            return Err(refusal(
                "InvalidParameterValue.BeginTimeVerifyFail",
                "BeginTime is over 7 days ago.",
            ));
        }
        if end < begin {
            return Err(refusal("InvalidParameterValue.EndTimeVerifyFail", "EndTime is before BeginTime."));
        }
        let found = self.sent.of(&app_id, &to, begin, end).take(limit);
        let statuses = found.map(|one| status(one, self.failed.has(&one.serial, &one.to)));
        Ok(members("PullSmsSendStatusSet", statuses.collect()))
    }

    /// Does what SendStatusStatistics does, over whole hours of China.
    pub(super) fn tencent_statistics(&self, asked: &Asked) -> Result<Map<String, Value>, Refusal> {
        asked.only(&["BeginTime", "EndTime", "SmsSdkAppId", "Limit", "Offset"])?;
        let hour = |name: &str| {
            let text = asked.need(name)?;
            let code = ["InvalidParameterValue.", name, "VerifyFail"].concat();
            let good = text.len() == 10 && super::digits(text);
            if good { Ok(text) } else { Err(refusal(&code, "The time must be yyyymmddhh.")) }
        };
        let (begin, end) = (hour("BeginTime")?, hour("EndTime")?);
        asked.need_number("Limit")?;
        asked.need_number("Offset")?;
        let app_id = self.tencent_app(asked)?;
        if end < begin {
            return Err(refusal("InvalidParameterValue.InvalidStartTime", "BeginTime is after EndTime."));
        }
        let in_hours = |one: &&One| {
            let text: String = super::china(one.at).chars().filter(char::is_ascii_digit).take(10).collect();
            one.app_id == app_id && (begin..=end).contains(&text.as_str())
        };
        let asked_for = self.sent.0.iter().filter(in_hours).count();
        let taken = self.sent.0.iter().filter(in_hours).filter(|one| one.taken).count();
        let counts = json!({"FeeCount": taken, "RequestCount": asked_for, "RequestSuccessCount": taken});
        Ok(members("SendStatusStatistics", counts))
    }

    fn tencent_app(&self, asked: &Asked) -> Result<String, Refusal> {
        let app_id = asked.need("SmsSdkAppId")?;
        if !self.settings.app_ids.iter().any(|known| known == app_id) {
            let message = "The SmsSdkAppId does not belong to the account of the key.";
            return Err(refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail", message));
        }
        Ok(app_id.to_owned())
    }
}

fn status(one: &One, failed: bool) -> Value {
    let (country, national) = one.parts();
    let State { status, code, .. } = state(failed);
    json!({
        "UserReceiveTime": one.at.plus(ON_ITS_WAY).seconds(),
        "CountryCode": country,
        "SubscriberNumber": national,
        "PhoneNumber": one.to,
        "SerialNo": one.serial,
        "ReportStatus": status,
        "Description": code,
        "SessionContext": one.context,
    })
}

fn limit(asked: &Asked) -> Result<usize, Refusal> {
    match usize::try_from(asked.need_number("Limit")?) {
        Ok(limit) if (1..=100).contains(&limit) => Ok(limit),
        _ => Err(refusal("InvalidParameterValue.LimitVerifyFail", "The limit must be from 1 to 100.")),
    }
}

fn members(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

/// Reads what SendSms is asked.
fn request(asked: &Asked) -> Result<Request, Refusal> {
    asked.only(PARAMS)?;
    let context = asked.text("SessionContext")?.unwrap_or_default().to_owned();
    if context.len() > 512 {
        return Err(refusal(
            "InvalidParameterValue",
            "The parameter `SessionContext` is longer than 512 bytes.",
        ));
    }
    Ok(Request {
        numbers: asked.list("PhoneNumberSet")?,
        app_id: asked.need("SmsSdkAppId")?.to_owned(),
        template: asked.need("TemplateId")?.to_owned(),
        sign: asked.text("SignName")?.unwrap_or_default().to_owned(),
        params: asked.list("TemplateParamSet")?,
        context,
    })
}

/// 7 days, in seconds.
const WEEK: u64 = 7 * 86_400;

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
