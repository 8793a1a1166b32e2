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
use crate::config::{Section, Wrong};
use crate::error::ConfigCode;

/// Reads `template_params`, a list of texts; `["{code}"]` unless set.
fn template_params(section: &mut Section<'_>) -> Result<Vec<Pattern>, Wrong> {
    let found = section.list("template_params")?;
    if found.is_empty() {
        return Ok(vec![settings::pattern(section, "template_params", "{code}")?]);
    }
    let mut out = Vec::with_capacity(found.len());
    for (index, value) in found.iter().enumerate() {
        let option = format!("template_params[{index}]");
        let text = value.as_str().ok_or_else(|| section.error(ConfigCode::Type, &option, "must be text"))?;
        out.push(settings::pattern(section, &option, text)?);
    }
    if !out.iter().any(Pattern::has_code) {
        return Err(section.wrong("template_params", "must give {code} to a variable"));
    }
    Ok(out)
}

fn digits(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
