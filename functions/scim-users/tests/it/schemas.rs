//! The schemas, attribute by attribute, and how they differ from the definitions of RFC 7643 §8.7.
//! What a request is checked against is in the same tables: a change there is a change here.

use std::fmt::Write;

use insta::assert_snapshot;
use local::testing::{Event, TestApp};
use scim_v2::models::others::ListResponse;
use scim_v2::models::scim_schema::{Schema, get_schemas};
use serde_json::{Value, json};
use shared::scim::schema::{ENTERPRISE, USER, WSO2};

use crate::discovery::valid;

pub fn schema_event(urn: &str) -> Event {
    Event::shipped("scim-users/schema").parameter("id", urn)
}

/// A line an attribute: its type, and what is not the default of RFC 7643 §2.2.
fn lines(schema: &Value) -> String {
    let mut lines = String::new();
    for attribute in schema["attributes"].as_array().unwrap() {
        line(&mut lines, "", attribute);
        for sub in attribute["subAttributes"].as_array().into_iter().flatten() {
            line(&mut lines, "  ", sub);
        }
    }
    lines
}

fn line(lines: &mut String, indent: &str, attribute: &Value) {
    let text = |name: &str| attribute[name].as_str().unwrap_or_default().to_owned();
    write!(lines, "{indent}{} {}", text("name"), text("type")).unwrap();
    for (name, usual) in [
        ("multiValued", json!(false)),
        ("required", json!(false)),
        ("caseExact", json!(false)),
        ("mutability", json!("readWrite")),
        ("returned", json!("default")),
        ("uniqueness", json!("none")),
    ] {
        match attribute.get(name) {
            Some(value) if *value != usual => write!(lines, " {name}={value}").unwrap(),
            _ => {}
        }
    }
    for name in ["canonicalValues", "referenceTypes"] {
        if let Some(values) = attribute.get(name) {
            write!(lines, " {name}={values}").unwrap();
        }
    }
    lines.push('\n');
}

#[tokio::test]
async fn the_schemas() {
    let test = TestApp::start().await;
    let all = test.users(&Event::shipped("scim-users/schemas")).await;
    let list: ListResponse<Schema> = valid(&all.body);
    let ids: Vec<&str> = list.resources.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, [USER, ENTERPRISE, WSO2]);
    assert_eq!(all.body["totalResults"], 3);
    for one in all.body["Resources"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        // Names of schemas have no case (RFC 7643 §3.1).
        for urn in [id.to_owned(), id.to_uppercase()] {
            let alone = test.users(&schema_event(&urn)).await;
            assert_eq!((alone.status, &alone.body), (200, one), "{urn}");
        }
        let location = one["meta"]["location"].as_str().unwrap();
        assert!(location.ends_with(&format!(".amazonaws.com/scim2/Schemas/{id}")));
    }
}

#[tokio::test]
async fn their_attributes() {
    let test = TestApp::start().await;
    let all = test.users(&Event::shipped("scim-users/schemas")).await;
    assert_snapshot!(lines(&all.body["Resources"][0]), @r#"
    userName string required=true uniqueness="server"
    name complex
      formatted string
      familyName string
      givenName string
      middleName string
      honorificPrefix string
      honorificSuffix string
    displayName string
    nickName string
    profileUrl reference caseExact=true referenceTypes=["external"]
    title string
    userType string
    preferredLanguage string
    locale string
    timezone string
    active boolean
    password string caseExact=true mutability="writeOnly" returned="never"
    emails complex multiValued=true
      value string
      display string
      type string canonicalValues=["work","home","other"]
      primary boolean
    phoneNumbers complex multiValued=true
      value string
      display string
      type string canonicalValues=["work","home","mobile","fax","pager","other"]
      primary boolean
      verified boolean mutability="readOnly"
    ims complex multiValued=true
      value string
      display string
      type string canonicalValues=["aim","gtalk","icq","xmpp","msn","skype","qq","yahoo"]
      primary boolean
    photos complex multiValued=true
      value reference caseExact=true referenceTypes=["external"]
      display string
      type string canonicalValues=["photo","thumbnail"]
      primary boolean
    addresses complex multiValued=true
      formatted string
      streetAddress string
      locality string
      region string
      postalCode string
      country string
      type string canonicalValues=["work","home","other"]
      primary boolean
    groups complex multiValued=true mutability="readOnly"
      value string caseExact=true mutability="readOnly"
      $ref reference caseExact=true mutability="readOnly" referenceTypes=["User","Group"]
      display string mutability="readOnly"
      type string mutability="readOnly" canonicalValues=["direct","indirect"]
    entitlements complex multiValued=true
      value string
      display string
      type string
      primary boolean
    roles complex multiValued=true
      value string
      display string
      type string
      primary boolean
    x509Certificates complex multiValued=true
      value binary caseExact=true
      display string
      type string
      primary boolean
    "#);
    assert_snapshot!(lines(&all.body["Resources"][1]), @r#"
    employeeNumber string
    costCenter string
    organization string
    division string
    department string
    manager complex
      value string
      $ref reference caseExact=true referenceTypes=["User"]
      displayName string mutability="readOnly"
    pendingMobileNumber string mutability="readOnly"
    "#);
    assert_snapshot!(lines(&all.body["Resources"][2]), @r#"
    mobileNumbers string multiValued=true
    verifiedMobileNumbers string multiValued=true
    pendingMobileNumber string mutability="readOnly"
    phoneVerified boolean mutability="readOnly"
    verifyMobile boolean mutability="writeOnly" returned="never"
    emailAddresses string multiValued=true
    verifiedEmailAddresses string multiValued=true
    smsOtpDisabled boolean
    otpBackupCodes string multiValued=true mutability="writeOnly" returned="never"
    otpBackupCodesRemaining integer mutability="readOnly"
    verificationLocked boolean mutability="readOnly"
    "#);
}

/// Where we differ from RFC 7643 §8.7.1, member by member; what is left out there is not compared.
#[tokio::test]
async fn the_schemas_are_those_of_the_standard() {
    let test = TestApp::start().await;
    let mut differences = String::new();
    for standard in get_schemas(vec!["user", "enterprise_user"]).unwrap() {
        let ours = test.users(&schema_event(&standard.id)).await.body;
        compare(
            &mut differences,
            ours["name"].as_str().unwrap(),
            &json!(standard.attributes),
            &ours["attributes"],
        );
    }
    assert_snapshot!(differences, @r#"
    User.profileUrl: caseExact true, not false
    User.password: caseExact true, not false
    User.phoneNumbers.verified: ours
    User.photos.value: caseExact true, not false
    User.addresses.primary: ours
    User.groups.value: caseExact true, not false
    User.groups.$ref: caseExact true, not false
    User.roles.type: canonicalValues null, not []
    User.x509Certificates: caseExact null, not false
    User.x509Certificates.value: caseExact true, not false
    User.x509Certificates.type: canonicalValues null, not []
    EnterpriseUser.manager.$ref: caseExact true, not false
    EnterpriseUser.pendingMobileNumber: ours
    "#);
}

fn compare(differences: &mut String, within: &str, standard: &Value, ours: &Value) {
    let named = |list: &Value, name: &Value| {
        let mut list = list.as_array().unwrap().iter();
        list.find(|one| one["name"] == *name).cloned()
    };
    for wanted in standard.as_array().unwrap() {
        let name = format!("{within}.{}", wanted["name"].as_str().unwrap());
        let Some(given) = named(ours, &wanted["name"]) else {
            writeln!(differences, "{name}: not here").unwrap();
            continue;
        };
        for (member, value) in wanted.as_object().unwrap() {
            match member.as_str() {
                "description" => {}
                "subAttributes" => compare(differences, &name, value, &given[member]),
                _ if given[member] != *value => {
                    let given = &given[member];
                    writeln!(differences, "{name}: {member} {given}, not {value}").unwrap();
                }
                _ => {}
            }
        }
    }
    for given in ours.as_array().unwrap() {
        if named(standard, &given["name"]).is_none() {
            writeln!(
                differences,
                "{within}.{}: ours",
                given["name"].as_str().unwrap()
            )
            .unwrap();
        }
    }
}

#[tokio::test]
async fn without_lists_none_are_shown() {
    let test = TestApp::with(&[
        "MultipleMobileNumbers=false",
        "MultipleEmailAddresses=false",
    ])
    .await;
    let schema = test.users(&schema_event(WSO2)).await.body;
    assert_snapshot!(lines(&schema), @r#"
    pendingMobileNumber string mutability="readOnly"
    phoneVerified boolean mutability="readOnly"
    verifyMobile boolean mutability="writeOnly" returned="never"
    smsOtpDisabled boolean
    otpBackupCodes string multiValued=true mutability="writeOnly" returned="never"
    otpBackupCodesRemaining integer mutability="readOnly"
    verificationLocked boolean mutability="readOnly"
    "#);
    let all = test.users(&Event::shipped("scim-users/schemas")).await;
    assert_eq!(all.body["Resources"][2], schema);
}

/// What belongs to the verification of e-mail addresses is told where there is one.
#[tokio::test]
async fn with_email_verification_its_attributes_are_shown() {
    let test = TestApp::with(&["EnableEmailVerification=true"]).await;
    let wso2 = lines(&test.users(&schema_event(WSO2)).await.body);
    for line in [
        "emailAddresses string multiValued=true",
        "pendingEmails complex multiValued=true mutability=\"readOnly\"",
        "emailVerified boolean mutability=\"readOnly\"",
        "verifyEmail boolean mutability=\"writeOnly\" returned=\"never\"",
    ] {
        assert!(wso2.lines().any(|there| there == line), "{line}");
    }
}
