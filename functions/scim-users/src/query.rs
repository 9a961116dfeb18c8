//! What a client asks of the list of users (RFC 7644 §3.4.2, RFC 9865): in a query, or in a SearchRequest (§3.4.3).
//! Everything is checked here; `sortBy` and `sortOrder` are not supported, and ignored (§3.4.2.3).

use lambda_http::Request;
use serde_json::{Map, Value};
use shared::api::error::Error;
use shared::api::request;
use shared::clock::Timestamp;
use shared::scim::filter::{self, Filter};
use shared::scim::limits::MAX_RESULTS;
use shared::scim::selection::Selection;

use crate::cursor::{Cursor, Refused};

const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// A query that can be answered.
#[derive(Debug)]
pub struct Query {
    pub filter: Option<Filter>,
    pub paging: Paging,
    /// At most `MAX_RESULTS`; 0 asks for the number of results alone.
    pub count: usize,
    pub selection: Selection,
    filter_text: String,
}

/// Which part of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paging {
    /// The first, in whichever way there is.
    Unsaid,
    /// From this one on; the first is 1.
    Index(usize),
    /// From the user behind this one on, or from the first.
    Cursor(Option<String>),
}

/// The parameters as they were given.
#[derive(Debug, Default)]
struct Given {
    filter: Option<String>,
    start_index: Option<Number>,
    count: Option<Number>,
    cursor: Option<String>,
    selection: Selection,
}

/// A whole number, or something else in its place.
type Number = Result<i64, NoNumber>;

#[derive(Debug)]
struct NoNumber;

impl Query {
    /// `GET /scim2/Users?...`.
    pub fn from_query(request: &Request, now: Timestamp) -> Result<Self, Error> {
        let parameter = |name| request::query_parameter(request, name);
        let number = |name| Ok::<_, Error>(parameter(name)?.map(|text| whole(&text)));
        let attributes = parameter("attributes")?;
        let excluded = parameter("excludedAttributes")?;
        Self::of(
            Given {
                filter: parameter("filter")?,
                start_index: number("startIndex")?,
                count: number("count")?,
                cursor: parameter("cursor")?,
                selection: Selection::of_query(attributes.as_deref(), excluded.as_deref())?,
            },
            now,
        )
    }

    /// `POST .../.search`.
    pub fn from_body(body: &Map<String, Value>, now: Timestamp) -> Result<Self, Error> {
        check_schemas(member(body, "schemas")?)?;
        let text = |name| match member(body, name)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid_value(name, "must be a string")),
        };
        let number = |name| Ok::<_, Error>(member(body, name)?.map(json_whole));
        let attributes = list(body, "attributes")?;
        let excluded = list(body, "excludedAttributes")?;
        Self::of(
            Given {
                filter: text("filter")?,
                start_index: number("startIndex")?,
                count: number("count")?,
                cursor: text("cursor")?,
                selection: Selection::of(&attributes, &excluded)?,
            },
            now,
        )
    }

    fn of(given: Given, now: Timestamp) -> Result<Self, Error> {
        let filter = given.filter.as_deref().map(filter::parse).transpose()?;
        let filter_text = given.filter.unwrap_or_default();
        let with_cursor = given.cursor.is_some();
        let count = given.count.transpose().map_err(|NoNumber| {
            // RFC 9865 has a word of its own for it.
            let scim_type = if with_cursor {
                "invalidCount"
            } else {
                "invalidValue"
            };
            refused(scim_type, "count: must be a whole number")
        })?;
        let count = count.map(|count| usize::try_from(count).unwrap_or(0).min(MAX_RESULTS));
        let start_index = given
            .start_index
            .transpose()
            .map_err(|NoNumber| invalid_value("startIndex", "must be a whole number"))?;
        if start_index.is_some() && with_cursor {
            let what = "cannot be given together with cursor";
            return Err(invalid_value("startIndex", what));
        }
        let cursor = match given.cursor {
            Some(text) if !text.is_empty() => {
                Some(Cursor::decode(&text, &filter_text, now).map_err(|error| told(&error))?)
            }
            _ => None,
        };
        let count = match (count, cursor.as_ref().map(|cursor| cursor.count)) {
            (Some(count), Some(before)) if count != before => {
                let what = "count: differs from the first page's";
                return Err(refused("invalidCount", what));
            }
            (count, before) => count.or(before).unwrap_or(MAX_RESULTS),
        };
        let paging = match start_index {
            Some(start) => Paging::Index(usize::try_from(start).unwrap_or(0).max(1)),
            None if with_cursor => Paging::Cursor(cursor.map(|cursor| cursor.after)),
            None => Paging::Unsaid,
        };
        Ok(Self {
            filter,
            paging,
            count,
            selection: given.selection,
            filter_text,
        })
    }

    /// The cursor of the page behind a user.
    pub fn cursor(&self, after: String, now: Timestamp) -> String {
        let cursor = Cursor {
            after,
            count: self.count,
        };
        cursor.encode(&self.filter_text, now)
    }
}

/// RFC 7644 §3.1: a message says by `schemas` what it is. Some clients leave it out.
fn check_schemas(schemas: Option<&Value>) -> Result<(), Error> {
    let Some(schemas) = schemas else {
        return Ok(());
    };
    let urns = schemas.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut urns = urns.iter().filter_map(Value::as_str);
    if urns.any(|urn| urn.eq_ignore_ascii_case(SEARCH_REQUEST)) {
        return Ok(());
    }
    let what = format!("schemas: must contain {SEARCH_REQUEST}");
    Err(refused("invalidSyntax", &what))
}

/// A member by its name in any case (RFC 7643 §2.1); null is none.
fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Value>, Error> {
    let mut found = body
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value);
    let first = found.next();
    if found.next().is_some() {
        return Err(refused("invalidSyntax", &format!("{name}: is given twice")));
    }
    Ok(first.filter(|value| !value.is_null()))
}

/// Names in an array, or in a text as a query has them.
fn list<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>, Error> {
    let texts: Option<Vec<&str>> = match member(body, name)? {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(text.split(',').collect()),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    let mut texts = texts.ok_or_else(|| invalid_value(name, "must be an array of strings"))?;
    texts.retain(|text| !text.trim().is_empty());
    Ok(texts)
}

/// One that is too large for us is as good as the largest.
fn whole(text: &str) -> Number {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoNumber);
    }
    let limit = if digits == text { i64::MAX } else { i64::MIN };
    Ok(text.parse().unwrap_or(limit))
}

fn json_whole(value: &Value) -> Number {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Ok(number),
            (None, Some(large)) if large >= 9.2e18 => Ok(i64::MAX),
            (None, Some(small)) if small <= -9.2e18 => Ok(i64::MIN),
            _ => Err(NoNumber),
        },
        _ => Err(NoNumber),
    }
}

fn told(cursor: &Refused) -> Error {
    match cursor {
        Refused::Invalid => refused(
            "invalidCursor",
            "cursor: is none that was given out for this query; begin with an empty one",
        ),
        Refused::Expired => refused(
            "expiredCursor",
            "cursor: is too old; begin with an empty one",
        ),
    }
}

fn invalid_value(name: &str, reason: &str) -> Error {
    refused("invalidValue", &format!("{name}: {reason}"))
}

fn refused(scim_type: &str, detail: &str) -> Error {
    Error::Scim(scim_type.to_owned(), detail.to_owned())
}
