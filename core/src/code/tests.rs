use super::*;
use crate::key::{Keyring, ctx};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization as _;

fn pepper(keys: &Keyring) -> &Pepper {
    keys.current().unwrap()
}

#[test]
fn codes_are_steady_and_differ_by_everything_that_is_bound() {
    let keys = Keyring::from_secret(&[1; 32]);
    let other = Keyring::from_secret(&[2; 32]);
    let code = |keys: &Keyring, ctx: &[u8], nonce: u8| {
        Shape::new(8, Alphabet::Digits).unwrap().code(pepper(keys), ctx, &[nonce; 16]).expose().clone()
    };
    let base = ctx("app", "tel:+8613800138000", "login", "s");
    assert_eq!(code(&keys, &base, 1), code(&keys, &base, 1));
    let all = [
        code(&keys, &base, 1),
        code(&other, &base, 1),
        code(&keys, &base, 2),
        code(&keys, &ctx("app", "tel:+8613800138000", "login", "t"), 1),
        code(&keys, &ctx("app", "tel:+8613800138000", "pay", "s"), 1),
        code(&keys, &ctx("app", "tel:+8613800138001", "login", "s"), 1),
        code(&keys, &ctx("app2", "tel:+8613800138000", "login", "s"), 1),
    ];
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn every_shape_gives_its_length_and_alphabet() {
    let keys = Keyring::from_secret(&[1; 32]);
    for alphabet in [Alphabet::Digits, Alphabet::Crockford, Alphabet::Upper] {
        for length in 4..=8 {
            let shape = Shape::new(length, alphabet).unwrap();
            let code = shape.code(pepper(&keys), b"ctx", &[9; 16]);
            assert_eq!(code.expose().len(), usize::from(length));
            assert!(code.expose().bytes().all(|b| alphabet.symbols().contains(&b)));
            let typed = code.expose().to_ascii_lowercase();
            assert_eq!(shape.read(&typed).unwrap().expose(), code.expose());
        }
    }
    assert!(Shape::new(3, Alphabet::Digits).is_none() && Shape::new(9, Alphabet::Digits).is_none());
}

/// Chi-squared over the leading digit of 20,000 codes: nine degrees of freedom, 27.9 is p = 0.001.
#[test]
fn leading_digits_are_even() {
    let keys = Keyring::from_secret(&[3; 32]);
    let mut seen = BTreeMap::new();
    for i in 0..20_000u32 {
        let mut nonce = [0; 16];
        nonce[..4].copy_from_slice(&i.to_be_bytes());
        let code = Shape::DEFAULT.code(pepper(&keys), b"ctx", &nonce);
        *seen.entry(code.expose().as_bytes()[0]).or_insert(0u32) += 1;
    }
    let chi: f64 = seen.values().map(|n| (f64::from(*n) - 2000.0).powi(2) / 2000.0).sum();
    assert!(seen.len() == 10 && chi < 27.9, "{chi} {seen:?}");
}

#[test]
fn rejection_passes_over_the_uneven_end() {
    // ⌊2^64/10⌋·10 = 18446744073709551610: six values at the end would favour 0 to 5.
    let mut blocks = [u64::MAX, 18_446_744_073_709_551_610, 18_446_744_073_709_551_609].into_iter();
    assert_eq!(below(&mut blocks, 10), 9);
    // A power of two divides 2^64: nothing is passed over.
    assert_eq!(below(&mut [u64::MAX].into_iter(), 32), 31);
}

#[test]
fn typed_codes_are_folded() {
    for typed in ["123456", " 123 456 ", "１２３４５６", "12-34-56", "123\u{3000}456", "①②③④⑤⑥", "𝟏𝟐𝟑𝟒𝟓𝟔"]
    {
        assert_eq!(Shape::DEFAULT.read(typed).unwrap().expose(), "123456", "{typed}");
    }
    assert_eq!(Shape::DEFAULT.read("").unwrap_err(), CodeError::Empty);
    assert_eq!(Shape::DEFAULT.read("  ").unwrap_err(), CodeError::Empty);
    assert_eq!(Shape::DEFAULT.read("12345").unwrap_err(), CodeError::Length);
    assert_eq!(Shape::DEFAULT.read("12三456").unwrap_err(), CodeError::Character { at: 2 });
    assert_eq!(Shape::DEFAULT.read("12345x").unwrap_err(), CodeError::Character { at: 5 });
    assert_eq!(Shape::DEFAULT.read(&"1".repeat(1000)).unwrap_err(), CodeError::Length);
    assert_eq!(read_own("aB3x").unwrap().expose(), "aB3x");
    assert_eq!(read_own("abc").unwrap_err(), CodeError::Length);
}

/// For every character of Unicode: where NFKC gives one ASCII digit, so does `fold`.
#[test]
fn folding_agrees_with_nfkc_on_every_digit() {
    let mut tried = 0;
    for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
        let normal: String = c.nfkc().collect();
        let digit = normal.len() == 1 && normal.as_bytes()[0].is_ascii_digit();
        let folded = fold(&c.to_string()).ok().map(|f| f.expose().clone());
        if digit {
            tried += 1;
            assert_eq!(folded.as_deref(), Some(normal.as_str()), "U+{:04X}", c as u32);
        } else if let Some(folded) = folded {
            assert_eq!(folded, normal, "U+{:04X}", c as u32);
        }
    }
    assert!(tried > 100);
}

#[test]
fn proofs_bind_code_and_context() {
    let keys = Keyring::from_secret(&[1; 32]);
    let code = |text: &str| Secret::new(text.to_owned());
    let one = proof(pepper(&keys), b"a", &code("123456"));
    assert_eq!(one, proof(pepper(&keys), b"a", &code("123456")));
    assert_ne!(one, proof(pepper(&keys), b"b", &code("123456")));
    assert_ne!(one, proof(pepper(&keys), b"a", &code("123457")));
}

#[test]
fn errors_have_a_code_and_words() {
    let said = [CodeError::Empty, CodeError::Length, CodeError::Character { at: 2 }];
    assert_eq!(said.map(CodeError::code), ["input.code.empty", "input.code.length", "input.code.character"]);
    assert_eq!(
        said.map(|error| error.to_string()),
        [
            "no code was given",
            "the code has the wrong number of characters",
            "character 2 can't stand in a code"
        ]
    );
}
