//! The letters of international domain names: the part of UTS #46 that is a table of ranges.
//!
//! A row holds only characters that UTS #46 (nontransitional, with the rules of STD3) keeps or maps to their lower case,
//! and that never compose with a neighbour, so that NFC changes nothing. A test holds every row to another
//! implementation over all of Unicode. Left out, and so refused: right-to-left scripts, symbols and emoji, joiners,
//! compatibility forms, and scripts that are not named here.

/// A character of a label, in lower case.
#[derive(Clone, Copy)]
pub(super) struct Letter {
    pub(super) character: char,
    /// The canonical combining class of a mark, which may be 0; none for what is no mark.
    pub(super) order: Option<u8>,
}

/// Reads one character of a label.
pub(super) fn read(character: char) -> Option<Letter> {
    if character.is_ascii() {
        let character = character.to_ascii_lowercase();
        return (character.is_ascii_alphanumeric() || character == '-')
            .then_some(Letter { character, order: None });
    }
    let code = u32::from(character);
    let (mut first, mut end) = (0, 0);
    let row = STEPS.iter().find(|(gap, span, _)| {
        first = end + gap;
        end = first + u32::from(*span);
        code < end
    });
    let (_, _, kind) = row.filter(|_| first <= code)?;
    let on =
        |distance: i16| char::from_u32(code.saturating_add_signed(i32::from(distance))).unwrap_or(character);
    let is_first_of_pair = (code ^ first) & 1 == 0;
    Some(match *kind {
        Kind::Pairs if is_first_of_pair => Letter { character: on(1), order: None },
        Kind::Upper(distance) => Letter { character: on(distance), order: None },
        Kind::Letter | Kind::Pairs => Letter { character, order: None },
        Kind::Mark(order) => Letter { character, order: Some(order) },
    })
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// They stay as they are.
    Letter,
    /// They stay as they are, after another character; their canonical combining class.
    Mark(u8),
    /// Capitals; how far on their small letters are.
    Upper(i16),
    /// Each capital is followed by its small letter.
    Pairs,
}

/// The rows as a build keeps them, in small steps: how far behind the last row's end each begins, how many characters it
/// has, what they are.
static STEPS: [(u32, u16, Kind); ROWS.len()] = {
    let mut steps = [(0, 0, L); ROWS.len()];
    let (mut places, mut rows, mut end): (&mut [_], _, u32) = (&mut steps, ROWS, 0);
    while let ([place, later @ ..], [(first, last, kind), more @ ..]) = (places, rows) {
        let count = *last as u32 + 1 - *first as u32;
        assert!(count < 1 << 16, "a row has more characters than can be said");
        let [_, _, high, low] = count.to_be_bytes();
        *place = (*first as u32 - end, u16::from_be_bytes([high, low]), *kind);
        end = *last as u32 + 1;
        places = later;
        rows = more;
    }
    steps
};

use Kind::{Letter as L, Mark as M, Pairs as P, Upper as U};

/// First, last, what they are; in order.
#[rustfmt::skip]
pub(super) const ROWS: &[(char, char, Kind)] = &[
    // Latin: with diacritics, Pinyin, Vietnamese, and the letters of the phonetic alphabet.
    ('\u{c0}', '\u{d6}', U(32)), ('\u{d8}', '\u{de}', U(32)), ('\u{df}', '\u{f6}', L), ('\u{f8}', '\u{ff}', L),
    ('\u{100}', '\u{12f}', P), ('\u{131}', '\u{131}', L), ('\u{134}', '\u{137}', P), ('\u{138}', '\u{138}', L),
    ('\u{139}', '\u{13e}', P), ('\u{141}', '\u{148}', P), ('\u{14a}', '\u{177}', P),
    ('\u{178}', '\u{178}', U(-121)),
    ('\u{179}', '\u{17e}', P), ('\u{180}', '\u{180}', L), ('\u{18f}', '\u{18f}', U(202)), ('\u{191}', '\u{192}', P),
    ('\u{198}', '\u{199}', P), ('\u{1a0}', '\u{1a5}', P),
    ('\u{1af}', '\u{1b0}', P), ('\u{1b3}', '\u{1b6}', P), ('\u{1cd}', '\u{1dc}', P), ('\u{1dd}', '\u{1dd}', L), ('\u{1de}', '\u{1ef}', P),
    ('\u{1f0}', '\u{1f0}', L), ('\u{1f4}', '\u{1f5}', P), ('\u{1f8}', '\u{21f}', P), ('\u{222}', '\u{233}', P),
    ('\u{246}', '\u{24f}', P), ('\u{250}', '\u{2af}', L),
    // Greek, modern.
    ('\u{386}', '\u{386}', U(38)), ('\u{388}', '\u{38a}', U(37)), ('\u{38c}', '\u{38c}', U(64)),
    ('\u{38e}', '\u{38f}', U(63)), ('\u{390}', '\u{390}', L), ('\u{391}', '\u{3a1}', U(32)),
    ('\u{3a3}', '\u{3ab}', U(32)), ('\u{3ac}', '\u{3ce}', L),
    // Cyrillic.
    ('\u{400}', '\u{40f}', U(80)), ('\u{410}', '\u{42f}', U(32)), ('\u{430}', '\u{45f}', L), ('\u{460}', '\u{481}', P),
    ('\u{48a}', '\u{4bf}', P), ('\u{4c0}', '\u{4c0}', U(15)), ('\u{4c1}', '\u{4ce}', P), ('\u{4cf}', '\u{4cf}', L),
    ('\u{4d0}', '\u{52f}', P),
    // Armenian.
    ('\u{531}', '\u{556}', U(48)), ('\u{560}', '\u{586}', L),
    // Devanagari, without the nukta, which composes.
    ('\u{900}', '\u{903}', M(0)), ('\u{904}', '\u{939}', L), ('\u{93a}', '\u{93b}', M(0)), ('\u{93d}', '\u{93d}', L),
    ('\u{93e}', '\u{94c}', M(0)), ('\u{94d}', '\u{94d}', M(9)), ('\u{94e}', '\u{94f}', M(0)), ('\u{950}', '\u{950}', L),
    ('\u{955}', '\u{957}', M(0)), ('\u{960}', '\u{961}', L), ('\u{962}', '\u{963}', M(0)), ('\u{966}', '\u{96f}', L),
    ('\u{971}', '\u{97f}', L),
    // Thai.
    ('\u{e01}', '\u{e30}', L), ('\u{e31}', '\u{e31}', M(0)), ('\u{e32}', '\u{e32}', L), ('\u{e34}', '\u{e37}', M(0)),
    ('\u{e38}', '\u{e39}', M(103)), ('\u{e3a}', '\u{e3a}', M(9)), ('\u{e40}', '\u{e46}', L), ('\u{e47}', '\u{e47}', M(0)),
    ('\u{e48}', '\u{e4b}', M(107)), ('\u{e4c}', '\u{e4e}', M(0)), ('\u{e50}', '\u{e59}', L),
    // Georgian.
    ('\u{10d0}', '\u{10fa}', L),
    // Latin: more Vietnamese, and rarer diacritics.
    ('\u{1e00}', '\u{1e95}', P), ('\u{1e96}', '\u{1e99}', L), ('\u{1e9e}', '\u{1e9e}', U(-7615)), ('\u{1ea0}', '\u{1eff}', P),
    // Kana, Bopomofo, ideographs, Hangul syllables.
    ('\u{3005}', '\u{3007}', L), ('\u{3041}', '\u{3096}', L), ('\u{309d}', '\u{309e}', L), ('\u{30a1}', '\u{30fe}', L),
    ('\u{3105}', '\u{312f}', L), ('\u{31a0}', '\u{31bf}', L), ('\u{31f0}', '\u{31ff}', L), ('\u{3400}', '\u{4dbf}', L),
    ('\u{4e00}', '\u{9fff}', L), ('\u{ac00}', '\u{d7a3}', L), ('\u{fa0e}', '\u{fa0f}', L), ('\u{fa11}', '\u{fa11}', L),
    ('\u{fa13}', '\u{fa14}', L), ('\u{fa1f}', '\u{fa1f}', L), ('\u{fa21}', '\u{fa21}', L), ('\u{fa23}', '\u{fa24}', L),
    ('\u{fa27}', '\u{fa29}', L), ('\u{20000}', '\u{2a6df}', L), ('\u{2a700}', '\u{2b81e}', L),
    ('\u{2b820}', '\u{2cead}', L), ('\u{2ceb0}', '\u{2ebe0}', L), ('\u{2ebf0}', '\u{2ee5d}', L),
    ('\u{30000}', '\u{3134a}', L), ('\u{31350}', '\u{33479}', L),
];
