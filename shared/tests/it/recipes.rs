//! The shipped recipes of `events/sms-secrets`, and the documented settings that they come from,
//! against stubs that answer as those gateways do.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shared::address::Channel;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::stub::{calls, form, header, json as sent_json, only_request, pairs, query};
use crate::support::{BODY, Sender, refused};

const TEXT: &str = "Your code : 012345 & \"more\"";

/// A recipe as it is shipped, but for its host.
async fn recipe(channel: Channel, name: &str, stub: &MockServer) -> Sender {
    let file = folder(channel).join(name).with_extension("json");
    let text = std::fs::read_to_string(file).unwrap();
    // It is good for Lambda as it stands.
    let on_lambda = match channel {
        Channel::Sms => Sender::start(&text, false).await,
        Channel::Email => Sender::start_emails(&text, false).await,
    };
    assert!(on_lambda.is_ok(), "{name}");
    let provider = at(&serde_json::from_str(&text).unwrap(), stub);
    match channel {
        Channel::Sms => Sender::new(&provider).await,
        Channel::Email => Sender::emails(&provider).await,
    }
}

async fn moved(provider: &Value, stub: &MockServer) -> Sender {
    Sender::new(&at(provider, stub)).await
}

fn at(provider: &Value, stub: &MockServer) -> Value {
    let mut provider = provider.clone();
    let url = provider["url"].as_str().unwrap();
    let path = url.strip_prefix("https://").unwrap();
    let path = &path[path.find('/').unwrap()..];
    provider["url"] = format!("{}{path}", stub.uri()).into();
    provider
}

fn folder(channel: Channel) -> PathBuf {
    let name = format!("../events/{}-secrets", channel.name());
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// What is shipped of a channel.
pub fn shipped(channel: Channel) -> Vec<String> {
    let entries = std::fs::read_dir(folder(channel)).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

/// A gateway's answer as its documentation shows it.
fn answer(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(body)
}

async fn proved(
    name: &str,
    good: &str,
    good_status: u16,
    failures: &[(u16, &str, &str)],
) -> Request {
    proved_of(Channel::Sms, name, (good_status, good), failures).await
}

/// What a recipe asks, and that it is judged by the answer.
pub async fn proved_of(
    channel: Channel,
    name: &str,
    (good_status, good): (u16, &str),
    failures: &[(u16, &str, &str)],
) -> Request {
    let stub = MockServer::start().await;
    let sender = recipe(channel, name, &stub).await;
    let taken_over = Mock::given(any()).respond_with(answer(good_status, good));
    let guard = taken_over.mount_as_scoped(&stub).await;
    assert_eq!(sender.send_text(TEXT).await, "sent");
    drop(guard);
    for (status, body, expected) in failures {
        let failing = MockServer::start().await;
        let failure = Mock::given(any()).respond_with(answer(*status, body));
        failure.mount(&failing).await;
        let sender = recipe(channel, name, &failing).await;
        assert_eq!(&sender.send().await, expected, "{name} {body}");
        assert_eq!(calls(&failing).await, 1);
    }
    let request = only_request(&stub).await;
    assert_eq!(request.method.as_str(), "POST");
    request
}

#[tokio::test]
async fn every_recipe_is_proved() {
    let proved = ["bulksms", "clickatell", "nexmo", "plivo", "twilio"];
    assert_eq!(
        shipped(Channel::Sms),
        proved.map(|name| format!("{name}.json"))
    );
}

/// <https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms>
#[tokio::test]
async fn nexmo() {
    let good = r#"{"message-count":"1","messages":[{"to":"60123456789","message-id":"0C000000217B7F02","status":"0","remaining-balance":"15.53590000","message-price":"0.03330000","network":"23410"}]}"#;
    let bad = r#"{"message-count":"1","messages":[{"status":"4","error-text":"Bad Credentials"}]}"#;
    let half = r#"{"message-count":"2","messages":[{"status":"0"},{"status":"9","error-text":"Quota Exceeded - rejected"}]}"#;
    let failures = [
        (200, bad, "rejected: 200 with an error inside"),
        (200, half, "rejected: 200 with an error inside"),
        (401, "", "not authorized: 401"),
    ];
    let request = proved("nexmo", good, 200, &failures).await;
    assert_eq!(request.url.path(), "/sms/json");
    let expected = [
        ("api_key", "YOUR_API_KEY"),
        ("api_secret", "YOUR_API_SECRET"),
        ("from", "NEXMO"),
        ("to", "60123456789"),
        ("text", TEXT),
    ];
    assert_eq!(query(&request), pairs(&expected));
    assert!(request.body.is_empty());
    assert_eq!(header(&request, "content-length"), Some("0"));
}

/// <https://guides.clickatell.com/clickatell-chat-commerce-platform/developer/archive/sms-rest-api-overview/send-message>
#[tokio::test]
async fn clickatell() {
    let good = r#"{"data":{"message":[{"accepted":true,"to":"60123456789","apiMessageId":"a55b8f8d56f33440e993aa614c68bf8b"}]}}"#;
    let bad = r#"{"data":{"message":[{"accepted":false,"to":"60123456789","apiMessageId":"","error":{"code":"114","description":"Cannot route message"}}]}}"#;
    let unknown = r#"{"error":{"code":"001","description":"Authentication failed"}}"#;
    let failures = [
        (202, bad, "rejected: 202 with an error inside"),
        (200, good, "rejected: 200"),
        (401, unknown, "not authorized: 401"),
        (503, "", "unknown: 503"),
    ];
    let request = proved("clickatell", good, 202, &failures).await;
    assert_eq!(request.url.path(), "/rest/message");
    for (name, value) in [
        ("x-version", "1"),
        ("authorization", "bearer YOUR_AUTH_TOKEN"),
        ("accept", "application/json"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(header(&request, name), Some(value));
    }
    assert_eq!(
        sent_json(&request),
        json!({"text": TEXT, "to": ["60123456789"]})
    );
}

/// <https://docs.plivo.com/docs/messaging/api/response>
#[tokio::test]
async fn plivo() {
    let good = r#"{"message":"message(s) queued","message_uuid":["db3ce55a-7f1d-11e1-8ea7-1231380bc196"],"api_id":"db342550-7f1d-11e1-8ea7-1231380bc196"}"#;
    let bad =
        r#"{"api_id":"97ceeb52-58b6-11e1-86da-77300b68f8bb","error":"dst parameter is invalid"}"#;
    let failures = [
        (400, bad, "rejected: 400"),
        (401, "", "not authorized: 401"),
        (429, "", "throttled: 429"),
        (202, bad, "rejected: 202 with an error inside"),
    ];
    let request = proved("plivo", good, 202, &failures).await;
    assert_eq!(request.url.path(), "/v1/Account/YOUR_AUTH_ID/Message/");
    assert_eq!(header(&request, "content-type"), Some("application/json"));
    // YOUR_AUTH_ID:YOUR_AUTH_TOKEN
    let basic = "Basic WU9VUl9BVVRIX0lEOllPVVJfQVVUSF9UT0tFTg==";
    assert_eq!(header(&request, "authorization"), Some(basic));
    assert_eq!(
        sent_json(&request),
        json!({"src": "+94771234567", "dst": "60123456789", "text": TEXT})
    );
}

/// <https://www.bulksms.com/developer/eapi/submission/send_sms>
#[tokio::test]
async fn bulksms() {
    let good = "0|IN_PROGRESS|1234567890";
    let failures = [
        (
            200,
            "23|invalid credentials (username was: YOUR_USERNAME)|",
            "rejected: 200 with an error inside",
        ),
        (
            200,
            "25|You do not have sufficient credits|",
            "rejected: 200 with an error inside",
        ),
        (500, "", "unknown: 500"),
    ];
    let request = proved("bulksms", good, 200, &failures).await;
    assert_eq!(request.url.path(), "/eapi/submission/send_sms/2/2.0");
    let expected = [
        ("username", "YOUR_USERNAME"),
        ("password", "YOUR_PASSWORD"),
        ("message", TEXT),
        ("msisdn", "60123456789"),
    ];
    assert_eq!(query(&request), pairs(&expected));
    assert_eq!(header(&request, "content-length"), Some("0"));
}

/// <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message>
#[tokio::test]
async fn twilio() {
    let good = r#"{"sid":"SM0123456789abcdef0123456789abcdef","status":"queued","error_code":null,"error_message":null}"#;
    let bad = r#"{"code":21211,"message":"Invalid 'To' Phone Number","more_info":"https://www.twilio.com/docs/errors/21211","status":400}"#;
    let unknown = r#"{"code":20003,"message":"Authenticate","status":401}"#;
    let failures = [
        (400, bad, "rejected: 400"),
        (401, unknown, "not authorized: 401"),
        (
            201,
            r#"{"status":"failed","error_code":30008}"#,
            "rejected: 201 with an error inside",
        ),
    ];
    let request = proved("twilio", good, 201, &failures).await;
    let path = "/2010-04-01/Accounts/YOUR_ACCOUNT_SID/SMS/Messages.json";
    assert_eq!(request.url.path(), path);
    // YOUR_ACCOUNT_SID:YOUR_AUTH_TOKEN
    let basic = "Basic WU9VUl9BQ0NPVU5UX1NJRDpZT1VSX0FVVEhfVE9LRU4=";
    assert_eq!(header(&request, "authorization"), Some(basic));
    assert_eq!(
        header(&request, "content-type"),
        Some("application/x-www-form-urlencoded")
    );
    let expected = [
        ("Body", TEXT),
        ("To", "+60123456789"),
        ("From", "+15005550006"),
    ];
    assert_eq!(form(&request), pairs(&expected));
}

/// URL, headers and payload as the WSO2 documentation prints them, spaces, backslashes and all; but what it has in braces
/// is for the reader to put in (`{auth_id}`), and stops the start where it was left.
#[tokio::test]
async fn the_documented_settings_as_they_are_printed() {
    let clickatell = r#"{"text":" $ctx.msg ","to":[" $ctx.num "]}"#;
    let plivo = r#"{"src":"+94*********","dst":"$ctx.num","text":"$ctx.msg"}"#;
    for (url, headers, payload) in [
        (
            r" https://rest.nexmo.com/sms/json?api_key=&api_secret=&from=NEXMO&to=\$ctx.num&text=\$ctx.msg ",
            None,
            None,
        ),
        (
            " https://api.clickatell.com/rest/message  ",
            Some(
                " X-Version: 1,Authorization: bearer <ENTER_AUTH_TOKEN>,Accept: application/json,Content-Type: application/json  ",
            ),
            Some(clickatell),
        ),
        (
            " https://api.plivo.com/v1/Account/MAXXXX/Message/  ",
            Some(" Authorization: Basic ********,Content-Type: application/json "),
            Some(plivo),
        ),
        (
            r" https://bulksms.vsms.net/eapi/submission/send_sms/2/2.0?username=&password=&message=\$ctx.msg&msisdn=\$ctx.num  ",
            Some(" Content-Type: application/x-www-form-urlencoded "),
            None,
        ),
        (
            " https://api.twilio.com/2010-04-01/Accounts/ACXXXX/SMS/Messages.json ",
            Some(" Authorization: Basic base64{AccountSID:AuthToken} "),
            Some(r" Body=\$ctx.msg&To=\$ctx.num&From=%2B15005550006 "),
        ),
    ] {
        let stub = MockServer::start().await;
        Mock::given(any())
            .respond_with(answer(200, ""))
            .mount(&stub)
            .await;
        let mut provider = json!({"provider": "custom", "url": url.trim(), "method": "POST"});
        if let Some(headers) = headers {
            provider["headers"] = headers.into();
        }
        if let Some(payload) = payload {
            provider["payloadTemplate"] = payload.into();
        }
        let untrimmed = {
            let mut p = provider.clone();
            p["url"] = url.into();
            p
        };
        assert!(
            Sender::start(&untrimmed.to_string(), false).await.is_ok(),
            "{url}"
        );
        assert_eq!(moved(&provider, &stub).await.send().await, "sent", "{url}");
        let request = only_request(&stub).await;
        let said = match (payload, headers) {
            (None, _) => query(&request),
            (Some(p), _) if p.starts_with('{') => sent_json(&request)
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| {
                    (
                        name.clone(),
                        value
                            .as_str()
                            .unwrap_or_else(|| value[0].as_str().unwrap())
                            .to_owned(),
                    )
                })
                .collect(),
            (Some(_), _) => form(&request),
        };
        let values: Vec<&str> = said.iter().map(|(_, value)| value.as_str()).collect();
        assert!(
            values.contains(&BODY) && values.contains(&"60123456789"),
            "{said:?}"
        );
        if let Some(headers) = headers {
            for printed in headers.split(',') {
                let (name, value) = printed.split_once(':').unwrap();
                assert_eq!(header(&request, name.trim()), Some(value.trim()));
            }
        }
    }
}

#[tokio::test]
async fn what_the_documentation_leaves_to_the_reader_stops_the_start() {
    let both = "Body=$ctx.msg&To=$ctx.num";
    for (fields, expected) in [
        (
            json!({"url": "https://api.plivo.com/v1/Account/{auth_id}/Message/", "payloadTemplate": both}),
            "url has an unknown placeholder",
        ),
        (
            json!({"url": "https://api.twilio.com/2010-04-01/Accounts/{AccountSID}/SMS/Messages.json",
                "payloadTemplate": both}),
            "url has an unknown placeholder",
        ),
        (
            json!({"url": "https://api.twilio.com/x", "payloadTemplate": format!("{both}&From=urlencode{{FROM_NUM}}")}),
            "payloadTemplate has an unknown placeholder",
        ),
    ] {
        let mut provider = fields;
        provider["provider"] = "custom".into();
        assert_eq!(refused(&provider.to_string()).await, expected);
    }
}
