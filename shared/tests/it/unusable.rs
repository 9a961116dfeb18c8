//! Secrets that cannot work stop the start, and the field is named.

use serde_json::{Value, json};

use crate::support::refused;

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const LATIN: &str = "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>";
const NO_FORM: &str = "payloadTemplate is no form (name=value&name=value); \
                       another type needs its contentType or header Content-Type";

/// Alone, and among others.
async fn all_refused(rows: &[(Value, &str)]) {
    for (fields, expected) in rows {
        let mut provider = fields.clone();
        provider["provider"] = "custom".into();
        assert_eq!(refused(&provider.to_string()).await, *expected, "{fields}");
        let second = json!([{"provider": "sns"}, provider]).to_string();
        assert_eq!(
            refused(&second).await,
            format!("[1].{expected}"),
            "{fields}"
        );
    }
}

#[tokio::test]
async fn fields_of_no_use() {
    let url = "https://api.example.com/v1";
    let both = "text={{body}}&to={{mobile}}";
    all_refused(&[
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
            json!({"url": url}),
            "payloadTemplate has no {{body}}, nor has the URL",
        ),
        (
            json!({"url": url, "payloadTemplate": "{{body}}"}),
            "payloadTemplate has no {{mobile}}, nor has the URL",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "method": "DELETE"}),
            "method must be POST, PUT or GET",
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
    ])
    .await;
}

#[tokio::test]
async fn places_that_nobody_fills() {
    let url = "https://api.example.com/v1";
    let both = "text={{body}}&to={{mobile}}";
    let list = "[{{body}},{{mobile}}]";
    all_refused(&[
        (
            json!({"url": "https://api.example.com/{{hidden}}"}),
            "url has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": "$ctx.hidden"}),
            "payloadTemplate has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": list, "headers": {"Content-Type": "application/{{sender}}"}}),
            "headers.Content-Type must not have a placeholder",
        ),
        (
            json!({"url": "https://api.example.com/#/send?to={{mobile}}&text={{body}}"}),
            "url must not have a placeholder behind #, which is not sent",
        ),
        (
            json!({"url": "https://api.example.com/?to={{mobile}}&text={text}"}),
            "url has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": "text={body}&to={{mobile}}"}),
            "payloadTemplate has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": r#"{"text":"{text}","to":{{mobile}}}"#}),
            "payloadTemplate has an unknown placeholder",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": "X-To: {mobile}"}),
            "headers.X-To has an unknown placeholder",
        ),
    ])
    .await;
}

#[tokio::test]
async fn payloads_that_nobody_could_read() {
    let url = "https://api.example.com/v1";
    let both = "text={{body}}&to={{mobile}}";
    let xml = "<a><b>{{body}}</b>{{mobile}}</a>";
    let list = "[{{body}},{{mobile}}]";
    all_refused(&[
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
            "payloadTemplate is no well-formed XML once its places are filled",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "contentType": "TEXT"}),
            "contentType must be JSON, FORM or XML",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": "Content-Type: text/xml"}),
            "payloadTemplate is no well-formed XML once its places are filled",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": "Content-Type: multipart/form-data"}),
            "headers.Content-Type is not that of JSON, a form, XML or plain text",
        ),
        (
            json!({"url": url, "payloadTemplate": xml}),
            "contentType must be XML where the payload is",
        ),
        (
            json!({"url": url, "payloadTemplate": xml, "contentType": "FORM"}),
            NO_FORM,
        ),
        (
            json!({"url": url, "payloadTemplate": xml.replace("</b>", ""), "contentType": "XML"}),
            "payloadTemplate is no well-formed XML once its places are filled",
        ),
        (
            json!({"url": url, "payloadTemplate": format!("{LATIN}{xml}"), "contentType": "XML"}),
            "payloadTemplate must declare the encoding UTF-8, or none",
        ),
        (
            json!({"url": url, "payloadTemplate": "Your code: {{body}} for {{mobile}}"}),
            NO_FORM,
        ),
        (
            json!({"url": url, "payloadTemplate": "{{body}}&{{mobile}}"}),
            NO_FORM,
        ),
        (
            json!({"url": url, "payloadTemplate": list, "contentType": "FORM"}),
            NO_FORM,
        ),
        (
            json!({"url": url, "payloadTemplate": list, "headers": FORM}),
            NO_FORM,
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": "Content-Type: application/json"}),
            "payloadTemplate is no JSON once its places are filled",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "contentType": "FORM",
                "headers": "Content-Type: application/json"}),
            "contentType is another than the header Content-Type",
        ),
        (
            json!({"url": url, "payloadTemplate": list, "contentType": "JSON", "headers": FORM}),
            "contentType is another than the header Content-Type",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "headers": format!("{FORM}; charset=iso-8859-1")}),
            "headers.Content-Type must have the charset utf-8, or none",
        ),
        (
            json!({"url": url, "payloadTemplate": both, "method": "GET"}),
            "payloadTemplate must be left out where method is GET",
        ),
    ])
    .await;
}
