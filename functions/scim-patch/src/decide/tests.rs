//! The decision table as a table: a row a situation, with what is stored, started and ended. Rows are written with
//! numbers, and each is decided for e-mail addresses as well, which must come to the same.

use shared::address::Channel;
use shared::address::email::EmailAddress;
use shared::address::phone_number::PhoneNumber;
use shared::crypto::key::Key;
use shared::otp::{Code, CodeId};
use shared::platform::random::Random;
use shared::user::numbers::Numbers;
use shared::verification::claim::{Claim, hash_for};

use super::*;

const A: &str = "+60111111111";
const B: &str = "+60123456789";
const C: &str = "+60129876543";
const D: &str = "+60127654321";

fn phone(e164: &str) -> PhoneNumber {
    PhoneNumber::from_e164(e164).unwrap()
}

fn phones(list: &[&str]) -> Vec<PhoneNumber> {
    list.iter().map(|e164| phone(e164)).collect()
}

fn numbers(
    primary: Option<&str>,
    primary_verified: bool,
    listed: &[&str],
    verified: &[&str],
) -> Numbers {
    Numbers {
        primary: primary.map(phone),
        primary_verified,
        listed: phones(listed),
        verified: phones(verified),
    }
}

/// Bob: A primary, verified, in both lists.
fn bob() -> Numbers {
    numbers(Some(A), true, &[A], &[A])
}

fn claim(scenario: Scenario, number: &str) -> Claim {
    let key = Key::new("v", &[0; 32]).unwrap();
    let id = CodeId::generate(&mut Random::system()).unwrap();
    let code = Code::parse("123456").unwrap();
    Claim {
        code_hash: hash_for(&key, &code, "u", scenario, &phone(number).into(), &id),
        address: phone(number).into(),
        region: String::new(),
        started: Timestamp::from_millis(0),
        expires: Timestamp::from_millis(24 * 3_600_000),
        code_id: id,
        key_version: "v".into(),
        code_expires: Timestamp::from_millis(300_000),
        tries_before: 0,
        link: false,
        entry: None,
    }
}

fn pending(primary: Option<&str>, list: Option<&str>) -> Verification {
    let mut pending = Verification::default();
    *pending.claim_mut(Scenario::Primary) = primary.map(|number| claim(Scenario::Primary, number));
    *pending.claim_mut(Scenario::VerifiedList) =
        list.map(|number| claim(Scenario::VerifiedList, number));
    pending
}

/// The e-mail address that stands for a number.
fn email(number: &PhoneNumber) -> EmailAddress {
    EmailAddress::from_stored(&format!("{}@abc.com", number.as_e164()))
}

fn emails(list: &[PhoneNumber]) -> Vec<EmailAddress> {
    list.iter().map(email).collect()
}

fn as_emails(numbers: &Numbers) -> Addresses<EmailAddress> {
    Addresses {
        primary: numbers.primary.as_ref().map(email),
        primary_verified: numbers.primary_verified,
        listed: emails(&numbers.listed),
        verified: emails(&numbers.verified),
    }
}

fn in_emails(scenario: Scenario) -> Scenario {
    Scenario::of(Channel::Email, scenario.effect())
}

fn pending_emails(pending: &Verification) -> Verification {
    let mut emails = Verification::default();
    for scenario in [Scenario::Primary, Scenario::VerifiedList] {
        let claim = pending.claim(scenario).cloned();
        *emails.claim_mut(in_emails(scenario)) = claim.map(|claim| Claim {
            address: email(claim.address.as_phone().unwrap()).into(),
            ..claim
        });
    }
    emails
}

fn wanted_emails(wanted: &Wanted<PhoneNumber>) -> Wanted<EmailAddress> {
    Wanted {
        primary: match &wanted.primary {
            Primary::Untouched => Primary::Untouched,
            Primary::Removed => Primary::Removed,
            Primary::To(number) => Primary::To(email(number)),
        },
        listed: wanted.listed.as_deref().map(emails),
        verified: wanted.verified.as_deref().map(emails),
        verify: wanted.verify,
    }
}

fn decided_emails(decision: &Decision<PhoneNumber>) -> Decision<EmailAddress> {
    let start = decision.start.as_ref();
    Decision {
        addresses: as_emails(&decision.addresses),
        start: start.map(|(scenario, number)| (in_emails(*scenario), email(number))),
        cancel: decision.cancel.iter().copied().map(in_emails).collect(),
    }
}

/// A situation and what is wanted in it; the defaults are Bob, nothing pending, the default policy, the owner, at 0.
struct Case {
    before: Numbers,
    pending: Verification,
    policy: Policy,
    actor: Actor,
    standing: Standing,
    seconds: i64,
    wanted: Wanted<PhoneNumber>,
}

impl Case {
    fn new() -> Self {
        Self {
            before: bob(),
            pending: Verification::default(),
            policy: Policy::default(),
            actor: Actor::Owner,
            standing: Standing::Active,
            seconds: 0,
            wanted: Wanted::default(),
        }
    }

    fn before(self, before: Numbers) -> Self {
        Self { before, ..self }
    }

    fn pending(self, primary: Option<&str>, list: Option<&str>) -> Self {
        Self {
            pending: pending(primary, list),
            ..self
        }
    }

    fn policy(mut self, change: impl Fn(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    fn standing(self, standing: Standing) -> Self {
        Self { standing, ..self }
    }

    fn after(self, seconds: i64) -> Self {
        Self { seconds, ..self }
    }

    fn primary(mut self, number: &str) -> Self {
        self.wanted.primary = Primary::To(phone(number));
        self
    }

    fn no_primary(mut self) -> Self {
        self.wanted.primary = Primary::Removed;
        self
    }

    fn verified(mut self, list: &[&str]) -> Self {
        self.wanted.verified = Some(phones(list));
        self
    }

    fn mobile(mut self, list: &[&str]) -> Self {
        self.wanted.listed = Some(phones(list));
        self
    }

    fn verify_mobile(mut self) -> Self {
        self.wanted.verify = true;
        self
    }

    /// The same for both kinds.
    #[track_caller]
    fn decided(&self) -> Result<Decision<PhoneNumber>, Refused> {
        let numbers = self.decided_of(&self.before, &self.pending, &self.wanted);
        let emails = self.decided_of(
            &as_emails(&self.before),
            &pending_emails(&self.pending),
            &wanted_emails(&self.wanted),
        );
        assert_eq!(
            emails,
            numbers.as_ref().map(decided_emails).map_err(|why| *why)
        );
        numbers
    }

    fn decided_of<A: AddressKind>(
        &self,
        before: &Addresses<A>,
        pending: &Verification,
        wanted: &Wanted<A>,
    ) -> Result<Decision<A>, Refused> {
        let situation = Situation {
            before,
            pending,
            policy: &self.policy,
            actor: self.actor,
            standing: self.standing,
            now: Timestamp::from_millis(self.seconds * 1000),
            limits: &TryLimits::default(),
        };
        decide(&situation, wanted)
    }

    /// Checks what is stored, started and ended.
    #[track_caller]
    fn gives(&self, numbers: &Numbers, start: Option<(Scenario, &str)>, cancel: &[Scenario]) {
        let decision = self.decided().unwrap();
        assert_eq!(&decision.addresses, numbers);
        assert_eq!(
            decision.start,
            start.map(|(scenario, number)| (scenario, phone(number)))
        );
        assert_eq!(decision.cancel, cancel);
    }

    #[track_caller]
    fn is_refused(&self, refused: Refused) {
        assert_eq!(self.decided(), Err(refused));
    }
}

use Scenario::{Primary as OnPrimary, VerifiedList as OnList};

#[test]
fn nothing_wanted_changes_nothing() {
    Case::new()
        .pending(Some(B), Some(C))
        .gives(&bob(), None, &[]);
}

#[test]
fn verification_off() {
    let off = || {
        Case::new()
            .policy(|p| p.verification = false)
            .pending(Some(C), Some(D))
    };
    off()
        .primary(B)
        .gives(&numbers(Some(B), false, &[A], &[A]), None, &[OnPrimary]);
    // Also where the number is in the verified list: the first row wins.
    off()
        .before(numbers(Some(A), true, &[A, B], &[A, B]))
        .primary(B)
        .gives(
            &numbers(Some(B), false, &[A, B], &[A, B]),
            None,
            &[OnPrimary],
        );
    off().primary(A).gives(&bob(), None, &[]);
    off().verified(&[A, B]).is_refused(Refused::VerificationOff);
    off()
        .verified(&[])
        .gives(&numbers(Some(A), true, &[A], &[]), None, &[OnList]);
    off()
        .mobile(&[A, B])
        .gives(&numbers(Some(A), true, &[A, B], &[A]), None, &[]);
    off()
        .no_primary()
        .gives(&numbers(None, false, &[A], &[A]), None, &[OnPrimary]);
}

#[test]
fn a_primary_from_the_verified_list() {
    let two = numbers(Some(A), true, &[A, B], &[A, B]);
    let after = numbers(Some(B), true, &[A, B], &[A, B]);
    Case::new()
        .before(two.clone())
        .primary(B)
        .gives(&after, None, &[]);
    Case::new()
        .before(two)
        .pending(Some(C), Some(D))
        .primary(B)
        .gives(&after, None, &[OnPrimary]);
    let unverified = numbers(Some(A), false, &[A], &[A]);
    Case::new()
        .before(unverified)
        .primary(A)
        .gives(&bob(), None, &[]);
}

#[test]
fn the_current_primary() {
    let plain = |verified| numbers(Some(A), verified, &[], &[]);
    Case::new()
        .before(plain(true))
        .primary(A)
        .gives(&plain(true), None, &[]);
    Case::new()
        .before(plain(true))
        .pending(Some(B), None)
        .primary(A)
        .gives(&plain(true), None, &[OnPrimary]);
    Case::new()
        .before(plain(false))
        .primary(A)
        .gives(&plain(false), Some((OnPrimary, A)), &[]);
}

#[test]
fn any_other_primary() {
    Case::new()
        .primary(B)
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    Case::new()
        .pending(Some(C), Some(D))
        .primary(B)
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    let none = Numbers::default();
    Case::new()
        .before(none.clone())
        .primary(B)
        .gives(&none, Some((OnPrimary, B)), &[]);
    // In mobileNumbers, but not verified.
    let known = numbers(Some(A), true, &[A, B], &[A]);
    Case::new()
        .before(known.clone())
        .primary(B)
        .gives(&known, Some((OnPrimary, B)), &[]);
}

#[test]
fn no_primary() {
    let after = numbers(None, false, &[A], &[A]);
    Case::new().no_primary().gives(&after, None, &[]);
    Case::new()
        .pending(Some(B), Some(C))
        .no_primary()
        .gives(&after, None, &[OnPrimary]);
    Case::new()
        .before(after.clone())
        .pending(Some(B), None)
        .no_primary()
        .gives(&after, None, &[OnPrimary]);
}

#[test]
fn one_number_added_to_the_verified_list() {
    Case::new()
        .verified(&[A, B])
        .gives(&bob(), Some((OnList, B)), &[]);
    Case::new()
        .pending(Some(C), Some(D))
        .verified(&[A, B])
        .gives(&bob(), Some((OnList, B)), &[]);
    // With one removed by the same request.
    Case::new()
        .verified(&[B])
        .gives(&numbers(Some(A), true, &[A], &[]), Some((OnList, B)), &[]);
}

#[test]
fn two_numbers_added_to_the_verified_list() {
    Case::new()
        .verified(&[A, B, C])
        .is_refused(Refused::Several);
    // The verified primary needs no code and does not count.
    let before = numbers(Some(A), true, &[], &[]);
    Case::new()
        .before(before)
        .verified(&[A, B])
        .gives(&bob(), Some((OnList, B)), &[]);
    // Nor does anything where nothing is verified.
    Case::new()
        .policy(|p| p.skip_by_privileged = true)
        .by(Actor::Privileged)
        .verified(&[A, B, C])
        .gives(&numbers(Some(A), true, &[A, B, C], &[A]), None, &[]);
}

#[test]
fn a_changed_primary_wins_over_additions() {
    Case::new()
        .primary(B)
        .verified(&[A, C])
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    Case::new()
        .primary(B)
        .verified(&[A, C, D])
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    // Removals are written all the same.
    Case::new().primary(B).verified(&[C]).gives(
        &numbers(Some(A), true, &[A], &[]),
        Some((OnPrimary, B)),
        &[],
    );
    // An unchanged one is no update where the lists change.
    Case::new()
        .pending(Some(D), None)
        .primary(A)
        .verified(&[A, B])
        .gives(&bob(), Some((OnList, B)), &[]);
    Case::new()
        .pending(Some(D), None)
        .primary(A)
        .verified(&[A])
        .gives(&bob(), None, &[OnPrimary]);
}

#[test]
fn the_primary_added_to_the_verified_list() {
    let plain = |verified| numbers(Some(A), verified, &[], &[]);
    Case::new()
        .before(plain(true))
        .verified(&[A])
        .gives(&bob(), None, &[]);
    Case::new().before(plain(false)).verified(&[A]).gives(
        &numbers(Some(A), false, &[A], &[]),
        Some((OnList, A)),
        &[],
    );
}

#[test]
fn numbers_removed_from_the_verified_list() {
    let two = numbers(Some(A), true, &[A, B], &[A, B]);
    Case::new().before(two.clone()).verified(&[A]).gives(
        &numbers(Some(A), true, &[A, B], &[A]),
        None,
        &[],
    );
    Case::new()
        .before(two)
        .verified(&[])
        .gives(&numbers(Some(A), true, &[A, B], &[]), None, &[]);
}

#[test]
fn the_verified_list_written_without_the_pending_number() {
    Case::new()
        .pending(Some(B), Some(C))
        .verified(&[A])
        .gives(&bob(), None, &[OnList]);
    Case::new()
        .pending(None, Some(C))
        .verified(&[A, C])
        .gives(&bob(), None, &[]);
    Case::new().pending(None, Some(C)).mobile(&[A, B]).gives(
        &numbers(Some(A), true, &[A, B], &[A]),
        None,
        &[],
    );
}

#[test]
fn numbers_in_mobile_numbers() {
    Case::new()
        .mobile(&[A, B])
        .gives(&numbers(Some(A), true, &[A, B], &[A]), None, &[]);
    Case::new()
        .mobile(&[B])
        .gives(&numbers(Some(A), true, &[B], &[]), None, &[]);
    Case::new()
        .mobile(&[])
        .gives(&numbers(Some(A), true, &[], &[]), None, &[]);
}

#[test]
fn at_most_so_many_numbers() {
    let few = |case: Case| case.policy(|p| p.max = 2);
    few(Case::new())
        .mobile(&[A, B])
        .gives(&numbers(Some(A), true, &[A, B], &[A]), None, &[]);
    few(Case::new())
        .mobile(&[A, B, C])
        .is_refused(Refused::TooMany);
    let full = numbers(Some(A), true, &[A, B], &[A]);
    few(Case::new())
        .before(full.clone())
        .verified(&[A, C])
        .is_refused(Refused::TooMany);
    few(Case::new())
        .before(full.clone())
        .verified(&[A, B])
        .gives(&full, Some((OnList, B)), &[]);
    // A pending addition has its place already.
    few(Case::new())
        .pending(None, Some(B))
        .mobile(&[A, C])
        .is_refused(Refused::TooMany);
    // Who has more than a lowered maximum can still change the rest.
    let many = numbers(Some(A), true, &[A, B, C], &[A]);
    few(Case::new())
        .before(many.clone())
        .primary(B)
        .gives(&many, Some((OnPrimary, B)), &[]);
}

#[test]
fn the_same_number_again() {
    let again = || Case::new().pending(Some(B), None).primary(B);
    again().gives(&bob(), None, &[]);
    again().after(299).gives(&bob(), None, &[]);
    again().after(300).gives(&bob(), Some((OnPrimary, B)), &[]);
    let others = || again().by(Actor::Privileged);
    others().gives(&bob(), None, &[]);
    others().after(300).gives(&bob(), None, &[]);
    others()
        .after(24 * 3600)
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    let list = || Case::new().pending(None, Some(B)).verified(&[A, B]);
    list().gives(&bob(), None, &[]);
    list().after(300).gives(&bob(), Some((OnList, B)), &[]);
    list()
        .by(Actor::Privileged)
        .after(300)
        .gives(&bob(), None, &[]);
}

#[test]
fn the_verify_claim() {
    let asked = || {
        Case::new()
            .policy(|p| p.verify_claim = true)
            .pending(Some(D), None)
    };
    asked()
        .primary(B)
        .gives(&numbers(Some(B), false, &[A], &[A]), None, &[OnPrimary]);
    asked()
        .primary(B)
        .verify_mobile()
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    asked()
        .verified(&[A, B])
        .gives(&numbers(Some(A), true, &[A, B], &[A]), None, &[]);
    asked()
        .verified(&[A, B])
        .verify_mobile()
        .gives(&bob(), Some((OnList, B)), &[]);
}

#[test]
fn privileged_callers_that_skip() {
    let skip = |actor| {
        Case::new()
            .policy(|p| p.skip_by_privileged = true)
            .by(actor)
    };
    skip(Actor::Privileged)
        .primary(B)
        .gives(&numbers(Some(B), false, &[A], &[A]), None, &[]);
    skip(Actor::Owner)
        .primary(B)
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    Case::new()
        .by(Actor::Privileged)
        .primary(B)
        .gives(&bob(), Some((OnPrimary, B)), &[]);
    skip(Actor::Privileged).verified(&[A, B]).gives(
        &numbers(Some(A), true, &[A, B], &[A]),
        None,
        &[],
    );
    // The maximum holds for what is written, too.
    skip(Actor::Privileged)
        .policy(|p| p.max = 1)
        .verified(&[B])
        .is_refused(Refused::TooMany);
}

#[test]
fn without_lists_what_is_stored_in_them_counts_for_nothing() {
    let hidden = numbers(Some(A), true, &[A, B], &[A, B]);
    Case::new()
        .policy(|p| p.multiple = false)
        .before(hidden.clone())
        .primary(B)
        .gives(&hidden, Some((OnPrimary, B)), &[]);
}

/// What would need a code is refused; what needs none goes on, and nothing stays pending.
#[test]
fn an_inactive_account() {
    let inactive = || {
        Case::new()
            .standing(Standing::Inactive)
            .pending(Some(C), Some(D))
    };
    for case in [
        inactive().primary(B),
        inactive().verified(&[A, B]),
        // Also where it is pending.
        inactive().primary(C),
        inactive().by(Actor::Privileged).primary(B),
        inactive()
            .before(numbers(Some(A), false, &[], &[]))
            .primary(A),
    ] {
        case.is_refused(Refused::Inactive);
    }
    let both = [OnPrimary, OnList];
    inactive().gives(&bob(), None, &both);
    inactive()
        .no_primary()
        .gives(&numbers(None, false, &[A], &[A]), None, &both);
    inactive()
        .mobile(&[A, B])
        .gives(&numbers(Some(A), true, &[A, B], &[A]), None, &both);
    inactive()
        .policy(|p| p.skip_by_privileged = true)
        .by(Actor::Privileged)
        .primary(B)
        .gives(&numbers(Some(B), false, &[A], &[A]), None, &both);
}

/// Whatever is written beside it, an account is closed: what is added is dropped, what is removed is removed.
#[test]
fn a_deactivation_is_never_refused() {
    let closing = || {
        Case::new()
            .standing(Standing::Deactivated)
            .pending(Some(C), Some(D))
    };
    let both = [OnPrimary, OnList];
    for case in [
        closing(),
        closing().primary(B),
        closing().primary(C),
        closing().verified(&[A, B, C]),
        closing().mobile(&[A, B]),
        closing().policy(|p| p.max = 1).mobile(&[A, B, C]),
        closing()
            .policy(|p| p.verification = false)
            .verified(&[A, B]),
    ] {
        case.gives(&bob(), None, &both);
    }
    closing()
        .no_primary()
        .verified(&[B])
        .gives(&numbers(None, false, &[A], &[]), None, &both);
}
