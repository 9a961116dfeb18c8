//! Any gateway by HTTP: a message comes out of JSON, forms, URLs and headers as it went in.

use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::stub::{answering, calls, form, header, json as sent_json, only_request, pairs, query};
use crate::support::{BODY, CODE, NUMBER, Sender};

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
    let form = "application/x-www-form-urlencoded; charset=\"UTF-8\"";
    for (header_is, template, expected) in [
        (
            "Application/JSON; charset=utf-8",
            "[{{body}},{{mobile}}]",
            r#"["a&<b>","+60123456789"]"#,
        ),
        (
            "application/vnd.api+json",
            "[{{body}},{{mobile}}]",
            r#"["a&<b>","+60123456789"]"#,
        ),
        (
            form,
            "text={{body}}&to={{mobile}}",
            "text=a%26%3Cb%3E&to=%2B60123456789",
        ),
        (
            "text/xml; charset=utf-8",
            "<sms to=\"{{mobile}}\">{{body}}</sms>",
            "<sms to=\"+60123456789\">a&amp;&lt;b&gt;</sms>",
        ),
        (
            "application/soap+xml",
            "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body>\
             <t>{{body}}</t><n><![CDATA[{{mobile}}]]></n></e:Body></e:Envelope>",
            "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body>\
             <t>a&amp;&lt;b&gt;</t><n><![CDATA[+60123456789]]></n></e:Body></e:Envelope>",
        ),
        (
            "text/plain; charset=utf-8",
            "To: {{mobile}}\n\n{{body}}",
            "To: +60123456789\n\na&<b>",
        ),
    ] {
        let fields = json!({
            "payloadTemplate": template, "headers": {"Content-Type": header_is}
        });
        let (said, stub) = sent(&fields, "a&<b>").await;
        assert_eq!(said, "sent");
        let request = only_request(&stub).await;
        assert_eq!(header(&request, "content-type"), Some(header_is));
        assert_eq!(String::from_utf8(request.body).unwrap(), expected);
    }
}

#[tokio::test]
async fn xml_by_its_content_type() {
    let template = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <sms><to>{{mobile}}</to><text from=\"{{sender}}\">{{body}}</text></sms>";
    let fields = json!({"payloadTemplate": template, "contentType": "XML", "sender": "A & \"B\""});
    let (said, stub) = sent(&fields, HARD).await;
    assert_eq!(said, "sent");
    let request = only_request(&stub).await;
    assert_eq!(header(&request, "content-type"), Some("application/xml"));
    let escaped = HARD
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
        .replace('\n', "&#10;");
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sms><to>+60123456789</to>\
         <text from=\"A &amp; &quot;B&quot;\">{escaped}</text></sms>"
    );
    assert_eq!(String::from_utf8(request.body).unwrap(), expected);
}

/// The value goes through two parsers.
#[tokio::test]
async fn json_within_json() {
    let template = r#"{"queue":"sms","payload":"{\"text\":\"{{body}}\",\"to\":{{mobile}}}"}"#;
    let (said, stub) = sent(&json!({"payloadTemplate": template}), HARD).await;
    assert_eq!(said, "sent");
    let outer = sent_json(&only_request(&stub).await);
    let inner: Value = serde_json::from_str(outer["payload"].as_str().unwrap()).unwrap();
    assert_eq!(inner, json!({"text": HARD, "to": NUMBER}));
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
