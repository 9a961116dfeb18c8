//! What may happen: requests at every door, several at once, time that passes, a gateway that changes its mind.

use std::ops::Range;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use shared::platform::outbox::Outcome;
use shared::verification::scenario::Scenario;

pub const USERS: usize = 4;

pub const NUMBERS: usize = 12;

pub const ADDRESSES: usize = 3;

/// How the deployment is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    Defaults,
    /// Few messages for an address and for all.
    Narrow,
    /// A verified number is one user's.
    Unique,
    /// No caps on messages: more codes to guess.
    Uncapped,
}

/// One thing after the other.
#[derive(Clone, Debug)]
pub enum Step {
    One(Call),
    /// Of one user, at the same moment.
    Burst(usize, Vec<Call>),
    /// Of all users, each the same, at the same moment.
    Crowd(Call),
    /// By an administrator, perhaps with a number beside it.
    Unlock(usize, Option<usize>),
    Wait(u64),
    Gateway(Outcome),
    /// What has expired goes.
    Sweep,
}

/// A request about a user.
#[derive(Clone, Debug)]
pub struct Call {
    pub user: usize,
    pub by: By,
    pub address: usize,
    pub what: What,
}

/// By the user on its own resource, or by an administrator on another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Owner,
    Admin,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum What {
    /// PATCH of the primary number.
    Primary(usize),
    /// PATCH of the verified list: what is in it, perhaps, and more.
    List {
        keep: bool,
        add: Vec<usize>,
    },
    /// PATCH of both at once.
    Both(usize, usize),
    /// PATCH of the primary number with the one that is there.
    Cancel,
    /// PUT.
    Replace {
        primary: Option<usize>,
        list: Option<Vec<usize>>,
    },
    RemovePrimary,
    /// PATCH that removes all of `mobileNumbers`.
    RemoveLists,
    Active(bool),
    /// `validate-code`, on the `/me` route or for a named user.
    Validate(Guess, Option<Scenario>),
    /// `validate-code` by an administrator who names nobody.
    ValidateAnyones(Guess),
    /// `validate` of Transmit.
    Passcode(usize, Guess),
    Resend(Option<Scenario>),
    /// `send` of Transmit.
    Send(usize),
}

/// A code that is typed.
#[derive(Clone, Copy, Debug)]
pub enum Guess {
    /// One that was sent to the user that comes so many behind, the newest or an older one.
    Sent { user: usize, older: usize },
    /// Near the newest one that was sent to the user.
    Wrong,
}

impl What {
    pub const fn guess(&self) -> Option<Guess> {
        match self {
            Self::Validate(guess, _) | Self::ValidateAnyones(guess) | Self::Passcode(_, guess) => {
                Some(*guess)
            }
            _ => None,
        }
    }
}

pub fn setup() -> impl Strategy<Value = Setup> {
    prop_oneof![
        Just(Setup::Defaults),
        Just(Setup::Narrow),
        Just(Setup::Unique),
        Just(Setup::Uncapped),
    ]
}

pub fn steps(count: Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    vec(step(), count)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => call().prop_map(Step::One),
        6 => (0..USERS, vec(call(), 2..6)).prop_map(|(user, calls)| Step::Burst(user, calls)),
        2 => call().prop_map(Step::Crowd),
        1 => (0..USERS, option::of(number())).prop_map(|(user, number)| Step::Unlock(user, number)),
        6 => wait().prop_map(Step::Wait),
        3 => gateway().prop_map(Step::Gateway),
        1 => Just(Step::Sweep),
    ]
}

fn wait() -> impl Strategy<Value = u64> {
    prop_oneof![
        2 => 1..60_u64,
        6 => 60..70_u64,
        2 => 290..310_u64,
        2 => 310..3_600_u64,
        2 => 3_600..8_000_u64,
        1 => 80_000..100_000_u64,
    ]
}

fn gateway() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        5 => Just(Outcome::Delivered),
        1 => Just(Outcome::Refused),
        1 => Just(Outcome::Unavailable),
        2 => Just(Outcome::Unknown),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let by = prop_oneof![3 => Just(By::Owner), 1 => Just(By::Admin)];
    (0..USERS, by, 0..ADDRESSES, what()).prop_map(|(user, by, address, what)| Call {
        user,
        by,
        address,
        what,
    })
}

fn what() -> impl Strategy<Value = What> {
    let few = || vec(number(), 0..3);
    prop_oneof![
        8 => number().prop_map(What::Primary),
        6 => (any::<bool>(), few()).prop_map(|(keep, add)| What::List { keep, add }),
        1 => (number(), number()).prop_map(|(primary, list)| What::Both(primary, list)),
        1 => Just(What::Cancel),
        2 => (option::of(number()), option::of(few()))
            .prop_map(|(primary, list)| What::Replace { primary, list }),
        1 => Just(What::RemovePrimary),
        1 => Just(What::RemoveLists),
        1 => prop_oneof![1 => Just(false), 3 => Just(true)].prop_map(What::Active),
        14 => (guess(), option::weighted(0.2, scenario()))
            .prop_map(|(guess, scenario)| What::Validate(guess, scenario)),
        2 => guess().prop_map(What::ValidateAnyones),
        4 => (number(), guess()).prop_map(|(number, guess)| What::Passcode(number, guess)),
        4 => option::weighted(0.5, scenario()).prop_map(What::Resend),
        4 => number().prop_map(What::Send),
    ]
}

fn guess() -> impl Strategy<Value = Guess> {
    prop_oneof![
        6 => Just(Guess::Sent { user: 0, older: 0 }),
        2 => (1..3_usize).prop_map(|older| Guess::Sent { user: 0, older }),
        1 => (1..USERS).prop_map(|user| Guess::Sent { user, older: 0 }),
        5 => Just(Guess::Wrong),
    ]
}

/// Some are more often asked for than others, so that their caps are met.
fn number() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 0..2_usize, 3 => 0..NUMBERS]
}

fn scenario() -> impl Strategy<Value = Scenario> {
    prop_oneof![Just(Scenario::Primary), Just(Scenario::VerifiedList)]
}
