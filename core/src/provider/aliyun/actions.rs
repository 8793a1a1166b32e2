//! The actions of each product: what each takes, where it travels, in the order of the vendor's pages.
//!
//! Source: help.aliyun.com, the page of each action, and the APIs' metadata as the official SDKs carry it:
//! alibabacloud_dysmsapi20170525 4.6.0, alibabacloud_dysmsapi20180501 1.0.10, alibabacloud_dypnsapi20170525 2.0.0,
//! alibabacloud_dm20151123 1.11.1.

use super::global::sender;
use super::number;
use crate::provider::action::{Action, Kind, Param, Place, SIGN};

/// dysmsapi 2017-05-25.
pub(super) const SMS: &[Action] = &[
    Action {
        name: "SendBatchSms",
        params: &[
            Param::required(Place::Form, NUMBERS, Kind::Json(&Kind::List(100, &NUMBER))),
            Param::required(Place::Form, SIGNS, Kind::Json(&Kind::List(100, &Kind::Text(100)))),
            need("TemplateCode", Kind::Shape(super::sms_template, TEMPLATES)),
            Param::optional(Place::Form, VALUES, Kind::Json(&Kind::List(100, &Kind::Texts))),
            Param::optional(Place::Form, EXTENDS, Kind::Json(&Kind::List(100, &DIGITS))),
            may("OutId", Kind::Text(256)),
        ],
    },
    Action {
        name: "QuerySendDetails",
        params: &[
            need("PhoneNumber", NUMBER),
            need("SendDate", Kind::Shape(day, "must be a day such as 20260131")),
            need("PageSize", Kind::Number(1, 50)),
            need("CurrentPage", Kind::Number(1, 1_000_000_000)),
            may("BizId", Kind::Text(64)),
        ],
    },
];

/// dypnsapi 2017-05-25.
pub(super) const AUTH: &[Action] = &[
    Action {
        name: "SendSmsVerifyCode",
        params: &[
            need("PhoneNumber", MOBILE),
            need("SignName", SIGN),
            need("TemplateCode", TEMPLATE),
            need("TemplateParam", Kind::Json(&Kind::Texts)),
            may("CountryCode", COUNTRY),
            may("SchemeName", Kind::Text(20)),
            may("OutId", Kind::Text(256)),
            may("SmsUpExtendCode", DIGITS),
            may("CodeLength", Kind::Number(4, 8)),
            may("CodeType", Kind::Number(1, 7)),
            may("ValidTime", LIFETIME),
            may("Interval", SECONDS),
            may("DuplicatePolicy", Kind::Number(1, 2)),
            may("ReturnVerifyCode", Kind::Flag),
            may("AutoRetry", Kind::Number(0, 1)),
        ],
    },
    Action {
        name: "CheckSmsVerifyCode",
        params: &[
            need("PhoneNumber", MOBILE),
            need("VerifyCode", Kind::Text(32)),
            may("CountryCode", COUNTRY),
            may("SchemeName", Kind::Text(20)),
            may("OutId", Kind::Text(256)),
            may("CaseAuthPolicy", Kind::Number(1, 2)),
        ],
    },
];

/// dysmsapi 2018-05-01.
pub(super) const GLOBE: &[Action] = &[
    Action {
        name: "SendMessageToGlobe",
        params: &[
            need("To", ABROAD),
            need("Message", TEXT),
            may("From", SENDER),
            may("Type", Kind::Shape(kind, "must be OTP, NOTIFY or MKT")),
            may("TaskId", Kind::Text(255)),
            may("ValidityPeriod", SECONDS),
            may("ChannelId", Kind::Text(255)),
        ],
    },
    Action {
        name: "BatchSendMessageToGlobe",
        params: &[
            need("To", Kind::Json(&Kind::List(1_000, &ABROAD))),
            need("Message", Kind::Json(&Kind::List(1_000, &TEXT))),
            may("From", SENDER),
            may("Type", Kind::Shape(batch, "must be NOTIFY or MKT")),
            may("TaskId", Kind::Text(255)),
            may("ValidityPeriod", SECONDS),
            may("ChannelId", Kind::Text(255)),
        ],
    },
];

/// dm 2015-11-23.
pub(super) const MAIL: &[Action] = &[Action {
    name: "SingleSendMail",
    params: &[
        form("AccountName", ADDRESS, true),
        form("AddressType", Kind::Number(0, 1), true),
        form("ReplyToAddress", Kind::Flag, true),
        form("ToAddress", Kind::Shape(addresses, "must be 1 to 100 addresses, with commas"), true),
        form("Subject", Kind::Text(256), true),
        form("HtmlBody", TEXT, false),
        form("TextBody", TEXT, false),
        form("Template", Kind::Json(&KEPT), false),
        form("FromAlias", Kind::Text(15), false),
        form("TagName", Kind::Text(128), false),
        form("ClickTrace", Kind::Shape(switch, "must be 0 or 1"), false),
        form("ReplyAddress", ADDRESS, false),
        form("ReplyAddressAlias", Kind::Text(64), false),
        form("BccAddress", Kind::Shape(blind, "must be 1 or 2 addresses, with a comma"), false),
        form("Headers", TEXT, false),
        form("IpPoolId", Kind::Text(64), false),
        form("DomainAuth", Kind::Flag, false),
        form("UnSubscribeLinkType", Kind::Text(64), false),
        form("UnSubscribeFilterLevel", Kind::Text(64), false),
    ],
}];

/// A mail has one of these, or the vendor has nothing to send.
pub(super) const BODIES: &[&str] = &["HtmlBody", "TextBody", "Template"];

/// Lists of one action whose entries belong together: as many of each as of the first.
pub(super) const TOGETHER: &[&str] = &[NUMBERS, SIGNS, VALUES, EXTENDS, "To", "Message"];

const NUMBERS: &str = "PhoneNumberJson";
pub(super) const SIGNS: &str = "SignNameJson";
const VALUES: &str = "TemplateParamJson";
const EXTENDS: &str = "SmsUpExtendCodeJson";

const NUMBER: Kind = Kind::Shape(any_number, "must be a number such as 13800138000 or 85261234567");
const MOBILE: Kind = Kind::Shape(mobile, "must be a mainland number such as 13800138000");
const ABROAD: Kind = Kind::Shape(abroad, "must be a number outside the mainland such as 85261234567");
const COUNTRY: Kind = Kind::Shape(home, "must be 86");
const DIGITS: Kind = Kind::Shape(number, "must be 1 to 20 digits");
const SENDER: Kind = Kind::Shape(sender, super::global::SENDER);
const TEMPLATE: Kind = Kind::Shape(template, "must be a template such as 100001");
const TEMPLATES: &str = "must be a template such as SMS_123456789";
/// Seconds; a week is far longer than any vendor keeps a code, or a carrier a text.
const SECONDS: Kind = Kind::Number(0, 604_800);
const LIFETIME: Kind = Kind::Number(1, 604_800);
const ADDRESS: Kind = Kind::Shape(super::mail::address, "must be an address");
const TEXT: Kind = Kind::Text(u16::MAX);
const KEPT: Kind =
    Kind::Object(&[form("TemplateId", Kind::Text(64), true), form("TemplateData", Kind::Texts, false)]);

const fn need(name: &'static str, kind: Kind) -> Param {
    Param::required(Place::Query, name, kind)
}

const fn may(name: &'static str, kind: Kind) -> Param {
    Param::optional(Place::Query, name, kind)
}

const fn form(name: &'static str, kind: Kind, required: bool) -> Param {
    Param { name, kind, required, place: Place::Form }
}

/// Of the mainland with +86, 0086, 86 or bare; of elsewhere with its calling code and no plus.
fn any_number(text: &str) -> bool {
    let rest = if text.starts_with("+86") { text.trim_start_matches('+') } else { text };
    number(rest) && rest.len() > 5
}

fn mobile(text: &str) -> bool {
    number(text) && text.len() == 11 && text.starts_with('1')
}

fn abroad(text: &str) -> bool {
    number(text) && (6..=15).contains(&text.len()) && !text.strip_prefix("86").is_some_and(mobile)
}

fn home(text: &str) -> bool {
    text == "86"
}

fn template(text: &str) -> bool {
    number(text) || super::sms_template(text)
}

fn day(text: &str) -> bool {
    text.len() == 8 && number(text)
}

fn kind(text: &str) -> bool {
    text == "OTP" || batch(text)
}

fn batch(text: &str) -> bool {
    ["NOTIFY", "MKT"].contains(&text)
}

fn switch(text: &str) -> bool {
    ["0", "1"].contains(&text)
}

fn addresses(text: &str) -> bool {
    text.split(',').count() <= 100 && text.split(',').all(super::mail::address)
}

fn blind(text: &str) -> bool {
    text.split(',').count() <= 2 && addresses(text)
}

/// Returns the action of this name, and its product's version.
#[cfg(feature = "testing")]
pub(crate) fn named(name: &str) -> Option<(&'static Action, &'static str)> {
    use super::api;
    let products = [(SMS, api::SMS), (AUTH, api::SMS), (GLOBE, api::GLOBE), (MAIL, api::MAIL)];
    products.into_iter().find_map(|(actions, version)| {
        actions.iter().find(|action| action.name == name).map(|action| (action, version))
    })
}
