//! Backup codes that come with a new user, and what can be asked of them.

use local::testing::{Answer, Event, Log, TestApp};
use serde_json::{Value, json};
use shared::platform::secrets::Secrets;
use shared::user::backup_codes::{BackupCode, BackupCodes};
use tracing::level_filters::LevelFilter;

use crate::support::{found, listed, told};

const WSO2: &str = "urn:scim:wso2:schema";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn carol(more: &Value) -> Event {
    let mut user = json!({ "userName": "carol" });
    let members = more.as_object().unwrap().clone();
    user.as_object_mut().unwrap().extend(members);
    Event::shipped("scim-users/create").body(&user)
}

async fn created(test: &TestApp, more: &Value) -> Answer {
    let answer = test.users(&carol(more)).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer
}

#[tokio::test]
async fn a_new_user_comes_with_codes() {
    for more in [
        json!({ WSO2: { "otpBackupCodes": ["1234567", "abcde-fghjk"], "smsOtpDisabled": true } }),
        json!({ ENTERPRISE: { "otpBackupCodes": "1234567, ABCDEFGHJK", "smsOtpDisabled": "True" } }),
        json!({ "otpbackupcodes": ["1234567", "abcdefghjk"], "smsOtpDisabled": true, "otpBackupCodesRemaining": 7 }),
    ] {
        let test = TestApp::start().await;
        let log = Log::listen(LevelFilter::DEBUG);
        let answer = created(&test, &more).await;
        let shown = json!({ "otpBackupCodesRemaining": 2, "smsOtpDisabled": true });
        assert_eq!(answer.body[WSO2], shown, "{more}");
        let id = answer.body["id"].as_str().unwrap();
        let user = test.user(id).await;
        let codes: BackupCodes = serde_json::from_value(user["backupCodes"].clone()).unwrap();
        let key = test.scim_users.key.current().await.unwrap().unwrap();
        for (code, opens) in [
            ("123 4567", true),
            ("ABCDE-FGHJK", true),
            ("7654321", false),
        ] {
            let code = BackupCode::parse(code).unwrap();
            let found = codes.find(id, &code, std::slice::from_ref(&key));
            assert_eq!(found.is_some(), opens);
        }
        let lines = log.take();
        let events: Vec<&str> = lines
            .iter()
            .filter_map(|line| line["event"].as_str())
            .collect();
        assert_eq!(events, ["backup_codes_changed", "sms_otp_disabled"]);
        let read = Event::shipped("scim-users/get").parameter("id", id);
        let asked = read
            .clone()
            .query(&[("attributes", "otpBackupCodes,userName")]);
        let (read, asked) = (test.users(&read).await, test.users(&asked).await);
        assert_eq!(read.body[WSO2], shown);
        assert_eq!(
            (&asked.body["userName"], asked.body.get(WSO2)),
            (&json!("carol"), None)
        );
        let said = format!("{answer} {read} {asked} {user} {lines:?}").to_lowercase();
        for code in ["1234567", "fghjk"] {
            assert!(!said.contains(code), "{said}");
        }
    }
}

#[tokio::test]
async fn codes_that_cannot_be_a_users_make_no_user() {
    let test = TestApp::start().await;
    let many: Vec<String> = (0..21).map(|n| format!("abcde{}", 100 + n)).collect();
    for (codes, why) in [
        (json!("123456"), "20 bits"),
        (json!(["12345_67"]), "ASCII letters or digits"),
        (json!(["1234567", "1234567"]), "twice"),
        (json!(["1234567", "123 4567"]), "twice"),
        (json!(many), "at most 20"),
        (json!(7), "must be a string"),
    ] {
        let answer = test
            .users(&carol(&json!({ WSO2: { "otpBackupCodes": codes } })))
            .await;
        let told = told(&answer);
        assert!(
            told.starts_with("400 invalidValue ") && told.contains(why),
            "{told}"
        );
        assert!(!told.contains("123") && !told.contains("abcde"), "{told}");
        assert_eq!(test.user_names().await, ["alice", "bob123"]);
    }
}

/// Nobody else waits for the key.
#[tokio::test]
async fn the_key_is_asked_for_where_codes_come() {
    let mut test = TestApp::start().await;
    let mut platform = test.stack.platform().clone();
    platform.secrets = Secrets::Local(std::sync::Arc::default());
    let env = test.stack.env("scim-users");
    let started = <scim_users::App as shared::runtime::Start>::from_env(&env, &platform);
    test.scim_users = started.await.unwrap();
    let answer = test
        .users(&carol(&json!({ "otpBackupCodes": "1234567" })))
        .await;
    assert_eq!(answer.gist(), "503 VRF-50300");
    assert_eq!(test.user_names().await, ["alice", "bob123"]);
    for more in [
        json!({ "smsOtpDisabled": false, "otpBackupCodes": [] }),
        json!({ "userName": "dave" }),
    ] {
        let answer = created(&test, &more).await;
        assert_eq!(answer.body[WSO2].get("otpBackupCodesRemaining"), None);
    }
}

#[tokio::test]
async fn what_can_be_asked_for() {
    let test = TestApp::start().await;
    created(
        &test,
        &json!({ "otpBackupCodes": "1234567,1234568", "smsOtpDisabled": true }),
    )
    .await;
    let dave = json!({ "userName": "dave", "otpBackupCodes": "1234567,1234568,1234569,1234560" });
    created(&test, &dave).await;
    let remaining = "urn:scim:wso2:schema:otpBackupCodesRemaining";
    for (filter, wanted) in [
        (
            "otpBackupCodesRemaining pr".to_owned(),
            &["carol", "dave"][..],
        ),
        (format!("{remaining} eq 2"), &["carol"]),
        (format!("{remaining} ne 2"), &["alice", "bob123", "dave"]),
        (format!("{remaining} lt 4"), &["carol"]),
        (format!("{remaining} le 4.0"), &["carol", "dave"]),
        (format!("{remaining} gt 2"), &["dave"]),
        (
            format!("{remaining} ge 2 and smsOtpDisabled eq true"),
            &["carol"],
        ),
        (format!("not ({remaining} pr)"), &["alice", "bob123"]),
        (
            "smsOtpDisabled ne true".to_owned(),
            &["alice", "bob123", "dave"],
        ),
    ] {
        assert_eq!(found(&test, &filter).await, wanted, "{filter}");
    }
    for filter in [
        "otpBackupCodes pr",
        r#"otpBackupCodes eq "1234567""#,
        r#"not (otpBackupCodes sw "1")"#,
        r#"otpBackupCodes[value eq "1234567"]"#,
        r#"urn:scim:wso2:schema:otpBackupCodes co "1""#,
        "otpBackupCodes eq null",
        r#"otpBackupCodesRemaining eq "2""#,
        "otpBackupCodesRemaining co 2",
        "otpBackupCodesRemaining gt true",
        "userName gt 2",
    ] {
        let answer = listed(&test, &[("filter", filter)]).await;
        assert_eq!(answer.gist(), "400 invalidFilter", "{filter}");
        assert!(!told(&answer).contains("1234567"), "{answer}");
    }
}
