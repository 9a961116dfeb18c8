//! An account that is not in use proves no number; closing it is never refused.

use local::testing::{BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{NEW, OTHER, mobile, primary};

const UPDATE: &str = "internal_user_mgt_update";

fn managed(attributes: &Value) -> Event {
    Event::shipped("scim-patch/patch-user").replacing(attributes)
}

async fn closed() -> TestApp {
    let test = TestApp::start().await;
    assert_eq!(
        test.patch(&managed(&json!({ "active": false }))).await.body["active"],
        false
    );
    test
}

#[tokio::test]
async fn who_is_active_and_who_is_not() {
    let test = TestApp::start().await;
    let at = &test;
    let shown = |event: Event| async move { at.patch(&event).await.body["active"].clone() };
    assert_eq!(shown(managed(&json!({ "title": "x" }))).await, true);
    assert_eq!(shown(managed(&json!({ "active": "False" }))).await, false);
    // A PUT without it leaves it.
    let put = json!({ "userName": "bob123", "phoneNumbers": [{ "type": "mobile", "value": "+60111111111" }] });
    assert_eq!(
        shown(Event::shipped("scim-patch/put-user").body(&put)).await,
        false
    );
    let me = Event::shipped("scim-patch/put-me").body(&put);
    assert_eq!(shown(me).await, false);
    // Removed it is true.
    for removal in [
        json!({ "op": "remove", "path": "active" }),
        json!({ "op": "replace", "path": "active", "value": null }),
        json!({ "op": "add", "path": "active", "value": "" }),
    ] {
        assert_eq!(shown(managed(&json!({ "active": false }))).await, false);
        let event = Event::shipped("scim-patch/patch-user").operations(&json!([removal]));
        assert_eq!(shown(event).await, true, "{removal}");
    }
    // True again and again is no change.
    let version = test.user(BOB).await["version"].clone();
    assert_eq!(shown(managed(&json!({ "active": true }))).await, true);
    assert_eq!(test.user(BOB).await["version"], version);
}

#[tokio::test]
async fn no_claim_is_started() {
    let test = closed().await;
    let list =
        json!({ "urn:scim:wso2:schema": { "verifiedMobileNumbers": ["+60111111111", NEW] } });
    let own = Event::shipped("scim-patch/patch-me");
    for (event, gist) in [
        (primary(NEW), "403 VRF-40301"),
        (own.replacing(&list), "403 VRF-40301"),
        (managed(&mobile(NEW)), "400 invalidValue"),
        (managed(&list), "400 invalidValue"),
    ] {
        let before = test.user(BOB).await;
        assert_eq!(test.patch(&event).await.gist(), gist);
        assert_eq!(test.user(BOB).await, before);
    }
    assert_eq!(test.sent_to(), [""; 0]);
    assert_eq!(test.pending(BOB).await.len(), 0);
    // What needs no code works, and with the account in use everything does.
    for event in [
        managed(&json!({ "title": "x" })),
        managed(&json!({ "mobileNumbers": ["+60111111111", OTHER] })),
        managed(&json!({ "phoneNumbers": [] })),
    ] {
        assert_eq!(test.patch(&event).await.status, 200);
    }
    let mut both = mobile(NEW);
    both["active"] = json!(true);
    assert_eq!(test.patch(&managed(&both)).await.status, 200);
    assert_eq!(test.sent_to(), [NEW]);
}

#[tokio::test]
async fn a_deactivation_ends_what_is_pending_and_drops_a_number_beside_it() {
    for beside in [
        json!({}),
        mobile(OTHER),
        mobile(NEW),
        mobile("nonsense"),
        json!({ "phoneNumbers[type eq \"mobile\"].value": OTHER }),
        json!({ "verifiedMobileNumbers": [NEW, OTHER, "+60111111111"] }),
        json!({ "mobileNumbers": ["nonsense", "+60111111111"] }),
    ] {
        let test = TestApp::start().await;
        assert_eq!(test.patch(&primary(NEW)).await.status, 200);
        assert!(test.pending(BOB).await.contains_key("primaryClaim"));
        let mut attributes = beside.clone();
        attributes["active"] = json!(false);
        let before = test.user(BOB).await;
        let answer = test.patch(&managed(&attributes)).await;
        assert_eq!(
            (answer.status, &answer.body["active"]),
            (200, &json!(false)),
            "{beside}"
        );
        assert!(
            !test.pending(BOB).await.contains_key("primaryClaim"),
            "{beside}"
        );
        let after = test.user(BOB).await;
        for same in [
            "primary",
            "phoneVerified",
            "mobileNumbers",
            "verifiedMobileNumbers",
        ] {
            assert_eq!(after[same], before[same], "{beside} {same}");
        }
        assert_eq!(test.sent_to(), [NEW]);
        // A client repeats itself.
        assert_eq!(
            test.patch(&managed(&attributes)).await.status,
            200,
            "{beside}"
        );
        let mut put = mobile(OTHER);
        put["userName"] = json!("bob123");
        put["active"] = json!(false);
        let put = Event::shipped("scim-patch/put-user").body(&put);
        assert_eq!(test.patch(&put).await.status, 200, "{beside}");
        assert_eq!(test.sent_to(), [NEW]);
    }
}

#[tokio::test]
async fn nobody_deactivates_itself_without_the_scope() {
    let test = TestApp::start().await;
    let own = Event::shipped("scim-patch/patch-me").replacing(&json!({ "active": false }));
    assert_eq!(test.patch(&own).await.gist(), "403 VRF-40300");
    assert_eq!(test.patch(&own.by(BOB, UPDATE)).await.status, 200);
}
