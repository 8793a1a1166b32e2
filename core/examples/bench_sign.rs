//! Prints what building and signing costs, against the bare hashing of the same bytes.
//!
//! `cargo run --release --example bench_sign`. Each figure is the best of many rounds.
#![allow(clippy::disallowed_methods, reason = "a tool: it reads the clock")]

use sansms::mac::{hmac_sha1, hmac_sha256, sha256};
use sansms::secret::Secret;
use sansms::sign::{Credentials, aliyun_acs3, aliyun_rpc, tencent_legacy, tencent_tc3, tencent_v1};
use sansms::time::UnixMillis;
use std::hint::black_box;
use std::time::Instant;

fn main() {
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
    let built = nanoseconds(|| aliyun_acs3::build(black_box(&call), &credentials, now, nonce));
    let bare = nanoseconds(|| {
        (
            sha256(&[black_box(b"")]),
            sha256(&[black_box(signed.canonical_request.as_bytes())]),
            hmac_sha256(key.as_bytes(), &[black_box(signed.string_to_sign.as_bytes())]),
        )
    });
    print("aliyun acs3", built, bare);

    let call = aliyun_rpc::Call { action, version, query: &params, form: &[], whole_body: true };
    let signed = aliyun_rpc::build(&call, &credentials, now, nonce).signed;
    let built = nanoseconds(|| aliyun_rpc::build(black_box(&call), &credentials, now, nonce));
    let bare = nanoseconds(|| hmac_sha1(key.as_bytes(), &[black_box(signed.string_to_sign.as_bytes())]));
    print("aliyun rpc", built, bare);

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
    let built = nanoseconds(|| tencent_tc3::build(call(), &credentials, now));
    let bare = nanoseconds(|| {
        let scope = hmac_sha256(key.as_bytes(), &[black_box(b"2023-09-13")]);
        let scope = hmac_sha256(&scope, &[black_box(b"sms")]);
        let scope = hmac_sha256(&scope, &[black_box(b"tc3_request")]);
        (
            sha256(&[black_box(body.as_bytes())]),
            sha256(&[black_box(signed.canonical_request.as_bytes())]),
            hmac_sha256(&scope, &[black_box(signed.string_to_sign.as_bytes())]),
        )
    });
    print("tencent tc3", built, bare);

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
        let built = nanoseconds(|| tencent_v1::build(black_box(&call), &credentials, now, 11886));
        let bare = match hash {
            tencent_v1::Hash::Sha1 => {
                nanoseconds(|| hmac_sha1(key.as_bytes(), &[black_box(text.as_bytes())]))
            }
            tencent_v1::Hash::Sha256 => {
                nanoseconds(|| hmac_sha256(key.as_bytes(), &[black_box(text.as_bytes())]))
            }
        };
        print(hash.as_str(), built, bare);
    }

    let sign = || {
        tencent_legacy::sign(&credentials.secret, black_box("7226249334"), 1_457_336_869, &["13788888888"])
    };
    let text = sign().string_to_sign;
    print("tencent legacy", nanoseconds(sign), nanoseconds(|| sha256(&[black_box(text.as_bytes())])));
}

fn print(name: &str, built: f64, bare: f64) {
    println!("{name:<16} {built:>7.0} ns   bare hashing {bare:>7.0} ns   ratio {:.2}", built / bare);
}

/// Returns the best mean time of a call over many rounds.
fn nanoseconds<T>(call: impl Fn() -> T) -> f64 {
    const CALLS: u32 = 2_000;
    let round = || {
        let start = Instant::now();
        for _ in 0..CALLS {
            black_box(call());
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
    };
    (0..60).map(|_| round()).fold(f64::INFINITY, f64::min)
}
