//! Guesses in parallel: never more are compared than the cap allows, never more counted than lock the account,
//! and a right code commits once.

use std::sync::Arc;
use std::time::Duration;

use local::testing::TestApp;

use super::{Racer, against, at_once, rounds, tallied, tally};
use crate::api::{mobile, pending, primary, wrong};

/// A right code that has expired says of each guess whether it was compared, and stays where it is:
/// 18002 where it was, 18001 past the cap, 17003 once the account is locked.
#[tokio::test(flavor = "multi_thread")]
async fn five_of_fifty_guesses_are_compared() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        test.stack.clock().advance(Duration::from_secs(301));
        let answers = at_once((0..50).map(|_| racer.validate(&code))).await;
        let expected = tallied([("400 18001", 5), ("400 18002", 5), ("429 17003", 40)]);
        assert_eq!(tally(&answers), expected);
    }
}

/// The same cap where nothing locks the account.
#[tokio::test(flavor = "multi_thread")]
async fn the_cap_holds_without_a_lock() {
    let test = Arc::new(TestApp::with(&["MaxFailures=100", "MaxSendsPerIpPerHour=0"]).await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        test.stack.clock().advance(Duration::from_secs(301));
        let answers = at_once((0..50).map(|_| racer.validate(&code))).await;
        let expected = tallied([("400 18001", 45), ("400 18002", 5)]);
        assert_eq!(tally(&answers), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_code_past_the_cap_is_not_compared() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        let answers = at_once((0..5).map(|_| racer.validate(&wrong(&code)))).await;
        assert_eq!(tally(&answers), tallied([("400 18001", 5)]));
        let answers = at_once((0..50).map(|_| racer.validate(&code))).await;
        let expected = tallied([("400 18001", 5), ("429 17003", 45)]);
        assert_eq!(tally(&answers), expected);
        let me = racer.me().await.body;
        assert_eq!(
            (primary(&me), pending(&me)),
            (None, Some(racer.number.as_str()))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failures_lock_the_account() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        let answers = at_once((0..50).map(|_| racer.validate(&wrong(&code)))).await;
        let expected = tallied([("400 18001", 10), ("429 17003", 40)]);
        assert_eq!(tally(&answers), expected);
        let (validated, sent) = against(round, racer.validate(&code), racer.resend()).await;
        assert_eq!(
            (validated.gist(), sent.gist()),
            ("429 17003".into(), "429 17003".into())
        );
        // When all of them have left the hour, all at once may fail again.
        test.stack.clock().advance(Duration::from_hours(1));
        let answers = at_once((0..20).map(|_| racer.validate(&wrong(&code)))).await;
        let expected = tallied([("400 18001", 10), ("429 17003", 10)]);
        assert_eq!(tally(&answers), expected);
        assert_eq!(racer.codes().len(), 1);
    }
}

/// Among four wrong ones it is always compared; among many, only if it is one of the first five.
#[tokio::test(flavor = "multi_thread")]
async fn the_right_code_among_wrong_ones_commits_or_is_refused() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        let guesses = if round.is_multiple_of(2) { 5 } else { 50 };
        let at = usize::try_from(round).unwrap() % guesses;
        let guess = |n| if n == at { code.clone() } else { wrong(&code) };
        let mut answers = at_once((0..guesses).map(|n| racer.validate(&guess(n)))).await;
        let right = answers.remove(at).gist();
        let refusals = ["400 18001", "429 17003"];
        assert!(
            tally(&answers)
                .keys()
                .all(|gist| refusals.contains(&gist.as_str()))
        );
        assert!(
            right == "202" || guesses == 50 && refusals.contains(&right.as_str()),
            "{right}"
        );
        let me = racer.me().await.body;
        let number = Some(racer.number.as_str());
        let expected = if right == "202" {
            (number, None)
        } else {
            (None, number)
        };
        assert_eq!((primary(&me), pending(&me)), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_commits_once() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        let before = test.user(&racer.id).await;
        let answers = at_once((0..20).map(|_| racer.validate(&code))).await;
        let mut others = tally(&answers);
        assert_eq!(others.remove("202"), Some(1), "{others:?}");
        assert!(
            others
                .keys()
                .all(|gist| ["400 18001", "429 17003"].contains(&gist.as_str())),
            "{others:?}"
        );
        let after = test.user(&racer.id).await;
        assert_eq!(
            after["version"].as_u64(),
            before["version"].as_u64().map(|version| version + 1)
        );
        let me = racer.me().await.body;
        assert_eq!(
            (primary(&me), pending(&me)),
            (Some(racer.number.as_str()), None)
        );
    }
}

/// One of them wins whole: the number is committed and nothing sent, or the code is dead and another one came.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_or_renewed() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        test.stack.clock().advance(Duration::from_secs(61));
        let (validated, sent) = against(round, racer.validate(&code), racer.resend()).await;
        let me = racer.me().await.body;
        let number = Some(racer.number.as_str());
        match (validated.gist().as_str(), sent.gist().as_str()) {
            ("202", "400 UAR-10012") => {
                assert_eq!((primary(&me), pending(&me)), (number, None));
                assert_eq!(racer.codes().len(), 1);
            }
            ("400 18001", "201") => {
                assert_eq!((primary(&me), pending(&me)), (None, number));
                let new = racer.codes().remove(1);
                assert_eq!(racer.validate(&new).await.gist(), "202");
            }
            other => unreachable!("{other:?}"),
        }
    }
}

/// The code commits its number or is dead; the other number is pending either way.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_or_its_number_replaced() {
    let test = Arc::new(TestApp::uncapped().await);
    for round in rounds() {
        let racer = Racer::pending(&test, round).await;
        let code = racer.codes().remove(0);
        let other = racer.number.replacen("+6012", "+6013", 1);
        let mut change = mobile(&other);
        change["nickName"] = "other".into();
        let (validated, patched) =
            against(round, racer.validate(&code), racer.patch(&change)).await;
        assert_eq!(patched.gist(), "200");
        let me = racer.me().await.body;
        let expected = match validated.gist().as_str() {
            "202" => Some(racer.number.as_str()),
            "400 18001" => None,
            other => unreachable!("{other}"),
        };
        assert_eq!(
            (primary(&me), pending(&me)),
            (expected, Some(other.as_str()))
        );
        assert_eq!(me["nickName"], "other");
        assert_eq!(super::codes(&test, &other).len(), 1);
    }
}
