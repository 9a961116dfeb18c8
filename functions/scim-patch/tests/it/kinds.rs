//! What holds for numbers and e-mail addresses alike: settings, PUT, repetition, limits. Each test runs for both kinds.

use std::time::Duration;

use local::testing::{BOB, Event};
use serde_json::{Value, json};

use crate::support::{EMAILS, ENTERPRISE, Kind, NUMBERS, Shown, WSO2, fail, put, title, typed};

const KINDS: [Kind; 2] = [NUMBERS, EMAILS];

fn own(attributes: &Value) -> Event {
    Event::shipped("scim-patch/patch-me").replacing(attributes)
}

fn others(attributes: &Value) -> Event {
    Event::shipped("scim-patch/patch-user").replacing(attributes)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// The same with something that the request says in WSO2's extension.
fn saying(attributes: &Value, name: &str, value: &Value) -> Value {
    let mut said = attributes.clone();
    said[WSO2][name] = value.clone();
    said
}

fn merged(one: &Value, other: &Value) -> Value {
    let mut merged = one.clone();
    for (name, member) in other.as_object().unwrap() {
        merged[name] = member.clone();
    }
    merged
}

#[tokio::test]
async fn privileged_callers_may_be_trusted_and_owners_still_are_not() {
    for kind in KINDS {
        let test = kind.start(&["SkipVerificationByPrivilegedUser=true"]).await;
        let waits = Shown {
            pending: Some(kind.new.to_owned()),
            ..kind.at_first()
        };
        let own = test.patch(&own(&kind.primary(kind.new))).await;
        assert_eq!(kind.shown(&own), waits);
        assert_eq!(test.sent_to(), [kind.new]);
        let written = Shown {
            primary: Some(kind.new.to_owned()),
            verified: false,
            ..kind.at_first()
        };
        let trusted = test.patch(&others(&kind.primary(kind.new))).await;
        assert_eq!(
            kind.shown(&trusted),
            written,
            "a written one waits for nothing"
        );
        // One that is added to the verified list goes no further than the list.
        let listed = test
            .patch(&others(&kind.list(&[kind.old, kind.other])))
            .await;
        let written = Shown {
            listed: owned(&[kind.old, kind.other]),
            ..written
        };
        assert_eq!(kind.shown(&listed), written);
        assert_eq!(test.sent_to().len(), 1);
    }
}

#[tokio::test]
async fn privileged_callers_that_are_not_trusted_start_claims_like_anybody() {
    for kind in KINDS {
        let test = kind.start(&[]).await;
        let patched = test.patch(&others(&kind.primary(kind.new))).await;
        let waits = Shown {
            pending: Some(kind.new.to_owned()),
            ..kind.at_first()
        };
        assert_eq!(kind.shown(&patched), waits);
        assert_eq!(test.sent_to(), [kind.new]);
    }
}

#[tokio::test]
async fn a_claim_may_have_to_be_asked_for() {
    for (kind, other) in [(NUMBERS, EMAILS), (EMAILS, NUMBERS)] {
        let test = kind.start(&["UseVerifyClaim=true"]).await;
        let change = kind.primary(kind.new);
        let asked = test
            .patch(&own(&saying(&change, kind.verify, &json!(true))))
            .await;
        let waits = Shown {
            pending: Some(kind.new.to_owned()),
            ..kind.at_first()
        };
        assert_eq!(kind.shown(&asked), waits);
        assert_eq!(test.sent_to(), [kind.new]);
        // Nor does the other kind's claim ask for this one's.
        for unasked in [
            change.clone(),
            saying(&change, kind.verify, &json!(false)),
            saying(&change, other.verify, &json!(true)),
        ] {
            let test = kind.start(&["UseVerifyClaim=true"]).await;
            let written = test.patch(&own(&unasked)).await;
            let expected = Shown {
                primary: Some(kind.new.to_owned()),
                verified: false,
                ..kind.at_first()
            };
            assert_eq!(kind.shown(&written), expected, "{unasked}");
            let listing = saying(&unasked, kind.verified_list, &json!([kind.old, kind.other]));
            let listing = json!({ WSO2: listing[WSO2] });
            let listed = test.patch(&own(&listing)).await;
            let expected = Shown {
                listed: owned(&[kind.old, kind.other]),
                ..expected
            };
            assert_eq!(kind.shown(&listed), expected, "{listing}");
            assert_eq!(test.sent_to(), [""; 0]);
        }
        let listing = saying(
            &kind.list(&[kind.old, kind.other]),
            kind.verify,
            &json!(true),
        );
        assert_eq!(
            kind.shown(&test.patch(&own(&listing)).await).listed,
            [kind.old]
        );
        assert_eq!(test.sent_to(), [kind.new, kind.other]);
    }
}

/// Each kind by its own word, also where both come in one request.
#[tokio::test]
async fn a_claim_of_one_kind_is_asked_for_beside_a_change_of_the_other() {
    for (kind, other) in [(NUMBERS, EMAILS), (EMAILS, NUMBERS)] {
        let test = kind.start(&["UseVerifyClaim=true"]).await;
        let mut both = kind.primary(kind.new);
        both[other.attribute] = other.primary(other.new)[other.attribute].clone();
        let patched = test
            .patch(&own(&saying(&both, kind.verify, &json!(true))))
            .await;
        let (asked, unasked) = (kind.shown(&patched), other.shown(&patched));
        assert_eq!(asked.pending.as_deref(), Some(kind.new));
        assert_eq!(
            (
                unasked.primary.as_deref(),
                unasked.verified,
                unasked.pending
            ),
            (Some(other.new), false, None)
        );
        assert_eq!(test.sent_to(), [kind.new]);
    }
}

/// As clients of WSO2 IS 7 write it: all of it under the enterprise URN, in a value and in a path.
#[tokio::test]
async fn lists_and_the_claim_are_known_under_the_enterprise_urn() {
    for kind in KINDS {
        let added = json!([kind.old, kind.new]);
        let whole = json!({ ENTERPRISE: { kind.verified_list: added, kind.verify: true } });
        let verify = format!("{ENTERPRISE}:{}", kind.verify);
        let list = format!("{ENTERPRISE}:{}", kind.verified_list);
        let paths = json!([
            { "op": "add", "path": verify, "value": true },
            { "op": "replace", "path": list, "value": added },
        ]);
        for event in [
            own(&whole),
            Event::shipped("scim-patch/patch-me").operations(&paths),
            put(
                "scim-patch/put-me",
                &merged(&kind.primary(kind.old), &whole),
            ),
        ] {
            let test = kind.start(&["UseVerifyClaim=true"]).await;
            let waits = Shown {
                pending: Some(kind.new.to_owned()),
                ..kind.at_first()
            };
            assert_eq!(kind.shown(&test.patch(&event).await), waits);
            assert_eq!(test.sent_to(), [kind.new]);
        }
    }
}

#[tokio::test]
async fn what_a_whole_user_changes() {
    for kind in KINDS {
        let first = kind.at_first();
        let waits = Shown {
            pending: Some(kind.new.to_owned()),
            ..first.clone()
        };
        let removed = Shown {
            primary: None,
            verified: false,
            ..first.clone()
        };
        let mut cleared = kind.primary(kind.old);
        cleared[WSO2] = json!({ kind.listed: [], kind.verified_list: [] });
        let mut listed = kind.primary(kind.old);
        listed[WSO2] = json!({ kind.verified_list: [kind.old, kind.new] });
        // the body -> what is shown, and how many messages
        for (body, expected, messages) in [
            (kind.primary(kind.old), first.clone(), 0),
            (kind.primary(kind.new), waits.clone(), 1),
            (json!({}), removed.clone(), 0),
            (json!({ kind.attribute: [] }), removed, 0),
            (
                cleared,
                Shown {
                    listed: vec![],
                    verified_list: vec![],
                    ..first.clone()
                },
                0,
            ),
            (listed, waits.clone(), 1),
        ] {
            for event in ["scim-patch/put-me", "scim-patch/put-user"] {
                let test = kind.start(&[]).await;
                let answer = test.patch(&put(event, &body)).await;
                assert_eq!(kind.shown(&answer), expected, "{body}");
                assert_eq!(test.sent_to().len(), messages, "{body}");
            }
        }
    }
}

/// What is the same as stored is no update: of a claim that waits nothing is cancelled; the removal of the primary ends it.
#[tokio::test]
async fn what_a_whole_user_does_to_what_waits() {
    for kind in KINDS {
        let spelled = match kind.attribute {
            "emails" => kind.old.to_uppercase(),
            _ => "+60 11-111 1111".to_owned(),
        };
        for (body, waits) in [
            (kind.primary(kind.old), true),
            (kind.primary(&spelled), true),
            (kind.primary(kind.new), true),
            (json!({}), false),
        ] {
            for event in ["scim-patch/put-me", "scim-patch/put-user"] {
                let test = kind.start(&[]).await;
                test.patch(&own(&kind.primary(kind.new))).await;
                let answer = test.patch(&put(event, &body)).await;
                let pending = kind.shown(&answer).pending;
                assert_eq!(pending.is_some(), waits, "{body}");
                assert_eq!(test.sent_to(), [kind.new], "{body}");
                let code = test.validate(&typed(&test.code())).await;
                assert_eq!(code.status, if waits { 202 } else { 400 }, "{body}");
                let now = kind.now(&test).await;
                let primary = waits.then(|| kind.new.to_owned());
                assert_eq!((now.primary, now.verified), (primary, waits), "{body}");
            }
        }
    }
}

#[tokio::test]
async fn a_put_ignores_what_a_verification_decides() {
    for kind in KINDS {
        let test = kind.start(&[]).await;
        let mut body = kind.primary(kind.new);
        body[kind.attribute][0]["verified"] = json!(true);
        let waiting = match kind.attribute {
            "emails" => json!([{ "value": kind.other }]),
            _ => json!(kind.other),
        };
        body[WSO2] = json!({ kind.verified: false, kind.pending: waiting });
        body[ENTERPRISE] = json!({ kind.pending: waiting });
        let answer = test.patch(&put("scim-patch/put-me", &body)).await;
        let waits = Shown {
            pending: Some(kind.new.to_owned()),
            ..kind.at_first()
        };
        assert_eq!(kind.shown(&answer), waits);
        assert_eq!(test.sent_to(), [kind.new]);
    }
}

#[tokio::test]
async fn more_than_a_user_may_have() {
    for kind in KINDS {
        let test = kind.start(&[&format!("{}=2", kind.most)]).await;
        let (old, new, other) = (kind.old, kind.new, kind.other);
        let before = (test.user(BOB).await, test.verification(BOB).await);
        for lists in [
            json!({ kind.listed: [old, new, other] }),
            json!({ kind.listed: [old, other], kind.verified_list: [old, new] }),
        ] {
            let answer = test.patch(&own(&json!({ WSO2: lists }))).await;
            assert_eq!(answer.gist(), "400 invalidValue", "{lists}");
        }
        assert_eq!((test.user(BOB).await, test.verification(BOB).await), before);
        assert_eq!(test.sent_to(), [""; 0]);
    }
}

#[tokio::test]
async fn a_pending_address_written_again_is_sent_once_while_its_code_lives() {
    for kind in KINDS {
        let test = kind.start(&[]).await;
        let event = own(&kind.primary(kind.new));
        let first = test.patch(&event).await;
        let clock = test.stack.clock();
        clock.advance(Duration::from_mins(kind.code_minutes - 1));
        assert_eq!(test.patch(&event).await, first);
        assert_eq!(test.sent_to().len(), 1);

        clock.advance(Duration::from_mins(1));
        assert_eq!(test.patch(&event).await.status, 200);
        assert_eq!(test.sent_to().len(), 2, "its code is over");
    }
}

#[tokio::test]
async fn a_provisioning_client_that_repeats_itself_sends_nothing_while_the_claim_lives() {
    for kind in KINDS {
        let test = kind.start(&[]).await;
        let event = others(&kind.primary(kind.new));
        test.patch(&event).await;
        test.stack.clock().advance(Duration::from_hours(23));
        let again = test.patch(&event).await;
        assert_eq!(kind.shown(&again).pending.as_deref(), Some(kind.new));
        assert_eq!(test.sent_to().len(), 1);

        test.stack.clock().advance(Duration::from_hours(1));
        assert_eq!(test.patch(&event).await.status, 200);
        assert_eq!(test.sent_to().len(), 2, "the claim is over");
    }
}

#[tokio::test]
async fn a_locked_account_starts_no_claim() {
    for kind in KINDS {
        let test = kind.start(&[]).await;
        test.patch(&own(&kind.primary(kind.new))).await;
        fail(&test, 10).await;
        let (user, pending) = (test.user(BOB).await, test.pending(BOB).await);

        let refused = test.patch(&own(&kind.primary(kind.other))).await;
        assert_eq!(refused.gist(), "429 17003");
        let wait = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((3500..=3600).contains(&wait), "{wait}");
        assert_eq!(test.sent_to(), [kind.new]);
        assert_eq!(
            (test.user(BOB).await, test.pending(BOB).await),
            (user, pending)
        );

        test.stack.clock().advance(Duration::from_secs(wait));
        assert_eq!(
            test.patch(&own(&kind.primary(kind.other))).await.status,
            200
        );
        assert_eq!(test.sent_to(), [kind.new, kind.other]);
    }
}

#[tokio::test]
async fn a_locked_account_may_cancel_remove_and_change_what_is_no_address() {
    for kind in KINDS {
        let test = kind.start(&[]).await;
        test.patch(&own(&kind.primary(kind.new))).await;
        fail(&test, 10).await;
        assert_eq!(test.patch(&title("Dr")).await.status, 200);
        let cancelled = test.patch(&own(&kind.primary(kind.old))).await;
        assert_eq!(kind.shown(&cancelled), kind.at_first());
        let removed = test.patch(&kind.removes_primary()).await;
        let none = Shown {
            primary: None,
            verified: false,
            ..kind.at_first()
        };
        assert_eq!(kind.shown(&removed), none);
    }
}

/// A lock is the account's: wrong codes of one kind keep the other's from being sent and compared.
#[tokio::test]
async fn failures_of_one_kind_lock_the_other() {
    for (kind, other) in [(NUMBERS, EMAILS), (EMAILS, NUMBERS)] {
        let test = kind.start(&[]).await;
        test.patch(&own(&other.primary(other.new))).await;
        let right = test.code();
        test.patch(&own(&kind.primary(kind.new))).await;
        fail(&test, 10).await;
        assert_eq!(test.validate(&typed(&right)).await.gist(), "429 17003");
        let refused = test.patch(&own(&other.primary(other.other))).await;
        assert_eq!(refused.gist(), "429 17003");
        assert_eq!(test.sent_to(), [other.new, kind.new]);
    }
}

/// Verified while verification was on; changed while it is off.
#[tokio::test]
async fn off_a_changed_primary_is_written_and_unverified_for_good() {
    for (kind, off) in [
        (NUMBERS, "EnableVerification=false"),
        (EMAILS, "EnableEmailVerification=false"),
    ] {
        let test = kind.start(&[off]).await;
        let kept = test.user(BOB).await;
        assert_eq!(test.patch(&own(&kind.primary(kind.old))).await.status, 200);
        assert_eq!(test.user(BOB).await, kept, "what is the same is no change");
        assert_eq!(test.patch(&own(&kind.primary(kind.new))).await.status, 200);
        let user = test.user(BOB).await;
        let stored = match kind.attribute {
            "emails" => (&user["emails"]["primary"], &user["emails"]["verified"]),
            _ => (&user["primary"], &user["phoneVerified"]),
        };
        assert_eq!(stored, (&json!(kind.new), &json!(false)));
        assert_eq!(test.sent_to(), [""; 0]);
        let refused = test.patch(&own(&kind.list(&[kind.old, kind.other]))).await;
        assert_eq!(refused.gist(), "400 invalidValue");
    }
}
