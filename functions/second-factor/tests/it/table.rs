//! Document 004's truth table, each row, and each of its switches in both positions.

use local::testing::TestApp;
use serde_json::json;

use crate::support::{NEW, codes_for, disabled, gist, started, told, unverified, write_bob};

/// Who signs in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Known,
    /// Has switched SMS OTP off, with backup codes or without.
    Disabled {
        codes: bool,
    },
    NoNumber,
    Unknown,
    Inactive,
}

const DISABLED: Who = Who::Disabled { codes: true };
const WITHOUT_CODES: Who = Who::Disabled { codes: false };

async fn sign_in(who: Who, settings: &[&str]) -> (String, usize) {
    let test = TestApp::with(settings).await;
    let mut name = "bob123";
    match who {
        Who::Known => {}
        Who::Disabled { codes } => {
            if codes {
                let list = json!({ "urn:scim:wso2:schema": { "otpBackupCodes": ["12345678"] } });
                write_bob(&test, &list).await;
            }
            write_bob(&test, &disabled(true)).await;
        }
        Who::NoNumber => unverified(&test).await,
        Who::Unknown => name = "nobody",
        Who::Inactive => write_bob(&test, &json!({ "active": false })).await,
    }
    let flow = started(&test, name).await;
    (gist(&flow.first), test.sent_to().len())
}

#[tokio::test]
async fn rows() {
    let (code, number) = ("INCOMPLETE OTP", "INCOMPLETE MOBILE_NUMBER");
    let (skipped, refused) = ("SUCCESS_COMPLETED -", "FAIL_COMPLETED -");
    let mandatory = "SmsOtpMandatory=true";
    let rows: [(Who, &[&str], &str); 26] = [
        // As they are by default: document 004's.
        (Who::Known, &[], code),
        (DISABLED, &[], skipped),
        (WITHOUT_CODES, &[], skipped),
        (Who::NoNumber, &[], skipped),
        (Who::Unknown, &[], skipped),
        (Who::Inactive, &[], refused),
        (
            Who::NoNumber,
            &["CaptureAndUpdateMobileNumber=false"],
            skipped,
        ),
        (Who::Unknown, &["SendOtpDirectlyToMobile=true"], skipped),
        (DISABLED, &["SmsOtpEnableByUserClaim=false"], code),
        (WITHOUT_CODES, &["BackupCode=false"], skipped),
        // Mandatory.
        (Who::Known, &[mandatory], code),
        (Who::Known, &[mandatory, "BackupCode=false"], code),
        (DISABLED, &[mandatory], "INCOMPLETE BACKUP_CODE"),
        (WITHOUT_CODES, &[mandatory], refused),
        (DISABLED, &[mandatory, "BackupCode=false"], refused),
        (
            DISABLED,
            &[mandatory, "SmsOtpEnableByUserClaim=false"],
            code,
        ),
        (
            WITHOUT_CODES,
            &[mandatory, "SmsOtpEnableByUserClaim=false"],
            code,
        ),
        (Who::NoNumber, &[mandatory], number),
        (
            Who::NoNumber,
            &[mandatory, "CaptureAndUpdateMobileNumber=false"],
            refused,
        ),
        (
            Who::NoNumber,
            &[mandatory, "SendOtpDirectlyToMobile=true"],
            number,
        ),
        (Who::Unknown, &[mandatory], refused),
        (
            Who::Unknown,
            &[mandatory, "SendOtpDirectlyToMobile=true"],
            number,
        ),
        (
            Who::Unknown,
            &[
                mandatory,
                "SendOtpDirectlyToMobile=true",
                "CaptureAndUpdateMobileNumber=false",
            ],
            number,
        ),
        (Who::Inactive, &[mandatory], refused),
        (
            Who::Inactive,
            &[mandatory, "SendOtpDirectlyToMobile=true"],
            refused,
        ),
        (
            Who::Known,
            &[
                mandatory,
                "RedirectToMultiOptionPageOnFailure=true",
                "RetryEnable=false",
            ],
            code,
        ),
    ];
    for (who, settings, expected) in rows {
        let (first, sent) = sign_in(who, settings).await;
        assert_eq!(first, expected, "{who:?} {settings:?}");
        assert_eq!(sent, usize::from(expected == code), "{who:?} {settings:?}");
    }
}

/// Refused is said in a step of its own where sign-ins go on with another way.
#[tokio::test]
async fn the_multi_option_page_after_a_refusal() {
    let settings = [
        "SmsOtpMandatory=true",
        "RedirectToMultiOptionPageOnFailure=true",
    ];
    let (first, _) = sign_in(Who::Unknown, &settings).await;
    assert_eq!(first, "FAIL_COMPLETED MULTI_OPTION");
}

#[tokio::test]
async fn retry_and_the_multi_option_page() {
    for (retry, multi_option, after_wrong, after_right) in [
        (
            true,
            false,
            "FAIL_INCOMPLETE OTP",
            "SUCCESS_COMPLETED - sms",
        ),
        (
            true,
            true,
            "FAIL_INCOMPLETE MULTI_OPTION",
            "SUCCESS_COMPLETED - sms",
        ),
        (false, false, "FAIL_COMPLETED -", "404 VRF-40400"),
        (false, true, "FAIL_COMPLETED MULTI_OPTION", "404 VRF-40400"),
    ] {
        let settings = [
            format!("RetryEnable={retry}"),
            format!("RedirectToMultiOptionPageOnFailure={multi_option}"),
        ];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let test = TestApp::with(&settings).await;
        let flow = started(&test, "bob123").await;
        let code = test.code();
        assert_eq!(
            told(&flow.verify("000000").await),
            after_wrong,
            "{settings:?}"
        );
        assert_eq!(told(&flow.outcome().await), after_wrong, "{settings:?}");
        assert_eq!(told(&flow.verify(&code).await), after_right, "{settings:?}");
    }
}

#[tokio::test]
async fn resend_on_and_off() {
    let test = TestApp::start().await;
    let flow = started(&test, "bob123").await;
    assert!(flow.first["nextStep"]["links"]["resend"].is_string());
    test.stack.clock().advance(crate::support::COOLDOWN);
    assert_eq!(flow.resend().await.status, 201);
    assert_eq!(test.sent_to().len(), 2);

    let test = TestApp::with(&["ResendEnable=false"]).await;
    let flow = started(&test, "bob123").await;
    assert!(flow.first["nextStep"]["links"]["resend"].is_null());
    test.stack.clock().advance(crate::support::COOLDOWN);
    assert_eq!(told(&flow.resend().await), "403 VRF-40302");
    assert_eq!(test.sent_to().len(), 1);
}

#[tokio::test]
async fn backup_codes_on_and_off() {
    let test = TestApp::start().await;
    let codes = codes_for(&test, "bob123", 2).await;
    let flow = started(&test, "bob123").await;
    let used = flow.backup_code(&codes[0]).await;
    assert_eq!(told(&used), "SUCCESS_COMPLETED - otp");

    let test = TestApp::with(&["BackupCode=false"]).await;
    let list = json!({ "urn:scim:wso2:schema": { "otpBackupCodes": ["12345678"] } });
    write_bob(&test, &list).await;
    let flow = started(&test, "bob123").await;
    assert_eq!(told(&flow.backup_code("12345678").await), "403 VRF-40302");
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
}

/// What the links are for: pages of one's own, named by document 004's settings.
#[tokio::test]
async fn pages_of_ones_own() {
    let test = TestApp::with(&[
        "SmsOtpAuthenticationEndpointUrl=https://app.example.com/smsotp",
        "SmsOtpAuthenticationEndpointErrorPage=https://app.example.com/error",
        "MobileNumberRegPage=https://app.example.com/mobile",
        "BaseUrl=https://id.example.com",
    ])
    .await;
    let flow = started(&test, "bob123").await;
    let links = &flow.first["nextStep"]["links"];
    for (name, link) in [
        (
            "authenticationEndpoint",
            "https://app.example.com/smsotp".to_owned(),
        ),
        ("errorPage", "https://app.example.com/error".to_owned()),
        (
            "mobileNumberRegPage",
            "https://app.example.com/mobile".to_owned(),
        ),
        (
            "page",
            format!("https://id.example.com/sms-otp/{}", flow.id),
        ),
    ] {
        assert_eq!(links[name], link, "{name}");
    }
    let hidden = TestApp::with(&["HostedPages=false"]).await;
    let flow = started(&hidden, "bob123").await;
    assert!(flow.first["nextStep"]["links"]["page"].is_null());
}

/// Document 004: the update happens at the first sign-in only.
#[tokio::test]
async fn a_number_is_captured_once() {
    let test = TestApp::with(&["SmsOtpMandatory=true"]).await;
    let flow = started(&test, "alice").await;
    assert_eq!(gist(&flow.first), "INCOMPLETE MOBILE_NUMBER");
    assert_eq!(told(&flow.mobile("012-345 6789").await), "INCOMPLETE OTP");
    assert_eq!(
        told(&flow.verify(&test.code()).await),
        "SUCCESS_COMPLETED - sms"
    );
    let alice = test.user(local::testing::ALICE).await;
    assert_eq!(
        (&alice["primary"], &alice["phoneVerified"]),
        (&json!(NEW), &json!(true))
    );
    assert_eq!(alice["mobileNumbers"], json!([]), "the lists stay");
    test.stack.clock().advance(crate::support::COOLDOWN);
    let next = started(&test, "alice").await;
    assert_eq!(gist(&next.first), "INCOMPLETE OTP");
    assert_eq!(test.sent_to(), [NEW, NEW]);
}

/// Document 004: to somebody who is no user, and stored nowhere.
#[tokio::test]
async fn a_number_of_nobody_is_stored_nowhere() {
    let test = TestApp::with(&["SmsOtpMandatory=true", "SendOtpDirectlyToMobile=true"]).await;
    let names = test.user_names().await;
    let flow = started(&test, "nobody").await;
    assert_eq!(told(&flow.mobile(NEW).await), "INCOMPLETE OTP");
    let answer = flow.verify(&test.code()).await;
    assert_eq!(told(&answer), "SUCCESS_COMPLETED - sms");
    assert_eq!(answer.body["user"], json!({ "username": "nobody" }));
    assert_eq!(test.user_names().await, names);
    let counted = test.verification_keys().await;
    assert!(
        counted.iter().any(|key| key.starts_with("SENDS#LOGIN#")),
        "{counted:?}"
    );
    assert!(
        counted
            .iter()
            .all(|key| !key.contains("nobody") && !key.contains("123456789"))
    );
    test.stack.clock().advance(crate::support::COOLDOWN);
    let again = started(&test, "nobody").await;
    assert_eq!(gist(&again.first), "INCOMPLETE MOBILE_NUMBER");
}
