//! Errors within a success, in the ways in which gateways are known to say so: in JSON at any place down to some depth,
//! in the elements and attributes of XML, in the first word of a text.

use serde_json::{Map, Value};

use crate::messaging::custom::xml;

/// Levels of JSON that are looked through; an answer about one message has fewer.
const DEEPEST: usize = 12;

/// A plain no where they are false, and a plain yes where they are true. Names are compared without case and signs.
const FLAGS: [&str; 9] = [
    "accepted",
    "issuccess",
    "ok",
    "result",
    "return",
    "sent",
    "status",
    "success",
    "successful",
];

/// An error, unless the value says that there is none.
const ERRORS: [&str; 5] = ["error", "errors", "errortext", "fault", "requesterror"];

/// The code of one; many gateways have a code of their own for success.
const ERROR_CODES: [&str; 3] = ["errcode", "errorcode", "errorid"];

/// A status of HTTP, or one like it.
const STATUS_CODES: [&str; 2] = ["httpstatuscode", "statuscode"];

/// What tells how it went, in a word.
const OUTCOMES: [&str; 12] = [
    "deliverystatus",
    "groupname",
    "messagestatus",
    "result",
    "smsstatus",
    "stat",
    "state",
    "status",
    "statusname",
    "statustext",
    "submissionstatus",
    "type",
];

/// The same, within one of those.
const WITHIN_OUTCOMES: [&str; 3] = ["code", "name", xml::TEXT];

/// Words for badly; in a name of several (`REJECTED_NOT_ENOUGH_CREDITS`, `UserInBlacklist`) the first or the last.
const FAILURES: [&str; 20] = [
    "blacklist",
    "blacklisted",
    "blocked",
    "canceled",
    "cancelled",
    "error",
    "expired",
    "fail",
    "failed",
    "failure",
    "invalid",
    "rejectd",
    "rejected",
    "rejection",
    "unauthorised",
    "unauthorized",
    "undeliv",
    "undeliverable",
    "undelivered",
    "unsuccessful",
];

/// First words of a text that tells of a failure, beside those.
const FIRST_WORDS: [&str; 3] = ["bad", "err", "nok"];

/// Values of an error that is none.
const NO_ERROR: [&str; 11] = [
    "", "none", "null", "false", "ok", "success", "no error", "no_error", "noerror", "er-00",
    "s1000",
];

/// Of an answer in JSON.
pub fn is_in(body: &Value) -> bool {
    match body {
        Value::String(text) => is_in_text(text),
        body => has_failed_part(body) || is_within(body, "", DEEPEST),
    }
}

/// Of a text that is no JSON: XML, or words.
pub fn is_in_text(text: &str) -> bool {
    let text = text.trim_start();
    if text.starts_with('<') {
        let content = xml::read(text).content;
        let roots = content.as_object().into_iter().flatten();
        return is_within(&content, "", DEEPEST + 1)
            || roots.into_iter().any(|(_, root)| has_failed_part(root));
    }
    let letters = text.find(|c: char| !c.is_ascii_alphabetic());
    let (word, rest) = text
        .split_at_checked(letters.unwrap_or(text.len()))
        .unwrap_or_default();
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    // `error=0` tells of none.
    let number = rest.split(|c: char| !c.is_ascii_digit()).next();
    (is_one_of(word, &FIRST_WORDS) || is_one_of(word, &FAILURES)) && !number.is_some_and(is_zero)
        || text_of_nobody(text)
}

/// Parts of a message, whose `status` may also be a number other than `0`.
fn has_failed_part(body: &Value) -> bool {
    let parts = body
        .get("messages")
        .or_else(|| body.pointer("/data/message"));
    let parts = parts.map(|parts| parts.get("message").unwrap_or(parts));
    let failed = |part: &Value| {
        let status = part.get("status").and_then(Value::as_str);
        let digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let fails = status.filter(digits).is_some_and(|status| status != "0");
        fails && !part.as_object().is_some_and(says_success)
    };
    match parts {
        Some(Value::Array(parts)) => parts.iter().any(failed),
        Some(part) => failed(part),
        None => false,
    }
}

/// `within` is the name of the member whose value it is.
fn is_within(value: &Value, within: &str, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(entries) => entries.iter().any(|entry| is_within(entry, within, left)),
        Value::Object(members) => {
            let success = says_success(members);
            members.iter().any(|(name, value)| {
                let name = plain(name);
                fails(&name, value, success)
                    || is_one_of(within, &OUTCOMES) && is_in_outcome(&name, value)
                    || is_within(value, &name, left)
            })
        }
        _ => false,
    }
}

/// A name without the case and the signs that gateways write it with: `is_success`, `isSuccess`, `error-code`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !"_-. ".contains(*c));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a member says so: a plain no, an error, a status of failure, or a failure in so many words.
/// Beside a member that says success outright, a code that is not known is no failure.
fn fails(name: &str, value: &Value, success: bool) -> bool {
    let text = value.as_str().map(str::trim);
    is_one_of(name, &FLAGS) && is_flag(value, false)
        || is_one_of(name, &ERRORS) && is_error(value)
        || is_one_of(name, &ERROR_CODES) && is_error(value) && !success
        || is_one_of(name, &STATUS_CODES) && is_failing_status(value, success)
        || is_one_of(name, &OUTCOMES) && text.is_some_and(is_failure)
        || name == "text" && text.is_some_and(|text| is_one_of(text, &FAILURES))
        || text.is_some_and(text_of_nobody)
}

fn is_in_outcome(name: &str, value: &Value) -> bool {
    is_one_of(name, &WITHIN_OUTCOMES) && value.as_str().is_some_and(is_failure)
}

/// Whether one of the members says outright that it went well.
fn says_success(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| {
        let name = plain(name);
        let none = |names: &[&str]| is_one_of(&name, names) && !value.is_null() && !is_error(value);
        is_one_of(&name, &FLAGS) && is_flag(value, true)
            || none(&ERROR_CODES)
            || none(&STATUS_CODES)
            || name == "error" && value.is_object() && !is_error(value)
            || is_one_of(&name, &OUTCOMES)
                && value
                    .as_str()
                    .is_some_and(|text| is_one_of(text.trim(), &["success"]))
    })
}

/// Flags are booleans or their texts; numbers are counts and codes.
fn is_flag(value: &Value, flag: bool) -> bool {
    let text = if flag { "true" } else { "false" };
    value == &Value::Bool(flag)
        || value
            .as_str()
            .is_some_and(|value| is_one_of(value.trim(), &[text]))
}

fn is_failing_status(value: &Value, success: bool) -> bool {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    };
    match number {
        Some(400..600) => true,
        Some(600..) => !success,
        _ => false,
    }
}

fn is_error(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !is_zero(text.trim()) && !is_one_of(text.trim(), &NO_ERROR),
        Value::Array(entries) => entries.iter().any(is_error),
        Value::Object(members) => {
            // Its code, or its group, may be that of no error.
            let none = |(name, code): (&String, &Value)| {
                is_one_of(&plain(name), &["code", "groupid"]) && !code.is_null() && !is_error(code)
            };
            members.values().any(is_error) && !members.iter().any(none)
        }
        Value::Bool(true) => true,
    }
}

fn is_failure(text: &str) -> bool {
    if is_one_of(text.trim(), &NO_ERROR) {
        return false;
    }
    let words = words(text);
    let ends = [words.first(), words.last()];
    ends.into_iter()
        .flatten()
        .any(|word| is_one_of(word, &FAILURES))
}

/// The words of a text or a name, also of one in camel case.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        if c.is_ascii_alphabetic() {
            let begins = !before.is_ascii_alphabetic()
                || before.is_ascii_lowercase() && c.is_ascii_uppercase();
            match words.last_mut() {
                Some(word) if !begins => word.push(c),
                _ => words.push(c.to_string()),
            }
        }
        before = c;
    }
    words
}

/// `Sent to 0/1`: Africa's Talking's sentence.
fn text_of_nobody(text: &str) -> bool {
    let begins = text.trim_start().split_at_checked("sent to 0/".len());
    begins.is_some_and(|(begins, _)| begins.eq_ignore_ascii_case("sent to 0/"))
}

fn is_zero(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'0')
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod gateways;
#[cfg(test)]
mod tests;
