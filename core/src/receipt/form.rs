//! How each vendor writes its receipts: data.

use super::Status::{self, Delivered, Failed, Pending};

/// One way of writing receipts.
pub(super) struct Form {
    /// The provider's kind.
    pub(super) kind: &'static str,
    /// Where the list stands.
    pub(super) path: &'static [&'static str],
    pub(super) status: &'static str,
    pub(super) states: &'static [(&'static str, Status)],
    pub(super) send_id: &'static str,
    pub(super) message_id: &'static str,
    pub(super) code: &'static str,
    pub(super) number: &'static str,
    pub(super) time: &'static str,
    pub(super) clock: Time,
}

/// How a time is written.
#[derive(Clone, Copy)]
pub(super) enum Time {
    /// `2015-10-17 08:03:04`.
    Written,
    /// Seconds since 1970.
    Seconds,
}

/// A state as Tencent Cloud writes it.
const TENCENT: &[(&str, Status)] = &[("SUCCESS", Delivered), ("FAIL", Failed)];

/// The push of Tencent Cloud, and of its v5 API, whose pull has the same entries.
const PUSH: Form = Form {
    kind: "tencent",
    path: &[],
    status: "report_status",
    states: TENCENT,
    send_id: "ext",
    message_id: "sid",
    code: "errmsg",
    number: "mobile",
    time: "user_receive_time",
    clock: Time::Written,
};

/// What Tencent Cloud's PullSmsSendStatus tells.
const PULL: Form = Form {
    status: "ReportStatus",
    send_id: "SessionContext",
    message_id: "SerialNo",
    code: "Description",
    number: "PhoneNumber",
    time: "UserReceiveTime",
    clock: Time::Seconds,
    ..PUSH
};

/// Of one kind those in an object come first: a push is a bare list.
pub(super) const ALL: &[Form] = &[
    Form {
        kind: "aliyun",
        path: &["SmsSendDetailDTOs", "SmsSendDetailDTO"],
        status: "SendStatus",
        states: &[("1", Pending), ("2", Failed), ("3", Delivered)],
        send_id: "OutId",
        message_id: "",
        code: "ErrCode",
        number: "PhoneNum",
        time: "ReceiveDate",
        clock: Time::Written,
    },
    Form {
        kind: "aliyun",
        path: &[],
        status: "success",
        states: &[("true", Delivered), ("false", Failed)],
        send_id: "out_id",
        message_id: "biz_id",
        code: "err_code",
        number: "phone_number",
        time: "report_time",
        clock: Time::Written,
    },
    Form { path: &["Response", "PullSmsSendStatusSet"], ..PULL },
    // As the outcome of the action has it.
    Form { path: &["PullSmsSendStatusSet"], ..PULL },
    PUSH,
    Form { kind: "tencent_legacy", path: &["data"], ..PUSH },
    Form { kind: "tencent_legacy", ..PUSH },
];
