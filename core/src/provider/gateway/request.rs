//! The request of a declaration: URL, headers and body, compiled at start-up.

use super::slot::{Place, Slot, Slots};
use super::text::{Escape, Template, Wire};
use crate::config::Section;
use crate::json::{Object, Value};
use crate::text::decimal;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// What is sent but for scheme and host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Path and query, from the first slash on.
    pub(super) target: Template,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) body: Option<Template>,
}

impl Request {
    /// Returns every placeholder in it.
    pub(super) fn slots(&self) -> Slots {
        let mut slots = self.target.slots().and(self.header_slots());
        if let Some(body) = &self.body {
            slots = slots.and(body.slots());
        }
        slots
    }

    /// Returns every placeholder in a header.
    pub(super) fn header_slots(&self) -> Slots {
        self.headers.iter().fold(Slots::default(), |slots, (_, value)| slots.and(value.slots()))
    }

    /// Returns how large it gets; see [`Template::size`].
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.size());
        self.target.size() + headers.sum::<usize>() + self.body.as_ref().map_or(0, Template::size)
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Json,
    Form,
}

/// Splits a URL into scheme and host, and path and query.
pub(super) fn split(url: &str) -> (&str, &str) {
    let after = url.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
    let start = after.map_or(0, |rest| url.len() - rest.len());
    let (_, rest) = url.split_at_checked(start).unwrap_or(("", url));
    let at = rest.find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    url.split_at_checked(at).unwrap_or((url, ""))
}

/// Reads path and query, the part of `url` from the first slash on.
pub(super) fn target(text: &str) -> Result<Template, String> {
    if text.as_bytes().contains(&b'#') {
        return Err("must not have a fragment".into());
    }
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let mut out = Template::default();
    if path.is_empty() {
        out.push("/", Escape::PLAIN);
    }
    for segment in path.split('/').skip(1) {
        out.push("/", Escape::PLAIN);
        let part = wire_text(segment, Place::PATH)?;
        // Clients take such segments away, `%2e` too, and the path would be another.
        if !segment.is_empty() && part.fixed_is(dot) && (part.as_fixed().is_some() || part.has_fixed()) {
            return Err("must not have a segment of dots".into());
        }
        out.append(part);
    }
    if let Some(query) = query {
        out.push("?", Escape::PLAIN);
        out.append(wire_text(query, Place::QUERY)?);
    }
    Ok(out)
}

/// Reads text of a URL: what is fixed stands as it is, and is checked; values are percent-encoded.
fn wire_text(text: &str, place: Place) -> Result<Template, String> {
    let mut plain = Template::default();
    plain.parse(text, place, Escape::PLAIN)?;
    if !plain.fixed_is(url_byte) {
        return Err("must be ASCII as it stands in a URL, anything else percent-encoded".into());
    }
    Ok(plain.with(Escape::PERCENT))
}

/// Reads `headers`: names in lower case, values in ASCII.
pub(super) fn headers(section: &mut Section<'_>) -> Vec<(String, Template)> {
    let found = section.get_texts("headers");
    if found.len() > MOST_HEADERS {
        section.note("headers", "must not be more than 32");
    }
    let mut out = Vec::with_capacity(found.len());
    for (name, text) in found {
        let option = ["headers.", name].concat();
        if name.is_empty() || name.len() > 64 || !name.bytes().all(header_byte) {
            section.note(&option, "must have a name of a-z 0-9 - _ , in lower case");
        }
        if FORBIDDEN.contains(&name) {
            section.note(&option, "is a header that the client sets by itself");
        }
        let value = Template::read(section, &option, text, Place::HEADER);
        if !value.fixed_is(visible) {
            section.note(&option, "must be printable ASCII");
        }
        out.push((name.to_owned(), value));
    }
    out
}

/// Reads `body`, an object of texts, numbers, true, false and null, as deep as JSON goes.
///
/// Also returns whether a template must be a number.
pub(super) fn body(section: &mut Section<'_>, value: &Value, encoding: Encoding) -> (Template, bool) {
    let path = "body";
    let mut body = Body { section, out: Template::default(), template_number: false };
    let Value::Object(map) = value else {
        body.section.mistyped(path, "must be an object");
        return (body.out, false);
    };
    if let Encoding::Json = encoding {
        body.object(path, map, Escape::PLAIN);
        return (body.out, body.template_number);
    }
    let escape = Escape::FORM;
    for (index, (name, value)) in map.iter().enumerate() {
        body.out.push(if index > 0 { "&" } else { "" }, Escape::PLAIN);
        body.out.push(name, escape);
        body.out.push("=", Escape::PLAIN);
        let path = [path, ".", name].concat();
        body.once(&path, map, name, value);
        match value {
            Value::String(text) => body.text(&path, text, escape),
            Value::Object(map) if Notation::of(map).is_some() => body.object(&path, map, escape),
            Value::Object(_) | Value::Array(_) | Value::Null => {
                let message = "must be text, a number, true, false or {\"$json\": …} in a form";
                body.section.mistyped(&path, message);
            }
            other => body.out.push(bare(other), escape),
        }
    }
    (body.out, body.template_number)
}

/// Returns a number, true, false or null as JSON.
fn bare(value: &Value) -> &str {
    match value {
        Value::Number(digits) => digits,
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        _ => "null",
    }
}

struct Body<'s, 'a> {
    section: &'s mut Section<'a>,
    out: Template,
    template_number: bool,
}

/// An object that stands for something else, its one member.
enum Notation<'a> {
    /// `{"$number": "{timestamp}"}`: a number.
    Number(&'a Value),
    /// `{"$json": …}`: text that is JSON.
    Json(&'a Value),
}

impl<'a> Notation<'a> {
    fn of(map: &'a Object) -> Option<Self> {
        if map.len() != 1 {
            return None;
        }
        let json = map.get("$json").map(Self::Json);
        json.or_else(|| map.get("$number").map(Self::Number))
    }
}

impl Body<'_, '_> {
    /// Refuses a name that an object has twice: of two members the gateway takes the one and its checks the other.
    fn once(&mut self, path: &str, map: &Object, name: &str, value: &Value) {
        if !map.get(name).is_some_and(|last| core::ptr::eq(last, value)) {
            self.section.note(path, "must not be there twice");
        }
    }

    /// Appends a value as JSON.
    fn json(&mut self, path: &str, value: &Value, escape: Escape) {
        match value {
            Value::String(text) => {
                self.out.push("\"", escape);
                self.text(path, text, escape.deeper());
                self.out.push("\"", escape);
            }
            Value::Array(items) => {
                self.out.push("[", escape);
                for (index, item) in items.iter().enumerate() {
                    self.out.push(if index > 0 { "," } else { "" }, escape);
                    self.json(&[path, "[", &decimal(index as u64), "]"].concat(), item, escape);
                }
                self.out.push("]", escape);
            }
            Value::Object(map) => self.object(path, map, escape),
            other => self.out.push(bare(other), escape),
        }
    }

    fn object(&mut self, path: &str, map: &Object, escape: Escape) {
        match Notation::of(map) {
            Some(Notation::Number(value)) => return self.number(&[path, ".$number"].concat(), value, escape),
            // Every level doubles the backslashes of the one before.
            Some(Notation::Json(_)) if escape.json >= 2 => {
                return self.section.note(path, "must not be nested deeper");
            }
            Some(Notation::Json(value)) => {
                let path = [path, ".$json"].concat();
                // A form's value is text already; in JSON it is put into quotes.
                let quotes = escape.wire != Wire::Form || escape.json > 0;
                self.out.push(if quotes { "\"" } else { "" }, escape);
                self.json(&path, value, if quotes { escape.deeper() } else { escape });
                self.out.push(if quotes { "\"" } else { "" }, escape);
                return;
            }
            None => {}
        }
        self.out.push("{", escape);
        for (index, (name, value)) in map.iter().enumerate() {
            let path = [path, ".", name].concat();
            if name.starts_with('$') {
                self.section.note(&path, "must be the only member, and $number or $json");
            }
            self.once(&path, map, name, value);
            self.out.push(if index > 0 { ",\"" } else { "\"" }, escape);
            self.out.push(name, escape.deeper());
            self.out.push("\":", escape);
            self.json(&path, value, escape);
        }
        self.out.push("}", escape);
    }

    /// Appends a number: a placeholder alone, whose values are numbers.
    fn number(&mut self, path: &str, value: &Value, escape: Escape) {
        let mut number = Template::default();
        if let Some(text) = value.as_str() {
            number.take(self.section, path, text, Place::BODY, escape);
        }
        match number.lone_slot() {
            Some(slot) if slot.is_number() => {}
            Some(Slot::Template) => self.template_number = true,
            _ => self.section.note(path, NUMBER),
        }
        self.out.append(number);
    }

    fn text(&mut self, path: &str, text: &str, escape: Escape) {
        self.out.take(self.section, path, text, Place::BODY, escape);
    }
}

/// Tells whether a byte may stand in path or query as it is: RFC 3986, sections 3.3 and 3.4.
fn url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/?".contains(&byte)
}

fn header_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)
}

/// Tells whether a byte may stand in a header's value.
pub(super) fn visible(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte)
}

fn dot(byte: u8) -> bool {
    // `%2e` is a dot for those who take dots away; other escapes made of these are refused with it.
    b".%2eE".contains(&byte)
}

const NUMBER: &str =
    "must be a placeholder alone: e164_digits, calling_code, minutes, timestamp, timestamp_ms or template";

const MOST_HEADERS: usize = 32;

/// Headers of the connection and of the message's framing (RFC 9110 and 9112).
const FORBIDDEN: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "accept-encoding",
    "content-encoding",
];
