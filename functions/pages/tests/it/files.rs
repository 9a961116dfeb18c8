//! Codings, entity tags, methods, caches: RFC 9110 and 9111 as clients rely on them.

use std::io::Read;
use std::path::Path;

use local::testing::Event;

use crate::support::{asked, asked_with, ui};

/// Large enough that compressing it is worth it.
const LARGE: &str = "pages/openapi";

pub fn source(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(folder.join(file)).unwrap()
}

fn accepting(codings: &str) -> Event {
    Event::shipped(LARGE).header("accept-encoding", codings)
}

#[tokio::test]
async fn a_file_comes_in_the_coding_that_is_asked_for() {
    let plain: serde_json::Value =
        serde_json::from_slice(&source("documents/openapi.json")).unwrap();
    // Without the blanks that it is written with.
    let plain = plain.to_string().into_bytes();
    let mut tags = Vec::new();
    for (accepted, coding) in [
        ("gzip, deflate, br, zstd", Some("br")),
        ("gzip", Some("gzip")),
        ("br;q=0.1, gzip;q=0.2", Some("gzip")),
        ("identity", None),
        ("identity;q=0, *;q=0", None),
        ("", None),
    ] {
        let answer = asked(&accepting(accepted)).await;
        assert_eq!(answer.status, 200, "{accepted}");
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding, Origin"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        // Lambda's answers are JSON: what is no text goes as base64, what is does not.
        assert_eq!(answer.encoded, coding.is_some(), "{accepted}");
        let decoded = match coding {
            Some("br") => {
                let mut decoded = Vec::new();
                brotli::BrotliDecompress(&mut &*answer.bytes, &mut decoded).unwrap();
                decoded
            }
            Some(_) => {
                let mut decoded = Vec::new();
                let mut gzip = flate2::read::GzDecoder::new(&*answer.bytes);
                gzip.read_to_end(&mut decoded).unwrap();
                decoded
            }
            None => answer.bytes.clone(),
        };
        assert!(decoded == plain, "{accepted}: another file");
        assert!(coding.is_none() || answer.bytes.len() * 4 < plain.len());
        tags.push((coding, answer.header("etag").unwrap().to_owned()));
    }
    // Strong, and another for each coding.
    for (coding, tag) in &tags {
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        let same = tags.iter().filter(|(_, other)| other == tag);
        assert!(same.clone().all(|(other, _)| other == coding), "{tag}");
    }
}

#[tokio::test]
async fn a_client_that_has_it_gets_304() {
    let tag = |answer: &crate::support::Answer| answer.header("etag").unwrap().to_owned();
    let brotli = tag(&asked(&accepting("br")).await);
    for (named, status) in [
        (brotli.clone(), 304),
        (format!("\"other\", W/{brotli}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (brotli.trim_matches('"').to_owned(), 200),
    ] {
        let event = accepting("br").header("if-none-match", &named);
        let answer = asked(&event).await;
        assert_eq!(answer.status, status, "{named}");
        assert_eq!(answer.header("etag"), Some(&*brotli));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(answer.header("vary"), Some("Accept-Encoding, Origin"));
        assert_eq!(answer.bytes.is_empty(), status == 304);
        assert_eq!(answer.header("content-encoding").is_some(), status == 200);
    }
    // The tag of one coding is not that of another.
    let answer = asked(&accepting("gzip").header("if-none-match", &brotli)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    for (whole, headers) in [
        ("pages/openapi", "pages/openapi-head"),
        ("pages/llms", "pages/llms-head"),
        ("pages/ui", "pages/ui-head"),
    ] {
        let plain = |name| Event::shipped(name).header("accept-encoding", "identity");
        let (get, head) = (asked(&plain(whole)).await, asked(&plain(headers)).await);
        assert_eq!((get.status, head.status), (200, 200));
        assert!(!get.bytes.is_empty() && head.bytes.is_empty());
        for name in ["content-type", "etag", "cache-control", "vary"] {
            assert!(head.header(name).is_some(), "{name}");
            assert_eq!(head.header(name), get.header(name), "{name}");
        }
    }
}

#[tokio::test]
async fn every_file_is_there_by_its_name_and_nothing_else_is() {
    for (file, media_type) in [
        ("mobile-verification.js", "text/javascript; charset=utf-8"),
        ("lang/zh-Hans.js", "text/javascript; charset=utf-8"),
        ("mobile-verification.d.ts", "text/plain; charset=utf-8"),
        ("confirm-email.css", "text/css; charset=utf-8"),
    ] {
        let answer = asked(&ui(file).header("accept-encoding", "identity")).await;
        assert_eq!(answer.header("content-type"), Some(media_type), "{file}");
        assert_eq!(answer.bytes, source(&format!("ui/{file}")), "{file}");
        // Who may read it from another origin's page, the gateway says.
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for file in [
        "",
        "lang",
        "lang/",
        "nothing.js",
        "../documents/openapi.json",
        "..%2Fopenapi.json",
        "Mobile-Verification.js",
        "confirm-email/",
        "\u{0}",
    ] {
        let answer = asked(&ui(file)).await;
        assert_eq!(answer.status, 404, "{file}");
        assert_eq!(answer.text(), r#"{"message":"Not Found"}"#, "{file}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn settings_are_the_deployments() {
    let settings = ui("settings.json").header("accept-encoding", "br");
    let answer = asked_with(&["DefaultRegion="], &settings).await;
    // The file beside the components has the template's defaults.
    let default: serde_json::Value = serde_json::from_slice(&source("ui/settings.json")).unwrap();
    assert_eq!(answer.text().parse::<serde_json::Value>().unwrap(), default);
    let first = answer.header("etag").map(str::to_owned);
    let overrides = [
        "OtpLength=8",
        "OtpCharacters=numeric,uppercase",
        "ResendCooldownSeconds=0",
        "DefaultRegion=GB",
        "EnableEmailVerification=true",
        "EmailLinkUrl=https://app.example/confirm",
    ];
    let answer = asked_with(&overrides, &settings).await;
    insta::assert_snapshot!(answer.text(), @r#"{"OtpLength":8,"OtpCharacters":"numeric,uppercase","ResendCooldownSeconds":0,"DefaultRegion":"GB","EnableEmailVerification":true,"EmailLinks":true}"#);
    assert_ne!(answer.header("etag").map(str::to_owned), first);
}

#[tokio::test]
async fn switched_off_there_is_nothing() {
    for event in [
        Event::shipped("pages/openapi"),
        Event::shipped("pages/llms-head"),
        ui("mobile-verification.js"),
        ui("settings.json"),
        ui("confirm-email"),
    ] {
        let answer = asked_with(&["HostedPages=false"], &event).await;
        assert_eq!(answer.status, 404, "{event}");
    }
}
