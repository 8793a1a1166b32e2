//! What the configurations of all providers share: endpoint, names, templates.

use super::pattern::Pattern;
use crate::address;
use crate::config::Section;
use crate::text::{cut_last, decimal, has_control, length};
use crate::time::Millis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// Looks an environment variable up; the host read it, the core can't.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Scheme and host, e.g. `https://sms.example` or `http://127.0.0.1:8080`.
    pub(super) origin: String,
    /// The host, with its port if that isn't the scheme's own: what a client sends as `host`.
    pub(super) host: String,
    pub(super) plain_http: bool,
    pub(super) loopback: bool,
}

/// Reads `endpoint`, a scheme and a host; `default` is the vendor's own host.
pub(super) fn endpoint(section: &mut Section<'_>, default: &str) -> Endpoint {
    match section.get_text("endpoint") {
        Some(text) => origin(section, "endpoint", text),
        None => Endpoint {
            origin: ["https://", default].concat(),
            host: default.to_owned(),
            plain_http: false,
            loopback: false,
        },
    }
}

/// Reads a scheme and a host, which stand in `option`.
#[inline(never)]
pub(super) fn origin(section: &mut Section<'_>, option: &str, text: &str) -> Endpoint {
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    let plain_http = scheme == "http";
    let authority = rest.strip_prefix("//").filter(|_| plain_http || scheme == "https");
    if authority.is_none() {
        section.note(option, "must begin with https://, or http:// for a loopback host");
    }
    let authority = authority.unwrap_or_default();
    let split = split_port(authority.strip_suffix('/').unwrap_or(authority));
    if split.is_none() {
        section.note(option, "must be a host, with a port if need be");
    }
    let (name, port) = split.unwrap_or_default();
    if !host_name(name) {
        section.note(option, "must be a scheme and a lower-case host, without path, query or user");
    }
    let loopback =
        name == "localhost" || name == "[::1]" || address::v4(name).is_some_and(|[first, ..]| first == 127);
    if plain_http && !loopback {
        section.note(option, "must be https; http goes to loopback only (127.0.0.0/8, localhost, [::1])");
    }
    // Clients leave out a scheme's own port, and the host is signed.
    let port = port.filter(|port| *port != if plain_http { 80 } else { 443 });
    let host = port.map_or_else(|| name.to_owned(), |port| [name, ":", &decimal(port.into())].concat());
    Endpoint { origin: [scheme, "://", &host].concat(), host, plain_http, loopback }
}

/// Reads `name`, which events and outcomes call the provider by.
pub(super) fn name(section: &mut Section<'_>, kind: &str) -> String {
    let name = section.get_text("name").unwrap_or(kind);
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if name.len() > 32 || !name.bytes().all(good) {
        section.note("name", "must be at most 32 of a-z 0-9 - _");
    }
    name.to_owned()
}

/// Reads `weight`: how often this provider goes first; 0, the order of the list, unless set.
pub(super) fn weight(section: &mut Section<'_>) -> u32 {
    section.get_number("weight", 1, 1_000).and_then(|weight| u32::try_from(weight).ok()).unwrap_or(0)
}

/// Reads `timeout_ms`, 5 seconds unless set.
pub(super) fn timeout(section: &mut Section<'_>) -> Millis {
    Millis(section.get_number("timeout_ms", 1_000, 30_000).unwrap_or(5_000))
}

/// Reads `sign_name`: the words in front of the text; the vendor adds the brackets.
pub(super) fn sign_name(section: &mut Section<'_>) -> String {
    let name = section.get_required("sign_name", None);
    if has_control(name) {
        section.note("sign_name", "must not have control characters");
    }
    if name.contains(['【', '】']) {
        section.note("sign_name", "must not have 【】; the vendor adds them");
    }
    if length(name) > 40 {
        section.note("sign_name", "must not be longer than 40 characters");
    }
    name.to_owned()
}

/// Reads `templates`, from purpose to the vendor's template; `shape` tells whether a template looks right.
pub(super) fn templates(
    section: &mut Section<'_>,
    shape: fn(&str) -> bool,
    example: &str,
) -> Vec<(String, String)> {
    let found = section.get_texts("templates");
    if found.is_empty() {
        let start = "is required: an object from purpose to template, such as {\"default\": \"";
        section.lacks("templates", &[start, example, "\"}"].concat());
    }
    let mut out = Vec::with_capacity(found.len());
    for (purpose, template) in found {
        if !shape(template) {
            let message = ["must be a template of the vendor's, such as ", example].concat();
            section.note(&["templates.", purpose].concat(), &message);
        }
        out.push((purpose.to_owned(), template.to_owned()));
    }
    out
}

/// Returns the template of a purpose, or the one named `default`.
pub(super) fn template<'a>(templates: &'a [(String, String)], purpose: &str) -> Option<&'a str> {
    of_purpose(templates, purpose).map(String::as_str)
}

/// Returns what is for a purpose, or for the one named `default`.
pub(super) fn of_purpose<'a, T>(entries: &'a [(String, T)], purpose: &str) -> Option<&'a T> {
    let find = |name: &str| entries.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    find(purpose).or_else(|| find("default"))
}

/// Reads `template_params`, an object from variable to text; `default` stands in for it.
pub(super) fn variables(section: &mut Section<'_>, default: &[(&str, &str)]) -> Vec<(String, Pattern)> {
    let found = section.get_texts("template_params");
    let found = if found.is_empty() { default } else { &found };
    let mut out = Vec::with_capacity(found.len());
    for (name, text) in found {
        let option = ["template_params.", name].concat();
        out.push(((*name).to_owned(), pattern(section, &option, text)));
    }
    out
}

/// Refuses variables of which none holds the code.
pub(super) fn with_code<'a>(section: &mut Section<'_>, mut patterns: impl Iterator<Item = &'a Pattern>) {
    if !patterns.any(Pattern::has_code) {
        section.note("template_params", "must give {code} to a variable");
    }
}

/// Reads what goes into one variable.
#[inline(never)]
pub(super) fn pattern(section: &mut Section<'_>, option: &str, text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|message| {
        section.note(option, message);
        Pattern::default()
    })
}

/// Splits `host:port`; `None` if the port is no number from 1 to 65535.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    match cut_last(authority, b':') {
        Some((name, port)) if !name.is_empty() && !port.as_bytes().contains(&b']') => {
            // A number may have a sign, a port has none.
            let port = Some(port).filter(|port| !port.starts_with('+'))?;
            let port = u16::try_from(port.parse::<u64>().ok()?).ok()?;
            (port > 0).then_some((name, Some(port)))
        }
        _ => Some((authority, None)),
    }
}

fn host_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    name == "[::1]" || (!name.is_empty() && name.len() <= 253 && name.bytes().all(good))
}
