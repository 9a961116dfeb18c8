//! What clients really send, a row a request: each with the system and the public document that shows it, or, for its
//! siblings, the row that it is like. The same in a PATCH with and without a path, and in a whole resource.

use super::*;
use crate::scim::read;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const WSO2: &str = "urn:scim:wso2:schema";

fn at(urn: &str, name: &str) -> String {
    format!("/{urn}/{name}")
}

/// Every text and value that says "nothing".
fn blanks() -> Vec<Value> {
    vec![
        json!(""),
        json!(" "),
        json!("\t"),
        json!([""]),
        json!([" "]),
    ]
}

/// My Account (wso2/identity-apps, `mobile-update-wizard.tsx`, pull request 1335) and its profile form, which sends
/// an emptied field as a value without content.
#[test]
fn my_account_empties_a_number() {
    let gone = json!([{ "type": "work", "value": "+2" }]);
    let verify = json!({ "op": "replace", "value": { ENTERPRISE: { "verifyMobile": true } } });
    for value in [json!(""), json!(" "), json!(null), json!([]), json!([""])] {
        let emptied = json!([{ "type": "mobile", "value": value }]);
        let mut rows = vec![
            (
                json!([{ "op": "add", "value": { "phoneNumbers": emptied } }]),
                gone.clone(),
            ),
            (
                json!([{ "op": "add", "value": { "phoneNumbers": emptied } }, verify]),
                gone.clone(),
            ),
            (
                json!([{ "op": "add", "path": "phoneNumbers", "value": emptied }]),
                gone.clone(),
            ),
            (
                json!([{ "op": "add", "value": { "mobileNumbers": emptied } }]),
                gone.clone(),
            ),
            (
                json!([{ "op": "replace", "value": { "mobileNumbers": emptied } }]),
                gone.clone(),
            ),
            (
                json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"]", "value": { "value": value } }]),
                gone.clone(),
            ),
            // RFC 7644 §3.5.2.3: all values are replaced.
            (
                json!([{ "op": "replace", "value": { "phoneNumbers": emptied } }]),
                json!(null),
            ),
            (
                json!([{ "op": "replace", "value": { "phoneNumbers": emptied } }, verify]),
                json!(null),
            ),
        ];
        for op in ["add", "replace"] {
            let path = "phoneNumbers[type eq \"mobile\"].value";
            rows.push((
                json!([{ "op": op, "path": path, "value": value }]),
                gone.clone(),
            ));
            rows.push((
                json!([{ "op": op, "value": { path: value } }]),
                gone.clone(),
            ));
        }
        for (operations, wanted) in rows {
            check(&[(operations.clone(), "/phoneNumbers", wanted)]);
            let applied = patched(&operations).expect("applied");
            assert!(applied.written.primary_number, "{operations}");
        }
    }
}

/// Emptied and given anew in one request, in either order of what is in it.
#[test]
fn what_is_emptied_may_be_given_anew() {
    let new = json!([{ "type": "mobile", "value": "+7", "verified": true }, { "type": "work", "value": "+2" }]);
    check(&[
        (
            json!([
                { "op": "remove", "path": "phoneNumbers[type eq \"mobile\"].value" },
                { "op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+7" },
            ]),
            "/phoneNumbers",
            new.clone(),
        ),
        (
            json!([{ "op": "add", "value": { "phoneNumbers": [
                { "type": "mobile", "value": "" }, { "type": "mobile", "value": "+7" },
            ] } }]),
            "/phoneNumbers",
            new,
        ),
    ]);
}

/// The profile form of My Account for any other field, and its siblings: `nickName` "", `externalId` "".
#[test]
fn an_empty_text_clears_whatever_it_is_written_to() {
    for blank in blanks() {
        for (name, pointer) in [
            ("nickName", "/nickName".to_owned()),
            ("externalId", "/externalId".to_owned()),
            ("active", "/active".to_owned()),
            ("name", "/name".to_owned()),
            ("name.givenName", "/name/givenName".to_owned()),
            ("department", at(ENTERPRISE, "department")),
            ("manager", at(ENTERPRISE, "manager")),
        ] {
            for op in ["add", "replace", "Replace"] {
                check(&[
                    (
                        json!([{ "op": op, "path": name, "value": blank }]),
                        &pointer,
                        json!(null),
                    ),
                    (
                        json!([{ "op": op, "value": { name: blank } }]),
                        &pointer,
                        json!(null),
                    ),
                ]);
            }
        }
        check(&[
            (
                json!([{ "op": "add", "value": { "name": { "givenName": blank } } }]),
                "/name",
                json!({ "familyName": "Smith" }),
            ),
            (
                json!([{ "op": "replace", "path": "emails", "value": blank }]),
                "/emails",
                json!(null),
            ),
            (
                json!([{ "op": "replace", "path": "mobileNumbers", "value": blank }]),
                &at(WSO2, "mobileNumbers"),
                json!(null),
            ),
        ]);
    }
}

#[test]
fn an_emptied_entry_goes_and_no_other() {
    let home = json!({ "value": "bob@home.test", "type": "home" });
    let work = json!({ "value": "bob@work.test", "type": "work", "primary": true });
    for blank in [json!(""), json!(" "), json!(null)] {
        check(&[
            (
                json!([{ "op": "add", "value": { "emails": [{ "type": "WORK", "value": blank }] } }]),
                "/emails",
                json!([home]),
            ),
            (
                json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": blank }]),
                "/emails",
                json!([home]),
            ),
            // Of no type: none of them.
            (
                json!([{ "op": "add", "value": { "emails": [{ "value": blank }] } }]),
                "/emails",
                json!([work, home]),
            ),
            // What is not there is emptied without an error.
            (
                json!([{ "op": "add", "value": { "emails": [{ "type": "other", "value": blank }] } }]),
                "/emails",
                json!([work, home]),
            ),
            (
                json!([{ "op": "replace", "path": "emails[type eq \"other\"].value", "value": blank }]),
                "/emails",
                json!([work, home]),
            ),
            (
                json!([{ "op": "add", "path": "ims[type eq \"xmpp\"].value", "value": blank }]),
                "/ims",
                json!(null),
            ),
        ]);
    }
    let address = json!({ "op": "add", "path": "addresses", "value": [
        { "type": "work", "formatted": "x" }, { "type": "home", "formatted": "x", "locality": "y" },
    ] });
    let left = json!([{ "type": "home", "locality": "y" }]);
    check(&[
        (
            json!([address, { "op": "add", "value": { "addresses": [
                { "type": "work", "formatted": "" }, { "type": "home", "formatted": " " },
            ] } }]),
            "/addresses",
            left.clone(),
        ),
        (
            json!([
                address,
                { "op": "replace", "path": "addresses[type eq \"work\"].formatted", "value": "" },
                { "op": "replace", "path": "addresses[type eq \"home\"].formatted", "value": "" },
            ]),
            "/addresses",
            left,
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": [""] }]),
            "/emails",
            json!([work, home]),
        ),
    ]);
}

/// WSO2 Identity Server 5.11 (product-is issue 11582: `{"urn:…enterprise:2.0:User": {"verifyMobile": "true"}, …}`)
/// and 5.10 (identity-inbound-provisioning-scim2 pull request 281: the pending number is there, too).
#[test]
fn what_is_of_wso2_is_known_under_the_enterprise_urn() {
    let verify = at(WSO2, "verifyMobile");
    let (mobile, verified) = (at(WSO2, "mobileNumbers"), at(WSO2, "verifiedMobileNumbers"));
    check(&[
        (
            json!([{ "op": "replace", "value": { ENTERPRISE: { "verifyMobile": "true" },
                "phoneNumbers": [{ "type": "mobile", "value": "0123456789" }] } }]),
            &verify,
            json!(true),
        ),
        (
            json!([{ "op": "replace", "path": format!("{ENTERPRISE}:verifyMobile"), "value": true }]),
            &verify,
            json!(true),
        ),
        (
            json!([{ "op": "replace", "value": { format!("{ENTERPRISE}:VERIFYMOBILE"): "True" } }]),
            &verify,
            json!(true),
        ),
        (
            json!([{ "op": "replace", "path": ENTERPRISE, "value": { "verifiedMobileNumbers": "+1,+3" } }]),
            &verified,
            json!(["+1", "+3"]),
        ),
        (
            json!([{ "op": "replace", "value": { ENTERPRISE: { "mobileNumbers": ["+3"], "department": "B" } } }]),
            &mobile,
            json!(["+3"]),
        ),
        (
            json!([{ "op": "remove", "path": format!("{ENTERPRISE}:mobileNumbers[value eq \"003\"]") }]),
            &mobile,
            json!(["+1"]),
        ),
        (
            json!([{ "op": "replace", "path": format!("{ENTERPRISE}:mobileNumbers"), "value": "" }]),
            &mobile,
            json!(null),
        ),
    ]);
    check_refused(&[(
        json!([{ "op": "replace", "value": { ENTERPRISE: { "pendingMobileNumber": "+9" } } }]),
        "mutability: Operations[0].value: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:pendingMobileNumber: is read-only",
    )]);
    let put = json!({ "userName": "b", ENTERPRISE: { "verifyMobile": "true", "mobileNumbers": "+1", "pendingMobileNumber": "+9" } });
    let wanted =
        json!({ "userName": "b", WSO2: { "verifyMobile": true, "mobileNumbers": ["+1"] } });
    assert_eq!(read::from_body(&put).map(Value::Object), Ok(wanted));
}

/// Microsoft, "Develop and plan provisioning for a SCIM endpoint": `path: manager` with an array of one. Siblings:
/// every attribute of an extension without its URN.
#[test]
fn attributes_of_extensions_without_their_urn() {
    let (manager, department) = (at(ENTERPRISE, "manager"), at(ENTERPRISE, "department"));
    let reference = json!({ "$ref": "http://x.test/scim/Users/2819c223", "value": "2819c223" });
    let mut merged = reference.clone();
    merged["displayName"] = json!("Boss");
    let mut rows = Vec::new();
    for op in ["add", "Replace"] {
        for value in [json!([reference]), reference.clone()] {
            rows.push((
                json!([{ "op": op, "path": "manager", "value": value }]),
                &manager,
                merged.clone(),
            ));
            rows.push((
                json!([{ "op": op, "value": { "manager": value } }]),
                &manager,
                merged.clone(),
            ));
        }
        let text = json!({ "value": "m2", "displayName": "Boss" });
        for value in [
            json!("m2"),
            json!(["m2"]),
            json!({ "value": "m2", "displayName": "ignored" }),
        ] {
            rows.push((
                json!([{ "op": op, "path": "manager", "value": value }]),
                &manager,
                text.clone(),
            ));
        }
        rows.push((
            json!([{ "op": op, "path": "department", "value": "B" }]),
            &department,
            json!("B"),
        ));
        rows.push((
            json!([{ "op": op, "value": { "Department": "B" } }]),
            &department,
            json!("B"),
        ));
    }
    rows.push((
        json!([{ "op": "remove", "path": "DEPARTMENT" }]),
        &department,
        json!(null),
    ));
    rows.push((
        json!([{ "op": "remove", "path": "manager" }]),
        &manager,
        json!(null),
    ));
    for (operations, pointer, wanted) in rows {
        check(&[(operations, pointer, wanted)]);
    }
    check_refused(&[
        (
            json!([{ "op": "add", "path": "manager", "value": ["m1", "m2"] }]),
            "invalidValue: Operations[0]: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager: must be an object",
        ),
        (
            json!([{ "op": "add", "path": "manager.displayName", "value": "x" }]),
            "mutability: Operations[0]: urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName: is read-only",
        ),
    ]);
    let put = json!({ "userName": "b", "department": "D", "manager": [reference] });
    let wanted =
        json!({ "userName": "b", ENTERPRISE: { "department": "D", "manager": reference } });
    assert_eq!(read::from_body(&put).map(Value::Object), Ok(wanted));
}

/// SailPoint and other gateways add the schema before an attribute of it (RFC 7644 §3.5.2's own example of a new
/// extension): `{"op":"add","path":"schemas","value":["urn:…:enterprise:2.0:User"]}`.
#[test]
fn schemas_are_added_or_left_as_they_are() {
    let department = at(ENTERPRISE, "department");
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    for first in [
        json!({ "op": "add", "path": "schemas", "value": [ENTERPRISE] }),
        json!({ "op": "Add", "path": "SCHEMAS", "value": ENTERPRISE.to_uppercase() }),
        json!({ "op": "add", "value": { "schemas": [ENTERPRISE] } }),
        json!({ "op": "replace", "path": "schemas", "value": [core, ENTERPRISE] }),
        json!({ "op": "replace", "path": "schemas", "value": [core] }),
    ] {
        check(&[(
            json!([first, { "op": "add", "path": format!("{ENTERPRISE}:department"), "value": "B" }]),
            &department,
            json!("B"),
        )]);
    }
    for other in [
        json!({ "op": "replace", "path": "schemas", "value": [ENTERPRISE] }),
        json!({ "op": "add", "path": "schemas", "value": ["urn:x"] }),
        json!({ "op": "remove", "path": "schemas" }),
    ] {
        check_refused(&[(
            json!([other]),
            "mutability: Operations[0]: schemas: is read-only",
        )]);
    }
    for no_urns in [json!(5), json!(true), json!({ "a": 1 }), json!([5])] {
        check_refused(&[
            (
                json!([{ "op": "add", "value": { "schemas": no_urns, "title": "x" } }]),
                "invalidValue: Operations[0].value: schemas: must be texts",
            ),
            (
                json!([{ "op": "add", "value": { ENTERPRISE: { "Schemas": no_urns } } }]),
                "invalidValue: Operations[0].value: schemas: must be texts",
            ),
        ]);
    }
}

/// Okta and OneLogin send back in a value what they have read, `id` and `meta` with it.
#[test]
fn what_is_read_only_and_as_it_was_read_is_no_error() {
    let mut read = user();
    read.insert("title".to_owned(), json!("x"));
    read["phoneNumbers"][0]["verified"].take();
    for value in [
        json!({ "id": "1", "title": "x" }),
        json!({ "ID": "1", "META": { "resourceType": "User", "VERSION": "W/\"1\"" }, "title": "x" }),
        json!({ "meta.version": "W/\"1\"", "groups": [], "title": "x" }),
        json!({ "groups": null, "pendingMobileNumber": "", "phoneVerified": true, "title": "x" }),
        json!({ WSO2: { "phoneVerified": true }, "title": "x" }),
        json!({ "meta": { "location": null }, "title": "x" }),
    ] {
        for op in ["add", "replace"] {
            check(&[(json!([{ "op": op, "value": value }]), "/title", json!("x"))]);
        }
    }
    for (value, name) in [
        (json!({ "id": "2" }), "id"),
        (json!({ "id": "" }), "id"),
        (json!({ "meta": { "resourceType": "Group" } }), "meta"),
        (
            json!({ "meta": { "created": "2024-01-01T00:00:00Z" } }),
            "meta",
        ),
        (json!({ "groups": [{ "value": "admins" }] }), "groups"),
        (
            json!({ "phoneVerified": false }),
            "urn:scim:wso2:schema:phoneVerified",
        ),
        (
            json!({ "pendingMobileNumber": "+1" }),
            "urn:scim:wso2:schema:pendingMobileNumber",
        ),
    ] {
        let told = format!("mutability: Operations[0].value: {name}: is read-only");
        check_refused(&[(json!([{ "op": "replace", "value": value }]), &told)]);
    }
    // By a path it is asked for on purpose.
    check_refused(&[(
        json!([{ "op": "replace", "path": "id", "value": "1" }]),
        "mutability: Operations[0]: id: is read-only",
    )]);
}

/// Microsoft's Postman collection and WSO2's samples (`schemas: []`, `wso2Extension`, product-migration's
/// `create-user-in-userstore.sh`; learn.microsoft.com Q&A 1684621: a custom extension).
#[test]
fn what_nobody_knows_is_passed_over_in_a_resource() {
    for body in [
        json!({ "schemas": [], "userName": "b", "password": "x", "wso2Extension": { "employeeNumber": "000111",
            "manager": { "managerId": "111000", "displayName": "m" } } }),
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:custom:2.0:User"], "userName": "b",
            "urn:ietf:params:scim:schemas:extension:custom:2.0:User": { "worksiteId": "180" } }),
        json!({ "userName": "b", "emails": [{ "nope": "x", "value": "" }], "name": { "nope": 1 } }),
    ] {
        let read = read::from_body(&body).map(Value::Object);
        assert_eq!(read, Ok(json!({ "userName": "b" })), "{body}");
    }
}

/// Miro and Entra ID (`SingleAppRoleAssignment`): `roles[primary eq "True"].value`.
#[test]
fn roles_are_written() {
    let with = |role: Value| json!([{ "type": "default", "value": "Internal/everyone" }, role]);
    check(&[
        (
            json!([{ "op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "ADMIN" }]),
            "/roles",
            with(json!({ "primary": true, "value": "ADMIN" })),
        ),
        (
            json!([{ "op": "Add", "path": "roles", "value": [{ "value": "ADMIN", "type": "t", "primary": false }] }]),
            "/roles",
            with(json!({ "value": "ADMIN", "type": "t", "primary": false })),
        ),
        (
            json!([{ "op": "add", "value": { "roles": "ADMIN" } }]),
            "/roles",
            with(json!({ "value": "ADMIN" })),
        ),
    ]);
}

/// An entry without a value says something about a number that is not there: it is kept, and takes nothing from others.
#[test]
fn entries_without_a_value() {
    let primary =
        json!({ "op": "add", "path": "phoneNumbers[type eq \"work\"].primary", "value": true });
    let fax =
        json!({ "op": "replace", "path": "phoneNumbers[type eq \"fax\"].primary", "value": true });
    check(&[
        (
            json!([primary, fax]),
            "/phoneNumbers",
            json!([
                { "type": "mobile", "value": "+1", "verified": true },
                { "type": "work", "value": "+2", "primary": true },
                { "type": "fax", "primary": false },
            ]),
        ),
        (
            json!([fax]),
            "/phoneNumbers/2",
            json!({ "type": "fax", "primary": true }),
        ),
        // Entra ID writes a part at a time, in whichever order.
        (
            json!([primary, fax, { "op": "add", "path": "phoneNumbers[type eq \"fax\"].value", "value": "+9" }]),
            "/phoneNumbers",
            json!([
                { "type": "mobile", "value": "+1", "verified": true },
                { "type": "work", "value": "+2", "primary": false },
                { "type": "fax", "primary": true, "value": "+9" },
            ]),
        ),
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "type": "fax", "display": "x" }] }]),
            "/phoneNumbers/2",
            json!({ "type": "fax", "display": "x" }),
        ),
    ]);
    check_refused(&[
        (
            json!([{ "op": "add", "path": "phoneNumbers", "value": [{ "type": "mobile", "display": "x" }] }]),
            "invalidValue: Operations[0]: phoneNumbers: the value of type mobile has no value",
        ),
        (
            json!([{ "op": "replace", "value": { "phoneNumbers": [{ "type": "Mobile", "primary": true }] } }]),
            "invalidValue: Operations[0].value: phoneNumbers: the value of type mobile has no value",
        ),
        (
            json!([{ "op": "add", "value": { "mobileNumbers": { "type": "mobile", "display": "x" } } }]),
            "invalidValue: Operations[0].value: urn:scim:wso2:schema:mobileNumbers: must have a value",
        ),
        (
            json!([
                { "op": "remove", "path": "phoneNumbers" },
                { "op": "add", "path": "phoneNumbers[type eq \"mobile\"].display", "value": "x" },
            ]),
            "invalidValue: phoneNumbers: the value of type mobile would have no value",
        ),
    ]);
    for operations in [
        json!([{ "op": "add", "path": "phoneNumbers[type eq \"mobile\"].display", "value": "x" }]),
        json!([{ "op": "add", "path": "phoneNumbers[type eq \"mobile\"].primary", "value": true }]),
        json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"]", "value": { "type": "mobile", "display": "x" } }]),
        json!([fax]),
    ] {
        let applied = patched(&operations).expect("applied");
        assert!(!applied.written.primary_number, "{operations}");
    }
}

/// The text names what is wrong, behind a filter, too, and nothing of the filter's values.
#[test]
fn errors_name_the_attribute_that_is_wrong() {
    check_refused(&[
        (
            json!([{ "op": "add", "path": "emails[type eq \"work\"].foo", "value": "x" }]),
            "invalidPath: Operations[0].path: names no known attribute: emails.foo",
        ),
        (
            json!([{ "op": "add", "value": { "emails[value eq \"a].b\"].foo": "x" } }]),
            "invalidPath: Operations[0].value: names no known attribute: emails.foo",
        ),
        (
            json!([{ "op": "add", "path": "foo[type eq \"work\"].value", "value": "x" }]),
            "invalidPath: Operations[0].path: names no known attribute: foo.value",
        ),
        (
            json!([{ "op": "add", "path": "urn:x:foo", "value": "x" }]),
            "invalidPath: Operations[0].path: names no known attribute: urn:x:foo",
        ),
        (
            json!([{ "op": "add", "value": { "emails": [{ "value": "x", "foo": "y" }] } }]),
            "invalidSyntax: Operations[0].value: emails[0].foo: is not a known attribute",
        ),
    ]);
}

/// Numbers as they are pasted: what is around them is not part of them.
#[test]
fn blanks_and_breaks_around_a_number() {
    for number in ["+7\n", " +7\r\n", "\u{a0}+7\u{2009}", "\u{0}+7"] {
        check(&[
            (
                json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": number }]),
                "/phoneNumbers/0/value",
                json!("+7"),
            ),
            (
                json!([{ "op": "replace", "path": "mobileNumbers", "value": [number] }]),
                &at(WSO2, "mobileNumbers"),
                json!(["+7"]),
            ),
        ]);
    }
}
