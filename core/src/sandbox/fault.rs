//! Faults on demand.

use super::{Answer, reply};
use crate::http::HttpReply;
use serde_json::json;
use std::collections::VecDeque;

/// Whose gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Alibaba Cloud.
    Aliyun,
    /// Tencent Cloud.
    Tencent,
    /// A declared gateway.
    #[cfg(feature = "gateway")]
    Gateway,
}

/// A way for a call to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The gateway throttles; nothing is sent.
    Throttle,
    /// The gateway says it is unavailable for a moment; nothing is sent.
    Unavailable,
    /// A proxy answers 502 with HTML; nothing was sent, but nobody can tell.
    ServerError,
    /// The connection can't be made; nothing is sent.
    TimeoutBefore,
    /// The SMS is taken in, then no reply comes.
    TimeoutAfter,
    /// The SMS is taken in, then the reply is cut off in its middle.
    BadJson,
    /// The SMS is taken in, then 10 MB of blanks come before the reply.
    Huge,
}

impl Vendor {
    /// Returns the vendor's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aliyun => "aliyun",
            Self::Tencent => "tencent",
            #[cfg(feature = "gateway")]
            Self::Gateway => "gateway",
        }
    }

    /// Returns the vendor of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Aliyun,
            Self::Tencent,
            #[cfg(feature = "gateway")]
            Self::Gateway,
        ];
        all.into_iter().find(|vendor| vendor.as_str() == name)
    }
}

impl Fault {
    /// All faults, with their names.
    pub const ALL: [(&'static str, Self); 7] = [
        ("throttle", Self::Throttle),
        ("unavailable", Self::Unavailable),
        ("server_error", Self::ServerError),
        ("timeout_before", Self::TimeoutBefore),
        ("timeout_after", Self::TimeoutAfter),
        ("bad_json", Self::BadJson),
        ("huge", Self::Huge),
    ];

    /// Returns the fault of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, fault)| fault)
    }

    /// Returns what answers instead of the gateway, if the call doesn't get to it.
    pub(super) fn before(self, vendor: Vendor, request_id: &str) -> Option<Answer> {
        let (status, code, message) = match (self, vendor) {
            (Self::TimeoutBefore, _) => return Some(Answer::Fault { sent: false }),
            (Self::ServerError, _) => {
                let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
                let body = b"<html><body><h1>502 Bad Gateway</h1></body></html>".to_vec();
                return Some(Answer::Reply(HttpReply { status: 502, headers, body }));
            }
            (Self::Throttle, Vendor::Aliyun) => {
                (400, "Throttling.User", "Request was denied due to user flow control.")
            }
            (Self::Throttle, Vendor::Tencent) => {
                (200, "RequestLimitExceeded", "Your current request frequency exceeds the limit.")
            }
            #[cfg(feature = "gateway")]
            (Self::Throttle, Vendor::Gateway) => (429, "throttled", "There are too many calls."),
            #[cfg(feature = "gateway")]
            (Self::Unavailable, Vendor::Gateway) => (503, "unavailable", "The service is down for a moment."),
            (Self::Unavailable, Vendor::Aliyun) => (
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
            (Self::Unavailable, Vendor::Tencent) => {
                (200, "ServiceUnavailable", "The service is temporarily unavailable.")
            }
            (Self::TimeoutAfter | Self::BadJson | Self::Huge, _) => return None,
        };
        Some(Answer::Reply(match vendor {
            Vendor::Aliyun => super::aliyun::refusal(status, code, message, request_id),
            #[cfg(feature = "gateway")]
            Vendor::Gateway => super::gateway::refusal((status, 1000 + status, code, message), request_id),
            Vendor::Tencent => {
                let error = json!({"Code": code, "Message": message});
                reply(status, &json!({"Response": {"Error": error, "RequestId": request_id}}))
            }
        }))
    }

    /// Returns what becomes of the gateway's reply on its way.
    pub(super) fn after(self, mut reply: HttpReply) -> Answer {
        match self {
            Self::TimeoutAfter => return Answer::Fault { sent: true },
            Self::BadJson => reply.body.truncate(reply.body.len() / 2),
            Self::Huge => {
                let mut body = vec![b' '; 10_000_000];
                body.append(&mut reply.body);
                reply.body = body;
            }
            _ => {}
        }
        Answer::Reply(reply)
    }
}

/// Faults to come, in order.
#[derive(Default)]
pub(super) struct Faults(VecDeque<(Option<Vendor>, Fault, u32)>);

impl Faults {
    pub(super) fn add(&mut self, vendor: Option<Vendor>, fault: Fault, times: u32) {
        if times > 0 {
            self.0.push_back((vendor, fault, times));
        }
    }

    /// Takes the next fault for a call to `vendor`.
    pub(super) fn take(&mut self, vendor: Vendor) -> Option<Fault> {
        let at = self.0.iter().position(|(only, _, _)| only.is_none_or(|only| only == vendor))?;
        let (_, fault, times) = self.0.get_mut(at)?;
        let fault = *fault;
        *times -= 1;
        if *times == 0 {
            self.0.remove(at);
        }
        Some(fault)
    }
}
