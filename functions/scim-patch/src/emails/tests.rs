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
    EmailsWritten::Patched(Some(NamedEmails { all, values }))
}

fn to(letter: &str) -> Primary<EmailAddress> {
    Primary::To(EmailAddress::from_stored(&format!("{letter}@x.com")))
}

/// Stored primary, values before, values after, how written: the primary.
fn is_to_be(table: &[(&str, &str, &str, &EmailsWritten, Primary<EmailAddress>)]) {
    for (stored, before, after, written, wanted) in table {
        let stored = (!stored.is_empty()).then(|| format!("{stored}@x.com"));
        let stored = emails(stored.as_deref());
        let found = primary(&stored, &values(before), &values(after), written);
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
