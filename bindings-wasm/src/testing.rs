//! What only tests need, in the wasm that no deployment loads.

use crate::{config_error, drive_error, millis, whole};
use sansms::error::DriveError;
use sansms::wire::{self, text};
use wasm_bindgen::prelude::*;

/// A pretend provider in this process.
#[wasm_bindgen]
pub struct Sandbox(wire::Sandbox);

#[wasm_bindgen]
impl Sandbox {
    /// Reads a configuration, as JSON with snake_case keys.
    ///
    /// # Errors
    /// As [`crate::Engine::new`].
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Sandbox, JsError> {
        wire::Sandbox::new(config).map(Self).map_err(config_error)
    }

    /// Answers a call as the provider would.
    ///
    /// # Errors
    /// `drive.…|message` when the text is not that of a call.
    pub fn handle(&mut self, call: &str, now: f64) -> Result<String, JsError> {
        let call = text::read_call(call).ok_or(DriveError::WrongKind).map_err(drive_error)?;
        Ok(text::write_answer(&self.0.handle(&call, millis(now)?)))
    }

    /// Lets the next `times` calls of a vendor, or of any, fail in a certain way.
    ///
    /// # Errors
    /// `sandbox.fault|message` for a fault or a vendor that there is not.
    pub fn fault(&mut self, name: &str, times: f64, vendor: Option<String>) -> Result<(), JsError> {
        let unknown = || JsError::new("sandbox.fault|there is no such fault or vendor");
        let fault = wire::Fault::named(name).ok_or_else(unknown)?;
        let vendor = vendor.map(|name| wire::Vendor::named(&name).ok_or_else(unknown)).transpose()?;
        let times = u32::try_from(whole("times", times)?).map_err(|_| unknown())?;
        self.0.fault(vendor, fault, times);
        Ok(())
    }

    /// Settles what becomes of a message; returns what its provider pushes, as JSON, or nothing.
    ///
    /// # Errors
    /// `sandbox.status|message` for a word other than `delivered` and `failed`.
    pub fn receipt(&mut self, message_id: &str, to: &str, status: &str) -> Result<Option<String>, JsError> {
        let unknown = || JsError::new("sandbox.status|the status must be `delivered` or `failed`");
        let delivery = wire::Delivery::named(status).ok_or_else(unknown)?;
        Ok(self.0.receipt_json(message_id, to, delivery))
    }

    /// Returns what has arrived, as a JSON array.
    #[must_use]
    pub fn inbox(&self) -> String {
        self.0.inbox_json()
    }
}

/// Runs one vector: its inputs as JSON in, what comes of them as JSON out.
///
/// # Errors
/// Says in words why the vector cannot be run.
#[wasm_bindgen(js_name = runVector)]
pub fn run_vector(input: &str) -> Result<String, JsError> {
    wire::run_vector(input).map_err(|reason| JsError::new(&reason))
}
