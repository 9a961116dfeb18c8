//! A code is nowhere but in its message, and a full number in no log line: looked for in everything
//! that a server prints, answers and stores while it is used and misused.

mod emails;

use http::Method;
use serde_json::{Value, json};

use crate::api::{Api, Exchange, Record, WSO2, mobile, outcome, wrong};
use crate::client::{BOB, token};
use crate::{child, journey};

/// Long codes of many characters: whatever looks like one is one.
const SERVER: [&str; 6] = [
    "--aws-port",
    "0",
    "--parameter-overrides",
    "LogLevel=DEBUG",
    "OtpLength=10",
    "OtpCharacters=numeric,uppercase,lowercase",
];

/// Of users that have them, and of nobody.
const BACKUP_CODES: [&str; 3] = ["K7qTR-z94mW", "58203974615", "nobodys7Code"];

/// What the numbers below have in common with every way to write them.
const NUMBERS: [&str; 6] = [
    "111111111",
    "123456789",
    "129876543",
    "127654321",
    "135792468",
    "197654321",
];

#[tokio::test]
async fn codes_and_numbers_stay_where_they_belong() {
    let server = child::start(&SERVER).await;
    let api = Api::looking_into(&server.url, server.dynamodb.as_deref().unwrap()).await;
    journey::whole(&api).await;
    misuse(&api).await;
    backup_codes(&api).await;
    let (flow, generated) = sign_in(&api).await;
    let codes = api.all_codes().await;
    assert_eq!(codes.len(), 8);
    assert!(codes.iter().all(|code| code.len() == 10));
    let (status, printed) = server.terminate().await;
    assert_eq!(status, Some(0));

    let record = api.into_record();
    let seen = |what: &str| record.items.iter().any(|item| item.contains(what));
    assert!(seen("primaryClaim=") && seen("listClaim=") && seen("failed="));
    for code in &codes {
        let is_in = |text: &str| {
            text.to_ascii_lowercase()
                .contains(&code.to_ascii_lowercase())
        };
        assert!(!is_in(&printed), "a code was printed");
        answers_hold_no(code, &record);
        assert!(
            !record.items.iter().any(|item| is_in(item)),
            "a code was stored"
        );
    }
    // A flow's id is in the answers of whoever started it, and the codes are in the one that made them.
    assert!(!printed.contains(&flow), "a flow was printed");
    assert!(
        !record.items.iter().any(|item| item.contains(&flow)),
        "a flow was stored"
    );
    let shown_once = |exchange: &&Exchange| !exchange.request.contains("/backup-codes");
    for code in BACKUP_CODES.into_iter().chain([generated.as_str()]) {
        let code = plain(code);
        let answers = record.exchanges.iter().filter(shown_once);
        let answers = answers.map(|exchange| &exchange.response);
        for text in answers.chain(&record.items).chain([&printed]) {
            assert!(!plain(text).contains(&code), "a backup code in {text}");
        }
    }
    assert!(seen("backupCodes="));
    the_log_masks_numbers(&printed);
    keys_hold_no_numbers(&record);
}

/// What the journey does not get wrong.
async fn misuse(api: &Api) {
    let alice = api.token("alice").await;
    // The number of another user, a right code at the wrong door, and guesses until nothing is compared any more.
    assert_eq!(
        api.patch_me(&alice, &mobile("0135792468")).await.status,
        200
    );
    let code = api.codes("+60135792468").await.remove(0);
    let bob = api.token("bob123").await;
    assert_eq!(
        outcome(&api.validate(&bob, &code).await),
        (400, "18001".to_owned())
    );
    for _ in 0..9 {
        let guess = api.validate(&alice, &wrong(&code)).await;
        assert_eq!(outcome(&guess), (400, "18001".to_owned()));
    }
    // One failure was the journey's.
    let locked = api.validate(&alice, &code).await;
    assert_eq!(outcome(&locked), (429, "17003".to_owned()));
    let locked = api.patch_me(&alice, &mobile("0127654321")).await;
    assert_eq!(locked.status, 429);

    // Codes and numbers where they do not belong.
    let scenario = json!([{"key": "RecoveryScenario", "value": code}]);
    let strange: [Value; 6] = [
        json!({"code": [code]}),
        json!({"code": {"value": code}}),
        json!({"code": format!("{code}0")}),
        json!({"code": code, "properties": scenario}),
        json!({"code": code, "properties": code}),
        json!({"code": code, "user": {"username": "+60123456789"}}),
    ];
    for body in strange {
        let answer = api.privileged("validate-code", body).await;
        assert!(answer.status.is_client_error());
    }
    for user in [
        json!({"username": "0123456789"}),
        json!({"userId": "+60123456789"}),
    ] {
        let body = json!({"user": user, "properties": []});
        let answer = api.privileged("resend-code", body).await;
        assert_eq!(outcome(&answer), (400, "18003".to_owned()));
    }
    for number in ["+601234567890123456789", "0123456789 ext. 5", "+1123456789"] {
        assert_eq!(api.patch_user(BOB, &mobile(number)).await.status, 400);
    }
    for path in [
        "/scim2/Users/+60123456789",
        "/scim2/+60123456789",
        "/0123456789",
    ] {
        let answer = api.send(Method::GET, path, &api.admin, None).await;
        assert_eq!(answer.status, 404);
    }
}

/// Written, replaced, refused, and asked for.
async fn backup_codes(api: &Api) {
    let bob = api.token("bob123").await;
    let [grouped, digits, nobodys] = BACKUP_CODES;
    let written = api
        .patch_me(&bob, &json!({ "otpBackupCodes": [grouped, digits] }))
        .await;
    assert_eq!(written.json()[WSO2]["otpBackupCodesRemaining"], 2);
    let all = format!("{nobodys}, {digits}");
    let written = api
        .patch_user(BOB, &json!({ WSO2: { "otpBackupCodes": all } }))
        .await;
    assert_eq!(written.status, 200);
    for strange in [
        json!({ "otpBackupCodes": [grouped, grouped] }),
        json!({ "otpBackupCodes": [[grouped]] }),
        json!({ "otpBackupCodes": { "value": digits } }),
        json!({ "otpBackupCodes": format!("{digits}_") }),
        json!({ "smsOtpDisabled": digits }),
        json!({ "otpBackupCodesRemaining": nobodys }),
        json!({ format!("otpBackupCodes[value eq \"{grouped}\"]"): "x" }),
    ] {
        let answer = api.patch_me(&bob, &strange).await;
        assert_eq!(answer.status, 400, "{strange}");
    }
    let lister = token(&api.url(""), "admin", Some("internal_user_mgt_list")).await;
    for path in [
        format!("/scim2/Users?filter=otpBackupCodes%20eq%20%22{digits}%22"),
        format!("/scim2/Users?filter=userName%20eq%20%22{digits}%22&attributes=otpBackupCodes"),
        "/scim2/Users?attributes=otpBackupCodes".to_owned(),
    ] {
        let answer = api.send(Method::GET, &path, &lister, None).await;
        let refused = path.contains("otpBackupCodes%20");
        assert_eq!(answer.status, if refused { 400 } else { 200 });
    }
}

/// A sign-in by a backup code, after wrong ones; the flow's id and that code.
async fn sign_in(api: &Api) -> (String, String) {
    let service = token(&api.url(""), "shop", Some("internal_sms_otp_authenticate")).await;
    let call = async |path: &str, body: Value| {
        let path = format!("/api/identity/authn/v1.0/sms-otp/{path}");
        api.send(Method::POST, &path, &service, Some(body))
            .await
            .json()
    };
    let bob = json!({ "userId": BOB });
    let made = call("backup-codes", json!({ "user": bob, "count": 2 })).await;
    let made = made["codes"][0].as_str().unwrap().to_owned();
    let flow = call("initiate", json!({ "user": bob })).await;
    assert_eq!(flow["nextStep"]["prompt"], "OTP", "{flow}");
    let flow = flow["flowId"].as_str().unwrap().to_owned();
    let verify = format!("{flow}/verify");
    for wrong in [
        json!({ "code": "AAAAAAAAAA" }),
        json!({ "backupCode": "AAAAAAAAAA" }),
    ] {
        assert_eq!(call(&verify, wrong).await["flowStatus"], "FAIL_INCOMPLETE");
    }
    for strange in [
        json!({ "code": [made] }),
        json!({ "backupCode": format!("{made}_") }),
        json!({ "code": "1", "backupCode": made }),
    ] {
        assert_eq!(call(&verify, strange).await["code"], "VRF-40000");
    }
    let done = call(&verify, json!({ "backupCode": made })).await;
    assert_eq!(done["amr"], json!(["otp"]));
    (flow, made)
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace('-', "")
}

/// Except that a refusal of what was typed repeats it, and nothing else, to whoever typed it.
fn answers_hold_no(code: &str, record: &Record) {
    for exchange in &record.exchanges {
        let mut response = exchange.response.clone();
        if exchange.status == 400 && exchange.request.contains(code) {
            response = response.replacen(&format!("Invalid Code '{code}'."), "", 1);
        }
        assert!(
            !response.contains(code),
            "a code was answered to {}",
            exchange.request
        );
    }
}

/// The log lines of an event.
fn events(printed: &str, event: &str) -> impl Iterator<Item = Value> {
    let parsed = printed.lines().map(serde_json::from_str::<Value>);
    parsed
        .filter_map(Result::ok)
        .filter(move |line| line["event"] == event)
}

fn the_log_masks_numbers(printed: &str) {
    let parsed = printed.lines().map(serde_json::from_str::<Value>);
    let lines: Vec<Value> = parsed.filter_map(Result::ok).collect();
    let with = |key: &str, value: &str| lines.iter().filter(|line| line[key] == value).count();
    for (event, times) in [
        ("sent", 6),
        ("claim_started", 4),
        ("failed", 2),
        ("refused", 3),
        ("validated", 2),
        ("not_validated", 10),
        ("locked", 1),
        ("cancelled", 1),
        ("committed", 2),
        ("login_started", 1),
        ("login_failed", 2),
        ("login_succeeded", 1),
        ("backup_code_used", 1),
    ] {
        assert!(with("event", event) >= times, "{event}: {printed}");
    }
    // What the last change is to be told may still have been waiting when the server was ended.
    assert!((1..=2).contains(&with("message", "told")), "{printed}");
    assert!(with("message", "refused") >= 10, "{printed}");
    assert!(with("number", "+60*****789") >= 3, "{printed}");
    // The journey that the server prints names the source documents' number; that is no log line.
    for line in printed.lines().filter(|line| line.starts_with('{')) {
        let digits: String = line.chars().filter(|c| !" +-.()/".contains(*c)).collect();
        for number in NUMBERS {
            assert!(!digits.contains(number), "a number was logged: {line}");
        }
    }
}

fn keys_hold_no_numbers(record: &Record) {
    assert_eq!(
        record.keys.keys().collect::<Vec<_>>(),
        ["UsersTable", "VerificationsTable"]
    );
    for key in record.keys.values().flatten() {
        assert!(!NUMBERS.iter().any(|number| key.contains(number)), "{key}");
    }
}
