//! How an action of Alibaba Cloud becomes a signed request: product version, wire, and what travels where.

use crate::sign::{Credentials, Request, aliyun_acs3, aliyun_rpc};
use crate::time::UnixMillis;
use alloc::vec::Vec;

/// What an action is asked with: its name, its product's version, its parameters.
pub(crate) struct Asked<'a> {
    pub(crate) action: &'a str,
    pub(crate) version: &'a str,
    /// Parameters that travel in the query.
    pub(crate) query: &'a [(&'a str, &'a str)],
    /// Parameters that travel in a form body.
    pub(crate) form: &'a [(&'a str, &'a str)],
}

/// How a call is written and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// ACS3-HMAC-SHA256, with each parameter where the official SDKs put it.
    Acs3,
    /// RPC V1 with everything in the body, so that neither number nor code is in a URL.
    #[cfg(feature = "legacy")]
    Rpc,
    /// RPC V1 with each parameter where the official SDKs put it.
    #[cfg(feature = "testing")]
    RpcSplit,
}

impl Asked<'_> {
    /// Builds the signed request. `now` must be within 15 minutes of real time; `nonce` is never used again.
    pub(crate) fn request(
        &self,
        wire: Wire,
        host: &str,
        credentials: &Credentials,
        now: UnixMillis,
        nonce: &str,
    ) -> Request {
        let Self { action, version, query, form } = *self;
        match wire {
            Wire::Acs3 => {
                let call = aliyun_acs3::Call { action, version, host, query, form };
                aliyun_acs3::build(&call, credentials, now, nonce)
            }
            #[cfg(feature = "legacy")]
            Wire::Rpc => {
                let all: Vec<(&str, &str)> = query.iter().chain(form).copied().collect();
                let call = aliyun_rpc::Call { action, version, query: &[], form: &all, whole_body: true };
                aliyun_rpc::build(&call, credentials, now, nonce)
            }
            #[cfg(feature = "testing")]
            Wire::RpcSplit => {
                let call = aliyun_rpc::Call { action, version, query, form, whole_body: false };
                aliyun_rpc::build(&call, credentials, now, nonce)
            }
        }
    }
}

/// The version of dysmsapi and of dypnsapi.
pub(crate) const SMS: &str = "2017-05-25";
/// The version of dysmsapi for numbers abroad.
pub(crate) const GLOBE: &str = "2018-05-01";
/// The version of dm.
pub(crate) const MAIL: &str = "2015-11-23";
