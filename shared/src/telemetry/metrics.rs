//! Metrics in CloudWatch's Embedded Metric Format: members that make a log line a metric.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::clock::Timestamp;

/// What an event adds to one of CloudWatch's metrics.
pub(super) struct Metric {
    pub name: &'static str,
    pub value: u64,
    /// Members of the line; every value costs by the month, so only such as have few: never a user or a number.
    pub dimensions: &'static [&'static [&'static str]],
}

/// The members that make a log line a metric: its value, and `_aws`, which says what it is.
pub(super) struct Embedded<'a> {
    metric: Metric,
    aws: Aws<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Aws<'a> {
    timestamp: i64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: &'static [&'static [&'static str]],
    metrics: [Definition; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

impl Metric {
    pub fn embedded(self, at: Timestamp, namespace: &str) -> Embedded<'_> {
        let definition = Definition {
            name: self.name,
            unit: "Count",
        };
        let directive = Directive {
            namespace,
            dimensions: self.dimensions,
            metrics: [definition],
        };
        let aws = Aws {
            timestamp: at.millis(),
            cloud_watch_metrics: [directive],
        };
        Embedded { metric: self, aws }
    }
}

impl Serialize for Embedded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(2))?;
        members.serialize_entry(self.metric.name, &self.metric.value)?;
        members.serialize_entry("_aws", &self.aws)?;
        members.end()
    }
}
