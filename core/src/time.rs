//! Instants and durations, in milliseconds, and the UTC calendar that signatures need.

use core::fmt;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
///
/// The core never reads a clock; every instant in it came in as an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

/// A duration in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// A UTC date and time of day, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year, Gregorian, e.g. 2026.
    pub year: u64,
    /// Month, 1 to 12.
    pub month: u64,
    /// Day of the month, 1 to 31.
    pub day: u64,
    /// Hour, 0 to 23.
    pub hour: u64,
    /// Minute, 0 to 59.
    pub minute: u64,
    /// Second, 0 to 59.
    pub second: u64,
}

impl UnixMillis {
    /// Returns whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// Returns this instant moved later by `by`, saturating.
    #[must_use]
    pub const fn plus(self, by: Millis) -> Self {
        Self(self.0.saturating_add(by.0))
    }

    /// Returns how long after `earlier` this is; zero if it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }

    /// Returns how many days lie between 1970-01-01 and this date; `None` before it.
    ///
    /// The way back of [`UnixMillis::civil`], after the same source; the day is taken as it is.
    pub(crate) const fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
        let year = if month <= 2 { year.saturating_sub(1) } else { year };
        let (era, yoe) = (year / 400, year % 400);
        let mp = (month + 9) % 12;
        let doy = (153 * mp + 2) / 5 + day.saturating_sub(1);
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        (era * 146_097 + doe).checked_sub(719_468)
    }

    /// Returns the UTC date and time.
    ///
    /// Days to civil date after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    #[must_use]
    pub const fn civil(self) -> Civil {
        let seconds = self.seconds();
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let z = days + 719_468;
        let era = z / 146_097;
        let doe = z % 146_097;
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        Civil {
            year: yoe + era * 400 + (month <= 2) as u64,
            month,
            day: doy - (153 * mp + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }
}

impl Millis {
    /// Makes a duration of whole seconds, saturating.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Returns whole seconds, rounded up: what `Retry-After` carries.
    #[must_use]
    pub const fn seconds_up(self) -> u64 {
        self.0.div_ceil(1000)
    }
}

/// Writes `YYYY-MM-DDTHH:MM:SSZ`, as Alibaba Cloud wants its dates.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_match_known_instants() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_694_615_694, "2023-09-13T14:34:54Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let civil = UnixMillis(seconds * 1000 + 999).civil();
            assert_eq!(civil.to_string(), text);
            let days = UnixMillis::days_before(civil.year, civil.month, civil.day);
            assert_eq!(days, Some(seconds / 86_400), "{text}");
        }
    }

    #[test]
    fn retry_after_rounds_up() {
        assert_eq!(Millis(1).seconds_up(), 1);
        assert_eq!(Millis(60_000).seconds_up(), 60);
        assert_eq!(Millis(60_001).seconds_up(), 61);
    }
}
