//! E-mail addresses in any spelling, and whatever is stored as one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::address::Address;
use shared::address::email::{EmailAddress, key_of};

fuzz_target!(|text: &str| {
    let stored = EmailAddress::from_stored(text);
    assert_eq!(stored.shown(), text);
    assert_eq!(key_of(stored.key()), stored.key(), "a key is its own key");
    let _ = (Address::from_stored(text).masked(), stored.for_counters());
    let Ok(address) = EmailAddress::parse(text) else {
        return;
    };
    let mailbox = address.mailbox();
    assert!(
        mailbox.len() <= 254
            && !mailbox.contains(|c: char| c.is_control() || " ,;<>\"()".contains(c))
    );
    assert!(address.domain().is_ascii() && address.domain().contains('.'));
    for again in [address.shown(), address.key(), &mailbox] {
        assert_eq!(EmailAddress::parse(again).as_ref(), Ok(&address));
    }
    assert!(!format!("{address:?}").contains(address.shown()) || address.shown().contains("***"));
});
