//! The template's settings reach the decision table.
//! One case each: the table itself is tested beside it, and what holds for both kinds of address in `kinds`.

use local::testing::{BOB, Event, TestApp};
use serde_json::json;

use crate::support::{NEW, primary};

#[tokio::test]
async fn verification_off_writes_the_number_unverified() {
    let test = TestApp::with(&["EnableVerification=false"]).await;
    assert_eq!(test.patch(&primary(NEW)).await.status, 200);
    let user = test.user(BOB).await;
    assert_eq!(
        (&user["primary"], &user["phoneVerified"]),
        (&json!(NEW), &json!(false))
    );
    assert_eq!(test.sent_to().len(), 0);
}

#[tokio::test]
async fn without_lists_there_are_none_to_read_or_write() {
    let test = TestApp::with(&["MultipleMobileNumbers=false"]).await;
    let answer = test
        .patch(&Event::shipped("scim-patch/patch-verified-list"))
        .await;
    assert_eq!(
        (answer.status, &answer.body["scimType"]),
        (400, &json!("invalidPath"))
    );
    let answer = test.patch(&primary(NEW)).await;
    let extension = &answer.body["urn:scim:wso2:schema"];
    assert_eq!(
        extension,
        &json!({ "phoneVerified": true, "pendingMobileNumber": NEW })
    );
}

/// All of the extension, as a client says that wants nothing of it: what is hidden is not meant.
#[tokio::test]
async fn without_lists_the_rest_of_the_extension_can_be_removed() {
    let test = TestApp::with(&["MultipleMobileNumbers=false"]).await;
    let before = test.user(BOB).await;
    let event = || Event::shipped("scim-patch/patch-me");
    for operation in [
        json!({ "op": "remove", "path": "urn:scim:wso2:schema" }),
        json!({ "op": "replace", "value": { "urn:scim:wso2:schema": null } }),
    ] {
        let answer = test.patch(&event().operations(&json!([operation]))).await;
        assert_eq!(answer.status, 200, "{operation}");
    }
    assert_eq!(test.user(BOB).await, before);
    let named = json!([{ "op": "remove", "path": "urn:scim:wso2:schema:mobileNumbers" }]);
    assert_eq!(
        test.patch(&event().operations(&named)).await.gist(),
        "400 invalidPath"
    );
}

#[tokio::test]
async fn without_a_default_region_national_numbers_are_refused() {
    let test = TestApp::with(&["DefaultRegion="]).await;
    let answer = test.patch(&Event::shipped("scim-patch/patch-user")).await;
    assert_eq!(answer.gist(), "400 invalidValue");
    assert_eq!(test.patch(&primary(NEW)).await.status, 200);
}

#[tokio::test]
async fn the_scope_prefix_is_part_of_every_scope() {
    let test = TestApp::with(&["ScopePrefix=users/"]).await;
    let event = || Event::shipped("scim-patch/patch-user");
    assert_eq!(test.patch(&event()).await.status, 403);
    let prefixed = event().by("admin", "users/internal_user_mgt_update");
    assert_eq!(test.patch(&prefixed).await.status, 200);
}
