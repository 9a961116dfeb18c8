//! A changed e-mail address is held back, proved and committed by the kernel that does it for numbers; what is an e-mail
//! address's own is here: values of `emails`, links, both kinds in one request, and nothing of it where it is off.

use local::testing::{Answer, BOB, Event, TestApp};
use serde_json::{Value, json};
use shared::platform::outbox::Outcome;

use crate::support::{
    ENTERPRISE, NEW, NEW_EMAIL, OLD_EMAIL, WSO2, profile, typed, with_emails as on,
};

const THIRD_EMAIL: &str = "third@abc.com";

/// With links in place of codes.
async fn with_links() -> TestApp {
    let link = "EmailLinkUrl=https://app.example/confirm";
    let settings = [
        "EnableEmailVerification=true",
        "EmailTemplate=Open {{link}}",
        link,
    ];
    TestApp::bare_with(&settings).await
}

fn writes(attributes: &Value) -> Event {
    Event::shipped("scim-patch/patch-me").replacing(attributes)
}

fn emails(values: &[&str]) -> Value {
    let values: Vec<_> = values
        .iter()
        .map(|value| json!({ "value": value }))
        .collect();
    json!({ "emails": values })
}

fn confirms(token: &str) -> Event {
    Event::shipped("validate-code/confirm-email").body(&json!({ "code": token }))
}

fn resends(scenario: &str) -> Event {
    let property = json!({ "key": "RecoveryScenario", "value": scenario });
    Event::shipped("resend-code/me").body(&json!({ "properties": [property] }))
}

/// The token in the newest message.
fn token(test: &TestApp) -> String {
    test.code().rsplit_once("#code=").unwrap().1.to_owned()
}

/// What is shown of addresses: the values of `emails`, whether the primary is verified, what waits.
fn shown(answer: &Answer) -> (Vec<String>, Value, Vec<String>) {
    let texts = |values: &Value| {
        let values = values.as_array().into_iter().flatten();
        let texts = values.map(|value| value["value"].as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>()
    };
    let body = &answer.body;
    assert_eq!(
        body[WSO2]["pendingEmails"],
        body[ENTERPRISE]["pendingEmails"]
    );
    (
        texts(&body["emails"]),
        body[WSO2]["emailVerified"].clone(),
        texts(&body[WSO2]["pendingEmails"]),
    )
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

async fn me(test: &TestApp) -> Answer {
    test.users(&Event::shipped("scim-users/get-me")).await
}

#[tokio::test]
async fn a_changed_address_waits_for_its_code() {
    let test = on(&[]).await;
    let before = me(&test).await;
    assert_eq!(shown(&before), (owned(&[OLD_EMAIL]), json!(false), vec![]));

    let patched = test.patch(&writes(&emails(&[NEW_EMAIL]))).await;
    assert_eq!(patched.status, 200);
    assert_eq!(
        shown(&patched),
        (owned(&[OLD_EMAIL]), json!(false), owned(&[NEW_EMAIL]))
    );
    assert_eq!(test.sent_to(), [NEW_EMAIL]);
    assert_ne!(
        patched.header("etag"),
        before.header("etag"),
        "what waits is part of the tag"
    );

    // The same again while its code lives, in whatever spelling.
    let again = test.patch(&writes(&emails(&["NEW@abc.com"]))).await;
    assert_eq!(shown(&again), shown(&patched));
    assert_eq!(test.sent_to().len(), 1);

    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(
        shown(&me(&test).await),
        (owned(&[NEW_EMAIL]), json!(true), vec![])
    );
    let stored = profile(&test).await;
    assert_eq!(
        stored["emails"],
        json!([{ "value": NEW_EMAIL, "type": "work" }])
    );
}

#[tokio::test]
async fn the_old_address_stays_beside_the_new_one_where_the_request_lists_both() {
    let test = on(&[]).await;
    let both = json!({ "emails": [
        { "value": OLD_EMAIL },
        { "value": NEW_EMAIL, "type": "home", "primary": true },
    ] });
    let patched = test.patch(&writes(&both)).await;
    assert_eq!(shown(&patched).0, [OLD_EMAIL]);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let new = json!({ "value": NEW_EMAIL, "type": "home", "primary": true });
    let stored = profile(&test).await;
    assert_eq!(stored["emails"], json!([new, { "value": OLD_EMAIL }]));
}

#[tokio::test]
async fn other_values_are_written_at_once_and_none_of_them_becomes_the_primary() {
    let test = on(&[]).await;
    let added = test
        .patch(&writes(&emails(&[OLD_EMAIL, THIRD_EMAIL])))
        .await;
    assert_eq!(
        shown(&added),
        (owned(&[OLD_EMAIL, THIRD_EMAIL]), json!(false), vec![])
    );
    let removed = test.patch(&writes(&emails(&[THIRD_EMAIL]))).await;
    assert_eq!(
        shown(&removed),
        (owned(&[THIRD_EMAIL]), Value::Null, vec![])
    );
    assert!(test.sent_to().is_empty());
}

#[tokio::test]
async fn what_is_no_address_or_of_a_domain_that_is_denied_is_refused_before_anything_is_sent() {
    let test = on(&["DeniedEmailDomains=evil.example"]).await;
    for wrong in [
        "new",
        "new@abc",
        "Bob <new@abc.com>",
        "a@abc.com,b@abc.com",
        "x@mail.evil.example",
    ] {
        let answer = test.patch(&writes(&emails(&[wrong]))).await;
        assert_eq!(answer.gist(), "400 invalidValue", "{wrong}");
        let list = json!({ WSO2: { "verifiedEmailAddresses": [wrong] } });
        assert_eq!(
            test.patch(&writes(&list)).await.gist(),
            "400 invalidValue",
            "{wrong}"
        );
    }
    assert!(test.sent_to().is_empty());
}

#[tokio::test]
async fn the_verified_list_has_its_own_claim() {
    let test = on(&[]).await;
    let list = |values: &[&str]| writes(&json!({ WSO2: { "verifiedEmailAddresses": values } }));
    let several = test.patch(&list(&[NEW_EMAIL, THIRD_EMAIL])).await;
    assert_eq!(several.gist(), "400 UEV-10003 invalidValue");
    assert_eq!(test.patch(&list(&[NEW_EMAIL])).await.status, 200);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let body = me(&test).await.body;
    for name in ["emailAddresses", "verifiedEmailAddresses"] {
        assert_eq!(body[WSO2][name], json!([NEW_EMAIL]));
    }
    assert_eq!(body["emails"][0]["value"], OLD_EMAIL);
    // It needs no code to become the primary one.
    let primary = test.patch(&writes(&emails(&[NEW_EMAIL]))).await;
    assert_eq!(shown(&primary), (owned(&[NEW_EMAIL]), json!(true), vec![]));
    assert_eq!(test.sent_to(), [NEW_EMAIL]);
}

fn both_kinds() -> Event {
    writes(&json!({
        "emails": [{ "value": NEW_EMAIL }],
        "phoneNumbers": [{ "type": "mobile", "value": NEW }],
    }))
}

#[tokio::test]
async fn a_number_and_an_address_in_one_request() {
    let test = on(&[]).await;
    let patched = test.patch(&both_kinds()).await;
    assert_eq!(shown(&patched).2, [NEW_EMAIL]);
    assert_eq!(patched.body[WSO2]["pendingMobileNumber"], NEW);
    assert_eq!(test.sent_to(), [NEW_EMAIL, NEW], "the e-mail goes first");
    // Which of the two is not said.
    let resend = Event::shipped("resend-code/me").body(&json!({}));
    assert_eq!(test.resend(&resend).await.gist(), "400 UAR-10011");
}

/// Before, the first of the two claims stayed.
#[tokio::test]
async fn where_one_of_both_cannot_be_sent_nothing_is_pending() {
    for (texts, emails, sent) in [
        (Outcome::Unavailable, Outcome::Delivered, vec![NEW_EMAIL]),
        (Outcome::Delivered, Outcome::Unavailable, vec![]),
        (Outcome::Refused, Outcome::Delivered, vec![NEW_EMAIL]),
    ] {
        let test = on(&[]).await;
        test.stack.outbox().set_outcome(texts);
        test.stack.outbox().set_email_outcome(emails);
        let answer = test.patch(&both_kinds()).await;
        assert_eq!(answer.status, 502);
        assert_eq!(test.sent_to(), sent);
        assert_eq!(
            shown(&me(&test).await),
            (owned(&[OLD_EMAIL]), json!(false), vec![])
        );
        let pending = test.pending(BOB).await;
        let claims: Vec<_> = pending
            .keys()
            .filter(|name| name.ends_with("Claim"))
            .collect();
        assert!(claims.is_empty(), "{claims:?}");
        if let [_] = sent[..] {
            // The code that went out is dead, and what went out counts.
            assert_eq!(
                test.validate(&typed(&test.code())).await.gist(),
                "400 18001"
            );
            test.stack.outbox().set_outcome(Outcome::Delivered);
            let again = test.patch(&writes(&self::emails(&[NEW_EMAIL]))).await;
            assert_eq!(again.gist(), "429 VRF-42900");
        }
    }
}

#[tokio::test]
async fn either_limit_refuses_both() {
    let test = on(&[]).await;
    assert_eq!(test.patch(&writes(&emails(&[NEW_EMAIL]))).await.status, 200);
    assert_eq!(
        test.patch(&writes(&emails(&[THIRD_EMAIL]))).await.status,
        200
    );
    // The cooldown of the address holds back the number, too.
    assert_eq!(test.patch(&both_kinds()).await.gist(), "429 VRF-42900");
    assert_eq!(test.sent_to(), [NEW_EMAIL, THIRD_EMAIL]);
    assert_eq!(shown(&me(&test).await).2, [THIRD_EMAIL]);
}

#[tokio::test]
async fn a_link_opens_its_claim_once_for_whoever_has_it() {
    let test = with_links().await;
    test.patch(&writes(&emails(&[NEW_EMAIL]))).await;
    let token = token(&test);
    assert_eq!(token.len(), 32);
    let wrong = [
        "123456",
        "x",
        &"A".repeat(32),
        &token[..31],
        &token.to_lowercase(),
    ];
    for wrong in wrong {
        let answer = test.validate(&confirms(wrong)).await;
        assert_eq!(answer.gist(), "400 18001", "{wrong}");
        assert_eq!(answer.body["description"], "Invalid Code.");
    }
    assert_eq!(test.failures(BOB).await, 0, "nothing counts on the user");
    let right = test.validate(&confirms(&token)).await;
    assert_eq!((right.status, &right.body), (202, &Value::Null));
    assert_eq!(
        shown(&me(&test).await),
        (owned(&[NEW_EMAIL]), json!(true), vec![])
    );
    assert_eq!(test.validate(&confirms(&token)).await.gist(), "400 18001");
}

#[tokio::test]
async fn a_link_is_taken_by_the_doors_of_codes_and_has_no_tries_to_lose() {
    let test = with_links().await;
    test.patch(&writes(&emails(&[NEW_EMAIL]))).await;
    let token = token(&test);
    for _ in 0..6 {
        let wrong = test.validate(&typed(&"Z".repeat(32))).await;
        assert_eq!(wrong.gist(), "400 18001");
        assert_eq!(wrong.body["description"], "Invalid Code.");
    }
    assert_eq!(test.failures(BOB).await, 6, "failures count as everywhere");
    assert_eq!(
        test.validate(&typed(&"9".repeat(65))).await.gist(),
        "400 VRF-40000"
    );
    assert_eq!(test.validate(&typed(&token)).await.status, 202);
}

#[tokio::test]
async fn links_that_are_tried_from_one_place_have_a_cap() {
    let settings = ["EnableEmailVerification=true", "MaxTriesPerIpPerHour=2"];
    let test = TestApp::at_the_hour(&settings).await;
    let wrong = confirms(&"A".repeat(32));
    for gist in ["400 18001", "400 18001", "429 VRF-42903"] {
        assert_eq!(test.validate(&wrong).await.gist(), gist);
    }
    // What is not shaped like a token is not counted, nor what comes from elsewhere.
    assert_eq!(test.validate(&confirms("123456")).await.gist(), "400 18001");
    let elsewhere = wrong.from_address("192.0.2.77");
    assert_eq!(test.validate(&elsewhere).await.gist(), "400 18001");
}

#[tokio::test]
async fn a_link_of_a_locked_account_says_so() {
    let test = with_links().await;
    test.patch(&writes(&emails(&[NEW_EMAIL]))).await;
    let token = token(&test);
    for _ in 0..10 {
        assert_eq!(test.validate(&typed("000000")).await.gist(), "400 18001");
    }
    assert_eq!(test.validate(&confirms(&token)).await.gist(), "429 17003");
    assert_eq!(
        test.resend(&resends("EMAIL_VERIFICATION_ON_UPDATE"))
            .await
            .gist(),
        "429 17003"
    );
}

#[tokio::test]
async fn another_code_by_all_names_of_the_scenario() {
    for name in [
        "EMAIL_VERIFICATION_ON_UPDATE",
        "EMAIL_OTP_VERIFICATION_ON_UPDATE",
    ] {
        let test = on(&["ResendCooldownSeconds=0"]).await;
        assert_eq!(test.resend(&resends(name)).await.gist(), "400 UAR-10012");
        test.patch(&writes(&emails(&[NEW_EMAIL]))).await;
        let first = test.code();
        assert_eq!(test.resend(&resends(name)).await.status, 201);
        let second = test.code();
        if first != second {
            assert_eq!(test.validate(&typed(&first)).await.gist(), "400 18001");
        }
        assert_eq!(test.validate(&typed(&second)).await.status, 202);
    }
}

#[tokio::test]
async fn deactivation_ends_what_waits() {
    let test = with_links().await;
    test.patch(&writes(&emails(&[NEW_EMAIL]))).await;
    let token = token(&test);
    let closing = Event::shipped("scim-patch/patch-user").replacing(&json!({
        "active": false,
        "emails": [{ "value": THIRD_EMAIL }],
    }));
    let closed = test.patch(&closing).await;
    assert_eq!(closed.status, 200);
    assert_eq!(shown(&closed), (owned(&[OLD_EMAIL]), json!(false), vec![]));
    assert_eq!(test.validate(&confirms(&token)).await.gist(), "400 18001");
}

#[tokio::test]
async fn off_emails_are_ordinary_attributes() {
    let test = TestApp::bare().await;
    let patched = test
        .patch(&writes(&emails(&["no address", NEW_EMAIL])))
        .await;
    assert_eq!(
        shown(&patched),
        (owned(&["no address", NEW_EMAIL]), Value::Null, vec![])
    );
    assert!(test.sent_to().is_empty());
    assert_eq!(
        test.user(BOB).await.get("emails"),
        None,
        "nothing more is stored"
    );
    assert_eq!(
        test.resend(&resends("EMAIL_VERIFICATION_ON_UPDATE"))
            .await
            .gist(),
        "400 UAR-10011"
    );
    assert_eq!(
        test.validate(&typed("12345678901")).await.gist(),
        "400 VRF-40000"
    );
    assert_eq!(
        test.validate(&confirms(&"A".repeat(32))).await.gist(),
        "400 18001"
    );
    let list = json!({ WSO2: { "verifiedEmailAddresses": [NEW_EMAIL] } });
    assert_eq!(test.patch(&writes(&list)).await.gist(), "400 invalidValue");
}

/// A try notes no more than it did.
#[tokio::test]
async fn off_a_failure_is_noted_as_before() {
    let test = TestApp::bare().await;
    test.validate(&typed("000000")).await;
    let row = test.verification(BOB).await["failed"]["streak"].clone();
    assert!(
        row.as_object()
            .is_none_or(|row| row.keys().all(|key| !key.to_lowercase().contains("email")))
    );
}

/// From before verification was on: it is compared, and no message goes there.
#[tokio::test]
async fn what_is_stored_and_no_address_or_in_a_denied_domain_is_sent_nothing() {
    let test = on(&["DeniedEmailDomains=evil.org"]).await;
    for stored in [
        "a@abc.com,victim@abc.com",
        "Bob <b@abc.com>",
        "plain",
        "a@localhost",
        "a@evil.org",
    ] {
        let mut user = test.user(BOB).await;
        let mut kept = profile(&test).await;
        kept["emails"] = json!([{ "value": stored }]);
        user["profile"] = kept.to_string().into();
        user.as_object_mut().unwrap().remove("emails");
        test.put_user_item(&user).await;
        let answer = test.patch(&writes(&emails(&[stored]))).await;
        assert_eq!(answer.status, 400, "{stored}: {answer}");
        assert_eq!(answer.body["scimType"], "invalidValue", "{stored}");
        assert!(test.sent_to().is_empty(), "{stored}");
    }
}

#[tokio::test]
async fn the_primary_is_flagged_where_the_request_says_so() {
    let test = on(&[]).await;
    let flagged = json!({ "emails": [{ "value": NEW_EMAIL, "primary": true, "type": "work" }] });
    assert_eq!(test.patch(&writes(&flagged)).await.status, 200);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let kept = profile(&test).await;
    let expected = json!([{ "value": NEW_EMAIL, "type": "work", "primary": true }]);
    assert_eq!(kept["emails"], expected);
}
