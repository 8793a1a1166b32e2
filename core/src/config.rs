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
    wrong: Option<ConfigError>,
}

/// An option is wrong; its section keeps the error.
///
/// What carries no error itself costs next to nothing to hand on, and there are hundreds of options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong(());

impl<'a> Section<'a> {
    /// Opens `value` as an object; `path` is its place in the whole configuration, `""` at the top.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] when it is not an object.
    pub fn open(path: &str, value: &'a Value) -> Result<Self, ConfigError> {
        match value {
            Value::Object(map) => Ok(Self { path: path.into(), map, known: Vec::new(), wrong: None }),
            _ => Err(error(ConfigCode::Type, path, "must be an object")),
        }
    }

    /// Returns the full path of an option of this section; of `""` its own.
    #[must_use]
    pub fn path(&self, option: &str) -> String {
        match (self.path.as_str(), option) {
            ("", name) | (name, "") => name.into(),
            (path, _) => [path, ".", option].concat(),
        }
    }

    /// Keeps an error about an option of this section.
    #[must_use]
    pub fn error(&mut self, code: ConfigCode, option: &str, message: &str) -> Wrong {
        let error = error(code, &self.path(option), message);
        self.refuse(error)
    }

    /// Keeps an error about a value of this section.
    #[must_use]
    pub fn wrong(&mut self, option: &str, message: &str) -> Wrong {
        self.error(ConfigCode::Value, option, message)
    }

    /// Keeps an error.
    #[must_use]
    pub fn refuse(&mut self, error: ConfigError) -> Wrong {
        self.wrong = Some(error);
        Wrong(())
    }

    /// Names the environment variable that stands in for the option in error.
    #[must_use]
    pub fn with_env(&mut self, wrong: Wrong, env: &'static str) -> Wrong {
        if let Some(error) = &mut self.wrong {
            error.env = Some(env);
        }
        wrong
    }

    /// Gives what was read, or the error that was kept.
    ///
    /// # Errors
    /// The error of the option that was wrong.
    pub fn settle<T>(&mut self, read: Result<T, Wrong>) -> Result<T, ConfigError> {
        read.map_err(|Wrong(())| self.kept())
    }

    fn kept(&mut self) -> ConfigError {
        self.wrong.take().unwrap_or_else(|| error(ConfigCode::Value, &self.path, "is wrong"))
    }

    /// Opens an option as a section of its own.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] when it is not an object.
    pub fn inner<'b>(&mut self, option: &str, value: &'b Value) -> Result<Section<'b>, Wrong> {
        Section::open(&self.path(option), value).map_err(|error| self.refuse(error))
    }

    /// Finishes a section within this one.
    ///
    /// # Errors
    /// What was wrong there, or an option that nobody asked for.
    pub fn close<T>(&mut self, mut inner: Section<'_>, read: Result<T, Wrong>) -> Result<T, Wrong> {
        match read {
            Ok(value) => inner.finish().map(|()| value).map_err(|error| self.refuse(error)),
            Err(Wrong(())) => Err(self.refuse(inner.kept())),
        }
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
    pub fn text(&mut self, option: &'static str) -> Result<Option<&'a str>, Wrong> {
        let Some(value) = self.value(option) else { return Ok(None) };
        match value {
            Value::String(text) if text.trim().is_empty() => Err(self.wrong(option, "must not be empty")),
            Value::String(text) if text.trim() != text => {
                Err(self.wrong(option, "must not begin or end with white space"))
            }
            Value::String(text) => Ok(Some(text)),
            _ => Err(self.error(ConfigCode::Type, option, "must be text")),
        }
    }

    /// Returns a text option that must be there.
    ///
    /// # Errors
    /// As [`Section::text`], and [`ConfigCode::Missing`], which names `env` if there is one.
    pub fn required(&mut self, option: &'static str, env: Option<&'static str>) -> Result<&'a str, Wrong> {
        let found = match self.text(option) {
            Ok(Some(text)) => return Ok(text),
            Ok(None) => self.error(ConfigCode::Missing, option, "is required"),
            Err(wrong) => wrong,
        };
        Err(env.map_or(found, |env| self.with_env(found, env)))
    }

    /// Returns a secret that must be there.
    ///
    /// # Errors
    /// As [`Section::required`].
    pub fn secret(
        &mut self,
        option: &'static str,
        env: Option<&'static str>,
    ) -> Result<Secret<String>, Wrong> {
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
    ) -> Result<Option<u64>, Wrong> {
        self.between(option, *range.start(), *range.end())
    }

    fn between(&mut self, option: &'static str, least: u64, most: u64) -> Result<Option<u64>, Wrong> {
        let Some(value) = self.value(option) else { return Ok(None) };
        let Some(number) = value.as_u64() else {
            return Err(self.error(ConfigCode::Type, option, "must be a whole number"));
        };
        if least <= number && number <= most {
            return Ok(Some(number));
        }
        Err(self.wrong(option, &format!("must be from {least} to {most}")))
    }

    /// Returns a yes-or-no option.
    ///
    /// # Errors
    /// [`ConfigCode::Type`].
    pub fn flag(&mut self, option: &'static str) -> Result<Option<bool>, Wrong> {
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
    ) -> Result<Option<T>, Wrong> {
        let chosen = self.chosen(option, &|at| words.get(at).map(|(word, _)| *word))?;
        Ok(chosen.and_then(|at| words.get(at)).map(|(_, value)| *value))
    }

    /// Returns which of the words an option is; once for all types that they may stand for.
    fn chosen(
        &mut self,
        option: &'static str,
        word: &dyn Fn(usize) -> Option<&'static str>,
    ) -> Result<Option<usize>, Wrong> {
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
        Err(self.wrong(option, &message))
    }

    /// Returns a map from text to text, in key order; empty when absent.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] or [`ConfigCode::Value`], with the entry's path.
    pub fn texts(&mut self, option: &'static str) -> Result<Vec<(&'a str, &'a str)>, Wrong> {
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
    pub fn list(&mut self, option: &'static str) -> Result<&'a [Value], Wrong> {
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
                Err(error(ConfigCode::Unknown, &self.path(stray), &message))
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

    fn said(section: &mut Section<'_>, read: fn(&mut Section<'_>) -> Result<(), Wrong>) -> String {
        let read = read(section);
        section.settle(read).map_or_else(|error| error.to_string(), |()| "ok".into())
    }

    #[test]
    fn errors_name_the_option_and_what_would_be_right() {
        let value = json!({"digits": 9, "name": " x", "on": 1, "strya": 1}).into();
        let mut section = Section::open("policy", &value).unwrap();
        let said: Vec<String> = vec![
            said(&mut section, |section| section.number("digits", 4..=8).map(drop)),
            said(&mut section, |section| section.text("name").map(drop)),
            said(&mut section, |section| section.flag("on").map(drop)),
            said(&mut section, |section| section.required("id", Some("SOME_ID")).map(drop)),
            said(&mut section, |section| section.choice("name2", &[("a", 1)]).map(drop)),
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
