//! What was typed as a code, or came as the token of a link.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::crypto::key::Key;
use shared::otp::{Alphabet, Binding, Code, CodeId};

static KEY: LazyLock<Key> = LazyLock::new(|| Key::new("v1", &[7; 32]).unwrap());

fuzz_target!(|input: (&str, &str, &str)| {
    let (text, user, id) = input;
    let (case, text) = text.split_at_checked(1).unwrap_or_default();
    let characters = match case {
        "u" => "uppercase,numeric",
        "l" => "lowercase",
        "b" => "uppercase,lowercase",
        _ => "numeric",
    };
    let env = |name: &str| (name == "OTP_CHARACTERS").then(|| characters.to_owned());
    let alphabet = Alphabet::from_env(&env).unwrap();
    let Some(code) = alphabet.read_or_token(text) else {
        assert!(alphabet.read(text).is_none());
        return;
    };
    let plain = code.expose();
    assert!(plain.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(alphabet.read_or_token(plain).unwrap().expose(), plain);
    // Links' tokens are longer, and in both cases.
    if code.is_long() {
        assert!((11..=64).contains(&plain.len()));
        assert!(alphabet.read(text).is_none());
    } else {
        assert!((1..=10).contains(&plain.len()) && !code.is_token());
        assert_eq!(alphabet.read(text).unwrap().expose(), plain);
        assert!(characters != "lowercase" || !plain.bytes().any(|b| b.is_ascii_uppercase()));
    }
    let id: CodeId = serde_json::from_value(id.into()).unwrap();
    let bound = Binding {
        user,
        scenario: "s",
        address: "+60123456789",
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
