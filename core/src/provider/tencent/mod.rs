//! Tencent: SMS of the cloud API, and what all its cloud APIs share.

mod actions;
mod sms;

pub use sms::Tencent;

use super::action::Answer;
use super::keys::Names;
use super::reading::{doubtful, failure, id, object};
use super::{Class, Failure, classes};
use crate::http::HttpReply;
use crate::json::{Object, Value};

/// A response that names no error.
struct Response {
    members: Object,
    request_id: Option<String>,
}

impl Response {
    /// Reads what every answer of the cloud API is wrapped in; the status is 200 for errors, too.
    ///
    /// Source: cloud.tencent.com, "Response".
    fn read(reply: &HttpReply) -> Result<Self, Failure> {
        let body = object(reply)?;
        let Some(members) = body.get("Response").and_then(Value::as_object) else {
            return Err(doubtful(reply, "reply.no_code"));
        };
        let request_id = id(members.get("RequestId"));
        match members.get("Error").and_then(Value::as_object) {
            None => Ok(Self { members: members.clone(), request_id }),
            Some(error) => Err(coded(reply, error, request_id)),
        }
    }

    /// Returns what an action said, once the status agrees.
    fn answer(self, reply: &HttpReply) -> Result<Answer, Failure> {
        let Self { request_id, .. } = self;
        match (200..300).contains(&reply.status) {
            true => Ok(Answer::within(reply, "Response", request_id)),
            false => Err(contradiction(reply, request_id)),
        }
    }
}

/// Returns the failure that an object with `Code` and `Message` stands for.
fn coded(reply: &HttpReply, error: &Object, request_id: Option<String>) -> Failure {
    match text(error, "Code") {
        Some(code) => {
            let message = text(error, "Message").unwrap_or_default();
            failure(classes::TENCENT, reply, code, message, request_id)
        }
        None => Failure { request_id, ..doubtful(reply, "reply.no_code") },
    }
}

fn contradiction(reply: &HttpReply, request_id: Option<String>) -> Failure {
    Failure { class: Class::Ambiguous, request_id, ..doubtful(reply, "reply.contradiction") }
}

fn text<'a>(map: &'a Object, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str)
}

fn digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

const NAMES: Names = Names {
    id: ("secret_id", "TENCENTCLOUD_SECRET_ID"),
    secret: ("secret_key", "TENCENTCLOUD_SECRET_KEY"),
    token: ("session_token", "TENCENTCLOUD_SESSION_TOKEN"),
};
