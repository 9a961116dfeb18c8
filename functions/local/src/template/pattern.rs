//! The patterns by which Lambda filters records: the part of EventBridge's language that a template may use here.

use serde_json::Value;

/// A pattern, as far as it is for one value of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// Every member matches.
    All(Vec<(String, Pattern)>),
    /// One of the rules holds.
    Any(Vec<Rule>),
}

/// What a value, or its absence, is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Is(Value),
    Prefix(String),
    Exists(bool),
}

impl Pattern {
    /// A pattern as JSON text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pattern = serde_json::from_str(text).map_err(|_| "is not JSON".to_owned())?;
        Self::of(pattern)
    }

    fn of(pattern: Value) -> Result<Self, String> {
        match pattern {
            Value::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(key, member)| Ok((key, Self::of(member)?)));
                members.collect::<Result<_, String>>().map(Self::All)
            }
            Value::Array(rules) => {
                let rules = rules.into_iter().map(Rule::of);
                rules.collect::<Result<_, String>>().map(Self::Any)
            }
            scalar => Err(format!("has {scalar} where a list belongs")),
        }
    }

    /// Whether a record's value, None where there is none, is as the pattern says.
    pub fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::All(members) => members
                .iter()
                .all(|(key, member)| member.matches(value.and_then(|value| value.get(key)))),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(value)),
        }
    }
}

impl Rule {
    fn of(rule: Value) -> Result<Self, String> {
        let Value::Object(operator) = rule else {
            return Ok(Self::Is(rule));
        };
        let mut members = operator.iter();
        match (members.next(), members.next()) {
            (Some((name, Value::String(prefix))), None) if name == "prefix" => {
                Ok(Self::Prefix(prefix.clone()))
            }
            (Some((name, Value::Bool(exists))), None) if name == "exists" => {
                Ok(Self::Exists(*exists))
            }
            _ => Err(format!(
                "has a rule that is not supported locally: {operator:?}"
            )),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Is(wanted) => value == Some(wanted),
            Self::Prefix(prefix) => value
                .and_then(Value::as_str)
                .is_some_and(|text| text.starts_with(prefix)),
            // Of leaves only, as on Lambda.
            Self::Exists(wanted) => value.is_some_and(|value| !value.is_object()) == *wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_match_or_do_not() {
        let pattern = r#"{"name":["A","B"],"of":{"x":{"S":[{"prefix":"U#"}]},"y":{"BOOL":[true]},"z":{"S":[{"exists":false}]}}}"#;
        let pattern = Pattern::parse(pattern).unwrap();
        let good = json!({"name": "B", "of": {"x": {"S": "U#1"}, "y": {"BOOL": true}}, "else": 1});
        assert!(pattern.matches(Some(&good)));
        for (pointer, other) in [
            ("/name", json!("C")),
            ("/name", json!(null)),
            ("/of", json!("text")),
            ("/of/x", json!({"S": "V#1"})),
            ("/of/x", json!({"N": "1"})),
            ("/of/y", json!({"BOOL": false})),
            ("/of/y", json!({"S": "true"})),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = other.clone();
            assert!(!pattern.matches(Some(&bad)), "{pointer} {other}");
        }
        let mut there = good.clone();
        there["of"]["z"] = json!({"S": ""});
        assert!(!pattern.matches(Some(&there)));
        assert!(!pattern.matches(None));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for pattern in [
            "",
            "1",
            r#"{"a": 1}"#,
            r#"{"a": [{"numeric": [">", 1]}]}"#,
            r#"{"a": [{"prefix": 1}]}"#,
            r#"{"a": [{}]}"#,
            r#"{"a": [{"prefix": "x", "exists": true}]}"#,
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
