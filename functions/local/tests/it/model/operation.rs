//! What may happen: requests at every door, several at once, time that passes, a gateway that changes its mind.

use std::ops::Range;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use shared::address::Channel;
use shared::platform::outbox::Outcome;
use shared::verification::scenario::{Effect, Scenario};

pub const USERS: usize = 4;

/// Numbers, and as many e-mail addresses.
pub const OF_A_KIND: usize = 12;

/// Where requests come from.
pub const ADDRESSES: usize = 3;

/// How the deployment is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub rules: Rules,
    /// E-mails bring links in place of codes.
    pub links: bool,
    /// Users have lists of numbers and of e-mail addresses.
    pub lists: bool,
}

/// What differs from the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    Defaults,
    /// Few messages for an address and for all.
    Narrow,
    /// A verified number is one user's, and so is an e-mail address.
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
    /// By an administrator, perhaps with a primary address beside it.
    Unlock(usize, Option<(Channel, usize)>),
    /// Deleted by an administrator, and made again under the same name, perhaps with a primary address.
    Recreate(usize, Option<(Channel, usize)>),
    Wait(u64),
    Gateway(Channel, Outcome),
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

/// What is asked for; addresses by their place among those of their kind.
#[derive(Clone, Debug)]
pub enum What {
    /// PATCH of a primary address.
    Primary(Channel, usize),
    /// PATCH of a verified list: what is in it, perhaps, and more.
    List {
        channel: Channel,
        keep: bool,
        add: Vec<usize>,
    },
    /// PATCH of a primary address and the verified list of its kind at once.
    WithList(Channel, usize, usize),
    /// PATCH of a primary address of each kind at once, in the order of `Channel::ALL`.
    BothKinds([usize; 2]),
    /// PATCH of a primary address with the one that is there.
    Cancel(Channel),
    /// PUT, with the addresses in the order of `Channel::ALL`.
    Replace([Whole; 2]),
    RemovePrimary(Channel),
    /// PATCH that removes all of `mobileNumbers` or `emailAddresses`.
    RemoveLists(Channel),
    Active(bool),
    /// `validate-code`, on the `/me` route or for a named user.
    Validate(Guess, Option<&'static str>),
    /// `validate-code` by an administrator who names nobody.
    ValidateAnyones(Guess),
    /// `confirm-email`, by whoever has the link.
    Confirm(Guess),
    /// `validate` of Transmit.
    Passcode(usize, Guess),
    /// `resend-code`, by any name of a scenario.
    Resend(Option<&'static str>),
    /// `send` of Transmit.
    Send(usize),
}

/// The addresses of a kind in a whole user; the list is None where it is left out.
#[derive(Clone, Debug)]
pub struct Whole {
    pub primary: Option<usize>,
    pub list: Option<Vec<usize>>,
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
            Self::Validate(guess, _)
            | Self::ValidateAnyones(guess)
            | Self::Confirm(guess)
            | Self::Passcode(_, guess) => Some(*guess),
            _ => None,
        }
    }

    /// The channels on which it may send.
    pub fn sends_on(&self) -> Vec<Channel> {
        match self {
            Self::Primary(channel, _)
            | Self::List { channel, .. }
            | Self::WithList(channel, ..)
            | Self::Cancel(channel) => vec![*channel],
            Self::Send(_) => vec![Channel::Sms],
            Self::Resend(Some(name)) => {
                let scenario = Scenario::from_name(name);
                scenario.map(Scenario::channel).into_iter().collect()
            }
            Self::BothKinds(_) | Self::Replace(_) | Self::Resend(None) => Channel::ALL.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The only kind of address that it is about, where it is an update of one.
    pub fn updates_only(&self) -> Option<Channel> {
        match self {
            Self::Primary(channel, _)
            | Self::List { channel, .. }
            | Self::WithList(channel, ..)
            | Self::Cancel(channel)
            | Self::RemovePrimary(channel)
            | Self::RemoveLists(channel) => Some(*channel),
            Self::Send(_) => Some(Channel::Sms),
            _ => None,
        }
    }
}

pub fn setup() -> impl Strategy<Value = Setup> {
    let rules = prop_oneof![
        Just(Rules::Defaults),
        Just(Rules::Narrow),
        Just(Rules::Unique),
        Just(Rules::Uncapped),
    ];
    let lists = prop_oneof![3 => Just(true), 1 => Just(false)];
    let links = prop_oneof![2 => Just(true), 1 => Just(false)];
    (rules, links, lists).prop_map(|(rules, links, lists)| Setup {
        rules,
        links,
        lists,
    })
}

pub fn steps(count: Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let steps = prop_oneof![
        32 => step().prop_map(|step| vec![step]),
        3 => attack(),
        1 => hurry(),
    ];
    vec(steps, count).prop_map(|steps| steps.concat())
}

/// An address waits for its code, perhaps wrong ones are tried all at once, then the right one comes: by either door.
fn attack() -> impl Strategy<Value = Vec<Step>> {
    let doors = || {
        prop_oneof![
            Just((|guess| What::Validate(guess, None)) as fn(Guess) -> What),
            Just(What::Confirm as fn(Guess) -> What),
        ]
    };
    let newest = Guess::Sent { user: 0, older: 0 };
    let times = prop_oneof![Just(0), 3..8_usize];
    let call = (0..USERS, 0..ADDRESSES).prop_map(|(user, address)| Call {
        user,
        by: By::Owner,
        address,
        what: What::Active(true),
    });
    (call, (channel(), nth()), times, [doors(), doors()]).prop_map(
        move |(call, (channel, n), times, [first, second])| {
            let asks = |what| Call {
                what,
                ..call.clone()
            };
            let wrong = asks(first(Guess::Wrong));
            vec![
                Step::One(asks(What::Primary(channel, n))),
                Step::Burst(call.user, vec![wrong; times]),
                Step::One(asks(second(newest))),
            ]
        },
    )
}

/// As many addresses of a kind, one after the other, as a user may have messages to.
fn hurry() -> impl Strategy<Value = Vec<Step>> {
    let by = (0..USERS, 0..ADDRESSES, channel());
    (by, vec(nth(), 6..8)).prop_map(|((user, address, channel), all)| {
        let asks = |n| Call {
            user,
            by: By::Owner,
            address,
            what: What::Primary(channel, n),
        };
        let steps = all
            .into_iter()
            .map(|n| [Step::One(asks(n)), Step::Wait(61)]);
        steps.flatten().collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => call().prop_map(Step::One),
        6 => (0..USERS, vec(call(), 2..6)).prop_map(|(user, calls)| Step::Burst(user, calls)),
        2 => call().prop_map(Step::Crowd),
        1 => (0..USERS, option::of((channel(), nth())))
            .prop_map(|(user, beside)| Step::Unlock(user, beside)),
        1 => (0..USERS, option::of((channel(), nth())))
            .prop_map(|(user, primary)| Step::Recreate(user, primary)),
        6 => wait().prop_map(Step::Wait),
        3 => (channel(), gateway()).prop_map(|(channel, outcome)| Step::Gateway(channel, outcome)),
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

/// On the heap, and the next ones: trees of what might be asked for are large.
fn what() -> BoxedStrategy<What> {
    let what = prop_oneof![
        18 => update(),
        1 => prop_oneof![1 => Just(false), 3 => Just(true)].prop_map(What::Active),
        14 => (guess(), option::weighted(0.2, scenario()))
            .prop_map(|(guess, scenario)| What::Validate(guess, scenario)),
        2 => guess().prop_map(What::ValidateAnyones),
        4 => guess().prop_map(What::Confirm),
        3 => (nth(), guess()).prop_map(|(number, guess)| What::Passcode(number, guess)),
        4 => option::weighted(0.5, scenario()).prop_map(What::Resend),
        3 => nth().prop_map(What::Send),
    ];
    what.boxed()
}

fn update() -> BoxedStrategy<What> {
    let few = || vec(nth(), 0..3);
    let whole = move || {
        let whole = (option::of(nth()), option::of(few()));
        whole.prop_map(|(primary, list)| Whole { primary, list })
    };
    let update = prop_oneof![
        8 => (channel(), nth()).prop_map(|(channel, n)| What::Primary(channel, n)),
        6 => (channel(), any::<bool>(), few())
            .prop_map(|(channel, keep, add)| What::List { channel, keep, add }),
        1 => (channel(), nth(), nth())
            .prop_map(|(channel, primary, listed)| What::WithList(channel, primary, listed)),
        3 => [nth(), nth()].prop_map(What::BothKinds),
        1 => channel().prop_map(What::Cancel),
        2 => [whole(), whole()].prop_map(What::Replace),
        2 => channel().prop_map(What::RemovePrimary),
        1 => channel().prop_map(What::RemoveLists),
    ];
    update.boxed()
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
fn nth() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 0..2_usize, 3 => 0..OF_A_KIND]
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![Just(Channel::Sms), Just(Channel::Email)]
}

/// All of its names.
fn scenario() -> impl Strategy<Value = &'static str> {
    let effect = prop_oneof![Just(Effect::BecomesPrimary), Just(Effect::JoinsLists)];
    let names = (channel(), effect).prop_map(|(channel, effect)| Scenario::of(channel, effect));
    (names, any::<prop::sample::Index>()).prop_map(|(scenario, at)| *at.get(scenario.names()))
}
