//! What the readers of all providers share: classes by code, doubtful replies, words made safe to log.

use super::{Class, Failure};
use crate::http::HttpReply;
use crate::json::{self, Object, Value};
use crate::text::{cut_last, decimal, length};
use crate::time::Millis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;

/// The largest reply that is read, in bytes.
pub(super) const MAX_REPLY: usize = 256 * 1024;

/// A row of a table of codes: class, seconds until another try may pass (0: not told), codes with blanks between them.
pub(super) type Row = (Class, u32, &'static str);

/// Returns the reply's JSON object, or the failure that its lack amounts to.
pub(super) fn object(reply: &HttpReply) -> Result<Object, Failure> {
    if reply.body.len() > MAX_REPLY {
        return Err(doubtful(reply, "reply.too_large"));
    }
    match json::parse(&reply.body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(doubtful(reply, "reply.unreadable")),
    }
}

/// Returns the failure that a reply without a usable code amounts to; the status decides.
pub(super) fn doubtful(reply: &HttpReply, code: &str) -> Failure {
    let class = match reply.status {
        429 => Class::Throttled,
        408 => Class::Ambiguous,
        300..=499 => Class::Account,
        _ => Class::Ambiguous,
    };
    Failure {
        class,
        code: code.to_owned(),
        message: ["HTTP status ", &decimal(reply.status.into())].concat(),
        request_id: None,
        retry_after: retry_after(reply),
    }
}

/// Returns the failure that a vendor's code stands for.
pub(super) fn failure(
    table: &[Row],
    reply: &HttpReply,
    code: &str,
    message: &str,
    request_id: Option<String>,
) -> Failure {
    let refused = (300..=499).contains(&reply.status) && reply.status != 408;
    let unknown = (if refused { Class::Account } else { Class::Ambiguous }, 0);
    let (class, seconds) = class(table, code).unwrap_or(unknown);
    let told = (seconds > 0).then(|| Millis::from_seconds(u64::from(seconds)));
    Failure {
        class,
        code: plain_code(code),
        message: plain_words(message),
        request_id,
        retry_after: told.or_else(|| retry_after(reply)),
    }
}

/// Looks a code up, then its prefixes, cut at dots.
pub(super) fn class(table: &[Row], code: &str) -> Option<(Class, u32)> {
    let mut code = code;
    loop {
        let found = table.iter().find(|(_, _, codes)| codes.split(' ').any(|known| known == code));
        match (found, cut_last(code, b'.')) {
            (Some((class, seconds, _)), _) => return Some((*class, *seconds)),
            (None, Some((prefix, _))) => code = prefix,
            (None, None) => return None,
        }
    }
}

/// Returns an id from a reply, if it looks like one.
pub(super) fn id(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:^.".contains(&byte);
    ((1..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
}

/// Returns the vendor's code if it is one: a word of ASCII without four digits in a row.
fn plain_code(code: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let number = code.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit));
    let good = (1..=80).contains(&code.len()) && code.bytes().all(plain) && !number;
    if good { code.to_owned() } else { "reply.odd_code".to_owned() }
}

/// Returns the vendor's words made safe to log: cut short and cut off before anything that quotes the request,
/// and without any word that could be a number or a code.
///
/// `SignatureDoesNotMatch` repeats the whole canonical request, number and code included.
fn plain_words(message: &str) -> String {
    let quoted = |char: char| {
        char.is_control() || matches!(char, '%' | '&' | '=' | '{' | '}' | '[' | ']' | '<' | '>' | '"')
    };
    let message = message.split(quoted).next().unwrap_or_default();
    let mut out = String::new();
    let mut word = String::new();
    for char in message.chars().take(160).chain([' ']) {
        if char.is_ascii_alphanumeric() || may_be_digit(char) || char == '+' {
            word.push(char);
            continue;
        }
        let telling = length(&word) >= 4 && word.chars().any(may_be_digit);
        out.push_str(if telling { "…" } else { &word });
        word.clear();
        out.push(char);
    }
    out.trim().to_owned()
}

/// Tells whether a character is a digit of any script, or of a script that is none of those named here.
///
/// Unicode's own table of numbers is a kilobyte; what it holds, this holds too.
fn may_be_digit(char: char) -> bool {
    char.is_ascii_digit()
        || !matches!(
            char,
            '\0'..='\u{b1}' | '\u{b4}'..='\u{b8}' | '\u{ba}' | '\u{bb}' | '\u{bf}'..='\u{65f}'
                | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3006}' | '\u{3008}'..='\u{3020}'
                | '\u{3041}'..='\u{318f}' | '\u{31a0}'..='\u{31ff}' | '\u{3400}'..='\u{a4ff}'
                | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff65}'
        )
}

/// Returns when to come back: `x-acs-retry-after` in milliseconds or `retry-after` in seconds, a day at most.
fn retry_after(reply: &HttpReply) -> Option<Millis> {
    let number = |name: &str| reply.header(name)?.trim().parse::<u64>().ok();
    let millis = number("x-acs-retry-after").map(Millis);
    let told = millis.or_else(|| number("retry-after").map(Millis::from_seconds))?;
    (told.0 > 0).then(|| told.min(Millis::from_seconds(86_400)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_unicode_may_be_a_digit() {
        let missed = |char: &char| char.is_numeric() && !may_be_digit(*char);
        assert_eq!(('\0'..=char::MAX).find(missed), None);
        let plain = "Aé×Ж、。「」々あア中國한（：！".chars().find(|char| may_be_digit(*char));
        assert_eq!(plain, None);
    }
}
