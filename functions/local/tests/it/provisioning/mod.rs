//! Provisioning clients as their public documentation shows them: the requests are theirs, to the letter.
//! What they may rely on: users are found, written as sent, and nobody gets a message for what is no news.

mod entra;
mod okta;

use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, call, get, token};

const SCOPES: &str = "internal_user_mgt_view internal_user_mgt_list internal_user_mgt_create \
                      internal_user_mgt_update internal_user_mgt_delete";

const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A number that is nobody's yet, and one to change to.
const NUMBER: &str = "+60123456789";
const OTHER: &str = "+60129876543";

/// A directory that pushes its users to a server.
struct Directory {
    url: String,
    token: String,
    user_agent: &'static str,
}

impl Directory {
    async fn new(url: &str, user_agent: &'static str) -> Self {
        Self {
            url: url.to_owned(),
            token: token(url, "provisioning", Some(SCOPES)).await,
            user_agent,
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let call = call(method, &format!("{}/scim2{path}", self.url))
            .token(&self.token)
            .header("user-agent", self.user_agent)
            .header("accept", "application/scim+json")
            .header("accept-charset", "utf-8");
        let call = match body {
            Some(body) => call
                .header("content-type", "application/scim+json; charset=utf-8")
                .body(body.to_string()),
            None => call,
        };
        let answer = call.send().await;
        if !answer.body.is_empty() {
            assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        }
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Users that match, as a list whose members are what clients count on.
    async fn find(&self, filter: &str) -> Vec<Value> {
        let filter = url_encoded(filter);
        self.list(&format!("filter={filter}&startIndex=1&count=100"))
            .await
    }

    /// The one user that matches.
    async fn only(&self, filter: &str) -> Value {
        let mut found = self.find(filter).await;
        assert_eq!(found.len(), 1, "{filter}");
        found.remove(0)
    }

    async fn list(&self, query: &str) -> Vec<Value> {
        let answer = self.get(&format!("/Users?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        let list = answer.json();
        assert_eq!(list["schemas"], json!([LIST_RESPONSE]));
        let users = list["Resources"].as_array().unwrap().clone();
        assert_eq!(list["itemsPerPage"], users.len());
        assert_eq!(list["startIndex"], 1);
        assert!(list["totalResults"].as_u64().unwrap() >= users.len() as u64);
        users
    }

    async fn create(&self, user: &Value) -> Value {
        let answer = self.send(Method::POST, "/Users", Some(user)).await;
        assert_eq!(answer.status, 201);
        let created = answer.json();
        let location = answer.header("location").unwrap();
        assert_eq!(created["meta"]["location"], location);
        assert_eq!(self.user(&created).await, created);
        created
    }

    /// As it is now.
    async fn user(&self, user: &Value) -> Value {
        let answer = self.get(&path(user)).await;
        assert_eq!(answer.status, 200);
        answer.json()
    }

    async fn patch(&self, user: &Value, operations: Value) -> Value {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        let answer = self.send(Method::PATCH, &path(user), Some(&body)).await;
        assert_eq!(answer.status, 200, "{body}");
        answer.json()
    }

    async fn put(&self, user: &Value) -> Value {
        let answer = self.send(Method::PUT, &path(user), Some(user)).await;
        assert_eq!(answer.status, 200, "{user}");
        answer.json()
    }

    /// To whom messages were sent, oldest first.
    async fn sent(&self) -> Vec<String> {
        let messages = get(&format!("{}/_local/messages", self.url)).send().await;
        let messages = messages.json()["messages"].as_array().unwrap().clone();
        let to = messages.iter().map(|message| message["to"].as_str());
        to.map(|to| to.unwrap().to_owned()).collect()
    }
}

fn path(user: &Value) -> String {
    format!("/Users/{}", user["id"].as_str().unwrap())
}

fn url_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What of a user is pending.
fn pending(user: &Value) -> &Value {
    &user["urn:scim:wso2:schema"]["pendingMobileNumber"]
}

fn mobile(user: &Value) -> &Value {
    let numbers = user["phoneNumbers"].as_array();
    numbers
        .and_then(|numbers| numbers.iter().find(|number| number["type"] == "mobile"))
        .map_or(&Value::Null, |number| &number["value"])
}

/// Lets the user prove the number that is pending, by whichever code came last.
async fn prove(directory: &Directory, user: &Value) {
    let api = crate::api::Api::new(&directory.url).await;
    let own = api.token(user["id"].as_str().unwrap()).await;
    let code = api.all_codes().await.pop().unwrap();
    assert_eq!(api.validate(&own, &code).await.status, 202);
}
