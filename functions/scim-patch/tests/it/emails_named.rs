//! What a request says of the primary e-mail address, and what it only seems to say: what waits for its code ends by no
//! less.

use local::testing::{Answer, BOB, Event, TestApp};
use serde_json::{Value, json};

use crate::support::{NEW_EMAIL, OLD_EMAIL, WSO2, profile, typed, with_emails as on};

const SECOND_EMAIL: &str = "second@abc.com";

fn patches(operation: &Value) -> Event {
    Event::shipped("scim-patch/patch-me").operations(&json!([operation]))
}

async fn done(test: &TestApp, operation: Value) -> Answer {
    let answer = test.patch(&patches(&operation)).await;
    assert_eq!(answer.status, 200, "{operation}: {answer}");
    answer
}

fn replaces(path: &str, value: &Value) -> Value {
    json!({ "op": "replace", "path": path, "value": value })
}

/// Bob has a verified primary address and an unverified second one; another address waits to become the primary.
async fn with_a_claim(test: &TestApp) {
    done(
        test,
        replaces("emails", &json!([{ "value": OLD_EMAIL, "type": "work" }])),
    )
    .await;
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let both = json!([
        { "value": OLD_EMAIL, "type": "work" },
        { "value": SECOND_EMAIL, "type": "home" },
    ]);
    done(test, replaces("emails", &both)).await;
    done(
        test,
        replaces("emails[type eq \"work\"].value", &json!(NEW_EMAIL)),
    )
    .await;
    assert_eq!(pending(test).await, [NEW_EMAIL]);
}

async fn pending(test: &TestApp) -> Vec<String> {
    let me = Event::shipped("scim-users/get-me");
    let emails = test.users(&me).await.body[WSO2]["pendingEmails"].clone();
    let emails = emails.as_array().cloned().unwrap_or_default();
    emails
        .iter()
        .map(|one| one["value"].as_str().unwrap().to_owned())
        .collect()
}

/// Before, each of these ended the claim: with a verified primary that is there, they said nothing new.
#[tokio::test]
async fn what_names_no_primary_ends_no_claim() {
    let test = on(&["MaxSendsPerHour=0", "MaxSendsPerDay=0"]).await;
    with_a_claim(&test).await;
    for operation in [
        replaces(
            &format!("emails[value eq \"{OLD_EMAIL}\"].primary"),
            &json!(true),
        ),
        replaces(
            &format!("emails[value eq \"{OLD_EMAIL}\"].primary"),
            &json!(false),
        ),
        replaces("emails.primary", &json!(false)),
        replaces(
            &format!("emails[value eq \"{OLD_EMAIL}\"]"),
            &json!({ "primary": true }),
        ),
        replaces("emails[type eq \"home\"].value", &json!(SECOND_EMAIL)),
        replaces("emails[type eq \"work\"].display", &json!("Bob")),
        json!({ "op": "add", "path": "emails", "value": [{ "value": SECOND_EMAIL, "type": "home" }] }),
        json!({ "op": "add", "path": "emails", "value": [{ "type": "other" }] }),
        json!({ "op": "remove", "path": "emails[type eq \"fax\"]" }),
        json!({ "op": "remove", "path": "emails[value eq \"nobody@abc.com\"]" }),
        json!({ "op": "remove", "path": "emails", "value": [{ "value": "nobody@abc.com" }] }),
        replaces("displayName", &json!("Bob")),
    ] {
        let sent = test.sent_to().len();
        done(&test, operation.clone()).await;
        assert_eq!(pending(&test).await, [NEW_EMAIL], "{operation}");
        assert_eq!(test.sent_to().len(), sent, "{operation}");
        assert_eq!(
            test.user(BOB).await["emails"]["primary"],
            OLD_EMAIL,
            "{operation}"
        );
    }
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.user(BOB).await["emails"]["primary"], NEW_EMAIL);
}

#[tokio::test]
async fn what_names_the_primary_ends_a_claim() {
    for operation in [
        replaces("emails[type eq \"work\"].value", &json!(OLD_EMAIL)),
        replaces(
            "emails[type eq \"work\"]",
            &json!({ "value": "BOBSMITH@abc.com" }),
        ),
        replaces(
            "emails",
            &json!([{ "value": OLD_EMAIL }, { "value": SECOND_EMAIL }]),
        ),
        json!({ "op": "add", "path": "emails", "value": [{ "value": OLD_EMAIL, "type": "work" }] }),
        json!({ "op": "remove", "path": format!("emails[value eq \"{OLD_EMAIL}\"]") }),
        json!({ "op": "remove", "path": "emails" }),
    ] {
        let test = on(&["MaxSendsPerHour=0", "MaxSendsPerDay=0"]).await;
        with_a_claim(&test).await;
        done(&test, operation.clone()).await;
        assert_eq!(pending(&test).await, [] as [&str; 0], "{operation}");
    }
}

#[tokio::test]
async fn the_flag_alone_makes_another_the_primary() {
    let test = on(&["MaxSendsPerHour=0", "MaxSendsPerDay=0"]).await;
    with_a_claim(&test).await;
    let flag = format!("emails[value eq \"{SECOND_EMAIL}\"].primary");
    done(&test, replaces(&flag, &json!(true))).await;
    assert_eq!(pending(&test).await, [SECOND_EMAIL]);
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(test.user(BOB).await["emails"]["primary"], SECOND_EMAIL);
}

/// Before, a flag without an address took the primary's place, or ended what was pending.
#[tokio::test]
async fn a_flag_without_an_address_is_refused_or_takes_no_place() {
    let test = on(&["MaxSendsPerHour=0", "MaxSendsPerDay=0"]).await;
    with_a_claim(&test).await;
    let before = (test.user(BOB).await, test.verification(BOB).await);
    for operation in [
        json!({ "op": "add", "path": "emails", "value": [{ "type": "other", "primary": true }] }),
        replaces("emails", &json!([{ "type": "work", "primary": true }])),
        replaces(
            "emails",
            &json!([{ "value": OLD_EMAIL }, { "type": "home", "primary": true }]),
        ),
        replaces("emails[type eq \"other\"].primary", &json!(true)),
    ] {
        let answer = test.patch(&patches(&operation)).await;
        assert_eq!(answer.gist(), "400 invalidValue", "{operation}: {answer}");
        assert_eq!((test.user(BOB).await, test.verification(BOB).await), before);
    }
    let put = Event::shipped("scim-patch/put-user").body(&json!({
        "userName": "bob",
        "emails": [{ "value": OLD_EMAIL }, { "type": "home", "primary": true }],
    }));
    assert_eq!(test.patch(&put).await.gist(), "400 invalidValue");
    let empty = on(&[]).await;
    done(&empty, json!({ "op": "remove", "path": "emails" })).await;
    let answer = empty
        .patch(&patches(&replaces("emails.primary", &json!(true))))
        .await;
    assert_eq!(answer.gist(), "400 invalidValue");
}

/// What came in before verification was on stays as it is.
#[tokio::test]
async fn a_stored_flag_without_an_address_hinders_nothing() {
    let test = on(&[]).await;
    let mut user = test.user(BOB).await;
    let mut kept = profile(&test).await;
    kept["emails"] = json!([{ "type": "home", "primary": true }, { "value": OLD_EMAIL }]);
    user["profile"] = kept.to_string().into();
    user.as_object_mut().unwrap().remove("emails");
    test.put_user_item(&user).await;
    done(&test, replaces("displayName", &json!("Bob"))).await;
    let answer = done(&test, replaces("emails[value pr].value", &json!(NEW_EMAIL))).await;
    assert_eq!(
        answer.body[WSO2]["pendingEmails"],
        json!([{ "value": NEW_EMAIL }])
    );
}

/// Before, the removal of what is not in the list ended the claim that waits to join it; for numbers, too.
#[tokio::test]
async fn the_removal_of_what_is_not_in_the_verified_list_says_nothing() {
    for (list, waiting, shown) in [
        ("verifiedEmailAddresses", NEW_EMAIL, "pendingEmails"),
        (
            "verifiedMobileNumbers",
            "+60123456789",
            "pendingMobileNumber",
        ),
    ] {
        let test = on(&[
            "MaxSendsPerHour=0",
            "MaxSendsPerDay=0",
            "ResendCooldownSeconds=0",
        ])
        .await;
        let path = format!("{WSO2}:{list}");
        let adds = json!({ "op": "add", "path": path, "value": [waiting] });
        let removes = |value: &str| json!({ "op": "remove", "path": format!("{path}[value eq \"{value}\"]") });
        let waits = |answer: &Answer| answer.body[WSO2].get(shown).is_some();
        assert!(waits(&done(&test, adds.clone()).await), "{list}");
        for other in ["nobody@abc.com", "+60999999999"] {
            assert!(waits(&done(&test, removes(other)).await), "{list}");
            let listed = json!({ "op": "remove", "path": path, "value": [other] });
            assert!(waits(&done(&test, listed).await), "{list}");
        }
        // What names it, or all there is, ends it.
        assert!(!waits(&done(&test, removes(waiting)).await), "{list}");
        for all in [
            json!({ "op": "remove", "path": path }),
            json!({ "op": "replace", "path": path, "value": [] }),
        ] {
            assert!(waits(&done(&test, adds.clone()).await), "{list}");
            assert!(!waits(&done(&test, all).await), "{list}");
        }
    }
}

/// Before, what nobody is shown while verification is off was cleared as a whole.
#[tokio::test]
async fn one_address_leaves_a_hidden_verified_list() {
    let test = on(&["EnableEmailVerification=false"]).await;
    let mut user = test.user(BOB).await;
    let lists = [NEW_EMAIL, SECOND_EMAIL];
    user["emails"] =
        json!({ "primary": OLD_EMAIL, "addresses": lists, "verifiedAddresses": lists });
    test.put_user_item(&user).await;
    let path = format!("{WSO2}:verifiedEmailAddresses[value eq \"{NEW_EMAIL}\"]");
    let answer = done(&test, json!({ "op": "remove", "path": path })).await;
    assert_eq!(answer.body[WSO2].get("verifiedEmailAddresses"), None);
    assert_eq!(
        test.user(BOB).await["emails"]["verifiedAddresses"],
        json!([SECOND_EMAIL])
    );
}

#[tokio::test]
async fn what_the_request_calls_an_address_is_kept() {
    let test = on(&[]).await;
    let entry = json!({ "value": NEW_EMAIL, "type": "home", "display": "Bob's", "primary": true });
    done(&test, replaces("emails", &json!([entry]))).await;
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(profile(&test).await["emails"], json!([entry]));
}

/// Before, each tag was a mailbox of its own for the cooldown, as it is for nothing else that counts.
#[tokio::test]
async fn a_tag_is_no_way_around_the_cooldown() {
    let test = on(&[]).await;
    let to = |value: &str| replaces("emails", &json!([{ "value": value }]));
    done(&test, to("cool@abc.com")).await;
    let answer = test.patch(&patches(&to("cool+1@abc.com"))).await;
    assert_eq!(answer.gist(), "429 VRF-42900");
    assert_eq!(pending(&test).await, ["cool@abc.com"]);
    done(&test, to("other@abc.com")).await;
}

/// Before, a code went out again to a claim that was from before the domain was denied.
#[tokio::test]
async fn no_code_goes_again_to_a_domain_denied_since() {
    let test = on(&["DeniedEmailDomains=evil.org", "ResendCooldownSeconds=0"]).await;
    done(&test, replaces("emails", &json!([{ "value": NEW_EMAIL }]))).await;
    let item = test.verification(BOB).await.to_string();
    let item = item.replace(NEW_EMAIL, "new@mail.evil.org");
    let before: Value = serde_json::from_str(&item).unwrap();
    test.put_verification(&before).await;
    let properties =
        json!([{ "key": "RecoveryScenario", "value": "EMAIL_VERIFICATION_ON_UPDATE" }]);
    let resends = Event::shipped("resend-code/me").body(&json!({ "properties": properties }));
    let answer = test.resend(&resends).await;
    assert_eq!(answer.status, 400, "{answer}");
    assert_eq!(test.sent_to(), [NEW_EMAIL]);
    assert_eq!(test.verification(BOB).await, before);
}

/// Before, the second value of the same address was lost with the first, or took its label.
#[tokio::test]
async fn one_address_for_two_labels_as_provisioning_clients_write_it() {
    let test = on(&[
        "MaxSendsPerHour=0",
        "MaxSendsPerDay=0",
        "ResendCooldownSeconds=0",
    ])
    .await;
    let labelled = |value: &str, label: &str| json!({ "value": value, "type": label });
    let first = |value: &str| json!({ "value": value, "type": "work", "primary": true });
    let home = labelled(OLD_EMAIL, "home");
    done(&test, replaces("emails", &json!([first(OLD_EMAIL), home]))).await;
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    for next in [NEW_EMAIL, SECOND_EMAIL] {
        let before = profile(&test).await["emails"].clone();
        done(
            &test,
            replaces("emails[type eq \"work\"].value", &json!(next)),
        )
        .await;
        assert_eq!(profile(&test).await["emails"], before, "{next}");
        assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
        assert_eq!(profile(&test).await["emails"], json!([first(next), home]));
    }
    let all = json!([first(NEW_EMAIL), labelled(SECOND_EMAIL, "home")]);
    done(&test, replaces("emails", &all)).await;
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    assert_eq!(profile(&test).await["emails"], all);
}

/// Before, a code went to the address that stays.
#[tokio::test]
async fn a_value_that_goes_says_nothing_of_one_that_stays() {
    for removal in [
        json!({ "op": "remove", "path": "emails[type eq \"home\"]" }),
        json!({ "op": "remove", "path": "emails", "value": [{ "value": OLD_EMAIL, "type": "home" }] }),
    ] {
        let test = on(&[]).await;
        let mut user = test.user(BOB).await;
        let mut kept = profile(&test).await;
        let stays = json!({ "value": OLD_EMAIL, "type": "work", "primary": true });
        kept["emails"] = json!([stays, { "value": OLD_EMAIL, "type": "home" }]);
        user["profile"] = kept.to_string().into();
        test.put_user_item(&user).await;
        done(&test, removal).await;
        assert_eq!(profile(&test).await["emails"], json!([stays]));
        assert!(test.sent_to().is_empty());
    }
}

/// Before, the two took turns, a message each time.
#[tokio::test]
async fn another_value_leaves_what_waits_to_become_the_first_primary() {
    let test = on(&[]).await;
    done(&test, json!({ "op": "remove", "path": "emails" })).await;
    let adds = |label: &str, value: &str| {
        let path = format!("emails[type eq \"{label}\"].value");
        json!({ "op": "add", "path": path, "value": value })
    };
    for _ in 0..2 {
        done(&test, adds("work", NEW_EMAIL)).await;
        done(&test, adds("home", SECOND_EMAIL)).await;
        assert_eq!(pending(&test).await, [NEW_EMAIL]);
        assert_eq!(test.sent_to(), [NEW_EMAIL]);
    }
    assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
    let first = json!({ "value": NEW_EMAIL, "type": "work", "primary": true });
    let other = json!({ "value": SECOND_EMAIL, "type": "home" });
    assert_eq!(profile(&test).await["emails"], json!([first, other]));
}

/// Before, what is verified already could not become the primary, and a repetition that sends nothing was refused.
#[tokio::test]
async fn what_is_known_is_only_compared_in_a_domain_denied_since() {
    let test = on(&["DeniedEmailDomains=evil.org", "ResendCooldownSeconds=0"]).await;
    let denied = "bob@evil.org";
    let mut user = test.user(BOB).await;
    user["emails"] =
        json!({ "primary": OLD_EMAIL, "addresses": [denied], "verifiedAddresses": [denied] });
    test.put_user_item(&user).await;
    let to = |value: &str| replaces("emails", &json!([{ "value": value }]));
    let answer = done(&test, to(denied)).await;
    assert_eq!(answer.body[WSO2]["emailVerified"], true);
    done(&test, to(NEW_EMAIL)).await;
    let item = test.verification(BOB).await.to_string();
    let item = item.replace(NEW_EMAIL, "new@evil.org");
    test.put_verification(&serde_json::from_str(&item).unwrap())
        .await;
    done(&test, to("new@evil.org")).await;
    assert_eq!(test.sent_to(), [NEW_EMAIL]);
    let answer = test.patch(&patches(&to("other@evil.org"))).await;
    assert_eq!(answer.gist(), "400 invalidValue");
}

/// Before, a new user could have a primary value without an address.
#[tokio::test]
async fn a_new_user_has_no_flag_without_an_address() {
    let test = on(&[]).await;
    let create = |emails: Value| {
        Event::shipped("scim-users/create").body(&json!({ "userName": "new", "emails": emails }))
    };
    let refused = test
        .users(&create(json!([{ "type": "work", "primary": true }])))
        .await;
    assert_eq!(refused.gist(), "400 invalidValue");
    let created = test.users(&create(json!([{ "type": "work" }]))).await;
    assert_eq!(created.status, 201, "{created}");
}

/// Before, the first request had the last word, and what a later one said of the address was lost.
#[tokio::test]
async fn what_is_said_again_of_an_address_that_waits_is_what_counts() {
    let by_label = replaces("emails[type eq \"work\"].value", &json!(NEW_EMAIL));
    let entry = json!({ "value": NEW_EMAIL, "type": "home", "display": "New", "primary": true });
    let adds = json!({ "op": "add", "path": "emails", "value": [entry] });
    let old = json!({ "value": OLD_EMAIL, "type": "work" });
    let alone = json!([{ "value": NEW_EMAIL, "type": "work" }]);
    for (first, then, after) in [
        (&by_label, &adds, json!([entry, old])),
        (&adds, &by_label, alone.clone()),
        (&by_label, &by_label, alone),
    ] {
        let test = on(&[]).await;
        done(&test, replaces("emails", &json!([old]))).await;
        assert_eq!(test.validate(&typed(&test.code())).await.status, 202);
        test.stack
            .clock()
            .advance(std::time::Duration::from_mins(1));
        done(&test, first.clone()).await;
        let (code, waiting) = (test.code(), test.verification(BOB).await);
        done(&test, then.clone()).await;
        assert_eq!(test.sent_to(), [OLD_EMAIL, NEW_EMAIL]);
        let unchanged = test.verification(BOB).await == waiting;
        assert_eq!(unchanged, first == then, "{then}");
        assert_eq!(test.validate(&typed(&code)).await.status, 202);
        assert_eq!(profile(&test).await["emails"], after, "{first} {then}");
    }
}

/// As a front end cancels the first address that there is to be.
#[tokio::test]
async fn the_removal_of_the_primary_where_there_is_none_ends_what_waits() {
    let test = on(&[]).await;
    done(&test, json!({ "op": "remove", "path": "emails" })).await;
    done(
        &test,
        replaces("emails[type eq \"work\"].value", &json!(NEW_EMAIL)),
    )
    .await;
    done(
        &test,
        json!({ "op": "remove", "path": "emails[type eq \"home\"]" }),
    )
    .await;
    assert_eq!(pending(&test).await, [NEW_EMAIL]);
    done(
        &test,
        json!({ "op": "remove", "path": "emails[primary eq true]" }),
    )
    .await;
    assert_eq!(pending(&test).await, [] as [&str; 0]);
}
