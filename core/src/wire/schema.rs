//! The names and types of this module's fields, as data that the bindings' own types are checked against.

use super::{
    Applied, HttpCall, HttpReply, Method, Millis, Outcome, SendRequest, StoreOp, UnixMillis, VerifyRequest,
};
use serde_json::{Map, Value, json};

/// Lists all fields of a value with their types; a field left out does not compile.
macro_rules! fields {
    ($type:ident { $($field:ident),* } = $value:expr) => {{
        let $type { $($field),* } = $value;
        let mut map = Map::new();
        $(map.insert(stringify!($field).to_owned(), Value::String(name(&$field)));)*
        Value::Object(map)
    }};
}
/// Returns the fields of every type that a binding exposes, as JSON: `core/vectors/wire.json`.
///
/// Types are `string`, `boolean`, `integer`, `milliseconds`, `bytes` and `[string, string]`; `?` may be absent, `[]` is
/// a list.
#[must_use]
pub fn schema_json() -> String {
    let empty = || HttpCall {
        method: Method::Get,
        url: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: Millis(0),
        max_reply: 0,
    };
    let reply = HttpReply { status: 0, headers: Vec::new(), body: Vec::new() };
    let applied = Applied { record: None, ttl: Millis(0), reply: String::new() };
    let op = StoreOp { key: String::new(), op: String::new() };
    let outcome: Outcome = crate::Outcome::new(crate::outcome::Code::Sent).into();
    let kinds = crate::outcome::Kind::ALL.map(crate::outcome::Kind::as_str);
    let whole = json!({
        "types": {
            "SendRequest": fields!(SendRequest { to, purpose, ip, session, device, idempotency_key, code, deliver } = SendRequest::default()),
            "VerifyRequest": fields!(VerifyRequest { to, purpose, ip, session, code, ticket_for } = VerifyRequest::default()),
            "Outcome": fields!(Outcome {
                kind, ok, code, to, masked, retry_after_ms, resend_in_ms, expires_in_ms, attempts_left, replayed, challenge,
                ticket, provider, send_id, message_id, request_id, answer, http_status, text_zh, text_en, events
            } = outcome),
            "HttpCall": fields!(HttpCall { method, url, headers, body, timeout, max_reply } = empty()),
            "HttpReply": fields!(HttpReply { status, headers, body } = reply),
            "StoreOp": fields!(StoreOp { key, op } = op),
            "Applied": fields!(Applied { record, ttl, reply } = applied),
        },
        "kinds": kinds,
        "methods": [Method::Get.as_str(), Method::Post.as_str()],
        "steps": ["http", "credentials", "store", "done"],
        "replies": ["http", "http-fault", "credentials", "credentials-fault", "store", "store-fault"],
    });
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    text
}

/// A type that crosses to other languages.
trait Named {
    fn name() -> String;
}

fn name<T: Named>(_: &T) -> String {
    T::name()
}

/// Gives Rust types their names.
macro_rules! named {
    ($($type:ty = $name:literal;)*) => {
        $(impl Named for $type {
            fn name() -> String {
                $name.into()
            }
        })*
    };
}

named! {
    String = "string";
    &'static str = "string";
    Method = "string";
    bool = "boolean";
    u16 = "integer";
    u32 = "integer";
    u64 = "integer";
    usize = "integer";
    Millis = "milliseconds";
    UnixMillis = "milliseconds";
    Vec<u8> = "bytes";
    (String, String) = "[string, string]";
}

impl<T: Named> Named for Option<T> {
    fn name() -> String {
        format!("{}?", T::name())
    }
}

impl Named for Vec<String> {
    fn name() -> String {
        format!("{}[]", String::name())
    }
}

impl Named for Vec<(String, String)> {
    fn name() -> String {
        format!("{}[]", <(String, String)>::name())
    }
}
