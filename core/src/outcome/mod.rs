//! What a flow ends with: results, not errors.

mod code;

pub use code::Code;

use crate::text::decimal;
use crate::time::Millis;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What kind of result it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A code is on its way, or was a moment ago for the same idempotency key.
    Sent,
    /// A limit refuses; `retry_after` says until when.
    Limited,
    /// A captcha is wanted first.
    ChallengeRequired,
    /// Nothing was sent, for certain.
    Undelivered,
    /// It may have been sent.
    Unknown,
    /// The vendor answered an action, or the store the desk; `answer` is what it said.
    Answered,
    /// The code was right, and is spent.
    Verified,
    /// The code was wrong; `attempts_left` says how many tries are left.
    WrongCode,
    /// There is no live code: never sent, too old, spent, or of another session.
    Expired,
    /// No try is left on this code.
    Locked,
    /// What the user gave can't be right; nothing was counted.
    Invalid,
    /// The store or the flow itself can't decide, so the answer is no.
    Unavailable,
}

/// A flow's result. `Debug` shows the number masked, no token and no answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What kind of result it is.
    pub kind: Kind,
    /// The case, as a stable dotted code.
    pub code: Code,
    /// The recipient in E.164, once it was read.
    pub to: Option<String>,
    /// The recipient as it may be shown or logged.
    pub masked: Option<String>,
    /// When to try again.
    pub retry_after: Option<Millis>,
    /// When the next code may be asked for.
    pub resend_in: Option<Millis>,
    /// How long the code is valid.
    pub expires_in: Option<Millis>,
    /// Tries that are left on this code.
    pub attempts_left: Option<u8>,
    /// Whether this is the answer to an earlier request with the same idempotency key.
    pub replayed: bool,
    /// The session token for a client that has no session.
    pub challenge: Option<String>,
    /// The ticket that a verification handed out.
    pub ticket: Option<String>,
    /// The provider that took the message, or refused it last.
    pub provider: Option<String>,
    /// The blind name of this send, which the provider's receipts repeat.
    pub send_id: Option<String>,
    /// The provider's id of the message.
    pub message_id: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// What the vendor said to an action: a JSON object, with numbers and texts in it.
    pub answer: Option<String>,
    /// What the operator should know: budget marks and provider failures, masked.
    pub events: Vec<String>,
    /// A text for people that replaces the code's own: Chinese and English.
    pub text: Option<(String, String)>,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Sent,
        Self::Limited,
        Self::ChallengeRequired,
        Self::Undelivered,
        Self::Unknown,
        Self::Answered,
        Self::Verified,
        Self::WrongCode,
        Self::Expired,
        Self::Locked,
        Self::Invalid,
        Self::Unavailable,
    ];

    /// Returns the word that bindings use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Limited => "limited",
            Self::ChallengeRequired => "challenge_required",
            Self::Undelivered => "undelivered",
            Self::Unknown => "unknown",
            Self::Answered => "answered",
            Self::Verified => "verified",
            Self::WrongCode => "wrong_code",
            Self::Expired => "expired",
            Self::Locked => "locked",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
        }
    }

    /// Tells whether the caller got what it asked for: a code sent or verified, an action answered.
    #[must_use]
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Sent | Self::Answered | Self::Verified)
    }

    /// Returns the HTTP status that suits an answer.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Sent | Self::Answered | Self::Verified => 200,
            Self::WrongCode | Self::Expired | Self::Locked | Self::Invalid => 400,
            Self::ChallengeRequired => 403,
            Self::Limited => 429,
            Self::Undelivered | Self::Unknown | Self::Unavailable => 503,
        }
    }
}

impl Outcome {
    /// Makes an outcome that says only its code.
    // Some twenty fields: written out at each use it is kilobytes at the edge.
    #[inline(never)]
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            kind: code.kind(),
            code,
            to: None,
            masked: None,
            retry_after: None,
            resend_in: None,
            expires_in: None,
            attempts_left: None,
            replayed: false,
            challenge: None,
            ticket: None,
            provider: None,
            send_id: None,
            message_id: None,
            request_id: None,
            answer: None,
            events: Vec::new(),
            text: None,
        }
    }

    /// Tells whether the caller got what it asked for: a code sent or verified, an action answered.
    #[must_use]
    pub const fn ok(&self) -> bool {
        self.kind.is_ok()
    }

    /// Returns this outcome with the time after which to try again.
    #[must_use]
    pub fn after(mut self, wait: Millis) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Returns a text for people in Chinese.
    #[must_use]
    pub fn text_zh(&self) -> String {
        match &self.text {
            Some((zh, _)) => zh.clone(),
            None => self.fill(self.code.text_zh(), [" 秒", " 分钟", " 小时"], false),
        }
    }

    /// Returns a text for people in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        match &self.text {
            Some((_, en)) => en.clone(),
            None => self.fill(self.code.text_en(), [" second", " minute", " hour"], true),
        }
    }

    #[inline(never)]
    fn fill(&self, text: &str, units: [&str; 3], plural: bool) -> String {
        let left = decimal(self.attempts_left.unwrap_or(0).into());
        let waits = self.retry_after.unwrap_or(Millis(60_000));
        let mut pieces = text.split('{');
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
            match name {
                "wait" => out.push_str(&wait_text(waits, units, plural)),
                "left" => out.push_str(&left),
                _ => {}
            }
            out.push_str(rest);
        }
        out
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({} {}", self.kind.as_str(), self.code.as_str())?;
        if let Some(masked) = &self.masked {
            write!(f, ", to {masked}")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, ", retry after {} s", wait.seconds_up())?;
        }
        if let Some(left) = self.attempts_left {
            write!(f, ", {left} left")?;
        }
        f.write_str(")")
    }
}

/// Says a wait in the largest unit that keeps it honest, rounded up.
fn wait_text(wait: Millis, [second, minute, hour]: [&str; 3], plural: bool) -> String {
    let seconds = wait.seconds_up().max(1);
    let (amount, unit) = match seconds {
        0..=119 => (seconds, second),
        120..=7199 => (seconds.div_ceil(60), minute),
        _ => (seconds.div_ceil(3600), hour),
    };
    let ending = if plural && amount != 1 { "s" } else { "" };
    [&decimal(amount), unit, ending].concat()
}
