//! Tokens as identity providers make them, after the samples of their documentation (`events/tokens`), played against
//! the whole product: which audience and scopes count, who is new, and that an ID token opens nothing.
//! - Cognito: <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
//! - Entra ID: <https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference>
//! - Auth0: <https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles>
//! - Okta: <https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/>
//! - Keycloak: <https://www.keycloak.org/docs/latest/server_admin/>

use local::Running;
use local::testing::{Event, TestApp, event};
use serde_json::{Value, json};

use crate::client::{Answer, BOB, get, post, server};

/// What a deployment says of the provider.
struct Provider {
    token: &'static str,
    audience: &'static str,
    settings: &'static [&'static str],
    /// What a new user is called, and the externalId.
    named: (&'static str, &'static str),
}

const PROVIDERS: [Provider; 5] = [
    Provider {
        token: "cognito-access",
        audience: "machine,xxxxxxxxxxxxexample",
        settings: &["ScopePrefix=users/"],
        named: ("my-test-user", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
    },
    Provider {
        token: "entra",
        audience: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
        settings: &["IdentityClaim=oid", "UserNameClaim=preferred_username"],
        named: (
            "abeli@microsoft.com",
            "690222be-ff1a-4d56-abd1-7e4f7d38e474",
        ),
    },
    Provider {
        token: "auth0",
        audience: "https://example.com/health-api",
        settings: &[],
        named: ("auth0|123456", "auth0|123456"),
    },
    Provider {
        token: "okta",
        audience: "api://default",
        settings: &["IdentityClaim=uid", "UserNameClaim=sub"],
        named: ("user@example.com", "00ucmukel4KHsPARU0h7"),
    },
    Provider {
        token: "keycloak",
        audience: "verification",
        settings: &["UserNameClaim=preferred_username"],
        named: ("bob", "f2a5d3c8-5b1e-4b0a-9d4f-3a9c0d1e7b62"),
    },
];

fn claims(token: &str) -> Value {
    event(&format!("tokens/{token}"))
}

async fn of(issuer: &str, audience: &str, settings: &[&str]) -> Running {
    let (issuer, audience) = (
        format!("JwtIssuer={issuer}"),
        format!("JwtAudience={audience}"),
    );
    let first_use = ["IdentityAttribute=externalId", "CreateUsersOnFirstUse=true"];
    let given = [&issuer[..], &audience].into_iter().chain(first_use);
    server(&given.chain(settings.iter().copied()).collect::<Vec<_>>()).await
}

async fn token(server: &Running, claims: &Value) -> String {
    let body = json!({ "user": "nobody", "claims": claims });
    let url = format!("{}/_local/token", server.url());
    let answer = post(&url, &body).send().await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn me(server: &Running, token: &str) -> Answer {
    let url = format!("{}/scim2/Me", server.url());
    get(&url).token(token).send().await
}

#[tokio::test]
async fn who_comes_for_the_first_time_is_a_user_from_then_on() {
    for provider in PROVIDERS {
        let claims = claims(provider.token);
        let issuer = claims["iss"].as_str().unwrap();
        let server = of(issuer, provider.audience, provider.settings).await;
        let token = token(&server, &claims).await;
        let first = me(&server, &token).await;
        assert_eq!(first.status, 200, "{}: {first:?}", provider.token);
        let user = first.json();
        let named = (user["userName"].as_str(), user["externalId"].as_str());
        let (name, external) = provider.named;
        assert_eq!(named, (Some(name), Some(external)), "{}", provider.token);
        assert_eq!(me(&server, &token).await.json()["id"], user["id"]);
        // Each has the scope of one route, and of no other.
        let id = user["id"].as_str().unwrap();
        let view = format!("{}/scim2/Users/{id}", server.url());
        assert_eq!(get(&view).token(&token).send().await.status, 200);
        let list = format!("{}/scim2/Users", server.url());
        assert_eq!(get(&list).token(&token).send().await.status, 403);
        server.stop().await;
    }
}

/// Any door of one's own makes the user, once, also where all come at the same time.
#[tokio::test]
async fn every_own_door_makes_the_user_once() {
    let claims = claims("cognito-access");
    let issuer = claims["iss"].as_str().unwrap();
    let server = of(issuer, "xxxxxxxxxxxxexample", &["ScopePrefix=users/"]).await;
    let token = token(&server, &claims).await;
    let call = |path: &'static str, body: Value| {
        let url = format!("{}{path}", server.url());
        let token = token.clone();
        async move { post(&url, &body).token(&token).send().await.status.as_u16() }
    };
    let (me, validate, resend, send, proof) = tokio::join!(
        me(&server, &token),
        call(
            "/api/identity/user/v1.0/me/validate-code",
            json!({"code": "123456"})
        ),
        call("/api/identity/user/v1.0/me/resend-code", json!({})),
        call(
            "/cis/v1/verification/otp/sms/send",
            json!({"phone_number": "+60123456789"})
        ),
        call(
            "/cis/v1/verification/otp/sms/validate",
            json!({"phone_number": "+60123456789", "passcode": "123456"})
        ),
    );
    assert_eq!(
        (me.status.as_u16(), validate, resend, send, proof),
        (200, 400, 400, 200, 400)
    );
    let machine = json!({"client_id": "xxxxxxxxxxxxexample", "scope": "users/internal_user_mgt_list", "aud": null});
    let machine = self::token(&server, &machine).await;
    let url = format!("{}/scim2/Users?filter=externalId%20pr", server.url());
    let found = get(&url).token(&machine).send().await.json();
    assert_eq!(found["totalResults"], 1, "{found}");
    server.stop().await;
}

/// The number of who is new goes the way of all numbers: held back, coded, committed.
#[tokio::test]
async fn the_first_call_may_be_the_change_of_a_number() {
    let claims = claims("keycloak");
    let issuer = claims["iss"].as_str().unwrap();
    let server = of(issuer, "verification", &[]).await;
    let token = token(&server, &claims).await;
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "value": {"phoneNumbers": [{"type": "mobile", "value": "+60123456789"}]}}],
    });
    let url = format!("{}/scim2/Me", server.url());
    let patch = crate::client::call(http::Method::PATCH, &url).json(&patch);
    let answer = patch.token(&token).send().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let messages = server.outbox().messages(Some("+60123456789"));
    let code = messages[0].body.rsplit(' ').next().unwrap();
    let url = format!("{}/api/identity/user/v1.0/me/validate-code", server.url());
    let done = post(&url, &json!({"code": code, "properties": []})).token(&token);
    assert_eq!(done.send().await.status, 202);
    let user = me(&server, &token).await.json();
    assert_eq!(
        user["urn:scim:wso2:schema"]["phoneVerified"], true,
        "{user}"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_name_that_is_taken_makes_nobody() {
    let server = of("https://issuer.example.com", "api", &[]).await;
    let taken = json!({"sub": "new", "username": "BOB123"});
    let taken = token(&server, &taken).await;
    let answer = me(&server, &taken).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["scimType"], "uniqueness");
    assert!(
        body["detail"].as_str().unwrap().starts_with("VRF-40903: "),
        "{body}"
    );
    let url = format!("{}/api/identity/user/v1.0/me/validate-code", server.url());
    let answer = post(&url, &json!({"code": "123456"}))
        .token(&taken)
        .send()
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (409, &json!("VRF-40903"))
    );
    // Under another name the same subject is one.
    let free = token(&server, &json!({"sub": "new", "username": "carol"})).await;
    assert_eq!(me(&server, &free).await.json()["userName"], "carol");
    server.stop().await;
}

/// Off, nobody is made; on, a service that acts for others is made no user by that.
#[tokio::test]
async fn nobody_else_is_made() {
    let off = server(&["IdentityAttribute=externalId"]).await;
    let stranger = token(&off, &json!({"sub": "stranger"})).await;
    assert_eq!(me(&off, &stranger).await.status, 404);
    off.stop().await;
    let claims = claims("cognito-client");
    let issuer = claims["iss"].as_str().unwrap();
    let server = of(issuer, "1example23456789", &["ScopePrefix=users/"]).await;
    let machine = token(&server, &claims).await;
    let url = format!("{}/scim2/Users", server.url());
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dave", "externalId": "d-1"});
    let created = post(&url, &body).token(&machine).send().await;
    assert_eq!(created.status, 201, "{created:?}");
    let url = format!("{}/scim2/Users/{BOB}", server.url());
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "title", "value": "x"}],
    });
    let patch = crate::client::call(http::Method::PATCH, &url).json(&patch);
    assert_eq!(patch.token(&machine).send().await.status, 200);
    let lister = json!({"client_id": "1example23456789", "aud": null, "scope": "users/internal_user_mgt_list"});
    let lister = token(&server, &lister).await;
    let url = format!("{}/scim2/Users", server.url());
    let all = get(&url).token(&lister).send().await.json();
    // Bob, Alice, and who was created.
    assert_eq!(all["totalResults"], 3, "{all}");
    server.stop().await;
}

/// The gateway cannot tell: its audience fits. The functions do.
#[tokio::test]
async fn an_id_token_opens_nothing() {
    for (token, audience) in [
        ("cognito-id", "xxxxxxxxxxxxexample"),
        ("keycloak-id", "app"),
    ] {
        let claims = claims(token);
        let server = of(claims["iss"].as_str().unwrap(), audience, &[]).await;
        let token = self::token(&server, &claims).await;
        let answer = me(&server, &token).await;
        assert_eq!(answer.status, 401);
        let body = answer.json();
        assert!(
            body["detail"].as_str().unwrap().starts_with("VRF-40102: "),
            "{body}"
        );
        let challenge = answer.header("www-authenticate").unwrap();
        assert_eq!(challenge, "Bearer error=\"invalid_token\"");
        let url = format!("{}/cis/v1/verification/otp/sms/send", server.url());
        let answer = post(&url, &json!({"phone_number": "+60123456789"})).token(&token);
        let answer = answer.send().await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (401, &json!("VRF-40102"))
        );
        server.stop().await;
    }
}

/// `MeScope`: a valid token alone does not open one's own doors, by the gateway and by the functions.
#[tokio::test]
async fn own_doors_may_need_a_scope() {
    let server = server(&["MeScope=verification", "ScopePrefix=users/"]).await;
    let url = server.url();
    for (scope, passes) in [
        (None, false),
        (Some("verification"), false),
        (Some("users/verification"), true),
    ] {
        let token = crate::client::token(url, "bob123", scope).await;
        let status = me(&server, &token).await.status.as_u16();
        assert_eq!(status, if passes { 200 } else { 403 }, "{scope:?}");
        for path in [
            "/api/identity/user/v1.0/me/validate-code",
            "/api/identity/user/v1.0/me/resend-code",
            "/cis/v1/verification/otp/sms/send",
            "/cis/v1/verification/otp/sms/validate",
        ] {
            let answer = post(&format!("{url}{path}"), &json!({})).token(&token);
            let status = answer.send().await.status.as_u16();
            assert_eq!(status == 403, !passes, "{path} {scope:?}: {status}");
        }
    }
    server.stop().await;
}

/// What the gateway lets pass is looked at again by every function.
#[tokio::test]
async fn functions_check_the_scope_of_own_doors_themselves() {
    let test = TestApp::with(&["MeScope=verification"]).await;
    let shipped = |name: &str| Event::shipped(name).by(BOB, "internal_user_mgt_view");
    let answers = [
        test.patch(&shipped("scim-patch/patch-me")).await,
        test.patch(&shipped("scim-patch/put-me")).await,
        test.users(&shipped("scim-users/get-me")).await,
        test.validate(&shipped("validate-code/me")).await,
        test.resend(&shipped("resend-code/me")).await,
        test.transmit(&shipped("transmit/send")).await,
        test.transmit(&shipped("transmit/validate")).await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 403, "{answer}");
        let said = answer.body.to_string();
        assert!(
            said.contains("VRF-40300") && said.contains("scope verification."),
            "{said}"
        );
    }
    let own = Event::shipped("scim-users/get-me").by(BOB, "verification");
    assert_eq!(test.users(&own).await.status, 200);
}
