//! The vendors' own flow control for one sign and number, over rolling windows.
//!
//! Source: help.aliyun.com, document 2881383: codes of one sign to one number, 1 a minute, 5 an hour, 10 a day,
//! for mainland numbers. An entry as old as its window is out.

use super::Vendor;
use crate::time::{Millis, UnixMillis};
use std::collections::BTreeMap;

/// When which sign and number got an SMS.
#[derive(Default)]
pub(super) struct FlowControl(BTreeMap<(&'static str, String, String), Vec<UnixMillis>>);

/// A window that is full.
pub(super) struct Tier {
    window: Millis,
    most: usize,
    /// The vendor's code.
    pub(super) code: &'static str,
    /// The vendor's words.
    pub(super) message: &'static str,
}

impl FlowControl {
    /// Returns the first tier that one more SMS would break.
    pub(super) fn check(
        &self,
        vendor: Vendor,
        sign: &str,
        number: &str,
        now: UnixMillis,
    ) -> Option<&'static Tier> {
        let tiers = match vendor {
            Vendor::Aliyun => ALIYUN,
            Vendor::Tencent => TENCENT,
            #[cfg(feature = "gateway")]
            Vendor::Gateway => &[],
        };
        let sent = self.0.get(&key(vendor, sign, number))?;
        tiers.iter().find(|tier| {
            // What lies ahead of now, because a clock went back, counts.
            sent.iter().filter(|at| **at > now || now.since(**at) < tier.window).count() >= tier.most
        })
    }

    /// Counts an SMS that was taken in.
    pub(super) fn count(&mut self, vendor: Vendor, sign: &str, number: &str, now: UnixMillis) {
        let sent = self.0.entry(key(vendor, sign, number)).or_default();
        sent.retain(|at| *at > now || now.since(*at) < DAY);
        sent.push(now);
    }
}

fn key(vendor: Vendor, sign: &str, number: &str) -> (&'static str, String, String) {
    (vendor.as_str(), sign.to_owned(), number.to_owned())
}

const MINUTE: Millis = Millis(60_000);
const HOUR: Millis = Millis(3_600_000);
const DAY: Millis = Millis(86_400_000);

const ALIYUN: &[Tier] = &[
    Tier {
        window: MINUTE, most: 1, code: "isv.BUSINESS_LIMIT_CONTROL", message: "触发分钟级流控Permits:1"
    },
    Tier {
        window: HOUR, most: 5, code: "isv.BUSINESS_LIMIT_CONTROL", message: "触发小时级流控Permits:5"
    },
    Tier {
        window: DAY, most: 10, code: "isv.BUSINESS_LIMIT_CONTROL", message: "触发天级流控Permits:10"
    },
];

/// Tencent's first tier is 30 seconds; the minute stands for a frequency that is set in the console.
const TENCENT: &[Tier] = &[
    Tier {
        window: Millis(30_000),
        most: 1,
        code: "LimitExceeded.PhoneNumberThirtySecondLimit",
        message: "The number of SMS messages sent to a single mobile number within 30 seconds exceeds the upper limit.",
    },
    Tier {
        window: MINUTE,
        most: 1,
        code: "LimitExceeded.DeliveryFrequencyLimit",
        message: "The SMS delivery hits the frequency limit policy.",
    },
    Tier {
        window: HOUR,
        most: 5,
        code: "LimitExceeded.PhoneNumberOneHourLimit",
        message: "The number of SMS messages sent to a single mobile number within 1 hour exceeds the upper limit.",
    },
    Tier {
        window: DAY,
        most: 10,
        code: "LimitExceeded.PhoneNumberDailyLimit",
        message: "The number of SMS messages sent to a single mobile number within a day exceeds the upper limit.",
    },
];
