//! The flow of the help desk: one store step about one recipient, or about the store itself.
//!
//! Support staff look and begin anew; erasure forgets. A health check is the same look at names that nobody has.

use super::contact::Contact;
use super::deployment::Deployment;
use super::input::addressed;
use super::{Heard, Machine, Next, unavailable};
use crate::http::{HttpReply, TransportFault};
use crate::limit::{Op, Part, Reply, SlotStanding, SlotState, Standing};
use crate::outcome::{Code, Outcome};
use crate::sign::Credentials;
use crate::sign::encode::Ink;
use crate::store::StoreOp;
use crate::time::UnixMillis;
use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What is asked of the desk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Tell how a recipient stands.
    Inspect,
    /// Let a recipient's limits begin anew.
    Reset,
    /// Forget a recipient, because the law or its owner says so.
    Forget,
    /// Tell whether the store answers.
    Health,
}

pub(crate) struct DeskFlow {
    deployment: Arc<Deployment>,
    task: Task,
    to: String,
    contact: Option<Contact>,
    part: Option<Part>,
}

impl Task {
    /// Reads the word that bindings use.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "inspect" => Self::Inspect,
            "reset" => Self::Reset,
            "forget" => Self::Forget,
            "health" => Self::Health,
            _ => return None,
        })
    }

    pub(super) const fn done(self) -> Code {
        match self {
            Self::Inspect => Code::RecipientInspected,
            Self::Reset => Code::RecipientReset,
            Self::Forget => Code::RecipientForgotten,
            Self::Health => Code::StoreOk,
        }
    }
}

impl DeskFlow {
    pub(crate) fn new(deployment: Arc<Deployment>, task: Task, to: &str) -> Self {
        Self { deployment, task, to: to.to_owned(), contact: None, part: None }
    }

    /// Looks at a number that nobody can have and at the budget: two records, for limits and budget may be apart.
    fn health(&self) -> Next {
        let planner = self.deployment.planner();
        let parts = [Some(planner.number("health")), planner.budget(0)];
        let look = |part: Part| StoreOp { op: part.look().write(), key: part.key };
        Next::Store(parts.into_iter().flatten().map(look).collect())
    }

    fn finish(&self, outcome: Outcome) -> Next {
        Next::Done(Box::new(match &self.contact {
            Some(contact) => addressed(outcome, contact),
            None => outcome,
        }))
    }
}

impl Machine for DeskFlow {
    fn start(&mut self, _: UnixMillis) -> Next {
        if self.task == Task::Health {
            return self.health();
        }
        match Contact::read(&self.to, &self.deployment) {
            Err(outcome) => Next::Done(outcome),
            Ok(contact) => {
                let part = self.deployment.planner().number(&contact.limited());
                let op = if self.task == Task::Inspect { part.look() } else { Op::Forget };
                let ops = vec![StoreOp { key: part.key.clone(), op: op.write() }];
                (self.contact, self.part) = (Some(contact), Some(part));
                Next::Store(ops)
            }
        }
    }

    fn stored(&mut self, heard: Vec<Heard>, _: UnixMillis) -> Next {
        let mut outcome = Outcome::new(self.task.done());
        for heard in heard {
            match (heard, self.task) {
                (Err(code), _) => return self.finish(unavailable(code)),
                (Ok(Reply::Looked { rules, slots }), Task::Inspect) => {
                    let part = self.part.as_ref().map_or(&[][..], |part| &part.rules);
                    outcome.answer = Some(standing(part, &rules, &slots));
                }
                (Ok(Reply::Looked { .. }), Task::Health)
                | (Ok(Reply::Released), Task::Reset | Task::Forget) => {}
                _ => return self.finish(unavailable(Code::StoreReply)),
            }
        }
        self.finish(outcome)
    }

    fn keyed(&mut self, _: Option<Credentials>, _: UnixMillis) -> Next {
        self.finish(unavailable(Code::StoreReply))
    }

    fn answered(&mut self, _: Result<HttpReply, TransportFault>, _: UnixMillis) -> Next {
        self.finish(unavailable(Code::StoreReply))
    }
}

/// Writes how a recipient stands, in JSON: no number, no code, no key.
fn standing(asked: &[(crate::limit::RuleOp, Code)], rules: &[Standing], slots: &[SlotStanding]) -> String {
    let mut json = Ink::with_capacity(640);
    json.text("{\"rules\":[");
    for (at, ((rule, code), standing)) in asked.iter().zip(rules).enumerate() {
        let name = code.as_str();
        json.text(if at > 0 { ",{\"rule\":" } else { "{\"rule\":" });
        json.json(name.split_once('.').map_or(name, |(_, name)| name));
        numbers(
            &mut json,
            &[
                (",\"limit\":", u64::from(rule.limit)),
                (",\"window_ms\":", u64::from(rule.window_ms)),
                (",\"used\":", u64::from(standing.used)),
                (",\"wait_ms\":", standing.wait_ms),
            ],
        );
    }
    json.text("],\"codes\":[");
    for (at, slot) in slots.iter().enumerate() {
        json.text(if at > 0 { ",{\"state\":" } else { "{\"state\":" });
        json.json(match (slot.state, slot.left) {
            (SlotState::Used, _) => "spent",
            (_, 0) => "locked",
            _ => "live",
        });
        numbers(
            &mut json,
            &[
                (",\"tries_left\":", u64::from(slot.left)),
                (",\"resent\":", u64::from(slot.round)),
                (",\"expires_in_ms\":", slot.remaining_ms),
            ],
        );
    }
    json.text("]}");
    json.done()
}

/// Writes named numbers and ends the object.
fn numbers(json: &mut Ink, all: &[(&str, u64)]) {
    for (name, number) in all {
        json.text(name);
        json.number(*number);
    }
    json.text("}");
}
