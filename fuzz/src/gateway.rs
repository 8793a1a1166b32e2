//! What a declared gateway promises: nobody's value reaches scheme, host or port, or leaves the place it stands in.

use sansms::config::Section;
use sansms::http::{HttpCall, HttpReply};
use sansms::json::{self, Value};
use sansms::provider::{self, Channel, Message, Number, Provider, Recipient, Signing};
use sansms::time::{Millis, UnixMillis};

/// Takes a declaration and a reply; tells whether the declaration was accepted.
pub(crate) fn run(declaration: &[u8], reply: &HttpReply, read: fn(&dyn Provider, &HttpReply)) -> bool {
    let Some((declared, gateway)) = accepted(declaration) else { return false };
    read(&*gateway, reply);

    let text = core::str::from_utf8(&reply.body).ok();
    let text =
        text.filter(|text| text.len() <= 200 && !text.chars().any(char::is_control)).unwrap_or(HOSTILE);
    // What stands in front keeps an escape of the declaration's own from going on into the value.
    let hostile = ["\"", text].concat();
    let plain = Words { send_id: MARK, ..WORDS };
    let Some(call) = built(&*gateway, &plain) else { return true };
    let turned = built(&*gateway, &Words { send_id: &hostile, ..WORDS }).expect("a value that it refuses");
    let others = built(&*gateway, &OTHERS).expect("a value that it refuses");

    let url = texts(&declared, "url");
    for (other, hostile) in [(&turned, Some(hostile.as_str())), (&others, None)] {
        assert_eq!(origin(&call.url), origin(&other.url), "a value in scheme, host or port");
        let signed = mentions(&declared, "signature}") || declared.get("preset").is_some();
        let claim = Claim { hostile, signed };
        // A preset brings its own encoding.
        let kind =
            call.header("content-type").filter(|_| declared.get("preset").is_some()).unwrap_or_default();
        let form = texts(&declared, "encoding") == Some("form") || kind.starts_with("application/x-www-form");
        claim.holds(&call, other, form);
    }
    // A preset brings its own.
    if let Some(url) = url {
        let ((host, port), (kept, at)) = (parted(origin(url)), parted(origin(&call.url)));
        assert_eq!(host, kept, "another host");
        assert!(port == at || at.is_empty() && ["443", "80"].contains(&port), "another port");
    }
    assert!(call.url.starts_with("https://") || local(origin(&call.url)), "plain HTTP to elsewhere");
    true
}

/// What stands in the send's name and the address where nothing hostile does.
const MARK: &str = "zqMARKqz";

const HOSTILE: &str = "\\</s>&=?#%0a{code}+ '\u{1f600}../;\u{2028}";

#[derive(Clone, Copy)]
struct Words<'a> {
    number: Number<'a>,
    code: &'a str,
    send_id: &'a str,
    now: UnixMillis,
    nonce: [u8; 16],
}

const WORDS: Words<'_> = Words {
    number: Number { e164: "+8613800138000", calling_code: "86", national: "13800138000" },
    code: "123456",
    send_id: MARK,
    now: UnixMillis(1_694_615_694_000),
    nonce: [7; 16],
};

const OTHERS: Words<'_> = Words {
    number: Number { e164: "+447911123456", calling_code: "44", national: "7911123456" },
    code: "AB12cd",
    send_id: "other",
    now: UnixMillis(1_795_132_812_345),
    nonce: [0xfe; 16],
};

fn accepted(declaration: &[u8]) -> Option<(Value, Box<dyn Provider>)> {
    let declared = json::parse(declaration).ok()?;
    let whole = [br#"{"providers":[{"gateway":"#, declaration, b"}]}"].concat();
    let top = json::parse(&whole).ok()?;
    let mut top = Section::open("", &top).ok()?;
    let mut all = provider::from_config(&mut top, &|_| Some("sandbox-probe".to_owned())).ok()?;
    if mentions(&declared, MARK) { None } else { Some((declared, all.pop()?)) }
}

fn built(gateway: &dyn Provider, words: &Words<'_>) -> Option<HttpCall> {
    let address = [words.send_id, "@b.example"].concat();
    let to = match gateway.channel() {
        Channel::Phone => Recipient::Phone(words.number),
        Channel::Email => Recipient::Email(&address),
    };
    let (send_id, valid) = (Some(words.send_id), Millis::from_seconds(300));
    let message = Message { to, purpose: "login", code: words.code, valid, send_id };
    gateway.call(&message, &Signing { now: words.now, nonce: words.nonce, credentials: None }).ok()
}

/// What must hold between two calls that differ in their values.
struct Claim<'a> {
    /// What stands in the second where the first has the mark; `None` when all values differ.
    hostile: Option<&'a str>,
    /// Whether a signature may stand anywhere.
    signed: bool,
}

impl Claim<'_> {
    fn holds(&self, call: &HttpCall, other: &HttpCall, form: bool) {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
        let url = |byte: u8| unreserved(byte) || b"!$&'()*+,;=:@/?[]".contains(&byte);
        assert!(other.url.bytes().all(url), "a URL that is none");
        self.pieces(&call.url, &other.url, &['/', '?', '&', '=', '#']);

        let names = |call: &HttpCall| call.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(call), names(other), "another header");
        for ((name, first), (_, second)) in call.headers.iter().zip(&other.headers) {
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
            );
            assert!(second.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "a header that breaks out");
            assert!(
                self.hostile.is_none() || self.signed || first == second,
                "a value that is free in a header"
            );
        }

        let [first, second] =
            [call, other].map(|call| core::str::from_utf8(&call.body).expect("a body is text"));
        assert_eq!(first.is_empty(), second.is_empty());
        if form {
            assert!(
                second.bytes().all(|byte| unreserved(byte) || b"+&=".contains(&byte)),
                "a form that is none"
            );
            self.pieces(first, second, &['&', '=']);
        } else if !first.is_empty() {
            let [first, second] =
                [first, second].map(|body| json::parse(body.as_bytes()).expect("a body is JSON"));
            self.same(&first, &second);
        }
    }

    /// Compares texts of a URL or a form, between what separates.
    fn pieces(&self, first: &str, second: &str, at: &[char]) {
        assert_eq!(
            first.matches(at).collect::<Vec<_>>(),
            second.matches(at).collect::<Vec<_>>(),
            "a value that separates"
        );
        for (first, second) in first.split(at).zip(second.split(at)) {
            self.text(&decoded(first), &decoded(second));
        }
    }

    fn same(&self, first: &Value, second: &Value) {
        match (first, second) {
            (Value::Array(first), Value::Array(second)) => {
                assert_eq!(first.len(), second.len(), "another item");
                first.iter().zip(second).for_each(|(first, second)| self.same(first, second));
            }
            (Value::Object(first), Value::Object(second)) => {
                assert_eq!(first.len(), second.len(), "another member");
                for ((name, first), (again, second)) in first.iter().zip(second.iter()) {
                    assert_eq!(name, again, "another name");
                    self.same(first, second);
                }
            }
            (Value::String(first), Value::String(second)) => self.text(first, second),
            // Which number it is follows from number and clock.
            (Value::Number(first), Value::Number(second)) => {
                assert!(self.hostile.is_none() || first == second)
            }
            _ => assert!(first == second, "another kind of value"),
        }
    }

    /// Compares plain text: the hostile value stands there whole, escaped if the text is JSON, and nothing else changed.
    fn text(&self, first: &str, second: &str) {
        let Some(hostile) = self.hostile else { return };
        if second == first.replace(MARK, hostile) {
            return;
        }
        let [one, other] = [first, second].map(|text| json::parse(text.as_bytes()).ok());
        if let (Some(one @ (Value::Array(_) | Value::Object(_))), Some(other)) = (one, other) {
            return self.same(&one, &other);
        }
        let kept = !first.contains(MARK) || second.contains(hostile);
        assert!(self.signed && kept, "a value that isn't what was given");
    }
}

/// Undoes percent-encoding and a form's `+`; what is no escape stays.
fn decoded(text: &str) -> String {
    let (mut rest, mut out) = (text.as_bytes(), Vec::new());
    while let [byte, after @ ..] = rest {
        let escape = after.get(..2).filter(|two| *byte == b'%' && two.iter().all(u8::is_ascii_hexdigit));
        let escaped = escape
            .and_then(|two| core::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match escaped {
            Some(escaped) => out.push(escaped),
            None => out.push(if *byte == b'+' { b' ' } else { *byte }),
        }
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Returns scheme, host and port.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end =
        url.bytes().skip(start).position(|byte| b"/?#".contains(&byte)).map_or(url.len(), |at| start + at);
    url.get(..end).unwrap_or(url)
}

/// Splits an origin before its port, which is without zeros in front.
fn parted(origin: &str) -> (&str, &str) {
    match origin.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, port.trim_start_matches('0'))
        }
        _ => (origin, ""),
    }
}

fn local(origin: &str) -> bool {
    let hosts = ["http://127.", "http://localhost", "http://[::1]"];
    hosts.iter().any(|host| origin.starts_with(host))
}

fn texts<'a>(declared: &'a Value, name: &str) -> Option<&'a str> {
    declared.get(name).and_then(Value::as_str)
}

/// Tells whether any text or name in a value has this in it.
fn mentions(value: &Value, needle: &str) -> bool {
    match value {
        Value::String(text) => text.contains(needle),
        Value::Array(items) => items.iter().any(|item| mentions(item, needle)),
        Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains(needle) || mentions(value, needle))
        }
        _ => false,
    }
}
