//! Codes, proofs, tags and names from keys and contexts; and what people type.

use sansms::code::{Alphabet, CodeError, Shape, proof, read_own};
use sansms::key::{Keyring, ctx};
use sansms::mac::{hex, sha256};
use sansms::secret::Secret;
use serde_json::{Value, json};

/// Returns all cases.
pub(crate) fn all() -> Vec<Value> {
    made().into_iter().chain(typed()).collect()
}

const SECRET: &str = "vector-secret-0123456789abcdef-0123456789";
const INDEX: &str = "vector-index-0123456789abcdef-0123456789";
const PEPPERS: [&str; 2] =
    ["vector-pepper-new-0123456789abcdef-012345", "vector-pepper-old-0123456789abcdef-012345"];

/// Namespace, recipient, purpose, session.
const CONTEXTS: [[&str; 4]; 8] = [
    ["app", "tel:+8613800138000", "login", "s-1"],
    ["app", "tel:+8613800138000", "login", ""],
    ["app", "tel:+8613800138000", "pay", "s-1"],
    ["app", "tel:+8613800138001", "login", "s-1"],
    ["app2", "tel:+8613800138000", "login", "s-1"],
    // The same letters, cut elsewhere.
    ["ap", "ptel:+8613800138000", "login", "s-1"],
    ["app", "tel:+85291234567", "register", "会话-é\u{0}\n"],
    ["app", "mailto:a@example.com", "login", "0123456789abcdef0123456789abcdef0123456789abcdef"],
];

fn made() -> Vec<Value> {
    let mut out = Vec::new();
    let single = json!({ "secret": SECRET });
    let split = json!({ "index": INDEX, "peppers": PEPPERS });
    let shapes = [Alphabet::Digits, Alphabet::Crockford, Alphabet::Upper];
    let shapes = shapes.into_iter().flat_map(|alphabet| (4..=8).map(move |length| (length, alphabet)));
    for (at, (length, alphabet)) in shapes.enumerate() {
        out.push(case(
            &format!("shape-{at:02}"),
            &single,
            0,
            CONTEXTS[0],
            at as u8,
            (length, alphabet),
            None,
        ));
    }
    for (at, context) in CONTEXTS.into_iter().enumerate() {
        for pepper in 0..2 {
            let id = format!("context-{at}-pepper-{pepper}");
            out.push(case(&id, &split, pepper, context, 7, (6, Alphabet::Digits), None));
        }
        out.push(case(&format!("context-{at}-secret"), &single, 0, context, 7, (8, Alphabet::Digits), None));
    }
    for (at, own) in ["aB3x", "000000", "Zz0123456789"].into_iter().enumerate() {
        let id = format!("own-{at}");
        out.push(case(&id, &single, 0, CONTEXTS[0], 3, (6, Alphabet::Digits), Some(own)));
    }
    // Enough nonces for leading zeros.
    for at in 0..40 {
        let id = format!("nonce-{at:02}");
        out.push(case(&id, &single, 0, CONTEXTS[0], 100 + at, (6, Alphabet::Digits), None));
    }
    out
}

fn case(
    id: &str,
    keys: &Value,
    pepper: usize,
    [namespace, recipient, purpose, session]: [&str; 4],
    nonce: u8,
    (length, alphabet): (u8, Alphabet),
    own: Option<&str>,
) -> Value {
    let ring = ring(keys);
    let used = &ring.peppers()[pepper];
    let bound = ctx(namespace, recipient, purpose, session);
    let nonce: [u8; 16] = sha256(&[b"nonce", &[nonce]])[..16].try_into().expect("it has 32 bytes");
    let shape = Shape::new(length, alphabet).expect("it is 4 to 8");
    let code = own.map_or_else(|| shape.code(used, &bound, &nonce), |own| Secret::new(own.to_owned()));
    let key = "order-7 ✓";
    json!({
        "id": id, "keys": keys, "pepper": pepper, "namespace": namespace, "recipient": recipient,
        "purpose": purpose, "session": session, "nonce": hex(&nonce), "shape": write(length, alphabet), "own_code": own,
        "idempotency_key": key,
        "expect": {
            "kid": hex(&used.id()), "tag": hex(&ring.tag(&bound)), "code": code.expose(),
            "proof": hex(&proof(used, &bound, &code)), "idem": hex(&ring.idem(&bound, key)),
            "partition": ring.partition(namespace, "number", recipient),
        },
    })
}

fn ring(keys: &Value) -> Keyring {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(secret) = keys["secret"].as_str() {
        return Keyring::from_secret(secret.as_bytes());
    }
    let peppers: Vec<String> = keys["peppers"].as_array().into_iter().flatten().map(text).collect();
    let peppers: Vec<&[u8]> = peppers.iter().map(String::as_bytes).collect();
    Keyring::new(text(&keys["index"]).as_bytes(), &peppers)
}

fn write(length: u8, alphabet: Alphabet) -> Value {
    let alphabet = match alphabet {
        Alphabet::Digits => "digits",
        Alphabet::Crockford => "crockford",
        Alphabet::Upper => "upper",
    };
    json!({ "length": length, "alphabet": alphabet })
}

/// What is typed for a code of ours; without a shape, for one of the caller's.
fn typed() -> Vec<Value> {
    let digits = (6, Alphabet::Digits);
    let long = "1".repeat(65);
    let (wide, wider) = (" ".repeat(58) + "123456", " ".repeat(59) + "123456");
    let cases: [(&str, Option<(u8, Alphabet)>); 36] = [
        ("123456", Some(digits)),
        ("000000", Some(digits)),
        (" 123 456 ", Some(digits)),
        ("123-456", Some(digits)),
        ("12\u{2013}34\u{2014}56", Some(digits)),
        ("123\u{3000}456\n", Some(digits)),
        ("\u{feff}123456\u{200b}", Some(digits)),
        ("１２３４５６", Some(digits)),
        ("１２３－４５６", Some(digits)),
        ("①②③④⑤⑥", Some(digits)),
        ("¹²³⁴⁵⁶", Some(digits)),
        ("₁₂₃₄₅₆", Some(digits)),
        ("𝟏𝟐𝟑𝟒𝟓𝟔", Some(digits)),
        ("🯱🯲🯳🯴🯵🯶", Some(digits)),
        ("", Some(digits)),
        (" - ", Some(digits)),
        ("12345", Some(digits)),
        ("1234567", Some(digits)),
        (&long, Some(digits)),
        (&wide, Some(digits)),
        (&wider, Some(digits)),
        ("12345x", Some(digits)),
        ("12三456", Some(digits)),
        ("١٢٣٤٥٦", Some(digits)),
        ("12.456", Some(digits)),
        ("123456;--", Some(digits)),
        ("ABCD", Some((4, Alphabet::Upper))),
        ("ab cd", Some((4, Alphabet::Upper))),
        ("ａＢｃＤ", Some((4, Alphabet::Upper))),
        ("ABC1", Some((4, Alphabet::Upper))),
        ("7k3m", Some((4, Alphabet::Crockford))),
        ("7K3L", Some((4, Alphabet::Crockford))),
        ("aB3x", None),
        ("ａB-3 x", None),
        ("abc", None),
        ("abcdefghijklm", None),
    ];
    let cases = cases.into_iter().enumerate().map(|(at, (typed, shape))| {
        let read: Result<Secret<String>, CodeError> = match shape {
            Some((length, alphabet)) => Shape::new(length, alphabet).expect("it is 4 to 8").read(typed),
            None => read_own(typed),
        };
        let expect = match read {
            Ok(folded) => json!({ "folded": folded.expose() }),
            Err(error) => json!({ "error": error.code() }),
        };
        let shape = shape.map(|(length, alphabet)| write(length, alphabet));
        json!({ "id": format!("typed-{at:02}"), "typed": typed, "shape": shape, "expect": expect })
    });
    cases.collect()
}
