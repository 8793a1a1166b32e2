//! Delivery receipts: what became of a message, as the provider tells later.
//!
//! Pushed or pulled, of whichever vendor, they become one type, joined to the send by the blind name that its
//! outcome had (`send_id`). Neither vendor signs its push, so a receipt is an event and a statistic: it gives
//! nothing back and releases nothing, and the endpoint that takes it has a secret path ([`crate::Engine::receipt_key`]).
//! The same receipt may come more than once.
//!
//! Sources: help.aliyun.com, "SmsReport" and "QuerySendDetails"; cloud.tencent.com, "PullSmsSendStatus", the
//! push of delivery states, and the v5 API's "pullstatus".

mod form;
#[cfg(test)]
mod tests;

use crate::json::{self, Value};
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use form::{Form, Time};

/// What a provider tells of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReceipt {
    /// The send's blind name; `None` where the vendor doesn't repeat it.
    pub send_id: Option<String>,
    /// The provider's id of the message, as the outcome had it.
    pub message_id: Option<String>,
    /// What became of it.
    pub status: Status,
    /// The vendor's or the carrier's code, e.g. `DELIVERED`; for an operator.
    pub code: Option<String>,
    /// The number, masked to its last two digits.
    pub masked: Option<String>,
    /// When it was delivered or given up, to the second.
    pub at: Option<UnixMillis>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The handset has it.
    Delivered,
    /// It will not come.
    Failed,
    /// The carrier has not told yet.
    Pending,
}

/// Bytes that are no receipts of this vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// The largest body that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// Reads a push or the answer to a pull; `kind` is the provider's: `aliyun`, `tencent`, `tencent_legacy`.
///
/// An entry that is not a receipt is left out: the others of its batch would not come again.
///
/// # Errors
/// [`Unreadable`] when the body is no list of this vendor's; answer with an error, so that it comes again.
pub fn read(kind: &str, body: &[u8]) -> Result<Vec<DeliveryReceipt>, Unreadable> {
    let body = Some(body).filter(|body| body.len() <= MAX_BODY).ok_or(Unreadable)?;
    let value = json::parse(body).map_err(|_| Unreadable)?;
    let mut forms = form::ALL.iter().filter(|form| form.kind == kind);
    let found =
        forms.find_map(|form| Some((form, form.path.iter().try_fold(&value, |at, name| at.get(name))?)));
    let (form, list) = found.ok_or(Unreadable)?;
    let list = list.as_array().ok_or(Unreadable)?;
    Ok(list.iter().filter_map(|entry| receipt(form, entry)).collect())
}

/// Returns the body of the answer that the vendor expects to a push, sent as JSON with status 200.
#[must_use]
pub fn acknowledgement(kind: &str) -> &'static str {
    match kind {
        "aliyun" => r#"{"code":0,"msg":"ok"}"#,
        _ => r#"{"result":0,"errmsg":"OK"}"#,
    }
}

impl Status {
    /// Returns the stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Pending => "pending",
        }
    }
}

impl core::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the body is no list of receipts of this provider's")
    }
}

impl core::error::Error for Unreadable {}

fn receipt(form: &Form, entry: &Value) -> Option<DeliveryReceipt> {
    let text = |name: &str| entry.get(name).and_then(plain);
    let state = text(form.status)?;
    let (_, status) = form.states.iter().find(|(word, _)| *word == state)?;
    Some(DeliveryReceipt {
        send_id: text(form.send_id).filter(|id| is_id(id)),
        message_id: text(form.message_id).filter(|id| is_id(id)),
        status: *status,
        code: text(form.code).filter(|code| is_code(code)),
        masked: text(form.number).and_then(|number| masked(&number)),
        at: text(form.time).and_then(|time| instant(form.clock, &time)),
    })
}

/// Returns what a text, a number or a flag says.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) | Value::Number(text) => Some(text.clone()),
        Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.to_owned()),
        _ => None,
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:^.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// Tells whether this is a code such as `MK:0004`: short, and without what could be a number.
fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte);
    let number = text.as_bytes().windows(6).any(|six| six.iter().all(u8::is_ascii_digit));
    (1..=32).contains(&text.len()) && text.bytes().all(plain) && !number
}

fn masked(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let good = (5..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let end = digits.get(digits.len().checked_sub(2)?..)?;
    good.then(|| ["•••••••", end].concat())
}

/// The least and the most of year, month, day, hour, minute and second.
const PARTS: [(u64, u64); 6] = [(2000, 2999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 60)];

/// Reads a time; the vendors write theirs in China Standard Time, eight hours ahead of UTC.
fn instant(clock: Time, text: &str) -> Option<UnixMillis> {
    let seconds = match clock {
        Time::Seconds => text.parse().ok()?,
        Time::Written => {
            let mut read = [0; 6];
            let mut parts = text.split(['-', ' ', ':']);
            for (place, (least, most)) in read.iter_mut().zip(PARTS) {
                let part = parts.next()?.parse().ok()?;
                *place = if (least..=most).contains(&part) { part } else { return None };
            }
            let [year, month, day, hour, minute, second] = read;
            let days = UnixMillis::days_before(year, month, day)?;
            (days * 86_400 + hour * 3_600 + minute * 60 + second).checked_sub(8 * 3_600)?
        }
    };
    (seconds > 0 && seconds < 32_503_680_000).then(|| UnixMillis(seconds * 1_000))
}
