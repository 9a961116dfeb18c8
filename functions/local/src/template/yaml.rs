//! YAML with CloudFormation's short tags, read into JSON where `!Sub x` is `{"Fn::Sub": "x"}`.
//! Every scalar keeps its text: to CloudFormation `6` and `"6"` are the same.

use saphyr::{Tag, YamlLoader, YamlOwned};
use saphyr_parser::Parser;
use serde_json::{Map, Value};

/// The first document of `text`.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut loader = YamlLoader::<YamlOwned>::default();
    loader.early_parse(false);
    Parser::new_from_str(text)
        .load(&mut loader, false)
        .map_err(|error| error.to_string())?;
    if let Some(error) = loader.error() {
        return Err(error.to_string());
    }
    match loader.into_documents().into_iter().next() {
        Some(document) => to_json(document),
        None => Err("is empty".to_owned()),
    }
}

fn to_json(node: YamlOwned) -> Result<Value, String> {
    match node {
        YamlOwned::Representation(text, style, None) if is_null(&text, style) => Ok(Value::Null),
        YamlOwned::Representation(text, _, None) => Ok(Value::String(text)),
        YamlOwned::Representation(text, _, Some(tag)) => Ok(intrinsic(&tag, Value::String(text))),
        YamlOwned::Sequence(items) => items.into_iter().map(to_json).collect(),
        YamlOwned::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                match to_json(key)? {
                    Value::String(key) => map.insert(key, to_json(value)?),
                    other => return Err(format!("a key is not text: {other}")),
                };
            }
            Ok(Value::Object(map))
        }
        YamlOwned::Tagged(tag, node) => Ok(intrinsic(&tag, to_json(*node)?)),
        YamlOwned::Value(_) | YamlOwned::Alias(_) | YamlOwned::BadValue => {
            Err("holds a node that cannot be read".to_owned())
        }
    }
}

fn is_null(text: &str, style: saphyr::ScalarStyle) -> bool {
    style == saphyr::ScalarStyle::Plain && matches!(text, "" | "~" | "null")
}

/// `!Ref` and `!Condition` have no prefix in their long form, and `!GetAtt a.b` is a list there.
fn intrinsic(tag: &Tag, value: Value) -> Value {
    if tag.is_yaml_core_schema() {
        return value;
    }
    let name = match tag.suffix.as_str() {
        plain @ ("Ref" | "Condition") => plain.to_owned(),
        other => format!("Fn::{other}"),
    };
    let value = match value {
        Value::String(text) if name == "Fn::GetAtt" => match text.split_once('.') {
            Some((resource, attribute)) => Value::from(vec![resource, attribute]),
            None => Value::String(text),
        },
        other => other,
    };
    Value::Object(Map::from_iter([(name, value)]))
}
