//! The whole journey over HTTP, as the README and the source documents tell it: a number is changed,
//! held back, verified and committed; everything that can go wrong on the way does.

use http::{Method, StatusCode};
use serde_json::json;

use crate::api::{Api, WSO2, mobile, outcome, pending, primary, wrong};
use crate::client::{BOB, server};

const OLD: &str = "+60111111111";
const NEW: &str = "+60123456789";
const SECOND: &str = "+60129876543";
const THIRD: &str = "+60197654321";
const ON_UPDATE: &str = "MOBILE_VERIFICATION_ON_UPDATE";

#[tokio::test]
async fn a_number_is_changed_and_verified() {
    let server = server(&[]).await;
    whole(&Api::new(server.url()).await).await;
}

/// The seeds' user changes numbers; then there is one user more, for a while.
pub async fn whole(api: &Api) {
    let bob = api.token("bob123").await;
    a_number_is_held_back(api, &bob).await;
    codes_fail(api, &bob).await;
    the_right_code_commits(api, &bob).await;
    the_list_has_its_own_claim(api, &bob).await;
    an_outage_changes_nothing(api, &bob).await;
    users_come_and_go(api).await;
    a_number_joins_by_transmits_calls(api).await;
}

async fn a_number_is_held_back(api: &Api, bob: &str) {
    let me = api.me(bob).await;
    assert_eq!(me["id"], BOB);
    assert_eq!((primary(&me), pending(&me)), (Some(OLD), None));

    // The source documents' sample, with their national number.
    let patched = api.patch_user(BOB, &mobile("0123456789")).await;
    assert_eq!(patched.status, StatusCode::OK);
    let shown = patched.json();
    assert_eq!((primary(&shown), pending(&shown)), (Some(OLD), Some(NEW)));
    assert_eq!(api.me(bob).await, shown);
    assert_eq!(api.codes(NEW).await.len(), 1);
    assert!(api.codes(OLD).await.is_empty());

    // A provisioning client repeats itself.
    let again = api.patch_user(BOB, &mobile(NEW)).await;
    assert_eq!(pending(&again.json()), Some(NEW));
    assert_eq!(api.codes(NEW).await.len(), 1);
}

async fn codes_fail(api: &Api, bob: &str) {
    let first = api.codes(NEW).await.remove(0);
    let answer = api.validate(bob, &wrong(&first)).await;
    assert_eq!(outcome(&answer), (400, "18001".to_owned()));
    let body = answer.json();
    assert_eq!(body["message"], "Bad Request");
    assert_eq!(
        body["description"],
        format!("Invalid Code '{}'.", wrong(&first))
    );
    assert_eq!(body["traceId"], answer.header("x-trace-id").unwrap());
    // Right, but somebody else's.
    let alice = api.token("alice").await;
    assert_eq!(
        outcome(&api.validate(&alice, &first).await),
        (400, "18001".to_owned())
    );

    let early = api.resend(bob, ON_UPDATE).await;
    assert_eq!(outcome(&early), (429, "VRF-42900".to_owned()));
    let wait: u32 = early.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(api.codes(NEW).await.len(), 1);

    api.advance(61).await;
    let sent = api.resend(bob, ON_UPDATE).await;
    assert_eq!(outcome(&sent), (201, String::new()));
    assert_eq!(api.codes(NEW).await.len(), 2);
    assert_eq!(
        outcome(&api.validate(bob, &first).await),
        (400, "18001".to_owned())
    );

    api.advance(301).await;
    let second = api.codes(NEW).await.remove(1);
    assert_eq!(
        outcome(&api.validate(bob, &second).await),
        (400, "18002".to_owned())
    );
    // The claim outlives its code.
    assert_eq!(pending(&api.me(bob).await), Some(NEW));
}

async fn the_right_code_commits(api: &Api, bob: &str) {
    let again = json!({
        "user": {"username": "bob123", "realm": "PRIMARY"},
        "properties": [{"key": "RecoveryScenario", "value": ON_UPDATE}],
    });
    let sent = api.privileged("resend-code", again).await;
    assert_eq!(outcome(&sent), (201, String::new()));
    let third = api.codes(NEW).await.remove(2);
    assert_eq!(
        outcome(&api.validate(bob, &third).await),
        (202, String::new())
    );
    let me = api.me(bob).await;
    assert_eq!((primary(&me), pending(&me)), (Some(NEW), None));
    assert_eq!(me[WSO2]["phoneVerified"], true);
    assert_eq!(me[WSO2]["verifiedMobileNumbers"], json!([OLD]));
    // A code works once.
    assert_eq!(
        outcome(&api.validate(bob, &third).await),
        (400, "18001".to_owned())
    );
    let nothing = api.resend(bob, ON_UPDATE).await;
    assert_eq!(outcome(&nothing), (400, "UAR-10012".to_owned()));
    // The number that was replaced is told; before sending is made to fail, which it would not outlive.
    api.notice(OLD).await;
}

async fn the_list_has_its_own_claim(api: &Api, bob: &str) {
    let list = json!({WSO2: {"verifiedMobileNumbers": "0111111111,0129876543"}});
    let patched = api.patch_user(BOB, &list).await;
    assert_eq!(patched.status, StatusCode::OK);
    let shown = patched.json();
    assert_eq!(
        (primary(&shown), pending(&shown)),
        (Some(NEW), Some(SECOND))
    );
    assert_eq!(shown[WSO2]["verifiedMobileNumbers"], json!([OLD]));
    let code = api.codes(SECOND).await.remove(0);
    let body = json!({"user": {"username": "bob123"}, "code": code, "properties": []});
    let validated = api.privileged("validate-code", body).await;
    assert_eq!(validated.status, StatusCode::ACCEPTED);
    let user = json!({"username": "bob123", "tenant-domain": "carbon.super", "realm": "PRIMARY", "userId": BOB});
    assert_eq!(validated.json(), user);
    let me = api.me(bob).await;
    assert_eq!((primary(&me), pending(&me)), (Some(NEW), None));
    for list in ["mobileNumbers", "verifiedMobileNumbers"] {
        assert_eq!(me[WSO2][list], json!([OLD, SECOND]));
    }
}

async fn an_outage_changes_nothing(api: &Api, bob: &str) {
    let before = api.me(bob).await;
    for (outcome, said) in [
        ("unavailable", "VRF-50200: The message could not be sent;"),
        ("refused", "VRF-50201: "),
    ] {
        api.sms(outcome).await;
        let mut change = mobile("+60127654321");
        change["nickName"] = "Bobby".into();
        let failed = api.patch_me(bob, &change).await;
        assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
        let detail = failed.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(said), "{detail}");
        assert_eq!(api.me(bob).await, before);
    }
    api.sms("delivered").await;
    // Nothing was sent, so nothing has to be waited for.
    let patched = api.patch_me(bob, &mobile("+60127654321")).await;
    assert_eq!(pending(&patched.json()), Some("+60127654321"));
    assert_eq!(api.codes("+60127654321").await.len(), 1);
    // Back to the verified number: that is the end of the claim.
    let patched = api.patch_me(bob, &mobile(NEW)).await;
    assert_eq!(
        (patched.status, pending(&patched.json())),
        (StatusCode::OK, None)
    );
    assert_eq!(api.codes(NEW).await.len(), 3);
}

async fn users_come_and_go(api: &Api) {
    let created = api.create("carol").await;
    assert_eq!(created.status, StatusCode::CREATED);
    let carol = created.json();
    let path = format!("/scim2/Users/{}", carol["id"].as_str().unwrap());
    assert_eq!(created.header("location"), Some(api.url(&path).as_str()));
    let twice = api.create("CAROL").await;
    assert_eq!(
        (twice.status, &twice.json()["scimType"]),
        (StatusCode::CONFLICT, &json!("uniqueness"))
    );
    let read = api.send(Method::GET, &path, &api.admin, None).await;
    assert_eq!((read.status, read.json()), (StatusCode::OK, carol));
    let gone = api.send(Method::DELETE, &path, &api.admin, None).await;
    assert_eq!((gone.status, gone.body.len()), (StatusCode::NO_CONTENT, 0));
    let missing = api.send(Method::GET, &path, &api.admin, None).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(api.create("carol").await.status, StatusCode::CREATED);
}

/// The source document's sample: a message and a sender of the request's own.
async fn a_number_joins_by_transmits_calls(api: &Api) {
    let carol = &api.token("carol").await;
    let asked = json!({
        "custom_message": "Your {app} verification code is: {otp}",
        "sender_id": "ACME",
        "phone_number": THIRD,
    });
    let sent = api.transmit("send", carol, asked.clone()).await;
    assert_eq!(
        (sent.status, sent.json()),
        (StatusCode::OK, json!({"message": "SMS sent"}))
    );
    let again = api.transmit("send", carol, asked).await;
    assert_eq!(outcome(&again), (429, "VRF-42900".to_owned()));

    let code = api.codes(THIRD).await.remove(0);
    let typed = |passcode: &str| json!({"passcode": passcode, "phone_number": THIRD});
    let wrong = api.transmit("validate", carol, typed(&wrong(&code))).await;
    assert_eq!(outcome(&wrong), (400, "18001".to_owned()));
    let right = api.transmit("validate", carol, typed(&code)).await;
    assert_eq!(
        (right.status, right.json()),
        (StatusCode::OK, json!({"result": true}))
    );
    let verified = api.me(carol).await;
    assert_eq!(primary(&verified), Some(THIRD));
    assert_eq!(verified[WSO2]["verifiedMobileNumbers"], json!([THIRD]));
    let known = json!({"phone_number": THIRD});
    let known = api.transmit("send", carol, known).await;
    assert_eq!(outcome(&known), (409, "VRF-40902".to_owned()));
}
