use super::*;
use crate::config::Section;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use letters::{Kind, ROWS};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(text: &str) -> Email {
    Email::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn said(text: &str) -> EmailError {
    Email::parse(text).unwrap_err()
}

/// The A-labels of another implementation.
fn theirs(domain: &str) -> Option<String> {
    let made = Uts46::new().to_ascii(
        domain.as_bytes(),
        AsciiDenyList::STD3,
        Hyphens::CheckFirstLast,
        DnsLength::Verify,
    );
    made.ok().map(Into::into)
}

/// Returns our domain, and says when it is not theirs.
fn ours(domain: &str) -> Option<String> {
    let made = Email::parse(&format!("t@{domain}")).ok()?.domain().to_owned();
    assert_eq!(Some(&made), theirs(domain).as_ref(), "{domain:?} {}", domain.escape_unicode());
    Some(made)
}

fn all_of_unicode() -> impl Iterator<Item = char> {
    (0..=0x10_ffff).filter_map(char::from_u32)
}

#[test]
fn an_address_falls_into_its_parts_and_prints_masked() {
    let email = read(" Tom.Lee+news@Mail.Example.COM\n");
    assert_eq!(email.address(), "Tom.Lee+news@mail.example.com");
    assert_eq!(email.canonical(), "tom.lee@mail.example.com");
    assert_eq!(email.domain(), "mail.example.com");
    assert_eq!(email.masked(), "T•••@m•••.com");
    assert_eq!(format!("{email} {email:?}"), "T•••@m•••.com Email(T•••@m•••.com)");
    let masks = [
        ("t@example.com", "•••@e•••.com"),
        ("to@x.com", "t•••@•••.com"),
        ("tom@qq.com", "t•••@q•••.com"),
        ("tom@a.b.example.com.cn", "t•••@•••.cn"),
        ("tom@例子.中国", "t•••@例•••.中国"),
        ("tom@例.中国", "t•••@•••.中国"),
        ("tom@xn--fsqu00a.xn--fiqs8s", "t•••@例•••.中国"),
        ("'x@bücher.example", "'•••@b•••.example"),
    ];
    for (text, masked) in masks {
        assert_eq!(read(text).masked(), masked);
    }
}

#[test]
fn limits_count_one_mailbox_once() {
    for text in [
        "tom@example.com",
        "TOM+a@EXAMPLE.com",
        "tom+a+b@example.com",
        "tom.+x@example.com",
        "Tom+@example.com",
    ] {
        assert_eq!(read(text).canonical(), "tom@example.com", "{text}");
    }
    assert_eq!(said("+tag@example.com"), EmailError::Tag);
}

#[test]
fn what_an_input_method_writes_is_folded() {
    for text in [
        "tom＠example.com",
        "ｔｏｍ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        "tom@example。com",
        "\u{feff}\u{3000}tom@example｡COM\u{200b}\t",
    ] {
        assert_eq!(read(text).address(), "tom@example.com", "{text}");
    }
    assert_eq!(read("a。b@example.com").address(), "a.b@example.com");
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    use EmailError as E;
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(59));
    let cases = [
        ("", E::Empty),
        (" \u{feff}\n", E::Empty),
        (&"a".repeat(321), E::InputLength { most: 320 }),
        ("tom.example.com", E::AtMissing),
        (" a@b@example.com", E::AtTwice { at: 4 }),
        ("a@b.com;c@d.com", E::AtTwice { at: 9 }),
        (" to m@example.com", E::Character { at: 3, character: ' ' }),
        ("\"tom\"@example.com", E::Character { at: 0, character: '"' }),
        ("Tom <tom@example.com", E::Character { at: 3, character: ' ' }),
        ("tom(x)@example.com", E::Character { at: 3, character: '(' }),
        ("to\u{200b}m@example.com", E::Character { at: 2, character: '\u{200b}' }),
        ("@example.com", E::LocalEmpty),
        ("汤姆@example.com", E::LocalScript { at: 0 }),
        ("tömm@example.com", E::LocalScript { at: 1 }),
        (".tom@example.com", E::LocalDot { at: 0 }),
        (" tom.@example.com", E::LocalDot { at: 4 }),
        ("t..om@example.com", E::LocalDot { at: 1 }),
        (&format!("{}@example.com", "a".repeat(65)), E::LocalLength { most: 64 }),
        ("+@example.com", E::Tag),
        ("tom@", E::DomainEmpty),
        ("tom@localhost", E::DomainIncomplete),
        ("tom@[192.0.2.1]", E::Literal),
        ("tom@exam_ple.com", E::Domain { at: 8, character: '_' }),
        ("tom@exam ple.com", E::Domain { at: 8, character: ' ' }),
        ("tom@example.com>", E::Domain { at: 15, character: '>' }),
        ("tom@דוגמה.com", E::Domain { at: 4, character: 'ד' }),
        ("tom@😀.com", E::Domain { at: 4, character: '😀' }),
        ("tom@e\u{301}.com", E::Domain { at: 5, character: '\u{301}' }),
        ("tom@\u{93e}क.com", E::Domain { at: 4, character: '\u{93e}' }),
        ("tom@.com", E::Dot { at: 4 }),
        ("tom@example..com", E::Dot { at: 11 }),
        ("tom@example.com.", E::Dot { at: 15 }),
        ("tom@-example.com", E::Hyphen { at: 4 }),
        ("tom@mail.中文-.com", E::Hyphen { at: 9 }),
        ("tom@ab--中.com", E::Idn { at: 4 }),
        ("tom@xn--a.com", E::Idn { at: 4 }),
        ("tom@xn--example-.com", E::Hyphen { at: 4 }),
        ("tom@xn--tda-.com", E::Hyphen { at: 4 }),
        ("tom@xn--dca.com", E::Idn { at: 4 }),
        ("tom@xn--4db.com", E::Idn { at: 4 }),
        (&format!("t@{label}a.com"), E::LabelLength { most: 63 }),
        (&format!("t@{}.com", "中文".repeat(32)), E::LabelLength { most: 63 }),
        ("tom@192.0.2.1", E::TopLevel),
        (&format!("ttt@{longest}"), E::AddressLength),
        (&format!("t@{longest}aaa"), E::AddressLength),
    ];
    for (text, error) in cases {
        assert_eq!(said(text), error, "{text}");
    }
    assert_eq!(read(&format!("tt@{longest}")).address().len(), 254);
}

#[test]
fn people_are_told_in_two_languages() {
    let error = said("to m@example.com");
    assert_eq!(error.text_zh(), "第 3 个字符（U+0020）不能出现在邮箱地址里。");
    assert_eq!(error.text_en(), "Character 3, U+0020, does not belong in an e-mail address.");
    assert_eq!(said("t,m@example.com").text_en(), "Character 2, ,, does not belong in an e-mail address.");
    assert_eq!(said("t<m@example.com").text_zh(), "第 2 个字符（U+003C）不能出现在邮箱地址里。");
    assert_eq!(said("tom@exam_ple.com").text_zh(), "第 9 个字符（_）不能出现在域名的这个位置。");
    assert_eq!(said("a@b@c").to_string(), "An address has one “@” only; character 4 is another.");
    let texts = [said(""), said("tom"), said(&"a".repeat(400))].map(|error| error.text_zh());
    assert_eq!(texts, ["请输入邮箱地址。", "邮箱地址里缺少“@”。", "输入太长：最多 320 个字符。"]);
}

fn policy(options: &Value) -> Result<Policy, String> {
    let options = options.clone().into();
    let mut section = Section::open("email", &options).unwrap();
    let policy = Policy::from_config(&mut section).map_err(|error| error.to_string())?;
    section.finish().map_err(|error| error.to_string())?;
    Ok(policy)
}

#[test]
fn the_policy_asks_for_the_domain() {
    let admits = |options: Value, text: &str| parse(text, &policy(&options).unwrap()).is_ok();
    assert!(admits(json!({}), "tom@example.com"));
    let listed =
        json!({"domains": ["Example.com", ".edu.cn", "例子.中国"], "blocked_domains": ["bad.edu.cn"]});
    for (text, served) in [
        ("tom@example.com", true),
        ("tom@EXAMPLE.com", true),
        ("tom@mail.example.com", false),
        ("tom@example.com.cn", false),
        ("tom@notexample.com", false),
        ("tom@pku.edu.cn", true),
        ("tom@cs.pku.edu.cn", true),
        ("tom@edu.cn", false),
        ("tom@notedu.cn", false),
        ("tom@bad.edu.cn", false),
        ("tom@x.bad.edu.cn", false),
        ("tom@notbad.edu.cn", true),
        ("tom@xn--fsqu00a.xn--fiqs8s", true),
    ] {
        assert_eq!(admits(listed.clone(), text), served, "{text}");
    }
    let blocked = json!({"blocked_domains": ["mailinator.com", "xyz"]});
    assert!(!admits(blocked.clone(), "a@mailinator.com") && !admits(blocked.clone(), "a@b.c.mailinator.com"));
    assert!(!admits(blocked.clone(), "a@b.xyz") && admits(blocked, "a@notmailinator.com"));
    assert_eq!(parse("a@b.xyz", &policy(&json!({"domains": ["b.com"]})).unwrap()), Err(EmailError::Refused));
}

#[test]
fn wrong_options_are_named() {
    let fail = |options: Value| policy(&options).unwrap_err();
    let wanted = "must be a domain such as example.com";
    assert_eq!(fail(json!({"domains": []})), "email.domains: must list a domain");
    assert_eq!(fail(json!({"domains": "a.com"})), "email.domains: must be a list");
    assert_eq!(fail(json!({"domains": [1]})), "email.domains[0]: must be text");
    assert_eq!(fail(json!({"domains": ["a.com", "com"]})), format!("email.domains[1]: {wanted} or .edu.cn"));
    assert_eq!(fail(json!({"domains": ["a@b.com"]})), format!("email.domains[0]: {wanted} or .edu.cn"));
    assert_eq!(fail(json!({"domains": ["*.b.com"]})), format!("email.domains[0]: {wanted} or .edu.cn"));
    assert_eq!(fail(json!({"blocked_domains": [".b.com"]})), format!("email.blocked_domains[0]: {wanted}"));
    assert_eq!(fail(json!({"blocked_domains": [""]})), format!("email.blocked_domains[0]: {wanted}"));
    assert_eq!(
        fail(json!({"blocked": []})),
        "email.blocked: is not an option; there are blocked_domains, domains"
    );
    let read =
        policy(&json!({"domains": ["例子.中国", "b.com", "B.com"], "blocked_domains": ["Bad.com"]})).unwrap();
    assert_eq!(read.domains().unwrap(), ["xn--fsqu00a.xn--fiqs8s", "b.com", "b.com"]);
    assert_eq!(read.blocked_domains(), ["bad.com"]);
    assert_eq!(policy(&json!({})).unwrap(), Policy::default());
}

/// Every character alone, between letters, before and after one, and twice: what we accept is what they make of it.
#[test]
fn all_of_unicode_comes_to_the_same_a_label() {
    let mut accepted = 0;
    for character in all_of_unicode() {
        let c = character;
        let forms = [
            format!("{c}.com"),
            format!("a{c}b.com"),
            format!("中{c}"),
            format!("{c}я"),
            format!("a{c}{c}.com"),
        ];
        accepted += usize::from(ours(&forms[0]).is_some());
        for domain in &forms[1..] {
            ours(domain);
            ours(&format!("x.{domain}.cn"));
        }
    }
    println!("{accepted} characters make a label");
    assert!(accepted > 110_000);
}

/// Every mark after every other, after a letter: nothing composes, nothing changes places.
#[test]
fn marks_stand_in_the_order_of_nfc() {
    let marks: Vec<char> = ROWS
        .iter()
        .filter(|(_, _, kind)| matches!(kind, Kind::Mark(_)))
        .flat_map(|(first, last, _)| *first..=*last)
        .collect();
    for first in &marks {
        for second in &marks {
            for letter in ['a', 'é', 'क', 'ก', '中'] {
                ours(&format!("{letter}{first}{second}.com"));
            }
        }
    }
    assert!(ours("ครู\u{e49}.com").is_some() && ours("ครู\u{e49}\u{e38}.com").is_none());
    assert!(marks.len() > 40);
}

#[test]
fn the_rows_are_in_order_and_beyond_ascii() {
    assert!(ROWS.iter().all(|(first, last, _)| *first <= *last && !first.is_ascii()));
    assert!(ROWS.is_sorted_by(|a, b| a.1 < b.0));
}

/// What is taken of what they keep or bring to lower case, by block.
///
/// What is left out are symbols, archaic letters, marks that few names need, and right-to-left scripts.
#[test]
fn the_scripts_that_are_promised_are_there() {
    // Name, first, last, how many characters they take between letters, how many of them we take.
    let blocks = [
        ("Latin-1 letters", 0xc0, 0xff, 64, 62),
        ("Latin Extended-A", 0x100, 0x17f, 122, 121),
        ("Latin Extended-B", 0x180, 0x24f, 196, 124),
        ("Phonetic letters", 0x250, 0x2af, 96, 96),
        ("Greek", 0x370, 0x3ff, 117, 69),
        ("Cyrillic", 0x400, 0x52f, 304, 296),
        ("Armenian", 0x530, 0x58f, 90, 77),
        ("Hebrew", 0x590, 0x5ff, 53, 0),
        ("Arabic", 0x600, 0x6ff, 72, 0),
        ("Devanagari", 0x900, 0x97f, 120, 112),
        ("Thai", 0xe00, 0xe7f, 86, 82),
        ("Georgian", 0x10a0, 0x10ff, 87, 43),
        ("Latin Extended Additional", 0x1e00, 0x1eff, 254, 251),
        ("Hiragana", 0x3040, 0x309f, 90, 88),
        ("Katakana", 0x30a0, 0x30ff, 95, 94),
        ("Bopomofo", 0x3105, 0x312f, 43, 43),
        ("Ideographs, Extension A", 0x3400, 0x4dbf, 6592, 6592),
        ("Ideographs", 0x4e00, 0x9fff, 20992, 20992),
        ("Hangul syllables", 0xac00, 0xd7a3, 11172, 11172),
        ("Compatibility Ideographs", 0xf900, 0xfaff, 12, 12),
        ("Ideographs, Extensions B to J", 0x20000, 0x33fff, 74_401, 74_401),
    ];
    let mut table = String::new();
    for (name, first, last, _, _) in blocks {
        let mut counts = [0, 0];
        for character in (first..=last).filter_map(char::from_u32) {
            let domain = format!("a{character}b.com");
            let plain = theirs(&domain).is_some_and(|made| {
                let (unicode, _) =
                    Uts46::new().to_unicode(made.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
                let small = character.to_lowercase().to_string();
                unicode == format!("a{small}b.com")
            });
            counts[0] += usize::from(plain);
            counts[1] += usize::from(ours(&domain).is_some());
        }
        table += &format!("(\"{name}\", {first:#x}, {last:#x}, {}, {}),\n", counts[0], counts[1]);
    }
    let written: String = blocks
        .map(|(name, a, b, all, some)| format!("(\"{name}\", {a:#x}, {b:#x}, {all}, {some}),\n"))
        .concat();
    assert_eq!(table, written, "\n{table}");
}

#[test]
fn names_that_are_in_use_come_out_right() {
    let names = [
        ("例子.中国", "xn--fsqu00a.xn--fiqs8s"),
        ("例子.测试", "xn--fsqu00a.xn--0zwm56d"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("실례.테스트", "xn--9n2bp8q.xn--9t4b11yi5a"),
        ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
        ("ПРИМЕР.рф", "xn--e1afmkfd.xn--p1ai"),
        ("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("München.de", "xn--mnchen-3ya.de"),
        ("清华大学.公司", "xn--xkry9kk1bz66a.xn--55qx5d"),
        ("中国移动.中国", "xn--fiq02ib9d179b.xn--fiqs8s"),
        ("香港大學.香港", "xn--pssu7cv61af44b.xn--j6w193g"),
        ("Ｍail.例子。中国", "mail.xn--fsqu00a.xn--fiqs8s"),
        ("việtnam.vn", "xn--vitnam-jk8b.vn"),
        ("r3---sn.example.com", "r3---sn.example.com"),
    ];
    for (typed, wanted) in names {
        assert_eq!(ours(typed).as_deref(), Some(wanted), "{typed}");
        assert_eq!(ours(wanted).as_deref(), Some(wanted));
    }
    // RFC 3492, 7.1, those without a right-to-left script or a capital.
    let samples = [
        ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
        ("他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb"),
        ("pročprostěnemluvíčesky", "proprostnemluvesky-uyb24dma41a"),
        ("なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"),
        (
            "세계의모든사람들이한국어를이해한다면얼마나좋을까",
            "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c",
        ),
        ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"),
        ("porquénopuedensimplementehablarenespañol", "porqunopuedensimplementehablarenespaol-fmd56a"),
        ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
        ("パフィーdeルンバ", "de-jg4avhby1noc0d"),
        ("そのスピードで", "d9juau41awczczp"),
    ];
    for (typed, wanted) in samples {
        let characters: Vec<char> = typed.chars().collect();
        assert_eq!(punycode::encode(&characters), wanted);
        assert_eq!(punycode::decode(wanted, 64), Some(characters));
    }
}

fn letter() -> impl Strategy<Value = char> {
    let row = (0..ROWS.len(), any::<u32>()).prop_map(|(row, pick)| {
        let (first, last, _) = ROWS[row];
        let (first, last) = (first as u32, last as u32);
        char::from_u32(first + pick % (last - first + 1)).unwrap()
    });
    prop_oneof![4 => row, 2 => prop::char::range('a', 'z'), 1 => any::<char>(), 1 => Just('-'), 1 => Just('.')]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(2_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>(), front in "[a-z.+ ]{0,3}", end in any::<String>()) {
        for text in [text.clone(), format!("{front}@{text}"), format!("{front}{text}@{end}"), format!("a@xn--{end}.com")] {
            match Email::parse(&text) {
                Ok(email) => prop_assert_eq!(Some(email.domain().to_owned()), theirs(email.domain())),
                Err(error) => {
                    prop_assert!(EmailError::CODES.contains(&error.code()));
                    prop_assert!(!error.text_zh().is_empty() && !error.text_en().is_empty());
                    let left = error.text_zh() + &error.text_en();
                    prop_assert!(!left.contains('$') || text.contains('$'));
                }
            }
        }
    }

    #[test]
    fn what_is_read_reads_the_same_again(
        local in "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,20}", labels in prop::collection::vec("[a-z0-9-]{1,9}|[中-文à-öА-я가-나ぁ-んァ-ヶ]{1,9}", 1..5),
    ) {
        let text = format!("{local}@{}", labels.join("."));
        if let Ok(email) = Email::parse(&text) {
            prop_assert!(email.address().is_ascii() && email.address().len() <= 254);
            prop_assert_eq!(Email::parse(email.address()), Ok(email.clone()));
            let counted = read(&email.canonical());
            prop_assert_eq!(counted.address(), email.canonical());
            prop_assert_eq!(counted.canonical(), email.canonical());
            prop_assert_eq!(email.address(), format!("{local}@{}", email.domain()));
            prop_assert_eq!(format!("{email:?}"), format!("Email({})", email.masked()));
            prop_assert!(email.masked().chars().count() <= 9 + email.domain().len());
        }
    }

    #[test]
    fn labels_are_theirs(label in prop::collection::vec(letter(), 1..20)) {
        ours(&format!("{}.com", label.iter().collect::<String>()));
    }

    #[test]
    fn a_labels_are_theirs(label in "xn--[a-z0-9-]{1,12}", upper in any::<bool>()) {
        ours(&format!("{}.com", if upper { label.to_uppercase() } else { label }));
    }
}
