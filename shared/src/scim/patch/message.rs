//! Reading the PatchOp message (RFC 7644 §3.5.2) as clients really send it.
//! `scim_v2`'s own model takes no operations and a wrong URN, and refuses missing `schemas` and arrays without a path.

use scim_v2::schema_urns::PATCH_OP;
use serde_json::{Map, Value};

use crate::scim::error::ScimError;

/// Most operations in one request.
pub const MAX_OPERATIONS: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Op {
    Add,
    Remove,
    Replace,
}

pub(super) struct Operation<'a> {
    pub op: Op,
    pub path: Option<&'a str>,
    /// None where there is no such member; an explicit null is one (RFC 7643 §2.5).
    pub value: Option<&'a Value>,
    /// Where it stands in the request.
    pub at: String,
}

pub(super) fn operations(body: &Value) -> Result<Vec<Operation<'_>>, ScimError> {
    let message = body
        .as_object()
        .ok_or_else(|| ScimError::invalid_syntax("body", "must be an object"))?;
    check_schemas(member(message, "schemas", "body")?)?;
    let operations = member(message, "Operations", "body")?
        .and_then(Value::as_array)
        .filter(|operations| !operations.is_empty())
        .ok_or_else(|| {
            ScimError::invalid_syntax("Operations", "must be an array that is not empty")
        })?;
    if operations.len() > MAX_OPERATIONS {
        let reason = format!("has more than {MAX_OPERATIONS} operations");
        return Err(ScimError::too_many("Operations", &reason));
    }
    let numbered = operations.iter().enumerate();
    numbered
        .map(|(i, operation)| read(operation, format!("Operations[{i}]")))
        .collect()
}

/// The 5.11 documents of WSO2 send an empty list; others leave it out.
fn check_schemas(schemas: Option<&Value>) -> Result<(), ScimError> {
    let refused = |reason| Err(ScimError::invalid_syntax("schemas", reason));
    let urns = match schemas {
        None => return Ok(()),
        Some(Value::Array(urns)) => urns,
        Some(_) => return refused("must be an array of strings"),
    };
    if !urns.iter().all(Value::is_string) {
        return refused("must be an array of strings");
    }
    let mut names = urns.iter().filter_map(Value::as_str);
    if urns.is_empty() || names.any(|urn| urn.eq_ignore_ascii_case(PATCH_OP)) {
        return Ok(());
    }
    refused("must contain urn:ietf:params:scim:api:messages:2.0:PatchOp")
}

fn read(operation: &Value, at: String) -> Result<Operation<'_>, ScimError> {
    let members = operation
        .as_object()
        .ok_or_else(|| ScimError::invalid_syntax(&at, "must be an object"))?;
    let op = member(members, "op", &at)?
        .and_then(Value::as_str)
        .and_then(op)
        .ok_or_else(|| {
            ScimError::invalid_syntax(&format!("{at}.op"), "must be add, remove or replace")
        })?;
    let path = match member(members, "path", &at)? {
        None | Some(Value::Null) => None,
        Some(Value::String(path)) => Some(path.as_str()),
        Some(_) => {
            return Err(ScimError::invalid_path(
                &format!("{at}.path"),
                "must be a string",
            ));
        }
    };
    let value = member(members, "value", &at)?;
    Ok(Operation {
        op,
        path,
        value,
        at,
    })
}

/// Entra ID writes `Add` and `Replace`.
fn op(name: &str) -> Option<Op> {
    [
        ("add", Op::Add),
        ("remove", Op::Remove),
        ("replace", Op::Replace),
    ]
    .into_iter()
    .find_map(|(known, op)| known.eq_ignore_ascii_case(name).then_some(op))
}

/// A member by its name in any case (RFC 7643 §2.1).
fn member<'a>(
    members: &'a Map<String, Value>,
    name: &str,
    at: &str,
) -> Result<Option<&'a Value>, ScimError> {
    let mut found = members
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let first = found.next().map(|(_, value)| value);
    match found.next() {
        Some(_) => Err(ScimError::invalid_syntax(at, &format!("has {name} twice"))),
        None => Ok(first),
    }
}
