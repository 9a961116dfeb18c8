//! The primary number and WSO2's lists of numbers.

use super::*;

const MOBILE: &str = "/urn:scim:wso2:schema/mobileNumbers";
const VERIFIED: &str = "/urn:scim:wso2:schema/verifiedMobileNumbers";

#[test]
fn lists() {
    check(&[
        (
            json!([{ "op": "replace", "path": "urn:scim:wso2:schema:verifiedMobileNumbers", "value": " +1 , +3,," }]),
            VERIFIED,
            json!(["+1", "+3"]),
        ),
        (
            json!([{ "op": "replace", "path": "verifiedMobileNumbers", "value": ["+1", "+3", "001"] }]),
            VERIFIED,
            json!(["+1", "+3"]),
        ),
        (
            json!([{ "op": "replace", "value": { "verifiedMobileNumbers": "+4" } }]),
            VERIFIED,
            json!(["+4"]),
        ),
        (
            json!([{ "op": "replace", "value": { "urn:scim:wso2:schema:mobileNumbers": ["+4"] } }]),
            MOBILE,
            json!(["+4"]),
        ),
        (
            json!([{ "op": "add", "path": "mobileNumbers", "value": ["003", "+4"] }]),
            MOBILE,
            json!(["+1", "+3", "+4"]),
        ),
        (
            json!([{ "op": "replace", "path": "verifiedMobileNumbers", "value": "" }]),
            VERIFIED,
            json!(null),
        ),
        (
            json!([{ "op": "replace", "path": "verifiedMobileNumbers", "value": [] }]),
            VERIFIED,
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "urn:scim:wso2:schema:mobileNumbers", "value": ["003"] }]),
            MOBILE,
            json!(["+1"]),
        ),
        (
            json!([{ "op": "remove", "path": "mobileNumbers", "value": "003,+1" }]),
            MOBILE,
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "mobileNumbers", "value": "" }]),
            MOBILE,
            json!(["+1", "+3"]),
        ),
        (
            json!([{ "op": "remove", "path": "mobileNumbers[value eq \"003\"]" }]),
            MOBILE,
            json!(["+1"]),
        ),
        (
            json!([{ "op": "remove", "path": "mobileNumbers[value eq \"+9\"]" }]),
            MOBILE,
            json!(["+1", "+3"]),
        ),
        (
            json!([{ "op": "replace", "path": "mobileNumbers[value eq \"+3\"]", "value": "+4" }]),
            MOBILE,
            json!(["+1", "+4"]),
        ),
    ]);
    check_refused(&[
        (
            json!([{ "op": "replace", "path": "mobileNumbers[value eq \"+9\"]", "value": "+4" }]),
            "noTarget: Operations[0]: urn:scim:wso2:schema:mobileNumbers: no value matches the path's filter",
        ),
        (
            json!([{ "op": "replace", "path": "verifiedMobileNumbers", "value": [{ "value": "+4" }] }]),
            "invalidValue: Operations[0]: urn:scim:wso2:schema:verifiedMobileNumbers[0]: must be a string",
        ),
        (
            json!([{ "op": "replace", "path": "mobileNumbers[type eq \"+9\"]", "value": "+4" }]),
            "invalidFilter: Operations[0].path: filters by an unknown attribute: type",
        ),
    ]);
}

#[test]
fn the_primary_number_as_wso2_writes_it() {
    let changed = json!([{ "type": "mobile", "value": "+7", "verified": true }, { "type": "work", "value": "+2" }]);
    for op in ["add", "replace"] {
        check(&[
            (
                json!([{ "op": op, "value": { "mobileNumbers": [{ "type": "MOBILE", "value": "+7" }] } }]),
                "/phoneNumbers",
                changed.clone(),
            ),
            (
                json!([{ "op": op, "value": { "urn:scim:wso2:schema": { "mobileNumbers": { "type": "mobile", "value": "+7" } } } }]),
                "/phoneNumbers",
                changed.clone(),
            ),
            (
                json!([{ "op": op, "path": "urn:scim:wso2:schema:mobileNumbers", "value": { "type": "mobile", "value": "+7" } }]),
                "/phoneNumbers",
                changed.clone(),
            ),
            (
                json!([{ "op": op, "path": "mobileNumbers", "value": { "type": "mobile", "value": "+7" } }]),
                MOBILE,
                json!(["+1", "+3"]),
            ),
            (
                json!([
                    { "op": "remove", "path": "phoneNumbers" },
                    { "op": op, "path": "mobileNumbers", "value": { "type": "mobile", "value": "+7" } },
                ]),
                "/phoneNumbers",
                json!([{ "type": "mobile", "value": "+7" }]),
            ),
        ]);
    }
    check(&[
        (
            json!([{ "op": "remove", "path": "mobileNumbers", "value": [{ "type": "mobile", "value": "001" }] }]),
            "/phoneNumbers",
            json!([{ "type": "work", "value": "+2" }]),
        ),
        (
            json!([{ "op": "remove", "path": "mobileNumbers", "value": [{ "type": "mobile", "value": "+2" }] }]),
            "/phoneNumbers/0/value",
            json!("+1"),
        ),
    ]);
    check_refused(&[
        (
            json!([{ "op": "replace", "value": { "mobileNumbers": [{ "type": "work", "value": "+7" }] } }]),
            "invalidValue: Operations[0].value: urn:scim:wso2:schema:mobileNumbers: must have the type mobile",
        ),
        (
            json!([{ "op": "replace", "value": { "mobileNumbers": [{ "value": "+7" }] } }]),
            "invalidValue: Operations[0].value: urn:scim:wso2:schema:mobileNumbers: must have the type mobile",
        ),
        (
            json!([{ "op": "replace", "value": { "mobileNumbers": [{ "type": "mobile", "value": "+7" }, "+8"] } }]),
            "invalidValue: Operations[0].value: urn:scim:wso2:schema:mobileNumbers: must be one number of type mobile",
        ),
        (
            json!([{ "op": "replace", "value": { "mobileNumbers": [{ "type": "mobile", "value": "+7", "verified": true }] } }]),
            "mutability: Operations[0].value: urn:scim:wso2:schema:mobileNumbers[0].verified: is read-only",
        ),
    ]);
}

#[test]
fn one_number_of_type_mobile() {
    check(&[
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "type": "Mobile", "value": "+7" }] }]),
            "/phoneNumbers",
            json!([{ "type": "mobile", "value": "+7", "verified": true }, { "type": "work", "value": "+2" }]),
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers", "value": [{ "type": "mobile", "value": "+7" }] }]),
            "/phoneNumbers",
            json!([{ "type": "mobile", "value": "+7" }]),
        ),
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "value": "002" }] }]),
            "/phoneNumbers/1",
            json!({ "type": "work", "value": "+2" }),
        ),
        (
            json!([{ "op": "remove", "path": "phoneNumbers[value eq \"001\"]" }]),
            "/phoneNumbers",
            json!([{ "type": "work", "value": "+2" }]),
        ),
        (
            json!([
                { "op": "replace", "path": "phoneNumbers[type eq \"work\"].type", "value": "mobile" },
                { "op": "remove", "path": "phoneNumbers[value eq \"+1\"]" },
            ]),
            "/phoneNumbers",
            json!([{ "type": "mobile", "value": "+2" }]),
        ),
    ]);
    check_refused(&[
        (
            json!([{ "op": "replace", "path": "nickName", "value": "a\u{85}" }]),
            "invalidValue: Operations[0]: nickName: has a control character",
        ),
        (
            json!([
                { "op": "add", "path": "phoneNumbers", "value": [{ "type": "mobile", "value": "+7" }] },
                { "op": "add", "path": "phoneNumbers", "value": [{ "type": "mobile", "value": "+8" }] },
            ]),
            "invalidValue: Operations[1]: phoneNumbers: more than one value of type mobile",
        ),
        (
            json!([{ "op": "replace", "value": { "phoneNumbers": [{ "type": "mobile", "value": "+7" }, { "type": "MOBILE", "value": "+8" }] } }]),
            "invalidValue: Operations[0].value: phoneNumbers: has more than one value of type mobile",
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"work\"].type", "value": "mobile" }]),
            "invalidValue: phoneNumbers: would have more than one value of type mobile",
        ),
        (
            json!([{ "op": "add", "path": "phoneNumbers[type eq \"work\"]", "value": { "type": "mobile" } }]),
            "invalidValue: phoneNumbers: would have more than one value of type mobile",
        ),
        (
            json!([{ "op": "add", "value": { "phoneNumbers": [{ "type": "mobile", "value": "+7" }], "mobileNumbers": { "type": "mobile", "value": "+8" } } }]),
            "invalidValue: Operations[0].value: phoneNumbers: more than one value of type mobile",
        ),
    ]);
}

#[test]
fn whether_the_primary_number_is_written() {
    let rows = [
        (
            json!([{ "op": "replace", "path": "title", "value": "x" }]),
            false,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers", "value": [{ "type": "mobile", "value": "+1" }] }]),
            true,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers", "value": [{ "type": "work", "value": "+2" }] }]),
            true,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers", "value": [] }]),
            true,
        ),
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "type": "mobile", "value": "+1" }] }]),
            true,
        ),
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "type": "fax", "value": "+9" }] }]),
            false,
        ),
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": "001" }]),
            false,
        ),
        (
            json!([{ "op": "add", "path": "mobileNumbers", "value": { "type": "mobile", "value": "+1" } }]),
            true,
        ),
        (
            json!([{ "op": "add", "path": "mobileNumbers", "value": ["+1"] }]),
            false,
        ),
        (json!([{ "op": "remove", "path": "phoneNumbers" }]), true),
        (
            json!([{ "op": "remove", "path": "phoneNumbers", "value": [{ "value": "+1" }] }]),
            true,
        ),
        (
            json!([{ "op": "remove", "path": "phoneNumbers", "value": [{ "value": "+2" }] }]),
            false,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1" }]),
            true,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].display", "value": "x" }]),
            false,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "+8" }]),
            false,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"]", "value": { "primary": true } }]),
            false,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"]", "value": { "value": "+1" } }]),
            true,
        ),
        (
            json!([{ "op": "remove", "path": "phoneNumbers[value eq \"001\"]" }]),
            true,
        ),
        (
            json!([{ "op": "remove", "path": "phoneNumbers[type eq \"work\"]" }]),
            false,
        ),
        // Also where there is none to remove.
        (
            json!([
                { "op": "remove", "path": "phoneNumbers[type eq \"mobile\"]" },
            ]),
            true,
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].type", "value": "home" }]),
            true,
        ),
    ];
    for (operations, wanted) in rows {
        let applied = patched(&operations).expect("applied");
        assert_eq!(applied.written.primary_number, wanted, "{operations}");
    }
}

#[test]
fn a_number_that_is_not_there_is_written_too() {
    let mut nobody = user();
    nobody.shift_remove("phoneNumbers");
    for operation in [
        json!({ "op": "remove", "path": "phoneNumbers[type eq \"MOBILE\"].value" }),
        json!({ "op": "remove", "path": "phoneNumbers" }),
        json!({ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": null }),
        json!({ "op": "replace", "path": "phoneNumbers[value eq \"+1\"].type", "value": "mobile" }),
    ] {
        let patch = Patch::parse(&body(&json!([operation]))).expect("a patch");
        let applied = patch
            .apply_with(&nobody, &|| nobody.clone(), &normalise)
            .expect("applied");
        assert!(applied.written.primary_number, "{operation}");
    }
}

#[test]
fn what_is_written_is_known_by_its_name() {
    let applied = patched(
        &json!([{ "op": "replace", "value": { "verifiedmobilenumbers": "+1", "TITLE": "x" } }]),
    )
    .expect("applied");
    let written = applied.written;
    assert!(written.has("urn:scim:wso2:schema", "verifiedMobileNumbers"));
    assert!(written.has("urn:ietf:params:scim:schemas:core:2.0:User", "title"));
    assert!(!written.has("urn:scim:wso2:schema", "mobileNumbers"));
    for nothing in [
        json!({ "op": "add", "path": "mobileNumbers", "value": [] }),
        json!({ "op": "add", "path": "mobileNumbers", "value": null }),
        json!({ "op": "remove", "path": "mobileNumbers", "value": [] }),
    ] {
        let applied = patched(&json!([nothing])).expect("applied");
        assert_eq!(applied.written, Written::default(), "{nothing}");
    }
    // What is removed without being there is written all the same: the caller may hold it elsewhere.
    let applied = patched(&json!([{ "op": "remove", "path": "mobileNumbers[value eq \"+9\"]" }]))
        .expect("applied");
    assert!(applied.written.has("urn:scim:wso2:schema", "mobileNumbers"));
}

#[test]
fn a_wish_to_verify_is_kept_for_the_caller() {
    check(&[(
        json!([{ "op": "add", "value": { "urn:scim:wso2:schema:verifyMobile": "true" } }]),
        "/urn:scim:wso2:schema/verifyMobile",
        json!(true),
    )]);
}
