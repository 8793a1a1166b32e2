//! Verification codes over SMS and e-mail, as values.
//!
//! Nothing here opens a socket, reads a clock, draws randomness, or waits. You pass in the time, the
//! seed and the replies; you get back the next thing to do.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::cast_possible_truncation, reason = "tests may be short"))]

pub mod config;
pub mod error;
pub mod http;
pub mod mac;
pub mod provider;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod sign;
pub mod time;
