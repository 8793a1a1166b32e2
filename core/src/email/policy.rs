//! Which addresses are served.

use super::{Email, EmailError, domain};
use crate::config::Section;
use crate::error::ConfigError;
use alloc::string::String;
use alloc::vec::Vec;

/// Which addresses are served, by their domains.
///
/// The default serves every domain. Lists of disposable domains are the application's to bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// A name beginning with a dot means every domain beneath it.
    domains: Option<Vec<String>>,
    blocked_domains: Vec<String>,
}

impl Policy {
    /// Reads the options `domains` and `blocked_domains`.
    ///
    /// `domains` lists those that are served, all by default: `example.com` is that domain alone, `.edu.cn` every
    /// domain beneath. `blocked_domains` lists domains that are refused, each with every domain beneath; a domain on
    /// both lists is refused. International names may stand in either form.
    ///
    /// # Errors
    /// [`ConfigError`] with the option's path.
    pub fn from_config(section: &mut Section<'_>) -> Result<Self, ConfigError> {
        let read = Self::read_options(section);
        section.sound(read)
    }

    pub(crate) fn read_options(section: &mut Section<'_>) -> Self {
        let domains = list(section, "domains", "must be a domain such as example.com or .edu.cn", served);
        if domains.as_ref().is_some_and(Vec::is_empty) {
            section.note("domains", "must list a domain");
        }
        let blocked = list(section, "blocked_domains", "must be a domain such as example.com", above);
        Self { domains, blocked_domains: blocked.unwrap_or_default() }
    }

    /// Returns the domains that are served, as listed; none when all are.
    #[must_use]
    pub fn domains(&self) -> Option<&[String]> {
        self.domains.as_deref()
    }

    /// Returns the domains that are refused, as listed.
    #[must_use]
    pub fn blocked_domains(&self) -> &[String] {
        &self.blocked_domains
    }

    /// Tells whether addresses of this domain are served.
    ///
    /// # Errors
    /// [`EmailError::Refused`].
    pub fn admit(&self, email: &Email) -> Result<(), EmailError> {
        let domain = email.domain();
        let is_beneath = |parent: &str| {
            domain.strip_suffix(parent).is_some_and(|rest| rest.as_bytes().last() == Some(&b'.'))
        };
        let is_listed = |entry: &String| match entry.strip_prefix('.') {
            Some(parent) => is_beneath(parent),
            None => domain == entry,
        };
        let listed = self.domains.as_deref().is_none_or(|list| list.iter().any(is_listed));
        let blocked = self.blocked_domains.iter().any(|entry| domain == entry || is_beneath(entry));
        if listed && !blocked { Ok(()) } else { Err(EmailError::Refused) }
    }
}

/// Reads a domain that others lie beneath, a top-level domain too.
fn above(text: &str) -> Option<String> {
    domain::parse(&["x.", text].concat())?.strip_prefix("x.").map(Into::into)
}

/// Reads a domain that is served, or with a dot in front all beneath it.
fn served(text: &str) -> Option<String> {
    match text.strip_prefix('.') {
        Some(parent) => above(parent).map(|parent| [".", &parent].concat()),
        None => domain::parse(text),
    }
}

fn list(
    section: &mut Section<'_>,
    option: &'static str,
    wanted: &str,
    read: fn(&str) -> Option<String>,
) -> Option<Vec<String>> {
    section.value(option)?;
    let mut out = Vec::new();
    for (place, value) in section.get_list(option).iter().enumerate() {
        let path = Section::item(option, place);
        if !value.is_string() {
            section.mistyped(&path, "must be text");
        }
        match read(value.as_str().unwrap_or_default()) {
            Some(domain) => out.push(domain),
            None => section.note(&path, wanted),
        }
    }
    Some(out)
}
