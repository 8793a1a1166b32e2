//! The actions of Alibaba Cloud's products: version, and where each parameter travels.
//!
//! Source: the APIs' metadata, as the official SDKs carry it: alibabacloud_dysmsapi20170525 4.6.0,
//! alibabacloud_dysmsapi20180501 1.0.10, alibabacloud_dypnsapi20170525 2.0.0, alibabacloud_dm20151123 1.11.1.

use crate::sign::{Credentials, Request, aliyun_acs3, aliyun_rpc};
use crate::time::UnixMillis;

/// An action: its name and version, and which of its parameters travel in a form body.
pub(crate) struct Api {
    pub(crate) action: &'static str,
    pub(crate) version: &'static str,
    pub(crate) form: Form,
}

/// Which parameters travel in a form body; the others are in the query.
pub(crate) enum Form {
    None,
    All,
    Only(&'static [&'static str]),
}

/// How a call is written and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// ACS3-HMAC-SHA256, with each parameter where the official SDKs put it.
    Acs3,
    /// RPC V1 with everything in the body, so that neither number nor code is in a URL.
    Rpc,
    /// RPC V1 with each parameter where the official SDKs put it.
    #[cfg(feature = "testing")]
    RpcSplit,
}

impl Api {
    /// Builds the signed request. `now` must be within 15 minutes of real time; `nonce` is never used again.
    pub(crate) fn request(
        &self,
        wire: Wire,
        host: &str,
        params: &[(&str, &str)],
        credentials: &Credentials,
        now: UnixMillis,
        nonce: &str,
    ) -> Request {
        let Self { action, version, .. } = *self;
        let whole_body = wire == Wire::Rpc;
        let (mut query, mut form) = (Vec::with_capacity(params.len()), Vec::new());
        for (name, value) in params {
            if whole_body || self.form.holds(name) { &mut form } else { &mut query }.push((*name, *value));
        }
        let (query, form) = (&query[..], &form[..]);
        match wire {
            Wire::Acs3 => {
                let call = aliyun_acs3::Call { action, version, host, query, form };
                aliyun_acs3::build(&call, credentials, now, nonce)
            }
            _ => {
                let call = aliyun_rpc::Call { action, version, query, form, whole_body };
                aliyun_rpc::build(&call, credentials, now, nonce)
            }
        }
    }
}

impl Form {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(names) => names.contains(&name),
        }
    }
}

/// SMS to the mainland and abroad.
pub(crate) const SEND_SMS: Api = Api { action: "SendSms", version: SMS, form: Form::None };
/// A code that Alibaba Cloud makes.
pub(crate) const SEND_CODE: Api = Api { action: "SendSmsVerifyCode", version: SMS, form: Form::None };
/// A guess at a code that Alibaba Cloud made.
pub(crate) const CHECK_CODE: Api = Api { action: "CheckSmsVerifyCode", version: SMS, form: Form::None };
/// A text to a number abroad.
pub(crate) const SEND_GLOBE: Api = Api { action: "SendMessageToGlobe", version: GLOBE, form: Form::None };
/// A mail.
pub(crate) const SEND_MAIL: Api = Api { action: "SingleSendMail", version: "2015-11-23", form: Form::All };

/// Of dysmsapi and dypnsapi alike.
const SMS: &str = "2017-05-25";
const GLOBE: &str = "2018-05-01";

/// Returns the action of this name.
#[cfg(feature = "testing")]
pub(crate) fn named(action: &str) -> Option<&'static Api> {
    const BATCH: Form =
        Form::Only(&["PhoneNumberJson", "SignNameJson", "TemplateParamJson", "SmsUpExtendCodeJson"]);
    const ALL: &[Api] = &[
        SEND_SMS,
        SEND_CODE,
        CHECK_CODE,
        SEND_GLOBE,
        SEND_MAIL,
        Api { action: "SendBatchSms", version: SMS, form: BATCH },
        Api { action: "QuerySendDetails", version: SMS, form: Form::None },
        Api { action: "VerifyIntelligentCaptcha", version: "2023-03-05", form: Form::All },
    ];
    ALL.iter().find(|api| api.action == action)
}
