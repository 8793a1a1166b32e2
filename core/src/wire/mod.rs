//! What every binding exposes: flat, owned types, and one text form for hosts that pass strings.
//!
//! A binding converts arguments, calls this, converts the result and maps the error code; nothing more.

#[cfg(feature = "testing")]
mod schema;
pub mod text;

pub use crate::address::client_ip;
pub use crate::error::{ConfigCode, ConfigError, DriveError};
pub use crate::flow::{Reply, SendRequest, VerifyRequest};
pub use crate::http::{HttpCall, HttpReply, Method};
pub use crate::sign::Credentials;
pub use crate::store::{Applied, MemoryStore, StoreOp, apply};
pub use crate::time::{Millis, UnixMillis};

#[cfg(feature = "sandbox")]
pub use crate::sandbox::{Answer, Delivery, Fault, Push, Sandbox, Vendor};
#[cfg(feature = "testing")]
pub use crate::vector::run as run_vector;
#[cfg(feature = "testing")]
pub use schema::schema_json;

#[cfg(feature = "operations")]
use crate::flow::desk::Task;
#[cfg(feature = "operations")]
use crate::sign::encode::Ink;
use crate::{engine, flow, outcome};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

/// The version of the crate, one for all packages.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A deployment; see [`crate::Engine`].
#[derive(Clone, Debug)]
pub struct Engine(engine::Engine);

/// One run of `send` or `verify`; see [`crate::Flow`].
#[derive(Debug)]
pub struct Flow(flow::Flow);

/// What the host does next; see [`crate::Step`].
#[expect(clippy::large_enum_variant, reason = "a flow ends once, and bindings take the outcome apart")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Exchange one HTTP request.
    Http {
        /// To be handed back with the reply.
        id: u32,
        /// The request, complete.
        call: HttpCall,
    },
    /// Get the key of a provider whose `credentials` the host gives.
    Credentials {
        /// To be handed back with the reply.
        id: u32,
        /// The provider's name.
        provider: String,
    },
    /// Run operations on the store.
    Store {
        /// To be handed back with the replies.
        id: u32,
        /// The operations; at least one.
        ops: Vec<StoreOp>,
    },
    /// The flow is finished.
    Done(Outcome),
}

/// A flow's result, flat. `Debug` shows the number masked, no token and no answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `sent`, `limited`, `challenge_required`, `undelivered`, `unknown`, `answered`, `verified`, `wrong_code`,
    /// `expired`, `locked`, `invalid` or `unavailable`.
    pub kind: &'static str,
    /// Whether the caller got what it asked for; true for `sent`, `verified` and `answered` only.
    pub ok: bool,
    /// The case, as a stable dotted code.
    pub code: &'static str,
    /// The recipient in E.164.
    pub to: Option<String>,
    /// The recipient as it may be shown or logged.
    pub masked: Option<String>,
    /// When to try again, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// When the next code may be asked for, in milliseconds.
    pub resend_in_ms: Option<u64>,
    /// How long the code is valid, in milliseconds.
    pub expires_in_ms: Option<u64>,
    /// Tries that are left on this code.
    pub attempts_left: Option<u32>,
    /// Whether this answers an earlier request with the same idempotency key.
    pub replayed: bool,
    /// The session token for a client that has no session.
    pub challenge: Option<String>,
    /// The ticket that a verification handed out.
    pub ticket: Option<String>,
    /// The provider that took the message, or refused it last.
    pub provider: Option<String>,
    /// The blind name of this send, which the provider's receipts repeat.
    pub send_id: Option<String>,
    /// The provider's id of the message.
    pub message_id: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// What the vendor said to an action: a JSON object, with numbers and texts in it.
    pub answer: Option<String>,
    /// The HTTP status that suits an answer.
    pub http_status: u16,
    /// A text for people in Chinese.
    pub text_zh: String,
    /// A text for people in English.
    pub text_en: String,
    /// What the operator should know, masked.
    pub events: Vec<String>,
}

/// Tells whether a text can name a purpose, or an action: 1 to 64 characters of `a-z A-Z 0-9 _ . -`.
///
/// A host asks before it repeats a name that a client may have written.
#[must_use]
pub fn is_purpose(text: &str) -> bool {
    flow::is_purpose(text)
}

/// Returns the script of the Redis store and its SHA-1 in lower-case hex; see [`crate::store::redis`].
#[must_use]
pub fn redis_script() -> (&'static str, String) {
    (crate::store::redis::SCRIPT, crate::store::redis::sha())
}

/// Reads delivery receipts; see [`crate::receipt::read`].
///
/// In JSON: a list of `{"status", "send_id", "message_id", "code", "masked", "at_ms"}`, what is not known left out.
/// `None` for what is no list of receipts of this kind of provider.
#[cfg(feature = "operations")]
#[must_use]
pub fn read_receipts(kind: &str, body: &[u8]) -> Option<String> {
    let receipts = crate::receipt::read(kind, body).ok()?;
    let mut json = Ink::with_capacity(256);
    json.text("[");
    for (at, receipt) in receipts.iter().enumerate() {
        json.text(if at > 0 { ",{\"status\":" } else { "{\"status\":" });
        json.json(receipt.status.as_str());
        let texts = [
            (",\"send_id\":", &receipt.send_id),
            (",\"message_id\":", &receipt.message_id),
            (",\"code\":", &receipt.code),
            (",\"masked\":", &receipt.masked),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                json.text(name);
                json.json(text);
            }
        }
        if let Some(at) = receipt.at {
            json.text(",\"at_ms\":");
            json.text(&at.0.to_string());
        }
        json.text("}");
    }
    json.text("]");
    Some(json.done())
}

/// Returns the body that a vendor expects as the answer to its push; see [`crate::receipt::acknowledgement`].
#[cfg(feature = "operations")]
#[must_use]
pub fn receipt_answer(kind: &str) -> &'static str {
    crate::receipt::acknowledgement(kind)
}

impl Engine {
    /// Reads a configuration in JSON; see [`crate::Engine::new`].
    ///
    /// # Errors
    /// [`ConfigError`] names the option and what would be right.
    pub fn new(config_json: &str) -> Result<Self, ConfigError> {
        engine::Engine::new(config_json).map(Self)
    }

    /// Lists the environment variables whose values belong into `env`.
    #[must_use]
    pub const fn env_names() -> &'static [&'static str] {
        engine::Engine::env_names()
    }

    /// Tells what the policy lets an attacker do, in JSON; see [`crate::policy::audit::Audit::to_json`].
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn audit_json(&self) -> String {
        self.0.audit().to_json()
    }

    /// Tells what the policy lets an attacker do, for people to read.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn audit_text(&self) -> String {
        self.0.audit().to_string()
    }

    /// Makes a flow that sends a code; `seed` is 32 fresh bytes from the operating system.
    #[must_use]
    pub fn send(&self, request: SendRequest, seed: [u8; 32]) -> Flow {
        Flow(self.0.send(request, seed))
    }

    /// Makes a flow that checks a code; `seed` is 32 fresh bytes from the operating system.
    #[must_use]
    pub fn verify(&self, request: VerifyRequest, seed: [u8; 32]) -> Flow {
        Flow(self.0.verify(request, seed))
    }

    /// Makes a flow that calls a vendor's action; see [`crate::Engine::call`].
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn call(&self, provider: &str, action: &str, params_json: &str, seed: [u8; 32]) -> Flow {
        Flow(self.0.call(provider, action, params_json, seed))
    }

    /// Makes a flow of the desk; `None` for a task that there is not.
    ///
    /// Tasks are `inspect`, `reset`, `forget` and `health`; see [`crate::Engine::inspect`] and those after it.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn desk(&self, task: &str, to: &str) -> Option<Flow> {
        Some(Flow(self.0.desk(Task::read(task)?, to)))
    }

    /// Returns the secret part of the path that takes delivery receipts; see [`crate::Engine::receipt_key`].
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn receipt_key(&self) -> String {
        self.0.receipt_key()
    }

    /// Tells, in constant time, whether a path has the right secret part.
    #[cfg(feature = "operations")]
    #[must_use]
    pub fn is_receipt_key(&self, given: &str) -> bool {
        self.0.is_receipt_key(given)
    }

    /// Tells whether a ticket is genuine, fresh, and bound to just this; see [`crate::Engine::redeem`].
    #[must_use]
    pub fn redeem(&self, ticket: &str, to: &str, purpose: &str, bound: &str, now: UnixMillis) -> bool {
        self.0.redeem(ticket, to, purpose, bound, now)
    }
}

impl Flow {
    /// Returns the first step. `now` is the host's clock.
    ///
    /// # Errors
    /// [`DriveError`]: a bug in the driver.
    pub fn start(&mut self, now: UnixMillis) -> Result<Step, DriveError> {
        Ok(self.0.start(now)?.into())
    }

    /// Returns the first step in its text form; see [`text::write_step`].
    ///
    /// # Errors
    /// As [`Flow::start`].
    pub fn start_text(&mut self, now: UnixMillis) -> Result<String, DriveError> {
        self.0.start(now).map(|step| text::write_flow_step(&step))
    }

    /// Takes the reply to the step `id` and returns the next step in its text form.
    ///
    /// # Errors
    /// As [`Flow::resume`].
    pub fn resume_text(&mut self, id: u32, reply: Reply, now: UnixMillis) -> Result<String, DriveError> {
        self.0.resume(id, reply, now).map(|step| text::write_flow_step(&step))
    }

    /// Takes the reply to the step `id` and returns the next step.
    ///
    /// # Errors
    /// [`DriveError`]: a bug in the driver; the flow is as it was.
    pub fn resume(&mut self, id: u32, reply: Reply, now: UnixMillis) -> Result<Step, DriveError> {
        Ok(self.0.resume(id, reply, now)?.into())
    }
}

impl From<flow::Step> for Step {
    // Two calls of it would be two copies.
    #[inline(never)]
    fn from(step: flow::Step) -> Self {
        match step {
            flow::Step::Http { id, call } => Self::Http { id, call },
            flow::Step::Credentials { id, provider } => Self::Credentials { id, provider },
            flow::Step::Store { id, ops } => Self::Store { id, ops },
            flow::Step::Done(outcome) => Self::Done((*outcome).into()),
        }
    }
}

impl From<outcome::Outcome> for Outcome {
    fn from(it: outcome::Outcome) -> Self {
        Self {
            kind: it.kind.as_str(),
            ok: it.kind.is_ok(),
            code: it.code.as_str(),
            http_status: it.kind.http_status(),
            text_zh: it.text_zh(),
            text_en: it.text_en(),
            retry_after_ms: it.retry_after.map(|wait| wait.0),
            resend_in_ms: it.resend_in.map(|wait| wait.0),
            expires_in_ms: it.expires_in.map(|wait| wait.0),
            attempts_left: it.attempts_left.map(u32::from),
            replayed: it.replayed,
            to: it.to,
            masked: it.masked,
            challenge: it.challenge,
            ticket: it.ticket,
            provider: it.provider,
            send_id: it.send_id,
            message_id: it.message_id,
            request_id: it.request_id,
            answer: it.answer,
            events: it.events,
        }
    }
}

impl core::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Outcome({} {}", self.kind, self.code)?;
        if let Some(masked) = &self.masked {
            write!(f, ", to {masked}")?;
        }
        f.write_str(")")
    }
}
