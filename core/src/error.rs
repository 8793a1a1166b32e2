//! The two kinds of error that are not outcomes: a wrong configuration and a bug in the host's driver.

use alloc::string::String;
use core::fmt;

/// A setting is missing or wrong; returned by constructors, for the integrator to mend.
///
/// The message never repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// A stable dotted code, e.g. `config.missing`.
    pub code: ConfigCode,
    /// The option's path, e.g. `providers[0].aliyun.sign_name`.
    pub option: String,
    /// What is wrong and what would be right, lower case, without a final stop.
    pub message: String,
    /// The environment variable that the host reads for this option, where there is one.
    pub env: Option<&'static str>,
}

/// What kind of configuration mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigCode {
    /// A required option is not there.
    Missing,
    /// An option has the wrong type.
    Type,
    /// An option's value is outside what is allowed.
    Value,
    /// There is no such option.
    Unknown,
}

/// The host's driver called something that does not fit; a bug in the driver, not in the user's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveError {
    /// `start` was called twice.
    AlreadyStarted,
    /// `resume` was called before `start`.
    NotStarted,
    /// `resume` was called after `Done`.
    Finished,
    /// The id is not that of the step in hand.
    WrongId,
    /// The reply is of another kind than the step in hand, or has the wrong number of parts.
    WrongKind,
}

impl ConfigCode {
    /// Returns the stable dotted code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "config.missing",
            Self::Type => "config.type",
            Self::Value => "config.value",
            Self::Unknown => "config.unknown",
        }
    }
}

impl DriveError {
    /// Returns the stable dotted code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyStarted => "drive.already_started",
            Self::NotStarted => "drive.not_started",
            Self::Finished => "drive.finished",
            Self::WrongId => "drive.wrong_id",
            Self::WrongKind => "drive.wrong_kind",
        }
    }

    /// Returns what is wrong, in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::AlreadyStarted => "the flow was started already",
            Self::NotStarted => "the flow was not started",
            Self::Finished => "the flow is finished",
            Self::WrongId => "the reply carries the id of another step",
            Self::WrongKind => "the reply does not fit the step in hand",
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.option, self.message)?;
        match self.env {
            Some(env) => write!(f, " (environment variable {env})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DriveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for ConfigError {}
impl core::error::Error for DriveError {}
