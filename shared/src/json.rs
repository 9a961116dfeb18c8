//! JSON as it is let in: of limited depth, and with every name once in an object.
//! RFC 8259 §4 leaves open which of two members of one name counts: whoever read along could see the other.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Longest piece of a client's own text that is repeated to it.
const SHOWN_CHARS: usize = 80;

/// Reads a text with at most so many levels of arrays and objects. What is wrong with JSON that is none is
/// serde_json's to say; the words of the two rules here go on after "The body".
pub(crate) fn parse(bytes: &[u8], levels: usize) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let all = Levels {
        levels,
        left: levels,
    };
    let value = all.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// How many levels there may be, and how many of them are not open yet.
#[derive(Clone, Copy)]
struct Levels {
    levels: usize,
    left: usize,
}

impl Levels {
    fn within<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels;
        let left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| E::custom(format_args!("is nested more than {levels} levels deep")))?;
        Ok(Self { levels, left })
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number
            .map(Value::Number)
            .ok_or_else(|| E::custom("has a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let within = self.within()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(within)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let within = self.within()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                let shown: String = name.chars().take(SHOWN_CHARS).collect();
                return Err(A::Error::custom(format_args!("has {shown:?} twice")));
            }
            let value = members.next_value_seed(within)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> String {
        parse(text.as_bytes(), 3).expect_err(text).to_string()
    }

    #[test]
    fn depth_is_counted_where_it_is_depth() {
        for text in [
            "[[[1]]]",
            r#"{"a":[{"b":"[[[[{{{{"}]}"#,
            r#"[[[]],[[]],{"\"[":{}}]"#,
        ] {
            assert!(parse(text.as_bytes(), 3).is_ok(), "{text}");
        }
        let deep = "is nested more than 3 levels deep at line 1 column ";
        for text in ["[[[[", r#"{"a":[{"b":{}}]}"#, &"[".repeat(200_000)] {
            assert!(refused(text).starts_with(deep), "{text}");
        }
    }

    #[test]
    fn a_name_twice_is_refused_however_it_is_written() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"[{"x":{"a":1,"b":2,"a":3}}]"#,
        ] {
            assert!(
                refused(text).starts_with("has \"a\" twice at line 1 column "),
                "{text}"
            );
        }
        assert_eq!(
            parse(br#"{"a":{"a":1},"A":[{"a":1},{"a":2}]}"#, 3).unwrap(),
            json!({"a":{"a":1},"A":[{"a":1},{"a":2}]})
        );
        let long = "\u{1}".repeat(1_000);
        let long = Value::from(long);
        assert!(refused(&format!("{{{long}:1,{long}:2}}")).len() < 1_000);
    }

    #[test]
    fn what_is_no_json_is_for_serde_json_to_say() {
        for text in [
            "",
            "{",
            "nul",
            "NaN",
            "1e999",
            "-1e999",
            "01",
            "+1",
            "1.",
            "'a'",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "1 2",
            "{}{}",
            "/**/{}",
            "\u{feff}{}",
            "\"\u{1}\"",
            r#""\ud800""#,
            r#""\udc00\ud800""#,
            r#""\x41""#,
            "\"a",
        ] {
            let ours = parse(text.as_bytes(), 3).expect_err(text);
            let theirs = serde_json::from_str::<Value>(text).expect_err(text);
            assert_eq!(ours.to_string(), theirs.to_string(), "{text}");
            assert!(!ours.is_data(), "{text}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\[\\]{}\",:\\\\ ]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(7, 60, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[ab\\[{\"\\\\]{0,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads_down_to_the_last_level(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let deepest = depth(&value);
            prop_assert_eq!(parse(text.as_bytes(), deepest).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
            if deepest > 0 {
                prop_assert!(parse(text.as_bytes(), deepest - 1).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(value) = parse(&bytes, 3) {
                prop_assert_eq!(value, serde_json::from_slice::<Value>(&bytes).unwrap());
            }
        }
    }
}
