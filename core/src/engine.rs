//! One deployment's configuration, ready to start flows.

use crate::config::{Section, error};
use crate::email;
use crate::error::{ConfigCode, ConfigError};
#[cfg(feature = "operations")]
use crate::flow::action::{ActionFlow, ActionRequest};
use crate::flow::breaker::Breaker;
use crate::flow::contact::Contact;
use crate::flow::deployment::{Deployment, is_name};
#[cfg(feature = "operations")]
use crate::flow::desk::{DeskFlow, Task};
use crate::flow::send::SendFlow;
use crate::flow::verify::VerifyFlow;
use crate::flow::{Flow, SendRequest, VerifyRequest};
use crate::json::{self, Object, Value};
use crate::key::Keyring;
#[cfg(feature = "operations")]
use crate::mac::same;
use crate::phone;
use crate::policy::Policy;
#[cfg(feature = "operations")]
use crate::policy::audit::Audit;
use crate::provider::{self, Provider};
use crate::secret::Secret;
use crate::ticket::{self, Ticket};
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A deployment: keys, policy and providers. Cheap to clone; the clones are one.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Deployment>,
}

impl Engine {
    /// Reads a configuration in JSON.
    ///
    /// `namespace`, `secret` (or `index` and `peppers`), `providers`, `phone`, `email`, `policy`, `budget_per_day`, `ip`,
    /// `session`, and `env`: the values of the environment variables that [`Engine::env_names`] lists.
    ///
    /// # Errors
    /// [`ConfigError`] names the option, what would be right, and the environment variable if there is one.
    pub fn new(config_json: &str) -> Result<Self, ConfigError> {
        let value = json::parse(config_json.as_bytes()).ok().filter(|value| value.as_object().is_some());
        let value = value.ok_or_else(|| error(ConfigCode::Type, "config", "must be a JSON object"))?;
        let mut top = Section::open("", &value)?;
        let read = Self::read_options(&mut top);
        let deployment = top.sound(read)?.ok_or_else(|| error(ConfigCode::Value, "secret", "is wrong"))?;
        top.finish()?;
        Ok(Self { inner: Arc::new(deployment) })
    }

    fn read_options(top: &mut Section<'_>) -> Option<Deployment> {
        let env = top.value("env");
        let env = |name: &str| env?.get(name).and_then(Value::as_str).map(str::to_owned);
        let keys = keys(top, &env);
        let namespace = top.get_text("namespace").unwrap_or("default");
        if !is_name(namespace, 32) {
            top.note("namespace", "must be 1 to 32 characters of a-z A-Z 0-9 _ . -");
        }
        let policy = Policy::read_options(top);
        let mut phone = phone::Policy::default();
        if let Some(value) = top.value("phone") {
            let mut section = top.enter("phone", value);
            phone = phone::Policy::read_options(&mut section);
            top.leave(section);
        }
        let email = email::Policy::default();
        #[cfg(feature = "email")]
        let email = match top.value("email") {
            None => email,
            Some(value) => {
                let mut section = top.enter("email", value);
                let email = email::Policy::read_options(&mut section);
                top.leave(section);
                email
            }
        };
        let providers = provider::read_options(top, &env);
        #[cfg(feature = "gateway")]
        if let (false, Some(at)) = (phone.has_one_code(), providers.iter().position(|it| it.omits_country()))
        {
            // One country's number, written as in the country, may be somebody else's in another.
            let message = "must hold {calling_code}, {e164}, {e164_digits} or {cn_or_e164} beside {national}, \
                           because `phone` has countries of several calling codes";
            top.note(&[&Section::item("providers", at), ".gateway.body"].concat(), message);
        }
        let breaker = Breaker::new(providers.len());
        let namespace = namespace.to_owned();
        Some(Deployment { keys: keys?, namespace, policy, phone, email, providers, breaker })
    }

    /// Makes a deployment from parts, for providers of the caller's own.
    #[must_use]
    pub fn from_parts(
        keys: Keyring,
        namespace: &str,
        policy: Policy,
        phone: phone::Policy,
        providers: Vec<Box<dyn Provider>>,
    ) -> Self {
        let breaker = Breaker::new(providers.len());
        let (namespace, email) = (namespace.to_owned(), email::Policy::default());
        Self { inner: Arc::new(Deployment { keys, namespace, policy, phone, email, providers, breaker }) }
    }

    /// Lists the environment variables whose values belong into `env`.
    #[must_use]
    pub const fn env_names() -> &'static [&'static str] {
        &[
            "SANSMS_SECRET",
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            "TENCENTCLOUD_SECRET_ID",
            "TENCENTCLOUD_SECRET_KEY",
            "TENCENTCLOUD_SESSION_TOKEN",
            "SANSMS_GATEWAY_KEY",
            "SANSMS_GATEWAY_SECRET",
        ]
    }

    /// Returns the policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// Tells what the policy lets an attacker do; see [`Policy::audit`].
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn audit(&self) -> Audit {
        self.inner.policy.audit()
    }

    /// Makes a flow that sends a code.
    ///
    /// `seed` is 32 bytes from the operating system, drawn anew for each flow and wiped with it. What is wrong
    /// with the request becomes the flow's outcome.
    #[must_use]
    pub fn send(&self, request: SendRequest, seed: [u8; 32]) -> Flow {
        Flow::new(SendFlow::new(self.inner.clone(), request, Secret::new(seed)))
    }

    /// Makes a flow that checks a code; `seed` as for [`Engine::send`].
    #[must_use]
    pub fn verify(&self, request: VerifyRequest, seed: [u8; 32]) -> Flow {
        Flow::new(VerifyFlow::new(self.inner.clone(), request, Secret::new(seed)))
    }

    /// Makes a flow that calls an action of a vendor's, e.g. a query of what was sent; no limit is counted.
    ///
    /// `provider` is its configured name, `action` and the names in `params_json`, an object, are the vendor's own.
    /// `seed` as for [`Engine::send`]. What is wrong with any of them becomes the flow's outcome, `action.input`.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn call(&self, provider: &str, action: &str, params_json: &str, seed: [u8; 32]) -> Flow {
        let [provider, action, params] = [provider, action, params_json].map(str::to_owned);
        let request = ActionRequest { provider, action, params };
        Flow::new(ActionFlow::new(self.inner.clone(), request, Secret::new(seed)))
    }

    /// Makes a flow that tells how a recipient stands, and changes nothing.
    ///
    /// The outcome is `recipient.inspected`; its `answer` is `{"rules": [{"rule", "limit", "window_ms", "used",
    /// "wait_ms"}], "codes": [{"state", "tries_left", "resent", "expires_in_ms"}]}`, where a state is `live`, `locked`
    /// or `spent`. No number and no code is in it. `to` is as typed.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn inspect(&self, to: &str) -> Flow {
        self.desk(Task::Inspect, to)
    }

    /// Makes a flow that lets everything counted about a recipient begin anew; its live codes end.
    ///
    /// Sends, wrong tries, idempotency keys and codes are one record, which is emptied. What is counted about
    /// addresses, devices, prefixes, countries and the budget stays. The outcome is `recipient.reset`.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn reset(&self, to: &str) -> Flow {
        self.desk(Task::Reset, to)
    }

    /// Makes a flow that erases a recipient: the same as [`Engine::reset`], told as `recipient.forgotten`.
    ///
    /// No other record is about one recipient. What stays under its key is empty but for the time of this call, and
    /// ends by itself.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn forget(&self, to: &str) -> Flow {
        self.desk(Task::Forget, to)
    }

    /// Makes a flow that asks the store for two looks, which change nothing; the outcome is `store.ok`.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn health(&self) -> Flow {
        self.desk(Task::Health, "")
    }

    #[cfg(feature = "operations")]
    pub(crate) fn desk(&self, task: Task, to: &str) -> Flow {
        Flow::new(DeskFlow::new(self.inner.clone(), task, to))
    }

    /// Returns the secret part of the path that takes delivery receipts: 22 characters of a URL.
    ///
    /// It follows from the keys, so it is the same on every machine and after every restart. The vendors sign no
    /// push: who doesn't know this part must not reach the endpoint.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn receipt_key(&self) -> String {
        self.inner.keys.receipts(&self.inner.namespace)
    }

    /// Tells, in constant time, whether a path has the right secret part.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn is_receipt_key(&self, given: &str) -> bool {
        same(self.receipt_key().as_bytes(), given.as_bytes())
    }

    /// Tells whether a ticket is genuine, fresh, and bound to just this.
    ///
    /// `to` is the recipient as typed or as an outcome gave it. A ticket can be used until it ends: what must happen once is for
    /// the application to make so.
    #[must_use]
    pub fn redeem(&self, ticket: &str, to: &str, purpose: &str, bound: &str, now: UnixMillis) -> bool {
        let Ok(contact) = Contact::read(to, &self.inner) else { return false };
        let claim =
            Ticket { namespace: &self.inner.namespace, recipient: &contact.recipient(), purpose, bound };
        ticket::verify(&self.inner.keys, ticket, &claim, now)
    }
}

/// Shows the namespace and how many providers there are.
impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Engine({}, {} providers)", self.inner.namespace, self.inner.providers.len())
    }
}

/// Reads the keys; a `secret` that is not an option comes from the environment.
fn keys(top: &mut Section<'_>, env: &dyn Fn(&str) -> Option<String>) -> Option<Keyring> {
    let read = Keyring::read_options(top);
    let error = match top.sound(()) {
        Ok(()) => return read,
        Err(error) => error,
    };
    let missing = error.code == ConfigCode::Missing && error.option == "secret";
    match env("SANSMS_SECRET").filter(|_| missing) {
        None => top.keep_whole(error),
        Some(secret) => {
            let value = Value::Object(Object::from_iter([("secret".to_owned(), Value::String(secret))]));
            let mut alone = Section::at(String::new(), &value);
            let read = Keyring::read_options(&mut alone);
            match alone.sound(()) {
                Ok(()) => return read,
                Err(error) => top.keep_whole(ConfigError { env: Some("SANSMS_SECRET"), ..error }),
            }
        }
    }
    None
}
