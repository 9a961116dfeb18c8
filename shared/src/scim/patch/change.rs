//! One change to one attribute: what every spelling of a PATCH operation, and a whole resource, comes down to.
//! Everything that needs no resource is settled here: the name, whether it may be written, the value's type.

use std::collections::BTreeSet;

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, ValFilter};
use serde_json::Value;

use crate::scim::error::ScimError;
use crate::scim::patch::message::{Op, Operation};
use crate::scim::path::{Path, Target};
use crate::scim::schema::{self, Attribute, Mutability, Schema, USER, WSO2};
use crate::scim::value::{
    self, ReadOnly, cleared, is_blank, is_cleared, is_emptied, is_mobile, lacks_value, refuse,
};

/// Most changes in one request: operations with a path, and attributes of values without one.
pub(super) const MAX_CHANGES: usize = 500;

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
    /// Changes nothing: what is read-only may be sent back as it was read, and only so.
    pub repeats: bool,
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

    /// None for what nobody knows in a resource: it is passed over (RFC 7644 §3.3).
    fn path(self, name: &str, origin: &str) -> Result<Option<Path>, ScimError> {
        match self {
            Self::Patch(_) => Path::parse(name, origin).map(Some),
            Self::Resource => Ok(Path::name(name)),
        }
    }
}

/// How many changes an operation asks for: counted before any of them is looked at.
pub(super) fn count(operation: &Operation<'_>) -> usize {
    let of_schema = |path: &str| schema::schema(path.trim()).is_some();
    match (operation.path, operation.value) {
        (Some(path), Some(Value::Object(members))) if of_schema(path) => members.len(),
        (None, Some(Value::Array(items))) => items.iter().map(members_of).sum(),
        (None, Some(value)) => members_of(value),
        _ => 1,
    }
}

fn members_of(value: &Value) -> usize {
    let members = value.as_object().into_iter().flatten();
    let counted = members.map(|(name, value)| match (schema::schema(name), value) {
        (Some(_), Value::Object(members)) => members.len(),
        _ => 1,
    });
    counted.sum()
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
            if !are_texts(value) {
                let at = join(origin, "schemas");
                return Err(ScimError::invalid_value(&at, "must be texts"));
            }
            continue;
        }
        let path = match within {
            Some(schema) => source.path(&format!("{}:{name}", schema.urn), origin)?,
            None => source.path(name, origin)?,
        };
        match path {
            Some(Path::Attribute(target)) if repeats(&target, source) => {
                all.push(repeated(target, value, origin, source));
            }
            Some(path) => all.extend(of_path(path, value, origin, source)?),
            None => {}
        }
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
        Path::Attribute(target)
            if target.attribute.name == "schemas" && matches!(source, Source::Patch(_)) =>
        {
            of_schemas(target, value, origin, source)
        }
        Path::Attribute(target) => of_attribute(target, value, origin, source),
        Path::Schema(schema) if source.op() == Op::Remove || value.is_null() || is_blank(value) => {
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

/// Whether what is read-only may be sent back in a value, as whoever changes a resource that it has read does it.
fn repeats(target: &Target, source: Source) -> bool {
    matches!(source, Source::Patch(Op::Add | Op::Replace))
        && target.read_only()
        && target.filter.is_none()
        && target.attribute.is_read_only()
}

fn repeated(target: Target, value: &Value, origin: &str, source: Source) -> Change {
    Change {
        op: source.op(),
        at: join(origin, &target.name()),
        value: value.clone(),
        target,
        idle: false,
        implied: false,
        repeats: true,
    }
}

/// `schemas` follow from the attributes that there are: those of a user may be added, before an attribute of theirs
/// is, and written as they are; nothing comes of it.
fn of_schemas(
    target: Target,
    value: &Value,
    origin: &str,
    source: Source,
) -> Result<Vec<Change>, ScimError> {
    let urns = match value {
        Value::Array(urns) => urns.as_slice(),
        one => std::slice::from_ref(one),
    };
    let known = |urn: &Value| {
        urn.as_str()
            .is_some_and(|urn| schema::schema(urn).is_some())
    };
    if source.op() == Op::Remove || urns.is_empty() || !urns.iter().all(known) {
        let at = join(origin, &target.name());
        return Err(ScimError::mutability(&at, "is read-only"));
    }
    Ok(vec![repeated(target, &Value::from(urns), origin, source)])
}

/// An array of texts, one alone, or nothing.
fn are_texts(value: &Value) -> bool {
    match value {
        Value::Array(texts) => texts.iter().all(Value::is_string),
        one => one.is_string() || one.is_null(),
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
    let (mut op, mut value) = (source.op(), read_value(&target, value, &at, source)?);
    // An empty text clears, also where it is to be added.
    if is_cleared(&value) {
        value = Value::Null;
        if op == Op::Add {
            op = Op::Replace;
        }
    }
    if op != Op::Remove && target.is_all_values() {
        mobile_has_value(target.attribute, &value, &at)?;
    }
    // RFC 7644 §3.5.2.2: a required attribute that becomes unassigned.
    let cleared = op == Op::Remove || value.is_null() && op == Op::Replace;
    if target.attribute.required && cleared {
        return Err(ScimError::mutability(&at, "is required"));
    }
    let nothing_added = source == Source::Patch(Op::Add) && op == Op::Add && value.is_null();
    let nothing_removed = op == Op::Remove && value.as_array().is_some_and(Vec::is_empty);
    Ok(vec![Change {
        op,
        target,
        value,
        at,
        idle: nothing_added || nothing_removed,
        implied: false,
        repeats: false,
    }])
}

/// What is said of the mobile number is said with it.
fn mobile_has_value(attribute: &Attribute, values: &Value, at: &str) -> Result<(), ScimError> {
    let mut values = values.as_array().into_iter().flatten();
    let lacks = |value: &Value| {
        is_mobile(value) && lacks_value(attribute, value) && !is_emptied(attribute, value)
    };
    if attribute.is_phone_numbers() && values.any(lacks) {
        let reason = "the value of type mobile has no value";
        return Err(ScimError::invalid_value(at, reason));
    }
    Ok(())
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
        let value = value::whole(target.leaf(), value, at, source.read_only())?;
        // A value without a `value` is none: null is as the empty text there.
        let is_value = target.attribute.multi_valued && target.leaf().name == "value";
        return Ok(if is_value && value.is_null() {
            cleared()
        } else {
            value
        });
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
    if target.attribute.mutability == Mutability::WriteOnly && !is_nothing(value) {
        let reason = "cannot be looked for, so that one alone cannot be removed";
        return Err(ScimError::invalid_value(at, reason));
    }
    match value::whole(target.attribute, value, at, ReadOnly::Ignored)? {
        Value::Null => Ok(Value::Array(Vec::new())),
        listed => Ok(listed),
    }
}

fn is_nothing(list: &Value) -> bool {
    is_blank(list) || list.as_array().is_some_and(Vec::is_empty)
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
    if source.op() != Op::Remove && number.get("value").is_none() {
        return Err(ScimError::invalid_value(at, "must have a value"));
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
        repeats: false,
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
    let counts = |value: &&Value| is_mobile(value) && !is_emptied(change.target.attribute, value);
    match &change.value {
        Value::Array(values) => values.iter().filter(counts).count(),
        value => usize::from(counts(&value)),
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
