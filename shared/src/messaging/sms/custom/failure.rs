//! Errors within a success, in the ways in which gateways are known to say so: in JSON at any place down to some depth,
//! in the first word of a text, in the elements of XML.

use serde_json::Value;

/// Levels of JSON that are looked through; an answer about one message has fewer.
const DEEPEST: usize = 12;

/// An error, unless the value says that there is none.
const ERRORS: [&str; 3] = ["error", "errors", "errorcode"];

/// A plain no where they are false.
const NOES: [&str; 4] = ["success", "accepted", "ok", "status"];

/// What tells how it went, and the words for badly.
const OUTCOMES: [&str; 2] = ["status", "result"];
const FAILURES: [&str; 6] = [
    "failed",
    "fail",
    "failure",
    "undelivered",
    "rejected",
    "error",
];

/// First words of a text that tells of a failure.
const FIRST_WORDS: [&str; 5] = ["err", "error", "fail", "failed", "failure"];

/// Values of an error that is none.
const NO_ERROR: [&str; 7] = ["", "none", "null", "false", "ok", "success", "no error"];

pub fn is_in(body: &Value) -> bool {
    match body {
        Value::String(text) => is_in_text(text),
        body => has_failed_part(body) || is_within(body, DEEPEST),
    }
}

/// Of a text that is no JSON.
pub fn is_in_text(text: &str) -> bool {
    let text = text.trim_start();
    if text.starts_with('<') {
        return elements(text).any(|(name, content)| fails(name, &Value::from(content)));
    }
    let letters = text.find(|c: char| !c.is_ascii_alphabetic());
    let (word, rest) = text
        .split_at_checked(letters.unwrap_or(text.len()))
        .unwrap_or_default();
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    // `error=0` tells of none.
    let number = rest.split(|c: char| !c.is_ascii_digit()).next();
    is_one_of(word, &FIRST_WORDS) && !number.is_some_and(is_zero)
}

/// Parts of a message, whose `status` may also be a number other than `0`.
fn has_failed_part(body: &Value) -> bool {
    let parts = body
        .get("messages")
        .or_else(|| body.pointer("/data/message"));
    let failed = |part: &Value| {
        let status = part.get("status").and_then(Value::as_str);
        let digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        status.filter(digits).is_some_and(|status| status != "0")
    };
    let parts = parts.and_then(Value::as_array);
    parts.is_some_and(|parts| parts.iter().any(failed))
}

fn is_within(value: &Value, levels: usize) -> bool {
    let Some(left) = levels.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(entries) => entries.iter().any(|entry| is_within(entry, left)),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| fails(name, value) || is_within(value, left)),
        _ => false,
    }
}

/// Whether a member says so: an error, a plain no, or a failure in so many words.
fn fails(name: &str, value: &Value) -> bool {
    let plain: String = name.chars().filter(|c| !"_-".contains(*c)).collect();
    let text = value.as_str().map(str::trim);
    let no = value == &Value::Bool(false) || text.is_some_and(|text| is_one_of(text, &["false"]));
    is_one_of(&plain, &ERRORS) && is_error(value)
        || is_one_of(&plain, &NOES) && no
        || is_one_of(&plain, &OUTCOMES) && text.is_some_and(|text| is_one_of(text, &FAILURES))
}

fn is_error(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !is_zero(text.trim()) && !is_one_of(text.trim(), &NO_ERROR),
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(members) => {
            // Its code may be that of no error.
            let code = members
                .iter()
                .find(|(name, _)| is_one_of(name, &["code"]))
                .map(|(_, code)| code);
            let none = code.is_some_and(|code| !code.is_null() && !is_error(code));
            !members.is_empty() && !none
        }
        Value::Bool(true) => true,
    }
}

fn is_zero(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'0')
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The elements that begin in a text of XML, without prefix, and what comes before the next tag.
fn elements(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let tags = text.split('<').filter_map(|piece| piece.split_once('>'));
    tags.filter(|(tag, _)| !tag.ends_with('/'))
        .map(|(tag, content)| {
            let name = tag.split_whitespace().next().unwrap_or_default();
            let local = name.split_once(':').map_or(name, |(_, local)| local);
            (local, content.trim())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(body: &str) -> bool {
        match serde_json::from_str(body) {
            Ok(json) => is_in(&json),
            Err(_) => is_in_text(body),
        }
    }

    #[test]
    fn failures() {
        for body in [
            r#"[{"status":"failed"}]"#,
            r#"[{"status":"sent"},{"status":"Failure"}]"#,
            r#"{"Status":"FAILED"}"#,
            r#"{"status":"fail"}"#,
            r#"{"status":"failure"}"#,
            r#"{"status":"undelivered"}"#,
            r#"{"status":" error "}"#,
            r#"{"status":false}"#,
            r#"{"result":"error","message":"no credit"}"#,
            r#"{"result":{"error":{"code":5}}}"#,
            r#"{"error":{"code":null,"message":"no credit"}}"#,
            r#"{"Response":{"Error_Code":"0012"}}"#,
            r#"{"ErrorCode":"113"}"#,
            r#"{"error":true}"#,
            r#"{"errors":[{"code":2}]}"#,
            r#"{"errors":["0 credits"]}"#,
            r#"{"data":[{"success":"false"}]}"#,
            r#"{"Success":false}"#,
            r#"{"ok":false}"#,
            r#"{"a":[[{"b":{"accepted":"False"}}]]}"#,
            r#"{"messages":[{"status":"4"}]}"#,
            r#""ERR 105""#,
            "ERR: 105",
            "ERR: 001, Authentication failed",
            "ERR105",
            "ERR",
            "ERROR bad creds",
            "error=12",
            "Failed",
            "FAIL|no credit",
            "failed: no route",
            "<?xml version=\"1.0\"?>\n<response><status>error</status></response>",
            "<r><ns:Status code=\"5\"> FAILED </ns:Status></r>",
            "<result>failure</result>",
            "<r><error>Invalid login</error></r>",
            "<r><error><code>5</code></error><success>false</success></r>",
        ] {
            assert!(fails(body), "{body}");
        }
    }

    /// Many of them as gateways answer whose documentation shows it.
    #[test]
    fn successes() {
        for body in [
            "",
            "{}",
            "[]",
            "0",
            "null",
            r#"{"error":false}"#,
            r#"{"error":"false"}"#,
            r#"{"error":""}"#,
            r#"{"error":0}"#,
            r#"{"error":{}}"#,
            r#"{"error":{"code":0,"message":"No Error"}}"#,
            r#"{"errors":[],"status":"queued"}"#,
            r#"{"status":"OK","error":"0"}"#,
            r#"{"status":"success","errors":[],"warnings":[{"code":3,"message":"Invalid number"}]}"#,
            r#"{"ErrorCode":"000","ErrorMessage":"Success","JobId":"20047"}"#,
            r#"{"status":"0"}"#,
            r#"{"status":200}"#,
            r#"{"status":true,"success":"true"}"#,
            r#"{"messages":[{"status":"0"},{"status":{"groupId":1,"groupName":"PENDING","name":"PENDING_ACCEPTED"}}]}"#,
            r#"{"messages":[{"to":"60123456789","status":"queued","error":null}]}"#,
            r#"{"data":{"message":[{"accepted":true,"to":"60123456789"}]}}"#,
            r#"{"message":"message(s) queued","message_uuid":["db3ce55a"],"api_id":"db342550"}"#,
            r#"{"sid":"SM1","status":"queued","error_code":null,"error_message":null,"subresource_uris":{"media":"/m.json"}}"#,
            r#"{"count":1,"list":[{"id":"1460","points":0.16,"status":"QUEUE","error":null}]}"#,
            r#"{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[{"statusCode":101,"status":"Success"}]}}"#,
            r#"{"recipients":{"totalSentCount":1,"items":[{"status":"sent"}]}}"#,
            r#"{"accepted":["+60123456789"],"rejected":[],"failed":0}"#,
            r#""OK""#,
            "OK: 123",
            "OK",
            "ID: f3d1a2",
            "0|IN_PROGRESS|12",
            "1701|60123456789|9f2c",
            "Errors: 0",
            "error=0&id=5",
            "ERR: 000",
            "Failed: 0, sent: 1",
            "Ferry",
            "<response><status>OK</status><error/></response>",
            "<response><error>0</error><errors></errors><result>0</result></response>",
            "<status/>error",
            "<a><b c=\"status\">error</b></a>",
            "<",
            "<<>>",
        ] {
            assert!(!fails(body), "{body}");
        }
    }

    #[test]
    fn deep_answers_are_looked_through_so_far() {
        let nested = |levels: usize| {
            let (open, close) = ("{\"a\":".repeat(levels), "}".repeat(levels));
            format!("{open}{{\"status\":\"failed\"}}{close}")
        };
        assert!(fails(&nested(DEEPEST - 1)));
        assert!(!fails(&nested(DEEPEST)));
    }
}
