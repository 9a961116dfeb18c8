//! CloudFormation's intrinsic functions and conditions, evaluated against the local stack.
//! `Ok(None)` is `AWS::NoValue`: the property is not there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::template::error::TemplateError;
use crate::template::parameters::Parameter;

pub(crate) const REGION: &str = "us-east-1";
pub(super) const ACCOUNT: &str = "000000000000";
pub(super) const STACK: &str = "local";

/// How deep conditions may refer to each other: they form no circle in a template that deploys.
const DEEPEST: usize = 32;

/// What names in a template stand for.
pub(super) struct Scope<'a> {
    document: &'a Value,
    parameters: &'a BTreeMap<String, Parameter>,
    url: &'a str,
}

type Evaluated = Result<Option<Value>, TemplateError>;

impl<'a> Scope<'a> {
    pub fn new(
        document: &'a Value,
        parameters: &'a BTreeMap<String, Parameter>,
        url: &'a str,
    ) -> Self {
        Self {
            document,
            parameters,
            url,
        }
    }

    /// A value with every function in it resolved.
    pub fn evaluate(&self, value: &Value) -> Evaluated {
        self.value(value, 0)
    }

    /// A value that must be text.
    pub fn text(&self, value: &Value) -> Result<Option<String>, TemplateError> {
        match self.evaluate(value)? {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(TemplateError::invalid(format!("not text: {other}"))),
        }
    }

    /// A value that must be a list of text; one text is a list of one.
    pub fn texts(&self, value: &Value) -> Result<Vec<String>, TemplateError> {
        match self.evaluate(value)? {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text]),
            Some(Value::Array(items)) => items
                .into_iter()
                .map(|item| match item {
                    Value::String(text) => Ok(text),
                    other => Err(TemplateError::invalid(format!("not text: {other}"))),
                })
                .collect(),
            Some(other) => Err(TemplateError::invalid(format!("not a list: {other}"))),
        }
    }

    /// A condition, by expression.
    pub fn truth(&self, condition: &Value) -> Result<bool, TemplateError> {
        self.condition(condition, 0)
    }

    /// A condition, by name.
    pub fn named_condition(&self, name: &str) -> Result<bool, TemplateError> {
        self.named(name, 0)
    }

    fn value(&self, value: &Value, depth: usize) -> Evaluated {
        match value {
            Value::Object(map) => match sole(map) {
                Some(("Ref", Value::String(name))) => self.reference(name),
                Some((function, argument)) if function.starts_with("Fn::") => {
                    self.function(function, argument, depth)
                }
                _ => self.members(map, depth),
            },
            Value::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.value(item, depth)?);
                }
                Ok(Some(Value::Array(list)))
            }
            scalar => Ok(Some(scalar.clone())),
        }
    }

    fn members(&self, map: &Map<String, Value>, depth: usize) -> Evaluated {
        let mut members = Map::new();
        for (key, member) in map {
            if let Some(member) = self.value(member, depth)? {
                members.insert(key.clone(), member);
            }
        }
        Ok(Some(Value::Object(members)))
    }

    fn function(&self, function: &str, argument: &Value, depth: usize) -> Evaluated {
        match function {
            "Fn::If" => {
                let [Value::String(condition), then, otherwise] = items(function, argument)? else {
                    return Err(malformed(function));
                };
                let holds = self.named(condition, depth)?;
                self.value(if holds { then } else { otherwise }, depth)
            }
            "Fn::Sub" => self.substitute(argument, depth).map(Some),
            "Fn::GetAtt" => match items(function, argument)? {
                [Value::String(resource), Value::String(attribute)] => {
                    self.attribute(resource, attribute).map(Some)
                }
                _ => Err(malformed(function)),
            },
            "Fn::Join" => {
                let [Value::String(separator), list] = items(function, argument)? else {
                    return Err(malformed(function));
                };
                Ok(Some(self.texts(list)?.join(separator).into()))
            }
            "Fn::Split" => {
                let [Value::String(separator), source] = items(function, argument)? else {
                    return Err(malformed(function));
                };
                let source = self.text(source)?.unwrap_or_default();
                Ok(Some(
                    source.split(separator.as_str()).map(Value::from).collect(),
                ))
            }
            "Fn::Select" => self.select(argument).map(Some),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Contains" => {
                let whole =
                    Value::Object(Map::from_iter([(function.to_owned(), argument.clone())]));
                Ok(Some(self.condition(&whole, depth)?.to_string().into()))
            }
            other => Err(TemplateError::invalid(format!(
                "{other} is not supported locally"
            ))),
        }
    }

    fn select(&self, argument: &Value) -> Result<Value, TemplateError> {
        let wrong = || malformed("Fn::Select");
        let [index, list] = items("Fn::Select", argument)? else {
            return Err(wrong());
        };
        let index = self.text(index)?.and_then(|index| index.parse().ok());
        let index: usize = index.ok_or_else(wrong)?;
        let chosen = self.texts(list)?.into_iter().nth(index);
        chosen.map(Value::from).ok_or_else(wrong)
    }

    fn reference(&self, name: &str) -> Evaluated {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(parameter) = self.parameters.get(name) {
            return Ok(Some(parameter.value.clone()));
        }
        let text = match name {
            "AWS::Region" => REGION.to_owned(),
            "AWS::AccountId" => ACCOUNT.to_owned(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => STACK.to_owned(),
            "AWS::StackId" => format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/0"),
            resource => self.physical_id(resource)?,
        };
        Ok(Some(text.into()))
    }

    /// What `Ref` of a resource gives: its local name, an ARN where the real one is.
    fn physical_id(&self, resource: &str) -> Result<String, TemplateError> {
        Ok(match self.kind(resource)? {
            "AWS::SecretsManager::Secret" => secret_arn(resource),
            _ => resource.to_owned(),
        })
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, TemplateError> {
        let kind = self.kind(resource)?;
        let text = match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{resource}")
            }
            ("AWS::DynamoDB::Table", "StreamArn") => {
                format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{resource}/stream/{STACK}")
            }
            ("AWS::SecretsManager::Secret", _) => secret_arn(resource),
            ("AWS::Serverless::HttpApi" | "AWS::ApiGatewayV2::Api", "ApiEndpoint") => {
                self.url.to_owned()
            }
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => {
                format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{resource}")
            }
            _ => format!("arn:aws:local:{REGION}:{ACCOUNT}:{resource}/{attribute}"),
        };
        Ok(text.into())
    }

    fn kind(&self, resource: &str) -> Result<&'a str, TemplateError> {
        self.document
            .get("Resources")
            .and_then(|resources| resources.get(resource))
            .and_then(|resource| resource.get("Type"))
            .and_then(Value::as_str)
            .ok_or_else(|| TemplateError::invalid(format!("nothing is called {resource}")))
    }

    fn substitute(&self, argument: &Value, depth: usize) -> Result<Value, TemplateError> {
        let (template, own) = match argument {
            Value::String(template) => (template.as_str(), None),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(template), Value::Object(own)] => (template.as_str(), Some(own)),
                _ => return Err(malformed("Fn::Sub")),
            },
            _ => return Err(malformed("Fn::Sub")),
        };
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let (name, after) = after.split_once('}').ok_or_else(|| malformed("Fn::Sub"))?;
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str("${");
                text.push_str(literal);
                text.push('}');
            } else {
                let value = match (own.and_then(|own| own.get(name)), name.split_once('.')) {
                    (Some(value), _) => self.value(value, depth)?,
                    (None, Some((resource, attribute))) => {
                        Some(self.attribute(resource, attribute)?)
                    }
                    (None, None) => self.reference(name)?,
                };
                match value {
                    Some(Value::String(value)) => text.push_str(&value),
                    _ => return Err(malformed("Fn::Sub")),
                }
            }
            rest = after;
        }
        text.push_str(rest);
        Ok(text.into())
    }

    fn named(&self, name: &str, depth: usize) -> Result<bool, TemplateError> {
        let condition = self
            .document
            .get("Conditions")
            .and_then(|conditions| conditions.get(name))
            .ok_or_else(|| TemplateError::invalid(format!("no condition is called {name}")))?;
        self.condition(condition, depth + 1)
    }

    fn condition(&self, condition: &Value, depth: usize) -> Result<bool, TemplateError> {
        if depth > DEEPEST {
            return Err(TemplateError::invalid("conditions refer to each other"));
        }
        let (function, argument) = condition
            .as_object()
            .and_then(sole)
            .ok_or_else(|| TemplateError::invalid(format!("not a condition: {condition}")))?;
        if let ("Condition", Value::String(name)) = (function, argument) {
            return self.named(name, depth);
        }
        let arguments = items(function, argument)?;
        match (function, arguments) {
            ("Fn::Equals", [left, right]) => Ok(self.evaluate(left)? == self.evaluate(right)?),
            ("Fn::Not", [one]) => Ok(!self.condition(one, depth + 1)?),
            ("Fn::And", all) => all.iter().try_fold(true, |so_far, one| {
                Ok(so_far && self.condition(one, depth + 1)?)
            }),
            ("Fn::Or", any) => any.iter().try_fold(false, |so_far, one| {
                Ok(so_far || self.condition(one, depth + 1)?)
            }),
            ("Fn::Contains", [list, one]) => {
                let one = self.text(one)?.unwrap_or_default();
                Ok(self.texts(list)?.contains(&one))
            }
            _ => Err(malformed(function)),
        }
    }
}

pub(super) fn secret_arn(resource: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{resource}-local")
}

fn sole(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = map.iter();
    match (members.next(), members.next()) {
        (Some((key, value)), None) => Some((key.as_str(), value)),
        _ => None,
    }
}

fn items<'v>(function: &str, argument: &'v Value) -> Result<&'v [Value], TemplateError> {
    argument
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| malformed(function))
}

fn malformed(function: &str) -> TemplateError {
    TemplateError::invalid(format!("{function} is not used as it must be"))
}
