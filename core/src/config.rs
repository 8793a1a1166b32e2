//! Reading options from JSON, with errors that name the option.

use crate::error::{ConfigCode, ConfigError};
use crate::json::{Object, Value};
use crate::secret::Secret;

/// One object of the configuration, read option by option.
///
/// Every option that was asked for is known; [`Section::finish`] refuses the rest, so a misspelt option never
/// passes for a default. `Debug` shows where it is, and no value: among them are the secrets.
pub struct Section<'a> {
    path: String,
    map: &'a Object,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// Opens `value` as an object; `path` is its place in the whole configuration, `""` at the top.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] when it is not an object.
    pub fn open(path: &str, value: &'a Value) -> Result<Self, ConfigError> {
        match value {
            Value::Object(map) => Ok(Self { path: path.into(), map, known: Vec::new() }),
            _ => Err(error(ConfigCode::Type, path, "must be an object")),
        }
    }

    /// Returns the full path of an option of this section.
    #[must_use]
    pub fn path(&self, option: &str) -> String {
        if self.path.is_empty() { option.into() } else { format!("{}.{option}", self.path) }
    }

    /// Makes an error about an option of this section.
    #[must_use]
    pub fn error(&self, code: ConfigCode, option: &str, message: &str) -> ConfigError {
        error(code, &self.path(option), message)
    }

    /// Returns an option as it stands; JSON null counts as absent.
    pub fn value(&mut self, option: &'static str) -> Option<&'a Value> {
        self.know(option);
        self.map.get(option).filter(|value| !value.is_null())
    }

    /// Returns a text option: not empty, no white space at its ends.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] or [`ConfigCode::Value`].
    pub fn text(&mut self, option: &'static str) -> Result<Option<&'a str>, ConfigError> {
        let Some(value) = self.value(option) else { return Ok(None) };
        match value {
            Value::String(text) if text.trim().is_empty() => {
                Err(self.error(ConfigCode::Value, option, "must not be empty"))
            }
            Value::String(text) if text.trim() != text => {
                Err(self.error(ConfigCode::Value, option, "must not begin or end with white space"))
            }
            Value::String(text) => Ok(Some(text)),
            _ => Err(self.error(ConfigCode::Type, option, "must be text")),
        }
    }

    /// Returns a text option that must be there.
    ///
    /// # Errors
    /// As [`Section::text`], and [`ConfigCode::Missing`], which names `env` if there is one.
    pub fn required(
        &mut self,
        option: &'static str,
        env: Option<&'static str>,
    ) -> Result<&'a str, ConfigError> {
        let found = self.text(option).map_err(|error| ConfigError { env, ..error })?;
        found.ok_or_else(|| ConfigError { env, ..self.error(ConfigCode::Missing, option, "is required") })
    }

    /// Returns a secret that must be there.
    ///
    /// # Errors
    /// As [`Section::required`].
    pub fn secret(
        &mut self,
        option: &'static str,
        env: Option<&'static str>,
    ) -> Result<Secret<String>, ConfigError> {
        self.required(option, env).map(|text| Secret::new(text.into()))
    }

    /// Returns a whole number within `range`.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] or [`ConfigCode::Value`], which names the range.
    pub fn number(
        &mut self,
        option: &'static str,
        range: core::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, ConfigError> {
        let Some(value) = self.value(option) else { return Ok(None) };
        let Some(number) = value.as_u64() else {
            return Err(self.error(ConfigCode::Type, option, "must be a whole number"));
        };
        if range.contains(&number) {
            return Ok(Some(number));
        }
        let message = format!("must be from {} to {}", range.start(), range.end());
        Err(self.error(ConfigCode::Value, option, &message))
    }

    /// Returns a yes-or-no option.
    ///
    /// # Errors
    /// [`ConfigCode::Type`].
    pub fn flag(&mut self, option: &'static str) -> Result<Option<bool>, ConfigError> {
        let Some(value) = self.value(option) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| self.error(ConfigCode::Type, option, "must be true or false"))
    }

    /// Returns one of `words`, which stand for the values beside them.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] or [`ConfigCode::Value`], which lists the words.
    pub fn choice<T: Copy>(
        &mut self,
        option: &'static str,
        words: &[(&'static str, T)],
    ) -> Result<Option<T>, ConfigError> {
        let chosen = self.chosen(option, &|at| words.get(at).map(|(word, _)| *word))?;
        Ok(chosen.and_then(|at| words.get(at)).map(|(_, value)| *value))
    }

    /// Returns which of the words an option is; once for all types that they may stand for.
    fn chosen(
        &mut self,
        option: &'static str,
        word: &dyn Fn(usize) -> Option<&'static str>,
    ) -> Result<Option<usize>, ConfigError> {
        let Some(text) = self.text(option)? else { return Ok(None) };
        let mut message = String::from("must be one of ");
        for at in 0.. {
            match word(at) {
                Some(word) if word == text => return Ok(Some(at)),
                Some(word) => {
                    message.push_str(if at > 0 { ", " } else { "" });
                    message.push_str(word);
                }
                None => break,
            }
        }
        Err(self.error(ConfigCode::Value, option, &message))
    }

    /// Returns a map from text to text, in key order; empty when absent.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] or [`ConfigCode::Value`], with the entry's path.
    pub fn texts(&mut self, option: &'static str) -> Result<Vec<(&'a str, &'a str)>, ConfigError> {
        let Some(value) = self.value(option) else { return Ok(Vec::new()) };
        let Value::Object(map) = value else {
            return Err(self.error(ConfigCode::Type, option, "must be an object of texts"));
        };
        let mut out: Vec<(&str, &str)> = Vec::new();
        for (key, value) in map.iter() {
            let path = format!("{option}.{key}");
            match value.as_str() {
                Some(text) if !text.is_empty() && text.trim() == text => {
                    let at = out.partition_point(|(before, _)| *before < key);
                    match out.get_mut(at) {
                        Some(entry) if entry.0 == key => entry.1 = text,
                        _ => out.insert(at, (key, text)),
                    }
                }
                Some(_) => {
                    return Err(self.error(
                        ConfigCode::Value,
                        &path,
                        "must not be empty, nor begin or end with white space",
                    ));
                }
                None => return Err(self.error(ConfigCode::Type, &path, "must be text")),
            }
        }
        Ok(out)
    }

    /// Returns a list; empty when absent.
    ///
    /// # Errors
    /// [`ConfigCode::Type`].
    pub fn list(&mut self, option: &'static str) -> Result<&'a [Value], ConfigError> {
        match self.value(option) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.error(ConfigCode::Type, option, "must be a list")),
        }
    }

    /// Refuses options that nobody asked for.
    ///
    /// # Errors
    /// [`ConfigCode::Unknown`], which lists the options there are.
    pub fn finish(self) -> Result<(), ConfigError> {
        match self
            .map
            .iter()
            .map(|(key, _)| key)
            .filter(|key| !self.known.iter().any(|known| known == key))
            .min()
        {
            None => Ok(()),
            Some(stray) => {
                let message = format!("is not an option; there are {}", self.known.join(", "));
                Err(self.error(ConfigCode::Unknown, stray, &message))
            }
        }
    }
}

impl Section<'_> {
    /// Keeps an option's name, in order; a tree would be more code, and there are few.
    fn know(&mut self, option: &'static str) {
        let at = self.known.partition_point(|known| *known < option);
        if self.known.get(at) != Some(&option) {
            self.known.insert(at, option);
        }
    }
}

impl core::fmt::Debug for Section<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Section({}, {} options)", self.path, self.map.len())
    }
}

/// Makes an error about the option at `path`.
#[must_use]
pub fn error(code: ConfigCode, path: &str, message: &str) -> ConfigError {
    ConfigError { code, option: path.into(), message: message.into(), env: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_name_the_option_and_what_would_be_right() {
        let value = json!({"digits": 9, "name": " x", "on": 1, "strya": 1}).into();
        let mut section = Section::open("policy", &value).unwrap();
        let said: Vec<String> = vec![
            section.number("digits", 4..=8).unwrap_err().to_string(),
            section.text("name").unwrap_err().to_string(),
            section.flag("on").unwrap_err().to_string(),
            section.required("id", Some("SOME_ID")).unwrap_err().to_string(),
            section.choice("name2", &[("a", 1)]).map(|_| ()).map_or_else(|e| e.to_string(), |()| "ok".into()),
            section.finish().unwrap_err().to_string(),
        ];
        assert_eq!(
            said,
            [
                "policy.digits: must be from 4 to 8",
                "policy.name: must not begin or end with white space",
                "policy.on: must be true or false",
                "policy.id: is required (environment variable SOME_ID)",
                "ok",
                "policy.strya: is not an option; there are digits, id, name, name2, on",
            ]
        );
    }
}
