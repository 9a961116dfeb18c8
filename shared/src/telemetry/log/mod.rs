//! Log lines: JSON on standard output, which Lambda hands to CloudWatch; those of a request carry its trace id.
//! Only this project's own lines below WARN: a library's might hold what a message or an item holds.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use crate::config::{ConfigError, Env, text};
use crate::telemetry::audit;
use crate::telemetry::context::{self, NAMESPACE, namespace_from, trace_id};

/// `LOG_LEVEL`: ERROR, WARN, INFO or DEBUG. `METRICS_NAMESPACE`: where metrics are counted; empty for no metrics.
/// Once per process; later calls change nothing.
pub fn start(env: &Env<'_>, packages: &[&str]) -> Result<(), ConfigError> {
    start_to(env, packages, std::io::stdout)
}

/// The same with another place for the lines.
pub fn start_to<W>(env: &Env<'_>, packages: &[&str], to: W) -> Result<(), ConfigError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = text(env, "LOG_LEVEL", "INFO")
        .parse()
        .map_err(|_| ConfigError::new("LOG_LEVEL", "must be ERROR, WARN, INFO or DEBUG"))?;
    let namespace = namespace_from(env)?;
    // Both fail only where they are set already, such as in tests.
    let _ = tracing::subscriber::set_global_default(lines_to(packages, level, to));
    let _ = NAMESPACE.set(namespace);
    Ok(())
}

/// Writes log lines somewhere; audit lines whatever the level is.
pub fn lines_to<W>(packages: &[&str], level: LevelFilter, to: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_target("shared", level)
        .with_targets(
            packages
                .iter()
                .map(|package| (package.replace('-', "_"), level)),
        )
        .with_target(audit::TARGET, LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .event_format(Lines)
        .with_writer(to);
    tracing_subscriber::registry().with(targets).with(lines)
}

/// One flat JSON object a line; an audit line is one already.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        if about.target() == audit::TARGET {
            event.record(&mut Said(writer.by_ref()));
            return writeln!(writer);
        }
        let mut members = Members::default();
        members.add("timestamp", context::now().rfc3339());
        members.add("level", about.level().as_str());
        event.record(&mut members);
        members.add("target", about.target());
        if let Some(trace_id) = trace_id() {
            members.add("trace_id", trace_id);
        }
        writeln!(writer, "{}", Value::Object(members.0))
    }
}

/// Writes what an event says, as it is.
struct Said<'w>(Writer<'w>);

impl Visit for Said<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Into memory: it does not fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// An event's fields.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }
}

#[cfg(test)]
mod tests;
