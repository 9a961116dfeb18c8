//! What every line of a request carries: its trace id; and where metrics are counted.

use std::sync::OnceLock;

use crate::clock::{Clock, Timestamp};
use crate::config::{ConfigError, Env, text};

tokio::task_local! {
    static CONTEXT: Context;
}

/// Of the request or batch that is being served.
struct Context {
    trace_id: String,
    clock: Clock,
}

pub(super) static NAMESPACE: OnceLock<String> = OnceLock::new();

pub(super) fn namespace_from(env: &Env<'_>) -> Result<String, ConfigError> {
    let namespace = text(env, "METRICS_NAMESPACE", "");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#:".contains(&byte);
    if namespace.len() > 255 || !namespace.bytes().all(allowed) || namespace.starts_with("AWS/") {
        let reason =
            "must be empty or at most 255 letters, digits and .-_/#: not beginning with AWS/";
        return Err(ConfigError::new("METRICS_NAMESPACE", reason));
    }
    Ok(namespace)
}

/// Where metrics are counted, if anywhere.
pub(super) fn namespace() -> Option<&'static str> {
    let namespace = NAMESPACE.get().map(String::as_str);
    namespace.filter(|namespace| !namespace.is_empty())
}

/// Work whose lines carry this trace id, and the time of this clock.
pub fn traced<F: Future>(
    trace_id: &str,
    clock: &Clock,
    work: F,
) -> impl Future<Output = F::Output> {
    let context = Context {
        trace_id: trace_id.to_owned(),
        clock: clock.clone(),
    };
    CONTEXT.scope(context, work)
}

/// Of the request that is being served.
pub(super) fn trace_id() -> Option<String> {
    CONTEXT.try_with(|context| context.trace_id.clone()).ok()
}

/// By the clock of what is being served, so that a line's time and the times in it agree; outside, the system's.
pub(super) fn now() -> Timestamp {
    let served = CONTEXT.try_with(|context| context.clock.now());
    served.unwrap_or_else(|_| Clock::system().now())
}
