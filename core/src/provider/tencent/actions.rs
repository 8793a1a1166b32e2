//! The actions of sms 2021-01-11, ses 2020-10-02 and v5: what each takes, in the order of the vendor's pages.
//!
//! Source: cloud.tencent.com, "SendSms", "PullSmsSendStatus", "PullSmsSendStatusByPhoneNumber",
//! "SendStatusStatistics" and "SendEmail"; of v5 the pages of the same names, and qcloudsms_py 0.1.4.

use super::digits;
use crate::json;
#[cfg(feature = "testing")]
use crate::json::Value;
#[cfg(feature = "testing")]
use crate::provider::action::ActionError;
use crate::provider::action::{self, Action, Kind, Param, Place};
use crate::text::cut_last;

pub(super) const SMS: &[Action] = &[
    Action {
        name: "SendSms",
        params: &[
            need("PhoneNumberSet", Kind::List(200, &NUMBER)),
            APP,
            need("TemplateId", ID),
            may("SignName", action::SIGN),
            may("TemplateParamSet", Kind::List(100, &Kind::Text(500))),
            may("ExtendCode", Kind::Shape(digits, "must be digits")),
            may("SessionContext", Kind::Bytes(512)),
            may("SenderId", Kind::Text(20)),
        ],
    },
    Action { name: "PullSmsSendStatus", params: &[need("Limit", Kind::Number(1, 100)), APP] },
    Action {
        name: "PullSmsSendStatusByPhoneNumber",
        params: &[
            need("BeginTime", SECONDS),
            need("Offset", Kind::Number(0, 0)),
            need("Limit", Kind::Number(1, 100)),
            need("PhoneNumber", NUMBER),
            APP,
            may("EndTime", SECONDS),
        ],
    },
    Action {
        name: "SendStatusStatistics",
        params: &[
            need("BeginTime", HOUR),
            need("EndTime", HOUR),
            APP,
            need("Limit", Kind::Number(0, 0)),
            need("Offset", Kind::Number(0, 0)),
        ],
    },
];

pub(super) const MAIL: &[Action] = &[Action {
    name: "SendEmail",
    params: &[
        need(
            "FromEmailAddress",
            Kind::Shape(sender, "must be an address, or a name, one blank and the address in <>"),
        ),
        need("Subject", Kind::Text(100)),
        may("Destination", Kind::List(50, &ADDRESS)),
        may(
            "Template",
            Kind::Object(&[
                need("TemplateID", Kind::Number(1, 9_999_999_999)),
                need("TemplateData", Kind::Bytes(800)),
            ]),
        ),
        may("ReplyToAddresses", ADDRESS),
        may("Cc", Kind::List(20, &ADDRESS)),
        may("Bcc", Kind::List(20, &ADDRESS)),
        may("Simple", Kind::Object(&[may("Html", ANY), may("Text", ANY)])),
        may(
            "Attachments",
            Kind::List(10, &Kind::Object(&[need("FileName", Kind::Text(255)), need("Content", ANY)])),
        ),
        may("Unsubscribe", Kind::Text(10)),
        may("TriggerType", Kind::Number(0, 1)),
        may("SmtpMessageId", Kind::Text(255)),
        may("SmtpHeaders", Kind::Text(2_000)),
        may("HeaderFrom", Kind::Text(255)),
    ],
}];

/// A mail has one of these, or the vendor has nothing to send.
pub(super) const BODIES: &[&str] = &["Template", "Simple"];

/// What is asked of cloud.tim.qq.com; the rest of yun.tim.qq.com.
pub(super) const VOICES: [&str; 4] = ["sendcvoice", "sendvoiceprompt", "sendtvoice", "sendfvoice"];

pub(super) const LEGACY: &[Action] = &[
    Action { name: "sendsms", params: &[need("tel", TEL), SIGN, TEMPLATE, VALUES, KIND, MSG, EXTEND, EXT] },
    Action {
        name: "sendmultisms2",
        params: &[need("tel", Kind::List(200, &TEL)), SIGN, TEMPLATE, VALUES, KIND, MSG, EXTEND, EXT],
    },
    Action { name: "pullstatus", params: &[need("type", Kind::Number(0, 1)), MAX] },
    Action {
        name: "pullstatus4mobile",
        params: &[
            need("type", Kind::Number(0, 1)),
            MAX,
            need("begin_time", SECONDS),
            need("end_time", SECONDS),
            need("nationcode", NATION),
            need("mobile", MOBILE),
        ],
    },
    Action {
        name: "sendcvoice",
        params: &[
            need("tel", TEL),
            need("msg", Kind::Shape(digits, "must be the code, digits only")),
            TIMES,
            EXT,
        ],
    },
    Action {
        name: "sendvoiceprompt",
        params: &[
            need("tel", TEL),
            need("prompttype", Kind::Number(2, 2)),
            need("promptfile", Kind::Text(500)),
            TIMES,
            EXT,
        ],
    },
    Action {
        name: "sendtvoice",
        params: &[need("tel", TEL), need("tpl_id", Kind::Number(1, 9_999_999_999)), VALUES, TIMES, EXT],
    },
    Action { name: "sendfvoice", params: &[need("tel", TEL), need("fid", Kind::Text(255)), TIMES, EXT] },
];

const TEL: Kind = Kind::Object(&[need("nationcode", NATION), need("mobile", MOBILE)]);
const NATION: Kind = Kind::Shape(nation, "must be a calling code, 1 to 4 digits");
const MOBILE: Kind = Kind::Shape(digits, "must be the number without its calling code, digits only");
const SIGN: Param = may("sign", action::SIGN);
const TEMPLATE: Param = may("tpl_id", Kind::Number(1, 9_999_999_999));
const VALUES: Param = may("params", Kind::List(100, &Kind::Text(500)));
const KIND: Param = may("type", Kind::Number(0, 1));
const MSG: Param = may("msg", Kind::Text(1_000));
const EXTEND: Param = may("extend", Kind::Text(20));
const EXT: Param = may("ext", Kind::Bytes(512));
const MAX: Param = need("max", Kind::Number(1, 100));
const TIMES: Param = may("playtimes", Kind::Number(1, 3));
const ADDRESS: Kind = Kind::Shape(address, "must be an address");
const ANY: Kind = Kind::Text(u16::MAX);

/// Writes the JSON body of a cloud API's action for a vector, through its table; `None` if there is no such action.
#[cfg(feature = "testing")]
pub(crate) fn vector(name: &str, params: &Value) -> Option<Result<String, ActionError>> {
    let action = SMS.iter().chain(MAIL).find(|action| action.name == name)?;
    Some(action.take(params, &[]).map(|taken| taken.json()))
}

const APP: Param = need("SmsSdkAppId", ID);
const ID: Kind = Kind::Shape(digits, "must be digits only");
const NUMBER: Kind = Kind::Shape(number, "must be a number such as +8613800138000");
const SECONDS: Kind = Kind::Number(1, 9_999_999_999);
const HOUR: Kind = Kind::Shape(hour, "must be an hour such as 2026013123");

const fn need(name: &'static str, kind: Kind) -> Param {
    Param::required(Place::Body, name, kind)
}

const fn may(name: &'static str, kind: Kind) -> Param {
    Param::optional(Place::Body, name, kind)
}

/// E.164 with its plus; of the mainland also with 0086, with 86, or bare.
fn number(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    let foreign = text.len() > rest.len() && (7..=15).contains(&rest.len());
    (foreign || mainland(text)) && digits(rest)
}

/// Tells whether a number is one of the mainland, in any of the forms that the vendor takes.
pub(super) fn mainland(text: &str) -> bool {
    let bare = ["+86", "0086", "86"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    bare.len() == 11 && bare.starts_with('1')
}

fn nation(text: &str) -> bool {
    text.len() <= 4 && digits(text)
}

/// Tells whether a text may be a mail address; the vendor looks closer.
pub(super) fn address(text: &str) -> bool {
    let plain =
        !text.chars().any(|char| char.is_control() || matches!(char, ' ' | '<' | '>' | ',' | ';' | ':'));
    let inside = text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    plain && inside && text.len() <= 254
}

/// Tells whether a text is an address, or a name without colon, one blank and the address in angle brackets.
pub(super) fn sender(text: &str) -> bool {
    // A search for text is 7 kB of code at the edge; a character's is not.
    let parts = text.strip_suffix('>').and_then(|rest| cut_last(rest, b'<'));
    match parts.and_then(|(name, inside)| Some((name.strip_suffix(' ')?, inside))) {
        Some((name, inside)) => {
            let plain = !name.chars().any(|char| char.is_control() || matches!(char, ':' | '<' | '>'));
            plain && !name.is_empty() && !name.ends_with(' ') && address(inside)
        }
        None => address(text),
    }
}

/// Tells whether a template's data is what the vendor reads: a JSON object, written as text.
pub(super) fn is_data(text: &str) -> bool {
    json::parse(text.as_bytes()).is_ok_and(|data| data.as_object().is_some())
}

fn hour(text: &str) -> bool {
    text.len() == 10 && digits(text)
}
