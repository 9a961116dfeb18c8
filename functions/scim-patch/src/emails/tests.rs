//! The tables of which value is the primary, and of how `emails` stands while it waits.

use serde_json::json;

use super::*;

fn profile(values: &Value) -> Map<String, Value> {
    Map::from_iter([(EMAILS.to_owned(), values.clone())])
}

/// Values of `emails`: each with a letter, `!` behind the one that is flagged.
fn values(letters: &str) -> Map<String, Value> {
    let value = |letter: &str| match letter.strip_suffix('!') {
        Some(letter) => json!({ "value": format!("{letter}@x.com"), "primary": true }),
        None => json!({ "value": format!("{letter}@x.com") }),
    };
    let values: Vec<_> = letters.split_whitespace().map(value).collect();
    profile(&json!(values))
}

fn naming(all: bool, values: &[&str]) -> EmailsWritten {
    let values = values.iter().map(|text| (*text).to_owned()).collect();
    EmailsWritten::Patched(Some(NamedEmails {
        all,
        values,
        ..NamedEmails::default()
    }))
}

fn to(letter: &str) -> Primary<EmailAddress> {
    Primary::To(EmailAddress::from_stored(&format!("{letter}@x.com")))
}

/// Stored primary `<` what waits to become it, values before, values after, how written: the primary.
fn is_to_be(table: &[(&str, &str, &str, &EmailsWritten, Primary<EmailAddress>)]) {
    for (stored, before, after, written, wanted) in table {
        let address = |letter: &str| EmailAddress::from_stored(&format!("{letter}@x.com"));
        let (stored, waits) = stored.split_once('<').unwrap_or((stored, ""));
        let [stored, waits] = [stored, waits].map(|one| (!one.is_empty()).then(|| address(one)));
        let current = Current {
            primary: stored.as_ref(),
            waiting: waits.as_ref(),
        };
        let found = primary(current, &values(before), &values(after), written);
        assert_eq!(found, *wanted, "{stored:?} {before} -> {after} {written:?}");
    }
}

#[test]
fn which_value_is_to_be_the_primary() {
    let patched = &naming(true, &[]);
    let put = &EmailsWritten::Replaced;
    is_to_be(&[
        ("a", "a", "c", patched, to("c")),
        ("a", "a b", "a b!", patched, to("b")),
        ("a", "a b", "b a", patched, to("a")),
        ("a", "a b", "b", patched, Primary::Removed),
        ("a", "a b", "a", patched, Primary::Untouched),
        ("a", "a", "a c", patched, Primary::Untouched),
        ("a", "a", "A", patched, to("a")),
        ("a", "a", "a", put, Primary::Untouched),
        ("a", "a", "b c", put, to("b")),
        ("a", "a", "", put, Primary::Removed),
        ("", "b", "b c", patched, to("c")),
        ("", "b", "", patched, Primary::Untouched),
        ("", "", "", patched, Primary::Removed),
    ]);
}

/// Before, each new value took the place of the one that waited to become the first.
#[test]
fn what_waits_to_become_the_only_primary_is_not_replaced_by_other_values() {
    let adds = &naming(false, &["b@x.com"]);
    let all = &naming(true, &[]);
    let put = &EmailsWritten::Replaced;
    is_to_be(&[
        ("<a", "", "b", adds, Primary::Untouched),
        ("<a", "", "b a", adds, to("a")),
        ("<a", "", "b!", adds, to("b")),
        ("<a", "", "b", all, to("b")),
        ("<a", "", "b", put, to("b")),
        ("", "", "b", adds, to("b")),
        ("c<a", "c", "b", adds, to("b")),
    ]);
}

/// By its flag alone another becomes the primary, and the one that is stays what it is.
#[test]
fn what_names_no_primary_is_no_update_of_it() {
    let labels = &EmailsWritten::Patched(None);
    let flag = &naming(false, &[]);
    let other = &naming(false, &["b@x.com"]);
    let it = &naming(false, &["A@x.com "]);
    is_to_be(&[
        ("a", "a", "a", labels, Primary::Untouched),
        ("a", "a b", "a b!", flag, to("b")),
        ("b", "a b", "a b!", flag, Primary::Untouched),
        ("a", "a b", "a b", other, Primary::Untouched),
        ("a", "a b", "a b", it, to("a")),
        ("", "", "", flag, Primary::Untouched),
    ]);
}

#[test]
fn the_old_primary_stays_while_a_new_one_waits() {
    let old = json!({ "value": "a@x.com", "type": "work", "primary": true });
    let (other, home) = (
        json!({ "value": "b@x.com" }),
        json!({ "value": "n@x.com", "type": "home", "primary": true }),
    );
    let entry = |label: Option<&str>, beside| EmailEntry {
        label: label.map(str::to_owned),
        beside,
        flagged: label.is_some(),
        ..EmailEntry::default()
    };
    // stored, as the request has it -> kept, how it is to stand
    for (stored, asked, kept, wanted) in [
        (
            json!([old]),
            json!([{ "value": "n@x.com" }]),
            json!([old]),
            entry(None, false),
        ),
        (
            json!([old, other]),
            json!([home, other]),
            json!([old, other]),
            entry(Some("home"), false),
        ),
        (
            json!([old]),
            json!([{ "value": "a@x.com", "primary": false }, home]),
            json!([old]),
            entry(Some("home"), true),
        ),
        (
            json!([old]),
            json!([home, other]),
            json!([old, other]),
            entry(Some("home"), false),
        ),
        // A value that was stored before stays one meanwhile.
        (
            json!([old, { "value": "n@x.com" }]),
            json!([old, home]),
            json!([old, { "value": "n@x.com" }]),
            EmailEntry {
                beside_label: Some("work".to_owned()),
                ..entry(Some("home"), true)
            },
        ),
    ] {
        hold(&stored, &asked, &kept, &wanted);
    }
}

/// Before, an address that was there twice lost one of its values, or its label.
#[test]
fn an_address_may_be_there_with_more_than_one_label() {
    let labelled =
        |letter: &str, label: &str| json!({ "value": format!("{letter}@x.com"), "type": label });
    let [old, new] = ["a", "n"].map(|letter| {
        let mut value = labelled(letter, "work");
        value["primary"] = true.into();
        value
    });
    let work = EmailEntry {
        label: Some("work".to_owned()),
        ..EmailEntry::default()
    };
    let flagged = EmailEntry {
        flagged: true,
        ..work.clone()
    };
    let beside = |label: &str| EmailEntry {
        beside: true,
        beside_label: Some(label.to_owned()),
        ..flagged.clone()
    };
    let (a_home, n_home, n_work) = (
        labelled("a", "home"),
        labelled("n", "home"),
        labelled("n", "work"),
    );
    for (stored, asked, kept, wanted) in [
        // By its label, as Entra ID does it; Okta writes them all.
        (
            json!([old, a_home]),
            json!([n_work, a_home]),
            json!([old, a_home]),
            work.clone(),
        ),
        (
            json!([a_home, old]),
            json!([a_home, n_work]),
            json!([a_home, old]),
            work.clone(),
        ),
        (
            json!([old, a_home]),
            json!([new, a_home]),
            json!([old, a_home]),
            flagged.clone(),
        ),
        (
            json!([old]),
            json!([new, a_home]),
            json!([old]),
            beside("home"),
        ),
        (
            json!([old, a_home]),
            json!([new, labelled("a", "work"), a_home]),
            json!([old, a_home]),
            beside("work"),
        ),
        (
            json!([old]),
            json!([new, n_home]),
            json!([old, n_home]),
            flagged.clone(),
        ),
        (
            json!([old, n_home]),
            json!([n_home, n_work]),
            json!([n_home, old]),
            work,
        ),
        (json!([old, n_home]), json!([new]), json!([old]), flagged),
    ] {
        hold(&stored, &asked, &kept, &wanted);
    }
}

/// Stored, as the request has it -> kept, how it is to stand.
fn hold(stored: &Value, asked: &Value, kept: &Value, wanted: &EmailEntry) {
    let mut after = profile(asked);
    let address = EmailAddress::from_stored;
    let stored = profile(stored);
    let entry = hold_back(
        &stored,
        &mut after,
        Some(&address("a@x.com")),
        &address("n@x.com"),
    );
    assert_eq!((&after[EMAILS], &entry), (kept, wanted), "{asked}");
}
