//! Backup codes, written and never read, and whether a user wants codes by message when it signs in.

use local::testing::{Answer, BOB, Event, Log, TestApp};
use serde_json::{Value, json};
use shared::platform::secrets::{Secret, Secrets};
use shared::user::backup_codes::{BackupCode, BackupCodes};
use tracing::level_filters::LevelFilter;

use crate::support::{profile, title};

const WSO2: &str = "urn:scim:wso2:schema";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const CODES: &str = "urn:scim:wso2:schema:otpBackupCodes";
const UPDATE: &str = "internal_user_mgt_update";

fn me(operations: &Value) -> Event {
    Event::shipped("scim-patch/patch-me").operations(operations)
}

fn replaced(codes: &Value) -> Event {
    me(&json!([{ "op": "replace", "path": CODES, "value": codes }]))
}

fn added(codes: &Value) -> Event {
    me(&json!([{ "op": "add", "path": CODES, "value": codes }]))
}

fn put(more: &Value) -> Event {
    let mut user = json!({
        "userName": "bob123", "phoneNumbers": [{ "type": "mobile", "value": "+60111111111" }],
    });
    let members = more.as_object().unwrap().clone();
    user.as_object_mut().unwrap().extend(members);
    Event::shipped("scim-patch/put-me").body(&user)
}

fn remaining(answer: &Answer) -> &Value {
    assert_eq!(answer.status, 200, "{answer}");
    &answer.body[WSO2]["otpBackupCodesRemaining"]
}

async fn stored(test: &TestApp) -> BackupCodes {
    let user = test.user(BOB).await;
    let codes = user.get("backupCodes").cloned();
    codes.map_or_else(BackupCodes::default, |codes| {
        serde_json::from_value(codes).unwrap()
    })
}

/// Which of these open something, as whoever signs in would find them.
async fn opening(test: &TestApp, codes: &[&str]) -> Vec<bool> {
    let stored = stored(test).await;
    let keys = test.scim_patch.keys.versions(&stored.key_versions()).await;
    let keys = keys.unwrap();
    let opens = |code: &&str| {
        let code = BackupCode::parse(code).unwrap();
        stored.find(BOB, &code, &keys).is_some()
    };
    codes.iter().map(opens).collect()
}

fn detail(answer: &Answer) -> &str {
    answer.body["detail"].as_str().unwrap()
}

#[tokio::test]
async fn codes_are_written_in_every_form_and_shown_in_none() {
    let joined = json!("1234567, ABCDE-fghjk");
    let array = json!(["1234567", "abcdefghjk"]);
    for event in [
        replaced(&joined),
        replaced(&array),
        added(&array),
        me(&json!([{ "op": "Replace", "path": "otpbackupcodes", "value": joined }])),
        me(
            &json!([{ "op": "add", "path": format!("{ENTERPRISE}:otpBackupCodes"), "value": array }]),
        ),
        me(&json!([{ "op": "replace", "value": { WSO2: { "otpBackupCodes": joined } } }])),
        me(&json!([{ "op": "add", "value": { "otpBackupCodes": array } }])),
        me(&json!([{ "op": "add", "path": CODES, "value": "1234567" },
            { "op": "add", "path": CODES, "value": ["abcdefghjk"] }])),
        put(&json!({ WSO2: { "otpBackupCodes": array } })),
        put(&json!({ "otpBackupCodes": joined })),
        put(&json!({ ENTERPRISE: { "otpBackupCodes": array } })),
        replaced(&array).query(&[("attributes", "otpBackupCodes,otpBackupCodesRemaining")]),
    ] {
        let test = TestApp::start().await;
        let log = Log::listen(LevelFilter::DEBUG);
        let answer = test.patch(&event).await;
        assert_eq!(remaining(&answer), 2, "{event}");
        assert_eq!(answer.header("etag"), Some("W/\"2\""), "{event}");
        let said = format!("{answer} {} {:?}", test.user(BOB).await, log.take());
        let said = said.to_lowercase().replace('-', "");
        for code in ["1234567", "abcdefghjk", "fghjk"] {
            assert!(!said.contains(code), "{event}: {said}");
        }
        assert_eq!(answer.body[WSO2].get("otpBackupCodes"), None);
        let found = opening(&test, &["123-4567", "abcde fghjk", "7654321"]).await;
        assert_eq!(found, [true, true, false], "{event}");
        assert_eq!(test.sent_to(), [""; 0]);
    }
}

#[tokio::test]
async fn the_shipped_event() {
    let test = TestApp::start().await;
    test.stack.faults().take_calls();
    let answer = test
        .patch(&Event::shipped("scim-patch/patch-second-factor"))
        .await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(
        (remaining(&answer), &answer.body[WSO2]["smsOtpDisabled"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(
        opening(&test, &["7F3K9Q2M8X", "b6w4t h5n7r"]).await,
        [true, true]
    );
    // Nothing more is read or written for it.
    assert_eq!(
        test.stack.faults().take_calls(),
        ["BatchGetItem", "PutItem"]
    );
}

#[tokio::test]
async fn codes_are_added_replaced_and_taken_away() {
    let test = TestApp::start().await;
    assert_eq!(
        remaining(&test.patch(&added(&json!("1111112,1111113"))).await),
        2
    );
    assert_eq!(remaining(&test.patch(&added(&json!(["1111114"]))).await), 3);
    let all = ["1111112", "1111113", "1111114", "1111115"];
    assert_eq!(opening(&test, &all).await, [true, true, true, false]);
    // A code that is there opens once, however often it is added; nothing is changed by it.
    let before = stored(&test).await;
    let again = test.patch(&added(&json!(["11 11 113", "1111114"]))).await;
    assert_eq!(
        (remaining(&again), again.header("etag")),
        (&json!(3), Some("W/\"3\""))
    );
    assert_eq!(stored(&test).await, before);
    assert_eq!(
        remaining(&test.patch(&added(&json!("1111113,1111115"))).await),
        4
    );
    // Another request leaves them, however it is made.
    assert_eq!(remaining(&test.patch(&title("x")).await), 4);
    assert_eq!(
        remaining(&test.patch(&put(&json!({ "title": "y" }))).await),
        4
    );
    assert_eq!(remaining(&test.patch(&put(&json!({ WSO2: {} }))).await), 4);
    assert_eq!(remaining(&test.patch(&added(&json!([]))).await), 4);
    assert_eq!(opening(&test, &all).await, [true; 4]);
    assert_eq!(
        remaining(&test.patch(&replaced(&json!("1111112"))).await),
        1
    );
    assert_eq!(opening(&test, &all).await, [true, false, false, false]);
    // In one request, one after the other.
    let mixed = me(&json!([
        { "op": "add", "path": CODES, "value": "1111113" },
        { "op": "remove", "path": CODES },
        { "op": "add", "path": CODES, "value": ["1111114", "1111115"] },
    ]));
    assert_eq!(remaining(&test.patch(&mixed).await), 2);
    assert_eq!(opening(&test, &all).await, [false, false, true, true]);
}

#[tokio::test]
async fn nothing_is_left_of_codes_that_are_cleared() {
    for event in [
        me(&json!([{ "op": "remove", "path": CODES }])),
        me(&json!([{ "op": "remove", "path": "otpBackupCodes" }])),
        me(&json!([{ "op": "remove", "path": WSO2 }])),
        replaced(&json!([])),
        replaced(&json!("")),
        replaced(&json!(null)),
        put(&json!({ "otpBackupCodes": [] })),
        put(&json!({ WSO2: { "otpBackupCodes": "" } })),
        put(&json!({ WSO2: { "otpBackupCodes": null } })),
    ] {
        let test = TestApp::start().await;
        assert_eq!(
            remaining(&test.patch(&replaced(&json!("1234567"))).await),
            1
        );
        let answer = test.patch(&event).await;
        assert_eq!(remaining(&answer), &Value::Null, "{event}");
        assert_eq!(test.user(BOB).await.get("backupCodes"), None, "{event}");
        // And where there are none, nothing is changed by it.
        let again = test.patch(&event).await;
        assert_eq!(again.header("etag"), answer.header("etag"), "{event}");
    }
}

#[tokio::test]
async fn codes_that_cannot_be_a_users_are_refused_and_not_repeated() {
    let test = TestApp::start().await;
    let many: Vec<String> = (0..21).map(|n| format!("abcde{}", 100 + n)).collect();
    assert_eq!(
        remaining(&test.patch(&replaced(&json!(many[..19]))).await),
        19
    );
    let before = (test.user(BOB).await, test.pending(BOB).await);
    let two = [
        replaced(&json!(["1234567"])),
        put(&json!({ "otpBackupCodes": "1234567" })),
    ];
    for (codes, why) in [
        (json!("123456"), "20 bits"),
        (json!(["1234567", "abcd"]), "20 bits"),
        (json!("8888888888"), "20 bits"),
        (json!("12345_67"), "ASCII letters or digits"),
        (json!(["x".repeat(65)]), "ASCII letters or digits"),
        (json!(["1234567", "1234567"]), "twice"),
        (json!(["1234567", "123-4567"]), "twice"),
        (json!(many), "at most 20"),
        (json!([1_234_567]), "must be a string"),
        (json!({ "value": "1234567" }), "must be a string"),
        (json!(["123\u{7}4567"]), "control character"),
    ] {
        for event in [
            replaced(&codes),
            added(&codes),
            put(&json!({ WSO2: { "otpBackupCodes": codes } })),
        ] {
            let answer = test.patch(&event).await;
            assert_eq!(answer.gist(), "400 invalidValue", "{event}");
            let detail = detail(&answer);
            assert!(
                detail.contains("otpBackupCodes") && detail.contains(why),
                "{detail}"
            );
            for code in ["123", "888", "abcd", "xx"] {
                assert!(!detail.contains(code), "{detail}");
            }
        }
    }
    let too_many = test.patch(&added(&json!("1234567,1234568"))).await;
    assert_eq!(too_many.gist(), "400 invalidValue");
    assert!(detail(&too_many).contains("at most 20"));
    let one_alone = me(&json!([{ "op": "remove", "path": CODES, "value": [many[0]] }]));
    let answer = test.patch(&one_alone).await;
    assert_eq!(answer.gist(), "400 invalidValue", "{answer}");
    let filtered = format!("{CODES}[value eq \"{}\"]", many[0]);
    let answer = test
        .patch(&me(&json!([{ "op": "remove", "path": filtered }])))
        .await;
    assert_eq!(answer.gist(), "400 invalidFilter", "{answer}");
    assert_eq!((test.user(BOB).await, test.pending(BOB).await), before);
    for event in two {
        assert_eq!(remaining(&test.patch(&event).await), 1);
    }
}

#[tokio::test]
async fn how_many_are_left_is_read_only() {
    let test = TestApp::start().await;
    let name = "otpBackupCodesRemaining";
    let path = format!("{WSO2}:{name}");
    for operation in [
        json!({ "op": "replace", "path": path, "value": 5 }),
        json!({ "op": "remove", "path": name }),
        json!({ "op": "add", "value": { WSO2: { name: 5 } } }),
    ] {
        assert_eq!(
            test.patch(&me(&json!([operation]))).await.gist(),
            "400 mutability"
        );
    }
    assert_eq!(
        remaining(&test.patch(&replaced(&json!("1234567,1234568"))).await),
        2
    );
    // As it was read it may be sent back.
    let as_read = me(&json!([{ "op": "replace", "value": { "title": "x", WSO2: { name: 2 } } }]));
    assert_eq!(remaining(&test.patch(&as_read).await), 2);
    let other = me(&json!([{ "op": "replace", "value": { WSO2: { name: 3 } } }]));
    assert_eq!(test.patch(&other).await.gist(), "400 mutability");
    assert_eq!(
        remaining(&test.patch(&put(&json!({ WSO2: { name: 20 } }))).await),
        2
    );
}

fn rotate(test: &TestApp, version: &str) {
    let arn = test.stack.env("scim-patch")("KEY_SECRET_ARN").unwrap();
    let Secrets::Local(secrets) = &test.stack.platform().secrets else {
        unreachable!("secrets of this machine");
    };
    let (version, value) = (version.to_owned(), version.repeat(32));
    secrets[&arn].put(Secret { version, value });
}

/// Codes of before open still, and are known where they are added again.
#[tokio::test]
async fn a_rotated_key_is_asked_for_by_its_version() {
    let test = TestApp::start().await;
    assert_eq!(
        remaining(&test.patch(&replaced(&json!("1234567"))).await),
        1
    );
    rotate(&test, "b");
    test.stack
        .clock()
        .advance(std::time::Duration::from_secs(301));
    assert_eq!(
        remaining(&test.patch(&added(&json!("1234567,1234568"))).await),
        2
    );
    let versions = stored(&test).await.key_versions();
    assert_eq!(
        (versions.len(), versions.last().unwrap().as_str()),
        (2, "b")
    );
    assert_eq!(opening(&test, &["1234567", "1234568"]).await, [true, true]);
    // A version that is gone matches nothing.
    let mut item = test.user(BOB).await;
    item["backupCodes"][0]["key"] = json!("gone");
    test.put_user_item(&item).await;
    assert_eq!(opening(&test, &["1234567", "1234568"]).await, [false, true]);
}

#[tokio::test]
async fn whether_codes_are_wanted_when_signing_in() {
    let test = TestApp::start().await;
    let said = |answer: &Answer| {
        assert_eq!(answer.status, 200, "{answer}");
        answer.body[WSO2].get("smsOtpDisabled").cloned()
    };
    let path = format!("{WSO2}:smsOtpDisabled");
    let patched = |value: &Value| me(&json!([{ "op": "replace", "path": path, "value": value }]));
    for (event, wanted) in [
        (title("x"), None),
        (patched(&json!(true)), Some(json!(true))),
        (title("y"), Some(json!(true))),
        (put(&json!({ "title": "z" })), Some(json!(true))),
        (patched(&json!("False")), Some(json!(false))),
        (put(&json!({ "smsOtpDisabled": "True" })), Some(json!(true))),
        (put(&json!({ WSO2: { "smsOtpDisabled": null } })), None),
        (
            me(&json!([{ "op": "add", "path": "smsotpdisabled", "value": true }])),
            Some(json!(true)),
        ),
        (me(&json!([{ "op": "remove", "path": path }])), None),
        (
            me(&json!([{ "op": "add", "value": { ENTERPRISE: { "smsOtpDisabled": true } } }])),
            Some(json!(true)),
        ),
        (patched(&json!("")), None),
    ] {
        let answer = test.patch(&event).await;
        assert_eq!(said(&answer), wanted, "{event}");
        let kept = profile(&test).await[WSO2].get("smsOtpDisabled").cloned();
        assert_eq!(kept, wanted, "{event}");
    }
    for wrong in [json!(1), json!("yes"), json!([true])] {
        assert_eq!(
            test.patch(&patched(&wrong)).await.gist(),
            "400 invalidValue",
            "{wrong}"
        );
    }
    assert_eq!(test.sent_to(), [""; 0]);
}

#[tokio::test]
async fn the_setting_says_whether_both_are_the_users_to_write() {
    let test = TestApp::with(&["SelfServiceAttributes=title"]).await;
    let disabled = json!([{ "op": "add", "path": "smsOtpDisabled", "value": true }]);
    for event in [
        me(&disabled),
        replaced(&json!("1234567")),
        put(&json!({ "otpBackupCodes": ["1234567"] })),
        put(&json!({ "smsOtpDisabled": false })),
    ] {
        assert_eq!(test.patch(&event).await.gist(), "403 VRF-40300", "{event}");
        let by_manager = event.by(BOB, UPDATE);
        assert_eq!(test.patch(&by_manager).await.status, 200, "{by_manager}");
        // What is the user's own leaves them.
        let own = test.patch(&put(&json!({ "title": "x" }))).await;
        assert_eq!(own.status, 200, "{own}");
    }
    let left = test.patch(&title("y")).await;
    assert_eq!(
        (remaining(&left), &left.body[WSO2]["smsOtpDisabled"]),
        (&json!(1), &json!(false))
    );
    let test = TestApp::with(&["SelfServiceAttributes=OTPBACKUPCODES"]).await;
    assert_eq!(
        remaining(&test.patch(&replaced(&json!("1234567"))).await),
        1
    );
    assert_eq!(test.patch(&me(&disabled)).await.gist(), "403 VRF-40300");
}

#[tokio::test]
async fn a_change_of_ones_own_needs_a_fresh_sign_in() {
    let test = TestApp::with(&["MaxAuthenticationAgeMinutes=5"]).await;
    let now = test.stack.clock().now().seconds();
    let fresh = |event: &Event| event.clone().claim("auth_time", &(now - 10).to_string());
    let old = |event: &Event| event.clone().claim("auth_time", &(now - 301).to_string());
    let disabled =
        |value: Value| me(&json!([{ "op": "replace", "path": "smsOtpDisabled", "value": value }]));
    let clear = me(&json!([{ "op": "remove", "path": CODES }]));
    // What changes nothing needs none.
    for event in [
        clear.clone(),
        replaced(&json!([])),
        disabled(json!(false)),
        disabled(json!(null)),
    ] {
        assert_eq!(test.patch(&old(&event)).await.status, 200, "{event}");
    }
    for event in [
        replaced(&json!("1234567")),
        // The same once more: nobody can tell.
        replaced(&json!("1234567")),
        put(&json!({ "otpBackupCodes": "1234568" })),
        clear,
        disabled(json!(true)),
        put(&json!({ "smsOtpDisabled": false })),
    ] {
        let before = test.user(BOB).await;
        for stale in [event.clone(), old(&event)] {
            assert_eq!(test.patch(&stale).await.gist(), "401 VRF-40101", "{stale}");
        }
        assert_eq!(test.user(BOB).await, before);
        assert_eq!(test.patch(&fresh(&event)).await.status, 200, "{event}");
    }
    assert_eq!(
        test.patch(&old(&disabled(json!(false)))).await.status,
        200,
        "as it is"
    );
    // An administrator's sign-in is no matter.
    let managed = Event::shipped("scim-patch/patch-user");
    let managed =
        managed.replacing(&json!({ "otpBackupCodes": "1234567", "smsOtpDisabled": true }));
    assert_eq!(test.patch(&managed).await.status, 200);
}

#[tokio::test]
async fn the_audit_log_tells_of_both() {
    let test = TestApp::start().await;
    let log = Log::of_audit();
    let told = || {
        let lines = log.take().into_iter().map(|mut line| {
            let members = line.as_object_mut().unwrap();
            members.retain(|name, _| ["event", "user", "remaining"].contains(&name.as_str()));
            line
        });
        lines.collect::<Vec<_>>()
    };
    let both = json!({ "otpBackupCodes": "1234567,1234568", "smsOtpDisabled": true });
    for (attributes, wanted) in [
        (json!({ "title": "x" }), json!([])),
        (
            both,
            json!([{ "event": "backup_codes_changed", "user": BOB, "remaining": 2 },
                { "event": "sms_otp_disabled", "user": BOB }]),
        ),
        (json!({ "smsOtpDisabled": true, "title": "y" }), json!([])),
        (
            json!({ "otpBackupCodes": [], "smsOtpDisabled": false }),
            json!([{ "event": "backup_codes_changed", "user": BOB, "remaining": 0 },
                { "event": "sms_otp_enabled", "user": BOB }]),
        ),
    ] {
        let event = Event::shipped("scim-patch/patch-me").replacing(&attributes);
        assert_eq!(test.patch(&event).await.status, 200, "{event}");
        assert_eq!(json!(told()), wanted, "{event}");
    }
}
