//! The tables of which value is the primary, and of how `emails` stands while it waits.

use serde_json::json;

use super::*;

fn profile(values: &Value) -> Map<String, Value> {
    Map::from_iter([(EMAILS.to_owned(), values.clone())])
}

fn emails(primary: Option<&str>) -> Addresses<EmailAddress> {
    Addresses {
        primary: primary.map(EmailAddress::from_stored),
        ..Addresses::default()
    }
}

#[test]
fn which_value_is_to_be_the_primary() {
    let to = |text: &str| Primary::To(EmailAddress::from_stored(text));
    let naming = |all, values: &[&str]| {
        let values = values.iter().map(|text| (*text).to_owned()).collect();
        EmailsWritten::Patched(Some(NamedEmails { all, values }))
    };
    let patched = &naming(true, &[]);
    let flag = &naming(false, &[]);
    let put = &EmailsWritten::Replaced;
    let (a, b) = (json!({ "value": "a@x.com" }), json!({ "value": "b@x.com" }));
    let (c, flagged_b) = (
        json!({ "value": "c@x.com" }),
        json!({ "value": "b@x.com", "primary": true }),
    );
    // stored primary, values before, values after, how -> the primary
    for (stored, before, after, written, wanted) in [
        (
            Some("a@x.com"),
            json!([a]),
            json!([c]),
            patched,
            to("c@x.com"),
        ),
        (
            Some("a@x.com"),
            json!([a, b]),
            json!([a, flagged_b]),
            patched,
            to("b@x.com"),
        ),
        (
            Some("a@x.com"),
            json!([a, b]),
            json!([b, a]),
            patched,
            to("a@x.com"),
        ),
        (
            Some("a@x.com"),
            json!([a, b]),
            json!([b]),
            patched,
            Primary::Removed,
        ),
        (
            Some("a@x.com"),
            json!([a, b]),
            json!([a]),
            patched,
            Primary::Untouched,
        ),
        (
            Some("a@x.com"),
            json!([a]),
            json!([a, c]),
            patched,
            Primary::Untouched,
        ),
        (
            Some("a@x.com"),
            json!([a]),
            json!([{ "value": "A@X.com" }]),
            patched,
            to("a@x.com"),
        ),
        (
            Some("a@x.com"),
            json!([a]),
            json!([a]),
            put,
            Primary::Untouched,
        ),
        (
            Some("a@x.com"),
            json!([a]),
            json!([a]),
            &EmailsWritten::Patched(None),
            Primary::Untouched,
        ),
        // By its flag alone another becomes the primary, and the one that is stays what it is.
        (
            Some("a@x.com"),
            json!([a, b]),
            json!([a, flagged_b]),
            flag,
            to("b@x.com"),
        ),
        (
            Some("b@x.com"),
            json!([a, b]),
            json!([a, flagged_b]),
            flag,
            Primary::Untouched,
        ),
        (
            Some("a@x.com"),
            json!([a, b]),
            json!([a, b]),
            &naming(false, &["b@x.com"]),
            Primary::Untouched,
        ),
        (
            Some("a@x.com"),
            json!([a, b]),
            json!([a, b]),
            &naming(false, &["A@x.com "]),
            to("a@x.com"),
        ),
        (
            Some("a@x.com"),
            json!([a]),
            json!([a, { "type": "home", "primary": true }]),
            patched,
            to("a@x.com"),
        ),
        (None, json!([]), json!([]), flag, Primary::Untouched),
        (
            Some("a@x.com"),
            json!([a]),
            json!([b, c]),
            put,
            to("b@x.com"),
        ),
        (
            Some("a@x.com"),
            json!([a]),
            json!([]),
            put,
            Primary::Removed,
        ),
        (None, json!([b]), json!([b, c]), patched, to("c@x.com")),
        (None, json!([b]), json!([]), patched, Primary::Untouched),
        (None, json!([]), json!([]), patched, Primary::Removed),
    ] {
        let found = primary(
            &emails(stored),
            &profile(&before),
            &profile(&after),
            written,
        );
        assert_eq!(found, wanted, "{stored:?} {before} {after}");
    }
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
        display: None,
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
            entry(Some("home"), true),
        ),
    ] {
        let mut profile = profile(&asked);
        let address = EmailAddress::from_stored;
        let stored = self::profile(&stored);
        let entry = hold_back(
            &stored,
            &mut profile,
            Some(&address("a@x.com")),
            &address("n@x.com"),
        );
        assert_eq!((&profile[EMAILS], entry), (&kept, wanted), "{asked}");
    }
}
