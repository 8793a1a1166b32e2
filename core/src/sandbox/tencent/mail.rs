//! SendEmail by template.
//!
//! Source: cloud.tencent.com, "SendEmail", parameters and error codes.

use super::{Asked, Refusal, missing, refusal};
use crate::sandbox::{Sandbox, Sms, Vendor};
use crate::time::UnixMillis;
use serde_json::{Map, Value, json};

impl Sandbox {
    pub(super) fn tencent_mail(
        &mut self,
        asked: &Asked,
        now: UnixMillis,
    ) -> Result<Map<String, Value>, Refusal> {
        asked.only(PARAMS)?;
        let from = asked.need("FromEmailAddress")?;
        let subject = asked.need("Subject")?;
        if !(1..=100).contains(&subject.chars().count()) {
            return Err(refusal(
                "InvalidParameterValue.SubjectLengthError",
                "The subject must have 1 to 100 characters.",
            ));
        }
        if !is_sender(from) {
            return Err(refusal("FailedOperation.IncorrectSender", "The sender is malformed."));
        }
        let mut to = Vec::new();
        for (name, most) in [("Destination", 50), ("Cc", 20), ("Bcc", 20)] {
            let list = asked.list(name)?;
            if list.len() > most {
                return Err(refusal("FailedOperation.TooManyRecipients", "There are too many receivers."));
            }
            to.extend(list);
        }
        if to.is_empty() {
            return Err(refusal("MissingParameter.EmailsNecessary", "There is no receiver."));
        }
        if !to.iter().all(|address| is_address(address)) {
            return Err(refusal(
                "InvalidParameterValue.ReceiverEmailInvalid",
                "A receiver's address is not valid.",
            ));
        }
        if asked.number("TriggerType")?.is_some_and(|kind| kind > 1) {
            return Err(refusal("InvalidParameterValue", "The parameter `TriggerType` must be 0 or 1."));
        }
        let Some(template) = asked.params.get("Template").and_then(Value::as_object) else {
            return Err(match asked.params.contains_key("Simple") {
                true => refusal("FailedOperation.WithOutPermission", "The account may send templates only."),
                false => {
                    refusal("FailedOperation.MissingEmailContent", "There is neither template nor body.")
                }
            });
        };
        let id = match template.get("TemplateID") {
            Some(Value::Number(number)) if !asked.texts => number.to_string(),
            Some(Value::String(text)) if asked.texts => text.clone(),
            None => return Err(missing("Template.TemplateID")),
            Some(_) => return Err(super::wrong_type("Template.TemplateID")),
        };
        let data = template.get("TemplateData").and_then(Value::as_str).unwrap_or_default();
        let (params, text) = self.tencent_letter(&id, data)?;
        let message_id =
            format!("qcloudses-30-{}-{}", self.serial_no(0).trim_start_matches("2640:"), now.seconds());
        for to in to {
            self.take_in(Sms {
                to,
                vendor: Vendor::Tencent,
                sign: from.to_owned(),
                template: id.clone(),
                params: params.clone(),
                text: format!("{subject}\n\n{text}"),
                message_id: message_id.clone(),
                at: now,
            });
        }
        Ok(Map::from_iter([("MessageId".to_owned(), json!(message_id))]))
    }

    /// Fills an approved template; its variables and the data's have to be the same.
    fn tencent_letter(&self, id: &str, data: &str) -> Result<(Vec<(String, String)>, String), Refusal> {
        if data.len() > 800 {
            return Err(refusal(
                "InvalidParameterValue.TemplateDataLenLimit",
                "The data has over 800 bytes.",
            ));
        }
        let Ok(Value::Object(data)) = serde_json::from_str::<Value>(data) else {
            return Err(refusal(
                "InvalidParameterValue.TemplateDataError",
                "TemplateData must be a JSON object.",
            ));
        };
        let template = self.settings.mails.iter().find(|(known, _)| known == id).map(|(_, text)| text);
        let template = template.ok_or_else(|| {
            refusal("FailedOperation.InvalidTemplateID", "The template is unknown or not approved.")
        })?;
        let mut text = template.clone();
        let mut params = Vec::new();
        for (name, value) in &data {
            let place = format!("{{{{{name}}}}}");
            let Some(value) = value.as_str().filter(|_| template.contains(&place)) else {
                return Err(refusal(
                    "InvalidParameterValue.TemplateNotMatchData",
                    "The variables do not match.",
                ));
            };
            if value.contains(['<', '>']) {
                return Err(refusal(
                    "InvalidParameterValue.InValidTemplateData",
                    "Variables may not hold HTML.",
                ));
            }
            text = text.replace(&place, value);
            params.push((name.clone(), value.to_owned()));
        }
        if text.contains("{{") {
            return Err(refusal("InvalidParameterValue.TemplateNotMatchData", "The variables do not match."));
        }
        Ok((params, text))
    }
}

fn is_address(text: &str) -> bool {
    let plain = !text.chars().any(|char| char.is_control() || " <>,;:".contains(char));
    plain && text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}

/// Tells whether this is an address, or an alias, one blank and the address in angle brackets.
fn is_sender(text: &str) -> bool {
    match text.strip_suffix('>').and_then(|rest| rest.rsplit_once(" <")) {
        Some((alias, address)) => {
            !alias.contains([':', '<', '>']) && !alias.ends_with(' ') && is_address(address)
        }
        None => is_address(text),
    }
}

const PARAMS: &[&str] = &[
    "Attachments",
    "Bcc",
    "Cc",
    "Destination",
    "FromEmailAddress",
    "HeaderFrom",
    "ReplyToAddresses",
    "Simple",
    "SmtpHeaders",
    "SmtpMessageId",
    "Subject",
    "Template",
    "TriggerType",
    "Unsubscribe",
];
