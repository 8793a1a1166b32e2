use super::*;
use proptest::prelude::*;

/// Returns what serde_json reads, and what we read; it keeps numbers as values, so they are compared as such.
fn both(text: &[u8]) -> (Option<serde_json::Value>, Option<Value>) {
    (serde_json::from_slice(text).ok(), parse(text).ok())
}

fn same(theirs: &serde_json::Value, ours: &Value) -> bool {
    use serde_json::Value as Other;
    match (theirs, ours) {
        (Other::Null, Value::Null) => true,
        (Other::Bool(a), Value::Bool(b)) => a == b,
        (Other::String(a), Value::String(b)) => a == b,
        (Other::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Other::Number(a), Value::Number(b)) => {
            let exact = (theirs.as_u64(), theirs.as_i64()) == (ours.as_u64(), ours.as_i64());
            exact && near(a.as_f64().unwrap(), b.parse().unwrap())
        }
        (Other::Object(a), Value::Object(b)) => {
            let all = a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)));
            all && b.iter().all(|(name, _)| a.contains_key(name))
        }
        _ => false,
    }
}

/// Tells whether numbers are as good as equal: serde_json rounds the last digit in its own way.
fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= a.abs() * 1e-14
}

/// Tells how deep a text would be nested, if it is JSON.
fn depth(text: &[u8]) -> usize {
    let (mut now, mut most, mut quoted, mut skip) = (0usize, 0, false, false);
    for byte in text {
        match byte {
            _ if skip => skip = false,
            b'\\' if quoted => skip = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => now += 1,
            b'}' | b']' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
    }
    most
}

fn check(text: &[u8]) -> Result<(), String> {
    let shown = String::from_utf8_lossy(text);
    match both(text) {
        (Some(theirs), Some(ours)) if same(&theirs, &ours) => Ok(()),
        (None, None) => Ok(()),
        // Too deep for us, or too large a number for them.
        (Some(_), None) if depth(text) > MAX_DEPTH as usize => Ok(()),
        (None, Some(_)) if serde_json::from_slice::<serde_json::Value>(text).is_err_and(is_range) => Ok(()),
        (theirs, ours) => Err(format!("{shown}: {theirs:?}, but {ours:?}")),
    }
}

fn is_range(error: serde_json::Error) -> bool {
    error.to_string().contains("number out of range")
}

/// After the cases of JSONTestSuite (github.com/nst/JSONTestSuite), which are named for what they try.
const GOOD: &[&str] = &[
    "null",
    " true\n",
    "\tfalse\r",
    "0",
    "-0",
    "-0.0e-0",
    "1E+22",
    "123.456e78",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "9007199254740993",
    "1.0",
    "1e2",
    r#""""#,
    r#""\"\\\/\b\f\n\r\t\u0000\u00e9\uD83D\uDE00""#,
    r#""\uDBFF\uDFFF""#,
    "\"\u{7f}\u{2028}é😀\u{feff}\"",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    "[1 , 2]",
    r#"{"a":1,"a":2}"#,
    r#"{"":[]}"#,
    r#"{ "a" : [ { "b" : null } ] , "c" : 0 }"#,
    r#"{"\u0061":1,"a":[]}"#,
    "\"\u{10ffff}\"",
    r#""\uffff""#,
];

const BAD: &[&str] = &[
    "",
    " ",
    "nul",
    "nullx",
    "True",
    "NaN",
    "Infinity",
    "-Infinity",
    "+1",
    "01",
    "-01",
    "1.",
    ".5",
    "-",
    "-.5",
    "1e",
    "1e+",
    "1eE2",
    "0x1",
    "1_0",
    "1 2",
    "--1",
    "1.2.3",
    "\"",
    "\"\\\"",
    "\"\n\"",
    "\"\t\"",
    "\"\0\"",
    "\"\u{1f}\"",
    r#""\x""#,
    r#""\u12""#,
    r#""\u12g4""#,
    r#""\u+123""#,
    r#""\uD800""#,
    r#""\uD800x""#,
    r#""\uD800\n""#,
    r#""\uD800\uD800""#,
    r#""\uDC00""#,
    r#""\uDC00\uD800""#,
    "'a'",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,,2]",
    "[1}",
    "{",
    "}",
    "{]",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "{,}",
    "[1]]",
    "{}{}",
    "null,",
    "/* */ 1",
    "1 // a",
    "\u{feff}1",
    "\u{a0}1",
    "\u{c}1",
    "\u{b}1",
    "[1]\0",
    "\0",
    "\u{2060}[]",
    "a\u{e9}",
];

#[test]
fn what_is_json_is_read() {
    for text in GOOD {
        assert!(parse(text.as_bytes()).is_ok(), "{text}");
        check(text.as_bytes()).unwrap();
    }
}

#[test]
fn what_is_not_json_is_refused() {
    let bytes: [&[u8]; 6] =
        [b"\"\xff\"", b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\"", b"\xff", b"\"\xe9", b"[\xe9]"];
    for text in BAD.iter().map(|text| text.as_bytes()).chain(bytes) {
        assert_eq!(parse(text), Err(Malformed), "{}", String::from_utf8_lossy(text));
        check(text).unwrap();
    }
}

#[test]
fn nesting_has_a_limit() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |times: usize| format!("{}1{}", open.repeat(times), close.repeat(times));
        assert!(parse(nested(MAX_DEPTH as usize).as_bytes()).is_ok());
        assert_eq!(parse(nested(MAX_DEPTH as usize + 1).as_bytes()), Err(Malformed));
        assert_eq!(parse(open.repeat(1_000_000).as_bytes()), Err(Malformed));
    }
}

#[test]
fn numbers_are_exact() {
    let read = |text: &str| parse(text.as_bytes()).unwrap();
    assert_eq!(read("18446744073709551615").as_u64(), Some(u64::MAX));
    assert_eq!(read("-9223372036854775808").as_i64(), Some(i64::MIN));
    assert_eq!(
        read("0.1000000000000000055511151231257827").as_number(),
        Some("0.1000000000000000055511151231257827")
    );
    for text in ["1.0", "1e2", "-0", "18446744073709551616", "\"1\""] {
        assert_eq!((read(text).as_u64(), read(text).as_i64()), (None, None), "{text}");
    }
}

#[test]
fn the_last_of_several_members_counts() {
    let value = parse(br#"{"a": 1, "b": 2, "a": "x"}"#).unwrap();
    assert_eq!(value.get("a").and_then(Value::as_str), Some("x"));
    let members = value.as_object().unwrap();
    assert_eq!((members.len(), members.is_empty()), (3, false));
    assert_eq!(members.iter().map(|(name, _)| name).collect::<String>(), "aba");
}

#[test]
fn debug_shows_no_text() {
    let value = parse(br#"{"secret": ["canary", 7]}"#).unwrap();
    assert_eq!(format!("{value:?} {:?}", value.get("secret")), "object Some(list)");
}

fn texts() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Pieces that JSON is made of, and some that it isn't.
const PIECES: &[&str] = &[
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\n", "D83D", "DE00", "d8", "0", "1", "-", "+", ".",
    "e", "E", "9", "null", "true", "false", " ", "\n", "\t", "\0", "a", "é", "😀", "\u{feff}", "\"a\":",
    "\"\"", "/", "'",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn we_read_what_serde_json_writes(value in texts(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.unwrap();
        prop_assert_eq!(check(text.as_bytes()), Ok(()));
        prop_assert!(parse(text.as_bytes()).is_ok());
        prop_assert!(same(&value, &value.clone().into()));
    }

    #[test]
    fn we_refuse_what_serde_json_refuses(
        value in texts(), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..4,
    ) {
        let mut text = serde_json::to_vec(&value).unwrap();
        let place = at.index(text.len());
        match how {
            0 => text[place] = byte,
            1 => drop(text.remove(place)),
            2 => text.insert(place, byte),
            _ => text.truncate(place),
        }
        prop_assert_eq!(check(&text), Ok(()));
    }

    #[test]
    fn heaps_of_pieces_are_judged_alike(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12)) {
        prop_assert_eq!(check(pieces.concat().as_bytes()), Ok(()));
    }
}
