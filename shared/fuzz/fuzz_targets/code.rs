//! What was typed as a code.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::crypto::key::Key;
use shared::otp::{Binding, Code, CodeId};

static KEY: LazyLock<Key> = LazyLock::new(|| Key::new("v1", &[7; 32]).unwrap());

fuzz_target!(|input: (&str, &str, &str)| {
    let (text, user, id) = input;
    let Some(code) = Code::parse(text) else {
        return;
    };
    let plain = code.expose();
    assert!((1..=10).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(plain, text.trim());
    let id: CodeId = serde_json::from_value(id.into()).unwrap();
    let bound = Binding {
        user,
        scenario: "s",
        number: "+60123456789",
        id: &id,
    };
    let hash = code.hash(&KEY, bound);
    let again = Code::parse(plain).unwrap();
    assert!(again.is_behind(&hash, &KEY, bound));
    let longer = format!("{user}1");
    let others = Binding {
        user: &longer,
        ..bound
    };
    assert!(!code.is_behind(&hash, &KEY, others));
});
