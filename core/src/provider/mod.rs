//! Stand-in until the real one is merged.
use crate::http::{HttpCall, HttpReply};
use crate::secret::Secret;
use crate::time::{Millis, UnixMillis};

/// x
pub trait Provider: Send + Sync + core::fmt::Debug {
    /// x
    fn name(&self) -> &str;
    /// x
    fn call(&self, message: &Message<'_>, now: UnixMillis, nonce: [u8; 16]) -> Result<HttpCall, BuildError>;
    /// x
    fn read(&self, reply: &HttpReply) -> Reading;
}
/// x
#[derive(Debug)]
pub struct Recipient<'a> {
    /// x
    pub e164: &'a str,
    /// x
    pub calling_code: &'a str,
    /// x
    pub national: &'a str,
}
/// x
#[derive(Debug)]
pub struct Message<'a> {
    /// x
    pub recipient: Recipient<'a>,
    /// x
    pub purpose: &'a str,
    /// x
    pub code: &'a Secret<String>,
    /// x
    pub minutes: u32,
    /// x
    pub out_id: Option<&'a str>,
}
/// x
#[derive(Debug)]
pub struct BuildError;
/// x
pub type Reading = Result<Receipt, Failure>;
/// x
#[derive(Debug)]
pub struct Receipt {
    /// x
    pub message_id: String,
    /// x
    pub request_id: Option<String>,
}
/// x
#[derive(Debug, Clone)]
pub struct Failure {
    /// x
    pub class: Class,
    /// x
    pub code: String,
    /// x
    pub message: String,
    /// x
    pub request_id: Option<String>,
    /// x
    pub retry_after: Option<Millis>,
}
/// x
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// x
    Rejected,
    /// x
    Account,
    /// x
    Throttled,
    /// x
    Unavailable,
    /// x
    Ambiguous,
}

/// x
pub fn from_config(
    top: &mut crate::config::Section<'_>,
    _env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Box<dyn Provider>>, crate::error::ConfigError> {
    top.list("providers").map(|_| Vec::new())
}
impl BuildError {
    /// x
    pub fn code(&self) -> &'static str {
        "x"
    }
}
impl core::fmt::Display for BuildError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("x")
    }
}
