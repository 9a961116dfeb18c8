//! Who gets another code, where tokens do not hold the id.

use local::testing::{BOB, Event, TestApp};

use crate::support::{COOLDOWN, NEW, me};

#[tokio::test]
async fn the_named_user_gets_another_code_and_nobody_none() {
    let test = TestApp::with(&["IdentityAttribute=userName"]).await;
    let claim = Event::shipped("scim-patch/patch-me").by("bob123", "");
    assert_eq!(test.patch(&claim).await.status, 200);
    test.stack.clock().advance(COOLDOWN);
    // The name of the token is the user's byte for byte.
    for nobody in [BOB, "nobody", "BOB123"] {
        let answer = test.resend(&me().by(nobody, "")).await;
        assert_eq!(answer.gist(), "400 UAR-10012", "{nobody}");
    }
    assert_eq!(test.sent_to(), [NEW]);
    assert_eq!(test.resend(&me().by("bob123", "")).await.status, 201);
    assert_eq!(test.sent_to(), [NEW, NEW]);
}
