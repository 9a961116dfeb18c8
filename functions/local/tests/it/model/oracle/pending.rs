//! What a user's verification item says: claims and messages.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use shared::clock::Timestamp;
use shared::verification::scenario::Scenario;

use super::DAY;
use crate::model::kind::spelled;

/// Those that have not ended by then.
pub fn claims(
    pending: &Map<String, Value>,
    now: Timestamp,
) -> impl Iterator<Item = (Scenario, &Value)> {
    let claims = Scenario::ALL.into_iter();
    let claims = claims.filter_map(|scenario| Some((scenario, pending.get(scenario.attribute())?)));
    claims.filter(move |(_, claim)| claim["expires"].as_i64() > Some(now.millis()))
}

/// By the id of the code: when and where to.
pub fn sends(pending: &Map<String, Value>) -> BTreeMap<String, (i64, String)> {
    let sends = pending.get("sends").and_then(Value::as_object);
    let sends = sends.into_iter().flatten().map(|(id, sent)| {
        let to = spelled(sent["to"].as_str().unwrap_or_default());
        (id.clone(), (sent["at"].as_i64().unwrap_or_default(), to))
    });
    sends.collect()
}

/// Without claims and sends that are over.
pub fn living(pending: &Map<String, Value>, now: Timestamp) -> Map<String, Value> {
    let mut pending = pending.clone();
    let over = |time: &Value, kept: Duration| {
        time.as_i64()
            .is_none_or(|at| Timestamp::from_millis(at) + kept <= now)
    };
    for scenario in Scenario::ALL {
        let claim = pending.get(scenario.attribute());
        if claim.is_some_and(|claim| over(&claim["expires"], Duration::ZERO)) {
            pending.remove(scenario.attribute());
        }
    }
    if let Some(sends) = pending.get_mut("sends").and_then(Value::as_object_mut) {
        sends.retain(|_, sent| !over(&sent["at"], DAY));
    }
    pending.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));
    pending
}
