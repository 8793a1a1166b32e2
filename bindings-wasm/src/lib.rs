//! The core as wasm for Workers and other edge runtimes: strings in, strings out.
//!
//! Nothing is decided here; the classes are those of the Node add-on, by the same names.
#![allow(missing_debug_implementations, reason = "JavaScript prints these, and they show nothing there")]
#![allow(unreachable_pub, reason = "wasm-bindgen exports what is public, from a crate that nothing links to")]
#![cfg_attr(all(target_family = "wasm", not(feature = "testing")), no_std)]

extern crate alloc;

#[cfg(feature = "testing")]
mod testing;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use sansms::error::{ConfigError, DriveError};
use sansms::time::UnixMillis;
use sansms::wire::{self, text};
use wasm_bindgen::prelude::*;

/// Memory for a single thread, which is all that there is here.
#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Ends the instance, as the standard library would; it says why, in 5 kB of texts and places that nobody sees.
#[cfg(all(target_family = "wasm", not(feature = "testing")))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// A configured service, ready to begin flows.
#[wasm_bindgen]
pub struct Engine(wire::Engine);

#[wasm_bindgen]
impl Engine {
    /// Reads a configuration, as JSON with snake_case keys.
    ///
    /// # Errors
    /// `<code>|<option>|<message>|<environment variable or nothing>`.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Engine, JsError> {
        wire::Engine::new(config).map(Self).map_err(config_error)
    }

    /// Begins to send a code; `seed` is 32 bytes, drawn anew for every flow.
    ///
    /// # Errors
    /// `drive.seed` for another length, `drive.request` for a field that there is not.
    pub fn send(&self, request: &str, seed: &[u8]) -> Result<Flow, JsError> {
        let request = text::read_send(request).ok_or_else(unknown_field)?;
        Ok(Flow(self.0.send(request, seed_of(seed)?)))
    }

    /// Begins to check a code; `seed` is 32 bytes, drawn anew for every flow.
    ///
    /// # Errors
    /// `drive.seed` for another length, `drive.request` for a field that there is not.
    pub fn verify(&self, request: &str, seed: &[u8]) -> Result<Flow, JsError> {
        let request = text::read_verify(request).ok_or_else(unknown_field)?;
        Ok(Flow(self.0.verify(request, seed_of(seed)?)))
    }

    /// Tells whether a ticket is genuine, fresh, and bound to just this.
    ///
    /// # Errors
    /// When `now` is not a whole number of milliseconds.
    pub fn redeem(
        &self,
        ticket: &str,
        to: &str,
        purpose: &str,
        bound: &str,
        now: f64,
    ) -> Result<bool, JsError> {
        Ok(self.0.redeem(ticket, to, purpose, bound, millis(now)?))
    }
}

/// What operators ask for.
#[cfg(feature = "operations")]
#[wasm_bindgen]
impl Engine {
    /// Begins to call an action of a vendor's; `seed` is 32 bytes, drawn anew for every flow.
    ///
    /// # Errors
    /// `drive.seed` for another length, `drive.request` for a field that there is not.
    pub fn call(&self, request: &str, seed: &[u8]) -> Result<Flow, JsError> {
        let [provider, action, params] = text::read_action(request).ok_or_else(unknown_field)?;
        Ok(Flow(self.0.call(&provider, &action, &params, seed_of(seed)?)))
    }

    /// Begins a task of the desk.
    ///
    /// # Errors
    /// `drive.request` for a field or a task that there is not.
    pub fn desk(&self, request: &str) -> Result<Flow, JsError> {
        let begun = text::read_desk(request).and_then(|[task, to]| self.0.desk(&task, &to));
        begun.map(Flow).ok_or_else(unknown_field)
    }

    /// Returns the secret part of the path that takes delivery receipts.
    #[wasm_bindgen(js_name = receiptKey)]
    #[must_use]
    pub fn receipt_key(&self) -> String {
        self.0.receipt_key()
    }

    /// Tells, in constant time, whether a path has the right secret part.
    #[wasm_bindgen(js_name = isReceiptKey)]
    #[must_use]
    pub fn is_receipt_key(&self, given: &str) -> bool {
        self.0.is_receipt_key(given)
    }

    /// Tells what the policy lets an attacker do, as JSON.
    #[must_use]
    pub fn audit(&self) -> String {
        self.0.audit_json()
    }
}

/// One send, check or call, under way.
#[wasm_bindgen]
pub struct Flow(wire::Flow);

#[wasm_bindgen]
impl Flow {
    /// Returns the first step; `now` is in milliseconds since 1970.
    ///
    /// # Errors
    /// `drive.…|message`, a bug in the driver.
    pub fn start(&mut self, now: f64) -> Result<String, JsError> {
        self.0.start_text(millis(now)?).map_err(drive_error)
    }

    /// Takes the reply to step `id` and returns the next step.
    ///
    /// # Errors
    /// `drive.…|message`, a bug in the driver.
    pub fn resume(&mut self, id: f64, reply: &str, now: f64) -> Result<String, JsError> {
        let id = u32::try_from(whole("id", id)?).map_err(|_| drive_error(DriveError::WrongId))?;
        let reply = text::read_reply(reply).ok_or(DriveError::WrongKind).map_err(drive_error)?;
        self.0.resume_text(id, reply, millis(now)?).map_err(drive_error)
    }
}

/// What an operation does to a record.
#[wasm_bindgen(getter_with_clone)]
pub struct Applied {
    /// The record to keep from now on; absent to leave it as it is.
    #[wasm_bindgen(readonly)]
    pub record: Option<Vec<u8>>,
    /// How long the record has to be kept, in milliseconds.
    #[wasm_bindgen(readonly, js_name = ttlMs)]
    pub ttl_ms: f64,
    /// The reply to hand back.
    #[wasm_bindgen(readonly)]
    pub reply: String,
}

/// Applies one operation to a record: the limiter itself, for stores.
///
/// # Errors
/// When `now` is not a whole number of milliseconds.
#[wasm_bindgen]
pub fn apply(record: Option<Box<[u8]>>, op: &str, now: f64) -> Result<Applied, JsError> {
    let wire::Applied { record, ttl, reply } = wire::apply(record.as_deref(), op, millis(now)?);
    Ok(Applied { record, ttl_ms: ttl.0 as f64, reply })
}

/// Returns the client's address as the outermost of `proxies` own proxies saw it.
///
/// Empty when it can't be read; absent when there is none.
#[wasm_bindgen(js_name = clientIp)]
#[must_use]
pub fn client_ip(peer: Option<String>, forwarded: &str, proxies: u32) -> Option<String> {
    wire::client_ip(peer.as_deref(), forwarded, proxies as usize)
}

/// Tells whether a text can name a purpose, or an action.
#[wasm_bindgen(js_name = isPurpose)]
#[must_use]
pub fn is_purpose(text: &str) -> bool {
    wire::is_purpose(text)
}

/// Reads delivery receipts of a kind of provider, as JSON; absent for what is no list of them.
#[cfg(feature = "operations")]
#[wasm_bindgen(js_name = readReceipts)]
#[must_use]
pub fn read_receipts(kind: &str, body: &str) -> Option<String> {
    wire::read_receipts(kind, body.as_bytes())
}

/// Returns the body that a vendor expects as the answer to its push.
#[cfg(feature = "operations")]
#[wasm_bindgen(js_name = receiptAnswer)]
#[must_use]
pub fn receipt_answer(kind: &str) -> String {
    wire::receipt_answer(kind).into()
}

/// Returns the names of the environment variables that the host should read.
#[wasm_bindgen(js_name = envNames)]
pub fn env_names() -> Vec<String> {
    wire::Engine::env_names().iter().copied().map(String::from).collect()
}

/// Returns the version of the core.
#[wasm_bindgen]
pub fn version() -> String {
    wire::VERSION.into()
}

/// Takes a JavaScript number as an unsigned one; wasm-bindgen's own integers would round and wrap in silence.
fn whole(name: &str, number: f64) -> Result<u64, JsError> {
    let whole = number as u64;
    if (0.0..=MAX_EXACT).contains(&number) && whole as f64 == number {
        Ok(whole)
    } else {
        Err(JsError::new(&["drive.number|`", name, "` must be a whole number, zero or more"].concat()))
    }
}

fn millis(now: f64) -> Result<UnixMillis, JsError> {
    whole("now", now).map(UnixMillis)
}

fn seed_of(seed: &[u8]) -> Result<[u8; 32], JsError> {
    seed.try_into().map_err(|_| JsError::new("drive.seed|the seed must be 32 bytes"))
}

fn unknown_field() -> JsError {
    JsError::new("drive.request|the request has a field that there is not")
}

fn config_error(error: ConfigError) -> JsError {
    let ConfigError { code, option, message, env } = error;
    JsError::new(&[code.as_str(), &option, &message, env.unwrap_or_default()].join("|"))
}

fn drive_error(error: DriveError) -> JsError {
    JsError::new(&[error.as_str(), error.text()].join("|"))
}

/// The largest number below which every whole one is exact: 2^53 - 1.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;
