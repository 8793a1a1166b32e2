//! Access keys: from the options, from the environment, or from the host at each call.

use super::settings::{Endpoint, Env};
use super::{BuildError, Signing};
use crate::config::Section;
use crate::error::ConfigCode;
use crate::secret::Secret;
use crate::sign::Credentials;
use alloc::borrow::ToOwned as _;
use alloc::string::String;

/// Where a provider's key comes from.
#[derive(Clone, Debug)]
pub(super) enum Keys {
    /// It is known from the start.
    Fixed(Credentials),
    /// The host gives it for each call: a temporary key that rotates, or one from a vault.
    Host,
}

/// An option and the environment variable that stands in for it.
pub(super) type Named = (&'static str, &'static str);

/// The options of a vendor's key: id, secret, session token.
pub(super) struct Names {
    pub(super) id: Named,
    pub(super) secret: Named,
    pub(super) token: Named,
}

impl Keys {
    /// Reads a key; the options win over the environment, whose token belongs to the environment's key only.
    ///
    /// `"credentials": "host"` stands alone: the host then gives the key for each call.
    #[inline(never)]
    pub(super) fn read(section: &mut Section<'_>, env: Env<'_>, names: &Names, endpoint: &Endpoint) -> Self {
        let from_host = from_host(section);
        let Names { id, secret, token } = *names;
        let own_id = own(section, id);
        let own_secret = own(section, secret);
        let own_token = own(section, token);
        if from_host {
            for (own, (option, _)) in [(own_id, id), (own_secret, secret), (own_token, token)] {
                if own.is_some() {
                    section.note(option, ALONE);
                }
            }
            return Self::Host;
        }
        let from_env = own_id.is_none() && own_secret.is_none();
        let has_token =
            own_token.is_some() || from_env && env(token.1).is_some_and(|value| !value.is_empty());
        let token = if has_token { Some(Secret::new(pick(section, env, token, own_token))) } else { None };
        let credentials = Credentials {
            id: pick(section, env, id, own_id),
            secret: Secret::new(pick(section, env, secret, own_secret)),
            token,
        };
        if let Some(message) = stranger(&credentials, endpoint) {
            section.keep(ConfigCode::Value, id.0, message, Some(id.1));
        }
        Self::Fixed(credentials)
    }

    /// Reads a key of which perhaps not all is used: `(option, whether)`; what isn't stays empty.
    #[cfg(feature = "gateway")]
    pub(super) fn read_used(
        section: &mut Section<'_>,
        env: Env<'_>,
        parts: [(Named, bool); 2],
        endpoint: &Endpoint,
    ) -> Self {
        let from_host = from_host(section);
        let mut found = [None, None];
        for (place, (option, used)) in found.iter_mut().zip(parts) {
            let own = own(section, option);
            match own {
                Some(_) if from_host => section.note(option.0, ALONE),
                Some(_) if !used => section.note(option.0, "is not used by the declaration"),
                _ if used && !from_host => *place = Some(pick(section, env, option, own)),
                _ => {}
            }
        }
        if from_host {
            return Self::Host;
        }
        let [(id_option, _), (secret_option, _)] = parts;
        let [id, secret] = found;
        let option = if id.is_some() { id_option } else { secret_option };
        let credentials = |id: &str, secret: &str| Credentials {
            id: id.to_owned(),
            secret: Secret::new(secret.to_owned()),
            token: None,
        };
        // A part that isn't used goes by the other.
        if let (Some(first), Some(last)) = (id.as_ref().or(secret.as_ref()), secret.as_ref().or(id.as_ref()))
            && let Some(message) = stranger(&credentials(first, last), endpoint)
        {
            section.keep(ConfigCode::Value, option.0, message, Some(option.1));
        }
        Self::Fixed(credentials(&id.unwrap_or_default(), &secret.unwrap_or_default()))
    }

    /// Reads a secret that has no id of its own; no environment variable stands in for it.
    pub(super) fn read_secret(section: &mut Section<'_>, option: &'static str, endpoint: &Endpoint) -> Self {
        if from_host(section) {
            if section.get_text(option).is_some() {
                section.note(option, ALONE);
            }
            return Self::Host;
        }
        let secret = section.get_required(option, None);
        if !is_key(secret) {
            section.note(option, "must be ASCII without white space or control characters");
        }
        let credentials = alone(secret);
        if let Some(message) = stranger(&credentials, endpoint) {
            section.note(option, message);
        }
        Self::Fixed(credentials)
    }

    /// Returns a secret that has no id of its own.
    ///
    /// # Errors
    /// As [`Keys::pick`]; the id that a host gives with it is not looked at.
    pub(super) fn pick_secret<'a>(
        &'a self,
        signing: &Signing<'a>,
        endpoint: &Endpoint,
    ) -> Result<&'a Secret<String>, BuildError> {
        let secret = match self {
            Self::Fixed(credentials) => return Ok(&credentials.secret),
            Self::Host => &signing.credentials.ok_or(BuildError::Credentials)?.secret,
        };
        match is_key(secret.expose()) && stranger(&alone(secret.expose()), endpoint).is_none() {
            true => Ok(secret),
            false => Err(BuildError::Credentials),
        }
    }

    /// Returns the key to sign with.
    ///
    /// # Errors
    /// [`BuildError::Credentials`] when the host gave none, or one that is empty, padded or of the other world.
    pub(super) fn pick<'a>(
        &'a self,
        signing: &Signing<'a>,
        endpoint: &Endpoint,
    ) -> Result<&'a Credentials, BuildError> {
        let given = match self {
            Self::Fixed(credentials) => return Ok(credentials),
            Self::Host => signing.credentials.ok_or(BuildError::Credentials)?,
        };
        let token = given.token.as_ref().map_or("-", |token| token.expose());
        let good = [given.id.as_str(), given.secret.expose(), token].into_iter().all(is_key);
        match good && stranger(given, endpoint).is_none() {
            true => Ok(given),
            false => Err(BuildError::Credentials),
        }
    }

    /// Tells whether the host gives the key for each call.
    pub(super) const fn are_the_hosts(&self) -> bool {
        matches!(self, Self::Host)
    }
}

/// Reads whether the host gives the key for each call.
fn from_host(section: &mut Section<'_>) -> bool {
    section.get_choice("credentials", &[("host", ())]).is_some()
}

/// Reads one option of a key, with its environment variable in any error.
fn own<'a>(section: &mut Section<'a>, (option, env): Named) -> Option<&'a str> {
    section.get_text_or(option, Some(env))
}

/// Returns an option or what the environment has in its stead.
fn pick(section: &mut Section<'_>, env: Env<'_>, (option, name): Named, own: Option<&str>) -> String {
    let (code, message) = match own.map(str::to_owned).or_else(|| env(name)) {
        None => (ConfigCode::Missing, "is required"),
        Some(value) if is_key(&value) => return value,
        Some(value) if value.is_empty() => (ConfigCode::Value, "must not be empty"),
        Some(_) => (ConfigCode::Value, "must be ASCII without white space or control characters"),
    };
    section.keep(code, option, message, Some(name));
    String::new()
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Makes a key of a secret alone; its id tells only whose world it is of.
fn alone(secret: &str) -> Credentials {
    let id = if secret.starts_with(SANDBOX) { SANDBOX } else { "" };
    Credentials { id: id.to_owned(), secret: Secret::new(secret.to_owned()), token: None }
}

/// Says why a key doesn't fit the endpoint: `sandbox-` keys stay on this machine, and plain http takes no other.
fn stranger(credentials: &Credentials, endpoint: &Endpoint) -> Option<&'static str> {
    let own_id = credentials.id.starts_with(SANDBOX);
    let own_secret = credentials.secret.expose().starts_with(SANDBOX);
    match (own_id, endpoint.loopback) {
        (true, false) => Some("begins with `sandbox-`, so `endpoint` must be a loopback host"),
        _ if endpoint.plain_http && !(own_id && own_secret) => {
            Some("and its secret must begin with `sandbox-` when `endpoint` is http")
        }
        _ => None,
    }
}

const SANDBOX: &str = "sandbox-";
const ALONE: &str = "goes alone; with `credentials` leave it out";
