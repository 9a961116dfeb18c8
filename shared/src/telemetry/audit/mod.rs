//! The audit log: one JSON line per event with user, masked address, reason and trace id, whatever `LOG_LEVEL` is.
//! Where `METRICS_NAMESPACE` is set, a line is a metric as well, in CloudWatch's Embedded Metric Format.

use std::fmt::Display;

use serde::Serialize;

use crate::address::{Address, AddressKind, Channel};
use crate::clock::Timestamp;
use crate::telemetry::context;
use crate::telemetry::metrics::{Embedded, Metric};
use crate::user::addresses::Addresses;
use crate::verification::Verification;
use crate::verification::claim::Claim;
use crate::verification::limits::{Cap, Refusal, TryLimits};
use crate::verification::scenario::Scenario;

/// The target of these lines: telemetry passes them on as they are.
pub(crate) const TARGET: &str = "audit";

/// Why a typed code proved nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// No code of this user, or one that was tried too often.
    Wrong,
    /// The right code, too late.
    Expired,
    /// Right, but another request consumed or replaced it first, or the user is gone.
    Gone,
    /// There is no such user.
    NoUser,
    /// The account is inactive.
    Inactive,
    /// Right, but its address is verified for another user.
    #[serde(rename = "number_taken")]
    AddressTaken,
    /// Right, but the user was changed by others each time it was to be written.
    Conflict,
    /// A privileged caller did not say whose code it is, and the code does not tell it either.
    NobodyNamed,
}

/// Why a sign-in is not let in, whatever is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginRefusal {
    /// Nobody is known by what the application named.
    NoUser,
    Inactive,
    /// There is no verified number, and none is asked for.
    NoNumber,
    /// The user has no second factor by SMS, and no backup code.
    NoBackupCode,
    /// The number is not the user's any more, or another is its verified one.
    NumberChanged,
    /// The number that was given is verified for another user.
    NumberTaken,
    /// Nobody was known by the name when the flow began, and somebody is now.
    KnownNow,
}

/// Why a sign-in did not go on.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
enum LoginFailure {
    Try(FailureReason),
    Refused(LoginRefusal),
}

/// Why a claim ended without its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// By a claim on another address.
    Replaced,
    /// By an update that no longer wants it.
    Withdrawn,
    /// The update that started it failed.
    TakenBack,
}

pub fn claim_started(user: &str, scenario: Scenario, claim: &Claim) {
    write(&Event::ClaimStarted {
        user,
        scenario: scenario.name(),
        to: Masked::of(&claim.address),
        country: named(&claim.region),
    });
}

/// A provider took a message over.
pub fn sent(user: &str, to: &Address, country: &str, provider: &'static str) {
    write(&Event::Sent {
        user,
        to: Masked::of(to),
        country: named(country),
        provider,
        outcome: "sent",
    });
}

/// One provider did not take a message over; another may.
pub fn attempt_failed(
    user: &str,
    to: &Address,
    country: &str,
    provider: &'static str,
    (outcome, detail): (&'static str, &dyn Display),
) {
    write(&Event::AttemptFailed {
        user,
        to: Masked::of(to),
        country: named(country),
        provider,
        outcome,
        detail: detail.to_string(),
    });
}

/// No provider took a message over: it is not sent.
pub fn failed(user: &str, to: &Address, country: &str, reason: &'static str) {
    write(&Event::Failed {
        user,
        to: Masked::of(to),
        country: named(country),
        reason,
    });
}

/// Nothing was sent, or nothing compared, because of a limit.
pub fn refused(user: &str, to: Option<&Address>, refusal: &Refusal) {
    let reason = match refusal {
        Refusal::Locked { .. } => "locked",
        Refusal::Cooldown { .. } => "cooldown",
        Refusal::Capped { .. } => "capped",
        Refusal::Region => "region",
        Refusal::Domain => "domain",
    };
    let cap = match refusal {
        Refusal::Capped { cap, .. } => Some(*cap),
        _ => None,
    };
    write(&Event::Refused {
        user,
        to: to.map(Masked::of).unwrap_or_default(),
        reason,
        cap,
    });
}

/// The right code came in time.
pub fn validated<'a>(user: &'a str, scenario: Scenario, address: &'a Address) -> Validated<'a> {
    Validated {
        user,
        scenario,
        address,
        at: context::now(),
        is_written: false,
    }
}

/// A right code whose line is still to be written: with the commit's, so that the two are written at once, or by
/// itself, at the latest when this is dropped.
#[must_use]
pub struct Validated<'a> {
    user: &'a str,
    scenario: Scenario,
    address: &'a Address,
    at: Timestamp,
    is_written: bool,
}

impl Validated<'_> {
    /// Its address is the user's.
    pub fn committed(mut self) {
        self.is_written = true;
        let committed = Event::committed(self.user, self.scenario, self.address);
        write_all(&[(&self.event(), self.at), (&committed, context::now())]);
    }

    /// Something else comes of it, and has lines of its own.
    pub fn not_committed(self) {}

    fn event(&self) -> Event<'_> {
        Event::Validated {
            user: self.user,
            scenario: self.scenario.name(),
            to: Masked::of(self.address),
        }
    }
}

impl Drop for Validated<'_> {
    fn drop(&mut self) {
        if !self.is_written {
            write_all(&[(&self.event(), self.at)]);
        }
    }
}

/// A counted try proved nothing. Where it is the failure that locks the account, that is an event of its own.
pub fn not_validated(
    user: &str,
    reason: FailureReason,
    counted: &Verification,
    now: Timestamp,
    limits: &TryLimits,
) {
    let failures = counted.failures.within(now, limits);
    write(&Event::NotValidated {
        user,
        reason,
        failures,
    });
    locked(user, failures, counted.locked_until(now, limits));
}

/// No try is counted on a locked account: the first that shows a lock is the one that made it.
fn locked(user: &str, failures: usize, until: Option<Timestamp>) {
    if let Some(until) = until {
        write(&Event::Locked {
            user,
            failures,
            until: until.rfc3339(),
        });
    }
}

pub fn cancelled(user: &str, scenario: Scenario, address: &Address, reason: CancelReason) {
    write(&Event::Cancelled {
        user,
        scenario: scenario.name(),
        to: Masked::of(address),
        reason,
    });
}

/// A proven address is the user's.
pub fn committed(user: &str, scenario: Scenario, address: &Address) {
    write(&Event::committed(user, scenario, address));
}

/// Addresses became a user's, or ceased to be, without a code: as an administrator, a removal or the settings have it.
pub fn written<A: AddressKind>(user: &str, before: &Addresses<A>, after: &Addresses<A>) {
    let added = only_in(after, before);
    let removed = only_in(before, after);
    if !(added.is_empty() && removed.is_empty()) {
        write(&Event::Written {
            user,
            channel: named_channel(A::CHANNEL),
            added,
            removed,
        });
    }
}

/// Addresses are verified from now on because a caller says that they were verified elsewhere.
pub fn imported<A: AddressKind>(user: &str, before: &Addresses<A>, after: &Addresses<A>) {
    let known: Vec<_> = before.all_verified().collect();
    let new = after
        .all_verified()
        .filter(|address| !known.contains(address));
    let addresses: Vec<String> = new.map(masked).collect();
    if !addresses.is_empty() {
        let (numbers, emails) = match A::CHANNEL {
            Channel::Sms => (addresses, Vec::new()),
            Channel::Email => (Vec::new(), addresses),
        };
        let channel = named_channel(A::CHANNEL);
        write(&Event::Imported {
            user,
            channel,
            numbers,
            emails,
        });
    }
}

/// An administrator ended a lock, and the failures that led to it.
pub fn unlocked(user: &str) {
    write(&Event::Unlocked { user });
}

/// Backup codes came or went; how many there are now.
pub fn backup_codes_changed(user: &str, remaining: usize) {
    write(&Event::BackupCodesChanged { user, remaining });
}

/// Whether a user wants codes for the second factor is another now.
pub fn sms_otp_switched(user: &str, disabled: bool) {
    write(&if disabled {
        Event::SmsOtpDisabled { user }
    } else {
        Event::SmsOtpEnabled { user }
    });
}

/// A user is gone, with everything that was pending.
pub fn deleted(user: &str) {
    write(&Event::Deleted { user });
}

/// A code of a sign-in went out.
pub fn login_started(user: &str, to: &Address, country: &str) {
    write(&Event::LoginStarted {
        user,
        to: Masked::of(to),
        country: named(country),
    });
}

/// A sign-in ended well; `method` is `sms`, `otp` for a backup code, or `none` where no second factor is asked for.
pub fn login_succeeded(user: &str, method: &'static str) {
    write(&Event::LoginSucceeded { user, method });
}

/// A sign-in is not let in, without a try.
pub fn login_refused(user: &str, refusal: LoginRefusal) {
    write(&Event::LoginFailed {
        user,
        reason: LoginFailure::Refused(refusal),
        failures: None,
    });
}

/// A counted try of a sign-in proved nothing. Where it is the failure that locks the account, that is an event too.
pub fn login_failed(
    user: &str,
    reason: FailureReason,
    counted: &Verification,
    now: Timestamp,
    limits: &TryLimits,
) {
    let failures = counted.failures.within(now, limits);
    write(&Event::LoginFailed {
        user,
        reason: LoginFailure::Try(reason),
        failures: Some(failures),
    });
    locked(user, failures, counted.locked_until(now, limits));
}

/// A backup code was used up.
pub fn backup_code_used(user: &str, left: usize) {
    write(&Event::BackupCodeUsed { user, left });
}

/// A trigger of a user pool failed as it should: its client is told why by the failure. `code` is the catalogue's.
pub fn trigger_refused(code: &'static str) {
    write(&Event::TriggerRefused { code });
}

fn only_in<A: AddressKind>(one: &Addresses<A>, other: &Addresses<A>) -> Vec<String> {
    let only = one.all().filter(|address| !other.holds(address));
    only.map(masked).collect()
}

fn masked<A: AddressKind>(address: &A) -> String {
    let address: Address = address.clone().into();
    address.masked()
}

/// What is not said is a text message.
const fn named_channel(channel: Channel) -> Option<&'static str> {
    match channel {
        Channel::Sms => None,
        Channel::Email => Some(Channel::Email.name()),
    }
}

/// About how many messages the deployment may still send in this hour; 0 where there is none, and only there.
pub fn budget(channel: Channel, left: u64) {
    let channel = named_channel(channel);
    write(&Event::Budget { channel, left });
}

/// A dimension may not be empty; numbers of satellite networks and the like have no country.
fn named(country: &str) -> &str {
    if country.is_empty() { "none" } else { country }
}

/// What the lines say. Addresses are masked by their type.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    TriggerRefused {
        code: &'static str,
    },
    ClaimStarted {
        user: &'a str,
        scenario: &'static str,
        #[serde(flatten)]
        to: Masked,
        country: &'a str,
    },
    Sent {
        user: &'a str,
        #[serde(flatten)]
        to: Masked,
        country: &'a str,
        provider: &'static str,
        outcome: &'static str,
    },
    AttemptFailed {
        user: &'a str,
        #[serde(flatten)]
        to: Masked,
        country: &'a str,
        provider: &'static str,
        outcome: &'static str,
        detail: String,
    },
    Failed {
        user: &'a str,
        #[serde(flatten)]
        to: Masked,
        country: &'a str,
        reason: &'static str,
    },
    Refused {
        user: &'a str,
        #[serde(flatten)]
        to: Masked,
        reason: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        cap: Option<Cap>,
    },
    Validated {
        user: &'a str,
        scenario: &'static str,
        #[serde(flatten)]
        to: Masked,
    },
    NotValidated {
        user: &'a str,
        reason: FailureReason,
        failures: usize,
    },
    Locked {
        user: &'a str,
        failures: usize,
        until: String,
    },
    Cancelled {
        user: &'a str,
        scenario: &'static str,
        #[serde(flatten)]
        to: Masked,
        reason: CancelReason,
    },
    Committed {
        user: &'a str,
        scenario: &'static str,
        #[serde(flatten)]
        to: Masked,
    },
    Written {
        user: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<&'static str>,
        added: Vec<String>,
        removed: Vec<String>,
    },
    Imported {
        user: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<&'static str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        numbers: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        emails: Vec<String>,
    },
    LoginStarted {
        user: &'a str,
        #[serde(flatten)]
        to: Masked,
        country: &'a str,
    },
    LoginSucceeded {
        user: &'a str,
        method: &'static str,
    },
    LoginFailed {
        user: &'a str,
        reason: LoginFailure,
        #[serde(skip_serializing_if = "Option::is_none")]
        failures: Option<usize>,
    },
    BackupCodeUsed {
        user: &'a str,
        left: usize,
    },
    Unlocked {
        user: &'a str,
    },
    BackupCodesChanged {
        user: &'a str,
        remaining: usize,
    },
    SmsOtpDisabled {
        user: &'a str,
    },
    SmsOtpEnabled {
        user: &'a str,
    },
    Deleted {
        user: &'a str,
    },
    Budget {
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<&'static str>,
        left: u64,
    },
}

/// An address as a log may show it; nothing where there is none.
#[derive(Debug, Default, Serialize)]
struct Masked {
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl Masked {
    fn of(address: &Address) -> Self {
        let masked = Some(address.masked());
        let channel = address.channel();
        let (number, email) = match channel {
            Channel::Sms => (masked, None),
            Channel::Email => (None, masked),
        };
        Self {
            channel: named_channel(channel),
            number,
            email,
        }
    }

    fn is_email(&self) -> bool {
        self.email.is_some()
    }
}

impl<'a> Event<'a> {
    fn committed(user: &'a str, scenario: Scenario, address: &Address) -> Self {
        Self::Committed {
            user,
            scenario: scenario.name(),
            to: Masked::of(address),
        }
    }
}

impl Event<'_> {
    fn metric(&self) -> Option<Metric> {
        const ALL: &[&[&str]] = &[&[]];
        const BY_REASON: &[&[&str]] = &[&["reason"]];
        const BY_PROVIDER: &[&[&str]] = &[&["provider", "outcome"]];
        const BY_OUTCOME: &[&[&str]] = &[&["provider", "outcome"], &["country", "outcome"]];
        let (name, value, dimensions) = match self {
            Self::ClaimStarted { .. } => ("ClaimsStarted", 1, ALL),
            Self::Sent { to, .. } | Self::AttemptFailed { to, .. } if to.is_email() => {
                ("EmailSends", 1, BY_PROVIDER)
            }
            Self::Sent { .. } | Self::AttemptFailed { .. } => ("Sends", 1, BY_OUTCOME),
            Self::Failed { to, .. } if to.is_email() => ("EmailSendFailures", 1, ALL),
            Self::Failed { .. } => ("SendFailures", 1, ALL),
            Self::Refused { .. } => ("Refusals", 1, BY_REASON),
            Self::Validated { .. } => ("Validations", 1, ALL),
            Self::NotValidated { .. } => ("FailedValidations", 1, BY_REASON),
            Self::Locked { .. } => ("Locks", 1, ALL),
            Self::LoginStarted { .. } => ("LoginsStarted", 1, ALL),
            Self::LoginSucceeded { .. } => ("LoginsSucceeded", 1, ALL),
            Self::LoginFailed { .. } => ("FailedLogins", 1, BY_REASON),
            Self::BackupCodeUsed { .. } => ("BackupCodesUsed", 1, ALL),
            Self::TriggerRefused { .. } => ("RefusedTriggers", 1, ALL),
            Self::Cancelled { .. }
            | Self::Written { .. }
            | Self::Imported { .. }
            | Self::Unlocked { .. }
            | Self::BackupCodesChanged { .. }
            | Self::SmsOtpDisabled { .. }
            | Self::SmsOtpEnabled { .. }
            | Self::Deleted { .. } => return None,
            Self::Committed { .. } => ("Commits", 1, ALL),
            Self::Budget {
                channel: None,
                left,
            } => ("BudgetLeft", *left, ALL),
            Self::Budget {
                channel: Some(_),
                left,
            } => ("EmailBudgetLeft", *left, ALL),
        };
        Some(Metric {
            name,
            value,
            dimensions,
        })
    }
}

fn write(event: &Event<'_>) {
    write_all(&[(event, context::now())]);
}

/// Events of one writing, each with its time; CloudWatch has each line of it as an event of its own.
fn write_all(events: &[(&Event<'_>, Timestamp)]) {
    let lines = || {
        let lines = events
            .iter()
            .map(|(event, at)| line(event, *at, context::trace_id(), context::namespace()));
        lines.collect::<Vec<_>>().join("\n")
    };
    // Its arguments are evaluated only where somebody listens.
    tracing::info!(target: TARGET, "{}", lines());
}

fn line(
    event: &Event<'_>,
    at: Timestamp,
    trace_id: Option<String>,
    namespace: Option<&str>,
) -> String {
    let line = Line {
        timestamp: at.rfc3339(),
        event,
        trace_id,
        metric: namespace.and_then(|namespace| Some(event.metric()?.embedded(at, namespace))),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    #[serde(flatten)]
    event: &'a Event<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(flatten)]
    metric: Option<Embedded<'a>>,
}

#[cfg(test)]
mod tests;
