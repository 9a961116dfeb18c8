//! Items of DynamoDB: attributes made and read, keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::de::DeserializeOwned;

use crate::store::StoreError;
use crate::user::User;

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn parsed<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|error| StoreError::Unexpected(format!("an item cannot be read: {error}")))
}

pub(super) fn value(of: &impl serde::Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(of)
        .map_err(|error| StoreError::Unexpected(format!("an item cannot be made: {error}")))
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Takes a text out of an item.
pub(super) fn string(item: &mut Item, attribute: &str) -> Option<String> {
    match item.remove(attribute) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

pub(super) fn integer(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

/// A built request that lacks a member is a mistake of this module.
pub(super) fn incomplete(error: &aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unexpected(error.to_string())
}

pub(super) fn user_key(id: &str) -> AttributeValue {
    text(format!("USER#{id}"))
}

pub(super) fn key(pk: AttributeValue) -> Item {
    HashMap::from([("pk".to_owned(), pk)])
}

pub(super) fn item(user: &User) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(user)
        .map_err(|error| StoreError::Unexpected(format!("a user cannot be stored: {error}")))?;
    item.insert("pk".to_owned(), user_key(&user.id));
    Ok(item)
}

pub(super) fn write(
    put: aws_sdk_dynamodb::types::builders::PutBuilder,
) -> Result<TransactWriteItem, StoreError> {
    let put = put.build().map_err(|error| incomplete(&error))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

pub(super) fn updating(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    let update = update.build().map_err(|error| incomplete(&error))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

pub(super) fn checking(check: ConditionCheckBuilder) -> Result<TransactWriteItem, StoreError> {
    let check = check.build().map_err(|error| incomplete(&error))?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}
