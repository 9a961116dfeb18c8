//! What every line of a request carries: its trace id; and where metrics are counted.

use crate::config::{ConfigError, Env, text};
use std::sync::OnceLock;

tokio::task_local! {
    static TRACE_ID: String;
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
pub(crate) fn namespace() -> Option<&'static str> {
    let namespace = NAMESPACE.get().map(String::as_str);
    namespace.filter(|namespace| !namespace.is_empty())
}

/// Work whose log lines carry this trace id.
pub fn traced<F: Future>(trace_id: &str, work: F) -> impl Future<Output = F::Output> {
    TRACE_ID.scope(trace_id.to_owned(), work)
}

/// Of the request that is being served.
pub(crate) fn trace_id() -> Option<String> {
    TRACE_ID.try_with(Clone::clone).ok()
}
