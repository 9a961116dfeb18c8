//! What a PATCH or PUT is refused for: authority, body, values.
//! Nothing is read where authority is missing; nothing is written or sent in any case.

use insta::assert_snapshot;
use local::testing::{ALICE, Answer, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{NEW, OTHER, mobile, primary};

const UPDATE: &str = "internal_user_mgt_update";

/// Refused, and nothing written or sent.
async fn refused(test: &TestApp, event: &Event) -> Answer {
    let before = (test.user(BOB).await, test.verification(BOB).await);
    let answer = test.patch(event).await;
    assert!((400..500).contains(&answer.status), "{answer}");
    assert_eq!((test.user(BOB).await, test.verification(BOB).await), before);
    assert_eq!(test.sent_to().len(), 0);
    answer
}

#[tokio::test]
async fn no_claims_no_authority() {
    let test = TestApp::start().await;
    for event in [
        "scim-patch/patch-me",
        "scim-patch/patch-user",
        "scim-patch/put-me",
    ] {
        let answer = refused(&test, &Event::shipped(event).without_token()).await;
        assert_eq!(answer.gist(), "401 VRF-40100");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}

#[tokio::test]
async fn another_users_resource_needs_the_scope_even_where_the_gateway_let_it_pass() {
    let test = TestApp::start().await;
    for event in ["scim-patch/patch-user", "scim-patch/put-user"] {
        for subject in [ALICE, BOB] {
            let event = Event::shipped(event).by(subject, "internal_user_mgt_view");
            let answer = refused(&test, &event).await;
            assert_eq!(answer.gist(), "403 VRF-40300", "{subject}");
        }
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0, "no read either");
}

#[tokio::test]
async fn what_others_rely_on_needs_the_scope_on_me_too() {
    let test = TestApp::start().await;
    for (name, value) in [
        ("userName", json!("robert")),
        ("externalId", json!("e-1")),
        ("active", json!(false)),
    ] {
        let mut attributes = mobile(NEW);
        attributes[name] = value.clone();
        let event = Event::shipped("scim-patch/patch-me").replacing(&attributes);
        assert_eq!(
            refused(&test, &event).await.gist(),
            "403 VRF-40300",
            "{name}"
        );
        let with_scope = Event::shipped("scim-patch/patch-me").replacing(&json!({ name: value }));
        assert_eq!(
            test.patch(&with_scope.by(BOB, UPDATE)).await.status,
            200,
            "{name}"
        );
    }
}

#[tokio::test]
async fn bodies_that_are_not_read() {
    let test = TestApp::start().await;
    let event = || Event::shipped("scim-patch/patch-me");
    for (event, gist) in [
        (event().text(&" ".repeat(256 * 1024 + 1)), "413"),
        (event().header("content-type", "text/plain"), "415"),
        (
            event().header("content-type", "application/json; charset=latin1"),
            "415",
        ),
        (event().text(""), "400 invalidSyntax"),
        (event().text("{\"schemas\":"), "400 invalidSyntax"),
        (event().text("[]"), "400 invalidSyntax"),
        (
            event().text(&format!("{{\"a\":{}1{}}}", "[".repeat(65), "]".repeat(65))),
            "400 invalidSyntax",
        ),
        (event().operations(&json!([])), "400 invalidSyntax"),
        (
            event().body(&json!({ "Operations": [] })),
            "400 invalidSyntax",
        ),
    ] {
        assert_eq!(refused(&test, &event).await.gist(), gist);
    }
    assert_eq!(
        test.stack.faults().take_calls().len(),
        0,
        "nothing is read for them"
    );
}

#[tokio::test]
async fn a_user_that_there_is_not() {
    let test = TestApp::start().await;
    let event = Event::shipped("scim-patch/patch-user").parameter("id", "nobody");
    assert_snapshot!(refused(&test, &event).await, @r#"
    404
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "404",
      "detail": "There is no such resource."
    }
    "#);
}

#[tokio::test]
async fn two_numbers_at_once_cannot_be_verified() {
    let test = TestApp::start().await;
    let event = Event::shipped("scim-patch/patch-verified-list").replacing(&json!({
        "nickName": "Bobby",
        "urn:scim:wso2:schema": { "verifiedMobileNumbers": ["+60111111111", NEW, OTHER] },
    }));
    assert_snapshot!(refused(&test, &event).await, @r#"
    400
    {
      "schemas": [
        "urn:ietf:params:scim:api:messages:2.0:Error"
      ],
      "status": "400",
      "detail": "UMV-10002: Unable to verify multiple mobile numbers simultaneously.",
      "scimType": "invalidValue"
    }
    "#);
}

#[tokio::test]
async fn two_primary_numbers_in_one_request() {
    let test = TestApp::start().await;
    let event = Event::shipped("scim-patch/patch-me").replacing(&json!({
        "phoneNumbers": [{ "type": "mobile", "value": NEW }, { "type": "mobile", "value": OTHER }],
    }));
    assert_eq!(refused(&test, &event).await.gist(), "400 invalidValue");
}

#[tokio::test]
async fn numbers_that_are_none_say_why() {
    let test = TestApp::start().await;
    let mut told = Vec::new();
    for number in [
        "abc",
        "+60123456789;ext=5",
        "123",
        "+601234567890123456",
        "+60012",
        "+6031234567x",
        "+60322345678",
        "+60123456789 00",
    ] {
        let answer = refused(&test, &primary(number)).await;
        assert_eq!(answer.body["scimType"], "invalidValue", "{number}");
        told.push(format!(
            "{number:?}: {}",
            answer.body["detail"].as_str().unwrap()
        ));
    }
    assert_snapshot!(told.join("\n"), @r#"
    "abc": phoneNumbers: has characters other than digits, spaces and + - . ( ) / ~ *
    "+60123456789;ext=5": phoneNumbers: has an extension or parameter, which a mobile number cannot have
    "123": phoneNumbers: is not a valid number in its region's numbering plan
    "+601234567890123456": phoneNumbers: is not a phone number
    "+60012": phoneNumbers: is not a valid number in its region's numbering plan
    "+6031234567x": phoneNumbers: has an extension or parameter, which a mobile number cannot have
    "+60322345678": phoneNumbers: is not a mobile number
    "+60123456789 00": phoneNumbers: is not a valid number in its region's numbering plan
    "#);
}

#[tokio::test]
async fn a_wrong_number_in_a_list_is_refused_like_any_other() {
    let test = TestApp::start().await;
    for name in ["mobileNumbers", "verifiedMobileNumbers"] {
        let event = Event::shipped("scim-patch/patch-me")
            .replacing(&json!({ "urn:scim:wso2:schema": { name: ["+60111111111", "nonsense"] } }));
        let answer = refused(&test, &event).await;
        assert_eq!(answer.gist(), "400 invalidValue");
        assert!(answer.body["detail"].as_str().unwrap().starts_with(name));
    }
}

#[tokio::test]
async fn no_client_writes_what_a_verification_decides() {
    let test = TestApp::with(&["EnableEmailVerification=true"]).await;
    let pending = json!([{ "value": "new@abc.com" }]);
    for operation in [
        json!({ "op": "add", "path": "urn:scim:wso2:schema:emailVerified", "value": true }),
        json!({ "op": "Replace", "path": "URN:SCIM:WSO2:Schema:EmailVerified", "value": "True" }),
        json!({ "op": "replace", "value": { "urn:scim:wso2:schema": { "pendingEmails": pending } } }),
        json!({ "op": "remove", "path": "urn:scim:wso2:schema:pendingEmails" }),
        json!({ "op": "replace", "value": { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:pendingEmails": pending } }),
        json!({ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].verified", "value": true }),
        json!({ "op": "add", "path": "urn:scim:wso2:schema:phoneVerified", "value": true }),
        json!({ "op": "Replace", "path": "URN:SCIM:WSO2:Schema:PhoneVerified", "value": "True" }),
        json!({ "op": "replace", "value": { "urn:scim:wso2:schema": { "pendingMobileNumber": NEW } } }),
        json!({ "op": "remove", "path": "urn:scim:wso2:schema:pendingMobileNumber" }),
        json!({ "op": "replace", "value": { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:pendingMobileNumber": NEW } }),
        json!({ "op": "replace", "value": { "phoneNumbers": [{ "type": "mobile", "value": NEW, "verified": true }] } }),
    ] {
        let event = Event::shipped("scim-patch/patch-me").operations(&json!([operation]));
        let answer = refused(&test, &event).await;
        assert_eq!(answer.body["scimType"], "mutability", "{operation}");
    }
}

#[tokio::test]
async fn one_bad_operation_and_nothing_is_written() {
    let test = TestApp::start().await;
    let event = Event::shipped("scim-patch/patch-me").operations(&json!([
        { "op": "replace", "value": mobile(NEW) },
        { "op": "replace", "path": "nickName", "value": "Bobby" },
        { "op": "replace", "path": "noSuchAttribute", "value": "x" },
    ]));
    assert_eq!(refused(&test, &event).await.body["scimType"], "invalidPath");
}

#[tokio::test]
async fn another_users_name_is_not_free_in_any_case() {
    let test = TestApp::start().await;
    for name in ["alice", "ALICE"] {
        let mut attributes = mobile(NEW);
        attributes["userName"] = name.into();
        let event = Event::shipped("scim-patch/patch-user").replacing(&attributes);
        assert_eq!(refused(&test, &event).await.gist(), "409 uniqueness");
    }
    let own = Event::shipped("scim-patch/patch-user").replacing(&json!({ "userName": "BOB123" }));
    assert_eq!(
        test.patch(&own).await.status,
        200,
        "one's own name in another case is"
    );
}
