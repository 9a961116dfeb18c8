//! Tokens: what the issuer publishes, what the gateway accepts, what it must not.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};

use crate::client::{BOB, call, get, post, server, token};

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn segment(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[tokio::test]
async fn the_published_key_verifies_a_token() {
    let server = server(&[]).await;
    let token = token(server.url(), "bob123", Some("internal_user_mgt_view")).await;
    let keys = get(&format!("{}/.well-known/jwks.json", server.url()))
        .send()
        .await;
    let keys: JwkSet = serde_json::from_value(keys.json()).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["local"]);
    validation.set_issuer(&["http://localhost"]);
    let claims = decode::<Value>(&token, &key, &validation).unwrap().claims;
    assert_eq!(claims["sub"], BOB);
    assert_eq!(claims["scope"], "internal_user_mgt_view");
    assert_eq!(claims["auth_time"], claims["iat"]);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        3600
    );
    let configuration = get(&format!(
        "{}/.well-known/openid-configuration",
        server.url()
    ))
    .send()
    .await;
    assert_eq!(configuration.json()["issuer"], claims["iss"]);
    assert_eq!(
        configuration.json()["jwks_uri"],
        format!("{}/.well-known/jwks.json", server.url())
    );
}

#[tokio::test]
async fn a_token_names_a_user_or_anyone() {
    let server = server(&[]).await;
    for (user, subject) in [
        (BOB, BOB),
        ("bob123", BOB),
        ("BOB123", BOB),
        ("admin", "admin"),
        ("O'Neil ☎", "O'Neil ☎"),
    ] {
        let token = token(server.url(), user, None).await;
        assert_eq!(part(&token, 1)["sub"], subject);
        assert_eq!(part(&token, 1).get("scope"), None);
    }
    let answer = post(
        &format!("{}/_local/token", server.url()),
        &json!({"user": "bob123"}),
    )
    .send()
    .await;
    let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in"]);
    assert_eq!(
        (&answer.json()["token_type"], &answer.json()["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
}

#[tokio::test]
async fn a_token_expires_with_the_clock() {
    let server = server(&[]).await;
    let me = format!("{}/scim2/Me", server.url());
    let clock = format!("{}/_local/clock", server.url());
    let old = token(server.url(), "bob123", None).await;
    post(&clock, &json!({"advanceSeconds": 3590})).send().await;
    assert_ne!(
        get(&me).token(&old).send().await.status,
        StatusCode::UNAUTHORIZED
    );
    post(&clock, &json!({"advanceSeconds": 10})).send().await;
    let answer = get(&me).token(&old).send().await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .contains("the token has expired")
    );
    let new = token(server.url(), "bob123", None).await;
    assert_ne!(
        get(&me).token(&new).send().await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let server = server(&[]).await;
    let me = format!("{}/scim2/Me", server.url());
    let good = token(server.url(), "bob123", None).await;
    let (header, claims) = (part(&good, 0), part(&good, 1));
    let signature = good.rsplit('.').next().unwrap();
    let mut other = claims.clone();
    other["sub"] = "someone-else".into();
    let unsigned = json!({"alg": "none", "typ": "JWT", "kid": header["kid"]});
    let hmac = |secret: &[u8]| {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = part(&good, 0)["kid"].as_str().map(str::to_owned);
        encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let keys = get(&format!("{}/.well-known/jwks.json", server.url()))
        .send()
        .await;
    let mut flipped = good.clone().into_bytes();
    let last = flipped.len() - 20;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    let mut wrong_key = header.clone();
    wrong_key["kid"] = "another".into();
    for forged in [
        format!("{}.{}.", segment(&unsigned), segment(&claims)),
        format!("{}.{}.{signature}", segment(&unsigned), segment(&claims)),
        format!("{}.{}.{signature}", segment(&header), segment(&other)),
        format!("{}.{}.", segment(&header), segment(&claims)),
        format!("{}.{}.{signature}", segment(&wrong_key), segment(&claims)),
        format!("{}.{}", segment(&header), segment(&claims)),
        hmac(b""),
        hmac(&keys.body),
        String::from_utf8(flipped).unwrap(),
        format!("{good}.{signature}"),
    ] {
        let answer = get(&me).token(&forged).send().await;
        assert_eq!(
            answer.message(),
            (401, "Unauthorized".to_owned()),
            "{forged}"
        );
    }
    let elsewhere = crate::client::server(&[]).await;
    let foreign = token(elsewhere.url(), "bob123", None).await;
    assert_eq!(
        get(&me).token(&foreign).send().await.status,
        StatusCode::UNAUTHORIZED
    );
}

/// The claim holds what `IdentityAttribute` says of the user that was asked for, whichever way it was named.
#[tokio::test]
async fn a_token_holds_the_attribute_that_names_users() {
    let by_name = server(&["IdentityAttribute=userName"]).await;
    for (user, subject) in [(BOB, "bob123"), ("BOB123", "bob123"), ("admin", "admin")] {
        let token = token(by_name.url(), user, None).await;
        assert_eq!(part(&token, 1)["sub"], subject, "{user}");
    }
    let token_of_bob = token(by_name.url(), BOB, None).await;
    let me = format!("{}/scim2/Me", by_name.url());
    let answer = get(&me).token(&token_of_bob).send().await;
    assert_eq!(
        (answer.status, &answer.json()["id"]),
        (StatusCode::OK, &json!(BOB))
    );
    let nobody = token(by_name.url(), "admin", None).await;
    assert_eq!(
        get(&me).token(&nobody).send().await.status,
        StatusCode::NOT_FOUND
    );

    // In a claim of its own, the subject is who it always is.
    let apart = server(&["IdentityAttribute=userName", "IdentityClaim=username"]).await;
    let claims = part(&token(apart.url(), BOB, None).await, 1);
    assert_eq!(
        (&claims["sub"], &claims["username"]),
        (&json!(BOB), &json!("bob123"))
    );
    let me = format!("{}/scim2/Me", apart.url());
    let own = token(apart.url(), "bob123", None).await;
    assert_eq!(get(&me).token(&own).send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_user_without_an_external_id_has_no_token_that_holds_one() {
    let server = server(&["IdentityAttribute=externalId"]).await;
    let asked = json!({"user": "bob123"});
    let url = format!("{}/_local/token", server.url());
    let (status, message) = post(&url, &asked).send().await.message();
    assert_eq!(status, 400);
    assert!(message.contains("has no externalId"), "{message}");

    let manager = token(server.url(), "admin", Some("internal_user_mgt_update")).await;
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add", "path": "externalId", "value": "E-1"}],
    });
    let bob = format!("{}/scim2/Users/{BOB}", server.url());
    let patch = call(Method::PATCH, &bob).token(&manager).json(&body);
    assert_eq!(patch.send().await.status, StatusCode::OK);
    let me = format!("{}/scim2/Me", server.url());
    // By name, or as any other subject.
    for user in ["bob123", "E-1"] {
        let token = token(server.url(), user, None).await;
        assert_eq!(part(&token, 1)["sub"], "E-1", "{user}");
        let answer = get(&me).token(&token).send().await;
        assert_eq!(answer.json()["id"], BOB, "{user}");
    }
}

/// What is asked for is put over the token's own as it is, null takes one out: bad tokens, and those of any provider.
#[tokio::test]
async fn claims_are_put_over_the_tokens_own() {
    let server = server(&[]).await;
    let url = format!("{}/_local/token", server.url());
    let made = |claims: Value| {
        let body = json!({"user": "bob123", "claims": claims});
        let url = url.clone();
        async move {
            let answer = post(&url, &body).send().await;
            answer.json()["access_token"].as_str().unwrap().to_owned()
        }
    };
    let token = made(json!({"aud": null, "groups": ["a", {"b": 1}], "sub": "x", "n": 1.5})).await;
    let claims = part(&token, 1);
    assert_eq!(claims.get("aud"), None);
    assert_eq!(
        (&claims["groups"], &claims["sub"], &claims["n"]),
        (&json!(["a", {"b": 1}]), &json!("x"), &json!(1.5))
    );
    let me = format!("{}/scim2/Me", server.url());
    for (claims, status) in [
        (json!({}), 200),
        (json!({"aud": null}), 401),
        (json!({"aud": null, "client_id": "local"}), 200),
        (json!({"aud": "other", "client_id": "local"}), 401),
        (json!({"iss": "https://issuer.example.com"}), 401),
        (json!({"exp": 1}), 401),
        (json!({"exp": null}), 401),
        (json!({"nbf": 99_999_999_999_u64}), 401),
        (json!({"iat": 99_999_999_999_u64}), 401),
        (json!({"token_use": "id"}), 401),
    ] {
        let token = made(claims.clone()).await;
        let answer = get(&me).token(&token).send().await;
        assert_eq!(answer.status, status, "{claims}");
    }
    for wrong in [json!("sub"), json!([1]), json!(true)] {
        let body = json!({"user": "bob123", "claims": wrong});
        let (status, message) = post(&url, &body).send().await.message();
        assert_eq!(
            (status, message.as_str()),
            (400, "claims must be an object")
        );
    }
}
