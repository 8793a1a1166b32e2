//! The verify flow: charge the address, compare once.
//!
//! ```text
//! start ── no address ──────────────┐
//!   └─ reserve the address's attempt ┴─ check the number's slot ─ done
//!                                    └─ count a try ─ (key) ─ HTTP ─ consume ─ done
//! ```
//!
//! The second way is for codes that the provider made: the try is counted before the provider is asked, and the
//! challenge is spent once after it said yes, so parallel right guesses pass once.
//!
//! Checking is never locked by a stranger's guesses: a live code may always spend its own tries, and a check that
//! finds no live code charges the address and nothing else.

use super::deployment::Deployment;
use super::input::{Subject, addressed};
use super::request::VerifyRequest;
use super::wave::{refusal, reserved};
use super::{Heard, Machine, Next, unavailable};
use crate::code::{CodeError, proof, read_own};
use crate::http::{HttpCall, HttpReply, TransportFault};
use crate::key::{expand, head};
use crate::limit::{Check, Consume, Count, Lease, Op, Part, Reply, SlotReply, WRONG};
use crate::outcome::{Code, Outcome};
use crate::provider::{BuildError, Class, Failure, Guess, Signing};
use crate::secret::Secret;
use crate::sign::Credentials;
use crate::store::StoreOp;
use crate::ticket::{self, Ticket};
use crate::time::{Millis, UnixMillis};
use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

pub(crate) struct VerifyFlow {
    deployment: Arc<Deployment>,
    request: VerifyRequest,
    seed: Secret<[u8; 32]>,
    subject: Option<Subject>,
    /// The provider that makes and checks the codes for this recipient.
    managed: Option<usize>,
    code: Secret<String>,
    events: Vec<String>,
    state: State,
}

enum State {
    Ready,
    Attempt(Vec<Part>),
    Checking,
    Counting,
    /// The host is asked for the provider's key.
    Keying(Counted),
    Asking(Counted),
    Consuming,
    Finished,
}

/// A try that is counted: the provider may be asked.
#[derive(Clone, Copy)]
struct Counted {
    left: u8,
    slot: SlotReply,
}

impl VerifyFlow {
    pub(crate) fn new(deployment: Arc<Deployment>, request: VerifyRequest, seed: Secret<[u8; 32]>) -> Self {
        let code = Secret::new(String::new());
        let (events, state) = (Vec::new(), State::Ready);
        Self { deployment, request, seed, subject: None, managed: None, code, events, state }
    }

    fn read(&mut self) -> Result<Vec<Part>, Box<Outcome>> {
        let VerifyRequest { to, purpose, ip, session, code, .. } = &self.request;
        let subject = Subject::read(&self.deployment, to, purpose, ip.as_deref(), session.as_deref(), None)?;
        self.managed = self.deployment.managed(&subject.contact.parts(), purpose);
        let policy = &self.deployment.policy;
        let own = |error| if policy.own_codes { read_own(code) } else { Err(error) };
        // The shape is that of our codes; its folding would change another's.
        let read = match self.managed {
            Some(_) => read_own(code),
            None => policy.shape.read(code).or_else(own),
        };
        self.code = read.map_err(|error| {
            let code = match error {
                CodeError::Empty => Code::InputCodeEmpty,
                CodeError::Length => Code::InputCodeLength,
                CodeError::Character { .. } => Code::InputCodeCharacter,
            };
            Box::new(addressed(Outcome::new(code), &subject.contact))
        })?;
        let parts =
            subject.address.map_or(Vec::new(), |address| self.deployment.planner().checks_from(&address));
        self.subject = Some(subject);
        Ok(parts)
    }

    fn attempt(&self) -> u32 {
        u32::from_be_bytes(head(&expand(&self.seed, "attempt")))
    }

    /// Asks the number's record: compares the code, or counts a try for the provider to compare.
    fn check(&mut self) -> Next {
        let Some(subject) = &self.subject else { return self.finish(unavailable(Code::StoreReply)) };
        let Deployment { keys, policy, .. } = &*self.deployment;
        let kept = policy.wrong_tries.iter().map(|rule| rule.window.0).max().unwrap_or(1);
        let most = policy.wrong_tries.iter().map(|rule| rule.limit).max().unwrap_or(0);
        let window_ms = u32::try_from(kept).unwrap_or(u32::MAX);
        let (attempt, tag) = (self.attempt(), keys.tag(&subject.ctx));
        if cfg!(feature = "managed") && self.managed.is_some() {
            // Tries that turn out right are taken off again; until then they need their room.
            let keep = u8::try_from(most.saturating_add(u32::from(policy.slots()))).unwrap_or(u8::MAX);
            self.state = State::Counting;
            return self.ask_number(&Op::Count(Count { attempt, tag, series: WRONG, window_ms, keep }));
        }
        let peppers = keys.peppers().iter();
        let proofs = peppers.map(|pepper| (pepper.id(), proof(pepper, &subject.ctx, &self.code))).collect();
        let keep = u8::try_from(most).unwrap_or(u8::MAX);
        let op = Op::Check(Check { attempt, tag, series: WRONG, window_ms, keep, proofs });
        self.state = State::Checking;
        self.ask_number(&op)
    }

    fn ask_number(&mut self, op: &Op) -> Next {
        let Some(subject) = &self.subject else { return self.finish(unavailable(Code::StoreReply)) };
        let key = self.deployment.planner().number(&subject.contact.limited()).key;
        Next::Store(vec![StoreOp { key, op: op.write() }])
    }

    /// Goes on after the count: asks the provider, or says why not.
    fn counted(&mut self, heard: Option<Heard>, now: UnixMillis) -> Next {
        let Some(Ok(Reply::Counted { left, slot })) = heard else { return self.checked(heard, now) };
        let counted = Counted { left, slot };
        let provider = self.managed.and_then(|at| self.deployment.providers.get(at));
        match provider {
            Some(provider) if provider.asks_for_credentials() => {
                let name = provider.name().to_owned();
                self.state = State::Keying(counted);
                Next::Credentials(name)
            }
            _ => self.ask_provider(counted, None, now),
        }
    }

    fn ask_provider(&mut self, counted: Counted, key: Option<&Credentials>, now: UnixMillis) -> Next {
        match self.call(key, now) {
            Ok(call) => {
                self.state = State::Asking(counted);
                Next::Http(call)
            }
            Err(error) => {
                let class = match error {
                    BuildError::Credentials => Class::Unavailable,
                    _ => Class::Account,
                };
                self.undecided(counted, &Failure::of(class, error.as_str()))
            }
        }
    }

    fn call(&self, credentials: Option<&Credentials>, now: UnixMillis) -> Result<HttpCall, BuildError> {
        let provider = self.managed.and_then(|at| self.deployment.providers.get(at)?.managed());
        let provider = provider.ok_or(BuildError::NoTemplate)?;
        let subject = self.subject.as_ref().ok_or(BuildError::Recipient)?;
        let guess =
            Guess { to: subject.contact.parts(), purpose: &self.request.purpose, code: self.code.expose() };
        let nonce = head(&expand(&self.seed, "http/0"));
        provider.check(&guess, &Signing { now, nonce, credentials })
    }

    /// Ends a check that the provider didn't decide; its try stays counted.
    fn undecided(&mut self, counted: Counted, failure: &Failure) -> Next {
        let name = self.managed.and_then(|at| self.deployment.providers.get(at)).map(|it| it.name());
        let (word, name) = (failure.class.as_str(), name.unwrap_or_default());
        self.events.push(["provider.", word, " ", name, " ", &failure.code].concat());
        let code = match failure.class {
            Class::Ambiguous => Code::CheckUnknown,
            _ => Code::CheckUnavailable,
        };
        let mut outcome = Outcome::new(code);
        outcome.attempts_left = Some(counted.left);
        outcome.expires_in = Some(Millis(counted.slot.remaining_ms));
        outcome.provider = Some(name.to_owned());
        outcome.request_id = failure.request_id.clone();
        let wait = failure.retry_after.unwrap_or(Millis(5_000));
        self.finish(outcome.after(wait))
    }

    fn checked(&mut self, heard: Option<Heard>, now: UnixMillis) -> Next {
        let mut outcome = match heard {
            Some(Ok(Reply::Matched)) => Outcome::new(Code::Verified),
            Some(Ok(Reply::Wrong { left, remaining_ms })) => wrong(left, remaining_ms),
            Some(Ok(Reply::Locked { .. })) => Outcome::new(Code::CodeLocked),
            Some(Ok(Reply::Gone)) => Outcome::new(Code::CodeExpired),
            Some(Err(code)) => unavailable(code),
            _ => unavailable(Code::StoreReply),
        };
        match outcome.code {
            Code::Verified => outcome.ticket = self.ticket(now),
            Code::CodeLocked => outcome.attempts_left = Some(0),
            _ => {}
        }
        self.finish(outcome)
    }

    fn ticket(&self, now: UnixMillis) -> Option<String> {
        let (subject, bound) = (self.subject.as_ref()?, self.request.ticket_for.as_deref()?);
        let Deployment { keys, namespace, .. } = &*self.deployment;
        let ticket =
            Ticket { namespace, recipient: &subject.recipient, purpose: &self.request.purpose, bound };
        ticket::issue(keys, &ticket, now)
    }

    fn finish(&mut self, mut outcome: Outcome) -> Next {
        self.state = State::Finished;
        outcome.events = core::mem::take(&mut self.events);
        Next::Done(Box::new(match &self.subject {
            Some(subject) => addressed(outcome, &subject.contact),
            None => outcome,
        }))
    }
}

impl Machine for VerifyFlow {
    fn start(&mut self, _now: UnixMillis) -> Next {
        match self.read() {
            Err(outcome) => self.finish(*outcome),
            Ok(parts) if parts.is_empty() => self.check(),
            Ok(parts) => {
                let lease = Lease::from_be_bytes(head(&expand(&self.seed, "lease")));
                let ops = reserved(&parts, lease);
                self.state = State::Attempt(parts);
                Next::Store(ops)
            }
        }
    }

    fn stored(&mut self, mut heard: Vec<Heard>, now: UnixMillis) -> Next {
        match core::mem::replace(&mut self.state, State::Finished) {
            State::Attempt(parts) => match refusal(&parts, &heard) {
                Some(outcome) => self.finish(outcome),
                None => self.check(),
            },
            #[cfg(feature = "managed")]
            State::Counting => self.counted(heard.pop(), now),
            State::Checking | State::Consuming => self.checked(heard.pop(), now),
            _ => self.finish(unavailable(Code::StoreReply)),
        }
    }

    fn keyed(&mut self, credentials: Option<Credentials>, now: UnixMillis) -> Next {
        match core::mem::replace(&mut self.state, State::Finished) {
            #[cfg(feature = "managed")]
            State::Keying(counted) => self.ask_provider(counted, credentials.as_ref(), now),
            _ => self.finish(unavailable(Code::StoreReply)),
        }
    }

    fn answered(&mut self, answer: Result<HttpReply, TransportFault>, _now: UnixMillis) -> Next {
        if cfg!(not(feature = "managed")) {
            return self.finish(unavailable(Code::StoreReply));
        }
        let State::Asking(counted) = core::mem::replace(&mut self.state, State::Finished) else {
            return self.finish(unavailable(Code::StoreReply));
        };
        let provider = self.managed.and_then(|at| self.deployment.providers.get(at)?.managed());
        let Some(provider) = provider else { return self.finish(unavailable(Code::StoreReply)) };
        let read = answer.map_err(Failure::transport).and_then(|reply| provider.read_check(&reply));
        match (read, &self.subject) {
            (Ok(true), Some(subject)) => {
                let tag = self.deployment.keys.tag(&subject.ctx);
                let (attempt, nonce) = (self.attempt(), counted.slot.nonce);
                self.state = State::Consuming;
                self.ask_number(&Op::Consume(Consume { attempt, tag, nonce, series: WRONG }))
            }
            (Ok(_), _) => self.finish(wrong(counted.left, counted.slot.remaining_ms)),
            (Err(failure), _) => self.undecided(counted, &failure),
        }
    }
}

fn wrong(left: u8, remaining_ms: u64) -> Outcome {
    let mut outcome = Outcome::new(Code::CodeWrong);
    outcome.attempts_left = Some(left);
    outcome.expires_in = Some(Millis(remaining_ms));
    outcome
}
