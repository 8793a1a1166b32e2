//! The segments of mainland China, as data.
//!
//! Base: 我国公众移动通信网网号及H₀分配情况（截至2023年3月底）, published by the Ministry of Industry and Information
//! Technology on 2023-06-05. Its note names the segments of virtual operators (162 165 167 170 171) and of satellites
//! (174 1349 1619). The list gives every segment eleven digits. Added to it:
//!
//! * 145 147 149 are data cards, 146 148 are for things: VincentSit/ChinaMobilePhoneNumberRegex, README at 2da699d.
//! * 140 141 144 are for things, with thirteen digits: the same README, and zh.wikipedia, 中国大陆移动终端通信号码,
//!   2024-04. The two differ about 146 and 148 (thirteen against eleven digits); the ministry's list says eleven, so
//!   eleven it is. Either length is refused as a class by default.
//! * 1610 is China Broadnet's: libphonenumber 9.0.43, proposed in its #3970 of 2026-03.
//!
//! zh.wikipedia calls 172 a segment for things; the ministry's note does not, and phones use it: normal. What the list
//! leaves out is unallocated. Numbers move between operators, so an operator says nothing and is not kept.

use super::PhoneError;
use super::country::{Found, Lengths};
use super::policy::{Policy, Unknown};

/// The day to which the segments are known, as `YYYY-MM-DD`.
pub const SEGMENTS_AS_OF: &str = "2026-11-20";

pub(super) const COUNTRY: &str = "CN";

/// What a number's segment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Mainland China: a telephone.
    Normal,
    /// Mainland China: a telephone of a virtual operator.
    Virtual,
    /// Mainland China: a card for data, which gets messages.
    Data,
    /// Mainland China: a thing, which no person reads.
    Iot,
    /// Mainland China: a satellite telephone.
    Satellite,
    /// Mainland China: a segment that the table does not know.
    Unallocated,
    /// Hong Kong, Macao, Taiwan: a mobile number for certain.
    Mobile,
    /// Elsewhere: a number that has the length of a mobile number.
    Unknown,
}

impl Class {
    /// Returns the name used in vectors and configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Virtual => "virtual",
            Self::Data => "data",
            Self::Iot => "iot",
            Self::Satellite => "satellite",
            Self::Unallocated => "unallocated",
            Self::Mobile => "mobile",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the Chinese name.
    pub(super) const fn text_zh(self) -> &'static str {
        match self {
            Self::Normal | Self::Mobile => "手机",
            Self::Virtual => "虚拟运营商",
            Self::Data => "上网卡",
            Self::Iot => "物联网卡",
            Self::Satellite => "卫星电话",
            Self::Unallocated | Self::Unknown => "未知",
        }
    }

    /// Returns the English name.
    pub(super) const fn text_en(self) -> &'static str {
        match self {
            Self::Normal | Self::Mobile => "mobile",
            Self::Virtual => "virtual operator",
            Self::Data => "data card",
            Self::Iot => "Internet of Things",
            Self::Satellite => "satellite",
            Self::Unallocated | Self::Unknown => "unknown",
        }
    }
}

/// Checks a mainland number and returns its class.
pub(super) fn check(found: &Found<'_>, policy: &Policy) -> Result<Class, PhoneError> {
    let expected = lengths(found.national);
    match found.national {
        [b'1', b'3'..=b'9', ..] => {}
        [] | [b'1'] => return Err(found.too_short(expected)),
        _ => return Err(PhoneError::NotMobile { country: COUNTRY }),
    }
    // Of a number with a length that some segment has, the class is said first: more digits would not help it.
    if found.row.lengths().has(found.national.len()) {
        let (segment, class) = segment(found.national);
        if class == Class::Unallocated && policy.unknown() == Unknown::Refuse {
            return Err(PhoneError::Segment { country: COUNTRY, segment });
        }
        if policy.refuses(class) {
            return Err(PhoneError::Class { segment, class });
        }
    }
    found.check_length(expected)?;
    let (_, class) = segment(found.national);
    Ok(class)
}

/// Returns the segment and its class; the longer of two that fit.
fn segment(national: &[u8]) -> (u16, Class) {
    let head = |count: usize| {
        national.iter().take(count).fold(0_u16, |sum, digit| {
            sum.saturating_mul(10).saturating_add(u16::from(digit.saturating_sub(b'0')))
        })
    };
    let look = |prefix: u16| {
        let place = SEGMENTS.binary_search_by_key(&prefix, |&(segment, _)| segment).ok()?;
        SEGMENTS.get(place).copied()
    };
    look(head(4)).or_else(|| look(head(3))).unwrap_or((head(3), Class::Unallocated))
}

fn lengths(national: &[u8]) -> Lengths {
    match national {
        [b'1', b'4', b'0'..=b'4', ..] => Lengths::of(&[13]),
        _ => Lengths::of(&[11]),
    }
}

/// Segments of three or four digits and their class, in order.
pub(super) static SEGMENTS: &[(u16, Class)] = &[
    (130, Class::Normal),
    (131, Class::Normal),
    (132, Class::Normal),
    (133, Class::Normal),
    (134, Class::Normal),
    (135, Class::Normal),
    (136, Class::Normal),
    (137, Class::Normal),
    (138, Class::Normal),
    (139, Class::Normal),
    (140, Class::Iot),
    (141, Class::Iot),
    (144, Class::Iot),
    (145, Class::Data),
    (146, Class::Iot),
    (147, Class::Data),
    (148, Class::Iot),
    (149, Class::Data),
    (150, Class::Normal),
    (151, Class::Normal),
    (152, Class::Normal),
    (153, Class::Normal),
    (155, Class::Normal),
    (156, Class::Normal),
    (157, Class::Normal),
    (158, Class::Normal),
    (159, Class::Normal),
    (162, Class::Virtual),
    (165, Class::Virtual),
    (166, Class::Normal),
    (167, Class::Virtual),
    (170, Class::Virtual),
    (171, Class::Virtual),
    (172, Class::Normal),
    (173, Class::Normal),
    (174, Class::Satellite),
    (175, Class::Normal),
    (176, Class::Normal),
    (177, Class::Normal),
    (178, Class::Normal),
    (180, Class::Normal),
    (181, Class::Normal),
    (182, Class::Normal),
    (183, Class::Normal),
    (184, Class::Normal),
    (185, Class::Normal),
    (186, Class::Normal),
    (187, Class::Normal),
    (188, Class::Normal),
    (189, Class::Normal),
    (190, Class::Normal),
    (191, Class::Normal),
    (192, Class::Normal),
    (193, Class::Normal),
    (195, Class::Normal),
    (196, Class::Normal),
    (197, Class::Normal),
    (198, Class::Normal),
    (199, Class::Normal),
    (1349, Class::Satellite),
    (1610, Class::Normal),
    (1619, Class::Satellite),
];
