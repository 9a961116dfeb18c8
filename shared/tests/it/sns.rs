//! Amazon SNS: what its answers mean, and what becomes of a message whose answer does not come.

use std::time::Duration;

use wiremock::ResponseTemplate;

use crate::stub::{Broken, Keeping, Line, answering, form, only_request};
use crate::support::{BODY, NUMBER, Sender};

fn sent() -> String {
    let result = "<PublishResult><MessageId>1</MessageId></PublishResult>";
    format!("<PublishResponse>{result}</PublishResponse>")
}

/// <https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html>
fn error(code: &str, message: &str) -> String {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
    format!("<ErrorResponse><Error>{error}</Error><RequestId>1</RequestId></ErrorResponse>")
}

#[tokio::test]
async fn what_is_asked() {
    let stub = answering(ResponseTemplate::new(200).set_body_string(sent())).await;
    assert_eq!(Sender::sns(&stub.uri()).await.send().await, "sent");
    let form = form(&only_request(&stub).await);
    for (name, value) in [
        ("Action", "Publish"),
        ("PhoneNumber", NUMBER),
        ("Message", BODY),
    ] {
        assert!(form.contains(&(name.into(), value.into())), "{name}");
    }
}

#[tokio::test]
async fn what_its_answers_mean() {
    let invalid = "Invalid parameter: PhoneNumber";
    for (status, body, expected) in [
        (200, sent(), "sent"),
        (
            400,
            error("InvalidParameter", invalid),
            "the number was refused: InvalidParameter",
        ),
        (400, error("Throttled", ""), "throttled: Throttled"),
        (400, error("Throttling", ""), "throttled: Throttling"),
        (
            403,
            error("AuthorizationError", ""),
            "not authorized: AuthorizationError",
        ),
        (400, error("KMSDisabled", ""), "rejected: KMSDisabled"),
        (404, "nothing here".into(), "rejected: 404"),
        (
            500,
            error("InternalError", ""),
            "unknown: 500 InternalError",
        ),
        (503, error("Throttled", ""), "unknown: 503 Throttled"),
        (502, "<html>Bad gateway".into(), "unknown: 502"),
        (504, String::new(), "unknown: 504"),
        (200, "<html>".into(), "unknown: 200"),
    ] {
        let answer = ResponseTemplate::new(status).set_body_string(&body);
        let stub = answering(answer).await;
        let said = Sender::sns(&stub.uri()).await.send().await;
        assert_eq!(said, expected, "{status} {body}");
        // Never twice: the first may have been taken over.
        only_request(&stub).await;
    }
}

#[tokio::test]
async fn broken_connections() {
    for (line, expected) in [
        (Line::Reset, "unknown: the connection broke"),
        (Line::Closed, "unknown: the connection broke"),
        (Line::Silent, "unknown: no answer in time"),
    ] {
        let stub = Broken::start(line).await;
        let sender = Sender::sns(&stub.url).await;
        let said = sender.send_within(Duration::from_millis(500)).await;
        assert_eq!(said, expected, "{line:?}");
        assert_eq!(stub.calls(), 1, "{line:?}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let said = Sender::sns(&url).await.send().await;
    assert_eq!(said, "unavailable: no connection");
}

/// SNS refuses what has no action: nobody is sent anything, whatever the sender's own settings are.
#[tokio::test]
async fn warming_up_asks_for_nothing() {
    let stub = answering(ResponseTemplate::new(400)).await;
    Sender::sns(&stub.uri()).await.warm_up().await;
    assert_eq!(form(&only_request(&stub).await), []);
}

#[tokio::test]
async fn the_first_message_goes_by_the_connection_that_was_opened_for_it() {
    let stub = Keeping::start("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let sender = Sender::sns(&stub.url).await;
    sender.warm_up().await;
    assert_eq!(stub.connections(), 1);
    assert_eq!(sender.send().await, "rejected: 400");
    assert_eq!(stub.connections(), 1);
}

#[tokio::test]
async fn where_nobody_listens_warming_up_comes_to_an_end() {
    Sender::sns("http://127.0.0.1:9").await.warm_up().await;
}
