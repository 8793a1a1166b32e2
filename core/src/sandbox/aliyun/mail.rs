//! Mail: SingleSendMail, 2015-11-23.

use super::super::{Sandbox, Sms, Vendor};
use super::auth::flag;
use super::global::code_in;
use super::{Refusal, Request, invalid};
use crate::time::UnixMillis;
use serde_json::{Value, json};

impl Sandbox {
    pub(super) fn single_send_mail(&mut self, request: &Request, now: UnixMillis) -> Result<Value, Refusal> {
        let sender = request.need("AccountName")?;
        if !self.settings.senders.iter().any(|known| known == sender) {
            return Err((
                404,
                "InvalidMailAddress.NotFound".into(),
                "The sender address does not exist.".into(),
            ));
        }
        request.need("AddressType").and(request.need("ReplyToAddress"))?;
        request.number("AddressType", 0..=1)?;
        flag(request, "ReplyToAddress")?;
        let to: Vec<&str> = request.need("ToAddress")?.split(',').collect();
        if to.len() > 100 || !to.iter().all(|address| is_address(address)) {
            return Err((400, "InvalidToAddress".into(), "The specified receiver address is wrong.".into()));
        }
        let subject = request.need("Subject")?;
        if subject.chars().count() > 256 {
            return Err((400, "InvalidSubject.Malformed".into(), "The specified subject is wrong.".into()));
        }
        if request.find("FromAlias").is_some_and(|alias| alias.chars().count() > 15) {
            return Err(invalid("FromAlias"));
        }
        let body = || {
            if let Some(template) = request.find("Template") {
                return from_template(template);
            }
            let html = request.find("HtmlBody");
            let text = html.or_else(|| request.find("TextBody"))?;
            Some((String::new(), text.to_owned(), code_in(text, html.is_some())))
        };
        let wrong = || (400, "InvalidBody".into(), "The specified textBody or htmlBody is wrong.".into());
        let (template, text, params) = body().ok_or_else(wrong)?;
        let number = self.serial("mail") % 1_000_000_000_000;
        let message_id = format!("600{number:012}");
        for to in to {
            self.take_in(Sms {
                to: to.to_owned(),
                vendor: Vendor::Aliyun,
                sign: sender.to_owned(),
                template: template.clone(),
                params: params.clone(),
                text: format!("{subject}\n\n{text}"),
                message_id: message_id.clone(),
                at: now,
            });
        }
        Ok(json!({"EnvId": message_id}))
    }
}

/// What stands in the inbox of a mail from a template: its id, its variables as text, and these.
type Body = (String, String, Vec<(String, String)>);

/// Reads `Template`; `None` if it is wrong.
fn from_template(text: &str) -> Option<Body> {
    let template: Value = serde_json::from_str(text).ok()?;
    let id = template.get("TemplateId")?.as_str().filter(|id| !id.is_empty())?;
    let mut params = Vec::new();
    for (name, value) in template.get("TemplateData").and_then(Value::as_object).into_iter().flatten() {
        params.push((name.clone(), value.as_str()?.to_owned()));
    }
    let lines: Vec<String> = params.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    Some((id.to_owned(), lines.join("\n"), params))
}

/// Tells whether it is an address, roughly; the gateway takes more than this and less than the standard.
fn is_address(text: &str) -> bool {
    let (name, domain) = text.rsplit_once('@').unwrap_or_default();
    let odd = |char: char| char.is_whitespace() || char.is_control() || "<>;\"".contains(char);
    !name.is_empty() && domain.contains('.') && text.len() <= 192 && !text.contains(odd)
}
