//! Enters the numbers that were verified before `VerifiedNumberUniqueness` was switched on, or with the argument `emails`
//! the addresses that were before `VerifiedEmailUniqueness` was. Run it once, after the deployment that switches it on;
//! run again it does nothing more. `just adopt-numbers <users table>`, `just adopt-emails <users table>`.
//!
//! Reads `USERS_TABLE`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and, for a
//! DynamoDB elsewhere, `AWS_ENDPOINT_URL`. Needs `dynamodb:Scan` on the index `Ids`, `BatchGetItem`, `GetItem`,
//! `PutItem` and `ConditionCheckItem` on the table.

use std::error::Error;
use std::io::Write;

use shared::address::Channel;
use shared::config::process_env;
use shared::platform::Platform;
use shared::store::Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Nothing of what is pending is looked at: any name does.
    let env = |name: &str| match name {
        "VERIFICATIONS_TABLE" => process_env(name).or_else(|| process_env("USERS_TABLE")),
        name => process_env(name),
    };
    let store = Store::of_users(&env, &Platform::lambda(&env)?)?;
    let (channel, noun) = match std::env::args().nth(1).as_deref() {
        None => (Channel::Sms, "numbers"),
        Some("emails") => (Channel::Email, "addresses"),
        Some(_) => return Err("the only argument is emails".into()),
    };
    let adopted = store.adopt_verified(channel).await?;
    let mut out = std::io::stdout().lock();
    for conflict in &adopted.conflicts {
        writeln!(
            out,
            "conflict: {:?} is user {}'s, and verified for user {}, too",
            conflict.address, conflict.owner, conflict.other
        )?;
    }
    writeln!(
        out,
        "{} users; {} {noun} entered, {} there already, {} conflicts",
        adopted.users,
        adopted.entered,
        adopted.there,
        adopted.conflicts.len()
    )?;
    Ok(())
}
