//! The verify flow: charge the address, compare once.
//!
//! ```text
//! start ── no address ──────────────┐
//!   └─ reserve the address's attempt ┴─ check the number's slot ─ done
//! ```
//!
//! Checking is never locked by a stranger's guesses: a live code may always spend its own tries, and a check that
//! finds no live code charges the address and nothing else.

use super::deployment::Deployment;
use super::input::{Subject, addressed};
use super::request::VerifyRequest;
use super::wave::{refusal, store_op};
use super::{Heard, Machine, Next, unavailable};
use crate::code::{CodeError, proof, read_own};
use crate::http::{HttpReply, TransportFault};
use crate::key::{expand, head};
use crate::limit::{Check, Lease, Op, Part, Reply, WRONG};
use crate::outcome::{Code, Outcome};
use crate::secret::Secret;
use crate::sign::Credentials;
use crate::store::StoreOp;
use crate::ticket::{self, Ticket};
use crate::time::{Millis, UnixMillis};
use std::sync::Arc;

pub(crate) struct VerifyFlow {
    deployment: Arc<Deployment>,
    request: VerifyRequest,
    seed: Secret<[u8; 32]>,
    subject: Option<Subject>,
    code: Secret<String>,
    state: State,
}

enum State {
    Ready,
    Attempt(Vec<Part>),
    Checking,
    Finished,
}

impl VerifyFlow {
    pub(crate) fn new(deployment: Arc<Deployment>, request: VerifyRequest, seed: Secret<[u8; 32]>) -> Self {
        let code = Secret::new(String::new());
        Self { deployment, request, seed, subject: None, code, state: State::Ready }
    }

    fn read(&mut self) -> Result<Vec<Part>, Box<Outcome>> {
        let VerifyRequest { to, purpose, ip, session, code, .. } = &self.request;
        let subject = Subject::read(&self.deployment, to, purpose, ip.as_deref(), session.as_deref(), None)?;
        let own = |error| if self.deployment.policy.own_codes { read_own(code) } else { Err(error) };
        let read = self.deployment.policy.shape.read(code).or_else(own);
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

    fn check(&mut self) -> Next {
        let Some(subject) = &self.subject else { return self.finish(unavailable(Code::StoreReply)) };
        let Deployment { keys, policy, .. } = &*self.deployment;
        let peppers = keys.peppers().iter();
        let kept = policy.wrong_tries.iter().map(|rule| rule.window.0).max().unwrap_or(1);
        let keep = policy.wrong_tries.iter().map(|rule| rule.limit).max().unwrap_or(0);
        let op = Op::Check(Check {
            attempt: u32::from_be_bytes(head(&expand(&self.seed, "attempt"))),
            tag: keys.tag(&subject.ctx),
            series: WRONG,
            window_ms: u32::try_from(kept).unwrap_or(u32::MAX),
            keep: u8::try_from(keep).unwrap_or(u8::MAX),
            proofs: peppers.map(|pepper| (pepper.id(), proof(pepper, &subject.ctx, &self.code))).collect(),
        });
        let key = self.deployment.planner().number(&subject.contact.limited()).key;
        self.state = State::Checking;
        Next::Store(vec![StoreOp { key, op: op.write() }])
    }

    fn checked(&mut self, heard: Option<Heard>, now: UnixMillis) -> Next {
        let outcome = match heard {
            Some(Ok(Reply::Matched)) => Outcome { ticket: self.ticket(now), ..Outcome::new(Code::Verified) },
            Some(Ok(Reply::Wrong { left, remaining_ms })) => Outcome {
                attempts_left: Some(left),
                expires_in: Some(Millis(remaining_ms)),
                ..Outcome::new(Code::CodeWrong)
            },
            Some(Ok(Reply::Locked { .. })) => {
                Outcome { attempts_left: Some(0), ..Outcome::new(Code::CodeLocked) }
            }
            Some(Ok(Reply::Gone)) => Outcome::new(Code::CodeExpired),
            Some(Err(code)) => unavailable(code),
            _ => unavailable(Code::StoreReply),
        };
        self.finish(outcome)
    }

    fn ticket(&self, now: UnixMillis) -> Option<String> {
        let (subject, bound) = (self.subject.as_ref()?, self.request.ticket_for.as_deref()?);
        let Deployment { keys, namespace, .. } = &*self.deployment;
        let ticket =
            Ticket { namespace, recipient: &subject.recipient, purpose: &self.request.purpose, bound };
        ticket::issue(keys, &ticket, now)
    }

    fn finish(&mut self, outcome: Outcome) -> Next {
        self.state = State::Finished;
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
                let ops = parts.iter().map(|part| store_op(part, part.reserve(lease, None, None).write()));
                let ops = ops.collect();
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
            State::Checking => self.checked(heard.pop(), now),
            State::Ready | State::Finished => self.finish(unavailable(Code::StoreReply)),
        }
    }

    fn keyed(&mut self, _credentials: Option<Credentials>, _now: UnixMillis) -> Next {
        self.finish(unavailable(Code::StoreReply))
    }

    fn answered(&mut self, _answer: Result<HttpReply, TransportFault>, _now: UnixMillis) -> Next {
        self.finish(unavailable(Code::StoreReply))
    }
}
