//! Any gateway by HTTP: a message comes out of JSON, forms, URLs and headers as it went in.

use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::stub::{answering, calls, form, header, json as sent_json, only_request, pairs, query};
use crate::support::{BODY, CODE, NUMBER, Sender, refused};

/// Everything that means something somewhere.
const HARD: &str =
    "Say \"$ctx.num\" & {{mobile}}\n\\ \\n 'a' <b> 100% + 1=2; #x \u{1f389} \u{201c}é\u{201d} }}";

const DIGITS: &str = "60123456789";

/// Sends one text through a gateway with these fields, its URL relative to the stub's.
async fn sent(fields: &Value, text: &str) -> (String, MockServer) {
    let stub = answering(ResponseTemplate::new(200)).await;
    let mut provider = json!({"provider": "custom", "url": "/send"});
    let map = provider.as_object_mut().unwrap();
    map.extend(fields.as_object().unwrap().clone());
    let url = format!("{}{}", stub.uri(), provider["url"].as_str().unwrap());
    provider["url"] = url.into();
    let said = Sender::new(&provider).await.send_text(text).await;
    (said, stub)
}

#[tokio::test]
async fn json_in_every_way_to_write_a_place() {
    for (template, expected) in [
        (
            r#"{"content": {{body}}, "to": {{mobile}}}"#,
            json!({"content": HARD, "to": NUMBER}),
        ),
        (
            r#"{"content": "{{ body }}", "to": ["{{ mobile }}"]}"#,
            json!({"content": HARD, "to": [NUMBER]}),
        ),
        (
            r#"{"text":" $ctx.msg ","to":[" $ctx.num "]}"#,
            json!({"text": HARD, "to": [DIGITS]}),
        ),
        (
            r#"{"text":$ctx.msg,"to":$ctx.num,"otp":$ctx.otp}"#,
            json!({"text": HARD, "to": DIGITS, "otp": CODE}),
        ),
        (
            r#"{"text":"Hi: \$ctx.msg.","to":"tel:\$ctx.num","a":{"b":{"c":"{{sender}}"}}}"#,
            json!({"text": format!("Hi: {HARD}."), "to": "tel:60123456789", "a": {"b": {"c": "ACME"}}}),
        ),
        ("[\n\t{{body}},\n\t{{mobile}}\n]", json!([HARD, NUMBER])),
    ] {
        let fields = json!({"payloadTemplate": template, "sender": "ACME"});
        let (said, stub) = sent(&fields, HARD).await;
        assert_eq!(said, "sent", "{template}");
        let request = only_request(&stub).await;
        assert_eq!(sent_json(&request), expected, "{template}");
        assert_eq!(request.method.as_str(), "POST");
        assert_eq!(header(&request, "content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn forms() {
    let template =
        r"to={{mobile}}&n=\$ctx.num&text={{ body }}&otp=$ctx.otp&from={{sender}}&k=a%26b+c";
    for content_type in [json!("FORM"), Value::Null] {
        let fields = json!({
            "payloadTemplate": template, "contentType": content_type, "method": "PUT", "sender": "A & B"
        });
        let (said, stub) = sent(&fields, HARD).await;
        assert_eq!(said, "sent");
        let request = only_request(&stub).await;
        let expected = [
            ("to", NUMBER),
            ("n", DIGITS),
            ("text", HARD),
            ("otp", CODE),
            ("from", "A & B"),
            ("k", "a&b c"),
        ];
        assert_eq!(form(&request), pairs(&expected));
        assert_eq!(request.method.as_str(), "PUT");
        let media_type = "application/x-www-form-urlencoded";
        assert_eq!(header(&request, "content-type"), Some(media_type));
    }
}

#[tokio::test]
async fn urls() {
    for (method, length) in [("GET", None), ("POST", Some("0")), ("PUT", Some("0"))] {
        let url = "/to/{{mobile}}/send?text=$ctx.msg&otp={{ body }}&n=\\$ctx.num&k=a%26b";
        let (said, stub) = sent(&json!({"url": url, "method": method}), HARD).await;
        assert_eq!(said, "sent");
        let request = only_request(&stub).await;
        assert_eq!(request.method.as_str(), method);
        assert!(request.body.is_empty());
        assert_eq!(header(&request, "content-length"), length, "{method}");
        assert_eq!(request.url.path(), "/to/%2B60123456789/send");
        let expected = [("text", HARD), ("otp", HARD), ("n", DIGITS), ("k", "a&b")];
        assert_eq!(query(&request), pairs(&expected));
    }
}

#[tokio::test]
async fn headers_as_text_and_as_an_object() {
    let text = r"X-To: {{mobile}}, x-num: \$ctx.num,X-Text: <{{ body }}>, Accept: text/html, text/plain;q=0.5, X-Time: 1:2:3";
    let object = json!({
        "X-To": "{{mobile}}",
        "x-num": "$ctx.num",
        "X-Text": "<$ctx.msg>",
        "Accept": "text/html, text/plain;q=0.5",
        "X-Time": "1:2:3",
    });
    for headers in [json!(text), object] {
        let (said, stub) = sent(&json!({"headers": headers}), "Kód & \"$ctx.num\" \u{1f389}").await;
        assert_eq!(said, "sent");
        let request = only_request(&stub).await;
        assert_eq!(header(&request, "x-to"), Some(NUMBER));
        assert_eq!(header(&request, "x-num"), Some(DIGITS));
        let expected = "<Kód & \"$ctx.num\" \u{1f389}>";
        assert_eq!(header(&request, "x-text"), Some(expected));
        let accepted: Vec<_> = request.headers.get_all("accept").iter().collect();
        assert_eq!(accepted, ["text/html, text/plain;q=0.5"]);
        assert_eq!(header(&request, "x-time"), Some("1:2:3"));
    }
}

#[tokio::test]
async fn no_message_adds_a_header() {
    for text in ["a\r\nX-Evil: 1", "a\nb", "a\u{0}b"] {
        let fields = json!({"headers": {"X-Text": "{{body}}", "X-To": "{{mobile}}"}});
        let (said, stub) = sent(&fields, text).await;
        assert_eq!(said, "rejected: the header x-text cannot hold this message");
        assert_eq!(calls(&stub).await, 0);
    }
}

#[tokio::test]
async fn the_header_of_the_type_says_how_to_escape() {
    for (header_is, escaped) in [
        ("Application/JSON; charset=utf-8", true),
        ("application/vnd.api+json", true),
        ("application/x-www-form-urlencoded", false),
    ] {
        let fields = json!({
            "payloadTemplate": "[{{body}},{{mobile}}]", "headers": {"Content-Type": header_is}
        });
        let (said, stub) = sent(&fields, "a&b").await;
        assert_eq!(said, "sent");
        let request = only_request(&stub).await;
        assert_eq!(header(&request, "content-type"), Some(header_is));
        let expected = if escaped {
            r#"["a&b","+60123456789"]"#
        } else {
            "[a%26b,%2B60123456789]"
        };
        assert_eq!(String::from_utf8(request.body).unwrap(), expected);
    }
}

#[tokio::test]
async fn how_numbers_are_written() {
    for (format, mobile, digits) in [
        (Value::Null, NUMBER, DIGITS),
        (json!("e164"), NUMBER, NUMBER),
        (json!("digits"), DIGITS, DIGITS),
    ] {
        let fields = json!({
            "numberFormat": format,
            "payloadTemplate": r#"[{{mobile}}, "$ctx.num", {{body}}]"#,
        });
        let (said, stub) = sent(&fields, BODY).await;
        assert_eq!(said, "sent");
        assert_eq!(
            sent_json(&only_request(&stub).await),
            json!([mobile, digits, BODY])
        );
    }
}

/// The table of a custom provider, character by character: as it is printed, and as a browser renders it.
#[tokio::test]
async fn the_documented_sample_of_a_custom_provider() {
    for template in [
        r"{“content”: \{\{body\}\},“to”: \{\{mobile\}\}}}",
        r"{“content”: {{body}},“to”: {{mobile}}}}",
    ] {
        let fields = json!({
            "url": "/api/v1",
            "contentType": "JSON",
            "method": "POST",
            "payloadTemplate": template,
            "headers": "authorisation: qwer1234asdfzxcv, x-csrf: true, x-abc: some-value",
        });
        let (said, stub) = sent(&fields, HARD).await;
        assert_eq!(said, "sent");
        let request = only_request(&stub).await;
        assert_eq!(sent_json(&request), json!({"content": HARD, "to": NUMBER}));
        assert_eq!(request.url.path(), "/api/v1");
        for (name, value) in [
            ("authorisation", "qwer1234asdfzxcv"),
            ("x-csrf", "true"),
            ("x-abc", "some-value"),
            ("content-type", "application/json"),
        ] {
            assert_eq!(header(&request, name), Some(value));
        }
    }
}

/// The inline mapping of an event publisher, with equal signs and line breaks as printed.
#[tokio::test]
async fn the_documented_sample_of_an_event_publisher() {
    let template = r#"{"api_key"="4c9374",
                    "api_secret"="FtqyPggE93",
                    "from"="NEXMO",
                    "to"={{mobile}},
                    "text"={{body}}
                    }"#;
    let (said, stub) = sent(&json!({"payloadTemplate": template}), HARD).await;
    assert_eq!(said, "sent");
    let expected = json!({
        "api_key": "4c9374", "api_secret": "FtqyPggE93", "from": "NEXMO", "to": NUMBER, "text": HARD
    });
    assert_eq!(sent_json(&only_request(&stub).await), expected);
}

#[tokio::test]
async fn what_cannot_work_stops_the_start_by_name() {
    let url = "https://api.example.com/v1";
    let both = "text={{body}}&to={{mobile}}";
    for (fields, expected) in [
        (json!({}), "url is missing"),
        (json!({"url": "api.example.com"}), "url is no URL"),
        (
            json!({"url": "https://hidden:hidden@api.example.com/"}),
            "url must not hold a user or a password",
        ),
        (
            json!({"url": "https://{{mobile}}.example.com/"}),
            "url must not have a placeholder in its host",
        ),
        (
            json!({"url": "https://api.example.com{{mobile}}/"}),
            "url must not have a placeholder in its host",
        ),
        (
            json!({"url": "https://api.example.com/{{hidden}}"}),
            "url has an unknown placeholder",
        ),
        (
            json!({"url": url}),
            "payloadTemplate has no {{body}}, nor has the URL",
        ),
        (
            json!({"url": url, "payloadTemplate": "{{body}}"}),
            "payloadTemplate has no {{mobile}}, nor has the URL",
        ),
        (
            json!({"url": url, "payloadTemplate": "$ctx.hidden"}),
            "payloadTemplate has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": r#"{"a": {{body}} {{mobile}}}"#}),
            "payloadTemplate is no JSON once its places are filled",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "contentType": "JSON"}),
            "payloadTemplate is no JSON once its places are filled",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "contentType": "XML"}),
            "contentType must be JSON or FORM",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": "Content-Type: text/xml"}),
            "headers.Content-Type is not that of JSON or of a form",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "method": "DELETE"}),
            "method must be POST, PUT or GET",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "method": "GET"}),
            "payloadTemplate must be left out where method is GET",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "numberFormat": "hidden"}),
            "numberFormat must be e164 or digits",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "expectedStatus": "hidden"}),
            "expectedStatus must be statuses such as 200,202",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": {"X": "a\r\nhidden"}}),
            "headers.X must not contain control characters",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": "Host: hidden"}),
            "headers.Host belongs to the connection",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "payload": "hidden"}),
            "payload is not known",
        ),
    ] {
        let mut provider = fields.clone();
        provider["provider"] = "custom".into();
        assert_eq!(refused(&provider.to_string()).await, expected, "{fields}");
        let second = json!([{"provider": "sns"}, provider]).to_string();
        assert_eq!(
            refused(&second).await,
            format!("[1].{expected}"),
            "{fields}"
        );
    }
}
