//! Access keys: from the options, from the environment, or from the host at each call.

use super::settings::{Endpoint, Env};
use super::{BuildError, Signing};
use crate::config::{Section, Wrong};
use crate::error::ConfigCode;
use crate::secret::Secret;
use crate::sign::Credentials;

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
    pub(super) fn read(
        section: &mut Section<'_>,
        env: Env<'_>,
        names: &Names,
        endpoint: &Endpoint,
    ) -> Result<Self, Wrong> {
        let from_host = section.choice("credentials", &[("host", ())])?.is_some();
        let Names { id, secret, token } = *names;
        let own_id = own(section, id)?;
        let own_secret = own(section, secret)?;
        let own_token = own(section, token)?;
        if from_host {
            let stray = [(own_id, id), (own_secret, secret), (own_token, token)];
            return match stray.iter().find(|(own, _)| own.is_some()) {
                Some((_, (option, _))) => {
                    let message = "goes alone; with `credentials` leave it out";
                    Err(section.wrong(option, message))
                }
                None => Ok(Self::Host),
            };
        }
        let from_env = own_id.is_none() && own_secret.is_none();
        let token = match own_token {
            Some(_) => Some(pick(section, env, token, own_token)?),
            None if from_env && env(token.1).is_some_and(|value| !value.is_empty()) => {
                Some(pick(section, env, token, None)?)
            }
            None => None,
        };
        let credentials = Credentials {
            id: pick(section, env, id, own_id)?,
            secret: Secret::new(pick(section, env, secret, own_secret)?),
            token: token.map(Secret::new),
        };
        match stranger(&credentials, endpoint) {
            Some(message) => {
                let wrong = section.wrong(id.0, message);
                Err(section.with_env(wrong, id.1))
            }
            None => Ok(Self::Fixed(credentials)),
        }
    }

    /// Reads a key of which perhaps not all is used: `(option, whether)`; what isn't stays empty.
    #[cfg(feature = "gateway")]
    pub(super) fn read_used(
        section: &mut Section<'_>,
        env: Env<'_>,
        parts: [(Named, bool); 2],
        endpoint: &Endpoint,
    ) -> Result<Self, Wrong> {
        let from_host = section.choice("credentials", &[("host", ())])?.is_some();
        let mut found = [None, None];
        for (place, (option, used)) in found.iter_mut().zip(parts) {
            let own = own(section, option)?;
            let mut wrong = |message: &str| Err(section.wrong(option.0, message));
            match own {
                Some(_) if from_host => return wrong("goes alone; with `credentials` leave it out"),
                Some(_) if !used => return wrong("is not used by the declaration"),
                _ if used && !from_host => *place = Some(pick(section, env, option, own)?),
                _ => {}
            }
        }
        if from_host {
            return Ok(Self::Host);
        }
        let [(id_option, _), (secret_option, _)] = parts;
        let option = if found.first().is_some_and(Option::is_some) { id_option } else { secret_option };
        let [id, secret] = found;
        let credentials = |id: &str, secret: &str| Credentials {
            id: id.to_owned(),
            secret: Secret::new(secret.to_owned()),
            token: None,
        };
        // A part that isn't used goes by the other.
        if let (Some(first), Some(last)) = (id.as_ref().or(secret.as_ref()), secret.as_ref().or(id.as_ref()))
            && let Some(message) = stranger(&credentials(first, last), endpoint)
        {
            let wrong = section.wrong(option.0, message);
            return Err(section.with_env(wrong, option.1));
        }
        Ok(Self::Fixed(credentials(&id.unwrap_or_default(), &secret.unwrap_or_default())))
    }

    /// Reads a secret that has no id of its own; no environment variable stands in for it.
    pub(super) fn read_secret(
        section: &mut Section<'_>,
        option: &'static str,
        endpoint: &Endpoint,
    ) -> Result<Self, Wrong> {
        let from_host = section.choice("credentials", &[("host", ())])?.is_some();
        let own = section.text(option)?;
        match (own, from_host) {
            (Some(_), true) => Err(section.wrong(option, "goes alone; with `credentials` leave it out")),
            (None, true) => Ok(Self::Host),
            (_, false) => {
                let secret = section.required(option, None)?;
                if !is_key(secret) {
                    let message = "must be ASCII without white space or control characters";
                    return Err(section.wrong(option, message));
                }
                let credentials = alone(secret);
                match stranger(&credentials, endpoint) {
                    Some(message) => Err(section.wrong(option, message)),
                    None => Ok(Self::Fixed(credentials)),
                }
            }
        }
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

/// Reads one option of a key, with its environment variable in any error.
fn own<'a>(section: &mut Section<'a>, (option, env): Named) -> Result<Option<&'a str>, Wrong> {
    let read = section.text(option);
    read.map_err(|wrong| section.with_env(wrong, env))
}

/// Returns an option or what the environment has in its stead.
fn pick(
    section: &mut Section<'_>,
    env: Env<'_>,
    (option, name): Named,
    own: Option<&str>,
) -> Result<String, Wrong> {
    let mut error = |code, message| {
        let wrong = section.error(code, option, message);
        section.with_env(wrong, name)
    };
    let value = own.map(str::to_owned).or_else(|| env(name));
    let value = value.ok_or_else(|| error(ConfigCode::Missing, "is required"))?;
    match is_key(&value) {
        true => Ok(value),
        false if value.is_empty() => Err(error(ConfigCode::Value, "must not be empty")),
        false => Err(error(ConfigCode::Value, "must be ASCII without white space or control characters")),
    }
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
