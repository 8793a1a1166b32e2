use super::*;

const ALIYUN: &str = r#"[
  {"phone_number":"13800138000","send_time":"2023-09-13 22:34:54","report_time":"2023-09-13 22:35:00","success":true,
   "err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"1234567^0","out_id":"AbCdEfGhIjKlMnOp"},
  {"phone_number":"13800138001","report_time":"","success":false,"err_code":"MK:0004","biz_id":"1234568^0"}]"#;

fn one(kind: &str, body: &str) -> DeliveryReceipt {
    let mut all = read(kind, body.as_bytes()).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[test]
fn a_push_of_alibaba_cloud_is_a_list_of_messages() {
    let all = read("aliyun", ALIYUN.as_bytes()).unwrap();
    let first = DeliveryReceipt {
        send_id: Some("AbCdEfGhIjKlMnOp".into()),
        message_id: Some("1234567^0".into()),
        status: Status::Delivered,
        code: Some("DELIVERED".into()),
        masked: Some("•••••••00".into()),
        at: Some(UnixMillis(1_694_615_700_000)),
    };
    assert_eq!(all[0], first);
    assert_eq!((all[1].status, all[1].code.as_deref(), all[1].at), (Status::Failed, Some("MK:0004"), None));
    assert!(!format!("{all:?}").contains("1380013"));
}

#[test]
fn the_details_of_alibaba_cloud_tell_what_is_still_on_its_way() {
    let body = r#"{"Code":"OK","TotalCount":"1","SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"PhoneNum":"13800138000",
        "SendStatus":1,"ErrCode":"","OutId":"AbCdEfGhIjKlMnOp","SendDate":"2023-09-13 22:34:54"}]}}"#;
    let receipt = one("aliyun", body);
    assert_eq!((receipt.status, receipt.send_id.as_deref()), (Status::Pending, Some("AbCdEfGhIjKlMnOp")));
    assert_eq!(
        one("aliyun", &body.replace("\"SendStatus\":1", "\"SendStatus\":3")).status,
        Status::Delivered
    );
    assert!(
        read("aliyun", body.replace("\"SendStatus\":1", "\"SendStatus\":9").as_bytes()).unwrap().is_empty()
    );
}

#[test]
fn tencent_cloud_pushes_and_is_pulled() {
    let push = r#"[{"user_receive_time":"2015-10-17 08:03:04","nationcode":"86","mobile":"13800138000",
        "report_status":"SUCCESS","errmsg":"DELIVRD","description":"用户短信送达成功","sid":"xxxxxxx"}]"#;
    let receipt = one("tencent", push);
    assert_eq!(receipt.at, Some(UnixMillis(1_445_040_184_000)));
    assert_eq!((receipt.status, receipt.message_id.as_deref()), (Status::Delivered, Some("xxxxxxx")));
    assert_eq!(one("tencent_legacy", push), receipt);
    assert_eq!(one("tencent_legacy", &format!(r#"{{"result":0,"count":1,"data":{push}}}"#)), receipt);
    let pulled = r#"{"Response":{"PullSmsSendStatusSet":[{"UserReceiveTime":1445040184,"CountryCode":"86",
        "PhoneNumber":"+8613800138000","SubscriberNumber":"13800138000","SerialNo":"xxxxxxx","ReportStatus":"FAIL",
        "Description":"用户关机 13800138000","SessionContext":"AbCdEfGhIjKlMnOp"}],"RequestId":"r"}}"#;
    let receipt = one("tencent", pulled);
    assert_eq!(
        (receipt.status, receipt.code, receipt.at),
        (Status::Failed, None, Some(UnixMillis(1_445_040_184_000)))
    );
    assert_eq!(receipt.send_id.as_deref(), Some("AbCdEfGhIjKlMnOp"));
    // As the outcome of the action has it.
    let answer = pulled.strip_prefix(r#"{"Response":"#).unwrap().strip_suffix('}').unwrap();
    assert_eq!(one("tencent", answer).send_id, receipt.send_id);
}

#[test]
fn what_is_no_receipt_is_refused_or_left_out() {
    for body in ["", "{}", "nonsense", r#"{"Response":{}}"#, "null", r#"{"data":1}"#] {
        assert_eq!(read("tencent_legacy", body.as_bytes()), Err(Unreadable), "{body}");
        assert_eq!(read("tencent", body.as_bytes()), Err(Unreadable), "{body}");
        assert_eq!(read("aliyun", body.as_bytes()), Err(Unreadable), "{body}");
    }
    assert_eq!(read("other", b"[]"), Err(Unreadable));
    assert_eq!(read("aliyun", &[b' '; MAX_BODY + 1]), Err(Unreadable));
    assert!(read("aliyun", br#"[1, null, {}, {"success": "maybe"}]"#).unwrap().is_empty());
    let odd = r#"[{"success":true,"out_id":"a b","biz_id":"","err_code":"13800138000","phone_number":"tel",
        "report_time":"2023-02-30 99:00:00"}]"#;
    let nothing = DeliveryReceipt {
        send_id: None,
        message_id: None,
        status: Status::Delivered,
        code: None,
        masked: None,
        at: None,
    };
    assert_eq!(one("aliyun", odd), nothing);
}

#[test]
fn receipts_cross_as_json_and_are_acknowledged() {
    let json = crate::wire::read_receipts("aliyun", ALIYUN.as_bytes()).unwrap();
    assert_eq!(
        json,
        concat!(
            r#"[{"status":"delivered","send_id":"AbCdEfGhIjKlMnOp","message_id":"1234567^0","code":"DELIVERED","#,
            r#""masked":"•••••••00","at_ms":1694615700000},"#,
            r#"{"status":"failed","message_id":"1234568^0","code":"MK:0004","masked":"•••••••01"}]"#
        )
    );
    assert!(crate::wire::read_receipts("aliyun", b"{}").is_none());
    let answers = ["aliyun", "tencent"].map(acknowledgement);
    assert_eq!(answers, [r#"{"code":0,"msg":"ok"}"#, r#"{"result":0,"errmsg":"OK"}"#]);
}
