//! The send flow: two waves of limits, then the providers.
//!
//! ```text
//! start ─ wave 1: address, device ─ wave 2: number (with the challenge), prefix, country, budget ─ HTTP … ─ done
//!           │ refused                 │ refused, replayed, lost                                    │ nothing sent
//!           └─────────────────────────┴──────────────── give back ────────────────────────────────┴── done
//! ```
//!
//! Two waves, so that a caller over the limit of its address never touches the number's record. The challenge is
//! stored before the message leaves.

use super::deployment::Deployment;
use super::input::{Subject, addressed, fits};
use super::order::order;
use super::request::SendRequest;
use super::wave::{refusal, reserved, store_op};
use super::{Heard, Machine, Next, unavailable};
use crate::code::{proof, read_own};
use crate::http::{HttpCall, HttpReply, TransportFault};
use crate::key::{ctx, expand, head};
use crate::limit::{Held, Kind, Lease, Part, Reply, SlotOp, SlotReply};
use crate::mac::base64url;
use crate::outcome::{Code, Outcome};
use crate::policy::{LEAST, LIFETIME, SessionMode};
use crate::provider::{BuildError, Class, Failure, Message, Provider, Receipt, Signing};
use crate::secret::Secret;
use crate::sign::Credentials;
use crate::store::StoreOp;
use crate::text::decimal;
use crate::time::{Millis, UnixMillis};
use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A flow older than this gives nothing back: its leases may be forgotten.
const RELEASE_WITHIN: Millis = Millis(300_000);

pub(crate) struct SendFlow {
    deployment: Arc<Deployment>,
    request: SendRequest,
    seed: Secret<[u8; 32]>,
    started: UnixMillis,
    subject: Option<Subject>,
    challenge: Option<String>,
    own: Option<Secret<String>>,
    held: Vec<Held>,
    events: Vec<String>,
    state: State,
}

enum State {
    Ready,
    /// Wave 1.
    From(Vec<Part>),
    /// Wave 2.
    To(Vec<Part>, SlotOp),
    /// The host is asked for a provider's key.
    Keying(Sending),
    Asking(Sending),
    GivingBack(Outcome),
    Finished,
}

/// The message, while providers are asked.
struct Sending {
    code: Secret<String>,
    send_id: String,
    expires_in: Millis,
    resend_in: Millis,
    order: alloc::vec::IntoIter<usize>,
    at: usize,
    asked: u32,
    called: bool,
    last: Option<(usize, Failure)>,
}

impl SendFlow {
    pub(crate) fn new(deployment: Arc<Deployment>, request: SendRequest, seed: Secret<[u8; 32]>) -> Self {
        Self {
            deployment,
            request,
            seed,
            started: UnixMillis(0),
            subject: None,
            challenge: None,
            own: None,
            held: Vec::new(),
            events: Vec::new(),
            state: State::Ready,
        }
    }

    fn read(&mut self) -> Result<Vec<Part>, Box<Outcome>> {
        let SendRequest { to, purpose, ip, session, device, idempotency_key, code, .. } = &self.request;
        if self.deployment.policy.session == SessionMode::Challenge
            && session.as_deref().unwrap_or("").is_empty()
        {
            self.challenge = Some(base64url(&head::<16>(&expand(&self.seed, "challenge"))));
        }
        let token = self.challenge.as_deref();
        let subject = Subject::read(&self.deployment, to, purpose, ip.as_deref(), session.as_deref(), token)?;
        let about = |code| Box::new(addressed(Outcome::new(code), &subject.contact));
        if !fits(device.as_deref()) || !fits(idempotency_key.as_deref()) {
            return Err(about(Code::InputTooLong));
        }
        if !self
            .deployment
            .providers
            .iter()
            .any(|provider| provider.serves(&subject.contact.parts(), purpose))
        {
            return Err(about(Code::InputPurpose));
        }
        let managed = self.deployment.managed(&subject.contact.parts(), purpose);
        if code.is_some() && managed.is_some() {
            return Err(about(Code::InputCodeManaged));
        }
        if let Some(code) = code {
            // As a check reads it: first as one of ours.
            let policy = &self.deployment.policy;
            let own = |error| if policy.own_codes { read_own(code) } else { Err(error) };
            let read = policy.shape.read(code).or_else(own);
            self.own = Some(read.map_err(|_| about(Code::InputCodeLength))?);
        }
        let planner = self.deployment.planner();
        let mut parts = subject.address.map_or(Vec::new(), |address| planner.sends_from(&address));
        parts.extend(device.as_deref().and_then(|device| planner.device(device)));
        self.subject = Some(subject);
        Ok(parts)
    }

    fn lease(&self) -> Lease {
        Lease::from_be_bytes(head(&expand(&self.seed, "lease")))
    }

    /// Asks the partitions of wave 1; without any, those of wave 2.
    fn wave_from(&mut self, parts: Vec<Part>) -> Next {
        if parts.is_empty() {
            return self.wave_to();
        }
        let lease = self.lease();
        let ops = reserved(&parts, lease);
        self.state = State::From(parts);
        Next::Store(ops)
    }

    /// Asks the partitions of wave 2, the number's with the challenge.
    fn wave_to(&mut self) -> Next {
        let Some((parts, slot)) = self.subject.as_ref().and_then(|subject| self.plan_to(subject)) else {
            return self.finish(unavailable(Code::StoreReply));
        };
        let lease = self.lease();
        let idem = self.subject.as_ref().and_then(|subject| {
            let key = self.request.idempotency_key.as_deref().filter(|key| !key.is_empty())?;
            // A token that this flow made is no session yet: the key alone tells the caller's intent.
            let bound = match self.challenge {
                Some(_) => &ctx(&self.deployment.namespace, &subject.recipient, &self.request.purpose, ""),
                None => &subject.ctx,
            };
            Some(u64::from_be_bytes(self.deployment.keys.idem(bound, key)))
        });
        let ops = parts.iter().map(|part| {
            let op = match part.kind {
                Kind::Number => part.reserve(lease, idem, Some(slot)),
                _ => part.reserve(lease, None, None),
            };
            store_op(part, op.write())
        });
        let ops = ops.collect();
        self.state = State::To(parts, slot);
        Next::Store(ops)
    }

    fn plan_to(&self, subject: &Subject) -> Option<(Vec<Part>, SlotOp)> {
        let Deployment { keys, policy, .. } = &*self.deployment;
        let planner = self.deployment.planner();
        let mut parts = vec![planner.number(&subject.contact.limited())];
        if let Some(phone) = subject.contact.phone() {
            parts.extend(planner.prefix(phone.prefix()));
            parts.extend(planner.country(phone.calling_code()));
        }
        parts.extend(planner.budget(self.lease()));

        let pepper = keys.current()?;
        let nonce = head(&expand(&self.seed, "nonce"));
        let made = match self.deployment.managed(&subject.contact.parts(), &self.request.purpose) {
            // The provider makes the code: what is proven here is a text that nobody can type.
            Some(_) => Secret::new("~".to_owned()),
            None => policy.shape.code(pepper, &subject.ctx, &nonce),
        };
        let code = self.own.as_ref().unwrap_or(&made);
        let mut kids = [[0; 4]; 4];
        kids.iter_mut().zip(keys.peppers()).for_each(|(kid, pepper)| *kid = pepper.id());
        let millis = |of: Millis| u32::try_from(of.0).unwrap_or(u32::MAX);
        let slot = SlotOp {
            tag: keys.tag(&subject.ctx),
            nonce,
            proof: proof(pepper, &subject.ctx, code),
            kids,
            kid_count: u8::try_from(keys.peppers().len().min(4)).unwrap_or(1),
            validity_ms: millis(policy.validity),
            lifetime_ms: millis(LIFETIME),
            // A code of the caller's can't be derived again, so it always makes a new challenge.
            least_ms: if self.own.is_some() { u32::MAX } else { millis(LEAST).min(millis(policy.validity)) },
            tries: policy.tries,
            max: policy.slots(),
        };
        Some((parts, slot))
    }

    /// Notes what a wave took, and returns the outcome if it was not all.
    fn settle(&mut self, parts: Vec<Part>, heard: &[Heard], slot: Option<&SlotOp>) -> Option<Outcome> {
        let refusal = refusal(&parts, heard);
        for (part, heard) in parts.into_iter().zip(heard) {
            let slot = slot.filter(|_| part.kind == Kind::Number);
            self.note_budget(&part, heard);
            self.held.extend(part.held(heard.as_ref().ok(), slot));
        }
        refusal
    }

    /// Says so when a grant reaches half or four fifths of the budget.
    fn note_budget(&mut self, part: &Part, heard: &Heard) {
        let (Kind::Budget, Ok(Reply::Granted { used, .. })) = (part.kind, heard) else { return };
        for (at, count) in used {
            let Some((rule, _)) = part.rules.get(usize::from(*at)) else { continue };
            for (percent, event) in [(50, "budget.50"), (80, "budget.80")] {
                let mark = (u64::from(rule.limit) * percent).div_ceil(100);
                if u64::from(*count) == mark {
                    self.events.push(event.to_owned());
                }
            }
        }
    }

    fn granted(&mut self, heard: Vec<Heard>, now: UnixMillis) -> Next {
        let Some(Ok(Reply::Granted { next_ms, slot: Some(slot), .. })) = heard.into_iter().next() else {
            return self.give_back(&|_| Some(2), unavailable(Code::StoreReply), now);
        };
        let Some(code) = self.code_of(&slot) else {
            return self.give_back(&|_| Some(2), unavailable(Code::StoreReply), now);
        };
        let sending = Sending {
            code,
            send_id: base64url(&head::<12>(&expand(&self.seed, "send-id"))),
            expires_in: Millis(slot.remaining_ms),
            resend_in: Millis(next_ms),
            order: self.order(&slot, now).into_iter(),
            at: 0,
            asked: 0,
            called: false,
            last: None,
        };
        if self.request.deliver {
            self.ask(sending, now)
        } else {
            let outcome = self.sent(&sending, None);
            self.finish(outcome)
        }
    }

    /// Returns the code to send: the caller's, or that of the slot, which may be an earlier one.
    fn code_of(&self, slot: &SlotReply) -> Option<Secret<String>> {
        if let Some(own) = &self.own {
            return Some(own.clone());
        }
        let pepper = self.deployment.keys.pepper(slot.kid)?;
        Some(self.deployment.policy.shape.code(pepper, &self.subject.as_ref()?.ctx, &slot.nonce))
    }

    /// Returns the providers that can send this, in the order to ask.
    fn order(&self, slot: &SlotReply, now: UnixMillis) -> Vec<usize> {
        let Deployment { providers, breaker, .. } = &*self.deployment;
        let Some(subject) = &self.subject else { return Vec::new() };
        let (to, purpose) = (subject.contact.parts(), &self.request.purpose);
        if let Some(at) = self.deployment.managed(&to, purpose) {
            return vec![at];
        }
        let able = |provider: &dyn Provider| provider.managed().is_none() && provider.serves(&to, purpose);
        order(providers, able, breaker, (slot.round, &slot.nonce), now)
    }

    /// Asks the next provider; without one left, nothing was sent.
    fn ask(&mut self, mut sending: Sending, now: UnixMillis) -> Next {
        while let Some(at) = sending.order.next() {
            sending.at = at;
            sending.asked += 1;
            let Some(provider) = self.deployment.providers.get(at) else { continue };
            if provider.asks_for_credentials() {
                let name = provider.name().to_owned();
                self.state = State::Keying(sending);
                return Next::Credentials(name);
            }
            match self.call(&sending, None, now) {
                Ok(call) => return self.exchange(sending, call),
                Err(error) => self.skip(&mut sending, error, now),
            }
        }
        self.undelivered(sending, now)
    }

    /// Builds the call to the provider whose turn it is.
    fn call(
        &self,
        sending: &Sending,
        credentials: Option<&Credentials>,
        now: UnixMillis,
    ) -> Result<HttpCall, BuildError> {
        let provider = self.deployment.providers.get(sending.at).ok_or(BuildError::NoTemplate)?;
        let subject = self.subject.as_ref().ok_or(BuildError::Recipient)?;
        let message = Message {
            to: subject.contact.parts(),
            purpose: &self.request.purpose,
            code: sending.code.expose(),
            valid: sending.expires_in,
            send_id: Some(&sending.send_id),
        };
        let turn = sending.asked.saturating_sub(1);
        let nonce = head(&expand(&self.seed, &["http/", &decimal(turn.into())].concat()));
        provider.call(&message, &Signing { now, nonce, credentials })
    }

    fn exchange(&mut self, mut sending: Sending, call: HttpCall) -> Next {
        sending.called = true;
        self.state = State::Asking(sending);
        Next::Http(call)
    }

    /// Notes that a provider's call can't be made; nothing was sent.
    fn skip(&mut self, sending: &mut Sending, error: BuildError, now: UnixMillis) {
        // A key that can't be had just now is a fault of the moment; the rest is one of the configuration.
        let class = match error {
            BuildError::Credentials => Class::Unavailable,
            _ => Class::Account,
        };
        let failure = Failure::of(class, error.as_str());
        self.note_failure(sending.at, &failure);
        self.deployment.breaker.note(sending.at, false, now);
        sending.last = Some((sending.at, failure));
    }

    /// Ends a send that no provider took.
    fn undelivered(&mut self, sending: Sending, now: UnixMillis) -> Next {
        let failure = sending.last.clone();
        let code = match failure.as_ref().map(|(_, failure)| failure.class) {
            Some(Class::Throttled) => Code::ProviderThrottled,
            Some(Class::Account) => Code::ProviderAccount,
            _ => Code::ProviderUnavailable,
        };
        let outcome = undelivered(&self.deployment, code, failure);
        let level = if sending.called { 1 } else { 2 };
        self.give_back(&|_| Some(level), outcome, now)
    }

    fn failed(&mut self, mut sending: Sending, failure: Failure, now: UnixMillis) -> Next {
        let at = sending.at;
        self.note_failure(at, &failure);
        self.deployment.breaker.note(at, failure.class == Class::Rejected, now);
        match failure.class {
            Class::Ambiguous => {
                let wait = failure.retry_after.unwrap_or(sending.resend_in);
                let mut outcome = self.with_times(&sending, Code::ProviderAmbiguous).after(wait);
                outcome.provider = self.name(at);
                outcome.request_id = failure.request_id;
                self.finish(outcome)
            }
            // Refusals of a number must not become free calls: only the budget is given back. The idempotency key is
            // free again, because nothing was sent.
            Class::Rejected => {
                let outcome = undelivered(&self.deployment, Code::ProviderRejected, Some((at, failure)));
                let keyed = self.request.idempotency_key.is_some();
                let level = |kind| match kind {
                    Kind::Budget => Some(1),
                    Kind::Number if keyed => Some(0),
                    _ => None,
                };
                self.give_back(&level, outcome, now)
            }
            Class::Account | Class::Throttled | Class::Unavailable => {
                sending.last = Some((at, failure));
                self.ask(sending, now)
            }
        }
    }

    fn note_failure(&mut self, at: usize, failure: &Failure) {
        let name = self.name(at).unwrap_or_default();
        self.events.push(["provider.", failure.class.as_str(), " ", &name, " ", &failure.code].concat());
    }

    fn name(&self, at: usize) -> Option<String> {
        self.deployment.providers.get(at).map(|provider| provider.name().to_owned())
    }

    fn with_times(&self, sending: &Sending, code: Code) -> Outcome {
        let mut outcome = Outcome::new(code);
        outcome.expires_in = Some(sending.expires_in);
        outcome.resend_in = Some(sending.resend_in);
        outcome.challenge = self.challenge.clone();
        outcome.send_id = Some(sending.send_id.clone());
        outcome
    }

    fn sent(&self, sending: &Sending, receipt: Option<Receipt>) -> Outcome {
        let mut outcome = self.with_times(sending, Code::Sent);
        if let Some(receipt) = receipt {
            outcome.provider = self.name(sending.at);
            outcome.message_id = receipt.message_id;
            outcome.request_id = receipt.request_id;
        }
        outcome
    }

    /// Gives back what each kind of partition gives at its level, then ends.
    fn give_back(&mut self, level: &dyn Fn(Kind) -> Option<u8>, outcome: Outcome, now: UnixMillis) -> Next {
        let lease = self.lease();
        let held = core::mem::take(&mut self.held);
        if now.since(self.started) > RELEASE_WITHIN {
            return self.finish(outcome);
        }
        let mut ops = Vec::new();
        for held in &held {
            if let Some(op) = level(held.kind()).and_then(|level| held.release(lease, level)) {
                ops.push(StoreOp { key: held.key().into(), op: op.write() });
            }
        }
        if ops.is_empty() {
            return self.finish(outcome);
        }
        self.state = State::GivingBack(outcome);
        Next::Store(ops)
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

impl Machine for SendFlow {
    fn start(&mut self, now: UnixMillis) -> Next {
        self.started = now;
        match self.read() {
            Ok(parts) => self.wave_from(parts),
            Err(outcome) => self.finish(*outcome),
        }
    }

    fn stored(&mut self, heard: Vec<Heard>, now: UnixMillis) -> Next {
        match core::mem::replace(&mut self.state, State::Finished) {
            State::From(parts) => match self.settle(parts, &heard, None) {
                None => self.wave_to(),
                Some(outcome) => self.give_back(&|_| Some(2), outcome, now),
            },
            State::To(parts, slot) => match self.settle(parts, &heard, Some(&slot)) {
                None => self.granted(heard, now),
                Some(outcome) => self.give_back(&|_| Some(2), outcome, now),
            },
            // Whatever the store says of a release, the outcome stands: a lease that is not given back is spent.
            State::GivingBack(outcome) => self.finish(outcome),
            State::Ready | State::Keying(_) | State::Asking(_) | State::Finished => {
                self.finish(unavailable(Code::StoreReply))
            }
        }
    }

    fn keyed(&mut self, credentials: Option<Credentials>, now: UnixMillis) -> Next {
        let State::Keying(mut sending) = core::mem::replace(&mut self.state, State::Finished) else {
            return self.finish(unavailable(Code::StoreReply));
        };
        match self.call(&sending, credentials.as_ref(), now) {
            Ok(call) => self.exchange(sending, call),
            Err(error) => {
                self.skip(&mut sending, error, now);
                self.ask(sending, now)
            }
        }
    }

    fn answered(&mut self, answer: Result<HttpReply, TransportFault>, now: UnixMillis) -> Next {
        let State::Asking(sending) = core::mem::replace(&mut self.state, State::Finished) else {
            return self.finish(unavailable(Code::StoreReply));
        };
        let Some(provider) = self.deployment.providers.get(sending.at) else {
            return self.finish(unavailable(Code::StoreReply));
        };
        match answer.map_err(Failure::transport).and_then(|reply| provider.read(&reply)) {
            Ok(receipt) => {
                self.deployment.breaker.note(sending.at, true, now);
                let outcome = self.sent(&sending, Some(receipt));
                self.finish(outcome)
            }
            Err(failure) => self.failed(sending, failure, now),
        }
    }
}

fn undelivered(deployment: &Deployment, code: Code, failure: Option<(usize, Failure)>) -> Outcome {
    let mut outcome = Outcome::new(code);
    if let Some((at, failure)) = failure {
        outcome.provider = deployment.providers.get(at).map(|provider| provider.name().to_owned());
        outcome.request_id = failure.request_id;
        outcome.retry_after = failure.retry_after;
    }
    outcome
}
