//! The product as its clients see it: the calls that journeys are made of, and a record of all that was said.
//! Where it may look into DynamoDB, it also records what the tables hold after every call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Call, call, get, post, token};

pub const WSO2: &str = "urn:scim:wso2:schema";
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const IDENTITY: &str = "/api/identity/user/v1.0";
/// How confirm-email is recorded.
pub const CONFIRM: &str = "POST confirm-email";
const SCOPES: &str = "internal_user_mgt_view internal_user_mgt_create internal_user_mgt_update \
                      internal_user_mgt_delete internal_user_code_mgt_create";

/// A server, called by an administrator or with users' own tokens.
pub struct Api {
    url: String,
    pub admin: String,
    dynamodb: Option<aws_sdk_dynamodb::Client>,
    record: Mutex<Record>,
}

/// Everything that was said, the inbox apart.
#[derive(Debug, Default)]
pub struct Record {
    pub exchanges: Vec<Exchange>,
    /// Every state of every item that was there after a call, as text.
    pub items: BTreeSet<String>,
    /// The keys of the items, by table.
    pub keys: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug)]
pub struct Exchange {
    pub request: String,
    pub status: u16,
    /// Headers and body.
    pub response: String,
}

impl Api {
    pub async fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            admin: token(url, "admin", Some(SCOPES)).await,
            dynamodb: None,
            record: Mutex::default(),
        }
    }

    /// With a look into the server's DynamoDB.
    pub async fn looking_into(url: &str, dynamodb: &str) -> Self {
        let aws = shared::platform::aws::loopback(dynamodb);
        Self {
            dynamodb: Some(aws_sdk_dynamodb::Client::new(&aws)),
            ..Self::new(url).await
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn into_record(self) -> Record {
        self.record.into_inner().unwrap()
    }

    pub async fn token(&self, user: &str) -> String {
        token(&self.url, user, None).await
    }

    /// A call with a token.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = format!("{method} {path} {}", body.clone().unwrap_or_default());
        let call = call(method, &self.url(path)).token(token);
        let call = match &body {
            Some(body) => call.json(body),
            None => call,
        };
        self.recorded(request, call).await
    }

    async fn recorded(&self, request: String, call: Call) -> Answer {
        let answer = call.send().await;
        let body = String::from_utf8(answer.body.clone()).unwrap();
        let exchange = Exchange {
            request,
            status: answer.status.as_u16(),
            response: format!("{:?} {body}", answer.headers),
        };
        self.record.lock().unwrap().exchanges.push(exchange);
        if let Some(dynamodb) = &self.dynamodb {
            self.look(dynamodb).await;
        }
        answer
    }

    async fn look(&self, dynamodb: &aws_sdk_dynamodb::Client) {
        let tables = dynamodb.list_tables().send().await.unwrap();
        for table in tables.table_names() {
            let scan = dynamodb.scan().table_name(table).send().await.unwrap();
            assert!(scan.last_evaluated_key().is_none(), "more than a page");
            let mut record = self.record.lock().unwrap();
            for item in scan.items() {
                record.items.insert(text(&AttributeValue::M(item.clone())));
                let keys = record.keys.entry(table.clone()).or_default();
                keys.insert(text(&item["pk"]));
            }
        }
    }

    pub async fn me(&self, token: &str) -> Value {
        let answer = self.send(Method::GET, "/scim2/Me", token, None).await;
        assert_eq!(answer.status, 200);
        answer.json()
    }

    pub async fn patch_me(&self, token: &str, value: &Value) -> Answer {
        self.send(Method::PATCH, "/scim2/Me", token, Some(replacing(value)))
            .await
    }

    /// By the administrator.
    pub async fn patch_user(&self, id: &str, value: &Value) -> Answer {
        let path = format!("/scim2/Users/{id}");
        self.send(Method::PATCH, &path, &self.admin, Some(replacing(value)))
            .await
    }

    /// The same, not sent and not recorded.
    pub fn patching_user(&self, id: &str, value: &Value) -> Call {
        let call = call(Method::PATCH, &self.url(&format!("/scim2/Users/{id}")));
        call.token(&self.admin).json(&replacing(value))
    }

    /// A user that the administrator makes; not sent and not recorded.
    pub fn creating(&self, user_name: &str) -> Call {
        let body = json!({"schemas": [USER], "userName": user_name});
        let call = post(&self.url("/scim2/Users"), &body);
        call.token(&self.admin)
    }

    /// A user's code, brought by the administrator; not sent and not recorded.
    pub fn validating(&self, id: &str, code: &str) -> Call {
        let body = json!({"user": {"userId": id}, "code": code, "properties": []});
        let call = post(&self.url(&format!("{IDENTITY}/validate-code")), &body);
        call.token(&self.admin)
    }

    /// The token of a link, by whoever opened it; not sent and not recorded.
    pub fn confirming(&self, token: &str) -> Call {
        let url = self.url(&format!("{IDENTITY}/confirm-email"));
        post(&url, &json!({"code": token}))
    }

    pub async fn confirm(&self, token: &str) -> Answer {
        let request = format!("{CONFIRM} {token}");
        self.recorded(request, self.confirming(token)).await
    }

    /// A new user, by the administrator.
    pub async fn create(&self, user_name: &str) -> Answer {
        let body = json!({"schemas": [USER], "userName": user_name});
        self.send(Method::POST, "/scim2/Users", &self.admin, Some(body))
            .await
    }

    pub async fn validate(&self, token: &str, code: &str) -> Answer {
        let body = json!({"code": code, "properties": []});
        let path = format!("{IDENTITY}/me/validate-code");
        self.send(Method::POST, &path, token, Some(body)).await
    }

    pub async fn resend(&self, token: &str, scenario: &str) -> Answer {
        let body = json!({"properties": [{"key": "RecoveryScenario", "value": scenario}]});
        let path = format!("{IDENTITY}/me/resend-code");
        self.send(Method::POST, &path, token, Some(body)).await
    }

    /// A call of the privileged API, by the administrator.
    pub async fn privileged(&self, call: &str, body: Value) -> Answer {
        let path = format!("{IDENTITY}/{call}");
        self.send(Method::POST, &path, &self.admin, Some(body))
            .await
    }

    /// The codes that an address was sent, oldest first.
    pub async fn codes(&self, to: &str) -> Vec<String> {
        let to = to.replace('+', "%2B");
        let answer = get(&self.url(&format!("/_local/messages?to={to}")))
            .send()
            .await
            .json();
        codes(&answer)
    }

    /// `send` or `validate` of Transmit's API.
    pub async fn transmit(&self, call: &str, token: &str, body: Value) -> Answer {
        let path = format!("/cis/v1/verification/otp/sms/{call}");
        self.send(Method::POST, &path, token, Some(body)).await
    }

    pub async fn all_codes(&self) -> Vec<String> {
        codes(&get(&self.url("/_local/messages")).send().await.json())
    }

    /// Waits for a message without a code: that the number was the user's.
    pub async fn notice(&self, to: &str) {
        let to = to.replace('+', "%2B");
        let url = self.url(&format!("/_local/messages?to={to}"));
        for _ in 0..600 {
            let messages = get(&url).send().await.json();
            let mut messages = messages["messages"].as_array().unwrap().iter();
            if messages.any(|message| !message["body"].as_str().unwrap().contains(" : ")) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        unreachable!("nothing was said to {to}");
    }

    /// Moves the clock; answers what it shows then.
    pub async fn advance(&self, seconds: u64) -> String {
        let clock = post(
            &self.url("/_local/clock"),
            &json!({"advanceSeconds": seconds}),
        );
        let answer = clock.send().await;
        assert_eq!(answer.status, 200);
        answer.json()["now"].as_str().unwrap().to_owned()
    }

    /// How sending of text messages goes from now on.
    pub async fn sms(&self, outcome: &str) {
        self.sending("sms", outcome).await;
    }

    pub async fn email(&self, outcome: &str) {
        self.sending("email", outcome).await;
    }

    async fn sending(&self, channel: &str, outcome: &str) {
        let call = call(Method::PUT, &self.url(&format!("/_local/{channel}")));
        let answer = call.json(&json!({"outcome": outcome})).send().await;
        assert_eq!(answer.status, 204);
    }
}

pub fn codes(messages: &Value) -> Vec<String> {
    let messages = messages["messages"].as_array().unwrap();
    let bodies = messages
        .iter()
        .map(|message| message["body"].as_str().unwrap());
    // An old number's message holds none.
    let words = bodies.filter_map(|body| Some(body.rsplit_once(' ')?.1));
    let words = words.map(|word| word.rsplit_once("#code=").map_or(word, |(_, token)| token));
    words
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .map(str::to_owned)
        .collect()
}

/// A PATCH that replaces these attributes.
fn replacing(value: &Value) -> Value {
    json!({"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": value}]})
}

/// The attribute that makes a number the primary.
pub fn mobile(number: &str) -> Value {
    json!({"phoneNumbers": [{"type": "mobile", "value": number}]})
}

/// The attribute that makes an address the primary.
pub fn email(address: &str) -> Value {
    json!({"emails": [{"value": address}]})
}

/// The only e-mail address of a user as it is shown, where it is verified.
pub fn verified_email(user: &Value) -> Option<&str> {
    let verified = user[WSO2]["emailVerified"] == true;
    verified.then(|| user["emails"][0]["value"].as_str())?
}

/// The only pending e-mail address of a user, which is shown in two places alike.
pub fn pending_email(user: &Value) -> Option<&str> {
    let shown = [ENTERPRISE, WSO2].map(|urn| &user[urn]["pendingEmails"]);
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0].get(1), None);
    shown[0][0]["value"].as_str()
}

/// The primary number of a user as it is shown.
pub fn primary(user: &Value) -> Option<&str> {
    let phones = user["phoneNumbers"].as_array()?;
    let mobile = phones.iter().find(|phone| phone["type"] == "mobile")?;
    mobile["value"].as_str()
}

/// The pending number of a user, which is shown in two places alike.
pub fn pending(user: &Value) -> Option<&str> {
    let shown = [ENTERPRISE, WSO2].map(|urn| user[urn]["pendingMobileNumber"].as_str());
    assert_eq!(shown[0], shown[1]);
    shown[0]
}

/// A code that differs from this one in its first character.
pub fn wrong(code: &str) -> String {
    let first = if code.starts_with('2') { '3' } else { '2' };
    format!("{first}{}", &code[1..])
}

/// Status and code of an identity API's answer; success has no body.
pub fn outcome(answer: &Answer) -> (u16, String) {
    let code = match answer.body.as_slice() {
        [] => String::new(),
        _ => answer.json()["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    };
    (answer.status.as_u16(), code)
}

/// Whatever an attribute holds, keys included, as text to search in.
fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
        AttributeValue::B(bytes) => String::from_utf8_lossy(bytes.as_ref()).into_owned(),
        AttributeValue::L(list) => list.iter().map(text).collect::<Vec<_>>().join("\n"),
        AttributeValue::M(map) => {
            let members = map
                .iter()
                .map(|(key, value)| format!("{key}={}", text(value)));
            let members: BTreeSet<String> = members.collect();
            members.into_iter().collect::<Vec<_>>().join("\n")
        }
        other => format!("{other:?}"),
    }
}
