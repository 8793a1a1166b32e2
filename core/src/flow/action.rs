//! The flow of a vendor's action: one HTTP exchange, after the key if the host gives it.
//!
//! No limit is counted and no store is asked: an action is the application's own, never a stranger's.

use super::deployment::Deployment;
use super::{Heard, Machine, Next, unavailable};
use crate::http::{HttpReply, TransportFault};
use crate::json::{self, Value};
use crate::key::{expand, head};
use crate::outcome::{Code, Outcome};
use crate::provider::action::{self, ActionError};
use crate::provider::{BuildError, Class, Failure, Provider, Signing};
use crate::secret::Secret;
use crate::sign::Credentials;
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What an application asks of a vendor.
pub(crate) struct ActionRequest {
    pub(crate) provider: String,
    pub(crate) action: String,
    /// The parameters in JSON, an object.
    pub(crate) params: String,
}

pub(crate) struct ActionFlow {
    deployment: Arc<Deployment>,
    request: ActionRequest,
    seed: Secret<[u8; 32]>,
    at: usize,
    params: Value,
}

impl ActionFlow {
    pub(crate) fn new(deployment: Arc<Deployment>, request: ActionRequest, seed: Secret<[u8; 32]>) -> Self {
        Self { deployment, request, seed, at: 0, params: Value::Null }
    }

    fn provider(&self) -> Option<&dyn Provider> {
        self.deployment.providers.get(self.at).map(AsRef::as_ref)
    }

    /// Finds the provider: of several with this name, the first that has the action.
    fn read(&mut self) -> Result<(), ActionError> {
        let ActionRequest { provider, action, params } = &self.request;
        let providers = || self.deployment.providers.iter().enumerate();
        let mut named = providers().filter(|(_, it)| it.name() == provider).peekable();
        let Some((_, first)) = named.peek() else {
            let message = action::listed(
                "is not one of this deployment's; there are ",
                providers().map(|(_, it)| it.name()),
            );
            return Err(ActionError::Input { field: "provider".into(), message });
        };
        let actions = first.actions();
        let found = named.find(|(_, it)| it.actions().iter().any(|one| one.name == action));
        let Some((at, _)) = found else { return Err(action::unknown(actions)) };
        let Ok(read) = json::parse(params.as_bytes()) else {
            let (field, message) = ("params".into(), "must be a JSON object".into());
            return Err(ActionError::Input { field, message });
        };
        (self.at, self.params) = (at, read);
        Ok(())
    }

    /// Builds the call. What is wrong with the input shows before a key is asked for.
    fn build(&self, credentials: Option<&Credentials>, now: UnixMillis) -> Next {
        let Some(provider) = self.provider() else { return done(unavailable(Code::StoreReply)) };
        let nonce = head(&expand(&self.seed, "http/0"));
        match provider.action(&self.request.action, &self.params, &Signing { now, nonce, credentials }) {
            Ok(call) => Next::Http(call),
            Err(ActionError::Input { field, message }) => done(input(&field, &message)),
            Err(ActionError::Credentials) if credentials.is_none() && provider.asks_for_credentials() => {
                Next::Credentials(provider.name().to_owned())
            }
            Err(ActionError::Credentials) => self.keyless(),
        }
    }

    fn keyless(&self) -> Next {
        self.failed(Failure::of(Class::Unavailable, BuildError::Credentials.as_str()))
    }

    fn failed(&self, failure: Failure) -> Next {
        let code = match failure.class {
            Class::Rejected => Code::ActionRejected,
            Class::Account => Code::ActionAccount,
            Class::Throttled => Code::ActionThrottled,
            Class::Unavailable => Code::ActionUnavailable,
            Class::Ambiguous => Code::ActionAmbiguous,
        };
        let name = self.provider().map(|provider| provider.name().to_owned()).unwrap_or_default();
        done(Outcome {
            events: vec![format!("provider.{} {name} {}", failure.class.as_str(), failure.code)],
            provider: Some(name),
            request_id: failure.request_id,
            retry_after: failure.retry_after,
            ..Outcome::new(code)
        })
    }
}

impl Machine for ActionFlow {
    fn start(&mut self, now: UnixMillis) -> Next {
        match self.read() {
            Ok(()) => self.build(None, now),
            Err(ActionError::Input { field, message }) => done(input(&field, &message)),
            Err(ActionError::Credentials) => self.keyless(),
        }
    }

    fn stored(&mut self, _: Vec<Heard>, _: UnixMillis) -> Next {
        done(unavailable(Code::StoreReply))
    }

    fn keyed(&mut self, credentials: Option<Credentials>, now: UnixMillis) -> Next {
        match &credentials {
            Some(_) => self.build(credentials.as_ref(), now),
            None => self.keyless(),
        }
    }

    fn answered(&mut self, answer: Result<HttpReply, TransportFault>, _: UnixMillis) -> Next {
        let reading = match answer {
            Ok(reply) => self.provider().map(|provider| provider.read_action(&self.request.action, &reply)),
            Err(fault) => Some(Err(Failure::transport(fault))),
        };
        match reading {
            Some(Ok(answer)) => done(Outcome {
                provider: self.provider().map(|provider| provider.name().to_owned()),
                request_id: answer.request_id,
                answer: Some(answer.json),
                ..Outcome::new(Code::ActionAnswered)
            }),
            Some(Err(failure)) => self.failed(failure),
            None => done(unavailable(Code::StoreReply)),
        }
    }
}

fn input(field: &str, message: &str) -> Outcome {
    let text = (["参数不正确：", field].concat(), [field, ": ", message].concat());
    Outcome { text: Some(text), ..Outcome::new(Code::ActionInput) }
}

fn done(outcome: Outcome) -> Next {
    Next::Done(Box::new(outcome))
}
