//! The streams behind which a function runs: event sources of type DynamoDB, as SAM has them.

use std::time::Duration;

use serde_json::Value;

use crate::template::error::TemplateError;
use crate::template::intrinsics::Scope;
use crate::template::pattern::Pattern;

/// An event source mapping between a table's stream and a function.
#[derive(Debug, Clone)]
pub struct StreamSource {
    /// The event's name in the template.
    pub name: String,
    pub stream_arn: String,
    /// The table's name in the template, which is its local one.
    pub table: String,
    /// Whether a mapping that never ran begins with the oldest record there is.
    pub from_the_start: bool,
    pub batch_size: usize,
    /// Whether the function says which records failed; else an answer is success.
    pub reports_failures: bool,
    /// None for as long as it takes.
    pub most_retries: Option<u32>,
    pub oldest_record: Option<Duration>,
    /// A record that matches one of them reaches the function; every record, where there are none.
    filters: Vec<Pattern>,
}

/// What Lambda takes, where a template says nothing.
const BATCH_SIZE: usize = 100;

impl StreamSource {
    /// Whether the function is to see a record.
    pub fn takes(&self, record: &Value) -> bool {
        let mut filters = self.filters.iter();
        self.filters.is_empty() || filters.any(|filter| filter.matches(Some(record)))
    }

    /// None where the event is of another type, or switched off.
    pub(super) fn read(
        scope: &Scope<'_>,
        (name, event): (&String, &Value),
    ) -> Result<Option<Self>, TemplateError> {
        if event.get("Type").and_then(Value::as_str) != Some("DynamoDB") {
            return Ok(None);
        }
        let invalid = |what: &str| TemplateError::invalid(format!("the event {name} {what}"));
        let properties = event.get("Properties").unwrap_or(&Value::Null);
        let text = |key: &str| match properties.get(key) {
            Some(value) => scope.text(value),
            None => Ok(None),
        };
        if text("Enabled")?.as_deref() == Some("false") {
            return Ok(None);
        }
        let number = |key: &str| match text(key)?.as_deref() {
            None | Some("-1") => Ok(None),
            Some(number) => {
                let number = number.parse::<u32>().ok();
                let wrong = || invalid(&format!("has a {key} that is no number"));
                number.map(Some).ok_or_else(wrong)
            }
        };
        let stream_arn = text("Stream")?.ok_or_else(|| invalid("has no Stream"))?;
        let table = table(&stream_arn).ok_or_else(|| invalid("has a Stream of no table"))?;
        let reported = match properties.get("FunctionResponseTypes") {
            Some(types) => scope.texts(types)?,
            None => Vec::new(),
        };
        Ok(Some(Self {
            name: name.clone(),
            table: table.to_owned(),
            from_the_start: text("StartingPosition")?.as_deref() == Some("TRIM_HORIZON"),
            batch_size: number("BatchSize")?.map_or(BATCH_SIZE, |size| size.max(1) as usize),
            reports_failures: reported.iter().any(|one| one == "ReportBatchItemFailures"),
            most_retries: number("MaximumRetryAttempts")?,
            oldest_record: number("MaximumRecordAgeInSeconds")?
                .map(|seconds| Duration::from_secs(seconds.into())),
            filters: filters(scope, name, properties)?,
            stream_arn,
        }))
    }
}

fn filters(
    scope: &Scope<'_>,
    name: &str,
    properties: &Value,
) -> Result<Vec<Pattern>, TemplateError> {
    let filters = properties.pointer("/FilterCriteria/Filters");
    let filters = filters.and_then(Value::as_array).into_iter().flatten();
    let patterns = filters.filter_map(|filter| filter.get("Pattern"));
    let read = patterns.map(|pattern| {
        let pattern = Pattern::parse(&scope.text(pattern)?.unwrap_or_default());
        pattern.map_err(|wrong| {
            TemplateError::invalid(format!("the event {name} has a filter that {wrong}"))
        })
    });
    read.collect()
}

/// `arn:aws:dynamodb:…:table/<name>/stream/<label>`.
fn table(stream_arn: &str) -> Option<&str> {
    let (_, rest) = stream_arn.split_once(":table/")?;
    let (table, _) = rest.split_once("/stream/")?;
    Some(table)
}
