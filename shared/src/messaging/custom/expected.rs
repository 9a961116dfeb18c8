//! Whether a gateway's answer means that it took the message over.

use serde_json::Value;

use crate::messaging::custom::{failure, xml};
use crate::messaging::http_client::Answer;
use crate::messaging::message::SendError;
use crate::messaging::secret::{FieldError, Fields};

/// What an answer must look like.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Empty: any 2xx.
    statuses: Vec<u16>,
    /// With `*` for anything; compared with JSON as it is without spaces.
    body: Option<String>,
}

impl Expected {
    /// `expectedStatus` (`200,202`, 200 or [200, 202]) and `expectedBody`.
    pub fn of(fields: &mut Fields) -> Result<Self, FieldError> {
        let status = |value: &Value| match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let values = match fields.take("expectedStatus") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) if text.trim().is_empty() => Vec::new(),
            Some(Value::String(text)) => text.split(',').map(Value::from).collect(),
            Some(Value::Array(values)) => values,
            Some(value) => vec![value],
        };
        let statuses = values.iter().map(|value| {
            status(value)
                .and_then(|status| u16::try_from(status).ok())
                .filter(|status| (200..600).contains(status))
                .ok_or_else(|| fields.wrong("expectedStatus", "must be statuses such as 200,202"))
        });
        Ok(Self {
            statuses: statuses.collect::<Result<_, _>>()?,
            body: fields.optional_text("expectedBody")?,
        })
    }

    pub fn check(&self, answer: &Answer) -> Result<(), SendError> {
        let status = answer.status;
        let expected = if self.statuses.is_empty() {
            status.is_success()
        } else {
            self.statuses.contains(&status.as_u16())
        };
        let text = answer
            .body
            .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let json: Option<Value> = serde_json::from_str(text).ok();
        let nonsense = match json {
            Some(_) => None,
            None if is_page(text) => Some("a page"),
            None if text.starts_with("<?xml") && !xml::read(text).well_formed => Some("broken XML"),
            None => (answer.says_json && text.starts_with(['{', '['])).then_some("broken JSON"),
        };
        let fails = match (&self.body, &json) {
            _ if !expected => true,
            (Some(pattern), Some(json)) => {
                let compact = json.to_string();
                !matches(pattern, &compact) && !matches(&compacted(pattern), &compact)
            }
            (Some(pattern), None) => !matches(pattern, text),
            (None, Some(json)) => failure::is_in(json),
            (None, None) => nonsense.is_some() || failure::is_in_text(text),
        };
        let said = status.as_u16().to_string();
        Err(match nonsense {
            _ if !fails => return Ok(()),
            Some(nonsense) if expected || status.is_success() => {
                SendError::Unknown(format!("{said} with {nonsense}"))
            }
            _ if !expected => SendError::of_status(status, said),
            _ => SendError::Rejected(format!("{said} with an error inside")),
        })
    }
}

/// A page for people: no gateway answers with one, but what stands in front of it may.
fn is_page(text: &str) -> bool {
    ["<!doctype html", "<html"].iter().any(|start| {
        let begins = text.get(..start.len());
        begins.is_some_and(|begins| begins.eq_ignore_ascii_case(start))
    })
}

/// A pattern of JSON as JSON is compared: without blanks outside texts, and without the backslash of `\/`, which
/// stands for the same (RFC 8259 §7).
fn compacted(pattern: &str) -> String {
    let mut compact = String::with_capacity(pattern.len());
    let mut inside = false;
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\\', Some('/')) => {}
            ('\\', Some(_)) => {
                compact.push(c);
                compact.extend(characters.next());
            }
            (c, _) if c.is_ascii_whitespace() && !inside => {}
            (c, _) => {
                inside ^= c == '"';
                compact.push(c);
            }
        }
    }
    compact
}

/// Whether the text is the pattern, with anything at its asterisks.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = rest.split_at(at + piece.len()).1,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    fn outcome(expected: &str, status: u16, body: &str) -> String {
        said(expected, status, false, body)
    }

    fn said(expected: &str, status: u16, says_json: bool, body: &str) -> String {
        let mut fields = Fields::providers(expected).unwrap().remove(0);
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            says_json,
            body: body.to_owned(),
        };
        match Expected::of(&mut fields).unwrap().check(&answer) {
            Ok(()) => "sent".to_owned(),
            Err(error) => error.outcome().to_owned(),
        }
    }

    #[test]
    fn what_an_answer_means() {
        for (expected, status, body, outcome_is) in [
            ("{}", 200, "", "sent"),
            ("{}", 202, r#"{"data":{}}"#, "sent"),
            ("{}", 302, "", "rejected"),
            ("{}", 401, "", "unauthorized"),
            ("{}", 403, "", "unauthorized"),
            ("{}", 429, "", "throttled"),
            ("{}", 500, "", "unknown"),
            ("{}", 200, r#"{"messages":[{"status":"0"}]}"#, "sent"),
            ("{}", 200, r#"{"messages":[{"status":"4"}]}"#, "rejected"),
            ("{}", 200, r#"{"error":"no credit"}"#, "rejected"),
            ("{}", 200, r#"{"error":null,"errors":[]}"#, "sent"),
            ("{}", 201, r#"{"status":"FAILED"}"#, "rejected"),
            ("{}", 200, " <!DOCTYPE html><title>Sign in", "unknown"),
            ("{}", 200, "<html>", "unknown"),
            ("{}", 200, "<?xml version=\"1.0\"?><ok/>", "sent"),
            ("{}", 200, "<htm", "sent"),
            (
                "{}",
                202,
                r#"{"data":{"message":[{"accepted":false,"to":"","apiMessageId":""}]}}"#,
                "rejected",
            ),
            (
                "{}",
                202,
                r#"{"messages":[{"accepted":true,"error":null},{"error":{"code":607}}]}"#,
                "rejected",
            ),
            (
                "{}",
                202,
                r#"{"messages":[{"accepted":true,"error":null}],"error":null}"#,
                "sent",
            ),
            (r#"{"expectedStatus":""}"#, 201, "", "sent"),
            (r#"{"expectedStatus":"200,202"}"#, 202, "", "sent"),
            (r#"{"expectedStatus":"200, 202"}"#, 201, "", "rejected"),
            (r#"{"expectedStatus":[202]}"#, 200, "", "rejected"),
            (r#"{"expectedBody":"0|*"}"#, 200, "0|IN_PROGRESS|12", "sent"),
            (
                r#"{"expectedBody":"0|*"}"#,
                200,
                "23|invalid credentials|",
                "rejected",
            ),
            (
                r#"{"expectedBody":"*\"status\":\"0\"*"}"#,
                200,
                "{\"messages\": [{\"status\": \"0\"}]}",
                "sent",
            ),
        ] {
            assert_eq!(
                outcome(expected, status, body),
                outcome_is,
                "{expected} {status} {body}"
            );
        }
        // It alone decides, and how the JSON is written down does not matter to it.
        let pattern = r#"{"expectedBody":"*\"status\": \"a b\" , \"url\" : \"https:\\/\\/x\"*"}"#;
        for (body, outcome_is) in [
            (
                r#"{"status":"a b","url":"https://x","error":"no credit"}"#,
                "sent",
            ),
            (
                "{ \"status\" : \"a b\",\n \"url\": \"https:\\/\\/x\" }",
                "sent",
            ),
            (r#"{"status":"ab","url":"https://x"}"#, "rejected"),
            (r#"{"status": "a b"}"#, "rejected"),
        ] {
            assert_eq!(outcome(pattern, 200, body), outcome_is, "{body}");
        }
        for wrong in [
            r#"{"expectedStatus":"2xx"}"#,
            r#"{"expectedStatus":true}"#,
            r#"{"expectedStatus":199}"#,
        ] {
            let mut fields = Fields::providers(wrong).unwrap().remove(0);
            assert!(Expected::of(&mut fields).is_err(), "{wrong}");
        }
    }

    #[test]
    fn json_that_breaks_off_tells_nothing() {
        for (expected, body, outcome_is) in [
            ("{}", "{\"id\":1}", "sent"),
            ("{}", "\u{feff}{\"id\":1}\n", "sent"),
            ("{}", "", "sent"),
            ("{}", " \n", "sent"),
            ("{}", "{\"id\":", "unknown"),
            ("{}", "queued", "sent"),
            ("{}", "[{\"id\"", "unknown"),
            ("{}", "ERROR 5", "rejected"),
            ("{}", "<html>", "unknown"),
            (
                "{}",
                "<?xml version=\"1.0\"?><response><id>1</id>",
                "unknown",
            ),
            (
                "{}",
                "<?xml version=\"1.0\"?><response><id>1</id></response>",
                "sent",
            ),
            (r#"{"expectedBody":"OK*"}"#, "OK 1", "sent"),
        ] {
            assert_eq!(said(expected, 200, true, body), outcome_is, "{body}");
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("ok", "ok", true),
            ("ok", "ok!", false),
            ("ok*", "ok!", true),
            ("*ok", "not ok", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxcyyb", false),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
