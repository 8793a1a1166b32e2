//! Texts, without what of the standard library is large at the edge: its formatter is 4 kB of code there, its searches
//! half a kilobyte each.

use alloc::string::String;

/// Returns a number in decimal.
#[inline(never)]
pub(crate) fn decimal(number: u64) -> String {
    let mut out = String::with_capacity(20);
    push_decimal(&mut out, number);
    out
}

/// Appends a number in decimal.
#[inline(never)]
pub(crate) fn push_decimal(out: &mut String, number: u64) {
    digits(out, number, 10, 1);
}

/// Appends a number in base `base`, which is 10 or 16 (in capitals), with zeros in front up to `least` digits.
#[inline(never)]
pub(crate) fn digits(out: &mut String, number: u64, base: u64, least: usize) {
    let (digit, rest) =
        if base == 16 { ((number % 16) as u8, number / 16) } else { ((number % 10) as u8, number / 10) };
    if rest > 0 || least > 1 {
        digits(out, rest, base, least.saturating_sub(1));
    }
    out.push(char::from(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }));
}

/// Returns how many characters a text has.
#[inline(never)]
pub(crate) fn length(text: &str) -> usize {
    text.bytes().filter(|byte| byte & 0xc0 != 0x80).count()
}

/// Tells whether a text has a control character.
#[inline(never)]
pub(crate) fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Cuts a text at the last `mark`, which is ASCII.
#[inline(never)]
pub(crate) fn cut_last(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_and_cut_as_the_library_does() {
        for text in ["", ".", "a.b", "é.码.😀", "码", "..x", "x."] {
            assert_eq!(length(text), text.chars().count());
            assert_eq!(cut_last(text, b'.'), text.rsplit_once('.'));
        }
        assert!(has_control("a\n") && has_control("\u{9f}") && !has_control("é "));
    }

    #[test]
    fn numbers_are_written_as_the_library_writes_them() {
        for number in [0, 1, 9, 10, 11, 99, 100, 1_000, 65_535, u64::from(u32::MAX), u64::MAX / 10, u64::MAX]
        {
            assert_eq!(decimal(number), number.to_string());
            let written = |base, least| {
                let mut out = String::new();
                digits(&mut out, number, base, least);
                out
            };
            assert_eq!(written(16, 4), format!("{number:04X}"));
            assert_eq!(written(10, 3), format!("{number:03}"));
        }
    }
}
