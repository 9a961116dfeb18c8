//! Bodies of PATCH, PUT and POST.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use shared::address::numbering::Numbering;
use shared::scim::parts::Parts;
use shared::scim::{Patch, read};

static USER: LazyLock<Map<String, Value>> = LazyLock::new(shared_fuzz::user);
static NUMBERING: LazyLock<Numbering> = LazyLock::new(|| {
    Numbering::from_env(&|name: &str| match name {
        "DEFAULT_REGION" => Some("MY".to_owned()),
        "ALLOWED_REGIONS" => Some("*".to_owned()),
        _ => None,
    })
    .unwrap()
});

fn normalise(text: &str) -> Option<String> {
    let number = NUMBERING.parse(text).ok()?;
    Some(number.as_e164().to_owned())
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    if let Ok(patch) = Patch::parse(&body)
        && let Ok(applied) = patch.apply_with(&USER, &|| USER.clone(), &normalise)
    {
        for name in ["schemas", "id"] {
            assert_eq!(applied.resource[name], USER[name], "{name}");
        }
        let wso2 = &applied.resource["urn:scim:wso2:schema"];
        for name in ["phoneVerified", "emailVerified"] {
            assert_eq!(wso2[name], true, "{name}");
        }
        for name in ["pendingMobileNumber", "pendingEmails"] {
            assert_eq!(wso2.get(name), None, "{name}");
        }
        assert!(!applied.resource.contains_key("password"));
        let parts = Parts::of(applied.resource);
        assert!(parts.user_name.is_some());
    }
    if let Ok(read) = read::from_body(&body) {
        let again = read::from_body(&Value::Object(read.clone()));
        assert_eq!(again.as_ref(), Ok(&read));
        let _ = read::required(&read);
        let _ = Parts::of(read);
    }
});
