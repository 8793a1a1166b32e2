//! Reading options from JSON, with errors that name the option.

use crate::error::{ConfigCode, ConfigError};
use crate::json::{Object, Value};
use crate::secret::Secret;
use crate::text::decimal;
use alloc::string::String;
use alloc::vec::Vec;

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

    /// Returns the name of an item of an option that is a list, e.g. `peppers[0]`.
    pub(crate) fn item(option: &str, index: usize) -> String {
        [option, "[", &decimal(index as u64), "]"].concat()
    }

    /// Keeps an error about an option of this section.
    #[must_use]
    pub fn error(&mut self, code: ConfigCode, option: &str, message: &str) -> Wrong {
        self.keep(code, option, message, None);
        Wrong(())
    }

    /// Keeps an error about a value of this section.
    #[must_use]
    pub fn wrong(&mut self, option: &str, message: &str) -> Wrong {
        self.error(ConfigCode::Value, option, message)
    }

    /// Keeps an error.
    #[must_use]
    pub fn refuse(&mut self, error: ConfigError) -> Wrong {
        self.keep_whole(error);
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
        let read = self.get_text(option);
        self.so_far(read)
    }

    /// Returns a text option that must be there.
    ///
    /// # Errors
    /// As [`Section::text`], and [`ConfigCode::Missing`], which names `env` if there is one.
    pub fn required(&mut self, option: &'static str, env: Option<&'static str>) -> Result<&'a str, Wrong> {
        let read = self.get_required(option, env);
        self.so_far(read)
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
        let read = self.get_number(option, *range.start(), *range.end());
        self.so_far(read)
    }

    /// Returns a yes-or-no option.
    ///
    /// # Errors
    /// [`ConfigCode::Type`].
    pub fn flag(&mut self, option: &'static str) -> Result<Option<bool>, Wrong> {
        let read = self.get_flag(option);
        self.so_far(read)
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
        let read = self.get_choice(option, words);
        self.so_far(read)
    }

    /// Returns a map from text to text, in key order; empty when absent.
    ///
    /// # Errors
    /// [`ConfigCode::Type`] or [`ConfigCode::Value`], with the entry's path.
    pub fn texts(&mut self, option: &'static str) -> Result<Vec<(&'a str, &'a str)>, Wrong> {
        let read = self.get_texts(option);
        self.so_far(read)
    }

    /// Returns a list; empty when absent.
    ///
    /// # Errors
    /// [`ConfigCode::Type`].
    pub fn list(&mut self, option: &'static str) -> Result<&'a [Value], Wrong> {
        let read = self.get_list(option);
        self.so_far(read)
    }

    fn so_far<T>(&self, read: T) -> Result<T, Wrong> {
        if self.wrong.is_some() { Err(Wrong(())) } else { Ok(read) }
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
                let message = ["is not an option; there are ", &self.known.join(", ")].concat();
                Err(error(ConfigCode::Unknown, &self.path(stray), &message))
            }
        }
    }
}

/// Readers that go on after an error: the first is kept, and what is read from then on is for nobody.
///
/// A reader without a way out at every option is half the code. Whoever opened the section asks it in the end, with
/// [`Section::sound`] or [`Section::leave`], before anything that was read is used.
impl<'a> Section<'a> {
    /// Gives what was read, or the first error.
    ///
    /// # Errors
    /// The first error that was kept.
    pub(crate) fn sound<T>(&mut self, read: T) -> Result<T, ConfigError> {
        self.wrong.take().map_or(Ok(read), Err)
    }

    /// Keeps an error about a value of this section.
    #[inline(never)]
    pub(crate) fn note(&mut self, option: &str, message: &str) {
        self.keep(ConfigCode::Value, option, message, None);
    }

    /// Keeps an error about an option that is not there.
    #[inline(never)]
    pub(crate) fn lacks(&mut self, option: &str, message: &str) {
        self.keep(ConfigCode::Missing, option, message, None);
    }

    /// Keeps an error about an option of the wrong type.
    #[inline(never)]
    pub(crate) fn mistyped(&mut self, option: &str, message: &str) {
        self.keep(ConfigCode::Type, option, message, None);
    }

    /// Keeps an error, and names the environment variable that stands in for the option.
    #[inline(never)]
    pub(crate) fn keep(&mut self, code: ConfigCode, option: &str, message: &str, env: Option<&'static str>) {
        if self.wrong.is_none() {
            self.wrong = Some(ConfigError { env, ..error(code, &self.path(option), message) });
        }
    }

    /// Keeps an error as it is.
    pub(crate) fn keep_whole(&mut self, error: ConfigError) {
        if self.wrong.is_none() {
            self.wrong = Some(error);
        }
    }

    /// Opens an option as a section of its own; one that is no object is empty, and wrong.
    #[inline(never)]
    pub(crate) fn enter<'b>(&self, option: &str, value: &'b Value) -> Section<'b> {
        Section::at(self.path(option), value)
    }

    /// Opens the object at a path; what is no object is empty, and wrong.
    pub(crate) fn at<'b>(path: String, value: &'b Value) -> Section<'b> {
        let map = value.as_object();
        let mut out = Section { path, map: map.unwrap_or(Object::EMPTY), known: Vec::new(), wrong: None };
        if map.is_none() {
            out.mistyped("", "must be an object");
        }
        out
    }

    /// Finishes a section within this one, and keeps what was wrong there.
    #[inline(never)]
    pub(crate) fn leave(&mut self, mut inner: Section<'_>) {
        if let Some(error) = inner.wrong.take().or_else(|| inner.finish().err()) {
            self.keep_whole(error);
        }
    }

    /// Returns a text option: not empty, no white space at its ends.
    #[inline(never)]
    pub(crate) fn get_text(&mut self, option: &'static str) -> Option<&'a str> {
        self.get_text_or(option, None)
    }

    /// Returns a text option; errors name the environment variable that stands in for it.
    pub(crate) fn get_text_or(&mut self, option: &'static str, env: Option<&'static str>) -> Option<&'a str> {
        let Value::String(text) = self.value(option)? else {
            self.keep(ConfigCode::Type, option, "must be text", env);
            return None;
        };
        let bare = text.trim();
        if !bare.is_empty() && bare.len() == text.len() {
            return Some(text);
        }
        let ends = "must not begin or end with white space";
        let message = if bare.is_empty() { "must not be empty" } else { ends };
        self.keep(ConfigCode::Value, option, message, env);
        None
    }

    /// Returns a text option that must be there.
    pub(crate) fn get_required(&mut self, option: &'static str, env: Option<&'static str>) -> &'a str {
        let text = self.get_text_or(option, env);
        if text.is_none() {
            self.keep(ConfigCode::Missing, option, "is required", env);
        }
        text.unwrap_or_default()
    }

    /// Returns a whole number from `least` to `most`.
    pub(crate) fn get_number(&mut self, option: &'static str, least: u64, most: u64) -> Option<u64> {
        let number = self.value(option)?.as_u64();
        match number {
            None => self.mistyped(option, "must be a whole number"),
            Some(number) if number < least || number > most => {
                self.note(option, &["must be from ", &decimal(least), " to ", &decimal(most)].concat());
                return None;
            }
            Some(_) => {}
        }
        number
    }

    /// Returns a yes-or-no option.
    pub(crate) fn get_flag(&mut self, option: &'static str) -> Option<bool> {
        let flag = self.value(option)?.as_bool();
        if flag.is_none() {
            self.mistyped(option, "must be true or false");
        }
        flag
    }

    /// Returns one of `words`, which stand for the values beside them.
    pub(crate) fn get_choice<T: Copy>(
        &mut self,
        option: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let chosen = self.chosen(option, &|at| words.get(at).map(|(word, _)| *word))?;
        words.get(chosen).map(|(_, value)| *value)
    }

    /// Returns which of the words an option is; once for all types that they may stand for.
    fn chosen(
        &mut self,
        option: &'static str,
        word: &dyn Fn(usize) -> Option<&'static str>,
    ) -> Option<usize> {
        let text = self.get_text(option)?;
        let mut message = String::from("must be one of ");
        for at in 0.. {
            let Some(word) = word(at) else { break };
            if word == text {
                return Some(at);
            }
            message.push_str(if at > 0 { ", " } else { "" });
            message.push_str(word);
        }
        self.note(option, &message);
        None
    }

    /// Returns a map from text to text, in key order; empty when absent.
    #[inline(never)]
    pub(crate) fn get_texts(&mut self, option: &'static str) -> Vec<(&'a str, &'a str)> {
        let mut out: Vec<(&str, &str)> = Vec::new();
        let Some(value) = self.value(option) else { return out };
        let Value::Object(map) = value else {
            self.mistyped(option, "must be an object of texts");
            return out;
        };
        for (key, value) in map.iter() {
            let text = value.as_str();
            let code = if text.is_none() { ConfigCode::Type } else { ConfigCode::Value };
            let text = text.unwrap_or_default();
            if text.is_empty() || text.trim().len() != text.len() {
                let message = match code {
                    ConfigCode::Type => "must be text",
                    _ => "must not be empty, nor begin or end with white space",
                };
                self.keep(code, &[option, ".", key].concat(), message, None);
            }
            let at = out.partition_point(|(before, _)| *before < key);
            match out.get_mut(at) {
                Some(entry) if entry.0 == key => entry.1 = text,
                _ => out.insert(at, (key, text)),
            }
        }
        out
    }

    /// Returns a list; empty when absent.
    pub(crate) fn get_list(&mut self, option: &'static str) -> &'a [Value] {
        match self.value(option) {
            None => &[],
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.mistyped(option, "must be a list");
                &[]
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
