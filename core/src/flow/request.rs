//! What flows are asked for.

use alloc::string::String;

/// What `send` is asked for. `Debug` shows no number and no code.
#[derive(Clone)]
pub struct SendRequest {
    /// The number, as typed.
    pub to: String,
    /// What the code is for; picks the template. 1 to 64 characters of `a-z A-Z 0-9 _ . -`.
    pub purpose: String,
    /// The client's address; required unless the policy says otherwise.
    pub ip: Option<String>,
    /// The client's session: any text that only this client has, at most 256 bytes.
    pub session: Option<String>,
    /// The client's device, if the application knows one; at most 256 bytes.
    pub device: Option<String>,
    /// One text for each intent to send; the same one again sends nothing. At most 256 bytes; an empty one is none.
    pub idempotency_key: Option<String>,
    /// A code that the caller made.
    pub code: Option<String>,
    /// `false`: everything but the message itself, for accounts that do not exist.
    pub deliver: bool,
}

/// What `verify` is asked for. `Debug` shows no number and no code.
#[derive(Clone, Default)]
pub struct VerifyRequest {
    /// The number, as typed.
    pub to: String,
    /// The code, as typed.
    pub code: String,
    /// What the code is for; the same as when it was sent.
    pub purpose: String,
    /// The client's address; required unless the policy says otherwise.
    pub ip: Option<String>,
    /// The client's session, or the `challenge` token that `send` returned.
    pub session: Option<String>,
    /// What a ticket is to be bound to; without it no ticket is made.
    pub ticket_for: Option<String>,
}

impl Default for SendRequest {
    fn default() -> Self {
        Self {
            to: String::new(),
            purpose: String::new(),
            ip: None,
            session: None,
            device: None,
            idempotency_key: None,
            code: None,
            deliver: true,
        }
    }
}

impl core::fmt::Debug for SendRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SendRequest(purpose {:?})", self.purpose)
    }
}

impl core::fmt::Debug for VerifyRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "VerifyRequest(purpose {:?})", self.purpose)
    }
}
