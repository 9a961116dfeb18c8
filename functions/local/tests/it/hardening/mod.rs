//! What strangers may send. Whatever it is: a 4xx that says why, nothing changed, nothing sent.
//! Here what all of these tests share; what single functions refuse is tested next to them.

mod bodies;
mod targets;
mod values;

use http::Method;
use local::Running;
use serde_json::{Value, json};

use crate::api::Api;
use crate::client::{Answer, Call, call, raw, server};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const IDENTITY: &str = "/api/identity/user/v1.0";

/// Everything that reads a body, and whether the administrator calls it.
const DOORS: [(&str, &str, bool); 8] = [
    ("PATCH", "/scim2/Me", false),
    ("PUT", "/scim2/Me", false),
    (
        "PATCH",
        "/scim2/Users/1e624046-520c-4628-a245-091e04b03f21",
        true,
    ),
    ("POST", "/scim2/Users", true),
    ("POST", "/api/identity/user/v1.0/me/validate-code", false),
    ("POST", "/api/identity/user/v1.0/validate-code", true),
    ("POST", "/api/identity/user/v1.0/me/resend-code", false),
    ("POST", "/api/identity/user/v1.0/resend-code", true),
];

/// A server with a user to be harmed.
struct Target {
    server: Running,
    api: Api,
    bob: String,
    before: Value,
}

impl Target {
    async fn start() -> Self {
        let server = server(&[]).await;
        let api = Api::new(server.url()).await;
        let bob = api.token("bob123").await;
        let before = api.me(&bob).await;
        Self {
            server,
            api,
            bob,
            before,
        }
    }

    /// A call of one of the doors, without a body.
    fn door(&self, (method, path, privileged): (&str, &str, bool)) -> Call {
        let token = if privileged {
            &self.api.admin
        } else {
            &self.bob
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        call(method, &self.api.url(path)).token(token)
    }

    fn patch(&self) -> Call {
        self.door(DOORS[0])
    }

    /// A PATCH of `/Me` with these operations.
    fn operations(&self, operations: &Value) -> Call {
        self.patch().json(&operations_body(operations))
    }

    /// Refused; answers the status and what the client reads.
    async fn refused(&self, call: Call, what: &str) -> (u16, String) {
        let answer = call.send().await;
        assert!(answer.status.is_client_error(), "{what}: {}", said(&answer));
        (answer.status.as_u16(), said(&answer))
    }

    /// Nothing was changed, not even the version, and nothing sent.
    async fn unharmed(&self, what: &str) {
        assert_eq!(self.api.me(&self.bob).await, self.before, "{what}");
        assert!(self.api.all_codes().await.is_empty(), "{what}");
    }

    /// What comes back for a request line, headers and body written by hand.
    async fn raw(&self, line: &str, rest: &str) -> String {
        let host = self.server.url().strip_prefix("http://").unwrap();
        let token = &self.bob;
        let head =
            format!("host: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n");
        raw(
            self.server.url(),
            &format!("{line} HTTP/1.1\r\n{head}{rest}"),
        )
        .await
    }
}

fn operations_body(operations: &Value) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

/// What an answer says to people, in any of the three forms.
fn said(answer: &Answer) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return format!(
            "{} {:?}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
    };
    let words = ["detail", "description", "message"];
    let words = words.iter().find_map(|name| body[*name].as_str());
    words.map_or_else(|| body.to_string(), str::to_owned)
}
