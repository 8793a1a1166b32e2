//! The core as a Node add-on: strings in, strings out.
//!
//! Nothing is decided here. The text form is the core's (`sansms::wire::text`), and what people see is written
//! in `ts/`: `ts/native.ts` puts these functions into the classes that the wasm has. (Functions, because a call of an
//! object's method costs three times as much through Node-API, and an object ten times as much as a number.)
#![allow(missing_debug_implementations, reason = "JavaScript prints these, and they show nothing there")]
#![allow(clippy::new_without_default, reason = "JavaScript knows constructors only")]
#![allow(unreachable_pub, reason = "napi exports what is public, from a crate that nothing links to")]

use core::cell::RefCell;
use napi::bindgen_prelude::{External, Uint8Array};
use napi::{Env, Error, JsString, Result};
use napi_derive::napi;
use sansms::error::{ConfigError, DriveError};
use sansms::time::UnixMillis;
use sansms::wire::{self, text};
use std::collections::HashMap;

/// A configured service, and its flows under the numbers that the host gave them.
pub struct Deployment {
    engine: wire::Engine,
    flows: RefCell<HashMap<u32, wire::Flow>>,
}

/// Reads a configuration, as JSON with snake_case keys.
///
/// # Errors
/// `<code>|<option>|<message>|<environment variable or nothing>`.
#[napi]
pub fn configure(config: String) -> Result<External<Deployment>> {
    let engine = wire::Engine::new(&config).map_err(config_error)?;
    Ok(External::new(Deployment { engine, flows: RefCell::default() }))
}

/// Begins to send a code as flow number `flow`, and returns the first step.
///
/// `seed` is 32 bytes, drawn anew for every flow; `now` is in milliseconds since 1970. [`forget`] ends the flow.
///
/// # Errors
/// `drive.seed` for another length, `drive.request` for a field that there is not.
#[napi]
pub fn start_send<'e>(
    env: &'e Env,
    deployment: &External<Deployment>,
    flow: u32,
    request: String,
    seed: &[u8],
    now: f64,
) -> Result<JsString<'e>> {
    let request = text::read_send(&request).ok_or_else(unknown_field)?;
    deployment.start(env, flow, deployment.engine.send(request, seed_of(seed)?), now)
}

/// Begins to check a code; otherwise as [`start_send`].
///
/// # Errors
/// As [`start_send`].
#[napi]
pub fn start_verify<'e>(
    env: &'e Env,
    deployment: &External<Deployment>,
    flow: u32,
    request: String,
    seed: &[u8],
    now: f64,
) -> Result<JsString<'e>> {
    let request = text::read_verify(&request).ok_or_else(unknown_field)?;
    deployment.start(env, flow, deployment.engine.verify(request, seed_of(seed)?), now)
}

/// Begins to call an action of a vendor's; otherwise as [`start_send`].
///
/// # Errors
/// As [`start_send`].
#[napi]
pub fn start_call<'e>(
    env: &'e Env,
    deployment: &External<Deployment>,
    flow: u32,
    request: String,
    seed: &[u8],
    now: f64,
) -> Result<JsString<'e>> {
    let [provider, action, params] = text::read_action(&request).ok_or_else(unknown_field)?;
    deployment.start(env, flow, deployment.engine.call(&provider, &action, &params, seed_of(seed)?), now)
}

/// Begins a task of the desk; otherwise as [`start_send`], and the seed is not looked at.
///
/// # Errors
/// As [`start_send`]; `drive.request` for a task that there is not, too.
#[napi]
pub fn start_desk<'e>(
    env: &'e Env,
    deployment: &External<Deployment>,
    flow: u32,
    request: String,
    _seed: &[u8],
    now: f64,
) -> Result<JsString<'e>> {
    let begun = text::read_desk(&request).and_then(|[task, to]| deployment.engine.desk(&task, &to));
    deployment.start(env, flow, begun.ok_or_else(unknown_field)?, now)
}

/// Takes the reply to step `id` and returns the next step.
///
/// # Errors
/// `drive.…|message`, a bug in the driver.
#[napi]
pub fn resume<'e>(
    env: &'e Env,
    deployment: &External<Deployment>,
    flow: u32,
    id: f64,
    reply: String,
    now: f64,
) -> Result<JsString<'e>> {
    let id = u32::try_from(whole("id", id)?).map_err(|_| drive_error(DriveError::WrongId))?;
    let reply = text::read_reply(&reply).ok_or(DriveError::WrongKind).map_err(drive_error)?;
    let now = millis(now)?;
    let mut flows = deployment.flows.borrow_mut();
    let flow = flows.get_mut(&flow).ok_or(DriveError::NotStarted).map_err(drive_error)?;
    step(env, flow.resume(id, reply, now))
}

/// Forgets a flow.
#[napi]
pub fn forget(deployment: &External<Deployment>, flow: u32) {
    deployment.flows.borrow_mut().remove(&flow);
}

/// Tells whether a ticket is genuine, fresh, and bound to just this.
///
/// # Errors
/// When `now` is not a whole number of milliseconds.
#[napi]
pub fn redeem(
    deployment: &External<Deployment>,
    ticket: String,
    to: String,
    purpose: String,
    bound: String,
    now: f64,
) -> Result<bool> {
    Ok(deployment.engine.redeem(&ticket, &to, &purpose, &bound, millis(now)?))
}

/// Returns the secret part of the path that takes delivery receipts.
#[napi]
pub fn receipt_key(deployment: &External<Deployment>) -> String {
    deployment.engine.receipt_key()
}

/// Tells, in constant time, whether a path has the right secret part.
#[napi]
pub fn is_receipt_key(deployment: &External<Deployment>, given: String) -> bool {
    deployment.engine.is_receipt_key(&given)
}

/// Tells what the policy lets an attacker do, as JSON.
#[napi]
pub fn audit(deployment: &External<Deployment>) -> String {
    deployment.engine.audit_json()
}

impl Deployment {
    fn start<'e>(&self, env: &'e Env, number: u32, mut flow: wire::Flow, now: f64) -> Result<JsString<'e>> {
        let first = flow.start(millis(now)?);
        self.flows.borrow_mut().insert(number, flow);
        step(env, first)
    }
}

/// Hands out a step; V8 takes ASCII as it is, and reads everything else a character at a time.
fn step<'e>(env: &'e Env, step: core::result::Result<wire::Step, DriveError>) -> Result<JsString<'e>> {
    let text = text::write_step(&step.map_err(drive_error)?);
    if text.is_ascii() { env.create_string_latin1(text) } else { env.create_string(text) }
}

/// Makes an empty store: the limits and codes of one process, kept in memory.
#[napi]
pub fn memory() -> External<RefCell<wire::MemoryStore>> {
    External::new(RefCell::new(wire::MemoryStore::new()))
}

/// Applies one operation to the record under `key` and returns its reply.
///
/// # Errors
/// When `now` is not a whole number of milliseconds.
#[napi]
pub fn run<'e>(
    env: &'e Env,
    memory: &External<RefCell<wire::MemoryStore>>,
    key: String,
    op: String,
    now: f64,
) -> Result<JsString<'e>> {
    env.create_string_latin1(memory.borrow_mut().run(&key, &op, millis(now)?))
}

/// What an operation does to a record.
#[napi(object)]
pub struct Applied {
    /// The record to keep from now on; absent to leave it as it is.
    pub record: Option<Uint8Array>,
    /// How long the record has to be kept, in milliseconds.
    pub ttl_ms: f64,
    /// The reply to hand back.
    pub reply: String,
}

/// Applies one operation to a record: the limiter itself, for stores.
///
/// # Errors
/// When `now` is not a whole number of milliseconds.
#[napi]
pub fn apply(record: Option<&[u8]>, op: String, now: f64) -> Result<Applied> {
    let wire::Applied { record, ttl, reply } = wire::apply(record, &op, millis(now)?);
    Ok(Applied { record: record.map(Into::into), ttl_ms: ttl.0 as f64, reply })
}

/// Returns the client's address as the outermost of `proxies` own proxies saw it.
///
/// Empty when it can't be read; absent when there is none.
#[napi]
pub fn client_ip(peer: Option<String>, forwarded: String, proxies: u32) -> Option<String> {
    wire::client_ip(peer.as_deref(), &forwarded, proxies as usize)
}

/// Tells whether a text can name a purpose, or an action.
#[napi]
pub fn is_purpose(text: String) -> bool {
    wire::is_purpose(&text)
}

/// Reads delivery receipts of a kind of provider, as JSON; absent for what is no list of them.
#[napi]
pub fn read_receipts(kind: String, body: String) -> Option<String> {
    wire::read_receipts(&kind, body.as_bytes())
}

/// Returns the body that a vendor expects as the answer to its push.
#[napi]
pub fn receipt_answer(kind: String) -> &'static str {
    wire::receipt_answer(&kind)
}

/// Returns the names of the environment variables that the host should read.
#[napi]
pub fn env_names() -> Vec<String> {
    wire::Engine::env_names().iter().map(ToString::to_string).collect()
}

/// Returns the version of the core.
#[napi]
pub fn version() -> &'static str {
    wire::VERSION
}

/// A pretend provider in this process.
#[napi]
pub struct Sandbox(wire::Sandbox);

#[napi]
impl Sandbox {
    /// Reads a configuration, as JSON with snake_case keys.
    ///
    /// # Errors
    /// As [`configure`].
    #[napi(constructor)]
    pub fn new(config: String) -> Result<Self> {
        wire::Sandbox::new(&config).map(Self).map_err(config_error)
    }

    /// Answers a call as the provider would.
    ///
    /// # Errors
    /// `drive.…|message` when the text is not that of a call.
    #[napi]
    pub fn handle(&mut self, call: String, now: f64) -> Result<String> {
        let call = text::read_call(&call).ok_or(DriveError::WrongKind).map_err(drive_error)?;
        Ok(text::write_answer(&self.0.handle(&call, millis(now)?)))
    }

    /// Lets the next `times` calls of a vendor, or of any, fail in a certain way.
    ///
    /// # Errors
    /// `sandbox.fault|message` for a fault or a vendor that there is not.
    #[napi]
    pub fn fault(&mut self, name: String, times: f64, vendor: Option<String>) -> Result<()> {
        let unknown = || Error::from_reason("sandbox.fault|there is no such fault or vendor");
        let fault = wire::Fault::named(&name).ok_or_else(unknown)?;
        let vendor = vendor.map(|name| wire::Vendor::named(&name).ok_or_else(unknown)).transpose()?;
        let times = u32::try_from(whole("times", times)?).map_err(|_| unknown())?;
        self.0.fault(vendor, fault, times);
        Ok(())
    }

    /// Settles what becomes of a message; returns what its provider pushes, as JSON, or nothing.
    ///
    /// # Errors
    /// `sandbox.status|message` for a word other than `delivered` and `failed`.
    #[napi]
    pub fn receipt(&mut self, message_id: String, to: String, status: String) -> Result<Option<String>> {
        let unknown = || Error::from_reason("sandbox.status|the status must be `delivered` or `failed`");
        let delivery = wire::Delivery::named(&status).ok_or_else(unknown)?;
        Ok(self.0.receipt_json(&message_id, &to, delivery))
    }

    /// Returns what has arrived, as a JSON array.
    #[napi]
    pub fn inbox(&self) -> String {
        self.0.inbox_json()
    }
}

/// Runs one vector: its inputs as JSON in, what comes of them as JSON out.
///
/// # Errors
/// Says in words why the vector cannot be run.
#[napi]
pub fn run_vector(input: String) -> Result<String> {
    wire::run_vector(&input).map_err(Error::from_reason)
}

/// Takes a JavaScript number as an unsigned one; napi's own integers would round and wrap in silence.
fn whole(name: &str, number: f64) -> Result<u64> {
    if number.fract() == 0.0 && (0.0..=MAX_EXACT).contains(&number) {
        Ok(number as u64)
    } else {
        Err(Error::from_reason(format!("drive.number|`{name}` must be a whole number, zero or more")))
    }
}

fn millis(now: f64) -> Result<UnixMillis> {
    whole("now", now).map(UnixMillis)
}

fn seed_of(seed: &[u8]) -> Result<[u8; 32]> {
    seed.try_into().map_err(|_| Error::from_reason("drive.seed|the seed must be 32 bytes"))
}

fn unknown_field() -> Error {
    Error::from_reason("drive.request|the request has a field that there is not")
}

fn config_error(error: ConfigError) -> Error {
    let ConfigError { code, option, message, env } = error;
    Error::from_reason(format!("{}|{option}|{message}|{}", code.as_str(), env.unwrap_or_default()))
}

fn drive_error(error: DriveError) -> Error {
    Error::from_reason(format!("{}|{error}", error.as_str()))
}

/// The largest number below which every whole one is exact: 2^53 - 1.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;
