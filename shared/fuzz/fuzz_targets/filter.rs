//! Filters, asked of a user.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use shared::scim::filter;

static USER: LazyLock<Map<String, Value>> = LazyLock::new(shared_fuzz::user);

fuzz_target!(|text: &str| {
    let Ok(parsed) = filter::parse(text) else {
        return;
    };
    let matches = filter::matches(&parsed, &USER);
    let _ = filter::matches(&parsed, &Map::new());
    let written = parsed.to_string();
    let again = filter::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(filter::matches(&again, &USER), matches, "{written}");
});
