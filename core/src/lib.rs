//! Verification codes over SMS and e-mail, as values.
//!
//! Nothing here opens a socket, reads a clock, draws randomness, or waits. You pass in the time, the
//! seed and the replies; you get back the next thing to do.
#![forbid(unsafe_code)]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(
    not(all(feature = "every-provider", feature = "operations")),
    allow(
        dead_code,
        unused_imports,
        unreachable_patterns,
        unreachable_code,
        unused_variables,
        reason = "what builds share is more than each of them uses"
    )
)]
#![cfg_attr(test, allow(clippy::cast_possible_truncation, reason = "tests may be short"))]
#![cfg_attr(test, allow(clippy::string_slice, reason = "tests may be short"))]

#[macro_use]
extern crate alloc;

pub mod address;
pub mod code;
pub mod config;
pub mod email;
pub mod engine;
pub mod error;
pub mod flow;
mod hash;
pub mod http;
pub mod json;
pub mod key;
pub mod limit;
pub mod mac;
pub mod outcome;
pub mod phone;
pub mod policy;
pub mod provider;
#[cfg(feature = "operations")]
pub mod receipt;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod sign;
pub mod store;
mod text;
mod ticket;
pub mod time;
#[cfg(feature = "testing")]
pub mod vector;
pub mod wire;

pub use engine::Engine;
pub use flow::{Flow, Reply, SendRequest, Step, VerifyRequest};
pub use outcome::Outcome;
