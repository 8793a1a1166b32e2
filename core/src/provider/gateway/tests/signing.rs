//! Signatures, against the vectors of RFC 1321, RFC 2202, RFC 4231 and FIPS 180, and where they are put.

use super::super::recipe::{Form, Hash};
use super::*;

#[test]
fn digests_match_their_vectors() {
    let cases = [
        // RFC 1321, section A.5.
        (Hash::Md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
        (Hash::Md5, "a", "0cc175b9c0f1b6a831c399e269772661"),
        (Hash::Md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (Hash::Md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (Hash::Md5, "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            Hash::Md5,
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f",
        ),
        (
            Hash::Md5,
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a",
        ),
        // FIPS 180-4, its examples.
        (Hash::Sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (Hash::Sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ];
    for (hash, text, expected) in cases {
        assert_eq!(hash.write(None, text.as_bytes(), Form::Hex), expected);
    }
}

#[test]
fn hmacs_match_their_vectors() {
    let long = [0xaa_u8; 131];
    let cases: [(Hash, &[u8], &str, &str); 9] = [
        // RFC 2202, cases 1, 2 and 6 for MD5, 1, 2 and 6 for SHA-1.
        (Hash::Md5, &[0x0b; 16], "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"),
        (Hash::Md5, b"Jefe", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"),
        (
            Hash::Md5,
            &[0xaa; 80],
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
        ),
        (Hash::Sha1, &[0x0b; 20], "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
        (Hash::Sha1, b"Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            Hash::Sha1,
            &[0xaa; 80],
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "aa4ae5e15272d00e95705637ce8a3b55ed402112",
        ),
        // RFC 4231, cases 1, 2 and 6.
        (
            Hash::Sha256,
            &[0x0b; 20],
            "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            Hash::Sha256,
            b"Jefe",
            "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            Hash::Sha256,
            &long,
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ];
    for (hash, key, text, expected) in cases {
        assert_eq!(hash.write(Some(key), text.as_bytes(), Form::Hex), expected);
        let upper = hash.write(Some(key), text.as_bytes(), Form::HexUpper);
        assert_eq!(upper, expected.to_ascii_uppercase());
    }
}

/// A declaration whose signature stands in the query, over the RFC's own text.
fn signed(signature: Value) -> HttpCall {
    call(json!({"url": "https://sms.example/?s={signature}", "secret": "Jefe", "signature": signature}))
}

#[test]
fn a_recipe_signs_the_declared_text() {
    let over = "what do ya want for nothing?";
    for (method, output, expected) in [
        ("hmac-md5", "hex", "750c783e6ab0b503eaa86e310a5db738"),
        ("hmac-md5", "HEX", "750C783E6AB0B503EAA86E310A5DB738"),
        ("hmac-sha1", "base64", "7%2FzfauXrL6LSdBbV8YTfnCWafHk%3D"),
        ("hmac-sha256", "hex", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ] {
        let call = signed(json!({"method": method, "over": over, "output": output}));
        assert_eq!(call.query(), format!("s={expected}"));
    }
    // The MD5 of `abc`, of which the secret is the last letter; line breaks and blanks count.
    let change = json!({"secret": "c", "signature": {"method": "md5", "over": "ab{secret}"}, "headers": {"x-s": "{signature}"}});
    assert_eq!(call(change).header("x-s"), Some("900150983cd24fb0d6963f7d28e17f72"));
    let change = json!({"secret": "c", "headers": {"x-s": "{signature}"},
        "signature": {"method": "hmac-sha256", "over": "{body}\n {timestamp}", "key": "{secret}&"}});
    let call = call(change);
    let expected = crate::mac::hmac_sha256(b"c&", &[&call.body, b"\n 1694615694"]);
    assert_eq!(call.header("x-s"), Some(crate::mac::hex(&expected).as_str()));
}

/// RFC 7617, section 2, and RFC 6750, section 2.1, by their own examples.
#[test]
fn tokens_and_passwords_stand_in_authorization() {
    let basic = call(json!({"key": "Aladdin", "secret": "open-sesame", "signature": {"method": "basic"}}));
    assert_eq!(basic.header("authorization"), Some("Basic QWxhZGRpbjpvcGVuLXNlc2FtZQ=="));
    let bearer = call(json!({"secret": "mF_9.B5f-4.1JqM", "signature": {"method": "bearer"}}));
    assert_eq!(bearer.header("authorization"), Some("Bearer mF_9.B5f-4.1JqM"));
}

#[test]
fn the_host_may_give_the_key() {
    use crate::secret::Secret;
    use crate::sign::Credentials;
    let change =
        json!({"credentials": "host", "url": "https://sms.example/{key}", "signature": {"method": "bearer"}});
    let gateway = gateway(change).unwrap();
    assert!(gateway.asks_for_credentials());
    let call = |id: &str, secret: &str| {
        let credentials = Credentials { id: id.into(), secret: Secret::new(secret.into()), token: None };
        gateway.call(&message(), &Signing { credentials: Some(&credentials), ..signing() })
    };
    let good = call("k/", "canary").unwrap();
    assert_eq!(
        (good.url.as_str(), good.header("authorization")),
        ("https://sms.example/k%2F", Some("Bearer canary"))
    );
    for (id, secret) in
        [("..", "s"), ("", "s"), ("k", ""), ("k", "s\r\nx: y"), ("k", "é"), ("sandbox-k", "s")]
    {
        assert_eq!(call(id, secret).unwrap_err(), BuildError::Credentials, "{id:?}");
    }
    assert_eq!(gateway.call(&message(), &signing()).unwrap_err(), BuildError::Credentials);
}

#[test]
fn debug_shows_neither_key_nor_secret() {
    let change = json!({"key": "canary", "secret": "canary", "signature": {"method": "basic"}});
    assert_eq!(format!("{:?}", gateway(change).unwrap()), "Gateway(gateway, sms.example)");
}
