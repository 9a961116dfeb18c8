//! Anything at all, in any order, over every door: four users, twelve numbers, twelve e-mail addresses, a clock that runs
//! hours ahead, gateways that lie. Whatever it was, what is promised holds: the oracle beside this says what that is.

mod kind;
mod operation;
mod oracle;
mod requests;
mod world;

use std::cell::RefCell;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use shared::address::Channel;
use shared::config::process_env;

use self::kind::kind;
use self::operation::{Rules, Setup, Step, setup, steps};
use self::oracle::{Oracle, Tally, WANTED};
use self::world::World;

/// As many as `MODEL_CASES` says, or so many.
const CASES: u32 = 16;

/// Every item is looked at after so many steps, and at the end.
const LOOKED_AFTER: usize = 8;

/// The same operations at every run; others at each where `MODEL_CASES` asks for many.
fn config() -> Config {
    let cases = process_env("MODEL_CASES").map(|cases| cases.parse().unwrap());
    let seed = match cases {
        None => RngSeed::Fixed(20_261_127),
        Some(_) => RngSeed::Random,
    };
    Config {
        rng_seed: seed,
        cases: cases.unwrap_or(CASES),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    }
}

#[test]
fn whatever_is_asked_the_promises_hold() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    let seen = RefCell::new(Tally::default());
    let cases = (setup(), steps(15..100));
    let tested = TestRunner::new(config()).run(&cases, |(setup, steps)| {
        let tally = runtime.block_on(play(setup, &steps));
        seen.borrow_mut().join(&tally.map_err(TestCaseError::fail)?);
        Ok(())
    });
    match tested {
        Ok(()) => {}
        Err(TestError::Fail(why, (setup, steps))) => {
            unreachable!("{setup:?}\n{}\n{why}", listed(&steps))
        }
        Err(why) => unreachable!("{why}"),
    }
    let seen = seen.into_inner();
    eprintln!("{seen:#?}");
    for what in WANTED {
        assert!(
            seen.0.get(what).is_some_and(|times| *times > 0),
            "never: {what}"
        );
    }
}

async fn play(setup: Setup, steps: &[Step]) -> Result<Tally, String> {
    let mut world = Box::pin(World::new(setup)).await;
    let mut oracle = Oracle::new(setup);
    for (n, step) in steps.iter().enumerate() {
        let seen = world.play(step, &oracle.codes()).await;
        let judged = oracle.judge(step, &seen);
        judged.map_err(|why| format!("step {n}: {why}"))?;
        if n % LOOKED_AFTER == 0 || n + 1 == steps.len() {
            nothing_is_left_behind(&world, setup, &seen.after.users).await?;
        }
    }
    Ok(oracle.tally)
}

/// Every item belongs to somebody.
async fn nothing_is_left_behind(
    world: &World,
    setup: Setup,
    users: &[serde_json::Value],
) -> Result<(), String> {
    // Which holds names and numbers against each other, too.
    world.test.user_names().await;
    if setup.rules == Rules::Unique {
        for (user, id) in users.iter().zip(&world.ids) {
            for channel in Channel::ALL {
                let kind = kind(channel);
                for address in kind.stored(user).all_verified() {
                    let item = world
                        .test
                        .users_item(&format!("{}{address}", kind.key))
                        .await;
                    if item["user"] != **id {
                        return Err(format!("{address} is not kept for {id}"));
                    }
                }
            }
        }
    }
    for key in world.test.verification_keys().await {
        let owner = key.strip_prefix("USER#");
        let known = owner.is_none_or(|id| {
            id.starts_with("subject#") || world.ids.iter().any(|known| known == id)
        });
        let counts = ["CODE#", "SENDS#"].iter().any(|kind| key.starts_with(kind));
        if !known || (owner.is_none() && !counts) || names_an_address(&key) {
            return Err(format!("{key} is nobody's"));
        }
    }
    Ok(())
}

fn names_an_address(key: &str) -> bool {
    ["+60", "abc.com"].iter().any(|part| key.contains(part))
}

fn listed(steps: &[Step]) -> String {
    let steps = steps.iter().enumerate();
    let lines: Vec<_> = steps.map(|(n, step)| format!("{n}: {step:?}")).collect();
    lines.join("\n")
}
