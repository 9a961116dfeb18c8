//! Text messages and e-mails go out by one dispatcher, and are counted each on its own.

use std::net::IpAddr;
use std::time::Duration;

use local::testing::{TestStack, UNCAPPED};
use shared::address::Address;
use shared::config::ConfigError;
use shared::messaging::caps::{Purpose, Requester};
use shared::messaging::courier::deadline;
use shared::messaging::dispatch::{DispatchError, Dispatcher, Envelope};
use shared::messaging::message::Message;
use shared::platform::Platform;
use shared::platform::outbox::Outcome;
use shared::verification::limits::{Cap, Refusal};

const NUMBER: &str = "+60123456789";
const BOB: &str = "bob@abc.com";
const HOUR: Duration = Duration::from_hours(1);

/// What sends codes, or notices, with these values for the template's parameters.
struct Post {
    stack: TestStack,
    dispatcher: Dispatcher,
    notices: Dispatcher,
}

impl Post {
    async fn with(overrides: &[&str]) -> Self {
        let overrides = [&["EnableEmailVerification=true"], overrides].concat();
        Self::on(TestStack::with(&overrides).await).await
    }

    /// At the start of a clock hour, so that no window ends in the middle of a test.
    async fn on(stack: TestStack) -> Self {
        let now = stack.clock().now();
        let left = now.seconds_until(now.end_of(HOUR));
        stack.clock().advance(Duration::from_secs(left));
        let dispatcher = dispatcher(&stack, stack.platform()).await.unwrap();
        let env = stack.env("notify-old-number");
        let notices = Dispatcher::of_notices(&env, stack.platform()).await;
        let notices = notices.unwrap().with_emails(&env, stack.platform()).await;
        Self {
            dispatcher,
            notices: notices.unwrap(),
            stack,
        }
    }

    /// A code to somebody, asked for from an IP address: what becomes of it.
    async fn code(&self, to: &str, from: &str) -> Result<(), String> {
        let purpose = Purpose::Code(Requester {
            address: Some(from.parse::<IpAddr>().unwrap()),
            ..Requester::default()
        });
        self.send(&self.dispatcher, to, purpose).await
    }

    async fn notice(&self, to: &str) -> Result<(), String> {
        self.send(&self.notices, to, Purpose::Notice).await
    }

    async fn send(
        &self,
        dispatcher: &Dispatcher,
        to: &str,
        purpose: Purpose,
    ) -> Result<(), String> {
        let to = Address::from_stored(to);
        let region = if to.as_phone().is_some() { "MY" } else { "" };
        let envelope = Envelope {
            user: "u",
            to: &to,
            region,
            purpose,
            now: self.stack.clock().now(),
        };
        let reserved = dispatcher.reserve(&envelope).await;
        let reservation = reserved.map_err(|error| match error {
            DispatchError::Refused(Refusal::Capped { cap, .. }) => format!("{cap:?}"),
            other => other.to_string(),
        })?;
        let message = Message {
            user: "u",
            to: &to,
            region,
            body: "Code : 1",
            subject: "Verify",
            html: "<p>Code : 1</p>",
            code: "1",
            sender: None,
        };
        let sent = dispatcher.send(&envelope, &message, reservation, deadline());
        sent.await.map_err(|error| error.to_string())
    }

    /// The keys of all counters.
    async fn counters(&self) -> Vec<String> {
        let table = self.stack.env("scim-patch")("VERIFICATIONS_TABLE").unwrap();
        let scan = self.stack.dynamodb().scan().table_name(table);
        let items = scan.send().await.unwrap().items.unwrap_or_default();
        let keys = items.iter().map(|item| item["pk"].as_s().unwrap().clone());
        let mut keys: Vec<String> = keys.filter(|key| key.starts_with("SENDS#")).collect();
        keys.sort();
        keys
    }
}

async fn dispatcher(stack: &TestStack, platform: &Platform) -> Result<Dispatcher, ConfigError> {
    let env = stack.env("scim-patch");
    let texts = Dispatcher::of_codes(&env, platform).await?;
    texts.with_emails(&env, platform).await
}

fn full(cap: Cap) -> Result<(), String> {
    Err(format!("{cap:?}"))
}

#[tokio::test]
async fn a_full_count_of_one_channel_stops_nothing_of_the_other() {
    let limits = ["MaxSendsPerHourInAll=2", "MaxEmailsPerHourInAll=2"];
    let post = Post::with(&limits).await;
    for from in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(post.code(BOB, from).await, Ok(()));
    }
    assert_eq!(
        post.code("alice@abc.com", "192.0.2.3").await,
        full(Cap::Deployment)
    );
    for number in [NUMBER, "+60123456780"] {
        assert_eq!(post.code(number, "192.0.2.1").await, Ok(()));
    }
    assert_eq!(
        post.code("+60123456781", "192.0.2.3").await,
        full(Cap::Deployment)
    );
    // Nor do codes use up what notices have.
    assert_eq!(post.notice(BOB).await, Ok(()));
    assert_eq!(post.notice(BOB).await, Ok(()));
    assert_eq!(post.notice(BOB).await, full(Cap::Deployment));
    assert_eq!(post.notice(NUMBER).await, Ok(()));
    post.stack.clock().advance(HOUR);
    assert_eq!(post.code("alice@abc.com", "192.0.2.3").await, Ok(()));
}

#[tokio::test]
async fn an_address_gets_as_many_as_a_number() {
    let post = Post::with(&["MaxSendsPerHour=2"]).await;
    // Spellings and tags are one mailbox.
    assert_eq!(post.code("Bob@ABC.com", "192.0.2.1").await, Ok(()));
    assert_eq!(post.code("bob+shop@abc.com", "192.0.2.1").await, Ok(()));
    assert_eq!(
        post.code("bob+x@abc.com", "192.0.2.1").await,
        full(Cap::Number)
    );
    assert_eq!(post.code("alice@abc.com", "192.0.2.1").await, Ok(()));
    assert_eq!(post.code(NUMBER, "192.0.2.1").await, Ok(()));
    // Notices are counted apart.
    assert_eq!(post.notice(BOB).await, Ok(()));
}

#[tokio::test]
async fn an_ip_address_asks_for_as_many_of_each_channel() {
    let post = Post::with(&["MaxSendsPerIpPerHour=1"]).await;
    assert_eq!(post.code(BOB, "192.0.2.1").await, Ok(()));
    assert_eq!(
        post.code("alice@abc.com", "192.0.2.1").await,
        full(Cap::Address)
    );
    assert_eq!(post.code(NUMBER, "192.0.2.1").await, Ok(()));
    assert_eq!(
        post.code("+60123456780", "192.0.2.1").await,
        full(Cap::Address)
    );
    assert_eq!(post.code("alice@abc.com", "192.0.2.2").await, Ok(()));
}

/// Keys name nobody, and those of text messages are as they were.
#[tokio::test]
async fn counters_are_found_by_a_pseudonym() {
    let post = Post::with(&[]).await;
    assert_eq!(post.code(BOB, "192.0.2.1").await, Ok(()));
    let emails = post.counters().await;
    assert_eq!(emails.len(), 3, "{emails:?}");
    for key in &emails {
        assert!(key.starts_with("SENDS#EMAIL#"), "{key}");
        assert!(!(key.contains("bob") || key.contains("abc.com")), "{key}");
    }
    assert_eq!(post.code(NUMBER, "192.0.2.1").await, Ok(()));
    let texts = post.counters().await;
    let texts: Vec<_> = texts.iter().filter(|key| !emails.contains(key)).collect();
    let kinds = ["SENDS#ADDRESS#", "SENDS#ALL#", "SENDS#NUMBER#"];
    assert_eq!(texts.len(), kinds.len());
    for (key, kind) in texts.iter().zip(kinds) {
        assert!(key.starts_with(kind), "{key}");
    }
}

#[tokio::test]
async fn what_was_not_taken_over_is_not_counted() {
    let post = Post::with(&["MaxSendsPerHour=1"]).await;
    let outbox = post.stack.outbox();
    for (outcome, said) in [
        (Outcome::Refused, "the address was refused: as told"),
        (Outcome::Unavailable, "unavailable: as told"),
    ] {
        outbox.set_email_outcome(outcome);
        let sent = post.code(BOB, "192.0.2.1").await;
        assert_eq!(sent, Err(said.to_owned()));
    }
    outbox.set_email_outcome(Outcome::Unknown);
    let sent = post.code(BOB, "192.0.2.1").await;
    assert_eq!(sent, Err("unknown: as told".to_owned()));
    outbox.set_email_outcome(Outcome::Delivered);
    assert_eq!(post.code(BOB, "192.0.2.1").await, full(Cap::Number));
}

#[tokio::test]
async fn regions_are_of_numbers() {
    let post = Post::with(&["AllowedRegions=GB"]).await;
    let region = Err("messages do not go to its region".to_owned());
    assert_eq!(post.code(NUMBER, "192.0.2.1").await, region);
    assert_eq!(post.code(BOB, "192.0.2.1").await, Ok(()));
    let [email] = post.stack.outbox().messages(None).try_into().ok().unwrap();
    assert_eq!(email.to, BOB);
    assert_eq!(email.sender, "local <no-reply@local.example>");
    assert_eq!(email.email.unwrap().subject, "Verify");
}

/// Off, there is nobody who would send, and nothing that is asked of whoever deploys.
#[tokio::test]
async fn without_verification_no_email_is_sent() {
    let stack = TestStack::with(&UNCAPPED).await;
    let post = Post::on(stack).await;
    let said = Err("unavailable: no e-mails are sent".to_owned());
    assert_eq!(post.code(BOB, "192.0.2.1").await, said);
    assert_eq!(post.code(NUMBER, "192.0.2.1").await, Ok(()));
    assert_eq!(post.stack.outbox().messages(None).len(), 1);
    assert!(!format!("{:?}", post.dispatcher).contains("emails: Some"));
    let on = Post::with(&[]).await;
    assert!(format!("{:?}", on.dispatcher).contains("emails: Some(Courier([\"outbox\"]))"));
}
