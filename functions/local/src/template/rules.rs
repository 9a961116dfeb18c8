//! A template's `Rules`: what must hold between parameters before anything is made.

use serde_json::{Map, Value};

use crate::template::error::TemplateError;
use crate::template::intrinsics::Scope;

/// The template's `Rules`: what must hold between parameters.
pub(super) fn check_rules(
    rules: Option<&Map<String, Value>>,
    scope: &Scope<'_>,
) -> Result<(), TemplateError> {
    for (name, rule) in rules.into_iter().flatten() {
        let applies = match rule.get("RuleCondition") {
            Some(condition) => scope.truth(condition)?,
            None => true,
        };
        let assertions = rule.get("Assertions").and_then(Value::as_array);
        for assertion in assertions.into_iter().flatten().filter(|_| applies) {
            let holds = match assertion.get("Assert") {
                Some(assert) => scope.truth(assert)?,
                None => true,
            };
            if !holds {
                return Err(TemplateError::Rule {
                    rule: name.clone(),
                    reason: assertion
                        .get("AssertDescription")
                        .and_then(Value::as_str)
                        .unwrap_or("does not hold")
                        .to_owned(),
                });
            }
        }
    }
    Ok(())
}
