//! Which code proves what: right, wrong, used, dead, expired, another's.
//! A wrong code, another's, a used and a dead one are told alike; only the owner's expired code differs.

use std::time::Duration;

use insta::assert_snapshot;
use local::testing::{ALICE, BOB, Event, TestApp};
use serde_json::json;

use crate::support::{LIST, NEW, OTHER, PRIMARY, claim_list, claim_primary, not, typed, typed_for};

#[tokio::test]
async fn the_right_code_makes_the_number_the_verified_primary() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    let answer = test.validate(&typed(&code)).await;
    assert_eq!((answer.status, answer.body.is_null()), (202, true));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-trace-id"), Some("XNQ213dJjoEEJ8w="));
    let user = test.user(BOB).await;
    assert_eq!(user["primary"], NEW);
    assert_eq!(user["phoneVerified"], true);
    assert_eq!(
        user["mobileNumbers"],
        json!(["+60111111111"]),
        "the lists stay"
    );
    assert_eq!(user["verifiedMobileNumbers"], json!(["+60111111111"]));
    assert_eq!(user["version"], 2);
    let pending = test.pending(BOB).await;
    let left: Vec<&String> = pending.keys().collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(pending.contains_key("sends") && pending.contains_key("tries"));
}

#[tokio::test]
async fn the_right_code_puts_the_number_into_the_lists() {
    let test = TestApp::start().await;
    let code = claim_list(&test, NEW).await;
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
    let user = test.user(BOB).await;
    assert_eq!(user["primary"], "+60111111111");
    assert_eq!(user["mobileNumbers"], json!(["+60111111111", NEW]));
    assert_eq!(user["verifiedMobileNumbers"], json!(["+60111111111", NEW]));
}

#[tokio::test]
async fn with_nothing_pending_the_shipped_code_is_wrong() {
    let test = TestApp::start().await;
    let answer = test.validate(&Event::shipped("validate-code/me")).await;
    assert_snapshot!(answer, @r#"
    400
    {
      "code": "18001",
      "message": "Bad Request",
      "description": "Invalid Code '123456'.",
      "traceId": "XNQ213dJjoEEJ8w="
    }
    "#);
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn wrong_used_dead_and_anothers_codes_are_told_alike() {
    let test = TestApp::start().await;
    let wrong = async |code: &str| test.validate(&typed(code)).await.gist();
    let code = claim_primary(&test, NEW).await;
    assert_eq!(wrong(&not(&code)).await, "400 18001", "wrong");
    let anothers = typed(&code).by(ALICE, "");
    assert_eq!(
        test.validate(&anothers).await.gist(),
        "400 18001",
        "another's"
    );

    let newer = claim_primary(&test, OTHER).await;
    assert_eq!(wrong(&code).await, "400 18001", "dead");
    assert_eq!(test.validate(&typed(&newer)).await.status, 202);
    assert_eq!(wrong(&newer).await, "400 18001", "used");
    assert_eq!(test.user(BOB).await["primary"], OTHER);
    assert_eq!(test.user(BOB).await["version"], 2);
}

#[tokio::test]
async fn a_cancelled_claims_code_is_dead() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    let cancel = json!({ "phoneNumbers": [{ "type": "mobile", "value": "+60111111111" }] });
    test.patch(&Event::shipped("scim-patch/patch-me").replacing(&cancel))
        .await;
    assert_eq!(test.validate(&typed(&code)).await.gist(), "400 18001");
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
}

#[tokio::test]
async fn only_the_owners_right_code_is_told_to_be_too_late() {
    let test = TestApp::start().await;
    let code = claim_primary(&test, NEW).await;
    test.stack.clock().advance(Duration::from_mins(5));
    assert_eq!(test.validate(&typed(&not(&code))).await.gist(), "400 18001");
    let anothers = typed(&code).by(ALICE, "");
    assert_eq!(test.validate(&anothers).await.gist(), "400 18001");
    assert_snapshot!(test.validate(&typed(&code)).await, @r#"
    400
    {
      "code": "18002",
      "message": "Bad Request",
      "description": "Expired Code",
      "traceId": "XNQ213dJjoEEJ8w="
    }
    "#);

    test.stack.clock().advance(Duration::from_hours(24));
    assert_eq!(
        test.validate(&typed(&code)).await.gist(),
        "400 18001",
        "the claim is over"
    );
    assert_eq!(test.user(BOB).await["primary"], "+60111111111");
}

#[tokio::test]
async fn a_code_is_good_to_the_end_of_its_minutes() {
    let test = TestApp::with(&["OtpValidityMinutes=2"]).await;
    let code = claim_primary(&test, NEW).await;
    test.stack.clock().advance(Duration::from_secs(110));
    assert_eq!(test.validate(&typed(&code)).await.status, 202);
}

#[tokio::test]
async fn a_code_is_text_trimmed_in_its_own_case() {
    let test = TestApp::with(&["OtpCharacters=uppercase"]).await;
    let code = claim_primary(&test, NEW).await;
    let lower = test.validate(&typed(&code.to_lowercase())).await;
    assert_eq!(lower.gist(), "400 18001");
    assert_eq!(
        test.validate(&typed(&format!("  {code}\n"))).await.status,
        202
    );
}

#[tokio::test]
async fn of_two_claims_a_code_finds_its_own() {
    for both_first in [true, false] {
        let test = TestApp::start().await;
        let primary = claim_primary(&test, NEW).await;
        let list = claim_list(&test, OTHER).await;
        let (first, second) = if both_first {
            (&primary, &list)
        } else {
            (&list, &primary)
        };
        assert_eq!(test.validate(&typed(first)).await.status, 202);
        assert_eq!(test.validate(&typed(second)).await.status, 202);
        let user = test.user(BOB).await;
        assert_eq!(user["primary"], NEW);
        assert_eq!(
            user["verifiedMobileNumbers"],
            json!(["+60111111111", OTHER])
        );
        assert_eq!(user["version"], 3);
    }
}

#[tokio::test]
async fn a_named_scenario_is_the_only_one_compared() {
    let test = TestApp::start().await;
    let primary = claim_primary(&test, NEW).await;
    let list = claim_list(&test, OTHER).await;
    assert_eq!(
        test.validate(&typed_for(&primary, LIST)).await.gist(),
        "400 18001"
    );
    assert_eq!(
        test.validate(&typed_for(&list, PRIMARY)).await.gist(),
        "400 18001"
    );
    assert_eq!(
        test.verification(BOB).await["tries"],
        2,
        "counted like any other"
    );
    assert_eq!(
        test.validate(&typed_for(&primary, PRIMARY)).await.status,
        202
    );
    assert_eq!(test.validate(&typed_for(&list, LIST)).await.status, 202);
}

#[tokio::test]
async fn bodies_that_are_not_read_name_the_field_and_cost_no_try() {
    let test = TestApp::start().await;
    let event = || Event::shipped("validate-code/me");
    let mut told = Vec::new();
    for body in [
        json!({}),
        json!({ "code": null }),
        json!({ "code": 123_456 }),
        json!({ "code": "" }),
        json!({ "code": "  " }),
        json!({ "code": "12345678901" }),
        json!({ "code": "12345\u{661}" }),
        json!({ "code": "12 34" }),
        json!({ "code": "123456", "properties": null }),
        json!({ "code": "123456", "properties": [{ "key": "RecoveryScenario", "value": 1 }] }),
        json!({ "code": "123456", "properties": [{ "key": "RecoveryScenario", "value": "EMAIL" }] }),
    ] {
        let answer = test.validate(&event().body(&body)).await;
        let description = answer.body["description"].as_str().unwrap().to_owned();
        told.push(format!("{}: {description}", answer.gist()));
    }
    assert_snapshot!(told.join("\n"), @r#"
    400 VRF-40000: code is missing.
    400 VRF-40000: code must be a text.
    400 VRF-40000: code must be a text.
    400 VRF-40000: code must be 1 to 10 ASCII letters or digits.
    400 VRF-40000: code must be 1 to 10 ASCII letters or digits.
    400 VRF-40000: code must be 1 to 10 ASCII letters or digits.
    400 VRF-40000: code must be 1 to 10 ASCII letters or digits.
    400 VRF-40000: code must be 1 to 10 ASCII letters or digits.
    400 VRF-40000: properties must be an array.
    400 VRF-40000: properties[0].value must be a text of one line.
    400 UAR-10011: Name the scenario: the property RecoveryScenario with MOBILE_VERIFICATION_ON_UPDATE or MOBILE_VERIFICATION_ON_VERIFIED_LIST_UPDATE.
    "#);
    for (event, gist) in [
        (event().text(&" ".repeat(256 * 1024 + 1)), "413 VRF-41300"),
        (
            event().header("content-type", "text/plain"),
            "415 VRF-41500",
        ),
        (event().text(""), "400 VRF-40000"),
        (event().text("{"), "400 VRF-40000"),
        (event().without_token(), "401 VRF-40100"),
    ] {
        assert_eq!(test.validate(&event).await.gist(), gist);
    }
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}
