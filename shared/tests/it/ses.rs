//! Amazon SES: what it is asked, what its answers mean, and what becomes of an e-mail whose answer does not come.

use std::time::Duration;

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::stub::{Broken, Line, answering, calls, json as sent_json, only_request, saying};
use crate::support::{BODY, HTML, SUBJECT, Sender, custom_email};

fn ses() -> Value {
    json!({"provider": "ses"})
}

fn sent() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"MessageId": "1"}))
}

/// As AWS's REST JSON services say it (<https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>).
fn error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("x-amzn-errortype", code)
        .set_body_json(json!({"message": message}))
}

#[tokio::test]
async fn what_is_asked() {
    let stub = answering(sent()).await;
    let sender = Sender::ses(&stub.uri(), &ses()).await;
    assert_eq!(sender.send().await, "sent");
    let request = only_request(&stub).await;
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.url.path(), "/v2/email/outbound-emails");
    let utf8 = |text: &str| json!({"Charset": "UTF-8", "Data": text});
    assert_eq!(
        sent_json(&request),
        json!({
            "FromEmailAddress": "\"ACME, Inc.\" <no-reply@acme.example>",
            "Destination": {"ToAddresses": ["Bob+x@abc.com"]},
            "Content": {"Simple": {
                "Subject": utf8(SUBJECT),
                "Body": {"Text": utf8(BODY), "Html": utf8(HTML)},
            }},
            "ConfigurationSetName": "events",
        })
    );
}

#[tokio::test]
async fn what_its_answers_mean() {
    let suppressed = "Address is on the suppression list";
    let sandbox = "Email address is not verified. The following identities failed the check in region US-EAST-1: \
                   Bob+x@abc.com";
    for (answer, expected) in [
        (sent(), "sent"),
        (
            error(400, "MessageRejected", suppressed),
            "the address was refused: MessageRejected",
        ),
        (
            error(400, "BadRequestException", "Illegal address"),
            "the address was refused: BadRequestException",
        ),
        (
            error(400, "MessageRejected", sandbox),
            "rejected: MessageRejected",
        ),
        (
            error(400, "AccountSuspendedException", ""),
            "rejected: AccountSuspendedException",
        ),
        (
            error(400, "SendingPausedException", ""),
            "rejected: SendingPausedException",
        ),
        (
            error(400, "MailFromDomainNotVerifiedException", ""),
            "rejected: MailFromDomainNotVerifiedException",
        ),
        (
            error(404, "NotFoundException", ""),
            "rejected: NotFoundException",
        ),
        (
            error(429, "TooManyRequestsException", ""),
            "throttled: TooManyRequestsException",
        ),
        (
            error(400, "LimitExceededException", ""),
            "throttled: LimitExceededException",
        ),
        (
            error(403, "AccessDeniedException", ""),
            "not authorized: AccessDeniedException",
        ),
        (
            error(403, "InvalidSignatureException", ""),
            "not authorized: InvalidSignatureException",
        ),
        (
            error(500, "InternalFailure", ""),
            "unknown: 500 InternalFailure",
        ),
        (
            ResponseTemplate::new(404).set_body_string("nothing"),
            "rejected: 404",
        ),
        (
            ResponseTemplate::new(502).set_body_string("<html>"),
            "unknown: 502",
        ),
        (ResponseTemplate::new(504), "unknown: 504"),
        (
            ResponseTemplate::new(200).set_body_string("<html>"),
            "unknown: 200",
        ),
    ] {
        let stub = answering(answer).await;
        let said = Sender::ses(&stub.uri(), &ses()).await.send().await;
        assert_eq!(said, expected);
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
        let sender = Sender::ses(&stub.url, &ses()).await;
        let said = sender.send_within(Duration::from_millis(500)).await;
        assert_eq!(said, expected, "{line:?}");
        assert_eq!(stub.calls(), 1, "{line:?}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let said = Sender::ses(&url, &ses()).await.send().await;
    assert_eq!(said, "unavailable: no connection");
}

/// What SES says of the account, another provider may not; what it says of the address, it would.
#[tokio::test]
async fn another_provider_is_tried_for_what_is_not_of_the_address() {
    for (answer, said, others) in [
        (error(400, "SendingPausedException", ""), "sent", 1),
        (error(429, "TooManyRequestsException", ""), "sent", 1),
        (error(403, "AccessDeniedException", ""), "sent", 1),
        (
            error(400, "MessageRejected", "Address is on the suppression list"),
            "the address was refused: MessageRejected",
            0,
        ),
    ] {
        let (first, second) = (answering(answer).await, saying(200, &json!({})).await);
        let secret = json!([ses(), custom_email(&second.uri())]);
        let sender = Sender::ses(&first.uri(), &secret).await;
        assert_eq!(sender.send().await, said);
        assert_eq!((calls(&first).await, calls(&second).await), (1, others));
    }
}

/// SES has no SMTPUTF8: it is not asked, and another provider may be.
#[tokio::test]
async fn an_address_of_other_letters_goes_elsewhere() {
    let (first, second) = (answering(sent()).await, saying(200, &json!({})).await);
    let secret = json!([ses(), custom_email(&second.uri())]);
    let sender = Sender::ses(&first.uri(), &secret).await;
    let said = sender.send_as("josé@bücher.example", "", None, BODY).await;
    assert_eq!(said, "sent");
    assert_eq!(calls(&first).await, 0);
    let sent = sent_json(&only_request(&second).await);
    assert_eq!(sent["to"], "josé@xn--bcher-kva.example");
    let alone = Sender::ses(&first.uri(), &ses()).await;
    let said = alone.send_as("josé@bücher.example", "", None, BODY).await;
    assert_eq!(said, "rejected: an address that is not ASCII");
    // A domain alone is A-labels anyway.
    assert_eq!(
        alone.send_as("jose@bücher.example", "", None, BODY).await,
        "sent"
    );
    let sent = sent_json(&only_request(&first).await);
    assert_eq!(
        sent["Destination"]["ToAddresses"][0],
        "jose@xn--bcher-kva.example"
    );
}
