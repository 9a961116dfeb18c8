//! What gateways answer, each as it is documented, and which of it is a failure.

use super::gateways::{FAILED, TAKEN_OVER};
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

#[test]
fn gateways_that_took_the_message_over() {
    for (gateway, body) in TAKEN_OVER {
        assert!(!fails(body), "{gateway}: {body}");
    }
}

#[test]
fn gateways_that_did_not() {
    for (gateway, body) in FAILED {
        assert!(fails(body), "{gateway}: {body}");
    }
}
