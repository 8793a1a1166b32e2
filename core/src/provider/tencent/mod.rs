//! Tencent: SMS and mail of the cloud APIs, and the SMS service before them.

pub(crate) mod actions;
mod cloud;
pub(crate) mod legacy;
mod mail;
mod sms;
#[cfg(test)]
mod tests;

pub use legacy::TencentLegacy;
pub use mail::TencentMail;
pub use sms::Tencent;

use super::pattern::Pattern;
use super::settings;
use crate::config::Section;
use alloc::vec::Vec;

/// Reads `template_params`, a list of texts; `["{code}"]` unless set.
#[inline(never)]
fn template_params(section: &mut Section<'_>) -> Vec<Pattern> {
    let found = section.get_list("template_params");
    let mut out = Vec::with_capacity(found.len().max(1));
    if found.is_empty() {
        out.push(settings::pattern(section, "template_params", "{code}"));
    }
    for (index, value) in found.iter().enumerate() {
        let option = Section::item("template_params", index);
        if !value.is_string() {
            section.mistyped(&option, "must be text");
        }
        out.push(settings::pattern(section, &option, value.as_str().unwrap_or_default()));
    }
    settings::with_code(section, out.iter());
    out
}

fn digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
