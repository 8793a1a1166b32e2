//! Providers as pairs of pure functions: a message to a signed call, a reply to a receipt or a failure.
//!
//! A failure's class says what may be done next, and is decided by one question: may the SMS have been sent?
//! Codes are classed by a table made from `core/data/provider-errors.json`; what no table knows goes by this:
//!
//! | reply | class |
//! |---|---|
//! | a code under a known prefix (`isv.…`, `InvalidParameter.…`) | the prefix's |
//! | an unknown code with a status of 3xx or 4xx: the gateway refused the call | `Account` |
//! | an unknown code with any other status | `Ambiguous` |
//! | 429 without a readable body | `Throttled` |
//! | any other 3xx or 4xx but 408 without a readable body: refused before it was taken in | `Account` |
//! | 408, 5xx (a proxy may have given up on a call that went through), 2xx without a readable body, a body over the limit, a reply without a code, success with a status that isn't 2xx | `Ambiguous` |
//!
//! The vendors' "internal error, call again" codes are `Ambiguous` too: that advice does not say nothing was sent.
//! So is a used nonce, because the same request must have arrived before. `Rejected` is what a stranger can bring
//! about by choosing the number, the provider's own limits for a number included.

pub mod action;
#[cfg(feature = "aliyun")]
pub mod aliyun;
mod body;
mod classes;
#[cfg(feature = "gateway")]
pub mod gateway;
mod keys;
mod pattern;
mod reading;
mod settings;
#[cfg(feature = "tencent")]
pub mod tencent;
#[cfg(test)]
mod tests;

pub use action::{Action, ActionError, Answer};
#[cfg(feature = "aliyun")]
pub use aliyun::{Aliyun, AliyunAuth, AliyunGlobal, AliyunMail};
#[cfg(feature = "gateway")]
pub use gateway::Gateway;
pub use settings::Env;
#[cfg(feature = "tencent")]
pub use tencent::{Tencent, TencentLegacy, TencentMail};

use crate::config::Section;
use crate::error::{ConfigCode, ConfigError};
use crate::http::{HttpCall, HttpReply, TransportFault};
use crate::json::Value;
use crate::sign::Credentials;
use crate::text::has_control;
use crate::time::{Millis, UnixMillis};
use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// A way to send a code: builds the call, and reads what came back.
pub trait Provider: Send + Sync {
    /// Returns the provider's name, as configured or by its kind, e.g. `aliyun`.
    fn name(&self) -> &str;

    /// Returns the kind of recipient that it reaches.
    fn channel(&self) -> Channel {
        Channel::Phone
    }

    /// Tells whether it can reach this recipient, and has a template for this purpose.
    fn serves(&self, to: &Recipient<'_>, purpose: &str) -> bool;

    /// Builds the signed call that asks for one message.
    ///
    /// # Errors
    /// [`BuildError`] for what the vendor would refuse; nothing was sent.
    fn call(&self, message: &Message<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError>;

    /// Reads the reply to a call of [`Provider::call`].
    ///
    /// # Errors
    /// [`Failure`], whose class decides what may be done next.
    fn read(&self, reply: &HttpReply) -> Reading;

    /// Tells whether its requests say a number without its country, so that it can serve one calling code only.
    #[cfg(feature = "gateway")]
    fn omits_country(&self) -> bool {
        false
    }

    /// Returns how often it goes first, against the others' weights; 0: the order of the list decides.
    fn weight(&self) -> u32 {
        0
    }

    /// Tells whether the host gives the key anew for each call, in [`Signing::credentials`].
    fn asks_for_credentials(&self) -> bool {
        false
    }

    /// Returns the checking half of a provider that makes the codes itself.
    fn managed(&self) -> Option<&dyn Managed> {
        None
    }

    /// Lists what it offers beside sending and checking codes.
    #[cfg(feature = "operations")]
    fn actions(&self) -> &'static [Action] {
        &[]
    }

    /// Builds the signed call of one of [`Provider::actions`]; `params` is a JSON object.
    ///
    /// # Errors
    /// [`ActionError::Input`] before [`ActionError::Credentials`]; nothing was sent.
    #[cfg(feature = "operations")]
    fn action(&self, _name: &str, _params: &Value, _signing: &Signing<'_>) -> Result<HttpCall, ActionError> {
        Err(action::unknown(self.actions()))
    }

    /// Reads the reply to a call of [`Provider::action`].
    ///
    /// # Errors
    /// [`Failure`] when the vendor refused it, or nobody can tell.
    #[cfg(feature = "operations")]
    fn read_action(&self, _name: &str, reply: &HttpReply) -> Result<Answer, Failure> {
        Err(reading::doubtful(reply, "reply.unreadable"))
    }
}

/// A provider that makes the code and checks it, too; ours is then never sent.
pub trait Managed: Send + Sync {
    /// Builds the signed call that asks whether a code is right.
    ///
    /// # Errors
    /// [`BuildError`] for what the vendor would refuse; nothing was sent.
    fn check(&self, guess: &Guess<'_>, signing: &Signing<'_>) -> Result<HttpCall, BuildError>;

    /// Reads the reply: whether the code was right. A wrong or expired one is `false`, never a failure.
    ///
    /// # Errors
    /// [`Failure`] when the provider didn't say.
    fn read_check(&self, reply: &HttpReply) -> Result<bool, Failure>;
}

/// A kind of recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Phone numbers.
    Phone,
    /// E-mail addresses.
    Email,
}

/// What goes into a signature besides the message.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The host's clock; must be near real time (Alibaba Cloud: 15 minutes, Tencent: 5).
    pub now: UnixMillis,
    /// Never to be used again, not even for another try of the same message.
    pub nonce: [u8; 16],
    /// The key, from a host that gives it for each call.
    pub credentials: Option<&'a Credentials>,
}

/// Reads `providers`: a list of objects with one key each, the provider's kind, e.g. `aliyun`.
///
/// # Errors
/// When there is none, when a kind is unknown, and what the kinds' own readers say.
pub fn from_config(top: &mut Section<'_>, env: Env<'_>) -> Result<Vec<Box<dyn Provider>>, ConfigError> {
    let read = read_options(top, env);
    top.sound(read)
}

pub(crate) fn read_options(top: &mut Section<'_>, env: Env<'_>) -> Vec<Box<dyn Provider>> {
    let list = top.get_list("providers");
    if list.is_empty() {
        top.lacks("providers", "must have at least one, such as {\"aliyun\": {…}}");
    }
    let mut providers = Vec::with_capacity(list.len());
    for (i, entry) in list.iter().enumerate() {
        let option = Section::item("providers", i);
        let kinds = entry.as_object().filter(|entry| entry.len() == 1);
        let Some((kind, options)) = kinds.and_then(|entry| entry.iter().next()) else {
            top.mistyped(&option, "must be an object with one key, the provider's kind, such as aliyun");
            break;
        };
        let path = top.path(&[&option, ".", kind].concat());
        #[cfg(feature = "gateway")]
        let preset = match kind {
            "gateway" => gateway::with_preset(&path, options).unwrap_or_else(|error| {
                top.keep_whole(error);
                None
            }),
            _ => None,
        };
        #[cfg(feature = "gateway")]
        let options = preset.as_ref().unwrap_or(options);
        let mut section = Section::at(path, options);
        if let Some(provider) = read_kind(&mut section, kind, env) {
            providers.push(provider);
        }
        top.leave(section);
    }
    providers
}

fn read_kind(section: &mut Section<'_>, kind: &str, env: Env<'_>) -> Option<Box<dyn Provider>> {
    Some(match kind {
        #[cfg(feature = "aliyun")]
        "aliyun" => Box::new(Aliyun::read_options(section, env)),
        #[cfg(feature = "managed")]
        "aliyun_auth" => Box::new(AliyunAuth::read_options(section, env)),
        #[cfg(feature = "global")]
        "aliyun_global" => Box::new(AliyunGlobal::read_options(section, env)),
        #[cfg(all(feature = "aliyun", feature = "email"))]
        "aliyun_mail" => Box::new(AliyunMail::read_options(section, env)),
        #[cfg(feature = "tencent")]
        "tencent" => Box::new(Tencent::read_options(section, env)),
        #[cfg(all(feature = "tencent", feature = "legacy"))]
        "tencent_legacy" => Box::new(TencentLegacy::read_options(section, env)),
        #[cfg(all(feature = "tencent", feature = "email"))]
        "tencent_mail" => Box::new(TencentMail::read_options(section, env)),
        #[cfg(feature = "gateway")]
        "gateway" => Box::new(Gateway::read_options(section, env)),
        _ => {
            #[cfg(not(feature = "every-provider"))]
            const KINDS: &str = "is not a kind of provider, or left out of this build; import from \"sansms\" or \
                                 \"sansms/full\" for all of them";
            #[cfg(feature = "every-provider")]
            const KINDS: &str = "is not a kind of provider; there are aliyun, aliyun_auth, aliyun_global, aliyun_mail, \
                                 tencent, tencent_legacy, tencent_mail, gateway";
            section.keep(ConfigCode::Unknown, "", KINDS, None);
            return None;
        }
    })
}

/// What became of a call: accepted by the provider, or not.
pub type Reading = Result<Receipt, Failure>;

/// One code for one recipient.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// Who gets it.
    pub to: Recipient<'a>,
    /// What for; chooses the template.
    pub purpose: &'a str,
    /// The code; a provider that makes codes itself doesn't look at it.
    pub code: &'a str,
    /// For how long it is valid.
    pub valid: Millis,
    /// A blind name of this send, which receipts repeat.
    pub send_id: Option<&'a str>,
}

/// A code that a recipient typed.
#[derive(Clone, Copy)]
pub struct Guess<'a> {
    /// Who got the code.
    pub to: Recipient<'a>,
    /// What for.
    pub purpose: &'a str,
    /// What was typed.
    pub code: &'a str,
}

/// Who gets a message. `Debug` shows no number and no address.
#[derive(Clone, Copy)]
pub enum Recipient<'a> {
    /// A phone number.
    Phone(Number<'a>),
    /// An e-mail address with its domain in ASCII.
    Email(&'a str),
}

/// A phone number in its parts, digits only but for the plus.
#[derive(Clone, Copy)]
pub struct Number<'a> {
    /// E.164, e.g. `+8613800138000`.
    pub e164: &'a str,
    /// The calling code, e.g. `86`.
    pub calling_code: &'a str,
    /// The national number, e.g. `13800138000`.
    pub national: &'a str,
}

/// The provider took the SMS in; it is not delivered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The message's id at the provider, for receipts.
    pub message_id: Option<String>,
    /// The request's id at the provider, for its support.
    pub request_id: Option<String>,
}

/// The provider did not take the SMS in, or nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What may be done next.
    pub class: Class,
    /// The vendor's code, or `reply.…` where the reply had none worth the name.
    pub code: String,
    /// The vendor's words, cut short, without number or code.
    pub message: String,
    /// The request's id at the provider, for its support.
    pub request_id: Option<String>,
    /// When another try may pass, where the provider tells.
    pub retry_after: Option<Millis>,
}

/// What a failure means for this message, this account, and the next provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// This number can't or mustn't get it, whoever sends: stop.
    Rejected,
    /// Key, balance, sign, template or an account's cap: tell the operator, try the next provider.
    Account,
    /// Too many calls just now: try the next provider.
    Throttled,
    /// Provably nothing was sent: try the next provider.
    Unavailable,
    /// It may have been delivered: no second provider.
    Ambiguous,
}

/// A message that the vendor would refuse; no byte was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// There is no template for this purpose, and none named `default`.
    NoTemplate,
    /// The code is empty, longer than 32 characters, or has other characters than ASCII letters and digits.
    Code,
    /// The number's parts don't make up its E.164 form, or this provider can't reach such a recipient.
    Recipient,
    /// The send's name is longer than the vendor takes, or has control characters.
    SendId,
    /// The host gives the key for each call, and gave none that is usable.
    Credentials,
}

impl Class {
    /// Returns the stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Account => "account",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl Failure {
    /// Makes a failure that no reply told of.
    pub(crate) fn of(class: Class, code: &str) -> Self {
        Self { class, code: code.to_owned(), message: String::new(), request_id: None, retry_after: None }
    }

    /// Makes the failure that a missing reply amounts to.
    pub(crate) fn transport(fault: TransportFault) -> Self {
        match fault.sent {
            true => Self::of(Class::Ambiguous, "transport.sent"),
            false => Self::of(Class::Unavailable, "transport.unsent"),
        }
    }
}

impl BuildError {
    /// Returns the stable dotted code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoTemplate => "provider.no_template",
            Self::Code => "provider.code",
            Self::Recipient => "provider.recipient",
            Self::SendId => "provider.send_id",
            Self::Credentials => "provider.credentials",
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTemplate => "there is no template for this purpose",
            Self::Code => "the code must be 1 to 32 ASCII letters and digits",
            Self::Recipient => "this provider can't reach such a recipient",
            Self::SendId => "the send's name is too long or has control characters",
            Self::Credentials => "the host gave no usable key",
        })
    }
}

impl core::error::Error for BuildError {}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}, {:?}, {} minutes)", self.purpose, self.to, self.minutes())
    }
}

impl fmt::Debug for Guess<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guess({}, {:?})", self.purpose, self.to)
    }
}

impl fmt::Debug for Recipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => number.fmt(f),
            Self::Email(_) => f.write_str("•••@•••"),
        }
    }
}

impl fmt::Debug for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}•••", self.calling_code.get(..3).unwrap_or(self.calling_code))
    }
}

impl<'a> Message<'a> {
    /// Returns for how many minutes the code is valid, rounded down, at least one.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        u32::try_from(self.valid.0 / 60_000).unwrap_or(u32::MAX).max(1)
    }

    /// Refuses what no vendor would take; the send's name may have up to `room` bytes.
    fn check(&self, room: usize) -> Result<(), BuildError> {
        check_code(self.code)?;
        self.check_send_id(room)
    }

    /// Refuses a name of the send with more than `room` bytes.
    fn check_send_id(&self, room: usize) -> Result<(), BuildError> {
        match self.send_id {
            Some(text) if text.len() > room || has_control(text) => Err(BuildError::SendId),
            _ => Ok(()),
        }
    }
}

impl<'a> Recipient<'a> {
    /// Returns the phone number.
    ///
    /// # Errors
    /// [`BuildError::Recipient`] when it is none, or its parts don't make up its E.164 form.
    pub fn phone(&self) -> Result<Number<'a>, BuildError> {
        let Self::Phone(number) = *self else { return Err(BuildError::Recipient) };
        let Number { e164, calling_code, national } = number;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let whole = e164.strip_prefix('+').and_then(|rest| rest.strip_prefix(calling_code));
        if !digits(calling_code) || !digits(national) || whole != Some(national) || e164.len() > 16 {
            return Err(BuildError::Recipient);
        }
        Ok(number)
    }

    /// Returns the e-mail address.
    ///
    /// # Errors
    /// [`BuildError::Recipient`] when it is none.
    pub fn email(&self) -> Result<&'a str, BuildError> {
        match *self {
            Self::Email(address) if address.as_bytes().contains(&b'@') && !has_control(address) => {
                Ok(address)
            }
            _ => Err(BuildError::Recipient),
        }
    }

    /// Tells whether it is a phone number.
    #[must_use]
    pub const fn is_phone(&self) -> bool {
        matches!(self, Self::Phone(_))
    }
}

impl<'a> Number<'a> {
    /// Returns the number as Alibaba Cloud wants it: mainland numbers bare, others without the plus.
    fn bare(&self) -> &'a str {
        match self.calling_code {
            "86" => self.national,
            _ => self.e164.trim_start_matches('+'),
        }
    }
}

/// Refuses a code that no template could carry.
fn check_code(code: &str) -> Result<(), BuildError> {
    let plain = code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain && (1..=32).contains(&code.len()) { Ok(()) } else { Err(BuildError::Code) }
}
