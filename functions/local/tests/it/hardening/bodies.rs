//! Bodies: size, depth, content type and coding, encoding, JSON that is none or says two things.

use serde_json::{Value, json};

use super::{DOORS, Target, operations_body};

const LARGEST: usize = 256 * 1024;

/// `{}`, compressed.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00C\xbf\xa6\xa3\x02\x00\x00\x00";

/// A body that changes nothing, with something more in it.
fn idle(more: &str) -> String {
    let body =
        operations_body(&json!([{ "op": "remove", "path": "emails", "value": [] }])).to_string();
    format!("{{{more}{}", body.strip_prefix('{').unwrap())
}

fn padded(bytes: usize) -> String {
    let body = idle("");
    format!("{body}{}", " ".repeat(bytes - body.len()))
}

fn nested(levels: usize) -> String {
    // The body itself is one.
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    idle(&format!("\"x\":{open}{close},"))
}

#[tokio::test]
async fn size_and_depth_have_limits_that_can_be_reached() {
    let target = Target::start().await;
    for body in [idle(""), padded(LARGEST), nested(64)] {
        let call = target.patch().header("content-type", "application/json");
        assert_eq!(call.body(body).send().await.status, 200);
    }
    for door in DOORS {
        for (body, status, told) in [
            (padded(LARGEST + 1), 413, "The body is larger than 256 KiB."),
            (
                nested(65),
                400,
                "The body is nested more than 64 levels deep at line 1 column ",
            ),
            (
                "[".repeat(LARGEST),
                400,
                "The body is nested more than 64 levels deep at line 1 column ",
            ),
            (
                "{\"a\":".repeat(10_000),
                400,
                "The body is nested more than 64 levels deep at line 1 column ",
            ),
        ] {
            let call = target
                .door(door)
                .header("content-type", "application/json")
                .body(body);
            let (was, words) = target.refused(call, door.1).await;
            assert_eq!(was, status, "{door:?}");
            assert!(words.starts_with(told), "{door:?}: {words}");
        }
        target.unharmed(door.1).await;
    }
}

#[tokio::test]
async fn other_content_is_not_read() {
    let target = Target::start().await;
    let json = "application/json";
    for door in DOORS {
        for headers in [
            &[][..],
            &[("content-type", "")],
            &[("content-type", "text/json")],
            &[("content-type", "application/x-www-form-urlencoded")],
            &[("content-type", "application/json-patch+json")],
            &[("content-type", "application/json;charset=utf-16")],
            &[("content-type", "application/json;charset=utf-8,text/plain")],
            &[("content-type", json), ("content-type", json)],
            &[("content-type", json), ("content-type", "text/plain")],
            &[("content-type", json), ("content-encoding", "gzip")],
            &[("content-type", json), ("content-encoding", "GZIP")],
            &[
                ("content-type", json),
                ("content-encoding", "identity"),
                ("content-encoding", "br"),
            ],
        ] {
            let call = headers
                .iter()
                .fold(target.door(door), |call, (name, value)| {
                    call.header(name, value)
                });
            let told = target
                .refused(call.body(GZIP), &format!("{door:?} {headers:?}"))
                .await;
            let words = "The Content-Type must be application/json or application/scim+json, in UTF-8, \
                         without a Content-Encoding.";
            assert_eq!(told, (415, words.to_owned()), "{door:?} {headers:?}");
        }
        target.unharmed(door.1).await;
    }
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

#[tokio::test]
async fn what_is_no_json_in_utf_8_is_refused_with_its_place() {
    let target = Target::start().await;
    let code = |value: &str| format!(r#"{{"code":{value}}}"#).into_bytes();
    let latin: &[u8] = b"{\"code\":\"caf\xe9\"}";
    let overlong: &[u8] = b"{\"code\":\"\xc0\xaf\"}";
    let surrogate: &[u8] = b"{\"code\":\"\xed\xa0\x80\"}";
    let bodies: Vec<Vec<u8>> = vec![
        GZIP.to_vec(),
        utf16("{}", true),
        utf16("{}", false),
        utf16("\u{feff}{\"code\":\"1\"}", false),
        "\u{feff}{}".into(),
        latin.into(),
        overlong.into(),
        surrogate.into(),
        code("NaN"),
        code("Infinity"),
        code("1e999"),
        code("-1e999"),
        code("0x10"),
        code("01"),
        code("'1'"),
        code("undefined"),
        code(r#""\ud800""#),
        code(r#""\udc00\ud800""#),
        code(r#""\u12""#),
        code("\"\u{0}\""),
        code("\"a\nb\""),
        b"{\"code\":\"1\"".to_vec(),
        b"{\"code\":\"1\",}".to_vec(),
        b"{\"code\":\"1\"}{}".to_vec(),
        b"{\"code\":\"1\"}\0".to_vec(),
        b"/**/{}".to_vec(),
        b"{code:1}".to_vec(),
        b"<?xml version=\"1.0\"?><a/>".to_vec(),
    ];
    for door in DOORS {
        for body in &bodies {
            let what = format!("{door:?} {:?}", String::from_utf8_lossy(body));
            let call = target.door(door).header("content-type", "application/json");
            let (status, words) = target.refused(call.body(body.clone()), &what).await;
            assert_eq!(status, 400, "{what}");
            assert!(
                words.starts_with("The body is not JSON: line 1, column ")
                    || words.starts_with("The body is not JSON: line 2, column "),
                "{what}: {words}"
            );
        }
        target.unharmed(door.1).await;
    }
}

#[tokio::test]
async fn what_is_no_object_or_says_two_things_is_refused() {
    let target = Target::start().await;
    for door in DOORS {
        for body in ["[]", "[{}]", "null", "true", "1", "\"{}\"", "-0.0"] {
            let call = target
                .door(door)
                .header("content-type", "application/json")
                .body(body);
            let told = target.refused(call, body).await;
            assert_eq!(told, (400, "The body must be a JSON object.".to_owned()));
        }
        for (body, twice) in [
            (r#"{"code":"1","code":"2"}"#, "code"),
            (r#"{"code":"1","\u0063ode":"1"}"#, "code"),
            (
                r#"{"Operations":[{"op":"add","path":"title","path":"nickName","value":"x"}]}"#,
                "path",
            ),
            (
                r#"{"phoneNumbers":[{"type":"work","type":"mobile","value":"0123456789"}]}"#,
                "type",
            ),
            (r#"{"user":{"userId":"a","userId":"b"}}"#, "userId"),
        ] {
            let call = target
                .door(door)
                .header("content-type", "application/json")
                .body(body);
            let (status, words) = target.refused(call, body).await;
            assert_eq!(status, 400);
            assert!(
                words.starts_with(&format!("The body has {twice:?} twice at line 1 column ")),
                "{words}"
            );
        }
        target.unharmed(door.1).await;
    }
}

/// The status and the body of an answer as it came.
fn parted(answer: &str) -> (&str, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[tokio::test]
async fn chunks_are_one_body_and_framing_is_not_guessed() {
    let target = Target::start().await;
    let chunked = |chunks: &[&str]| {
        let chunks = chunks.iter();
        let chunks: Vec<String> = chunks
            .map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len()))
            .collect();
        let chunks = chunks.concat();
        format!(
            "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
        )
    };
    let line = "PATCH /scim2/Me";
    let body = idle("");
    let (one, other) = body.split_at(17);
    let answer = target.raw(line, &chunked(&[one, other])).await;
    assert_eq!(parted(&answer).0, "200", "{answer}");
    let answer = target.raw(line, &chunked(&[&padded(LARGEST), " "])).await;
    assert_eq!(parted(&answer).0, "413", "{answer}");

    let number = r#"{"Operations":[{"op":"add","path":"phoneNumbers","value":{"type":"mobile","value":"0123456789"}}]}"#;
    let typed = "content-type: application/json\r\n";
    for rest in [
        format!("{typed}transfer-encoding: chunked\r\n\r\nzz\r\n{number}\r\n0\r\n\r\n"),
        format!("{typed}transfer-encoding: chunked\r\n\r\n-1\r\n{number}\r\n0\r\n\r\n"),
        format!("{typed}transfer-encoding: gzip\r\n\r\n{number}"),
        format!("{typed}content-length: -1\r\n\r\n{number}"),
        format!(
            "{typed}content-length: 1\r\ncontent-length: {}\r\n\r\n{number}",
            number.len()
        ),
        // Without a length there is no body.
        format!("{typed}\r\n{number}"),
        // As long as it says, and no longer.
        format!("{typed}content-length: 2\r\n\r\n{number}"),
    ] {
        let answer = target.raw(line, &rest).await;
        assert_eq!(parted(&answer).0, "400", "{rest}\n{answer}");
        target.unharmed(&rest).await;
    }
}
