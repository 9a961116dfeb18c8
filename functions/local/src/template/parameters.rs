//! A template's parameters: defaults, what `--parameter-overrides` gives, and the constraints both must meet.
//! Errors name the parameter; a value is repeated only where the parameter is no secret.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

use crate::template::error::TemplateError;

/// One `Name=value` of `--parameter-overrides`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub name: String,
    pub value: String,
}

/// A parameter's value: its text, and what `Ref` gives (a list for list types).
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub text: String,
    pub value: Value,
}

/// Reads what `sam deploy --parameter-overrides` takes: `K=V` arguments, several in one argument,
/// quoted values, and `ParameterKey=K,ParameterValue=V`.
pub fn parse_overrides(arguments: &[String]) -> Result<Vec<Override>, TemplateError> {
    let mut overrides = Vec::new();
    for argument in arguments {
        for piece in split_pairs(argument) {
            overrides.push(parse_pair(&piece)?);
        }
    }
    Ok(overrides)
}

/// Splits at blanks that a new `Name=` follows, so that a value may hold blanks itself.
fn split_pairs(argument: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut quoted = false;
    let mut rest = argument.char_indices().peekable();
    while let Some((at, letter)) = rest.next() {
        match letter {
            '\\' if quoted => {
                piece.push(letter);
                piece.extend(rest.next().map(|(_, escaped)| escaped));
            }
            '"' if quoted || piece.ends_with('=') => {
                quoted = !quoted;
                piece.push(letter);
            }
            blank if blank.is_whitespace() && !quoted => {
                let after = argument.get(at..).unwrap_or_default().trim_start();
                if starts_pair(after) {
                    pieces.push(std::mem::take(&mut piece));
                } else {
                    piece.push(blank);
                }
            }
            other => piece.push(other),
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

fn starts_pair(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric())
    })
}

fn parse_pair(piece: &str) -> Result<Override, TemplateError> {
    let piece = piece.trim();
    let pair = match piece.strip_prefix("ParameterKey=") {
        Some(rest) => rest.split_once(",ParameterValue="),
        None => piece.split_once('='),
    };
    match pair {
        Some((name, value)) if !name.is_empty() => Ok(Override {
            name: name.to_owned(),
            value: unquote(value),
        }),
        _ => Err(TemplateError::parameter(
            piece,
            "parameter overrides are written Name=value",
        )),
    }
}

fn unquote(value: &str) -> String {
    let Some(inner) = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
    else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => text.extend(letters.next()),
            other => text.push(other),
        }
    }
    text
}

/// Every parameter's value. Local's own `given` values need not meet the constraints
/// (its issuer is plain http), overrides must.
pub(super) fn resolve(
    declared: Option<&Map<String, Value>>,
    given: &BTreeMap<&str, &str>,
    overrides: &[Override],
) -> Result<BTreeMap<String, Parameter>, TemplateError> {
    let empty = Map::new();
    let declared = declared.unwrap_or(&empty);
    if let Some(unknown) = overrides
        .iter()
        .find(|one| !declared.contains_key(&one.name))
    {
        return Err(TemplateError::parameter(
            &unknown.name,
            "the template has no such parameter",
        ));
    }
    declared
        .iter()
        .map(|(name, declaration)| {
            let asked = overrides.iter().rev().find(|one| &one.name == name);
            let text = match (asked, given.get(name.as_str()), declaration.get("Default")) {
                (Some(asked), ..) => {
                    check(name, declaration, &asked.value)?;
                    asked.value.clone()
                }
                (None, Some(given), _) => (*given).to_owned(),
                (None, None, Some(Value::String(default))) => {
                    check(name, declaration, default)?;
                    default.clone()
                }
                _ => {
                    return Err(TemplateError::parameter(
                        name,
                        "has no default: give it with --parameter-overrides",
                    ));
                }
            };
            let value = if is_list(declaration) {
                text.split(',').map(str::trim).map(Value::from).collect()
            } else {
                Value::String(text.clone())
            };
            Ok((name.clone(), Parameter { text, value }))
        })
        .collect()
}

fn is_list(declaration: &Value) -> bool {
    let kind = text(declaration, "Type").unwrap_or_default();
    kind == "CommaDelimitedList" || kind.starts_with("List<")
}

fn text<'a>(declaration: &'a Value, key: &str) -> Option<&'a str> {
    declaration.get(key).and_then(Value::as_str)
}

fn check(name: &str, declaration: &Value, value: &str) -> Result<(), TemplateError> {
    let refused = |fallback: String| {
        let reason = text(declaration, "ConstraintDescription").map_or(fallback, str::to_owned);
        let secret = text(declaration, "NoEcho").is_some_and(|flag| flag == "true");
        let shown = if secret {
            String::new()
        } else {
            format!(" (got {value:?})")
        };
        TemplateError::parameter(name, reason + &shown)
    };
    if let Some(allowed) = declaration.get("AllowedValues").and_then(Value::as_array)
        && !allowed.iter().any(|one| one.as_str() == Some(value))
    {
        let list: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        return Err(refused(format!("must be one of {}", list.join(", "))));
    }
    if text(declaration, "Type") == Some("Number") {
        return check_number(declaration, value).map_err(refused);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "lengths are far below 2^52; the template's bounds may be any number"
    )]
    let length = value.chars().count() as f64;
    if bound(declaration, "MinLength").is_some_and(|least| length < least)
        || bound(declaration, "MaxLength").is_some_and(|most| length > most)
    {
        return Err(refused("is too short or too long".to_owned()));
    }
    if let Some(pattern) = text(declaration, "AllowedPattern") {
        // CloudFormation matches the whole value.
        let whole = Regex::new(&format!(r"\A(?:{pattern})\z"))
            .map_err(|error| TemplateError::parameter(name, format!("AllowedPattern: {error}")))?;
        if !whole.is_match(value) {
            return Err(refused(format!("must match {pattern}")));
        }
    }
    Ok(())
}

fn check_number(declaration: &Value, value: &str) -> Result<(), String> {
    let number = value.parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite());
    let number = number.ok_or("must be a number")?;
    if let Some(least) = bound(declaration, "MinValue").filter(|least| number < *least) {
        return Err(format!("must be at least {least}"));
    }
    if let Some(most) = bound(declaration, "MaxValue").filter(|most| number > *most) {
        return Err(format!("must be at most {most}"));
    }
    Ok(())
}

fn bound(declaration: &Value, key: &str) -> Option<f64> {
    text(declaration, key).and_then(|bound| bound.parse().ok())
}
