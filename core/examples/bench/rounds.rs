//! Measuring: rounds that take turns, and their medians.

use std::hint::black_box;
use std::time::Instant;

/// Something to measure: runs so many calls, and returns the seconds that they took.
pub(crate) type Case<'a> = Box<dyn FnMut(u32) -> f64 + 'a>;

/// Makes a case of one call.
pub(crate) fn case<'a, T>(mut call: impl FnMut() -> T + 'a) -> Case<'a> {
    Box::new(move |calls| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(call());
        }
        start.elapsed().as_secs_f64()
    })
}

/// Returns each case's nanoseconds a call: the median over rounds in which all take turns.
///
/// Rounds are to be short, a tenth of a millisecond or so: then most of them are not interrupted, on a busy machine too.
pub(crate) fn medians<const N: usize>(rounds: u32, calls: u32, mut cases: [Case<'_>; N]) -> [f64; N] {
    let mut times = [(); N].map(|()| Vec::new());
    for round in 0..=rounds {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            let nanoseconds = case(calls) * 1e9 / f64::from(calls);
            // The first round warms up.
            if round > 0 {
                times.push(nanoseconds);
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

/// Returns how many fit into a second.
pub(crate) fn per_second(nanoseconds: f64) -> String {
    grouped((1e9 / nanoseconds).round() as u64)
}

/// Returns a number with commas between thousands; three digits count, the rest is noise.
pub(crate) fn grouped(number: u64) -> String {
    let unit = 10_u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(2));
    let digits = (number / unit * unit).to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
