//! Alibaba Cloud: SMS, SMS codes that it makes itself, SMS abroad, and mail.
//!
//! A product is a list of parameters and a reading of the reply. Account, signature, hosts and the words of a
//! refusal are the same for all, and are here.

pub(crate) mod actions;
pub(crate) mod api;
mod auth;
mod global;
mod mail;
mod sms;
#[cfg(test)]
mod tests;

pub use auth::AliyunAuth;
pub use global::AliyunGlobal;
pub use mail::AliyunMail;
pub use sms::Aliyun;

use super::action::{Action, ActionError, Kind, Param, Place, SIGN, find, one_of};
use super::keys::{Keys, Names};
use super::pattern::Pattern;
use super::reading::{MAX_REPLY, doubtful, failure, id};
use super::settings::{self, Endpoint, Env};
use super::{BuildError, Class, Failure, Message, Signing, classes};
use crate::config::Section;
use crate::http::{HttpCall, HttpReply};
use crate::json::{self, Object, Value};
use crate::mac::hex;
use crate::sign::encode::Ink;
use crate::time::Millis;
use alloc::string::String;
use alloc::vec::Vec;
use api::{Asked, Wire};

/// What every product's section has: a name and a weight, a key, a host, a wire, a time-out.
#[derive(Clone, Debug)]
struct Account {
    name: String,
    weight: u32,
    keys: Keys,
    endpoint: Endpoint,
    wire: Wire,
    timeout: Millis,
}

impl Account {
    /// Reads what all products share: `access_key_id`, `access_key_secret`, `security_token` or `credentials`,
    /// `wire` (`acs3` or `rpc`), `region`, `endpoint`, `timeout_ms` (1000 to 30000, 5000 unless set), `name`,
    /// `weight`.
    ///
    /// `host` is the one unless set, `hosts` those of the regions; a product with one host has no `region`.
    #[inline(never)]
    fn read(
        section: &mut Section<'_>,
        env: Env<'_>,
        kind: &str,
        (host, hosts): (&'static str, &'static [(&'static str, &'static str)]),
    ) -> Self {
        let name = settings::name(section, kind);
        let weight = settings::weight(section);
        let of_region = if hosts.is_empty() { None } else { section.get_choice("region", hosts) };
        let endpoint = settings::endpoint(section, of_region.unwrap_or(host));
        let keys = Keys::read(section, env, &NAMES, &endpoint);
        let wire = section.get_choice("wire", WIRES);
        let (wire, timeout) = (wire.unwrap_or(Wire::Acs3), settings::timeout(section));
        Self { name, weight, keys, endpoint, wire, timeout }
    }

    /// Builds the signed call of an action.
    fn call(&self, asked: &Asked<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError> {
        let credentials = self.keys.pick(signing, &self.endpoint)?;
        let nonce = hex(&signing.nonce);
        let mut request = asked.request(self.wire, &self.endpoint.host, credentials, signing.now, &nonce);
        request.headers.push(("accept", "application/json".into()));
        Ok(request.into_call(&self.endpoint.origin, self.timeout, MAX_REPLY))
    }

    /// Builds the signed call of one of `actions`, once its parameters were checked.
    #[cfg(feature = "operations")]
    fn action(
        &self,
        (actions, version): (&'static [Action], &str),
        name: &str,
        params: &Value,
        signing: &Signing<'_>,
    ) -> Result<HttpCall, ActionError> {
        let action = find(actions, name)?;
        let taken = action.take(params, &[])?;
        let (query, form) = (taken.pairs(Place::Query), taken.pairs(Place::Form));
        together(action, query.iter().chain(&form))?;
        one_of(action, params, actions::BODIES)?;
        let (query, form) = (borrowed(&query), borrowed(&form));
        let asked = Asked { action: action.name, version, query: &query, form: &form };
        Ok(self.call(&asked, signing)?)
    }
}

fn borrowed<'a>(pairs: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Refuses lists of different lengths that belong together, and a sign among them that the vendor would refuse.
///
/// Signs are not checked with the table: captures of the SDKs, which take any text, go through that.
fn together<'a>(
    action: &Action,
    pairs: impl Iterator<Item = &'a (&'static str, String)>,
) -> Result<(), ActionError> {
    let listed = |name: &str| {
        let is_list = |param: &Param| param.name == name && matches!(param.kind, Kind::Json(Kind::List(..)));
        actions::TOGETHER.contains(&name) && action.params.iter().any(is_list)
    };
    let mut first = None;
    for (name, text) in pairs.filter(|(name, _)| listed(name)) {
        let list = json::parse(text.as_bytes()).ok();
        let items = list.as_ref().and_then(Value::as_array);
        let length = items.map(<[Value]>::len);
        if let (&actions::SIGNS, Kind::Shape(fits, message)) = (name, SIGN) {
            let odd = |sign: &Value| !sign.as_str().is_some_and(fits);
            if items.unwrap_or_default().iter().any(odd) {
                return Err(ActionError::input(&["params.", name].concat(), message));
            }
        }
        match first {
            None => first = Some((*name, length)),
            Some((first, as_many)) if as_many != length => {
                let message = ["must have as many entries as ", first].concat();
                return Err(ActionError::input(&["params.", name].concat(), &message));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The methods of [`super::Provider`] that an account answers for all products.
macro_rules! answered_by_account {
    ($actions:expr) => {
        fn name(&self) -> &str {
            &self.account.name
        }

        fn weight(&self) -> u32 {
            self.account.weight
        }

        fn asks_for_credentials(&self) -> bool {
            self.account.keys.are_the_hosts()
        }

        #[cfg(feature = "operations")]
        fn actions(&self) -> &'static [crate::provider::Action] {
            $actions.0
        }

        #[cfg(feature = "operations")]
        fn action(
            &self,
            name: &str,
            params: &crate::json::Value,
            signing: &Signing<'_>,
        ) -> Result<HttpCall, crate::provider::ActionError> {
            self.account.action($actions, name, params, signing)
        }

        #[cfg(feature = "operations")]
        fn read_action(
            &self,
            _: &str,
            reply: &HttpReply,
        ) -> Result<crate::provider::Answer, crate::provider::Failure> {
            accepted(reply).map(|(_, request_id)| crate::provider::Answer::within(reply, "", request_id))
        }
    };
}
use answered_by_account;

/// What a reply says, whichever product it comes from.
struct Said<'a> {
    code: Option<&'a str>,
    words: &'a str,
    request_id: Option<String>,
    /// Whether the status is one of success.
    fine: bool,
}

impl<'a> Said<'a> {
    /// Reads a reply; `names` are the fields for the code and the words beside the gateway's own.
    fn read(reply: &HttpReply, body: &'a Object, names: Option<(&str, &str)>) -> Self {
        // Some gateway answers write their keys in lower case; the SDKs read both.
        let either = |upper: &str, lower: &str| body.get(upper).or_else(|| body.get(lower));
        let text = |upper: &str, lower: &str| either(upper, lower).and_then(|value| value.as_str());
        let own = |name: &str| body.get(name).and_then(|value| value.as_str());
        Self {
            code: names.and_then(|(code, _)| own(code)).or_else(|| text("Code", "code")),
            words: names
                .and_then(|(_, words)| own(words))
                .or_else(|| text("Message", "message"))
                .unwrap_or_default(),
            request_id: id(either("RequestId", "requestId")),
            fine: (200..300).contains(&reply.status),
        }
    }

    fn is_ok(&self) -> bool {
        self.fine && self.code == Some("OK")
    }

    /// Returns the failure that a reply amounts to which was no success.
    fn failure(self, reply: &HttpReply) -> Failure {
        let Self { code, words, request_id, .. } = self;
        match code {
            Some("OK") => {
                Failure { class: Class::Ambiguous, request_id, ..doubtful(reply, "reply.contradiction") }
            }
            Some(code) => {
                let mut failure = failure(classes::ALIYUN, reply, code, words, request_id);
                if code.ends_with(FLOW_CONTROL) {
                    let tier = TIERS.iter().find(|(word, _)| holds(words, word));
                    failure.retry_after =
                        tier.map(|(_, seconds)| Millis::from_seconds(*seconds)).or(failure.retry_after);
                }
                failure
            }
            None => Failure { request_id, ..doubtful(reply, "reply.no_code") },
        }
    }
}

/// A reply that says yes, and the request's id.
type Accepted = Result<(Object, Option<String>), Failure>;

/// Variables of a template and what goes into them.
type Params = Vec<(String, Pattern)>;

/// Reads `template_params`, of which one has to hold the code; `{"code": "{code}"}` unless set.
fn with_code(section: &mut Section<'_>) -> Params {
    let params = settings::variables(section, &[("code", "{code}")]);
    settings::with_code(section, params.iter().map(|(_, pattern)| pattern));
    params
}

/// Returns the variables as the JSON object that templates take.
fn filled(params: &Params, message: &Message<'_>) -> String {
    let mut json = Ink::with_capacity(64);
    json.text("{");
    for (index, (name, pattern)) in params.iter().enumerate() {
        json.text(if index > 0 { "," } else { "" });
        json.json(name);
        json.text(":");
        json.json(&pattern.fill(message));
    }
    json.text("}");
    json.done()
}

/// Returns the word for yes or no.
const fn word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// Tells whether a template's code is one of SMS, such as `SMS_123456789`.
fn sms_template(text: &str) -> bool {
    text.strip_prefix("SMS_").is_some_and(number)
}

/// Tells whether a text is 1 to 20 digits.
fn number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells whether a word is in a text; `str::contains` is 7 kB of code at the edge.
fn holds(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part == word.as_bytes())
}

const NAMES: Names = Names {
    id: ("access_key_id", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    secret: ("access_key_secret", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    token: ("security_token", "ALIBABA_CLOUD_SECURITY_TOKEN"),
};

const WIRES: &[(&str, Wire)] = &[
    ("acs3", Wire::Acs3),
    #[cfg(feature = "legacy")]
    ("rpc", Wire::Rpc),
];

const CENTRAL: &str = "dysmsapi.aliyuncs.com";
const SINGAPORE: &str = "dysmsapi.ap-southeast-1.aliyuncs.com";

/// Regions with a host of their own for SMS, from the SDKs' endpoint map; `central` is every other.
const SMS_HOSTS: &[(&str, &str)] = &[
    ("central", CENTRAL),
    ("cn-hangzhou", CENTRAL),
    ("cn-beijing", "dysmsapi-proxy.cn-beijing.aliyuncs.com"),
    ("cn-hongkong", "dysmsapi-xman.cn-hongkong.aliyuncs.com"),
    ("ap-southeast-1", SINGAPORE),
    ("ap-southeast-5", "dysmsapi.ap-southeast-5.aliyuncs.com"),
    ("eu-central-1", "dysmsapi.eu-central-1.aliyuncs.com"),
    ("us-east-1", "dysmsapi.us-east-1.aliyuncs.com"),
];

/// The flow control of one sign and number, and the words that name its tier.
const FLOW_CONTROL: &str = "BUSINESS_LIMIT_CONTROL";
const TIERS: &[(&str, u64)] = &[("分钟", 60), ("小时", 3_600), ("天", 86_400)];
