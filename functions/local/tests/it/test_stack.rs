//! The test kit itself: what functions' tests stand on.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::RequestExt;
use local::testing::{Fault, TestStack, event, request};
use shared::runtime::Start;

fn key() -> AttributeValue {
    AttributeValue::S("USER#nobody".to_owned())
}

#[tokio::test]
async fn a_stack_gives_settings_and_events() {
    let stack = TestStack::with(&["OtpLength=8"]).await;
    let env = stack.env("scim-patch");
    assert_eq!(env("OTP_LENGTH").as_deref(), Some("8"));
    assert_eq!(env("DEFAULT_REGION").as_deref(), Some("MY"));
    assert_eq!(env("PATH"), None);
    let app = validate_code::App::from_env(&stack.env("validate-code"), stack.platform()).await;
    assert!(app.is_ok());
    assert_eq!(stack.event("scim-patch/patch-me").method(), "PATCH");
    let mut changed = event("validate-code/me");
    changed["requestContext"]["requestId"] = "mine".into();
    let context = request(&changed).request_context();
    assert!(format!("{context:?}").contains("mine"));
}

#[tokio::test]
async fn faults_are_counted_and_let_calls_fail() {
    let stack = TestStack::start().await;
    let env = stack.env("scim-users");
    let (faults, table) = (stack.faults(), env("USERS_TABLE").unwrap());
    let client = Client::new(&stack.platform().aws);
    let get = || client.get_item().table_name(&table).key("pk", key()).send();
    let put = || {
        let put = client.put_item().table_name(&table).item("pk", key());
        put.condition_expression("attribute_not_exists(pk)").send()
    };
    assert!(get().await.unwrap().item.is_none());
    assert_eq!(faults.take_calls(), ["GetItem"]);
    // The SDK itself tries three times.
    faults.fail("GetItem", Fault::Throttled, 2);
    assert!(get().await.is_ok());
    assert_eq!(faults.take_calls(), ["GetItem"; 3]);
    faults.fail("PutItem", Fault::TransactionConflict, 1);
    let conflict = put().await.unwrap_err().into_service_error();
    assert!(conflict.is_transaction_conflict_exception(), "{conflict:?}");
    // A lost reply is tried again by the SDK and meets its own first writing.
    faults.fail("PutItem", Fault::LostReply, 1);
    let twice = put().await.unwrap_err().into_service_error();
    assert!(twice.is_conditional_check_failed_exception(), "{twice:?}");
    faults.fail("GetItem", Fault::Unreachable, usize::MAX);
    assert!(get().await.is_err());
    faults.clear_faults();
    assert!(get().await.unwrap().item.is_some());
}
