//! Alibaba Cloud SMS, API dysmsapi 2017-05-25, action SendSms.
//!
//! Source: help.aliyun.com, "SendSms", and the official SDK alibabacloud_dysmsapi20170525 4.6.0.

use super::keys::{Keys, Names};
use super::pattern::Pattern;
use super::reading::{MAX_REPLY, doubtful, failure, id, object};
use super::settings::{self, Endpoint, Env};
use super::{BuildError, Class, Message, Provider, Reading, Receipt, Recipient, Signing, classes};
use crate::config::Section;
use crate::error::{ConfigCode, ConfigError};
use crate::http::{HttpCall, HttpReply};
use crate::mac::hex;
use crate::sign::encode::Ink;
use crate::sign::{aliyun_acs3, aliyun_rpc};
use crate::time::Millis;

/// An account at Alibaba Cloud SMS.
#[derive(Clone, Debug)]
pub struct Aliyun {
    name: String,
    weight: u32,
    keys: Keys,
    endpoint: Endpoint,
    wire: Wire,
    sign_name: String,
    templates: Vec<(String, String)>,
    params: Vec<(String, Pattern)>,
    timeout: Millis,
}

/// How a call is written and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    /// ACS3-HMAC-SHA256 with all parameters in the query, as the official SDKs do.
    Acs3,
    /// RPC V1 with everything in the body, so that neither number nor code is in a URL.
    Rpc,
}

impl Aliyun {
    /// Reads the section of an `aliyun` provider; the caller finishes the section.
    ///
    /// Options: `access_key_id`, `access_key_secret`, `security_token`, `sign_name`, `templates` (purpose to
    /// `SMS_…`; `default` serves every other purpose), `template_params` (variable to text with `{code}` or
    /// `{minutes}`; `{"code": "{code}"}` unless set), `wire` (`acs3` or `rpc`), `region`, `endpoint`,
    /// `timeout_ms` (1000 to 30000, 5000 unless set), `name`. `env` stands in for the key's options.
    ///
    /// # Errors
    /// [`ConfigError`] that names the option, and the environment variable where there is one.
    pub fn from_config(section: &mut Section<'_>, env: Env<'_>) -> Result<Self, ConfigError> {
        let name = settings::name(section, "aliyun")?;
        let weight = settings::weight(section)?;
        let host = section.choice("region", REGIONS)?.unwrap_or(CENTRAL);
        let endpoint = settings::endpoint(section, host)?;
        let keys = Keys::read(section, env, &NAMES, &endpoint)?;
        let wire = section.choice("wire", &[("acs3", Wire::Acs3), ("rpc", Wire::Rpc)])?;
        let sign_name = settings::sign_name(section)?;
        let templates = settings::templates(section, template_code, "SMS_123456789")?;
        let params = template_params(section)?;
        let (wire, timeout) = (wire.unwrap_or(Wire::Acs3), settings::timeout(section)?);
        Ok(Self { name, weight, keys, endpoint, wire, sign_name, templates, params, timeout })
    }

    fn template_param(&self, message: &Message<'_>) -> String {
        let mut json = Ink::with_capacity(64);
        json.text("{");
        for (index, (name, pattern)) in self.params.iter().enumerate() {
            json.text(if index > 0 { "," } else { "" });
            json.json(name);
            json.text(":");
            json.json(&pattern.fill(message));
        }
        json.text("}");
        json.done()
    }
}

impl Provider for Aliyun {
    fn name(&self) -> &str {
        &self.name
    }

    fn weight(&self) -> u32 {
        self.weight
    }

    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool {
        to.is_phone() && settings::template(&self.templates, purpose).is_some()
    }

    fn asks_for_credentials(&self) -> bool {
        self.keys.are_the_hosts()
    }

    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let to = message.to.phone()?.bare();
        message.check(256)?;
        let credentials = self.keys.pick(signing, &self.endpoint)?;
        let template = settings::template(&self.templates, message.purpose).ok_or(BuildError::NoTemplate)?;
        let values = self.template_param(message);
        let mut params = Vec::with_capacity(5);
        params.extend(message.send_id.map(|text| ("OutId", text)));
        params.extend([
            ("PhoneNumbers", to),
            ("SignName", &self.sign_name),
            ("TemplateCode", template),
            ("TemplateParam", &values),
        ]);
        let nonce = hex(&signing.nonce);
        let mut request = match self.wire {
            Wire::Acs3 => {
                let host = &self.endpoint.host;
                let call =
                    aliyun_acs3::Call { action: ACTION, version: VERSION, host, query: &params, form: &[] };
                aliyun_acs3::build(&call, credentials, signing.now, &nonce)
            }
            Wire::Rpc => {
                let call = aliyun_rpc::Call {
                    action: ACTION,
                    version: VERSION,
                    query: &[],
                    form: &params,
                    whole_body: true,
                };
                aliyun_rpc::build(&call, credentials, signing.now, &nonce)
            }
        };
        request.headers.push(("accept", "application/json".into()));
        Ok(request.into_call(&self.endpoint.origin, self.timeout, MAX_REPLY))
    }

    fn read(&self, reply: &HttpReply) -> Reading {
        let body = object(reply)?;
        // Some gateway answers write their keys in lower case; the SDKs read both.
        let either = |upper: &str, lower: &str| body.get(upper).or_else(|| body.get(lower));
        let text = |upper: &str, lower: &str| either(upper, lower).and_then(|value| value.as_str());
        let request_id = id(either("RequestId", "requestId"));
        match text("Code", "code") {
            Some("OK") if (200..300).contains(&reply.status) => {
                Ok(Receipt { message_id: id(body.get("BizId")), request_id })
            }
            Some("OK") => {
                let class = Class::Ambiguous;
                Err(super::Failure { class, request_id, ..doubtful(reply, "reply.contradiction") })
            }
            Some(code) => {
                let message = text("Message", "message").unwrap_or_default();
                let mut failure = failure(classes::ALIYUN, reply, code, message, request_id);
                if code == FLOW_CONTROL {
                    let tier = TIERS.iter().find(|(word, _)| holds(message, word));
                    failure.retry_after =
                        tier.map(|(_, seconds)| Millis::from_seconds(*seconds)).or(failure.retry_after);
                }
                Err(failure)
            }
            None => Err(super::Failure { request_id, ..doubtful(reply, "reply.no_code") }),
        }
    }
}

/// Tells whether a word is in a text; `str::contains` is 7 kB of code at the edge.
fn holds(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part == word.as_bytes())
}

/// Reads `template_params`, an object from variable to text.
fn template_params(section: &mut Section<'_>) -> Result<Vec<(String, Pattern)>, ConfigError> {
    let found = section.texts("template_params")?;
    let found = if found.is_empty() { vec![("code", "{code}")] } else { found };
    let mut out = Vec::with_capacity(found.len());
    for (name, text) in found {
        let option = format!("template_params.{name}");
        out.push((name.to_owned(), settings::pattern(section, &option, text)?));
    }
    if !out.iter().any(|(_, pattern)| pattern.has_code()) {
        return Err(section.error(ConfigCode::Value, "template_params", "must give {code} to a variable"));
    }
    Ok(out)
}

fn template_code(text: &str) -> bool {
    let digits = text.strip_prefix("SMS_").unwrap_or_default();
    (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

const ACTION: &str = "SendSms";
const VERSION: &str = "2017-05-25";
const CENTRAL: &str = "dysmsapi.aliyuncs.com";

/// Regions with a host of their own, from the SDK's endpoint map; `central` is every other.
const REGIONS: &[(&str, &str)] = &[
    ("central", CENTRAL),
    ("cn-hangzhou", CENTRAL),
    ("cn-beijing", "dysmsapi-proxy.cn-beijing.aliyuncs.com"),
    ("cn-hongkong", "dysmsapi-xman.cn-hongkong.aliyuncs.com"),
    ("ap-southeast-1", "dysmsapi.ap-southeast-1.aliyuncs.com"),
    ("ap-southeast-5", "dysmsapi.ap-southeast-5.aliyuncs.com"),
    ("eu-central-1", "dysmsapi.eu-central-1.aliyuncs.com"),
    ("us-east-1", "dysmsapi.us-east-1.aliyuncs.com"),
];

const NAMES: Names = Names {
    id: ("access_key_id", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    secret: ("access_key_secret", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    token: ("security_token", "ALIBABA_CLOUD_SECURITY_TOKEN"),
};

/// The flow control of one sign and number, and the words that name its tier.
const FLOW_CONTROL: &str = "isv.BUSINESS_LIMIT_CONTROL";
const TIERS: &[(&str, u64)] = &[("分钟", 60), ("小时", 3_600), ("天", 86_400)];
