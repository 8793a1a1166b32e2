//! Flows: `start` and `resume`, each returning the next step.
//!
//! There is no queue that a host could forget to drain: what to do next is what the call returned. A flow asks for
//! at most four store steps, and of each provider one key and one HTTP exchange; every path ends in [`Step::Done`].

#[cfg(feature = "operations")]
pub(crate) mod action;
pub(crate) mod breaker;
pub(crate) mod contact;
pub(crate) mod deployment;
#[cfg(feature = "operations")]
pub(crate) mod desk;
mod input;
mod order;
mod request;
pub(crate) mod send;
#[cfg(test)]
mod tests;
pub(crate) mod verify;
mod wave;

pub(crate) use input::is_purpose;
pub use request::{SendRequest, VerifyRequest};

use crate::error::DriveError;
use crate::http::{HttpCall, HttpReply, TransportFault};
use crate::limit::{self, Refusal};
use crate::outcome::{Code, Outcome};
use crate::sign::Credentials;
use crate::store::StoreOp;
use crate::time::{Millis, UnixMillis};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What the host does next.
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
    /// Run operations on the store; they touch different keys and may run at once.
    Store {
        /// To be handed back with the reply.
        id: u32,
        /// The operations; at least one.
        ops: Vec<StoreOp>,
    },
    /// The flow is finished.
    Done(Box<Outcome>),
}

/// What the host brings back.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The provider's key; `None` when it can't be had.
    Credentials(Option<Credentials>),
    /// The provider's answer.
    Http(HttpReply),
    /// No whole answer came.
    HttpFault {
        /// Whether any byte of the request may have left. A host that can't tell says `true`.
        sent: bool,
    },
    /// The store's replies, one for each operation; `None` for one that failed.
    Store(Vec<Option<String>>),
    /// The store could not be reached in time.
    StoreFault,
}

/// One run of `send` or `verify`, from `start` to [`Step::Done`].
pub struct Flow {
    machine: Box<dyn Machine>,
    id: u32,
    waits_for: WaitsFor,
}

/// The states of one kind of flow; ids and kinds of replies are checked before it is asked.
pub(crate) trait Machine: Send + Sync {
    /// Begins.
    fn start(&mut self, now: UnixMillis) -> Next;
    /// Goes on after a store step, with one answer for each operation.
    fn stored(&mut self, heard: Vec<Heard>, now: UnixMillis) -> Next;
    /// Goes on with a provider's key, if the host has one.
    fn keyed(&mut self, credentials: Option<Credentials>, now: UnixMillis) -> Next;
    /// Goes on after an HTTP step.
    fn answered(&mut self, answer: Result<HttpReply, TransportFault>, now: UnixMillis) -> Next;
}

/// What a partition said, or why it is not known.
pub(crate) type Heard = Result<limit::Reply, Code>;

/// What a machine wants next.
pub(crate) enum Next {
    /// One exchange.
    Http(HttpCall),
    /// The key of the provider with this name.
    Credentials(String),
    /// Operations on the store.
    Store(Vec<StoreOp>),
    /// Nothing more.
    Done(Box<Outcome>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    Start,
    Credentials,
    Http,
    Store(usize),
    Nothing,
}

impl Flow {
    pub(crate) fn new(machine: impl Machine + 'static) -> Self {
        Self { machine: Box::new(machine), id: 0, waits_for: WaitsFor::Start }
    }

    /// Returns the first step. `now` is the host's clock.
    ///
    /// # Errors
    /// [`DriveError::AlreadyStarted`]: a bug in the driver.
    pub fn start(&mut self, now: UnixMillis) -> Result<Step, DriveError> {
        match self.waits_for {
            WaitsFor::Start => {
                let next = self.machine.start(now);
                Ok(self.step(next))
            }
            _ => Err(DriveError::AlreadyStarted),
        }
    }

    /// Takes the reply to the step `id` and returns the next step. `now` is the host's clock.
    ///
    /// # Errors
    /// [`DriveError`]: a bug in the driver; the flow is as it was.
    pub fn resume(&mut self, id: u32, reply: Reply, now: UnixMillis) -> Result<Step, DriveError> {
        match self.waits_for {
            WaitsFor::Start => return Err(DriveError::NotStarted),
            WaitsFor::Nothing => return Err(DriveError::Finished),
            _ if id != self.id => return Err(DriveError::WrongId),
            _ => {}
        }
        let next = match (self.waits_for, reply) {
            (WaitsFor::Credentials, Reply::Credentials(given)) => self.machine.keyed(given, now),
            (WaitsFor::Http, Reply::Http(reply)) => self.machine.answered(Ok(reply), now),
            (WaitsFor::Http, Reply::HttpFault { sent }) => {
                self.machine.answered(Err(TransportFault { sent }), now)
            }
            (WaitsFor::Store(count), Reply::Store(replies)) if replies.len() == count => {
                self.machine.stored(replies.into_iter().map(hear).collect(), now)
            }
            (WaitsFor::Store(count), Reply::StoreFault) => {
                self.machine.stored(vec![Err(Code::StoreDown); count], now)
            }
            _ => return Err(DriveError::WrongKind),
        };
        Ok(self.step(next))
    }

    #[inline(never)]
    fn step(&mut self, next: Next) -> Step {
        self.id = self.id.wrapping_add(1);
        let id = self.id;
        match next {
            Next::Http(call) => {
                self.waits_for = WaitsFor::Http;
                Step::Http { id, call }
            }
            Next::Credentials(provider) => {
                self.waits_for = WaitsFor::Credentials;
                Step::Credentials { id, provider }
            }
            Next::Store(ops) => {
                self.waits_for = WaitsFor::Store(ops.len());
                Step::Store { id, ops }
            }
            Next::Done(outcome) => {
                self.waits_for = WaitsFor::Nothing;
                Step::Done(outcome)
            }
        }
    }
}

/// Shows where the flow stands, and nothing of what it carries.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.waits_for {
            WaitsFor::Start => "not started",
            WaitsFor::Credentials => "waits for a key",
            WaitsFor::Http => "waits for HTTP",
            WaitsFor::Store(_) => "waits for the store",
            WaitsFor::Nothing => "finished",
        };
        write!(f, "Flow({state}, step {})", self.id)
    }
}

/// Makes the outcome of a store that can't answer.
pub(crate) fn unavailable(code: Code) -> Outcome {
    let wait = if code == Code::StoreClock { 60_000 } else { 5_000 };
    Outcome::new(code).after(Millis(wait))
}

fn hear(reply: Option<String>) -> Heard {
    let line = reply.ok_or(Code::StoreDown)?;
    match limit::Reply::read(&line).ok_or(Code::StoreReply)? {
        limit::Reply::Refused(Refusal::Clock) => Err(Code::StoreClock),
        limit::Reply::Refused(Refusal::Version) => Err(Code::StoreVersion),
        limit::Reply::Refused(Refusal::Corrupt) => Err(Code::StoreCorrupt),
        limit::Reply::Refused(Refusal::Operation) => Err(Code::StoreReply),
        limit::Reply::Refused(Refusal::Busy) => Err(Code::LimitBusy),
        reply => Ok(reply),
    }
}
