use super::*;
use crate::config::Section;
use country::find;
use proptest::prelude::*;
use row::{Row, area_row, exact_steps};
use serde_json::{Value, json};
use table::{AREAS, EXACT, LEADS};

fn policy(options: &Value) -> Policy {
    let options = options.clone().into();
    let mut section = Section::open("phone", &options).unwrap();
    let policy = Policy::from_config(&mut section).unwrap();
    section.finish().unwrap();
    policy
}

fn everywhere(home: &str) -> Policy {
    let countries: Vec<&str> = Row::all().map(Row::iso).collect();
    policy(&json!({
        "countries": countries, "default_country": home, "refuse_classes": [], "unknown_segments": "accept",
    }))
}

fn said(text: &str) -> PhoneError {
    parse(text, &Policy::default()).unwrap_err()
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let eleven = Lengths::of(&[11]);
    assert_eq!(said("138001380oo"), PhoneError::Character { at: 9, character: 'o' });
    assert_eq!(said("（１３８"), PhoneError::Character { at: 0, character: '（' });
    assert_eq!(said("13800138000转8"), PhoneError::Extension { at: 11 });
    assert_eq!(said("13800138000, 13900139000"), PhoneError::TwoNumbers { at: 11 });
    assert_eq!(said("1380013800"), PhoneError::TooShort { country: "CN", found: 10, expected: eleven });
    assert_eq!(said("+86 0138 0013 80"), PhoneError::TooShort { country: "CN", found: 9, expected: eleven });
    assert_eq!(said("86138001380001"), PhoneError::TooLong { country: "CN", found: 12, expected: eleven });
    assert_eq!(said("13491234567"), PhoneError::Class { segment: 1349, class: Class::Satellite });
    assert_eq!(said("14801234567"), PhoneError::Class { segment: 148, class: Class::Iot });
    assert_eq!(said("15401234567"), PhoneError::Segment { country: "CN", segment: 154 });
    assert_eq!(said("+44 7400 123456"), PhoneError::Country { country: "GB" });
    assert_eq!(said("010-12345678"), PhoneError::NotMobile { country: "CN" });
    assert_eq!(said(&"1".repeat(65)), PhoneError::InputLength { most: 64 });
}

#[test]
fn people_are_told_in_two_languages() {
    let zh = [
        ("1380013800", "手机号位数不够：应为 11 位，现有 10 位。"),
        ("13800138000a", "第 12 个字符“a”不能出现在手机号里。"),
        ("138\u{1f4f1}", "第 4 个字符 U+1F4F1 不能出现在手机号里。"),
        ("<", "第 1 个字符 U+003C 不能出现在手机号里。"),
        ("14801234567", "不支持物联网卡号段（148），请换一个手机号。"),
    ];
    for (text, wanted) in zh {
        assert_eq!(said(text).text_zh(), wanted);
    }
    assert_eq!(said("1380013800").text_en(), "The number is too short: 11 digits expected, 10 found.");
    assert_eq!(said("13800138000a").text_en(), "Character 12, a, does not belong in a mobile number.");
    assert_eq!(said("17491234567").to_string(), said("17491234567").text_en());
}

#[test]
fn a_number_falls_into_its_parts_and_prints_masked() {
    let phone = parse("138 0013 8034", &Policy::default()).unwrap();
    assert_eq!(phone.e164(), "+8613800138034");
    assert_eq!((phone.calling_code(), phone.national()), ("86", "13800138034"));
    assert_eq!((phone.country(), phone.class()), ("CN", Class::Normal));
    assert_eq!(phone.prefix(), "+861380013");
    assert_eq!(phone.masked(), "+86•••••••34");
    assert_eq!(format!("{phone} {phone:?}"), "+86•••••••34 Phone(+86•••••••34)");
    let thing = parse("+86 1440112345678", &everywhere("CN")).unwrap();
    assert_eq!((thing.prefix(), thing.class()), ("+861440112", Class::Iot));
    assert_eq!(parse("+852 9123 4567", &everywhere("CN")).unwrap().prefix(), "+8529123");
    assert_eq!(parse("+1 202 555 0123", &everywhere("CN")).unwrap().prefix(), "+1202555");
    assert_eq!(parse("+683 5123", &everywhere("CN")).unwrap().prefix(), "+683");
    assert_eq!(parse("+683 5123", &everywhere("CN")).unwrap().masked(), "+683•••••••23");
}

#[test]
fn lengths_print_as_people_write_them() {
    let texts =
        [&[11][..], &[9, 10], &[7, 9], &[7, 8, 9, 10], &[4, 7, 8]].map(|l| Lengths::of(l).to_string());
    assert_eq!(texts, ["11", "9, 10", "7, 9", "7–10", "4, 7, 8"]);
}

#[test]
fn wrong_options_are_named() {
    let fail = |options: Value| {
        let options = options.into();
        let mut section = Section::open("phone", &options).unwrap();
        Policy::from_config(&mut section).unwrap_err().to_string()
    };
    let iso = "must be an ISO 3166-1 code such as CN or HK";
    assert_eq!(fail(json!({"countries": []})), "phone.countries: must list a country");
    assert_eq!(fail(json!({"countries": "CN"})), "phone.countries: must be a list");
    assert_eq!(fail(json!({"countries": ["CN", "86"]})), format!("phone.countries[1]: {iso}"));
    assert_eq!(fail(json!({"countries": ["cn"]})), format!("phone.countries[0]: {iso}"));
    assert_eq!(fail(json!({"countries": [1]})), "phone.countries[0]: must be text");
    assert_eq!(fail(json!({"default_country": "HK"})), "phone.default_country: must be one of `countries`");
    assert_eq!(
        fail(json!({"countries": ["HK", "TW"]})),
        "phone.default_country: is required when `countries` lists several calling codes and not CN"
    );
    assert_eq!(
        fail(json!({"refuse_classes": ["normal"]})),
        "phone.refuse_classes[0]: must be one of virtual, data, iot, satellite"
    );
    assert_eq!(
        fail(json!({"unknown_segments": "maybe"})),
        "phone.unknown_segments: must be one of refuse, accept"
    );
}

#[test]
fn without_options_the_policy_is_the_default_one() {
    let policy = policy(&json!({}));
    assert_eq!(policy, Policy::default());
    assert_eq!(policy.countries().collect::<Vec<_>>(), ["CN"]);
    assert_eq!((policy.default_country(), policy.unknown()), ("CN", Unknown::Refuse));
    assert_eq!(
        [Class::Iot, Class::Satellite, Class::Virtual].map(|c| policy.refuses(c)),
        [true, true, false]
    );
    assert_eq!(self::policy(&json!({"countries": ["CA", "US"]})).default_country(), "CA");
    assert_eq!(self::policy(&json!({"countries": ["HK", "CN"]})).default_country(), "CN");
}

#[test]
fn the_tables_are_in_order_and_fit_together() {
    assert!(Row::all().map(Row::code).is_sorted());
    assert_eq!(Row::all().next().map(Row::iso), Some("US"));
    for row in Row::all() {
        let most = row.lengths().iter().last().unwrap();
        assert!(row.code().to_string().len() + most <= 15, "{}", row.iso());
        assert!(row.lengths().iter().next().unwrap() >= 4, "{}", row.iso());
        assert_eq!(Row::of(row.iso()), Some(row), "{} is there twice", row.iso());
    }
    for (iso, areas) in AREAS {
        assert!(areas.is_sorted_by(|a, b| a < b), "{iso:?}");
        assert!(Row::group(1).any(|row| row.iso().as_bytes() == iso));
        assert!(areas.iter().all(|area| area_row(*area).unwrap().iso().as_bytes() == iso));
    }
    for (of, iso, _) in LEADS {
        assert!(Row::group(*of).any(|row| row.iso() == *iso));
    }
    for (code, ranges) in EXACT {
        assert!(ranges.iter().all(|(low, high)| low <= high));
        let ends = ranges.iter().flat_map(|(low, high)| [low / 1_000, high / 1_000 + 1]);
        let kept = exact_steps(*code).unwrap().iter().scan(0, |at, step| {
            *at += step;
            Some(*at)
        });
        assert!(ends.eq(kept), "{code}");
        assert!(ranges.is_sorted_by(|a, b| a.1 < b.0));
    }
    assert!(mainland::SEGMENTS.is_sorted_by(|a, b| a.0 < b.0));
}

/// The ministry lists 45 segments for telephones (China Telecom 11, Mobile 22, Unicom 11, Broadnet 1) and 5 for virtual
/// operators; every other 13x to 19x is in one class too.
#[test]
fn the_segments_count_up() {
    let policy = everywhere("CN");
    let class = |segment: u32, length: u32| {
        parse(&format!("{segment}{}", "5".repeat(length as usize - 3)), &policy).map(|phone| phone.class())
    };
    let count = |wanted: Class| {
        (130..200).filter(|&s| class(s, if (140..145).contains(&s) { 13 } else { 11 }) == Ok(wanted)).count()
    };
    let classes =
        [Class::Normal, Class::Virtual, Class::Data, Class::Iot, Class::Satellite, Class::Unallocated]
            .map(count);
    assert_eq!(classes, [45, 5, 3, 5, 1, 11]);
    assert_eq!(classes.iter().sum::<usize>(), 70);
}

/// What a number may show: its calling code and its last two digits.
fn shows_little(shown: &str, phone: &Phone) -> bool {
    let end = phone.national().len() - 2;
    shown == format!("+{}•••••••{}", phone.calling_code(), phone.national().get(end..).unwrap())
}

fn homes() -> impl Strategy<Value = Policy> {
    let isos: Vec<&'static str> = Row::all().map(Row::iso).collect();
    prop::sample::select(isos).prop_map(everywhere)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(2_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>(), policy in homes()) {
        if let Err(error) = parse(&text, &policy) {
            prop_assert!(PhoneError::CODES.contains(&error.code()));
            prop_assert!(!error.text_zh().is_empty() && !error.text_en().is_empty());
        }
    }

    #[test]
    fn what_is_read_reads_the_same_again(
        text in "[ (]{0,2}(\\+|00|)[0-9]{1,4}[-. )]{0,2}[0-9]{2,14}", policy in homes(),
    ) {
        if let Ok(phone) = parse(&text, &policy) {
            prop_assert_eq!(parse(phone.e164(), &policy), Ok(phone.clone()));
            prop_assert_eq!(parse(&phone.e164().replace('+', "00"), &policy), Ok(phone.clone()));
            prop_assert!(shows_little(&phone.masked(), &phone));
            prop_assert_eq!(format!("{phone:?}"), format!("Phone({})", phone.masked()));
            prop_assert!(phone.e164().len() <= 16 && phone.e164().starts_with(phone.prefix()));
            prop_assert_eq!(phone.e164(), format!("+{}{}", phone.calling_code(), phone.national()));
        }
    }

    #[test]
    fn every_length_of_every_country_is_read(row in 0..Row::all().count(), seed in any::<u64>(), pick in any::<usize>()) {
        let row = Row::all().nth(row).unwrap();
        let lengths: Vec<usize> = row.lengths().iter().collect();
        let national: String = format!("{seed:020}").chars().rev().take(lengths[pick % lengths.len()]).collect();
        let code: String = row.code_digits().into_iter().filter(|&byte| byte != 0).map(char::from).collect();
        let text = format!("+{code}{national}");
        if let Ok(phone) = parse(&text, &everywhere("CN")) {
            // At most a trunk prefix is left out.
            prop_assert!(text.ends_with(phone.national()) && text.len() - phone.e164().len() <= 2);
            prop_assert_eq!(phone.calling_code(), code);
        }
    }

    #[test]
    fn separators_change_nothing(gaps in prop::collection::vec("[ \u{a0}\u{3000}.\u{2013}-]{0,2}", 11)) {
        let text: String = "13800138000".chars().zip(gaps).map(|(digit, gap)| format!("{digit}{gap}")).collect();
        let phone = parse(&text, &Policy::default()).unwrap();
        prop_assert_eq!(phone.e164(), "+8613800138000");
    }
}

/// A country that is not on the list is never served, however its number is written.
#[test]
fn the_allow_list_holds_for_every_country() {
    let default = Policy::default();
    for row in Row::all().filter(|row| row.iso() != "CN") {
        let code: String = row.code_digits().into_iter().filter(|&byte| byte != 0).map(char::from).collect();
        for length in row.lengths().iter() {
            for first in '0'..='9' {
                let text = format!("+{code}{first}{}", "2".repeat(length - 1));
                assert!(parse(&text, &default).is_err(), "{text}");
            }
        }
    }
    let typed = read::read("+8613800138000").unwrap();
    assert_eq!(find(&typed, default.home()).map(|found| found.row.iso()), Ok("CN"));
}
