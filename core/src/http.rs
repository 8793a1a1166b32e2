//! A request as a value, and its reply.

use crate::time::Millis;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A complete HTTP request, ready to be sent byte for byte.
///
/// The signature covers it: a host must not re-encode the URL, reorder or add signed headers, retry it or
/// follow a redirect. It carries the number, often the code, and a signature, so a host must not log it;
/// `Debug` shows the method, the host and the body's length only.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// The method.
    pub method: Method,
    /// The absolute URL, ASCII, already percent-encoded.
    pub url: String,
    /// Headers in order; names in lower case, no `content-length`. `host` is in the URL and not here.
    pub headers: Vec<(String, String)>,
    /// The body's bytes (UTF-8 text for every provider so far); empty means no body.
    pub body: Vec<u8>,
    /// How long the whole exchange may take.
    pub timeout: Millis,
    /// The largest reply body to read, in bytes; a longer one is a fault.
    pub max_reply: usize,
}

/// The methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The status code, 100 to 599.
    pub status: u16,
    /// Headers; names in lower case. Only `retry-after` and `x-acs-retry-after` are looked at.
    pub headers: Vec<(String, String)>,
    /// The body, decoded from any transfer or content encoding.
    pub body: Vec<u8>,
}

/// The exchange failed before a whole reply was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportFault {
    /// Whether any byte of the request may have left. A host that can't tell says `true`.
    pub sent: bool,
}

impl Method {
    /// Returns the method as it stands on the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl HttpCall {
    /// Returns the host (and port, if any) of the URL.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or("")
    }

    /// Returns the query of the URL, still encoded; empty if there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }

    /// Returns a header's value by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl HttpReply {
    /// Returns a header's value by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpCall({} {}, {} byte body)", self.method.as_str(), self.host(), self.body.len())
    }
}

impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpReply({}, {} byte body)", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_url_headers_and_body() {
        let call = HttpCall {
            method: Method::Post,
            url: "https://host.example/?PhoneNumbers=13800138000".into(),
            headers: vec![("authorization".into(), "canary".into())],
            body: b"canary".to_vec(),
            timeout: Millis(1),
            max_reply: 1,
        };
        assert_eq!(format!("{call:?}"), "HttpCall(POST host.example, 6 byte body)");
        assert_eq!(call.query(), "PhoneNumbers=13800138000");
    }
}
