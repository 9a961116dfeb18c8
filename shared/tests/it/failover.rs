//! Several providers: the next one is tried where the one before did not take the message over.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::{MockServer, ResponseTemplate};

use crate::stub::{Broken, Line, answering, calls, form, json as sent_json, only_request, saying};
use crate::support::{BODY, Sender, custom, twilio, vonage, with};

async fn good() -> MockServer {
    saying(200, &json!({"sid": "SM1", "messages": [{"status": "0"}]})).await
}

async fn bad(status: u16, body: &Value) -> MockServer {
    saying(status, body).await
}

#[tokio::test]
async fn the_next_one_gets_the_same_message() {
    for status in [302, 400, 401, 403, 404, 429, 500, 503] {
        let (first, second, third) = (bad(status, &json!({})).await, good().await, good().await);
        let secret = json!([
            twilio(&first.uri()),
            custom(&second.uri()),
            vonage(&third.uri())
        ]);
        let sender = Sender::new(&secret).await;
        assert_eq!(sender.send().await, "sent", "{status}");
        assert_eq!(form(&only_request(&first).await)[2].1, BODY);
        let request = only_request(&second).await;
        assert_eq!(
            sent_json(&request),
            json!({"content": BODY, "to": "+60123456789"})
        );
        // One message, not two.
        assert_eq!(calls(&third).await, 0);
    }
}

#[tokio::test]
async fn the_first_one_is_the_first_again_next_time() {
    let (first, second) = (bad(500, &json!({})).await, good().await);
    let secret = json!([vonage(&first.uri()), twilio(&second.uri())]);
    let sender = Sender::new(&secret).await;
    for sent in 1..=3 {
        assert_eq!(sender.send().await, "sent");
        assert_eq!((calls(&first).await, calls(&second).await), (sent, sent));
    }
}

#[tokio::test]
async fn broken_connections_count() {
    for line in [Line::Reset, Line::Closed, Line::Endless] {
        let (first, second) = (Broken::start(line).await, good().await);
        let secret = json!([vonage(&first.url), twilio(&second.uri())]);
        assert_eq!(Sender::new(&secret).await.send().await, "sent", "{line:?}");
        assert_eq!((first.calls(), calls(&second).await), (1, 1), "{line:?}");
    }
}

#[tokio::test]
async fn a_refused_number_is_not_tried_elsewhere() {
    let opted_out = bad(400, &json!({"code": 21610})).await;
    let barred = bad(200, &json!({"messages": [{"status": "7"}]})).await;
    for provider in [twilio(&opted_out.uri()), vonage(&barred.uri())] {
        let second = good().await;
        let secret = json!([provider, custom(&second.uri())]);
        let said = Sender::new(&secret).await.send().await;
        assert!(said.starts_with("the number was refused"), "{said}");
        assert_eq!(calls(&second).await, 0);
    }
}

/// What has the code alone would be a message about nothing.
#[tokio::test]
async fn a_text_without_a_code_needs_a_place_for_the_text() {
    let (first, second) = (good().await, good().await);
    let alone = json!({"payloadTemplate": r#"{"otp": $ctx.otp, "to": {{mobile}}}"#});
    let alone = with(custom(&first.uri()), &alone);
    let sender = Sender::new(&json!([alone, custom(&second.uri())])).await;
    assert_eq!(sender.send_notice("Not you?").await, "sent");
    assert_eq!((calls(&first).await, calls(&second).await), (0, 1));
    let sent = sent_json(&only_request(&second).await);
    assert_eq!(sent["content"], "Not you?");
    assert_eq!(sender.send().await, "sent");
    assert_eq!((calls(&first).await, calls(&second).await), (1, 1));
    let said = Sender::new(&alone).await.send_notice("Not you?").await;
    let expected = "rejected: its templates have the code alone, and this message has none";
    assert_eq!(said, expected);
    assert_eq!(calls(&first).await, 1);
}

#[tokio::test]
async fn where_none_takes_it_over_the_last_one_says_why() {
    let (first, second) = (bad(401, &json!({})).await, bad(429, &json!({})).await);
    let secret = json!([twilio(&first.uri()), custom(&second.uri())]);
    assert_eq!(Sender::new(&secret).await.send().await, "throttled: 429");
    assert_eq!((calls(&first).await, calls(&second).await), (1, 1));
}

#[tokio::test]
async fn a_changed_secret_goes_on_with_the_newer_list() {
    let (first, second) = (bad(401, &json!({})).await, good().await);
    let old = json!([twilio(&first.uri()), vonage(&second.uri())]);
    let sender = Sender::new(&old).await;
    // The first one is known by other credentials, which are bad as well, and there is another second one.
    let (newer, third) = (bad(401, &json!({})).await, good().await);
    sender.change(&json!([
        with(twilio(&newer.uri()), &json!({"authToken": "newer-hidden"})),
        custom(&third.uri())
    ]));
    assert_eq!(sender.send().await, "sent");
    let counts = (calls(&first).await, calls(&newer).await);
    assert_eq!(
        (counts, calls(&second).await, calls(&third).await),
        ((1, 1), 0, 1)
    );
}

/// A clock that stands still, but for what a test lets pass: sockets go on, and their time costs none.
/// (Tokio's own would jump ahead while it waits for them, except where a blocking task runs.)
struct Frozen {
    started: Instant,
    _thawed: mpsc::Sender<()>,
}

impl Frozen {
    fn clock() -> Self {
        let (thawed, until) = mpsc::channel::<()>();
        // Not for ever: a test that waits in vain is to fail.
        let wait = move || until.recv_timeout(Duration::from_secs(20));
        tokio::task::spawn_blocking(wait);
        tokio::time::pause();
        Self {
            started: Instant::now(),
            _thawed: thawed,
        }
    }

    /// A little more than that: timers end on the next millisecond.
    async fn pass(&self, seconds: u64) {
        tokio::time::advance(Duration::from_millis(seconds * 1000 + 5)).await;
    }

    fn seconds_passed(&self) -> u64 {
        self.started.elapsed().as_secs()
    }
}

#[tokio::test]
async fn a_provider_has_ten_seconds() {
    let (first, second) = (Broken::start(Line::Silent).await, good().await);
    let secret = json!([vonage(&first.url), twilio(&second.uri())]);
    let sender = Sender::new(&secret).await;
    let clock = Frozen::clock();
    let sending = tokio::spawn(async move { sender.send().await });
    first.heard().await;
    clock.pass(9).await;
    assert_eq!(calls(&second).await, 0);
    assert!(!sending.is_finished());
    clock.pass(1).await;
    assert_eq!(sending.await.unwrap(), "sent");
    assert_eq!(clock.seconds_passed(), 10);
    assert_eq!((first.calls(), calls(&second).await), (1, 1));
}

#[tokio::test]
async fn all_of_them_have_twenty_five_seconds() {
    let first = Broken::start(Line::Silent).await;
    let second = Broken::start(Line::Stuck).await;
    let third = Broken::start(Line::Silent).await;
    let fourth = good().await;
    let secret = json!([
        vonage(&first.url),
        twilio(&second.url),
        custom(&third.url),
        custom(&fourth.uri())
    ]);
    let sender = Sender::new(&secret).await;
    let clock = Frozen::clock();
    let sending = tokio::spawn(async move { sender.send().await });
    first.heard().await;
    clock.pass(10).await;
    second.heard().await;
    clock.pass(10).await;
    third.heard().await;
    clock.pass(4).await;
    assert!(!sending.is_finished());
    clock.pass(1).await;
    assert_eq!(sending.await.unwrap(), "unknown: no answer in time");
    assert_eq!(clock.seconds_passed(), 25);
    assert_eq!(calls(&fourth).await, 0);
}

#[tokio::test]
async fn without_time_nobody_is_called() {
    let stub = answering(ResponseTemplate::new(200)).await;
    let sender = Sender::new(&custom(&stub.uri())).await;
    let said = sender.send_within(Duration::ZERO).await;
    assert_eq!(said, "unavailable: no time was left");
    assert_eq!(calls(&stub).await, 0);
}
