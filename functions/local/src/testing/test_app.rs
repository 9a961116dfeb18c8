//! All functions on one stack, and a look at what they leave behind: messages and items.
//! A test of one function needs the others to get there: a code is validated after it was sent.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Context, LambdaEvent, Response};
use serde_json::{Map, Value};
use shared::runtime::Function;
use shared::user::name::folded;

use crate::testing::{Answer, Event, TestStack, described};

/// The id of the seeds' user, `bob123`, whose number +60111111111 is verified.
pub const BOB: &str = crate::users::BOB;

/// The id of the user without a number, `alice`.
pub const ALICE: &str = crate::users::ALICE;

/// No caps on messages: what is left is the cooldown.
pub const UNCAPPED: [&str; 6] = [
    "MaxSendsPerHour=0",
    "MaxSendsPerDay=0",
    "MaxSendsPerIpPerHour=0",
    "MaxSendsPerHourInAll=0",
    "MaxNoticesPerHourInAll=0",
    "MaxEmailsPerHourInAll=0",
];

/// Every function, started as the template says.
pub struct TestApp {
    pub stack: TestStack,
    /// On the heap: the futures of tests hold all of this.
    pub scim_patch: Box<scim_patch::App>,
    pub scim_users: scim_users::App,
    pub validate_code: validate_code::App,
    pub resend_code: resend_code::App,
    pub transmit: transmit::App,
    pub notify_old_number: notify_old_number::App,
    /// On the heap, and the next ones: futures that hold all functions are large enough.
    pub second_factor: Box<second_factor::App>,
    pub second_factor_pages: Box<second_factor_pages::App>,
    pub cognito_triggers: Box<cognito_triggers::App>,
}

impl TestApp {
    /// With the local server's defaults.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Without the caps on messages: for tests of what comes after many.
    pub async fn uncapped() -> Self {
        Self::with(&UNCAPPED).await
    }

    /// Without caps and without lookups by code: DynamoDB is asked for the claim itself only.
    pub async fn bare() -> Self {
        Self::bare_with(&[]).await
    }

    /// The same with more values for the template's parameters.
    pub async fn bare_with(overrides: &[&str]) -> Self {
        let bare = [&UNCAPPED[..], &["PrivilegedLookupByCode=false"], overrides];
        Self::with(&bare.concat()).await
    }

    /// With values for the template's parameters, such as `OtpLength=8`.
    pub async fn with(overrides: &[&str]) -> Self {
        let stack = Box::pin(TestStack::with(overrides)).await;
        Box::pin(Self::on(stack)).await
    }

    /// At the start of a clock hour, so that no window of a cap ends in the middle of a test.
    pub async fn at_the_hour(overrides: &[&str]) -> Self {
        let test = Self::with(overrides).await;
        let now = test.stack.clock().now();
        let left = now.seconds_until(now.end_of(Duration::from_hours(1)));
        test.stack.clock().advance(Duration::from_secs(left));
        test
    }

    /// On a stack that is there already.
    pub async fn on(stack: TestStack) -> Self {
        Self {
            scim_patch: Box::new(started(&stack).await),
            scim_users: started(&stack).await,
            validate_code: started(&stack).await,
            resend_code: started(&stack).await,
            transmit: started(&stack).await,
            notify_old_number: started(&stack).await,
            second_factor: Box::new(started(&stack).await),
            second_factor_pages: Box::new(started(&stack).await),
            cognito_triggers: Box::new(started(&stack).await),
            stack,
        }
    }

    pub async fn patch(&self, event: &Event) -> Answer {
        let answer = scim_patch::handle(&self.scim_patch, event.request());
        told(event, Box::pin(answer).await)
    }

    pub async fn users(&self, event: &Event) -> Answer {
        let answer = scim_users::handle(&self.scim_users, event.request());
        told(event, Box::pin(answer).await)
    }

    pub async fn validate(&self, event: &Event) -> Answer {
        let answer = validate_code::handle(&self.validate_code, event.request());
        told(event, Box::pin(answer).await)
    }

    pub async fn resend(&self, event: &Event) -> Answer {
        let answer = resend_code::handle(&self.resend_code, event.request());
        told(event, Box::pin(answer).await)
    }

    pub async fn transmit(&self, event: &Event) -> Answer {
        let answer = transmit::handle(&self.transmit, event.request());
        told(event, Box::pin(answer).await)
    }

    pub async fn second_factor(&self, event: &Event) -> Answer {
        let answer = second_factor::handle(&self.second_factor, event.request());
        told(event, Box::pin(answer).await)
    }

    pub async fn second_factor_pages(&self, event: &Event) -> Answer {
        let answer = second_factor_pages::handle(&self.second_factor_pages, event.request());
        told(event, Box::pin(answer).await)
    }

    /// What a user pool gets back for an event of its triggers; the text of its failure where it fails.
    pub async fn cognito(&self, event: &Value) -> Result<Value, String> {
        let event = LambdaEvent::new(
            event.as_object().cloned().unwrap_or_default(),
            Context::default(),
        );
        let answer = Box::pin(cognito_triggers::handle(&self.cognito_triggers, event)).await;
        answer
            .map(Value::Object)
            .map_err(|failed| failed.to_string())
    }

    /// The code in the newest message.
    pub fn code(&self) -> String {
        let messages = self.stack.outbox().messages(None);
        let code = messages.last().and_then(|m| m.body.rsplit(' ').next());
        code.unwrap_or_default().to_owned()
    }

    /// Who got a message, oldest first.
    pub fn sent_to(&self) -> Vec<String> {
        let messages = self.stack.outbox().messages(None);
        messages.into_iter().map(|message| message.to).collect()
    }

    /// A user's item; null where there is none.
    pub async fn user(&self, id: &str) -> Value {
        self.item("USERS_TABLE", &format!("USER#{id}")).await
    }

    /// A user's verification item; null where there is none.
    pub async fn verification(&self, id: &str) -> Value {
        self.item("VERIFICATIONS_TABLE", &format!("USER#{id}"))
            .await
    }

    /// What a user's verification item says: claims, tries, failures, sends.
    /// Not what only counts its writes: a write that was taken back is still one. Nor what became of messages and of
    /// claims that are no more.
    pub async fn pending(&self, id: &str) -> Map<String, Value> {
        let Value::Object(mut item) = self.verification(id).await else {
            return Map::new();
        };
        item.retain(|name, value| {
            !["pk", "revision", "ttl", "unsent", "spent", "undone"].contains(&name.as_str())
                && value.as_object().is_none_or(|map| !map.is_empty())
                && !(name == "failed" && has_no_failures(value))
        });
        item
    }

    /// The names of all users, in order. Each name and each externalId has an item, and there are no others
    /// but those of verified numbers and e-mail addresses, each its user's.
    pub async fn user_names(&self) -> Vec<String> {
        let items = self.items("USERS_TABLE").await;
        let (users, keys): (Vec<_>, Vec<_>) = items.iter().partition(|item| item["id"].is_string());
        let mut wanted = BTreeMap::new();
        for user in &users {
            let name = user["userName"].as_str().unwrap_or_default();
            let id = user["id"].as_str().unwrap_or_default();
            wanted.insert(format!("USERNAME#{}", folded(name)), id);
            let profile = user["profile"].as_str().unwrap_or_default();
            let profile: Value = profile.parse().unwrap_or_default();
            if let Some(external) = profile["externalId"].as_str() {
                wanted.insert(format!("EXTERNALID#{external}"), id);
            }
        }
        let (addresses, keys): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(|key| is_of_an_address(key));
        for address in addresses {
            let owned = users.iter().any(|user| has_verified(user, address));
            assert!(owned, "a verified address without a user");
        }
        let there = keys
            .iter()
            .filter_map(|key| Some((key["pk"].as_str()?.to_owned(), key["user"].as_str()?)));
        let there: BTreeMap<_, _> = there.collect();
        assert_eq!(
            there, wanted,
            "a name without a user, or a user without one"
        );
        let names = users.iter().filter_map(|user| user["userName"].as_str());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Failures of a user that are kept as those of the hour.
    pub async fn failures(&self, id: &str) -> usize {
        let item = self.verification(id).await;
        let kept = item["failed"]["recent"].as_object();
        kept.map_or(0, Map::len)
    }

    /// Puts a verification item as a test wants it.
    pub async fn put_verification(&self, item: &Value) {
        self.put("VERIFICATIONS_TABLE", item).await;
    }

    /// Puts an item beside the users as a test wants it.
    pub async fn put_user_item(&self, item: &Value) {
        self.put("USERS_TABLE", item).await;
    }

    /// An item beside the users, by its key; null where there is none.
    pub async fn users_item(&self, pk: &str) -> Value {
        self.item("USERS_TABLE", pk).await
    }

    async fn put(&self, table: &str, item: &Value) {
        let table = self.stack.env("scim-patch")(table).unwrap_or_default();
        let item = serde_dynamo::aws_sdk_dynamodb_1::to_item(item);
        let put = self.stack.dynamodb().put_item().table_name(table);
        let put = put.set_item(item.ok()).send().await;
        assert!(put.is_ok(), "not put: {put:?}");
    }

    /// The keys of all verification items.
    pub async fn verification_keys(&self) -> Vec<String> {
        let items = self.items("VERIFICATIONS_TABLE").await;
        let keys = items.iter().filter_map(|item| item["pk"].as_str());
        keys.map(str::to_owned).collect()
    }

    async fn items(&self, table: &str) -> Vec<Value> {
        let table = self.stack.env("scim-patch")(table).unwrap_or_default();
        let scan = self.stack.dynamodb().scan().table_name(&table);
        let items = match scan.send().await {
            Ok(scan) => scan.items.unwrap_or_default(),
            Err(error) => panic!("no look into {table}: {error:?}"),
        };
        let items = items.into_iter();
        items.map(|item| json(AttributeValue::M(item))).collect()
    }

    async fn item(&self, table: &str, pk: &str) -> Value {
        let table = self.stack.env("scim-patch")(table).unwrap_or_default();
        let get = self.stack.dynamodb().get_item().table_name(table);
        let got = get.key("pk", AttributeValue::S(pk.to_owned())).send().await;
        match got {
            Ok(got) => got
                .item
                .map_or(Value::Null, |item| json(AttributeValue::M(item))),
            Err(error) => panic!("no look at {pk}: {error:?}"),
        }
    }
}

/// What a function answered, which is described.
fn told(event: &Event, response: Response<Body>) -> Answer {
    let answer = Answer::from(response);
    described::check(event, &answer);
    answer
}

async fn started<F: Function>(stack: &TestStack) -> F {
    let env = stack.env(F::NAME);
    match Box::pin(F::from_env(&env, stack.platform())).await {
        Ok(function) => function,
        Err(error) => panic!("{} does not start: {error}", F::NAME),
    }
}

/// Whether none are kept, neither of the hour nor in a row.
fn has_no_failures(failed: &Value) -> bool {
    ["recent", "streak"]
        .iter()
        .all(|name| failed[*name].as_object().is_none_or(Map::is_empty))
}

/// What begins the keys of verified addresses, and where a user's item has the primary one, whether it is verified, and
/// the verified list.
const VERIFIED: [(&str, [&str; 3]); 2] = [
    (
        "PHONE#",
        ["/primary", "/phoneVerified", "/verifiedMobileNumbers"],
    ),
    (
        "EMAIL#",
        [
            "/emails/primary",
            "/emails/verified",
            "/emails/verifiedAddresses",
        ],
    ),
];

fn is_of_an_address(key: &Value) -> bool {
    let pk = key["pk"].as_str().unwrap_or_default();
    VERIFIED.iter().any(|(kind, _)| pk.starts_with(kind))
}

/// Whether the item of an address is this user's, who has it verified.
fn has_verified(user: &Value, item: &Value) -> bool {
    let pk = item["pk"].as_str().unwrap_or_default();
    VERIFIED.iter().any(|(kind, paths)| {
        let [primary, verified, list] = paths.map(|path| user.pointer(path));
        let is_it = |value: &Value| {
            let address = value.as_str().map(str::to_lowercase);
            address.as_deref() == pk.strip_prefix(kind)
        };
        let listed = list.and_then(Value::as_array);
        let listed = listed.is_some_and(|list| list.iter().any(is_it));
        let primary = verified == Some(&Value::Bool(true)) && primary.is_some_and(is_it);
        item["user"] == user["id"] && (listed || primary)
    })
}

fn json(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => text.into(),
        AttributeValue::N(number) => number.parse().unwrap_or_default(),
        AttributeValue::Bool(flag) => flag.into(),
        AttributeValue::L(list) => list.into_iter().map(json).collect(),
        AttributeValue::M(map) => map.into_iter().map(|(k, v)| (k, json(v))).collect(),
        _ => Value::Null,
    }
}
