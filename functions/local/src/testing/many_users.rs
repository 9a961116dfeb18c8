//! Many users at once, written past the functions: a test of lists needs more than requests could make.
//! Each has the items of its names, too, so that the table is as full as it would be.

use serde_json::{Map, Value, json};
use shared::user::User;
use shared::user::backup_codes::BackupCodes;
use shared::user::numbers::Numbers;

use crate::testing::TestApp;

impl TestApp {
    /// Users named `user-00000` and so on, each with the profile that `profile` makes of its number.
    pub async fn many_users(&self, count: usize, profile: impl Fn(usize) -> Value) {
        let mut items = Vec::new();
        for number in 0..count {
            let user = self.one(number, profile(number));
            let mut names = vec![format!("USERNAME#{}", user.user_name)];
            names.extend(user.external_id().map(|id| format!("EXTERNALID#{id}")));
            items.extend(
                names
                    .iter()
                    .map(|name| json!({ "pk": { "S": name }, "user": { "S": user.id } })),
            );
            let item = serde_dynamo::to_item::<_, serde_dynamo::Item>(&user);
            match item.map(serde_json::to_value) {
                Ok(Ok(Value::Object(mut item))) => {
                    item.insert("pk".to_owned(), json!({ "S": format!("USER#{}", user.id) }));
                    items.push(item.into());
                }
                other => panic!("no user {number}: {other:?}"),
            }
        }
        let table = self.stack.env("scim-users")("USERS_TABLE").unwrap_or_default();
        if let Err(error) = self.stack.embedded().import(&table, items).await {
            panic!("no crowd: {error}");
        }
    }

    /// The users' order by id is not that by name.
    fn one(&self, number: usize, profile: Value) -> User {
        let now = self.stack.clock().now();
        User {
            id: format!(
                "00000000-0000-4000-8000-{:012x}",
                number * 7_919 % 1_000_003
            ),
            version: 1,
            created: now,
            last_modified: now,
            user_name: format!("user-{number:05}"),
            profile: match profile {
                Value::Object(profile) => profile,
                _ => Map::new(),
            },
            numbers: Numbers::default(),
            emails: None,
            own_changes: Vec::new(),
            backup_codes: BackupCodes::default(),
            sign_ins_ended: None,
        }
    }
}
