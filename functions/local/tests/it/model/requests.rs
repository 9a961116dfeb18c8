//! The calls as requests: what a user sends, or an administrator.

use local::testing::{Answer, Event, TestApp};
use serde_json::{Value, json};
use shared::address::Channel;

use super::kind::{address, kind};
use super::operation::{By, Call, What, Whole};
use crate::api::{USER, WSO2};

pub const ADMIN: &str = "internal_user_mgt_create internal_user_mgt_update \
                         internal_user_mgt_delete internal_user_code_mgt_create";

/// A call about a user: its id, and as it is stored.
pub struct Request<'a> {
    pub call: &'a Call,
    pub id: &'a str,
    pub stored: &'a Value,
    pub typed: Option<&'a str>,
}

/// A new user, perhaps with a primary address.
pub fn creating(user: usize, with: Option<(Channel, usize)>) -> Event {
    let mut body = match with {
        Some((channel, n)) => primary(channel, n, By::Admin),
        None => json!({}),
    };
    body["schemas"] = json!([USER]);
    body["userName"] = user_name(user).into();
    Event::shipped("scim-users/create")
        .by("admin", ADMIN)
        .body(&body)
}

pub fn deleting(id: &str) -> Event {
    Event::shipped("scim-users/delete")
        .by("admin", ADMIN)
        .parameter("id", id)
}

/// The attribute with a primary address.
pub fn primary(channel: Channel, n: usize, by: By) -> Value {
    (kind(channel).primary)(&address(channel, n, by))
}

pub async fn ask(test: &TestApp, what: &What, event: &Event) -> Answer {
    match what {
        What::Validate(..) | What::ValidateAnyones(_) | What::Confirm(_) => {
            test.validate(event).await
        }
        What::Passcode(..) | What::Send(_) => test.transmit(event).await,
        What::Resend(_) => test.resend(event).await,
        _ => test.patch(event).await,
    }
}

impl Request<'_> {
    pub fn event(&self) -> Event {
        let Self {
            call, id, typed, ..
        } = *self;
        let number = |n: usize| address(Channel::Sms, n, call.by);
        let event = match &call.what {
            What::Validate(_, scenario) => self.of_codes("validate-code", *scenario),
            What::Resend(scenario) => self.of_codes("resend-code", *scenario),
            What::ValidateAnyones(_) => Event::shipped("validate-code/privileged")
                .by("admin", ADMIN)
                .body(&json!({ "code": typed })),
            What::Confirm(_) => {
                Event::shipped("validate-code/confirm-email").body(&json!({ "code": typed }))
            }
            What::Passcode(n, _) => Event::shipped("transmit/validate")
                .by(id, "")
                .body(&json!({ "phone_number": number(*n), "passcode": typed })),
            What::Send(n) => Event::shipped("transmit/send")
                .by(id, "")
                .body(&json!({ "phone_number": number(*n) })),
            What::Replace(addresses) => self.putting(addresses),
            _ => self.patched(),
        };
        event.from_address(&format!("203.0.113.{}", call.address))
    }

    /// A call of the identity API.
    fn of_codes(&self, door: &str, scenario: Option<&str>) -> Event {
        let scenario = scenario.map(|name| json!({ "key": "RecoveryScenario", "value": name }));
        let properties: Vec<_> = scenario.into_iter().collect();
        let mut body = json!({ "properties": properties });
        if let Some(typed) = self.typed {
            body["code"] = typed.into();
        }
        match self.call.by {
            By::Owner => Event::shipped(&format!("{door}/me"))
                .by(self.id, "")
                .body(&body),
            By::Admin => {
                body["user"] = json!({ "userId": self.id });
                let event = Event::shipped(&format!("{door}/privileged"));
                event.by("admin", ADMIN).body(&body)
            }
        }
    }

    pub fn patching(&self) -> Event {
        match self.call.by {
            By::Owner if !matches!(self.call.what, What::Active(_)) => {
                Event::shipped("scim-patch/patch-me").by(self.id, "")
            }
            _ => Event::shipped("scim-patch/patch-user")
                .by("admin", ADMIN)
                .parameter("id", self.id),
        }
    }

    fn patched(&self) -> Event {
        let remove = |path: &str| json!([{ "op": "remove", "path": path }]);
        let primary = |channel, n| primary(channel, n, self.call.by);
        let event = self.patching();
        match &self.call.what {
            What::Primary(channel, n) => event.replacing(&primary(*channel, *n)),
            What::List { channel, keep, add } => {
                let kept = kind(*channel).stored(self.stored).verified;
                let kept = kept.into_iter().filter(|_| *keep);
                let added = add.iter().map(|n| address(*channel, *n, self.call.by));
                event.replacing(&json!({ WSO2: listing(*channel, kept.chain(added)) }))
            }
            What::WithList(channel, n, listed) => {
                let mut both = primary(*channel, *n);
                let listed = address(*channel, *listed, self.call.by);
                both[WSO2] = listing(*channel, std::iter::once(listed));
                event.replacing(&both)
            }
            What::BothKinds(places) => {
                let kinds = Channel::ALL.into_iter().zip(places);
                event.replacing(&merged(kinds.map(|(channel, n)| primary(channel, *n))))
            }
            What::Cancel(channel) => {
                let kind = kind(*channel);
                match kind.stored(self.stored).primary {
                    Some(there) => event.replacing(&(kind.primary)(&there)),
                    None => event.operations(&remove(kind.everything)),
                }
            }
            What::RemovePrimary(channel) => event.operations(&remove(kind(*channel).primary_path)),
            What::RemoveLists(channel) => {
                event.operations(&remove(&format!("{WSO2}:{}", kind(*channel).listed)))
            }
            What::Active(active) => event.replacing(&json!({ "active": active })),
            _ => unreachable!("no PATCH"),
        }
    }

    fn putting(&self, addresses: &[Whole; 2]) -> Event {
        let by = self.call.by;
        let kinds = || Channel::ALL.into_iter().zip(addresses);
        let primaries = kinds().filter_map(|(channel, whole)| {
            let n = whole.primary?;
            Some(primary(channel, n, by))
        });
        let lists = kinds().filter_map(|(channel, whole)| {
            let list = whole.list.as_ref()?.iter();
            Some(listing(channel, list.map(|n| address(channel, *n, by))))
        });
        let mut body = merged(primaries);
        let lists = merged(lists);
        body["schemas"] = json!([USER, WSO2]);
        body["userName"] = user_name(self.call.user).into();
        if lists != json!({}) {
            body[WSO2] = lists;
        }
        match by {
            By::Owner => Event::shipped("scim-patch/put-me").by(self.id, ""),
            By::Admin => Event::shipped("scim-patch/put-user")
                .by("admin", ADMIN)
                .parameter("id", self.id),
        }
        .body(&body)
    }
}

fn user_name(user: usize) -> String {
    format!("user{user}")
}

fn listing(channel: Channel, addresses: impl Iterator<Item = String>) -> Value {
    let addresses: Vec<_> = addresses.collect();
    json!({ kind(channel).verified: addresses })
}

/// The members of all.
fn merged(values: impl Iterator<Item = Value>) -> Value {
    let mut all = json!({});
    for value in values {
        for (name, member) in value.as_object().into_iter().flatten() {
            all[name] = member.clone();
        }
    }
    all
}
