//! JSON that keeps the order of its keys: signed bodies depend on it.

use crate::sign::encode::Ink;
use core::fmt;
use serde_core::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value, objects in their own order, numbers as they are written.
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
    }

    /// Returns a member of an object; nothing else has any.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn members(&self) -> &[(String, Self)] {
        if let Self::Object(members) = self { members } else { &[] }
    }

    pub(super) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// Returns text, or a number's digits.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a member's text.
    pub(super) fn field(&self, name: &str) -> Result<&str, String> {
        self.get(name).and_then(Self::text).ok_or_else(|| format!("`{name}` is missing"))
    }

    /// Appends the value, compact, keys in their own order.
    pub(super) fn write(&self, ink: &mut Ink) {
        match self {
            Self::Null => ink.text("null"),
            Self::Bool(value) => ink.text(if *value { "true" } else { "false" }),
            Self::Number(digits) => ink.text(digits),
            Self::Text(text) => ink.json(text),
            Self::List(items) => {
                ink.text("[");
                for (index, item) in items.iter().enumerate() {
                    ink.text(if index > 0 { "," } else { "" });
                    item.write(ink);
                }
                ink.text("]");
            }
            Self::Object(members) => {
                ink.text("{");
                for (index, (name, value)) in members.iter().enumerate() {
                    ink.text(if index > 0 { "," } else { "" });
                    ink.json(name);
                    ink.text(":");
                    value.write(ink);
                }
                ink.text("}");
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}
