//! The same of e-mail addresses: by codes, and by links, whose tokens open a door that knows nobody.

use http::Method;
use serde_json::json;

use super::{SERVER, answers_hold_no, events};
use crate::api::{
    Api, CONFIRM, Record, WSO2, email, outcome, pending_email, verified_email, wrong,
};
use crate::child;
use crate::client::{BOB, token};

/// Messages end with their code; an address has one owner, by an item of its own.
const BY_CODE: [&str; 4] = [
    "EnableEmailVerification=true",
    "VerifiedEmailUniqueness=verified",
    "ResendCooldownSeconds=0",
    "EmailTemplate=Code : {{confirmation-code}}",
];

const BY_LINK: [&str; 5] = [
    "EnableEmailVerification=true",
    "VerifiedEmailUniqueness=verified",
    "ResendCooldownSeconds=0",
    "EmailTemplate=Open : {{link}}",
    "EmailLinkUrl=https://app.example/confirm",
];

const FIRST: &str = "First-Mailbox@abc.com";
const SECOND: &str = "second-mailbox+shop@abc.com";
const LISTED: &str = "listed-mailbox@münchen.example";
/// As it is sent to.
const LISTED_INBOX: &str = "listed-mailbox@xn--mnchen-3ya.example";
const WAITING: &str = "waiting-mailbox@abc.com";

/// What the addresses have in common with every way to write them, and that of the seeds' user.
const ADDRESSES: [&str; 2] = ["-mailbox", "bobsmith"];

const ON_UPDATE: &str = "EMAIL_VERIFICATION_ON_UPDATE";

#[tokio::test]
async fn codes_and_addresses_stay_where_they_belong() {
    stay_where_they_belong(&BY_CODE).await;
}

#[tokio::test]
async fn tokens_and_addresses_stay_where_they_belong() {
    stay_where_they_belong(&BY_LINK).await;
}

async fn stay_where_they_belong(settings: &[&str]) {
    let by_link = settings.len() == BY_LINK.len();
    let server = child::start(&[&SERVER[..], settings].concat()).await;
    let api = Api::looking_into(&server.url, server.dynamodb.as_deref().unwrap()).await;
    use_it(&api, by_link).await;
    misuse(&api, by_link).await;
    let codes = api.all_codes().await;
    assert_eq!(codes.len(), 7);
    let length = if by_link { 32 } else { 10 };
    assert!(codes.iter().all(|code| code.len() == length));
    let (status, printed) = server.terminate().await;
    assert_eq!(status, Some(0));

    let record = api.into_record();
    let has = |text: &str, what: &str| text.to_lowercase().contains(&what.to_lowercase());
    for code in &codes {
        assert!(!has(&printed, code), "a code was printed");
        answers_hold_no(code, &record);
        let stored = record.items.iter().any(|item| has(item, code));
        assert!(!stored, "a code was stored");
    }
    the_log_masks_addresses(&printed);
    keys_and_the_open_door_name_nobody(&record);
}

/// An address is proved after wrong guesses and another code, one joins the list, and the first is replaced.
async fn use_it(api: &Api, by_link: bool) {
    let bob = api.token("bob123").await;
    let patched = api.patch_me(&bob, &email(FIRST)).await;
    assert_eq!(pending_email(&patched.json()), Some(FIRST));
    let first = api.codes(FIRST).await.remove(0);
    for guess in [&wrong(&first), &first[1..], &"Z".repeat(32), "12345"] {
        let guessed = api.confirm(guess).await;
        assert_eq!(outcome(&guessed), (400, "18001".to_owned()));
    }
    let guessed = api.validate(&bob, &wrong(&first)).await;
    assert_eq!(outcome(&guessed), (400, "18001".to_owned()));
    assert_eq!(api.resend(&bob, ON_UPDATE).await.status, 201);
    let second = api.codes(FIRST).await.remove(1);
    let dead = api.confirm(&first).await;
    assert_eq!(outcome(&dead), (400, "18001".to_owned()));
    prove(api, by_link, &second).await;
    assert_eq!(verified_email(&api.me(&bob).await), Some(FIRST));

    let list = json!({ WSO2: { "verifiedEmailAddresses": [LISTED] } });
    assert_eq!(api.patch_me(&bob, &list).await.status, 200);
    prove(api, by_link, &api.codes(LISTED_INBOX).await.remove(0)).await;

    assert_eq!(api.patch_user(BOB, &email(SECOND)).await.status, 200);
    prove(api, by_link, &api.codes(SECOND).await.remove(0)).await;
    assert_eq!(verified_email(&api.me(&bob).await), Some(SECOND));
    api.notice(FIRST).await;
}

/// A link's token at the door for whoever has it; a code at that of privileged callers, after the other door refused it.
async fn prove(api: &Api, by_link: bool, code: &str) {
    let confirmed = api.confirm(code).await;
    if by_link {
        assert_eq!(outcome(&confirmed), (202, String::new()));
        return;
    }
    assert_eq!(outcome(&confirmed), (400, "18001".to_owned()));
    let body = json!({ "user": { "userId": BOB }, "code": code, "properties": [] });
    assert_eq!(api.privileged("validate-code", body).await.status, 202);
}

async fn misuse(api: &Api, by_link: bool) {
    let alice = api.token("alice").await;
    // An address that is another's already: said when it is proved, and to whoever proves it.
    assert_eq!(api.patch_me(&alice, &email(SECOND)).await.status, 200);
    let taken = api.codes(SECOND).await.remove(1);
    let proved = if by_link {
        api.confirm(&taken).await
    } else {
        api.validate(&alice, &taken).await
    };
    assert_eq!(proved.status, 409);
    // One that waits, for good, and could not be sent another code.
    assert_eq!(api.patch_me(&alice, &email(WAITING)).await.status, 200);
    let waiting = api.codes(WAITING).await.remove(0);
    fails_to_send(api, &alice).await;

    for strange in [
        json!({ "code": [waiting] }),
        json!({ "code": { "value": waiting } }),
        json!({ "code": format!("{waiting}-") }),
        json!({ "code": waiting, "properties": waiting }),
        json!({ "code": waiting, "user": { "username": WAITING } }),
    ] {
        let answer = api.privileged("validate-code", strange).await;
        assert!(answer.status.is_client_error());
    }
    for user in [json!({ "username": WAITING }), json!({ "userId": WAITING })] {
        let body = json!({ "user": user, "properties": [] });
        let answer = api.privileged("resend-code", body).await;
        assert_eq!(outcome(&answer), (400, "18003".to_owned()));
    }
    for address in [
        "no-mailbox",
        "No Mailbox <no-mailbox@abc.com>",
        "no-mailbox@127.0.0.1",
    ] {
        assert_eq!(api.patch_user(BOB, &email(address)).await.status, 400);
    }
    for path in [format!("/scim2/Users/{WAITING}"), format!("/{WAITING}")] {
        let answer = api.send(Method::GET, &path, &api.admin, None).await;
        assert_eq!(answer.status, 404);
    }
    let lister = token(&api.url(""), "admin", Some("internal_user_mgt_list")).await;
    let path = format!("/scim2/Users?filter=userName%20eq%20%22{WAITING}%22");
    let answer = api.send(Method::GET, &path, &lister, None).await;
    assert_eq!(answer.status, 200);
    // At the door without a token of access, whoever it is asked by.
    let told = api.confirm(WAITING).await;
    assert_eq!(outcome(&told), (400, "VRF-40000".to_owned()));
}

async fn fails_to_send(api: &Api, alice: &str) {
    for (outcome, status) in [("refused", 502), ("unavailable", 502), ("delivered", 201)] {
        api.email(outcome).await;
        assert_eq!(api.resend(alice, ON_UPDATE).await.status, status);
    }
}

fn the_log_masks_addresses(printed: &str) {
    for (event, times) in [
        ("sent", 7),
        ("claim_started", 5),
        ("failed", 2),
        ("validated", 3),
        ("not_validated", 1),
        ("committed", 3),
    ] {
        let lines = events(printed, event);
        let of_emails = lines.filter(|line| line["channel"] == "email").count();
        let all = events(printed, event).count();
        assert!(all >= times, "{event} {all}: {printed}");
        assert!(
            of_emails >= times.min(2) || event == "not_validated",
            "{event}: {printed}"
        );
    }
    for masked in [
        "f***@abc.com",
        "w***@abc.com",
        "l***@xn--mnchen-3ya.example",
    ] {
        assert!(
            printed.contains(&format!("\"email\":\"{masked}\"")),
            "{printed}"
        );
    }
    for line in printed.lines().filter(|line| line.starts_with('{')) {
        let line = line.to_lowercase();
        let named = ADDRESSES.iter().any(|address| line.contains(address));
        assert!(!named, "an address was logged: {line}");
    }
}

/// Except that a verified address has its owner's id under its own name, beside the users.
fn keys_and_the_open_door_name_nobody(record: &Record) {
    let owners = |key: &&String| key.starts_with("EMAIL#");
    assert_eq!(record.keys["UsersTable"].iter().filter(owners).count(), 3);
    let users = record.keys["UsersTable"].iter().filter(|key| !owners(key));
    for key in users.chain(&record.keys["VerificationsTable"]) {
        let key = key.to_lowercase();
        assert!(!ADDRESSES.iter().any(|name| key.contains(name)), "{key}");
    }
    let open = |request: &str| request.starts_with(CONFIRM);
    let exchanges = record.exchanges.iter();
    let mut answers = exchanges
        .filter(|exchange| open(&exchange.request))
        .peekable();
    assert!(answers.peek().is_some());
    for answer in answers.map(|exchange| exchange.response.to_lowercase()) {
        assert!(
            !ADDRESSES.iter().any(|name| answer.contains(name)),
            "{answer}"
        );
        assert!(!answer.contains(BOB), "{answer}");
    }
}
