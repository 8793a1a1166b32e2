//! Building and signing, against the bare hashing of the same bytes.

use crate::rounds::{Case, case, medians};
use sansms::mac::{hmac_sha1, hmac_sha256, sha256};
use sansms::secret::Secret;
use sansms::sign::{Credentials, aliyun_acs3, aliyun_rpc, tencent_legacy, tencent_tc3, tencent_v1};
use sansms::time::UnixMillis;
use std::hint::black_box;

/// Prints one line for each algorithm.
pub(crate) fn run() {
    println!("## Building and signing\n");
    println!(
        "A whole `SendSms` request, against hashing just the bytes that its signature hashes. The aim is a ratio of 2.\n"
    );
    println!("| algorithm | build and sign, ns | bare hashing, ns | ratio |\n|---|--:|--:|--:|");
    let key = "TESTSECRETqSQc6vDVmwc2qjO54dOv";
    let credentials =
        Credentials { id: "LTAITESTVihw0ylswDQbix6E".into(), secret: Secret::new(key.into()), token: None };
    let now = UnixMillis(1_694_615_694_000);
    let nonce = "242331ff6c9e6d6de795c889fcd8c7b2";
    let params = [
        ("PhoneNumbers", "13800138000"),
        ("SignName", "阿里云短信测试专用"),
        ("TemplateCode", "SMS_71390007"),
        ("TemplateParam", "{\"code\":\"123456\"}"),
    ];
    let (action, version) = ("SendSms", "2017-05-25");

    let call =
        aliyun_acs3::Call { action, version, host: "dysmsapi.aliyuncs.com", query: &params, form: &[] };
    let signed = aliyun_acs3::build(&call, &credentials, now, nonce).signed;
    let built = case(|| aliyun_acs3::build(black_box(&call), &credentials, now, nonce));
    let bare = case(|| {
        (
            sha256(&[black_box(b"")]),
            sha256(&[black_box(signed.canonical_request.as_bytes())]),
            hmac_sha256(key.as_bytes(), &[black_box(signed.string_to_sign.as_bytes())]),
        )
    });
    print("Alibaba Cloud ACS3", built, bare);

    let call = aliyun_rpc::Call { action, version, query: &params, form: &[], whole_body: true };
    let signed = aliyun_rpc::build(&call, &credentials, now, nonce).signed;
    let built = case(|| aliyun_rpc::build(black_box(&call), &credentials, now, nonce));
    let bare = case(|| hmac_sha1(key.as_bytes(), &[black_box(signed.string_to_sign.as_bytes())]));
    print("Alibaba Cloud RPC V1", built, bare);

    let body = "{\"PhoneNumberSet\":[\"+8613800138000\"],\"SmsSdkAppId\":\"1400006666\",\"TemplateId\":\"1234567\",\
                \"SignName\":\"腾讯云\",\"TemplateParamSet\":[\"123456\",\"5\"]}";
    let call = || tencent_tc3::Call {
        action,
        version: "2021-01-11",
        host: "sms.tencentcloudapi.com",
        service: "sms",
        region: Some("ap-guangzhou"),
        language: None,
        body: black_box(body).to_owned(),
    };
    let signed = tencent_tc3::build(call(), &credentials, now).signed;
    let built = case(|| tencent_tc3::build(call(), &credentials, now));
    let bare = case(|| {
        let scope = hmac_sha256(key.as_bytes(), &[black_box(b"2023-09-13")]);
        let scope = hmac_sha256(&scope, &[black_box(b"sms")]);
        let scope = hmac_sha256(&scope, &[black_box(b"tc3_request")]);
        (
            sha256(&[black_box(body.as_bytes())]),
            sha256(&[black_box(signed.canonical_request.as_bytes())]),
            hmac_sha256(&scope, &[black_box(signed.string_to_sign.as_bytes())]),
        )
    });
    print("Tencent Cloud TC3", built, bare);

    let params = [
        ("PhoneNumberSet.0", "+8613800138000"),
        ("SmsSdkAppId", "1400006666"),
        ("TemplateId", "1234567"),
        ("SignName", "腾讯云"),
        ("TemplateParamSet.0", "123456"),
    ];
    for hash in [tencent_v1::Hash::Sha1, tencent_v1::Hash::Sha256] {
        let call = tencent_v1::Call {
            action,
            version: "2021-01-11",
            host: "sms.tencentcloudapi.com",
            region: Some("ap-guangzhou"),
            params: &params,
            hash,
        };
        let text = tencent_v1::build(&call, &credentials, now, 11886).signed.string_to_sign;
        let built = case(|| tencent_v1::build(black_box(&call), &credentials, now, 11886));
        let bare = match hash {
            tencent_v1::Hash::Sha1 => case(|| hmac_sha1(key.as_bytes(), &[black_box(text.as_bytes())])),
            tencent_v1::Hash::Sha256 => case(|| hmac_sha256(key.as_bytes(), &[black_box(text.as_bytes())])),
        };
        print(&format!("Tencent Cloud {}", hash.as_str()), built, bare);
    }

    let sign = || {
        tencent_legacy::sign(&credentials.secret, black_box("7226249334"), 1_457_336_869, &["13788888888"])
    };
    let text = sign().string_to_sign;
    print("Tencent legacy v5", case(sign), case(|| sha256(&[black_box(text.as_bytes())])));
    println!();
    println!(
        "Where the processor has instructions for SHA, hashing runs at 1 to 2 GB/s, and putting some 25 short texts"
    );
    println!(
        "together costs as much as hashing them: RPC V1 writes its text twice (encoded, and encoded again),"
    );
    println!(
        "HmacSHA1 and HmacSHA256 write theirs plain and encoded. A build that hashes in software (`RUSTFLAGS` with\n\
         `--cfg sha1_backend=\"soft\" --cfg sha2_backend=\"soft\"`) showed every ratio below 2.\n"
    );
}

fn print(name: &str, built: Case<'_>, bare: Case<'_>) {
    let [built, bare] = medians(601, 100, [built, bare]);
    println!("| {name} | {built:.0} | {bare:.0} | {:.2} |", built / bare);
}
