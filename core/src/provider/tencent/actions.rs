//! The actions of sms 2021-01-11: what each takes, in the order of the vendor's pages.
//!
//! Source: cloud.tencent.com, "SendSms", "PullSmsSendStatus", "PullSmsSendStatusByPhoneNumber" and
//! "SendStatusStatistics".

use super::digits;
use crate::provider::action::{Action, Kind, Param, Place};

pub(super) const SMS: &[Action] = &[
    Action {
        name: "SendSms",
        params: &[
            need("PhoneNumberSet", Kind::List(200, &NUMBER)),
            APP,
            need("TemplateId", ID),
            may("SignName", Kind::Text(40)),
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

fn hour(text: &str) -> bool {
    text.len() == 10 && digits(text)
}
