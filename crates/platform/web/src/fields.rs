//! The names of a type's fields, as its reading with serde tells them.

use std::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, Visitor};

/// The fields of a struct; `None` of anything else.
pub(crate) fn of<T: DeserializeOwned>() -> Option<&'static [&'static str]> {
    match T::deserialize(Asking) {
        Err(Told::Fields(fields)) => Some(fields),
        _ => None,
    }
}

/// Is read only to hear which fields are asked for.
struct Asking;

#[derive(Debug)]
enum Told {
    Fields(&'static [&'static str]),
    Nothing,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only the fields were asked for")
    }
}

impl std::error::Error for Told {}

impl de::Error for Told {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Nothing
    }
}

impl<'de> Deserializer<'de> for Asking {
    type Error = Told;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Told> {
        Err(Told::Nothing)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Told> {
        Err(Told::Fields(fields))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[derive(serde::Deserialize)]
    struct Named {
        #[serde(rename = "first")]
        _a: String,
        #[serde(default, rename = "second")]
        _b: Option<u8>,
    }

    #[test]
    fn a_struct_tells_its_fields_and_a_map_has_none() {
        assert_eq!(of::<Named>(), Some(&["first", "second"][..]));
        assert_eq!(of::<Vec<(String, String)>>(), None);
    }
}
