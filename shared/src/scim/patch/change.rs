//! One change to one attribute: what every spelling of a PATCH operation, and a whole resource, comes down to.
//! Everything that needs no resource is settled here: the name, whether it may be written, the value's type.

use std::collections::BTreeSet;

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, ValFilter};
use serde_json::Value;

use crate::scim::error::{ScimError, shown};
use crate::scim::patch::message::{Op, Operation};
use crate::scim::path::{Path, Target};
use crate::scim::schema::{self, Attribute, Schema, USER, WSO2};
use crate::scim::value::{self, ReadOnly, is_mobile, refuse};

#[derive(Clone)]
pub(in super::super) struct Change {
    pub op: Op,
    pub target: Target,
    /// `Null` is unassigned; for `Remove` it means all there is, an array only what it lists.
    pub value: Value,
    /// Where it stands in the request.
    pub at: String,
    /// It adds or removes nothing, and so writes nothing.
    pub idle: bool,
    /// The request names the schema as a whole, not this attribute.
    pub implied: bool,
}

/// What the members of a value belong to, and with it what is refused in them and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Source {
    /// Names may be paths with a filter, as Entra ID sends them; read-only ones are refused.
    Patch(Op),
    /// A resource for POST or PUT; what is read-only is passed over.
    Resource,
}

impl Source {
    fn op(self) -> Op {
        match self {
            Self::Patch(op) => op,
            Self::Resource => Op::Add,
        }
    }

    fn read_only(self) -> ReadOnly {
        match self {
            Self::Patch(_) => ReadOnly::Refused,
            Self::Resource => ReadOnly::Ignored,
        }
    }

    fn path(self, name: &str, origin: &str) -> Result<Path, ScimError> {
        match self {
            Self::Patch(_) => Path::parse(name, origin),
            Self::Resource => Path::name(name)
                .ok_or_else(|| ScimError::invalid_syntax(&shown(name), "is not a known attribute")),
        }
    }
}

/// What an operation changes, in order.
pub(super) fn changes(operation: &Operation<'_>) -> Result<Vec<Change>, ScimError> {
    let origin = &operation.at;
    let in_value = format!("{origin}.value");
    let source = Source::Patch(operation.op);
    let value = match (operation.op, operation.value) {
        (Op::Remove, value) => value.unwrap_or(&Value::Null),
        (_, Some(value)) => value,
        (_, None) => return Err(ScimError::invalid_value(&in_value, "is required")),
    };
    if let Some(path) = operation.path {
        let path = Path::parse(path, &format!("{origin}.path"))?;
        return of_path(path, value, origin, source);
    }
    match (operation.op, value) {
        // RFC 7644 §3.5.2.2.
        (Op::Remove, _) => Err(ScimError::no_target(origin, "remove needs a path")),
        (_, Value::Array(items)) => {
            let mut all = Vec::new();
            for (i, item) in items.iter().enumerate() {
                all.extend(members(item, None, &format!("{in_value}[{i}]"), source)?);
            }
            Ok(all)
        }
        (_, value) => members(value, None, &in_value, source),
    }
}

/// A change for each member of an object: the resource's own, or those of an extension.
/// `origin` is where the object stands in the request.
pub(in super::super) fn members(
    value: &Value,
    within: Option<&Schema>,
    origin: &str,
    source: Source,
) -> Result<Vec<Change>, ScimError> {
    let members = value.as_object().ok_or_else(|| {
        let at = within.map_or_else(|| origin.to_owned(), |schema| join(origin, schema.urn));
        ScimError::invalid_value(&at, "must be an object")
    })?;
    let mut all = Vec::new();
    for (name, value) in members {
        // What a resource's schemas are follows from its attributes. Some clients name an extension's in it, too.
        if name.eq_ignore_ascii_case("schemas") {
            continue;
        }
        let path = match within {
            Some(schema) => source.path(&format!("{}:{name}", schema.urn), origin)?,
            None => source.path(name, origin)?,
        };
        all.extend(of_path(path, value, origin, source)?);
    }
    check_together(&all)?;
    Ok(all)
}

fn of_path(
    path: Path,
    value: &Value,
    origin: &str,
    source: Source,
) -> Result<Vec<Change>, ScimError> {
    match path {
        Path::Attribute(target) => of_attribute(target, value, origin, source),
        Path::Schema(schema) if source.op() == Op::Remove || value.is_null() => {
            let source = match source {
                Source::Patch(Op::Add) => return Ok(Vec::new()),
                Source::Patch(_) => Source::Patch(Op::Remove),
                Source::Resource => source,
            };
            let mut all = Vec::new();
            for target in writable(schema) {
                all.extend(of_attribute(target, &Value::Null, origin, source)?);
            }
            for change in &mut all {
                change.implied = true;
            }
            Ok(all)
        }
        Path::Schema(schema) => members(value, Some(schema), origin, source),
    }
}

fn writable(schema: &'static Schema) -> impl Iterator<Item = Target> {
    let attributes = schema.attributes.iter().filter(|a| !a.is_read_only());
    attributes.map(move |attribute| whole(schema, attribute))
}

fn whole(schema: &'static Schema, attribute: &'static Attribute) -> Target {
    Target {
        schema,
        attribute,
        filter: None,
        sub: None,
    }
}

fn of_attribute(
    target: Target,
    value: &Value,
    origin: &str,
    source: Source,
) -> Result<Vec<Change>, ScimError> {
    let at = join(origin, &target.name());
    if target.read_only() {
        refuse(&at, source.read_only())?;
        return Ok(Vec::new());
    }
    if is_primary_number(&target, value) {
        return primary_number(value, &at, source);
    }
    let op = source.op();
    let value = read_value(&target, value, &at, source)?;
    // RFC 7644 §3.5.2.2: a required attribute that becomes unassigned.
    let cleared = op == Op::Remove || value.is_null() && op == Op::Replace;
    if target.attribute.required && cleared {
        return Err(ScimError::mutability(&at, "is required"));
    }
    let nothing_added = source == Source::Patch(Op::Add) && value.is_null();
    let nothing_removed = op == Op::Remove && value.as_array().is_some_and(Vec::is_empty);
    Ok(vec![Change {
        op,
        target,
        value,
        at,
        idle: nothing_added || nothing_removed,
        implied: false,
    }])
}

fn read_value(
    target: &Target,
    value: &Value,
    at: &str,
    source: Source,
) -> Result<Value, ScimError> {
    if source.op() == Op::Remove {
        return listed(target, value, at);
    }
    if target.is_all_values() || target.sub.is_some() || !target.attribute.multi_valued {
        return value::whole(target.leaf(), value, at, source.read_only());
    }
    // The values a filter finds: one object, however it is wrapped.
    match value.as_array().map(Vec::as_slice) {
        None => value::one(target.attribute, value, at, source.read_only()),
        Some([]) => Ok(Value::Null),
        Some([value]) => value::one(target.attribute, value, at, source.read_only()),
        Some(_) => Err(ScimError::invalid_value(at, "must be one value")),
    }
}

/// Entra ID and Okta list the values to remove. A list that is empty removes nothing; no list, everything.
fn listed(target: &Target, value: &Value, at: &str) -> Result<Value, ScimError> {
    if !target.is_all_values() || value.is_null() {
        return Ok(Value::Null);
    }
    match value::whole(target.attribute, value, at, ReadOnly::Ignored)? {
        Value::Null => Ok(Value::Array(Vec::new())),
        listed => Ok(listed),
    }
}

/// WSO2's documents write the primary number as `mobileNumbers: [{"type": "mobile", "value": …}]`.
fn is_primary_number(target: &Target, value: &Value) -> bool {
    target.schema.urn == WSO2
        && target.attribute.name == "mobileNumbers"
        && target.filter.is_none()
        && match value {
            Value::Array(items) => items.iter().any(Value::is_object),
            value => value.is_object(),
        }
}

fn primary_number(value: &Value, at: &str, source: Source) -> Result<Vec<Change>, ScimError> {
    let Some((schema, attribute)) = schema::find(Some(USER), "phoneNumbers") else {
        return Ok(Vec::new());
    };
    let read_only = match source {
        Source::Patch(Op::Remove) => ReadOnly::Ignored,
        source => source.read_only(),
    };
    let number = match value::whole(attribute, value, at, read_only)? {
        Value::Array(mut items) if items.len() == 1 => items.pop().unwrap_or_default(),
        _ => {
            return Err(ScimError::invalid_value(
                at,
                "must be one number of type mobile",
            ));
        }
    };
    if !is_mobile(&number) {
        return Err(ScimError::invalid_value(at, "must have the type mobile"));
    }
    let (value, filter) = match source.op() {
        Op::Remove => (Value::Array(vec![number]), None),
        Op::Add | Op::Replace => (number, Some(of_type("mobile"))),
    };
    Ok(vec![Change {
        op: source.op(),
        target: Target {
            filter,
            ..whole(schema, attribute)
        },
        value,
        at: at.to_owned(),
        idle: false,
        implied: false,
    }])
}

fn of_type(name: &str) -> ValFilter {
    let path = AttrPath::with_name("type");
    ValFilter::Attr(AttrExp::Comparison(
        path,
        CompareOp::Eq,
        CompValue::from(name),
    ))
}

/// The members of one object are written together: none twice, and one primary number at most.
fn check_together(changes: &[Change]) -> Result<(), ScimError> {
    if changes.iter().map(mobiles).sum::<usize>() > 1
        && let Some(change) = changes.iter().find(|change| mobiles(change) > 0)
    {
        let reason = "more than one value of type mobile";
        return Err(ScimError::invalid_value(&change.at, reason));
    }
    let mut names = BTreeSet::new();
    for Change { target, at, .. } in changes {
        if target.filter.is_none() && !names.insert(target.name()) {
            return Err(ScimError::invalid_syntax(at, "is given twice"));
        }
    }
    Ok(())
}

fn mobiles(change: &Change) -> usize {
    if !change.target.attribute.is_phone_numbers() || change.op == Op::Remove {
        return 0;
    }
    match &change.value {
        Value::Array(values) => values.iter().filter(|v| is_mobile(v)).count(),
        value => usize::from(is_mobile(value)),
    }
}

/// Where in the request, and which attribute.
fn join(origin: &str, name: &str) -> String {
    if origin.is_empty() {
        name.to_owned()
    } else {
        format!("{origin}: {name}")
    }
}
