//! Runs sign vectors: one captured or published request in, everything that was signed out.
//!
//! # The protocol, for runners in any language
//!
//! A file has one vector a line, in one of two shapes: a worked example from a vendor's page (it has `input`,
//! `published`) or a request captured from an official SDK (it has `params`, `credentials`, `expect`). For each:
//!
//! 1. *Take the answers out.* Drop `published`, `recomputed`, `verified`, `string_to_sign` and
//!    `canonical_request` from the vector, and `signature`, `string_to_sign` and `canonical_request` from its
//!    `expect`. Pass the rest, as JSON with the keys in their order, to [`run`]. What remains of the answers (the
//!    signature within an `Authorization` header, a query or a body) is never read; a test holds it to that.
//! 2. *Compare the stages.* `signature` must equal `expect.signature` (or `published`), and so must
//!    `string_to_sign` and `canonical_request`, where the vector has them.
//! 3. *Compare the request*, if the answer's `kind` is `end to end`: `method` must be equal; `query` must hold
//!    the same name-value pairs once decoded, in any order; so must `body`, or be the same JSON if it begins
//!    with `{` (where the text counts, the signature covers it); each of `expect.headers` must stand in `headers` (names there are in lower case) with the same
//!    value.
//!
//! An error, or any difference, is a failure. A vector counts as `end to end` or `signer` after `kind`: an end
//! to end vector was built from `action`, `api_version`, `endpoint`, `service`, `region`, `language`,
//! `credentials`, `timestamp`, `nonce` and `params` alone, without a look at `expect`; for the bare signer the
//! method, query, headers and body of the capture are inputs too. The last line of a runner is
//! `<runtime> <version>: N end to end passed, M signer passed, F failed`; it exits with 1 if F is not 0.

mod json;

use self::json::Json;
use super::encode::{Ink, canonical, pairs};
use super::{Credentials, Request, Signed, aliyun_acs3, aliyun_rpc, tencent_legacy, tencent_tc3, tencent_v1};
use crate::http::Method;
use crate::mac::{hex, sha256};
use crate::provider::action::{Action, Kind, Place};
use crate::provider::aliyun::actions;
use crate::provider::aliyun::api::{self, Asked};
use crate::provider::tencent;
use crate::secret::Secret;
use crate::time::UnixMillis;
use serde_json::{Value, json};

/// Signs the inputs of one vector and returns everything produced, as JSON.
///
/// The answer holds `kind`, `signature`, `string_to_sign` and `canonical_request` (empty where the algorithm has
/// none); end to end also `method`, `query`, `headers` and `body`.
///
/// # Errors
/// A sentence for people, when the text is no vector or its algorithm is unknown. The vector failed.
pub fn run(input: &str) -> Result<String, String> {
    let vector = Json::parse(input)?;
    let algorithm = vector.field("algorithm")?;
    let answer = if let Some(input) = vector.get("input") {
        stages("signer", &published(algorithm, input)?)
    } else if end_to_end(vector.field("source")?) {
        // The older service has hosts of its own, and signs none.
        let host = if algorithm == LEGACY { "" } else { vector.field("endpoint")? };
        let request = build(algorithm, &vector, host)?;
        let mut answer = stages("end to end", &request.signed);
        let headers = request.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
        let host = core::iter::once(("host".to_owned(), json!(host)));
        if let Value::Object(answer) = &mut answer {
            answer.insert("method".into(), json!(request.method.as_str()));
            answer.insert("query".into(), json!(request.query));
            answer.insert("headers".into(), Value::Object(host.chain(headers).collect()));
            answer.insert("body".into(), json!(request.body));
        }
        answer
    } else {
        let wire = vector.get("expect").ok_or("`expect` is missing")?;
        stages("signer", &captured(algorithm, &vector, wire)?)
    };
    Ok(answer.to_string())
}

fn stages(kind: &str, signed: &Signed) -> Value {
    json!({
        "kind": kind,
        "signature": signed.signature,
        "string_to_sign": signed.string_to_sign,
        "canonical_request": signed.canonical_request,
    })
}

/// Tells whether a capture can be built from its parameters alone: the SDK adds nothing of its own.
fn end_to_end(source: &str) -> bool {
    source.ends_with("(minimal headers)")
        || source.ends_with("(signature_algorithm=v2)")
        || source == "node:tencentcloud-sdk-nodejs"
        || source == "python:qcloudsms_py"
}

/// Builds a request from what an application knows.
fn build(algorithm: &str, vector: &Json, host: &str) -> Result<Request, String> {
    let credentials = credentials(vector)?;
    let now = seconds(vector.field("timestamp")?)?;
    let action = vector.field("action")?;
    let version = vector.field("api_version")?;
    let params = vector.get("params").ok_or("`params` is missing")?;
    if algorithm == tencent_tc3::ALGORITHM {
        let mut body = Ink::with_capacity(1024);
        params.write(&mut body);
        // Through the table of the action, where we have one; the text is compared by its hash.
        let ours = crate::json::parse(body.bytes())
            .ok()
            .and_then(|params| tencent::actions::vector(action, &params));
        let body = ours.unwrap_or_else(|| Ok(body.done())).map_err(|error| error.to_string())?;
        let call = tencent_tc3::Call {
            action,
            version,
            host,
            service: vector.field("service")?,
            region: vector.field("region").ok(),
            language: vector.field("language").ok(),
            body,
        };
        return Ok(tencent_tc3::build(call, &credentials, now));
    }
    let nonce = vector.field("nonce")?;
    if algorithm == LEGACY {
        let (action, params) = legacy(action, params)?;
        let params =
            crate::json::parse(params.to_string().as_bytes()).map_err(|_| "the parameters are no JSON")?;
        let random = nonce.parse().map_err(|_| "the nonce is no number")?;
        return tencent::legacy::vector(action, &params, &credentials, random, now)
            .map_err(|error| error.to_string());
    }
    let wire = match algorithm {
        aliyun_acs3::ALGORITHM => api::Wire::Acs3,
        "RPC-HMAC-SHA1" => api::Wire::RpcSplit,
        _ => return Err(format!("`{algorithm}` has no end to end vectors")),
    };
    let texts = texts(params)?;
    let signed = |query: &[(&str, &str)], form: &[(&str, &str)]| {
        Asked { action, version, query, form }.request(wire, host, &credentials, now, nonce)
    };
    let Some((table, of)) = actions::named(action) else {
        return match action {
            // What its provider builds, and what nothing builds yet.
            "SendSms" => Ok(signed(&texts, &[])),
            "VerifyIntelligentCaptcha" => Ok(signed(&[], &texts)),
            _ => Err(format!("there is no action `{action}`")),
        };
    };
    if of != version {
        return Err(format!("`{action}` is of {of}, not of {version}"));
    }
    let params = given(table, &texts)?;
    let taken = table.take(&params, &[]).map_err(|error| error.to_string())?;
    let (query, form) = (taken.pairs(Place::Query), taken.pairs(Place::Form));
    fn borrow<'a>(pairs: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
        pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
    Ok(signed(&borrow(&query), &borrow(&form)))
}

/// Returns parameters as an application gives them: numbers and flags as such, not as the wire's texts.
fn given(action: &Action, texts: &[(&str, &str)]) -> Result<crate::json::Value, String> {
    let mut out = Ink::with_capacity(256);
    for (index, (name, text)) in texts.iter().enumerate() {
        out.text(if index > 0 { "," } else { "{" });
        out.json(name);
        out.text(":");
        let param = action.params.iter().find(|param| param.name == *name);
        match param.map(|param| param.kind) {
            Some(Kind::Number(..) | Kind::Flag) => out.text(text),
            _ => out.json(text),
        }
    }
    out.text("}");
    crate::json::parse(out.bytes()).map_err(|_| "the parameters are no JSON".to_owned())
}

/// Signs a captured request as it went over the wire.
fn captured(algorithm: &str, vector: &Json, wire: &Json) -> Result<Signed, String> {
    let Credentials { secret, .. } = credentials(vector)?;
    let method = method(wire.field("method")?)?;
    let (query, body) = (wire.field("query").unwrap_or(""), wire.field("body").unwrap_or(""));
    let host = wire.field("host").or_else(|_| vector.field("endpoint"))?;
    let params: Vec<(String, String)> =
        pairs(query).into_iter().chain(pairs(body)).filter(|(name, _)| name != "Signature").collect();
    let mut params: Vec<(&str, &str)> = borrowed(&params);
    match algorithm {
        "RPC-HMAC-SHA1" => Ok(aliyun_rpc::sign(&secret, method, &mut params).0),
        "TC-HmacSHA1" => Ok(tencent_v1::sign(&secret, tencent_v1::Hash::Sha1, method, host, &mut params)),
        "TC-HmacSHA256" => Ok(tencent_v1::sign(&secret, tencent_v1::Hash::Sha256, method, host, &mut params)),
        aliyun_acs3::ALGORITHM => {
            let headers = signed_headers(wire, host)?;
            let query = pairs(query);
            let query = canonical(&borrowed(&query));
            let hash = hex(&sha256(&[body.as_bytes()]));
            let path = wire.field("path").unwrap_or("/");
            Ok(aliyun_acs3::sign(&secret, method, path, &query, &borrowed(&headers), &hash))
        }
        tencent_tc3::ALGORITHM => {
            let headers = signed_headers(wire, host)?;
            let service =
                vector.field("service").unwrap_or_else(|_| host.split('.').next().unwrap_or_default());
            let parts = tencent_tc3::Parts { method, query, body: body.as_bytes(), service };
            let now = seconds(vector.field("timestamp")?)?;
            Ok(tencent_tc3::sign(&secret, &parts, &borrowed(&headers), now))
        }
        LEGACY => {
            let body = Json::parse(body)?;
            let random = pairs(query).into_iter().find(|(name, _)| name == "random");
            let (_, random) = random.ok_or("`random` is missing in the query")?;
            let time = seconds(body.field("time")?)?.seconds();
            let mobiles: Vec<&str> = match body.get("tel") {
                Some(list @ Json::List(_)) => {
                    list.items().iter().map(|tel| tel.field("mobile")).collect::<Result<_, _>>()?
                }
                Some(tel) => vec![tel.field("mobile")?],
                None => Vec::new(),
            };
            Ok(tencent_legacy::sign(&secret, &random, time, &mobiles))
        }
        _ => Err(format!("no signer for `{algorithm}`")),
    }
}

/// Signs a worked example from a vendor's page.
fn published(algorithm: &str, input: &Json) -> Result<Signed, String> {
    let secret = Secret::new(input.field("secret").or_else(|_| input.field("appkey"))?.to_owned());
    if algorithm == LEGACY {
        let time = seconds(input.field("time")?)?.seconds();
        let mobiles = input.get("mobiles").map_or(&[][..], Json::items);
        let mobiles: Vec<&str> = mobiles.iter().filter_map(Json::text).collect();
        return Ok(tencent_legacy::sign(&secret, input.field("random")?, time, &mobiles));
    }
    let method = method(input.field("method")?)?;
    let mut params = input.get("params").map_or_else(|| Ok(Vec::new()), texts)?;
    let mut headers = input.get("headers").map_or_else(|| Ok(Vec::new()), texts)?;
    headers.sort_unstable();
    let body = input.field("body").unwrap_or("").as_bytes();
    match algorithm {
        "RPC-HMAC-SHA1" => Ok(aliyun_rpc::sign(&secret, method, &mut params).0),
        "TC-HmacSHA1" | "TC-HmacSHA256" => {
            let hash =
                if algorithm == "TC-HmacSHA1" { tencent_v1::Hash::Sha1 } else { tencent_v1::Hash::Sha256 };
            Ok(tencent_v1::sign(&secret, hash, method, input.field("host")?, &mut params))
        }
        aliyun_acs3::ALGORITHM => {
            let query = input.get("query").map_or_else(|| Ok(Vec::new()), texts)?;
            let path = input.field("path").unwrap_or("/");
            let hash = hex(&sha256(&[body]));
            Ok(aliyun_acs3::sign(&secret, method, path, &canonical(&query), &headers, &hash))
        }
        tencent_tc3::ALGORITHM => {
            let query = input.field("query").unwrap_or("");
            let parts = tencent_tc3::Parts { method, query, body, service: input.field("service")? };
            Ok(tencent_tc3::sign(&secret, &parts, &headers, seconds(input.field("timestamp")?)?))
        }
        _ => Err(format!("no signer for `{algorithm}`")),
    }
}

/// Returns the headers that the capture's list of signed headers names, sorted.
fn signed_headers(wire: &Json, host: &str) -> Result<Vec<(String, String)>, String> {
    let all = wire.get("headers").ok_or("`headers` is missing")?.members();
    let find = |name: &str| {
        all.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.text())
    };
    let listed = || {
        let rest = find("authorization")?.split_once("SignedHeaders=")?.1;
        rest.split([',', ' ']).next()
    };
    let names = wire.field("signed_headers").ok().or_else(listed).ok_or("no list of signed headers")?;
    let mut out = Vec::new();
    for name in names.split(';') {
        let value = find(name).or((name == "host").then_some(host));
        let value = value.ok_or_else(|| format!("the signed header `{name}` is missing"))?;
        out.push((name.to_owned(), value.to_owned()));
    }
    out.sort_unstable();
    Ok(out)
}

fn credentials(vector: &Json) -> Result<Credentials, String> {
    let from = vector.get("credentials").ok_or("`credentials` is missing")?;
    Ok(Credentials {
        id: from.field("id")?.to_owned(),
        secret: Secret::new(from.field("secret")?.to_owned()),
        token: from.field("token").ok().map(|token| Secret::new(token.to_owned())),
    })
}

fn texts(object: &Json) -> Result<Vec<(&str, &str)>, String> {
    let text = |(name, value): &'_ (String, Json)| {
        value.text().map(|_| ()).ok_or_else(|| format!("`{name}` must be text"))
    };
    object.members().iter().try_for_each(text)?;
    Ok(object.members().iter().filter_map(|(name, value)| Some((name.as_str(), value.text()?))).collect())
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn method(name: &str) -> Result<Method, String> {
    match name {
        "GET" => Ok(Method::Get),
        "POST" => Ok(Method::Post),
        _ => Err(format!("no method `{name}`")),
    }
}

fn seconds(digits: &str) -> Result<UnixMillis, String> {
    let seconds: u64 = digits.parse().map_err(|_| format!("`{digits}` is no Unix time"))?;
    Ok(UnixMillis(seconds.saturating_mul(1000)))
}

/// Turns the arguments of qcloudsms_py into the action and the parameters that the vendor documents.
fn legacy<'a>(action: &'a str, arguments: &Json) -> Result<(&'a str, Value), String> {
    let mut text = Ink::with_capacity(256);
    arguments.write(&mut text);
    let arguments: Value = serde_json::from_slice(text.bytes()).map_err(|error| error.to_string())?;
    let mut out = serde_json::Map::new();
    let tel = |mobile: &Value| json!({"nationcode": arguments.get("nationcode"), "mobile": mobile});
    for (name, value) in arguments.as_object().into_iter().flatten() {
        match name.as_str() {
            "nationcode" => {}
            "phone_number" => drop(out.insert("tel".into(), tel(value))),
            "phone_numbers" => {
                let many = value.as_array().into_iter().flatten().map(tel).collect();
                out.insert("tel".into(), Value::Array(many));
            }
            "template_id" => drop(out.insert("tpl_id".into(), value.clone())),
            "sms_type" => drop(out.insert("type".into(), value.clone())),
            "max_num" => {
                out.insert("type".into(), json!(0));
                out.insert("max".into(), value.clone());
            }
            _ => drop(out.insert(name.clone(), value.clone())),
        }
    }
    Ok((action.split('_').next().unwrap_or(action), Value::Object(out)))
}

const LEGACY: &str = "QCLOUDSMS-V5-SHA256";
