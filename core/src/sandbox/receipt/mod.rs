//! What vendors push of messages that they took in, delivered and failed.
//!
//! Sources: help.aliyun.com, "SmsReport"; cloud.tencent.com, the push of delivery states, which is that of the v5
//! API too. Neither signs its push, and no page tells of one for codes that the vendor makes, for texts abroad or
//! for mail.

#[cfg(test)]
mod tests;

use super::{Sandbox, Vendor};
use serde_json::json;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The handset has it.
    Delivered,
    /// It will not come.
    Failed,
}

/// What a vendor posts to an application's endpoint of receipts.
///
/// `Debug` shows the provider only: the body has a number.
#[derive(Clone, PartialEq, Eq)]
pub struct Push {
    /// The provider's kind: `aliyun`, `tencent` or `tencent_legacy`.
    pub provider: &'static str,
    /// JSON, sent as `application/json`.
    pub body: String,
}

impl Sandbox {
    /// Settles what becomes of a message, and returns what its vendor pushes then.
    ///
    /// The inbox tells id and recipient. Who asks later hears the same (QuerySendDetails, PullSmsSendStatus,
    /// pullstatus); until it is settled a message counts as delivered. `None` when there is no such message, or when
    /// its vendor pushes nothing for its kind.
    pub fn receipt(&mut self, message_id: &str, to: &str, delivery: Delivery) -> Option<Push> {
        let failed = delivery == Delivery::Failed;
        let sms = self.inbox.iter().rev().find(|sms| sms.message_id == message_id && sms.to == to)?;
        let (provider, entry) = match sms.vendor {
            Vendor::Aliyun => self.aliyun_report(sms, failed)?,
            Vendor::Tencent => self.tencent_report(sms, failed)?,
            #[cfg(feature = "gateway")]
            Vendor::Gateway => return None,
        };
        self.failed.settle(message_id, to, failed);
        Some(Push { provider, body: json!([entry]).to_string() })
    }

    /// Returns what [`Sandbox::receipt`] does as JSON: `{provider, content_type, body}`.
    pub fn receipt_json(&mut self, message_id: &str, to: &str, delivery: Delivery) -> Option<String> {
        let Push { provider, body } = self.receipt(message_id, to, delivery)?;
        let push = json!({"provider": provider, "content_type": "application/json", "body": body});
        Some(push.to_string())
    }
}

/// Messages that failed, by id and recipient: a batch has one id.
#[derive(Default)]
pub(super) struct Failed(Vec<(String, String)>);

impl Failed {
    pub(super) fn has(&self, message_id: &str, to: &str) -> bool {
        self.0.iter().any(|(id, who)| id == message_id && who == to)
    }

    fn settle(&mut self, message_id: &str, to: &str, failed: bool) {
        self.0.retain(|(id, who)| id != message_id || who != to);
        if failed {
            self.0.push((message_id.to_owned(), to.to_owned()));
        }
    }
}

impl Delivery {
    /// Finds one by its word, `delivered` or `failed`.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "delivered" => Some(Self::Delivered),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

impl core::fmt::Debug for Push {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Push({})", self.provider)
    }
}
