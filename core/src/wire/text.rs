//! The text form: what JavaScript passes in and out, native and wasm alike.
//!
//! A *value* is written with `%`, CR and LF percent-escaped and nothing else; a *field* is a line `name: value`; an
//! absent field is left out.
//!
//! ```text
//! request   to: …  purpose: …  ip: …  session: …  device: …  idempotency-key: …  code: …  deliver: false  ticket-for: …
//!           provider: …  action: …  params: …
//!           task: …  to: …
//! step      http <id>        store <id>        done               credentials <id>
//!           POST <url>       <key> <op>        kind: sent         <provider>
//!           <ms> <bytes>     …                 ok: true
//!           name: value                        …            (fields of the outcome; `event:` may repeat)
//!           …
//!
//!           <body>
//! reply     http <status>    store             http-fault sent     store-fault    credentials    credentials-fault
//!           name: value      <reply>           http-fault unsent                  id: …
//!           …                !                 (an operation that failed)         secret: …
//!                                                                                 token: …
//!
//!           <body>
//! ```

use super::{
    Credentials, HttpCall, HttpReply, Method, Millis, Reply, SendRequest, Step, StoreOp, VerifyRequest,
};
use crate::flow;
use crate::secret::Secret;
use crate::text::decimal;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// Reads a request to send; `None` if a line is not a field of it.
#[must_use]
pub fn read_send(text: &str) -> Option<SendRequest> {
    let names = ["to", "purpose", "ip", "session", "device", "idempotency-key", "code", "deliver"];
    let [to, purpose, ip, session, device, idempotency_key, code, deliver] = read_named(text, &names)?;
    Some(SendRequest {
        to: to.unwrap_or_default(),
        purpose: purpose.unwrap_or_default(),
        ip,
        session,
        device,
        idempotency_key,
        code,
        deliver: deliver.as_deref() != Some("false"),
    })
}

/// Reads a request to verify; `None` if a line is not a field of it.
#[must_use]
pub fn read_verify(text: &str) -> Option<VerifyRequest> {
    let names = ["to", "purpose", "ip", "session", "code", "ticket-for"];
    let [to, purpose, ip, session, code, ticket_for] = read_named(text, &names)?;
    Some(VerifyRequest {
        to: to.unwrap_or_default(),
        code: code.unwrap_or_default(),
        purpose: purpose.unwrap_or_default(),
        ip,
        session,
        ticket_for,
    })
}

/// Reads a request to call an action: provider, action and parameters; `None` if a line is not a field of it.
#[must_use]
pub fn read_action(text: &str) -> Option<[String; 3]> {
    read_named(text, &["provider", "action", "params"]).map(|read| read.map(Option::unwrap_or_default))
}

/// Reads a request to the desk: task and recipient; `None` if a line is not a field of it.
#[must_use]
pub fn read_desk(text: &str) -> Option<[String; 2]> {
    read_named(text, &["task", "to"]).map(|read| read.map(Option::unwrap_or_default))
}

/// Writes a step.
#[must_use]
pub fn write_step(step: &Step) -> String {
    let mut out = String::with_capacity(ROOM);
    match step {
        Step::Http { id, call } => write_http(&mut out, *id, call),
        Step::Credentials { id, provider } => write_asked(&mut out, *id, provider),
        Step::Store { id, ops } => write_store(&mut out, *id, ops),
        Step::Done(it) => {
            let texts = [
                Some(it.kind),
                Some(word(it.ok)),
                Some(it.code),
                it.to.as_deref(),
                it.masked.as_deref(),
                Some(word(it.replayed)),
                it.challenge.as_deref(),
                it.ticket.as_deref(),
                it.provider.as_deref(),
                it.send_id.as_deref(),
                it.message_id.as_deref(),
                it.request_id.as_deref(),
                it.answer.as_deref(),
                Some(&it.text_zh),
                Some(&it.text_en),
            ];
            let numbers = [
                it.retry_after_ms,
                it.resend_in_ms,
                it.expires_in_ms,
                it.attempts_left.map(u64::from),
                Some(u64::from(it.http_status)),
            ];
            write_outcome(&mut out, texts, &it.events, numbers);
        }
    }
    out
}

/// Writes a step as it comes from a flow; `write_step` of the same, without the way over owned fields.
#[inline(never)]
pub(super) fn write_flow_step(step: &flow::Step) -> String {
    let mut out = String::with_capacity(ROOM);
    match step {
        flow::Step::Http { id, call } => write_http(&mut out, *id, call),
        flow::Step::Credentials { id, provider } => write_asked(&mut out, *id, provider),
        flow::Step::Store { id, ops } => write_store(&mut out, *id, ops),
        flow::Step::Done(it) => {
            let (text_zh, text_en) = (it.text_zh(), it.text_en());
            let texts = [
                Some(it.kind.as_str()),
                Some(word(it.kind.is_ok())),
                Some(it.code.as_str()),
                it.to.as_deref(),
                it.masked.as_deref(),
                Some(word(it.replayed)),
                it.challenge.as_deref(),
                it.ticket.as_deref(),
                it.provider.as_deref(),
                it.send_id.as_deref(),
                it.message_id.as_deref(),
                it.request_id.as_deref(),
                it.answer.as_deref(),
                Some(&text_zh),
                Some(&text_en),
            ];
            let numbers = [
                it.retry_after.map(|wait| wait.0),
                it.resend_in.map(|wait| wait.0),
                it.expires_in.map(|wait| wait.0),
                it.attempts_left.map(u64::from),
                Some(u64::from(it.kind.http_status())),
            ];
            write_outcome(&mut out, texts, &it.events, numbers);
        }
    }
    out
}

fn write_http(out: &mut String, id: u32, call: &HttpCall) {
    put(out, &["http ", &number(id.into()), "\n"]);
    write_call(out, call);
}

fn write_asked(out: &mut String, id: u32, provider: &str) {
    put(out, &["credentials ", &number(id.into()), "\n", provider]);
}

fn write_store(out: &mut String, id: u32, ops: &[StoreOp]) {
    put(out, &["store ", &number(id.into())]);
    for StoreOp { key, op } in ops {
        put(out, &["\n", key, " ", op]);
    }
}

/// Reads a reply; `None` if it is not one.
#[must_use]
pub fn read_reply(text: &str) -> Option<Reply> {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first {
        "store-fault" => Some(Reply::StoreFault),
        "credentials-fault" => Some(Reply::Credentials(None)),
        "credentials" => read_credentials(rest).map(|given| Reply::Credentials(Some(given))),
        "http-fault sent" => Some(Reply::HttpFault { sent: true }),
        "http-fault unsent" => Some(Reply::HttpFault { sent: false }),
        "store" => {
            let replies = rest.split('\n').map(|line| (line != "!").then(|| line.to_owned()));
            Some(Reply::Store(replies.collect()))
        }
        _ => {
            let status = first.strip_prefix("http ")?.parse::<u64>().ok()?;
            let (headers, body) = message(rest)?;
            let status = u16::try_from(status).ok()?;
            Some(Reply::Http(HttpReply { status, headers, body: body.into() }))
        }
    }
}

/// Reads the fields of these names, each in its place; `None` if there is another.
fn read_named<const N: usize>(text: &str, names: &[&str; N]) -> Option<[Option<String>; N]> {
    let mut out = [const { None }; N];
    read_places(text, names, &mut out).then_some(out)
}

#[inline(never)]
fn read_places(text: &str, names: &[&str], places: &mut [Option<String>]) -> bool {
    for line in text.split('\n').filter(|line| !line.is_empty()) {
        let Some((name, value)) = field(line) else { return false };
        let at = names.iter().position(|known| *known == name);
        let Some(place) = at.and_then(|at| places.get_mut(at)) else { return false };
        *place = Some(unescape(value));
    }
    true
}

fn read_credentials(text: &str) -> Option<Credentials> {
    let [id, secret, token] = read_named(text, &["id", "secret", "token"])?;
    let secret = Secret::new(secret.unwrap_or_default());
    Some(Credentials { id: id.unwrap_or_default(), secret, token: token.map(Secret::new) })
}

/// Reads a call: an HTTP step, with or without its first line.
#[must_use]
pub fn read_call(text: &str) -> Option<HttpCall> {
    let text = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("http ") => rest,
        _ => text,
    };
    let (line, rest) = text.split_once('\n')?;
    let (method, url) = line.split_once(' ')?;
    let method = [Method::Get, Method::Post].into_iter().find(|known| known.as_str() == method)?;
    let (bounds, rest) = rest.split_once('\n')?;
    let (timeout, max_reply) = bounds.split_once(' ')?;
    let (headers, body) = message(rest)?;
    Some(HttpCall {
        method,
        url: url.into(),
        headers,
        body: body.into(),
        timeout: Millis(timeout.parse().ok()?),
        max_reply: max_reply.parse().ok()?,
    })
}

/// Writes a provider's reply, as the sandbox gives it.
#[must_use]
pub fn write_reply(reply: &HttpReply) -> String {
    let mut out = ["http ", &number(reply.status.into()), "\n"].concat();
    write_message(&mut out, &reply.headers, &reply.body);
    out
}

/// Writes what the sandbox answers: a reply, or the fault that was asked for.
#[cfg(feature = "sandbox")]
#[must_use]
pub fn write_answer(answer: &super::Answer) -> String {
    match answer {
        super::Answer::Reply(reply) => write_reply(reply),
        super::Answer::Fault { sent: true } => "http-fault sent".into(),
        super::Answer::Fault { sent: false } => "http-fault unsent".into(),
    }
}

fn write_call(out: &mut String, call: &HttpCall) {
    let HttpCall { method, url, headers, body, timeout, max_reply } = call;
    let (timeout, most) = (number(timeout.0), number(*max_reply as u64));
    put(out, &[method.as_str(), " ", url, "\n", &timeout, " ", &most, "\n"]);
    write_message(out, headers, body);
}

fn write_message(out: &mut String, headers: &[(String, String)], body: &[u8]) {
    for (name, value) in headers {
        put(out, &[name, ": ", value, "\n"]);
    }
    // Every builder writes its body as text, and so does the sandbox.
    put(out, &["\n", core::str::from_utf8(body).unwrap_or_default()]);
}

/// Splits what follows the first lines into headers and body.
fn message(rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut headers = Vec::new();
    let mut rest = rest;
    loop {
        let (line, after) = rest.split_once('\n')?;
        if line.is_empty() {
            return Some((headers, after));
        }
        let (name, value) = field(line)?;
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
        rest = after;
    }
}

#[inline(never)]
fn write_outcome(out: &mut String, texts: [Option<&str>; 15], events: &[String], numbers: [Option<u64>; 5]) {
    out.push_str("done");
    for (name, text) in TEXTS.iter().zip(texts) {
        if let Some(text) = text {
            put(out, &["\n", name, ": "]);
            escape(out, text);
        }
    }
    for event in events {
        put(out, &["\nevent: "]);
        escape(out, event);
    }
    for (name, value) in NUMBERS.iter().zip(numbers) {
        if let Some(value) = value {
            put(out, &["\n", name, ": ", &number(value)]);
        }
    }
}

const fn word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

fn number(number: u64) -> String {
    decimal(number)
}

fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    Some((name, value.strip_prefix(' ')?))
}

fn escape(out: &mut String, value: &str) {
    for piece in value.split_inclusive(['%', '\r', '\n']) {
        let (rest, code) = match piece.as_bytes().last() {
            Some(b'%') => (piece.strip_suffix('%'), "%25"),
            Some(b'\r') => (piece.strip_suffix('\r'), "%0D"),
            Some(b'\n') => (piece.strip_suffix('\n'), "%0A"),
            _ => (None, ""),
        };
        put(out, &[rest.unwrap_or(piece), code]);
    }
}

fn unescape(value: &str) -> String {
    let mut pieces = value.split('%');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let known = [("25", '%'), ("0D", '\r'), ("0A", '\n')];
        let found = known.iter().find_map(|(code, char)| Some((*char, piece.strip_prefix(code)?)));
        let (char, rest) = found.unwrap_or(('%', piece));
        out.push(char);
        out.push_str(rest);
    }
    out
}

/// Appends texts one after the other; for these, formatting costs several times as much.
fn put(out: &mut String, texts: &[&str]) {
    texts.iter().for_each(|text| out.push_str(text));
}

/// The fields of an outcome that are texts, in the order they are written.
const TEXTS: [&str; 15] = [
    "kind",
    "ok",
    "code",
    "to",
    "masked",
    "replayed",
    "challenge",
    "ticket",
    "provider",
    "send-id",
    "message-id",
    "request-id",
    "answer",
    "text-zh",
    "text-en",
];

/// The fields of an outcome that are numbers, behind the texts and the events.
const NUMBERS: [&str; 5] =
    ["retry-after-ms", "resend-in-ms", "expires-in-ms", "attempts-left", "http-status"];

/// The room for a step, in bytes; glibc's allocator tidies up before it hands out a kilobyte or more.
const ROOM: usize = 960;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_line_ends() {
        let mut line = String::from("session: ");
        escape(&mut line, "a%0Ab\r\nto: x");
        assert_eq!(line, "session: a%250Ab%0D%0Ato: x");
        let request = read_send(&format!("to: 1\n{line}\npurpose: p")).unwrap();
        assert_eq!(request.session.as_deref(), Some("a%0Ab\r\nto: x"));
        assert_eq!((request.to.as_str(), request.purpose.as_str(), request.deliver), ("1", "p", true));
        assert!(read_send("to 1").is_none() && read_send("from: 1").is_none());
    }

    #[test]
    fn an_action_is_three_fields() {
        let request = read_action("action: Pull\nparams: {\"a\":\"%0A\"}\nprovider: tencent\n");
        assert_eq!(request.unwrap(), ["tencent", "Pull", "{\"a\":\"\n\"}"]);
        assert!(read_action("provider: tencent\nto: 1").is_none());
    }

    #[test]
    fn calls_and_replies_go_both_ways() {
        let call = HttpCall {
            method: Method::Post,
            url: "https://host.example/?a=b".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: "{\"a\":\n\n1}".into(),
            timeout: Millis(5000),
            max_reply: 1024,
        };
        let text = write_step(&Step::Http { id: 7, call: call.clone() });
        assert!(text.starts_with("http 7\nPOST https://host.example/?a=b\n5000 1024\n"));
        assert_eq!(read_call(&text), Some(call));
        let reply =
            HttpReply { status: 200, headers: vec![("a".into(), "b: c".into())], body: b"x\n\ny".to_vec() };
        let Some(Reply::Http(read)) = read_reply(&write_reply(&reply)) else { panic!("no reply") };
        assert_eq!(read, reply);
    }

    #[test]
    fn store_replies_are_told_apart() {
        let Some(Reply::Store(heard)) = read_reply("store\ngranted 0\n!\ngone") else { panic!("no store") };
        assert_eq!(heard, [Some("granted 0".into()), None, Some("gone".into())]);
        assert!(matches!(read_reply("store-fault"), Some(Reply::StoreFault)));
        assert!(matches!(read_reply("http-fault unsent"), Some(Reply::HttpFault { sent: false })));
        assert!(read_reply("http x\n\n").is_none() && read_reply("what").is_none());
    }

    #[test]
    fn keys_cross_whole_and_unshown() {
        let step = Step::Credentials { id: 3, provider: "vault".into() };
        assert_eq!(write_step(&step), "credentials 3\nvault");
        let reply = read_reply("credentials\nid: a\nsecret: b%25\ntoken: c").unwrap();
        assert!(!format!("{reply:?}").contains("b%"));
        let Reply::Credentials(Some(given)) = reply else { panic!("no key") };
        let token = given.token.as_ref().map(|token| token.expose().as_str());
        assert_eq!((given.id.as_str(), given.secret.expose().as_str(), token), ("a", "b%", Some("c")));
        assert!(matches!(read_reply("credentials-fault"), Some(Reply::Credentials(None))));
        assert!(read_reply("credentials\nwho: a").is_none());
    }
}
