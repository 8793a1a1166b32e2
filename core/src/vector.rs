//! Runs one vector of any kind, for the runners in every language.
//!
//! In goes a vector's JSON without its answers, out comes JSON to compare with them:
//!
//! | file | what goes in | what comes out |
//! |---|---|---|
//! | `vectors/sign/*.jsonl` | see [`crate::sign::vector`] | the signature, its stages, the request |
//! | `vectors/phone.jsonl` | a line without `expect` | its `expect` |
//! | `vectors/email.jsonl` | a line without `expect` | its `expect` |
//! | `vectors/code.jsonl` | a line without `expect` | its `expect` |
//! | `vectors/address.jsonl` | a line without `expect` | its `expect` |
//!
//! `vectors/limit.jsonl` needs no runner: every binding exposes [`crate::store::apply`].

use crate::code::{Alphabet, Shape, proof, read_own};
use crate::config::Section;
use crate::email;
use crate::key::{Keyring, ctx};
use crate::mac::{hex, unhex};
use crate::phone;
use crate::secret::Secret;
use serde_json::{Value, json};

/// Runs a vector, given as JSON without its answers.
///
/// # Errors
/// Says in words why it can't be run.
pub fn run(input: &str) -> Result<String, String> {
    let case: Value = serde_json::from_str(input).map_err(|error| error.to_string())?;
    let of = |name: &str| case.get(name).is_some();
    if of("recipient") {
        make(&case).map(|made| made.to_string()).ok_or_else(|| "not a vector of a code".into())
    } else if of("typed") {
        Ok(read(&case).to_string())
    } else if of("email") {
        address(&case).map(|read| read.to_string())
    } else if of("policy") {
        number(&case).map(|read| read.to_string())
    } else if of("forwarded") {
        client_ip(&case).map(|read| read.to_string()).ok_or_else(|| "not a vector of an address".into())
    } else {
        crate::sign::vector::run(input)
    }
}

fn client_ip(case: &Value) -> Option<Value> {
    let proxies = case.get("proxies")?.as_u64()?.try_into().ok()?;
    Some(json!({ "ip": crate::address::client_ip(text(case, "peer"), text(case, "forwarded")?, proxies) }))
}

fn text<'a>(case: &'a Value, name: &str) -> Option<&'a str> {
    case.get(name)?.as_str()
}

fn shape(case: &Value) -> Option<Shape> {
    let shape = case.get("shape")?;
    let alphabet = match text(shape, "alphabet")? {
        "digits" => Alphabet::Digits,
        "crockford" => Alphabet::Crockford,
        "upper" => Alphabet::Upper,
        _ => return None,
    };
    Shape::new(shape.get("length")?.as_u64()?.try_into().ok()?, alphabet)
}

fn make(case: &Value) -> Option<Value> {
    let keys = case.get("keys")?.clone().into();
    let keys = Keyring::from_config(&mut Section::open("keys", &keys).ok()?).ok()?;
    let pepper = keys.peppers().get(usize::try_from(case.get("pepper")?.as_u64()?).ok()?)?;
    let (namespace, recipient) = (text(case, "namespace")?, text(case, "recipient")?);
    let bound = ctx(namespace, recipient, text(case, "purpose")?, text(case, "session")?);
    let nonce = unhex(text(case, "nonce")?)?.try_into().ok()?;
    let code = match text(case, "own_code") {
        Some(own) => Secret::new(own.to_owned()),
        None => shape(case)?.code(pepper, &bound, &nonce),
    };
    Some(json!({
        "kid": hex(&pepper.id()),
        "tag": hex(&keys.tag(&bound)),
        "code": code.expose(),
        "proof": hex(&proof(pepper, &bound, &code)),
        "idem": hex(&keys.idem(&bound, text(case, "idempotency_key")?)),
        "partition": keys.partition(namespace, "number", recipient),
    }))
}

fn read(case: &Value) -> Value {
    let typed = text(case, "typed").unwrap_or_default();
    match shape(case).map_or_else(|| read_own(typed), |shape| shape.read(typed)) {
        Ok(folded) => json!({ "folded": folded.expose() }),
        Err(error) => json!({ "error": error.code() }),
    }
}

fn number(case: &Value) -> Result<Value, String> {
    let policy = case.get("policy").cloned().unwrap_or_default().into();
    let mut section = Section::open("phone", &policy).map_err(|error| error.to_string())?;
    let policy = phone::Policy::from_config(&mut section).map_err(|error| error.to_string())?;
    section.finish().map_err(|error| error.to_string())?;
    Ok(match phone::parse(text(case, "input").unwrap_or_default(), &policy) {
        Ok(phone) => json!({
            "e164": phone.e164(), "country": phone.country(), "class": phone.class().as_str(), "masked": phone.masked(),
        }),
        Err(error) => json!({ "error": error.code() }),
    })
}

fn address(case: &Value) -> Result<Value, String> {
    let policy = case.get("policy").cloned().unwrap_or_default().into();
    let mut section = Section::open("email", &policy).map_err(|error| error.to_string())?;
    let policy = email::Policy::from_config(&mut section).map_err(|error| error.to_string())?;
    section.finish().map_err(|error| error.to_string())?;
    Ok(match email::parse(text(case, "email").unwrap_or_default(), &policy) {
        Ok(email) => json!({
            "address": email.address(), "canonical": email.canonical(), "domain": email.domain(),
            "masked": email.masked(),
        }),
        Err(error) => json!({ "error": error.code() }),
    })
}
