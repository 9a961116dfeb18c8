//! Add, remove and replace as RFC 7644 §3.5.2 has them.

use super::*;

const ENTERPRISE: &str = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[test]
fn single_values() {
    check(&[
        (
            json!([{ "op": "add", "path": "title", "value": "x" }]),
            "/title",
            json!("x"),
        ),
        (
            json!([{ "op": "replace", "path": "TITLE", "value": "x" }]),
            "/title",
            json!("x"),
        ),
        (
            json!([{ "op": "replace", "path": "userName", "value": "rob" }]),
            "/userName",
            json!("rob"),
        ),
        (
            json!([{ "op": "remove", "path": "active" }]),
            "/active",
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "title" }]),
            "/title",
            json!(null),
        ),
        (
            json!([{ "op": "replace", "path": "active", "value": null }]),
            "/active",
            json!(null),
        ),
        (
            json!([{ "op": "add", "path": "active", "value": null }]),
            "/active",
            json!(true),
        ),
        (
            json!([{ "op": "replace", "path": "name.givenName", "value": "Rob" }]),
            "/name",
            json!({ "givenName": "Rob", "familyName": "Smith" }),
        ),
        (
            json!([{ "op": "remove", "path": "name.givenName" }]),
            "/name",
            json!({ "familyName": "Smith" }),
        ),
        (
            json!([
                { "op": "remove", "path": "name.givenName" },
                { "op": "replace", "path": "name.familyName", "value": null },
            ]),
            "/name",
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "name" }]),
            "/name",
            json!(null),
        ),
        (
            json!([{ "op": "replace", "path": "name", "value": { "FAMILYNAME": "Jones" } }]),
            "/name",
            json!({ "givenName": "Bob", "familyName": "Jones" }),
        ),
        (
            json!([{ "op": "replace", "path": "name", "value": { "familyName": null, "middleName": "B" } }]),
            "/name",
            json!({ "givenName": "Bob", "middleName": "B" }),
        ),
        (
            json!([{ "op": "add", "path": "name", "value": { "familyName": null, "middleName": "B" } }]),
            "/name",
            json!({ "givenName": "Bob", "familyName": "Smith", "middleName": "B" }),
        ),
    ]);
}

#[test]
fn several_values() {
    let work = json!({ "value": "bob@work.test", "type": "work", "primary": true });
    let home = json!({ "value": "bob@home.test", "type": "home" });
    let other = json!({ "value": "b@x.test", "type": "other" });
    check(&[
        (
            json!([{ "op": "add", "path": "emails", "value": [other] }]),
            "/emails",
            json!([work, home, other]),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": other }]),
            "/emails",
            json!([work, home, other]),
        ),
        (
            json!([{ "op": "add", "value": { "emails": [other] } }]),
            "/emails",
            json!([work, home, other]),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": [home, { "value": "BOB@work.test" }] }]),
            "/emails",
            json!([work, home]),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": [] }]),
            "/emails",
            json!([work, home]),
        ),
        (
            json!([{ "op": "add", "path": "emails", "value": null }]),
            "/emails",
            json!([work, home]),
        ),
        (
            json!([{ "op": "replace", "path": "emails", "value": [other] }]),
            "/emails",
            json!([other]),
        ),
        (
            json!([{ "op": "replace", "path": "emails", "value": [] }]),
            "/emails",
            json!(null),
        ),
        (
            json!([{ "op": "replace", "value": { "emails": null } }]),
            "/emails",
            json!(null),
        ),
    ]);
}

#[test]
fn removed_values() {
    let work = json!({ "value": "bob@work.test", "type": "work", "primary": true });
    let home = json!({ "value": "bob@home.test", "type": "home" });
    check(&[
        (
            json!([{ "op": "remove", "path": "emails" }]),
            "/emails",
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "emails", "value": null }]),
            "/emails",
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "emails", "value": [] }]),
            "/emails",
            json!([work, home]),
        ),
        (
            json!([{ "op": "remove", "path": "emails", "value": [{ "value": "BOB@HOME.test" }] }]),
            "/emails",
            json!([work]),
        ),
        (
            json!([{ "op": "remove", "path": "emails", "value": [{ "value": "bob@home.test", "type": "work" }] }]),
            "/emails",
            json!([work, home]),
        ),
        (
            json!([{ "op": "remove", "path": "emails", "value": "bob@home.test" }]),
            "/emails",
            json!([work]),
        ),
        (
            json!([{ "op": "replace", "path": "emails.type", "value": "Other" }]),
            "/emails/1/type",
            json!("other"),
        ),
        (
            json!([{ "op": "add", "path": "ims.value", "value": "b" }]),
            "/ims",
            json!([{ "value": "b" }]),
        ),
        (
            json!([{ "op": "remove", "path": "emails.type" }]),
            "/emails/1",
            json!({ "value": "bob@home.test" }),
        ),
        (
            json!([
                { "op": "add", "path": "addresses", "value": [{ "type": "work", "locality": "X" }] },
                { "op": "add", "path": "addresses", "value": [{ "type": "work", "locality": "X" }, { "type": "home" }] },
                { "op": "remove", "path": "addresses", "value": [{ "type": "home" }] },
            ]),
            "/addresses",
            json!([{ "type": "work", "locality": "X" }]),
        ),
    ]);
}

#[test]
fn values_found_by_a_filter() {
    let home = json!({ "value": "bob@home.test", "type": "home" });
    check(&[
        (
            json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }]),
            "/emails",
            json!([home]),
        ),
        (
            json!([{ "op": "remove", "path": "emails[type eq \"work\" and value ew \"WORK.test\"]" }]),
            "/emails",
            json!([home]),
        ),
        (
            json!([{ "op": "remove", "path": "emails[type eq \"fax\"]" }]),
            "/emails/1",
            home.clone(),
        ),
        (
            json!([{ "op": "remove", "path": "emails[type pr]" }]),
            "/emails",
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "ims[type pr]" }]),
            "/ims",
            json!(null),
        ),
        (
            json!([{ "op": "remove", "path": "emails[type eq \"home\"].type" }]),
            "/emails/1",
            json!({ "value": "bob@home.test" }),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"HOME\"].value", "value": "x@y" }]),
            "/emails/1",
            json!({ "value": "x@y", "type": "home" }),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"home\"].value", "value": null }]),
            "/emails/1",
            json!(null),
        ),
        (
            json!([{ "op": "replace", "path": "emails[not (type eq \"work\")]", "value": [{ "value": "x@y" }] }]),
            "/emails/1",
            json!({ "value": "x@y", "type": "home" }),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"home\"]", "value": null }]),
            "/emails/1",
            json!(null),
        ),
        (
            json!([{ "op": "add", "path": "emails[type eq \"home\"]", "value": null }]),
            "/emails/1",
            home.clone(),
        ),
        (
            json!([{ "op": "add", "path": "emails[type eq \"home\"]", "value": { "display": "B" } }]),
            "/emails/1",
            json!({ "value": "bob@home.test", "type": "home", "display": "B" }),
        ),
        (
            json!([{ "op": "remove", "path": "emails[not(type eq \"home\") and primary eq true]" }]),
            "/emails",
            json!([home]),
        ),
        (
            json!([{ "op": "replace", "path": "emails[type pr].display", "value": "B" }]),
            "/emails/1/display",
            json!("B"),
        ),
    ]);
}

#[test]
fn a_value_that_no_filter_finds() {
    check_refused(&[
        (
            json!([{ "op": "replace", "path": "emails[value co \"@x\"].type", "value": "work" }]),
            "noTarget: Operations[0]: emails.type: no value matches the path's filter",
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"a\" or type eq \"b\"].value", "value": "x" }]),
            "noTarget: Operations[0]: emails.value: no value matches the path's filter",
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"a\" and type eq \"b\"].value", "value": "x" }]),
            "noTarget: Operations[0]: emails.value: no value matches the path's filter",
        ),
        (
            json!([{ "op": "replace", "path": "phoneNumbers[verified eq false and type eq \"fax\"].value", "value": "x" }]),
            "noTarget: Operations[0]: phoneNumbers.value: no value matches the path's filter",
        ),
        // What the path asks for would be gone as soon as it was made.
        (
            json!([{ "op": "replace", "path": "emails[value eq \"x\"].value", "value": "y" }]),
            "noTarget: Operations[0]: emails.value: no value matches the path's filter",
        ),
        (
            json!([{ "op": "add", "path": "emails[type eq \"other\"]", "value": { "type": "home", "value": "x" } }]),
            "noTarget: Operations[0]: emails: no value matches the path's filter",
        ),
        (
            json!([{ "op": "add", "path": "emails[not(type pr)].value", "value": "x" }]),
            "noTarget: Operations[0]: emails.value: no value matches the path's filter",
        ),
        (
            json!([{ "op": "add", "path": "emails[not (type pr)].value", "value": "x" }]),
            "noTarget: Operations[0]: emails.value: no value matches the path's filter",
        ),
        (
            json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": [{ "value": "x" }, { "value": "y" }] }]),
            "invalidValue: Operations[0]: emails: must be one value",
        ),
    ]);
}

#[test]
fn extensions() {
    let department = format!("{ENTERPRISE}/department");
    check(&[
        (
            json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "B" }]),
            &department,
            json!("B"),
        ),
        (
            json!([{ "op": "replace", "path": "URN:IETF:PARAMS:scim:schemas:extension:ENTERPRISE:2.0:user", "value": { "DEPARTMENT": "B" } }]),
            &department,
            json!("B"),
        ),
        (
            json!([{ "op": "add", "value": { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "costCenter": "9" } } }]),
            &department,
            json!("A"),
        ),
        (
            json!([{ "op": "remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" }]),
            ENTERPRISE,
            json!(null),
        ),
        (
            json!([{ "op": "replace", "value": { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": null } }]),
            ENTERPRISE,
            json!(null),
        ),
        (
            json!([{ "op": "add", "value": { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": null } }]),
            &department,
            json!("A"),
        ),
        (
            json!([{ "op": "remove", "path": "urn:scim:wso2:schema" }]),
            "/urn:scim:wso2:schema",
            json!({ "phoneVerified": true }),
        ),
        (
            json!([{ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User", "value": { "title": "x" } }]),
            "/title",
            json!("x"),
        ),
        (
            json!([{ "op": "remove", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager" }]),
            ENTERPRISE,
            json!({ "department": "A" }),
        ),
    ]);
}

#[test]
fn operations_build_on_each_other_and_the_order_of_attributes_stays() {
    let operations = json!([
        { "op": "replace", "value": [{ "title": "a" }, { "title": "b" }] },
        { "op": "add", "path": "emails", "value": { "value": "c@x", "type": "other" } },
        { "op": "replace", "path": "emails[type eq \"other\"].value", "value": "d@x" },
        { "op": "remove", "path": "name" },
    ]);
    let applied = patched(&operations).expect("applied").resource;
    assert_eq!(applied["title"], "b");
    assert_eq!(applied["emails"][2]["value"], "d@x");
    let names: Vec<_> = applied.keys().take(5).collect();
    assert_eq!(names, ["schemas", "id", "userName", "active", "emails"]);
}

#[test]
fn one_bad_operation_and_nothing_is_changed() {
    let before = user();
    let operations = json!([
        { "op": "replace", "path": "title", "value": "x" },
        { "op": "replace", "path": "emails[value co \"@nowhere\"].type", "value": "x" },
    ]);
    let patch = Patch::parse(&body(&operations)).expect("right in itself");
    assert!(patch.apply(&before).is_err());
    assert_eq!(before, user());
}

#[test]
fn a_password_is_accepted_and_not_kept() {
    check(&[(
        json!([{ "op": "replace", "path": "password", "value": "s3cret" }]),
        "/password",
        json!(null),
    )]);
}
