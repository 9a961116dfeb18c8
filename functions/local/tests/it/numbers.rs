//! A number reads the same at every door: as it is pasted from a chat, a contact, a table or another keyboard.

use std::time::Duration;

use local::testing::{ALICE, BOB, Event, TestApp, UNCAPPED};
use serde_json::{Value, json};

const NUMBER: &str = "+60123456789";

/// Where they are from: WhatsApp and iOS put marks of direction around a copied number, Word and web pages
/// no-break spaces and hyphens within it, Excel a line's end behind it, an IME of Japan full-width forms
/// (libphonenumber's own tests have many of these), RFC 3966 the scheme, and the rest are ways to write by hand.
const SPELLINGS: [&str; 50] = [
    "+60123456789",
    "0123456789",
    "012-345 6789",
    "012 345 6789",
    "012.345.6789",
    "012/345/6789",
    "(012) 345 6789",
    "(012)345-6789",
    "+60 12 345 6789",
    "+60-12-345-6789",
    "+60.12.345.6789",
    "+60 (12) 345 6789",
    "(+60) 12 345 6789",
    "+60 (0)12 345 6789",
    "+600123456789",
    "0060123456789",
    "00 60 12 345 6789",
    " +60123456789 ",
    "+60123456789\n",
    "+60123456789\r\n",
    "\t+60123456789",
    "\u{0}+60123456789\u{7f}",
    "+60\u{a0}12 345 6789",
    "+60\u{a0}12\u{a0}345\u{a0}6789",
    "+60\u{202f}12\u{202f}345\u{202f}6789",
    "+60\u{2009}12\u{2009}345\u{2009}6789",
    "+60\u{3000}12\u{3000}345\u{3000}6789",
    "+60\u{1680}12\u{205f}345\u{2007}6789",
    "\u{202a}+60123456789\u{202c}",
    "\u{202d}+60 12-345 6789\u{202c}",
    "\u{2066}+60123456789\u{2069}",
    "\u{200e}+60123456789",
    "\u{200f}0123456789\u{200f}",
    "\u{feff}+60123456789",
    "+60\u{200b}12345\u{200b}6789",
    "+6012\u{ad}345\u{ad}6789",
    "+6012\u{2011}345\u{2011}6789",
    "+6012\u{2010}345\u{2013}6789",
    "+6012\u{2014}345\u{2015}6789",
    "+60\u{2212}12\u{2212}345\u{2212}6789",
    "012\u{30fc}345\u{30fc}6789",
    "＋60123456789",
    "０１２－３４５－６７８９",
    "＋６０（１２）３４５．６７８９",
    "٠١٢٣٤٥٦٧٨٩",
    "+६०१२३४५६७८९",
    "tel:+60123456789",
    "tel: +60 12-345-6789",
    "TEL:\u{a0}0123456789",
    "tel:+60.12.345.6789",
];

async fn test() -> TestApp {
    let test = TestApp::with(&UNCAPPED).await;
    let forget = json!({ "mobileNumbers": [NUMBER] });
    let event = Event::shipped("scim-patch/patch-me").replacing(&forget);
    assert_eq!(test.patch(&event.by(ALICE, "")).await.status, 200);
    test
}

/// Alice's numbers as an answer shows them.
fn pending(answer: &Value) -> &Value {
    &answer["urn:scim:wso2:schema"]["pendingMobileNumber"]
}

#[tokio::test]
async fn fifty_spellings_through_every_door() {
    let test = test().await;
    for (n, spelling) in SPELLINGS.iter().enumerate() {
        let said = |door: &str| format!("{door}: {spelling:?}");
        let mobile = json!([{ "type": "mobile", "value": spelling }]);

        let event = Event::shipped("scim-patch/patch-me");
        let patch = event.replacing(&json!({ "phoneNumbers": mobile }));
        let answer = test.patch(&patch).await;
        assert_eq!(answer.status, 200, "{} {answer}", said("PATCH"));
        assert_eq!(pending(&answer.body), NUMBER, "{}", said("PATCH"));

        let profile = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "bob123",
            "phoneNumbers": mobile,
        });
        let answer = test
            .patch(&Event::shipped("scim-patch/put-me").body(&profile))
            .await;
        assert_eq!(answer.status, 200, "{} {answer}", said("PUT"));
        assert_eq!(pending(&answer.body), NUMBER, "{}", said("PUT"));

        let user = json!({ "userName": format!("user{n}"), "phoneNumbers": mobile });
        let answer = test
            .users(&Event::shipped("scim-users/create").body(&user))
            .await;
        assert_eq!(answer.status, 201, "{} {answer}", said("POST"));
        let stored = &answer.body["phoneNumbers"][0]["value"];
        assert_eq!(stored, NUMBER, "{}", said("POST"));

        through_transmit(&test, spelling).await;
        through_filters(&test, spelling, n + 1).await;
        test.stack.clock().advance(Duration::from_mins(2));
    }
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
    assert!(test.sent_to().iter().all(|to| to == NUMBER));
}

/// Alice proves it, and forgets it again by a filter in a path.
async fn through_transmit(test: &TestApp, spelling: &str) {
    let body = json!({ "phone_number": spelling });
    let event = Event::shipped("transmit/send").body(&body).by(ALICE, "");
    let answer = test.transmit(&event).await;
    assert_eq!(answer.status, 200, "send: {spelling:?} {answer}");
    let body = json!({ "phone_number": spelling, "passcode": test.code() });
    let event = Event::shipped("transmit/validate").body(&body);
    let answer = test.transmit(&event.by(ALICE, "")).await;
    assert_eq!(answer.status, 200, "validate: {spelling:?} {answer}");
    assert_eq!(
        test.user(ALICE).await["verifiedMobileNumbers"],
        json!([NUMBER])
    );
    let quoted = Value::from(spelling);
    let list = "urn:scim:wso2:schema:verifiedMobileNumbers";
    let path = format!("{list}[value eq {quoted}]");
    let event = Event::shipped("scim-patch/patch-me");
    let removal = event.operations(&json!([
        { "op": "remove", "path": path },
        { "op": "remove", "path": "phoneNumbers" },
    ]));
    let answer = test.patch(&removal.by(ALICE, "")).await;
    assert_eq!(answer.status, 200, "path: {spelling:?} {answer}");
    assert_eq!(test.user(ALICE).await["verifiedMobileNumbers"], json!([]));
}

async fn through_filters(test: &TestApp, spelling: &str, users: usize) {
    let quoted = Value::from(spelling);
    for (filter, expected) in [
        (format!("phoneNumbers.value eq {quoted}"), users),
        (
            format!("phoneNumbers[type eq \"mobile\" and value eq {quoted}]"),
            users,
        ),
        (format!("mobileNumbers eq {quoted}"), 1),
    ] {
        let event = Event::shipped("scim-users/list").query(&[("filter", &filter)]);
        let answer = test.users(&event).await;
        assert_eq!(answer.body["totalResults"], expected, "{filter:?} {answer}");
    }
}

/// What is no number is none at any door, for the same reason.
#[tokio::test]
async fn what_no_door_reads() {
    let test = TestApp::with(&UNCAPPED).await;
    for (text, reason) in [
        ("+60123456789 x5", "has an extension"),
        ("+60123456789;ext=5", "has an extension"),
        ("+60123456789 ｘ５", "has an extension"),
        ("+60123456789~12", "is not a valid number"),
        ("+60 12 345 678½", "has characters other"),
        ("0800-FLOWERS", "has characters other"),
        ("+6012+3456789", "is not a phone number"),
        // Inmarsat: of no country, which `*` does not include.
        ("+870773111632", "is a number of a region"),
    ] {
        let mobile = json!([{ "type": "mobile", "value": text }]);
        let patch = json!({ "phoneNumbers": mobile });
        let patched = Event::shipped("scim-patch/patch-me").replacing(&patch);
        let patched = test.patch(&patched).await;
        let put = json!({ "userName": "bob123", "phoneNumbers": mobile });
        let put = test
            .patch(&Event::shipped("scim-patch/put-me").body(&put))
            .await;
        let user = json!({ "userName": "carol", "phoneNumbers": mobile });
        let posted = test
            .users(&Event::shipped("scim-users/create").body(&user))
            .await;
        let body = json!({ "phone_number": text });
        let sent = test
            .transmit(&Event::shipped("transmit/send").body(&body))
            .await;
        for (answer, member) in [
            (patched, "detail"),
            (put, "detail"),
            (posted, "detail"),
            (sent, "description"),
        ] {
            let said = answer.body[member].as_str().unwrap_or_default();
            assert!(
                answer.status == 400 && said.contains(reason),
                "{text:?} {answer}"
            );
        }
    }
    assert!(test.sent_to().is_empty());
}
