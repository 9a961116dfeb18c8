//! What operators see: log lines, the audit log, metrics.

pub mod audit;
pub mod context;
pub mod log;
mod metrics;
