//! Which numbers are served.

use super::PhoneError;
use super::country::Found;
use super::mainland::{self, Class};
use super::row::Row;
use crate::config::Section;
use crate::error::ConfigError;
use alloc::vec::Vec;

/// Which numbers are served: countries, classes, and what to do about segments that the tables do not know.
///
/// The default serves mainland China without things and satellites, and refuses segments that nobody has been given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    countries: Vec<Row>,
    home: Row,
    refused: Vec<Class>,
    unknown: Unknown,
}

/// What to do about a segment that the tables do not know.
///
/// That is a mainland segment 13x to 19x which is nobody's, and an area code of calling code 1 which is no
/// subscriber's. The tables are dated: accepting is for those who would rather pay for a message to nobody than turn
/// away the first users of a new segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Refuses it, with an error that names the segment.
    Refuse,
    /// Accepts it, as [`Class::Unallocated`] in the mainland, as the United States' in calling code 1.
    Accept,
}

impl Policy {
    /// Reads the options `countries`, `default_country`, `refuse_classes` and `unknown_segments`.
    ///
    /// `countries` lists ISO 3166-1 codes, `["CN"]` by default. `default_country` is what a bare number means: by
    /// default `CN` where that is listed, or the first listed when all share one calling code. `refuse_classes` lists `virtual`, `data`, `iot`
    /// and `satellite`, the last two by default. `unknown_segments` is `refuse`, the default, or `accept`.
    ///
    /// # Errors
    /// [`ConfigError`] with the option's path; [`crate::error::ConfigCode::Missing`] when `default_country` cannot be guessed.
    pub fn from_config(section: &mut Section<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>) -> Self {
        let mut out = Self::default();
        let wanted = "must be an ISO 3166-1 code such as CN or HK";
        read_list(section, "countries", wanted, Row::of, &mut out.countries);
        let wanted = "must be one of virtual, data, iot, satellite";
        read_list(section, "refuse_classes", wanted, refusable, &mut out.refused);
        let words = [("refuse", Unknown::Refuse), ("accept", Unknown::Accept)];
        out.unknown = section.get_choice("unknown_segments", &words).unwrap_or(out.unknown);
        if out.countries.is_empty() {
            section.note("countries", "must list a country");
        }
        out.home = home(section, &out.countries).unwrap_or(out.home);
        out
    }

    /// Returns the ISO 3166-1 codes of the countries that are served.
    pub fn countries(&self) -> impl Iterator<Item = &'static str> {
        self.countries.iter().map(|row| row.iso())
    }

    /// Returns the ISO 3166-1 code of the country that a bare number belongs to.
    #[must_use]
    pub fn default_country(&self) -> &'static str {
        self.home.iso()
    }

    /// Tells whether numbers of a class are refused.
    #[must_use]
    pub fn refuses(&self, class: Class) -> bool {
        self.refused.contains(&class)
    }

    /// Returns what to do about segments that the tables do not know.
    #[must_use]
    pub fn unknown(&self) -> Unknown {
        self.unknown
    }

    /// Tells whether all countries that are served share one calling code.
    #[cfg(feature = "gateway")]
    pub(crate) fn has_one_code(&self) -> bool {
        self.countries.iter().all(|row| row.shares_code(self.home))
    }

    pub(super) fn home(&self) -> Row {
        self.home
    }

    /// Checks a number, the country first, and returns its class.
    pub(super) fn admit(&self, found: &Found<'_>) -> Result<Class, PhoneError> {
        let country = found.row.iso();
        if let Some(segment) = found.unknown_area().filter(|_| self.unknown == Unknown::Refuse) {
            return Err(if found.any_neighbour(|row| self.serves(row)) {
                PhoneError::Segment { country, segment }
            } else {
                PhoneError::Country { country }
            });
        }
        if !self.serves(found.row) {
            return Err(PhoneError::Country { country });
        }
        if country == mainland::COUNTRY {
            return mainland::check(found, self);
        }
        found.check_length(found.row.lengths())?;
        match found.is_mobile() {
            None => Ok(Class::Unknown),
            Some(true) => Ok(Class::Mobile),
            Some(false) => Err(PhoneError::NotMobile { country }),
        }
    }

    fn serves(&self, row: Row) -> bool {
        self.countries.contains(&row)
    }
}

impl Default for Policy {
    fn default() -> Self {
        let home = Row::CN;
        Self {
            countries: vec![home],
            home,
            refused: vec![Class::Iot, Class::Satellite],
            unknown: Unknown::Refuse,
        }
    }
}

fn home(section: &mut Section<'_>, countries: &[Row]) -> Option<Row> {
    let option = "default_country";
    let named = |iso: &str| countries.iter().copied().find(|row| row.iso() == iso);
    if let Some(iso) = section.get_text(option) {
        let row = named(iso);
        if row.is_none() {
            section.note(option, "must be one of `countries`");
        }
        return row;
    }
    if let Some(row) = named(mainland::COUNTRY) {
        return Some(row);
    }
    match countries {
        [first, rest @ ..] if rest.iter().all(|row| row.shares_code(*first)) => Some(*first),
        _ => {
            section.lacks(option, "is required when `countries` lists several calling codes and not CN");
            None
        }
    }
}

/// Reads a list over what stands there.
fn read_list<T: PartialEq>(
    section: &mut Section<'_>,
    option: &'static str,
    wanted: &str,
    read: fn(&str) -> Option<T>,
    out: &mut Vec<T>,
) {
    if section.value(option).is_none() {
        return;
    }
    out.clear();
    for (place, value) in section.get_list(option).iter().enumerate() {
        let path = Section::item(option, place);
        if !value.is_string() {
            section.mistyped(&path, "must be text");
        }
        match read(value.as_str().unwrap_or_default()) {
            Some(item) if out.contains(&item) => {}
            Some(item) => out.push(item),
            None => section.note(&path, wanted),
        }
    }
}

fn refusable(word: &str) -> Option<Class> {
    [Class::Virtual, Class::Data, Class::Iot, Class::Satellite]
        .into_iter()
        .find(|class| class.as_str() == word)
}
