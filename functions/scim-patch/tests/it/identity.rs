//! Whose numbers a token changes, and as whose they count, where it does not hold the id.

use local::testing::{BOB, Event, TestApp};

use crate::support::{NEW, OTHER, mobile, title};

const BY_NAME: &str = "IdentityAttribute=userName";
const UPDATE: &str = "internal_user_mgt_update";

/// An update of Bob's resource by its id.
fn of_bob(number: &str) -> Event {
    Event::shipped("scim-patch/patch-user").replacing(&mobile(number))
}

#[tokio::test]
async fn me_is_the_user_with_the_name() {
    let test = TestApp::with(&[BY_NAME]).await;
    let event = Event::shipped("scim-patch/patch-me").by("bob123", "");
    let answer = test.patch(&event).await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &BOB.into()));
    assert_eq!(test.sent_to(), [NEW]);
    assert!(test.pending(BOB).await.contains_key("primaryClaim"));
}

#[tokio::test]
async fn who_is_no_user_changes_nobody() {
    let test = TestApp::with(&[BY_NAME]).await;
    let before = test.user(BOB).await;
    for subject in [BOB, "nobody", "BOB123", "ｂob123", "bob123\u{ad}"] {
        let event = Event::shipped("scim-patch/patch-me").by(subject, UPDATE);
        assert_eq!(test.patch(&event).await.gist(), "404", "{subject}");
    }
    assert_eq!(test.user(BOB).await, before);
    assert_eq!(test.sent_to().len(), 0);
}

/// Of another user's numbers a manager may be believed; of one's own nobody is.
#[tokio::test]
async fn an_owner_is_one_also_by_the_id() {
    let settings = [BY_NAME, "SkipVerificationByPrivilegedUser=true"];
    let test = TestApp::bare_with(&settings).await;
    test.stack.faults().take_calls();
    let own = test.patch(&of_bob(NEW).by("bob123", UPDATE)).await;
    assert_eq!(own.body["urn:scim:wso2:schema"]["pendingMobileNumber"], NEW);
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem", "UpdateItem"],
        "it is seen by the user that is read anyway"
    );
    // The id is no name: this token is another's.
    let other = test.patch(&of_bob(OTHER).by(BOB, UPDATE)).await;
    assert_eq!(
        other.body["urn:scim:wso2:schema"]["phoneVerified"], false,
        "{other}"
    );
    assert_eq!(test.user(BOB).await["primary"], OTHER);
    assert_eq!(test.sent_to().len(), 1);
}

#[tokio::test]
async fn nothing_is_read_for_what_is_refused() {
    let test = TestApp::with(&[BY_NAME]).await;
    let without_scope = of_bob(NEW).by("bob123", "");
    assert_eq!(test.patch(&without_scope).await.gist(), "403 VRF-40300");
    let nonsense = title("x").by("bob123", "").text("[]");
    assert_eq!(test.patch(&nonsense).await.status, 400);
    assert_eq!(test.stack.faults().take_calls().len(), 0);
}
